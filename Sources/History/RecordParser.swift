/// Takes records apart by their layout, into one number a field, without making anything of them.
///
/// A number stands as it is (signed ones as their bit pattern), a bool or choice as its byte, a text or bytes as where it
/// lies, a word as its number in the file's table or, where the table was full, as where it lies with `literal` set.
struct RecordParser {
    /// Marks a word that has no number.
    static let literal: UInt64 = 1 << 63

    /// The file.
    var bytes: UnsafeRawBufferPointer
    /// The words that the file has, as far as is known.
    var wordCount = 0
    private var start = 0
    private var position = 0
    private var end = 0
    private var isDamaged = false
    private let steps = EventLayout.steps
    private let programs = EventLayout.programs

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Where a record's parts lie.
    struct Head {
        var code: UInt8
        var time: Int64
        /// Its first field, and the byte after its last one.
        var start: Int
        var stop: Int
    }

    /// - Returns: `nil` where no whole record lies there.
    static func head(_ bytes: UnsafeRawBufferPointer, at place: Int, end: Int) -> Head? {
        var position = place
        var length: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < end, shift < 63 else { return nil }
            let byte = bytes[position]
            position += 1
            length |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length >= 9, length <= UInt64(end - position) else { return nil }
        let time = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 1, as: UInt64.self))
        return Head(
            code: bytes[position], time: Int64(bitPattern: time), start: position + 9, stop: position + Int(length))
    }

    /// - Parameters:
    ///   - slots: one for each field, from `base` on.
    ///   - newWord: told of a word that is written out, by where it lies and its length; says its number.
    /// - Returns: whether the record is of a known kind and holds all of its fields.
    mutating func parse(
        _ head: Head, into slots: inout [UInt64], from base: Int = 0, newWord: (Int, Int) -> Int
    ) -> Bool {
        start = head.start
        position = head.start
        end = head.stop
        isDamaged = false
        var step = programs[Int(head.code)]
        guard step >= 0 else { return false }
        var slot = base
        while true {
            switch steps[step] {
            case EventLayout.number: slots[slot] = varint()
            case EventLayout.signed:
                let raw = varint()
                slots[slot] = UInt64(bitPattern: Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1))
            case EventLayout.text, EventLayout.bytes: slots[slot] = text()
            case EventLayout.word: slots[slot] = word(newWord)
            case EventLayout.words:
                let count = varint()
                slots[slot] = count
                for _ in 0..<min(count, 10_000) where !isDamaged { _ = word(newWord) }
            case EventLayout.stop: return !isDamaged
            case EventLayout.bool: slots[slot] = UInt64(byte())
            case let largest:
                let value = byte()
                if value > largest { isDamaged = true }
                slots[slot] = UInt64(value)
            }
            slot += 1
            step += 1
        }
    }

    private mutating func word(_ newWord: (Int, Int) -> Int) -> UInt64 {
        switch varint() {
        case 0: return text() | Self.literal
        case 1:
            let place = text()
            guard !isDamaged else { return 0 }
            let number = newWord(start + Int(place >> 32), Int(place & 0xFFFF_FFFF))
            wordCount = max(wordCount, number + 1)
            return UInt64(number)
        case let number:
            if number - 2 >= UInt64(wordCount) { isDamaged = true }
            return number - 2
        }
    }

    /// Where it lies, from the record's first field, and its length.
    private mutating func text() -> UInt64 {
        let count = varint()
        guard !isDamaged, count <= UInt64(end - position) else {
            isDamaged = true
            return 0
        }
        defer { position += Int(count) }
        return UInt64(position - start) << 32 | count
    }

    private mutating func byte() -> UInt8 {
        guard position < end else {
            isDamaged = true
            return 0
        }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func varint() -> UInt64 {
        guard position < end else {
            isDamaged = true
            return 0
        }
        let first = bytes[position]
        position += 1
        if first < 0x80 { return UInt64(first) }
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while true {
            guard position < end, shift < 64 else {
                isDamaged = true
                return 0
            }
            let next = bytes[position]
            position += 1
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }
}
