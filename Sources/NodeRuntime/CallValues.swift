import ClusterModel
import Protobuf

/// `with:` and `expect:` of a `call:`: messages whose texts may be templates.
struct CallValues {
    private indirect enum Value {
        case fixed(Untyped)
        case text(Template)
        case list([Value])
        case table([(String, Value)])
    }

    private let type: MessageType
    private let value: Value
    /// Made once where nothing in it changes.
    private let constant: Message?

    /// - Throws: `Template.Problem`, or `ValueError` where a constant does not fit the type.
    init(_ argument: ArgumentValue, _ type: MessageType) throws {
        self.type = type
        value = try Self.value(argument)
        if case .fixed(let untyped) = value {
            constant = try Message(type, untyped, rules: .template)
        } else {
            constant = nil
        }
    }

    /// - Throws: `ValueError` where what a template gives does not fit.
    func message(_ values: inout Template.Values) throws(ValueError) -> Message {
        if let constant { return constant }
        return try Message(type, Self.untyped(value, &values), rules: .template)
    }

    /// How a reply differs from what is expected: only the fields that are named count. `nil`: it does not.
    func difference(from reply: Message, _ values: inout Template.Values) -> String? {
        let expected: Message
        do throws(ValueError) { expected = try message(&values) } catch { return "\(error)" }
        guard case .table(let names) = Self.untyped(value, &values) else { return nil }
        for entry in names.entries {
            guard let field = type.field(named: entry.key), expected[field] != reply[field] else { continue }
            return "\(entry.key) is \(Self.shown(reply, field)), expected \(Self.shown(expected, field))"
        }
        return nil
    }

    private static func shown(_ message: Message, _ field: Field) -> String {
        let text: String
        if case .table(let table) = message.untyped, let value = table[field.name] {
            text = "\(value)"
        } else {
            text = "absent"
        }
        return text.utf8.count > 80 ? "\(text.prefix(80))…" : text
    }

    private static func value(_ argument: ArgumentValue) throws -> Value {
        switch argument {
        case .string(let text):
            let template = try Template(text)
            return template.constant.map { .fixed(.string($0)) } ?? .text(template)
        case .int(let value): return .fixed(.int(value))
        case .double(let value): return .fixed(.double(value))
        case .bool(let value): return .fixed(.bool(value))
        case .null: return .fixed(.null)
        case .list(let items):
            let values = try items.map(value)
            let fixed = values.compactMap { if case .fixed(let untyped) = $0 { untyped } else { nil } }
            return fixed.count == values.count ? .fixed(.list(fixed)) : .list(values)
        case .table(let table):
            let values = try table.sorted { $0.key < $1.key }.map { ($0.key, try value($0.value)) }
            let fixed = values.compactMap { entry -> (String, Untyped)? in
                if case .fixed(let untyped) = entry.1 { (entry.0, untyped) } else { nil }
            }
            return fixed.count == values.count ? .fixed(.table(Untyped.Table(fixed))) : .table(values)
        }
    }

    private static func untyped(_ value: Value, _ values: inout Template.Values) -> Untyped {
        switch value {
        case .fixed(let untyped): return untyped
        case .text(let template): return .string(template.text(&values))
        case .list(let items): return .list(items.map { untyped($0, &values) })
        case .table(let entries): return .table(Untyped.Table(entries.map { ($0.0, untyped($0.1, &values)) }))
        }
    }
}
