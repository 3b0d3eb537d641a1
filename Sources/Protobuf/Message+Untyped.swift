extension Message {
    /// As scripts see it: by the names of the `.proto` file. Fields without presence, lists and maps are always there,
    /// those with presence only when set. Enumerations are names (numbers where they have none), Struct, Value,
    /// ListValue and the wrappers are what they hold; Timestamp, Duration and Any have their fields.
    package var untyped: Untyped { MessageRenderer(isJSON: false, showsDefaults: true).untyped(self, depth: 0) }
}

/// Turns messages into untyped values.
struct MessageRenderer {
    /// proto3's JSON mapping: names in lowerCamelCase, 64-bit integers as text, times as text.
    let isJSON: Bool
    /// Whether fields without presence are there when they are zero or empty.
    let showsDefaults: Bool

    func untyped(_ message: Message, depth: Int) -> Untyped {
        if let wellKnown = message.type.table.wellKnown,
            let value = untyped(message, wellKnown: wellKnown, depth: depth)
        {
            return value
        }
        return .table(table(message, depth: depth))
    }

    func table(_ message: Message, depth: Int) -> Untyped.Table {
        var table = Untyped.Table()
        let schema = message.type.schema
        let fields = message.type.table.fields
        if showsDefaults {
            for field in fields {
                guard let value = message[field] else { continue }
                table.append(name(field), untyped(value, field, schema, depth: depth))
            }
        } else {
            for entry in message.entries {
                let field = fields[Int(entry.field)]
                table.append(name(field), untyped(entry.value, field, schema, depth: depth))
            }
        }
        return table
    }

    private func name(_ field: Field) -> String { isJSON ? field.jsonName : field.name }

    func untyped(_ value: Value, _ field: Field, _ schema: Schema, depth: Int) -> Untyped {
        switch value {
        case .double(let value): return .double(value)
        // Through its shortest text: 0.1 is not to become 0.10000000149011612.
        case .float(let value): return .double(isJSON ? Double("\(value)") ?? Double(value) : Double(value))
        case .int32(let value): return .int(Int64(value))
        case .uint32(let value): return .int(Int64(value))
        case .int64(let value): return isJSON ? .string("\(value)") : .int(value)
        case .uint64(let value):
            return isJSON ? .string("\(value)") : Int64(exactly: value).map { .int($0) } ?? .uint(value)
        case .bool(let value): return .bool(value)
        case .string(let value): return .string(value)
        case .bytes(let value): return .bytes(value)
        case .enumeration(let number):
            let type = schema.enums[field.target]
            if isJSON, type.name == "google.protobuf.NullValue" { return .null }
            return type.name(of: number).map { .string($0) } ?? .int(Int64(number))
        case .message(let message): return untyped(message, depth: depth + 1)
        case .list(let list): return .list(list.map { untyped($0, field, schema, depth: depth) })
        case .map(let map):
            let entries = map.sorted { $0.key < $1.key }
            return .table(
                Untyped.Table(entries.map { ($0.key.description, untyped($0.value, field, schema, depth: depth)) }))
        }
    }
}
