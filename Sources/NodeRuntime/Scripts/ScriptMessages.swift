import Protobuf
import Scripting

/// Messages as scripts see them, and back.
extension ScriptWriter {
    /// A message as a table (`Message.untyped`).
    mutating func message(_ message: Message) throws { try untyped(message.untyped) }

    mutating func untyped(_ value: Untyped) throws {
        switch value {
        case .null: try null()
        case .bool(let value): try bool(value)
        case .int(let value): try integer(value)
        // Lua has no unsigned integers; a number is nearest to what was meant.
        case .uint(let value): try number(Double(value))
        case .double(let value): try number(value)
        case .string(let value): try string(value)
        case .bytes(let value): try value.withUnsafeBytes { try bytes($0) }
        case .list(let items):
            try table(elements: items.count) { table in
                for item in items { try table.append { try $0.untyped(item) } }
            }
        case .table(let fields):
            try table(fields: fields.entries.count) { table in
                for field in fields.entries { try table.set(field.key) { try $0.untyped(field.value) } }
            }
        }
    }
}

extension Untyped {
    /// What a script has handed over. Strings that are no UTF-8 are bytes.
    init(_ value: ScriptValue) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .number(let value): self = .double(value)
        case .string(let bytes): self = String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
        case .list(let items): self = .list(items.map(Untyped.init))
        case .table(let entries):
            self = .table(Table(entries.map { (Self.name($0.key), Untyped($0.value)) }))
        }
    }

    /// A key as it would be written as text: a map from numbers is a table with numbers for keys.
    private static func name(_ key: ScriptValue) -> String {
        switch key {
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .null, .list, .table: ""
        }
    }
}

extension ScriptValue {
    init(_ value: Untyped) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .integer(value)
        case .uint(let value): self = .number(Double(value))
        case .double(let value): self = .number(value)
        case .string(let text): self = .text(text)
        case .bytes(let bytes): self = .string(bytes)
        case .list(let items): self = .list(items.map(ScriptValue.init))
        case .table(let table): self = .table(table.entries.map { ScriptEntry(.text($0.key), ScriptValue($0.value)) })
        }
    }
}
