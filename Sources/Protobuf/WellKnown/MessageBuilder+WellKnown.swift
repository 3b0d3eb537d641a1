import ClusterModel

/// The types that are not written field by field.
extension MessageBuilder {
    /// - Returns: nil if this value is to be read field by field after all.
    func message(
        _ value: Untyped, _ type: MessageType, wellKnown: WellKnownType, depth: Int
    ) throws(ValueError) -> Message? {
        switch wellKnown {
        case .timestamp: return try time(value, type, "RFC 3339 such as 2026-01-31T12:00:00Z", TimeText.timestamp)
        case .duration: return try time(value, type, "seconds such as 1.5s", TimeText.duration)
        case .fieldMask: return try fieldMask(value, type)
        case .any: return try any(value, type, depth: depth)
        case .wrapper:
            var message = Message(type)
            guard let field = type.field(number: 1) else { return nil }
            message.store(try element(value, field, depth: depth), field)
            return message
        case .structure: return try structure(value, type, depth: depth)
        case .listValue: return try listValue(value, type, depth: depth)
        case .value: return try anyValue(value, type, depth: depth)
        }
    }

    private func time(
        _ value: Untyped, _ type: MessageType, _ form: String, _ parse: (String) -> (seconds: Int64, nanos: Int32)?
    ) throws(ValueError) -> Message? {
        var parts: (seconds: Int64, nanos: Int32)?
        switch value {
        case .string(let text): parts = parse(text)
        case .table where rules.isLoose: return nil
        case .int(let seconds) where rules.isLoose: parts = (seconds, 0)
        case .double(let seconds) where rules.isLoose:
            parts = TimeText.split(seconds: seconds)
            // A timestamp's nanoseconds count forward, also before 1970.
            if type.table.wellKnown == .timestamp, let (seconds, nanos) = parts, nanos < 0 {
                parts = (seconds - 1, nanos + 1_000_000_000)
            }
        default: break
        }
        let range = type.table.wellKnown == .timestamp ? TimeText.timestamps : TimeText.durations
        guard let parts, range.contains(parts.seconds) else { throw mismatch(value, "\(type.name) (\(form))") }
        var message = Message(type)
        message.store(.int64(parts.seconds), number: 1)
        message.store(.int32(parts.nanos), number: 2)
        return message
    }

    private func fieldMask(_ value: Untyped, _ type: MessageType) throws(ValueError) -> Message? {
        if rules.isLoose, case .table = value { return nil }
        guard case .string(let text) = value, let paths = FieldMaskText.paths(text) else {
            throw mismatch(value, "\(type.name) (paths such as user.displayName,photo)")
        }
        var message = Message(type)
        message.store(.list(List(.string, .strings(paths))), number: 1)
        return message
    }

    /// `{"@type": "type.googleapis.com/pkg.Type", …}` with the fields beside it, or with `value` for a type that is
    /// not written field by field.
    private func any(_ value: Untyped, _ type: MessageType, depth: Int) throws(ValueError) -> Message? {
        guard case .table(var table) = value else { throw mismatch(value, type.name) }
        guard let position = table.entries.firstIndex(where: { $0.key == "@type" }) else {
            if rules.isLoose || table.entries.isEmpty { return nil }
            throw ValueError(problem: "an Any needs \"@type\"")
        }
        guard case .string(let url) = table.entries.remove(at: position).value else {
            throw ValueError(path: "@type", problem: "expected text")
        }
        guard let inner = schema.message(forURL: url) else {
            throw ValueError(path: "@type", problem: "there is no type '\(url.shortened)'")
        }
        let content: Message
        if inner.table.wellKnown == nil {
            content = try message(.table(table), inner, depth: depth + 1)
        } else {
            guard table.entries.count == 1, let entry = table.entries.first, entry.key == "value" else {
                throw ValueError(problem: "an Any of \(inner.name) has \"@type\" and \"value\"")
            }
            do throws(ValueError) {
                content = try message(entry.value, inner, depth: depth + 1)
            } catch {
                throw error.inside("value")
            }
        }
        var message = Message(type)
        message.store(.string(url), number: 1)
        message.store(.bytes(content.encoded), number: 2)
        return message
    }
}

/// Struct, ListValue and Value: JSON inside a message.
extension MessageBuilder {
    private func structure(_ value: Untyped, _ type: MessageType, depth: Int) throws(ValueError) -> Message {
        var message = Message(type)
        // Its one field is a map to Value, which takes everything.
        let isEmptyList = rules.isLoose && value == .list([])
        guard case .table(let table) = isEmptyList ? .table(Untyped.Table()) : value else {
            throw mismatch(value, type.name)
        }
        let fields = Untyped.Table([("fields", .table(table))])
        do throws(ValueError) {
            message = try self.message(fields, type, depth: depth)
        } catch {
            throw ValueError(path: String(error.path.dropFirst("fields".count)), problem: error.problem)
        }
        return message
    }

    private func listValue(_ value: Untyped, _ type: MessageType, depth: Int) throws(ValueError) -> Message {
        guard case .list = value else { throw mismatch(value, type.name) }
        do throws(ValueError) {
            return try message(Untyped.Table([("values", value)]), type, depth: depth)
        } catch {
            throw ValueError(path: String(error.path.dropFirst("values".count)), problem: error.problem)
        }
    }

    private func anyValue(_ value: Untyped, _ type: MessageType, depth: Int) throws(ValueError) -> Message {
        var message = Message(type)
        switch value {
        case .null: message.store(.enumeration(0), number: 1)
        case .int(let number): message.store(.double(Double(number)), number: 2)
        case .uint(let number): message.store(.double(Double(number)), number: 2)
        case .double(let number): message.store(.double(number), number: 2)
        case .string(let text): message.store(.string(text), number: 3)
        case .bool(let value): message.store(.bool(value), number: 4)
        case .table, .list:
            let number: Int32 = if case .table = value { 5 } else { 6 }
            guard let field = type.field(number: number) else { break }
            message.store(try element(value, field, depth: depth), field)
        case .bytes: throw ValueError(problem: "\(type.name) holds no bytes")
        }
        return message
    }
}

extension Message {
    /// For the fields of the built-in types, which are known by number.
    mutating func store(_ value: Value, number: UInt32) {
        if let field = type.table.field(number: number) { store(value, field) }
    }
}
