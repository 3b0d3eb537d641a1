import ClusterModel
import Protobuf

/// Collects a schema of `orch.v1` from messages and methods.
package struct WireSchema {
    static let package = "orch.v1"

    private var messages: [String: MessageDefinition] = [:]
    private var methods: [MethodDefinition] = []
    private let service: String

    /// - Parameter service: without the package: `Directory`.
    package init(service: String) { self.service = service }

    package mutating func method<Request: WireMessage, Reply: WireMessage>(
        _ name: String, _ request: Request.Type, _ reply: Reply.Type
    ) {
        add(request)
        add(reply)
        methods.append(
            MethodDefinition(name: name, input: Self.qualified(request.name), output: Self.qualified(reply.name)))
    }

    package func schema() throws(SchemaError) -> Schema {
        try Schema(
            ProtoSchema(
                package: Self.package, messages: messages.values.sorted { $0.name < $1.name },
                services: [ServiceDefinition(name: Self.qualified(service), methods: methods)]))
    }

    package static func qualified(_ name: String) -> String { "\(package).\(name)" }

    /// A message that no method has: one that is kept.
    package mutating func add<M: WireMessage>(_ type: M.Type) {
        let name = Self.qualified(type.name)
        guard messages[name] == nil else { return }
        messages[name] = MessageDefinition(name: name)
        var collector = FieldCollector(schema: self)
        var message = M()
        message.code(&collector)
        self = collector.schema
        messages[name]?.fields = collector.fields
    }
}

private struct FieldCollector: WireCoder {
    var schema: WireSchema
    var fields: [FieldDefinition] = []

    private mutating func add(_ name: String, _ type: FieldType, isRepeated: Bool = false) {
        fields.append(
            FieldDefinition(
                name: name, number: Int32(fields.count + 1), type: type, cardinality: isRepeated ? .repeated : nil))
    }

    mutating func text(_ name: String, _ value: inout String) { add(name, .string) }
    mutating func number(_ name: String, _ value: inout UInt64) { add(name, .uint64) }
    mutating func integer(_ name: String, _ value: inout Int64) { add(name, .int64) }
    mutating func flag(_ name: String, _ value: inout Bool) { add(name, .bool) }
    mutating func bytes(_ name: String, _ value: inout [UInt8]) { add(name, .bytes) }
    mutating func texts(_ name: String, _ value: inout [String]) { add(name, .string, isRepeated: true) }
    mutating func messages<M: WireMessage>(_ name: String, _ value: inout [M]) {
        schema.add(M.self)
        add(name, .message(WireSchema.qualified(M.name)), isRepeated: true)
    }
}
