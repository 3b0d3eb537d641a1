/// Reads what `EventWriter` wrote. Damaged bytes never trap: past the end everything reads as zero or empty and
/// `isDamaged` is set.
struct EventReader: EventCoder {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    private(set) var end: Int
    private(set) var isDamaged = false
    private(set) var words: [String]
    /// `words` is the whole file's table already.
    private let knowsWords: Bool

    /// - Parameters:
    ///   - words: the file's table so far.
    ///   - isWhole: it is all of the table already; otherwise words are added as they come.
    init(_ bytes: UnsafeRawBufferPointer, position: Int, end: Int, words: [String] = [], isWhole: Bool = false) {
        self.words = words
        knowsWords = isWhole
        self.bytes = bytes
        self.position = position
        self.end = min(end, bytes.count)
    }

    /// Confines reading to one record.
    mutating func confine(to end: Int) { self.end = min(end, bytes.count) }

    mutating func skip(to position: Int) { self.position = min(position, bytes.count) }

    mutating func byte() -> UInt8 {
        guard position < end else {
            isDamaged = true
            return 0
        }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func fixed64() -> UInt64 {
        guard end - position >= 8 else {
            isDamaged = true
            position = end
            return 0
        }
        defer { position += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    mutating func varint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = byte()
            guard shift < 64 else {
                isDamaged = true
                return 0
            }
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 || isDamaged { return value }
            shift += 7
        }
    }

    private mutating func slice() -> UnsafeRawBufferPointer {
        let count = varint()
        guard !isDamaged, count <= UInt64(end - position) else {
            isDamaged = true
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        defer { position += Int(count) }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)])
    }

    mutating func bool(_ name: StaticString, _ value: inout Bool) { value = byte() != 0 }

    mutating func number<T: FixedWidthInteger>(_ name: StaticString, _ value: inout T) {
        let raw = varint()
        if T.isSigned {
            let wide = Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
            value = T(truncatingIfNeeded: wide)
        } else {
            value = T(truncatingIfNeeded: raw)
        }
    }

    mutating func text(_ name: StaticString, _ value: inout String) { value = String(decoding: slice(), as: UTF8.self) }

    mutating func word(_ name: StaticString, _ value: inout String) {
        switch varint() {
        case 0: text(name, &value)
        case 1:
            text(name, &value)
            if !knowsWords { words.append(value) }
        case let number:
            guard number - 2 < UInt64(words.count) else {
                isDamaged = true
                return
            }
            value = words[Int(number - 2)]
        }
    }

    mutating func bytes(_ name: StaticString, _ value: inout [UInt8]) { value = Array(slice()) }

    mutating func choice<T: RawRepresentable>(_ name: StaticString, _ value: inout T) where T.RawValue == UInt8 {
        guard let known = T(rawValue: byte()) else {
            isDamaged = true
            return
        }
        value = known
    }
}
