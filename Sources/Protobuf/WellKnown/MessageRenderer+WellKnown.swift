/// The types that are not shown field by field.
extension MessageRenderer {
    /// - Returns: nil if the message is to be shown field by field after all, as one that has no JSON form is (a
    ///   timestamp after the year 9999, an Any of a type that is not in the schema).
    func untyped(_ message: Message, wellKnown: WellKnownType, depth: Int) -> Untyped? {
        switch wellKnown {
        case .timestamp: return isJSON ? message.time(TimeText.timestamp).map { .string($0) } : nil
        case .duration: return isJSON ? message.time(TimeText.duration).map { .string($0) } : nil
        case .fieldMask:
            guard isJSON else { return nil }
            guard case .list(let list)? = message[number: 1], case .strings(let paths) = list.storage else {
                return nil
            }
            return FieldMaskText.text(paths).map { .string($0) }
        case .any: return isJSON ? any(message, depth: depth) : nil
        case .wrapper, .structure, .listValue: return only(message, depth: depth)
        case .value:
            // Exactly one of the fields is set; a Value without any is like null.
            guard let entry = message.entries.first else { return .null }
            if case .enumeration = entry.value { return .null }
            let field = message.type.table.fields[Int(entry.field)]
            return untyped(entry.value, field, message.type.schema, depth: depth)
        }
    }

    /// The value of the type's one field.
    private func only(_ message: Message, depth: Int) -> Untyped? {
        guard let field = message.type.field(number: 1), let value = message[field] else { return nil }
        return untyped(value, field, message.type.schema, depth: depth)
    }

    private func any(_ message: Message, depth: Int) -> Untyped? {
        // What is inside is decoded afresh, so its depth is counted here.
        guard depth < Message.deepestNesting, case .string(let url)? = message[number: 1],
            let content = message.unpacked
        else { return nil }
        var table = Untyped.Table([("@type", .string(url))])
        if content.type.table.wellKnown != nil {
            table.append("value", untyped(content, depth: depth + 1))
        } else {
            table.entries += self.table(content, depth: depth + 1).entries
        }
        return .table(table)
    }
}

extension Message {
    /// For the fields of the built-in types, which are known by number.
    subscript(number number: UInt32) -> Value? { type.table.field(number: number).flatMap { self[$0] } }

    fileprivate func time(_ text: (Int64, Int32) -> String?) -> String? {
        guard case .int64(let seconds)? = self[number: 1], case .int32(let nanos)? = self[number: 2] else { return nil }
        return text(seconds, nanos)
    }
}

/// `google.protobuf.Any`: a message together with the name of its type.
extension Message {
    /// The message in an Any; nil if this is no Any, its type is not in the schema, or its bytes are malformed.
    package var unpacked: Message? {
        guard type.table.wellKnown == .any, case .string(let url)? = self[number: 1],
            case .bytes(let bytes)? = self[number: 2], let inner = type.schema.message(forURL: url)
        else { return nil }
        return try? Message.decode(bytes, as: inner)
    }

    /// This message in an Any of a schema (which need not be its own).
    package func packed(in schema: Schema) -> Message? {
        guard let type = schema.message("google.protobuf.Any") else { return nil }
        var any = Message(type)
        any.store(.string("type.googleapis.com/\(self.type.name)"), number: 1)
        any.store(.bytes(encoded), number: 2)
        return any
    }
}

extension Schema {
    /// Of an Any: what stands behind the last slash is the type's name.
    func message(forURL url: String) -> MessageType? {
        guard let slash = url.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return message(String(url[url.utf8.index(after: slash)...]))
    }
}
