extension Message {
    /// How many messages (and unknown groups) may lie inside each other, as in every protobuf implementation.
    package static let deepestNesting = 100

    /// Reads a message in protobuf's wire format.
    ///
    /// Fields that the type does not have, that have another wire type than it says, and numbers that a closed
    /// enumeration does not have, are kept in `unknown`. The memory taken is bounded as `Message` says: storage grows
    /// with the bytes read, never with a length that is only announced.
    ///
    /// - Throws: `DecodingError`, with the offset of what is wrong.
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: MessageType) throws(DecodingError) -> Message {
        var message = Message(type)
        if var reader = WireReader(bytes) {
            try reader.readFields(of: &message, table: type.table, depth: 0)
        }
        return message
    }

    package static func decode(_ bytes: [UInt8], as type: MessageType) throws(DecodingError) -> Message {
        // `withUnsafeBytes` cannot throw a typed error.
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(DecodingError) in try decode(bytes, as: type) }
        }.get()
    }
}

extension WireReader {
    /// Reads up to `end`, on top of what the message has already.
    mutating func readFields(of message: inout Message, table: MessageTable, depth: Int) throws(DecodingError) {
        // Only once for all: in messages inside, room for fields that do not come would multiply the memory taken.
        if depth == 0 { message.entries.reserveCapacity(min(table.fields.count, remaining / 2, 8)) }
        while !isAtEnd {
            let start = position
            let tag = try self.tag()
            if let field = table.field(number: tag >> 3) {
                let isKnown =
                    if field.cardinality != .repeated {
                        try readSingle(field, tag: tag, into: &message, depth: depth)
                    } else if field.isMap {
                        try readMapEntry(field, tag: tag, into: &message, depth: depth)
                    } else {
                        try readList(field, tag: tag, into: &message, depth: depth)
                    }
                if !isKnown { message.unknown.append(contentsOf: bytes(since: start)) }
            } else {
                try skipField(tag, depth: depth)
                message.unknown.append(contentsOf: bytes(since: start))
            }
        }
    }

    /// - Returns: false if what was read is not for this field, but unknown.
    @inline(__always)
    private mutating func readSingle(
        _ field: Field, tag: UInt32, into message: inout Message, depth: Int
    ) throws(DecodingError) -> Bool {
        guard tag & 7 == field.kind.wireType else {
            try skipField(tag, depth: depth)
            return false
        }
        switch field.kind {
        case .message:
            // A second one is merged into the first, unless another member of the oneof came between.
            var inner = Message(MessageType(schema: message.type.schema, index: field.target))
            if case .message(let earlier)? = message.take(field) { inner = earlier }
            try readMessage(&inner, depth: depth)
            message.store(.message(inner), field)
        case .string: message.store(.string(try string(field)), field)
        case .bytes: message.store(.bytes([UInt8](try delimited())), field)
        case .enumeration:
            let bits = try scalar(.enumeration)
            guard message.type.schema.admits(bits, field) else { return false }
            message.store(bits: bits, field)
        default: message.store(bits: try scalar(field.kind), field)
        }
        return true
    }

    private mutating func readMessage(_ message: inout Message, depth: Int) throws(DecodingError) {
        guard depth < Message.deepestNesting else { throw error(.tooDeep) }
        let outer = try enter()
        try readFields(of: &message, table: message.type.table, depth: depth + 1)
        leave(to: outer)
    }

    private mutating func string(_ field: Field) throws(DecodingError) -> String {
        let start = position
        guard let text = String(validating: try delimited(), as: UTF8.self) else {
            throw error(.invalidUTF8(field.name), at: start)
        }
        return text
    }
}

/// Lists: as many elements as follow each other are read at once.
extension WireReader {
    private mutating func readList(
        _ field: Field, tag: UInt32, into message: inout Message, depth: Int
    ) throws(DecodingError) -> Bool {
        let isPacked = field.kind.isScalar && tag & 7 == WireType.lengthDelimited
        guard isPacked || tag & 7 == field.kind.wireType else {
            try skipField(tag, depth: depth)
            return false
        }
        let list: List.Storage
        switch message.takeList(field) {
        case .scalars(var all):
            if isPacked {
                let outer = try enter()
                try readPacked(field, into: &all, unknown: &message.unknown, message.type.schema)
                leave(to: outer)
            } else {
                repeat {
                    let bits = try scalar(field.kind)
                    append(bits, field, to: &all, unknown: &message.unknown, message.type.schema)
                } while skip(tag: tag)
            }
            list = .scalars(all)
        case .strings(var all):
            repeat { all.append(try string(field)) } while skip(tag: tag)
            list = .strings(all)
        case .bytes(var all):
            repeat { all.append([UInt8](try delimited())) } while skip(tag: tag)
            list = .bytes(all)
        case .messages(var all):
            let type = MessageType(schema: message.type.schema, index: field.target)
            repeat {
                var element = Message(type)
                try readMessage(&element, depth: depth)
                all.append(element)
            } while skip(tag: tag)
            list = .messages(all)
        }
        message.store(.list(List(field.kind, list)), field)
        return true
    }

