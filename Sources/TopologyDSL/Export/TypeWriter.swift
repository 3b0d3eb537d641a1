import ClusterModel
import TopologyText

/// Declared messages and enums, and what methods take and give. A method's own messages stand in the method; where their
/// order would be lost that way, all messages stand under `messages`, and methods name them.
struct TypeWriter {
    private let schema: ProtoSchema
    private let prefix: String
    /// Full names of messages that stand in their methods.
    private let inMethods: Set<String>
    private let messages: [String: MessageDefinition]
    private let enums: [String: EnumDefinition]
    /// Full names of what stands in a field.
    private let inFields: Set<String>

    init(_ schema: ProtoSchema, methods: [MethodDefinition], prefix: String) {
        self.schema = schema
        self.prefix = prefix
        messages = Dictionary(schema.messages.map { ($0.name, $0) }) { first, _ in first }
        enums = Dictionary(schema.enums.map { ($0.name, $0) }) { first, _ in first }
        inFields = Set(
            schema.messages.flatMap { message in
                message.fields.compactMap { field in
                    let inner = "\(message.name).\(TypeText.camelCase(field.name))"
                    return field.type == .message(inner) || field.type == .enumeration(inner) ? inner : nil
                }
            })
        let roots = schema.messages.map(\.name).filter { [inFields] in !$0.isEmpty && !inFields.contains($0) }
        let own = methods.flatMap { method in
            let name = schema.qualified(prefix + TypeText.camelCase(method.name))
            return [(method.input, "\(name)Request"), (method.output, "\(name)Response")].filter { $0 == $1 }.map(\.0)
        }
        inMethods = Set(own).count == own.count && roots.suffix(own.count).elementsEqual(own) ? Set(own) : []
    }

    /// `messages` and `enums`.
    func declarations(_ fields: inout Fields) {
        let roots = schema.messages.filter { !inFields.contains($0.name) && !inMethods.contains($0.name) }
        if !roots.isEmpty {
            fields.put("messages", .mapping(roots.map { .init(plain($0.name), members($0)) }))
        }
        let named = schema.enums.filter { !inFields.contains($0.name) }
        if !named.isEmpty { fields.put("enums", .mapping(named.map { .init(plain($0.name), values($0)) })) }
    }

    func request(of method: MethodDefinition) -> TopologyValue? { message(method.input) }

    func response(of method: MethodDefinition) -> TopologyValue? { message(method.output) }

    /// The one type that a method returns.
    func single(of method: MethodDefinition) -> TopologyValue? {
        guard let message = messages[method.output], let field = message.fields.first else { return nil }
        return type(field, in: message)
    }

    private func message(_ name: String) -> TopologyValue? {
        guard inMethods.contains(name), let message = messages[name] else {
            return .text(reference(name, from: schema.package))
        }
        return message.fields.isEmpty ? nil : members(message)
    }

    private func members(_ message: MessageDefinition) -> TopologyValue {
        var automatic = FieldNumbers([])
        let isPlain = message.fields.allSatisfy { $0.number == automatic.next() }
        func entry(_ field: FieldDefinition) -> TopologyValue.Entry {
            let type = type(field, in: message)
            if isPlain { return .init(field.name, type) }
            let number = TopologyValue.Entry("number", .word("\(field.number)"))
            if case .mapping(let inner) = type, inner.count == 1, inner[0].key == "enum" {
                return .init(field.name, .mapping([inner[0], number]))
            }
            return .init(field.name, .mapping([.init("type", type), number]))
        }
        var entries: [TopologyValue.Entry] = []
        var written: Set<Int> = []
        for field in message.fields {
            guard let oneof = field.oneof, oneof < message.oneofs.count else {
                entries.append(entry(field))
                continue
            }
            guard written.insert(oneof).inserted else { continue }
            let fields = message.fields.filter { $0.oneof == oneof }
            entries.append(
                .init(message.oneofs[oneof], .mapping([.init("oneof", .mapping(fields.map(entry)))])))
        }
        return .mapping(entries)
    }

    private func type(_ field: FieldDefinition, in message: MessageDefinition) -> TopologyValue {
        let inner = "\(message.name).\(TypeText.camelCase(field.name))"
        let nested: TopologyValue? =
            switch field.type {
            case .message(inner): messages[inner].map(members)
            case .enumeration(inner): enums[inner].map { .mapping([.init("enum", values($0))]) }
            default: nil
            }
        if let nested { return field.cardinality == .repeated ? .list([nested]) : nested }
        let name = name(of: field.type, from: message.name)
        switch field.cardinality {
        case .repeated where !field.type.isMap: return .text("repeated \(name)")
        case .optional where field.oneof == nil && !field.type.isMessage: return .text("optional \(name)")
        default: return .text(name)
        }
    }

    private func values(_ definition: EnumDefinition) -> TopologyValue {
        if definition.values.enumerated().allSatisfy({ Int($1.number) == $0 }) {
            return .list(definition.values.map { .text($0.name) })
        }
        return .mapping(definition.values.map { .init($0.name, .word("\($0.number)")) })
    }

    private func name(of type: FieldType, from scope: String) -> String {
        switch type {
        case .message(let name), .enumeration(let name): reference(name, from: scope)
        case .map(let key, let value): "map<\(self.name(of: key, from: scope)), \(self.name(of: value, from: scope))>"
        default: "\(type)"
        }
    }

    /// The shortest name that means it there.
    private func reference(_ full: String, from scope: String) -> String {
        for short in [plain(full), full.dropPrefix("google.protobuf.")] where meaning(of: short, from: scope) == full {
            return short
        }
        return full
    }

    private func meaning(of name: String, from scope: String) -> String {
        var scope = scope[...]
        while true {
            let full = scope.isEmpty ? name : "\(scope).\(name)"
            if messages[full] != nil || enums[full] != nil { return full }
            if scope.isEmpty { return "google.protobuf.\(name)" }
            scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
        }
    }

    private func plain(_ name: String) -> String {
        schema.package.isEmpty ? name : name.dropPrefix("\(schema.package).")
    }
}
