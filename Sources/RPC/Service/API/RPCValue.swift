import Protobuf

/// A value of a request or a response, as the Swift API shows it: `["a": 1, "b": [2, 3]]`. What a field's type makes of it
/// is checked when it is sent.
public enum RPCValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    /// What `int` cannot hold.
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([RPCValue])
    case object([String: RPCValue])

    /// A field of an object; nil also if this is none.
    public subscript(field: String) -> RPCValue? {
        if case .object(let fields) = self { fields[field] } else { nil }
    }

    public var int: Int64? {
        switch self {
        case .int(let value): value
        case .uint(let value): Int64(exactly: value)
        default: nil
        }
    }

    public var double: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        case .uint(let value): Double(value)
        default: nil
        }
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var bytes: [UInt8]? { if case .bytes(let value) = self { value } else { nil } }
    public var list: [RPCValue]? { if case .list(let value) = self { value } else { nil } }
}

extension RPCValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: RPCValue...) { self = .list(elements) }
    /// Of two values of one name the last counts.
    public init(dictionaryLiteral elements: (String, RPCValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

extension RPCValue {
    package init(_ value: Untyped) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .uint(let value): self = .uint(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .bytes(let value): self = .bytes(value)
        case .list(let values): self = .list(values.map { RPCValue($0) })
        case .table(let table):
            self = .object(Dictionary(table.entries.map { ($0.key, RPCValue($0.value)) }) { _, last in last })
        }
    }

    package var untyped: Untyped {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .uint(let value): .uint(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        case .bytes(let value): .bytes(value)
        case .list(let values): .list(values.map(\.untyped))
        case .object(let fields):
            .table(Untyped.Table(fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value.untyped) }))
        }
    }
}
