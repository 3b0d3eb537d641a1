/// A value as scripts, YAML and JSON have it: without a protobuf type.
package enum Untyped: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    /// Used for what `int` cannot hold.
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case list([Untyped])
    case table(Table)

    /// Names and values, in the order in which they were written.
    package struct Table: Sendable, Equatable {
        package struct Entry: Sendable, Equatable {
            package var key: String
            package var value: Untyped
        }

        package var entries: [Entry] = []

        package init() {}

        package init(_ entries: some Sequence<(String, Untyped)>) {
            self.entries = entries.map { Entry(key: $0, value: $1) }
        }

        /// The first of that name. Searches.
        package subscript(key: String) -> Untyped? { entries.first { $0.key == key }?.value }

        /// Appends; a second value of one name is an error only to whoever reads the table.
        package mutating func append(_ key: String, _ value: Untyped) {
            entries.append(Entry(key: key, value: value))
        }
    }

    /// The table's value of that name; nil also if this is no table.
    package subscript(key: String) -> Untyped? {
        if case .table(let table) = self { table[key] } else { nil }
    }
}

extension Untyped: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: Untyped...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, Untyped)...) { self = .table(Table(elements)) }
}

extension Untyped {
    /// What it is, for an error: `the text 'abc'`.
    var described: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "the number \(value)"
        case .uint(let value): "the number \(value)"
        case .double(let value): "the number \(value)"
        case .string(let value): "the text '\(value.shortened)'"
        case .bytes(let value): "\(value.count) bytes"
        case .list: "a list"
        case .table: "a table"
        }
    }
}

/// How freely an `Untyped` may be turned into a message.
package struct BuildRules: Sendable {
    /// Whether the text `12` will do for a number.
    package var takesNumbersFromText: Bool
    /// Whether the text `true` will do for a bool, and `2` for an enumeration's value.
    package var takesAllFromText: Bool
    /// Whether text for a `bytes` field is base64. If not, its UTF-8 is what is meant.
    package var readsBase64: Bool
    /// What JSON does not have: an empty table for an empty list and the other way round, a list for a map from
    /// numbers (from 1 on), bytes that are UTF-8 for text, seconds for a Timestamp or a Duration, or its fields.
    package var isLoose: Bool

    /// The proto3 JSON mapping.
    package static let json = BuildRules(
        takesNumbersFromText: true, takesAllFromText: false, readsBase64: true, isLoose: false)
    /// Values from Lua, or written in YAML.
    package static let script = BuildRules(
        takesNumbersFromText: false, takesAllFromText: false, readsBase64: false, isLoose: true)
    /// Values filled in from templates, which are always text.
    package static let template = BuildRules(
        takesNumbersFromText: true, takesAllFromText: true, readsBase64: false, isLoose: true)
}
