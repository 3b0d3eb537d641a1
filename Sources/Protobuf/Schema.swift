import ClusterModel

/// A `ProtoSchema` that has been checked and made ready for speed. The well-known types (`google.protobuf.*`,
/// `google.rpc.*`) are always there.
package final class Schema: Sendable {
    package let definition: ProtoSchema

    let tables: [MessageTable]
    let enums: [EnumType]
    private let messageIndex: [String: Int]
    private let enumIndex: [String: Int]
    private let methods: [String: Method]

    private struct Method {
        let service: String
        let definition: MethodDefinition
        let input: Int
        let output: Int
    }

    /// Only the well-known types.
    package static let wellKnown: Schema = {
        do {
            return try Schema(ProtoSchema())
        } catch {
            fatalError("the well-known types: \(error)")
        }
    }()

    /// - Throws: everything that is wrong with it.
    package init(_ definition: ProtoSchema) throws(SchemaError) {
        let problems = SchemaValidator.problems(in: definition)
        if !problems.isEmpty { throw SchemaError(problems: problems) }

        // A well-known type that was imported is the built-in one: its JSON form and its descriptor are.
        let messages = definition.messages.filter { !WellKnownFile.declares($0.name) } + WellKnownFile.messages
        let enums = definition.enums.filter { !WellKnownFile.declares($0.name) } + WellKnownFile.enums
        let messageIndex = Dictionary(uniqueKeysWithValues: messages.enumerated().map { ($1.name, $0) })
        let enumIndex = Dictionary(uniqueKeysWithValues: enums.enumerated().map { ($1.name, $0) })
        func target(_ type: FieldType) -> Int {
            switch type {
            case .message(let name): messageIndex[name] ?? -1
            case .enumeration(let name): enumIndex[name] ?? -1
            case .map(_, let value): target(value)
            default: -1
            }
        }
        var methods: [String: Method] = [:]
        for service in definition.services {
            for method in service.methods {
                guard let input = messageIndex[method.input], let output = messageIndex[method.output] else { continue }
                methods["/\(service.name)/\(method.name)"] = Method(
                    service: service.name, definition: method, input: input, output: output)
            }
        }
        self.definition = definition
        self.tables = messages.map { MessageTable($0, target: target) }
        self.enums = enums.map(EnumType.init)
        self.messageIndex = messageIndex
        self.enumIndex = enumIndex
        self.methods = methods
    }

    /// By full name.
    package func message(_ name: String) -> MessageType? {
        messageIndex[name].map { MessageType(schema: self, index: $0) }
    }

    /// By full name.
    package func enumeration(_ name: String) -> EnumType? { enumIndex[name].map { enums[$0] } }

    /// By gRPC's `:path`: `/pkg.Calculator/suma`.
    package func method(path: String) -> MethodType? { methods[path].map(method) }

    /// Of one service (full name), in the order of its definition; empty if there is no such service.
    package func methods(of service: String) -> [MethodType] {
        guard let definition = definition.service(named: service) else { return [] }
        return definition.methods.compactMap { method(path: "/\(service)/\($0.name)") }
    }

    private func method(_ method: Method) -> MethodType {
        MethodType(
            service: method.service, name: method.definition.name,
            input: MessageType(schema: self, index: method.input),
            output: MessageType(schema: self, index: method.output),
            clientStreaming: method.definition.clientStreaming, serverStreaming: method.definition.serverStreaming)
    }
}
