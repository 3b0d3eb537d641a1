import AMQP
import ClusterModel

/// The `headers:` of a published message; texts in it may be templates.
struct MessageHeaders {
    private indirect enum Value {
        case text(Template)
        case fixed(FieldValue)
        case list([Value])
        case table([(String, Value)])
    }

    private let entries: [(String, Value)]

    init(_ headers: [String: ArgumentValue]) throws {
        entries = try headers.sorted { $0.key < $1.key }.map { ($0.key, try Self.value($0.value)) }
    }

    /// `nil` where there are none.
    func table(_ values: inout Template.Values) -> FieldTable? {
        guard !entries.isEmpty else { return nil }
        return FieldTable(entries.map { ($0.0, Self.field($0.1, &values)) })
    }

    private static func value(_ argument: ArgumentValue) throws -> Value {
        switch argument {
        case .string(let text):
            let template = try Template(text)
            return template.constant.map { .fixed(.longString($0)) } ?? .text(template)
        case .list(let items): return .list(try items.map(value))
        case .table(let table):
            return .table(try table.sorted { $0.key < $1.key }.map { ($0.key, try value($0.value)) })
        case .int, .double, .bool, .null: return .fixed(FieldValue(argument))
        }
    }

    private static func field(_ value: Value, _ values: inout Template.Values) -> FieldValue {
        switch value {
        case .text(let template): .longString(template.text(&values))
        case .fixed(let field): field
        case .list(let items): .array(items.map { field($0, &values) })
        case .table(let entries): .table(FieldTable(entries.map { ($0.0, field($0.1, &values)) }))
        }
    }
}
