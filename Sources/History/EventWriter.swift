/// Writes an event's fields as bytes: numbers as LEB128 varints (signed ones zigzag), texts with their length, words
/// as their number in the file's table.
struct EventWriter: EventCoder {
    /// The record so far lies at the start of it.
    private var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private(set) var count = 0
    /// Words of this file so far. The table is bounded: beyond, a word is written out like a text.
    private var words: [String: UInt32] = [:]
    private static let wordLimit = 4_096
    /// The words written last, by a hash that costs little.
    private var recent = [(word: String, number: UInt32)](repeating: ("", .max), count: 64)

    /// Gives the memory back; nothing may be written afterwards.
    func free() { room.deallocate() }

    var record: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: room[..<count]) }

    /// Starts a record.
    mutating func begin() { count = 0 }

    @inline(__always) private mutating func need(_ more: Int) {
        if count + more > room.count { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1_024, 2 * (count + more)), alignment: 8)
        if count > 0 { larger.copyMemory(from: record) }
        room.deallocate()
        room = larger
    }

    mutating func byte(_ value: UInt8) {
        need(1)
        room[count] = value
        count += 1
    }

    mutating func fixed64(_ value: UInt64) {
        need(8)
        room.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
        count += 8
    }

    mutating func varint(_ value: UInt64) {
        need(10)
        var rest = value
        while rest >= 0x80 {
            room[count] = UInt8(truncatingIfNeeded: rest) | 0x80
            count += 1
            rest >>= 7
        }
        room[count] = UInt8(rest)
        count += 1
    }

    private mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        varint(UInt64(bytes.count))
        need(bytes.count)
        if !bytes.isEmpty { UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: bytes) }
        count += bytes.count
    }

    mutating func bool(_ name: StaticString, _ value: inout Bool) { byte(value ? 1 : 0) }

    mutating func number<T: FixedWidthInteger>(_ name: StaticString, _ value: inout T) {
        if T.isSigned {
            let wide = Int64(value)
            varint(UInt64(bitPattern: (wide << 1) ^ (wide >> 63)))
        } else {
            varint(UInt64(value))
        }
    }

    mutating func text(_ name: StaticString, _ value: inout String) {
        value.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }

    /// 0: a text follows and is not remembered; 1: a text follows and is the next word; n + 2: word n.
    mutating func word(_ name: StaticString, _ value: inout String) {
        let utf8 = value.utf8
        let slot = (utf8.count &* 7 &+ Int(utf8.last ?? 0)) & 63
        if recent[slot].number != .max, recent[slot].word == value {
            varint(UInt64(recent[slot].number) + 2)
        } else if let known = words[value] {
            recent[slot] = (value, known)
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

    mutating func bytes(_ name: StaticString, _ value: inout [UInt8]) { value.withUnsafeBytes { raw($0) } }

    mutating func choice<T: RawRepresentable>(_ name: StaticString, _ value: inout T) where T.RawValue == UInt8 {
        byte(value.rawValue)
    }
}
