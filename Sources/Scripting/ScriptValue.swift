/// A value outside of the engine: a copy, with no functions, coroutines or metatables.
///
/// An empty Lua table is both an empty list and an empty table; it reads as `.table([])`, and whoever knows what it was
/// meant to be asks for `elements`, which is empty then.
package enum ScriptValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    /// Lua's strings are bytes.
    case string([UInt8])
    /// The values of keys 1, 2, … n. Not empty when read.
    case list([ScriptValue])
    /// Any other table. When read, in the order of `ScriptEntry.isBefore`, whatever order Lua has it in.
    case table([ScriptEntry])
}

package struct ScriptEntry: Sendable, Equatable {
    /// A bool, integer, number or string.
    package var key: ScriptValue
    package var value: ScriptValue

    package init(_ key: ScriptValue, _ value: ScriptValue) {
        self.key = key
        self.value = value
    }

    /// Bools, then numbers, then strings by their bytes.
    package static func isBefore(_ left: ScriptEntry, _ right: ScriptEntry) -> Bool {
        switch (left.key, right.key) {
        case (.bool(let left), .bool(let right)): !left && right
        case (.integer(let left), .integer(let right)): left < right
        case (.number(let left), .number(let right)): left < right
        case (.integer(let left), .number(let right)): Double(left) < right
        case (.number(let left), .integer(let right)): left < Double(right)
        case (.string(let left), .string(let right)): left.lexicographicallyPrecedes(right)
        default: left.key.rank < right.key.rank
        }
    }
}

extension ScriptValue {
    package static func text(_ text: String) -> ScriptValue { .string(Array(text.utf8)) }

    /// A table with these fields.
    package static func fields(_ fields: KeyValuePairs<String, ScriptValue>) -> ScriptValue {
        .table(fields.map { ScriptEntry(.text($0.key), $0.value) })
    }

    /// The text of a string, if it is UTF-8.
    package var text: String? {
        guard case .string(let bytes) = self else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The elements of a list, or of an empty table.
    package var elements: [ScriptValue]? {
        switch self {
        case .list(let elements): elements
        case .table(let entries) where entries.isEmpty: []
        default: nil
        }
    }

    package subscript(field field: String) -> ScriptValue? {
        guard case .table(let entries) = self else { return nil }
        return entries.first { $0.key == .text(field) }?.value
    }

    fileprivate var rank: Int {
        switch self {
        case .null: 0
        case .bool: 1
        case .integer, .number: 2
        case .string: 3
        case .list, .table: 4
        }
    }
}

extension ScriptValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(arrayLiteral elements: ScriptValue...) { self = .list(elements) }
}