    private mutating func readPacked(
        _ field: Field, into all: inout [UInt64], unknown: inout [UInt8], _ schema: Schema
    ) throws(DecodingError) {
        // Exactly once: to reserve at each of many small chunks would copy everything each time.
        if all.isEmpty {
            let isFixed32 = field.kind.wireType == WireType.fixed32
            let isVarint = field.kind.wireType == WireType.varint
            all.reserveCapacity(isVarint ? countVarints() : remaining / (isFixed32 ? 4 : 8))
        }
        while !isAtEnd {
            let bits = try scalar(field.kind)
            append(bits, field, to: &all, unknown: &unknown, schema)
        }
    }

    @inline(__always)
    private func append(
        _ bits: UInt64, _ field: Field, to all: inout [UInt64], unknown: inout [UInt8], _ schema: Schema
    ) {
        if schema.admits(bits, field) {
            all.append(bits)
        } else {
            unknown.appendVarint(UInt64(field.number) << 3)
            unknown.appendVarint(bits)
        }
    }
}

/// Maps: on the wire a list of messages with a key (1) and a value (2).
extension WireReader {
    private mutating func readMapEntry(
        _ field: Field, tag: UInt32, into message: inout Message, depth: Int
    ) throws(DecodingError) -> Bool {
        guard tag & 7 == WireType.lengthDelimited, let keyKind = field.keyKind else {
            try skipField(tag, depth: depth)
            return false
        }
        guard depth < Message.deepestNesting else { throw error(.tooDeep) }
        let schema = message.type.schema
        var key: MapKey?
        var value: Value?
        var isKnown = true
        let outer = try enter()
        while !isAtEnd {
            let tag = try self.tag()
            switch (tag >> 3, tag & 7) {
            case (1, keyKind.wireType):
                key = keyKind == .string ? .string(try string(field)) : MapKey(keyKind, bits: try scalar(keyKind))
            case (2, field.kind.wireType):
                value = try readMapValue(field, earlier: value, schema, depth: depth + 1)
                if field.kind == .enumeration, case .enumeration(let number)? = value {
                    isKnown = schema.enums[field.target].admits(number)
                }
            default: try skipField(tag, depth: depth + 1)
            }
        }
        leave(to: outer)
        // What a closed enumeration does not have takes its key with it.
        guard isKnown else { return false }

        let absent = field.defaultValue ?? .message(Message(MessageType(schema: schema, index: field.target)))
        var map: [MapKey: Value] = [:]
        if case .map(let earlier)? = message.take(field) { map = earlier }
        map[key ?? (keyKind == .string ? .string("") : MapKey(keyKind, bits: 0))] = value ?? absent
        message.store(.map(map), field)
        return true
    }

    private mutating func readMapValue(
        _ field: Field, earlier: Value?, _ schema: Schema, depth: Int
    ) throws(DecodingError) -> Value {
        switch field.kind {
        case .string: return .string(try string(field))
        case .bytes: return .bytes([UInt8](try delimited()))
        case .message:
            var message = Message(MessageType(schema: schema, index: field.target))
            if case .message(let earlier)? = earlier { message = earlier }
            try readMessage(&message, depth: depth)
            return .message(message)
        default: return field.kind.value(try scalar(field.kind))
        }
    }
}

extension Schema {
    /// Whether a field may hold these bits: a closed enumeration holds only the numbers that it has.
    @inline(__always)
    fileprivate func admits(_ bits: UInt64, _ field: Field) -> Bool {
        field.kind != .enumeration || enums[field.target].admits(Int32(truncatingIfNeeded: bits))
    }
}

extension Message {
    /// Moves a list's elements out, so that appending does not copy them.
    fileprivate mutating func takeList(_ field: Field) -> List.Storage {
        guard case .list(let list)? = take(field) else { return List(emptyOf: field.kind).storage }
        return list.storage
    }
}
