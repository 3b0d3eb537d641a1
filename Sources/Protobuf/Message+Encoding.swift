extension Message {
    /// The message in protobuf's wire format. The same message gives the same bytes: fields by ascending number, map
    /// entries by key, unknown fields last.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    /// Appends the message in protobuf's wire format.
    package func encode(into bytes: inout [UInt8]) {
        let fields = type.table.fields
        for entry in entries {
            let field = fields[Int(entry.field)]
            switch entry.value {
            case .list(let list): encode(list, field, into: &bytes)
            case .map(let map): encode(map, field, into: &bytes)
            default:
                bytes.appendVarint(UInt64(field.tag))
                bytes.append(entry.value, as: field.kind)
            }
        }
        if !unknown.isEmpty { bytes.append(contentsOf: unknown) }
    }

    private func encode(_ list: List, _ field: Field, into bytes: inout [UInt8]) {
        let tag = UInt64(field.tag)
        switch list.storage {
        case .scalars(let all) where field.isPacked:
            bytes.appendVarint(tag)
            bytes.appendDelimited { bytes in
                for bits in all { bytes.append(bits: bits, as: field.kind) }
            }
        case .scalars(let all):
            for bits in all {
                bytes.appendVarint(tag)
                bytes.append(bits: bits, as: field.kind)
            }
        case .strings(let all):
            for text in all {
                bytes.appendVarint(tag)
                bytes.append(.string(text), as: .string)
            }
        case .bytes(let all):
            for element in all {
                bytes.appendVarint(tag)
                bytes.append(.bytes(element), as: .bytes)
            }
        case .messages(let all):
            for message in all {
                bytes.appendVarint(tag)
                bytes.appendDelimited { message.encode(into: &$0) }
            }
        }
    }

    private func encode(_ map: [MapKey: Value], _ field: Field, into bytes: inout [UInt8]) {
        guard let keyKind = field.keyKind else { return }
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            bytes.appendVarint(UInt64(field.tag))
            bytes.appendDelimited { bytes in
                bytes.appendVarint(UInt64(1 << 3 | keyKind.wireType))
                if case .string(let text) = key {
                    bytes.append(.string(text), as: .string)
                } else {
                    bytes.append(bits: key.bits, as: keyKind)
                }
                bytes.appendVarint(UInt64(2 << 3 | field.kind.wireType))
                bytes.append(value, as: field.kind)
            }
        }
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func appendVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(truncatingIfNeeded: value))
    }

    /// Appends what `body` does, with its length in front. The length takes one byte mostly; if it takes more, what was
    /// written moves up.
    fileprivate mutating func appendDelimited(_ body: (inout [UInt8]) -> Void) {
        let start = count
        append(0)
        body(&self)
        let length = UInt64(count - start - 1)
        if length < 0x80 {
            self[start] = UInt8(length)
        } else {
            var prefix: [UInt8] = []
            prefix.appendVarint(length)
            replaceSubrange(start...start, with: prefix)
        }
    }

    /// One value, without its tag.
    fileprivate mutating func append(_ value: Value, as kind: Kind) {
        switch value {
        case .string(let text):
            appendVarint(UInt64(text.utf8.count))
            append(contentsOf: text.utf8)
        case .bytes(let bytes):
            appendVarint(UInt64(bytes.count))
            append(contentsOf: bytes)
        case .message(let message): appendDelimited { message.encode(into: &$0) }
        default: if let bits = kind.bits(value) { append(bits: bits, as: kind) }
        }
    }

    /// One scalar, without its tag.
    fileprivate mutating func append(bits: UInt64, as kind: Kind) {
        switch kind {
        case .sint32, .sint64:
            let value = Int64(bitPattern: bits)
            appendVarint(UInt64(bitPattern: value << 1 ^ value >> 63))
        case .float, .fixed32, .sfixed32: appendLittleEndian(bits, count: 4)
        case .double, .fixed64, .sfixed64: appendLittleEndian(bits, count: 8)
        default: appendVarint(bits)
        }
    }

    private mutating func appendLittleEndian(_ bits: UInt64, count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))) }
    }
}
