/// Writes an event's fields as bytes: numbers as LEB128 varints (signed ones zigzag), texts with their length, words
/// as their number in the file's table.
struct EventWriter: EventCoder {
    private(set) var buffer: [UInt8] = []
    /// Words of this file so far. The table is bounded: beyond, a word is written out like a text.
    private var words: [String: UInt32] = [:]
    private static let wordLimit = 4_096

    /// Starts a record.
    mutating func begin() { buffer.removeAll(keepingCapacity: true) }

    mutating func byte(_ value: UInt8) { buffer.append(value) }

    mutating func fixed64(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
    }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            buffer.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        buffer.append(UInt8(rest))
    }

    mutating func bool(_ name: StaticString, _ value: inout Bool) { buffer.append(value ? 1 : 0) }

    mutating func number<T: FixedWidthInteger>(_ name: StaticString, _ value: inout T) {
        if T.isSigned {
            let wide = Int64(value)
            varint(UInt64(bitPattern: (wide << 1) ^ (wide >> 63)))
        } else {
            varint(UInt64(value))
        }
    }

    mutating func text(_ name: StaticString, _ value: inout String) {
        value.withUTF8 { utf8 in
            varint(UInt64(utf8.count))
            buffer.append(contentsOf: utf8)
        }
    }

    /// 0: a text follows and is not remembered; 1: a text follows and is the next word; n + 2: word n.
    mutating func word(_ name: StaticString, _ value: inout String) {
        if let known = words[value] {
            varint(UInt64(known) + 2)
        } else if words.count < Self.wordLimit {
            words[value] = UInt32(words.count)
            varint(1)
            text(name, &value)
        } else {
            varint(0)
            text(name, &value)
        }
    }

    mutating func bytes(_ name: StaticString, _ value: inout [UInt8]) {
        varint(UInt64(value.count))
        buffer.append(contentsOf: value)
    }

    mutating func choice<T: RawRepresentable>(_ name: StaticString, _ value: inout T) where T.RawValue == UInt8 {
        buffer.append(value.rawValue)
    }
}
