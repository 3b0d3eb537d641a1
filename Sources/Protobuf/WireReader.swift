/// Reads protobuf's wire format from memory. Every read checks that it stays before `end`.
///
/// Source: https://protobuf.dev/programming-guides/encoding/
struct WireReader {
    private let base: UnsafePointer<UInt8>
    private(set) var position = 0
    /// Of the innermost message.
    private(set) var end: Int

    /// `bytes` must not be empty and must outlive the reader.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return nil }
        self.base = base
        end = bytes.count
    }

    var isAtEnd: Bool { position >= end }
    var remaining: Int { end - position }

    func error(_ problem: DecodingError.Problem, at offset: Int? = nil) -> DecodingError {
        DecodingError(problem: problem, offset: offset ?? position)
    }

    @inline(__always)
    mutating func varint() throws(DecodingError) -> UInt64 {
        guard position < end else { throw error(.truncated) }
        let first = base[position]
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(DecodingError) -> UInt64 {
        let start = position
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = base[position]
            position += 1
            // The tenth byte has room for one bit.
            if shift == 63, byte > 1 { throw error(.varintTooLong, at: start) }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        throw error(.truncated, at: start)
    }

    @inline(__always)
    mutating func tag() throws(DecodingError) -> UInt32 {
        let start = position
        let raw = try varint()
        guard raw <= UInt64(UInt32.max), raw >= 8, raw & 7 <= 5 else { throw error(.badTag, at: start) }
        return UInt32(truncatingIfNeeded: raw)
    }

    /// Steps over a tag if it is the very one that was read before.
    @inline(__always)
    mutating func skip(tag: UInt32) -> Bool {
        let start = position
        // An error in it is found again, and thrown, by whoever reads it next.
        if position < end, let next = try? varint(), next == UInt64(tag) { return true }
        position = start
        return false
    }

    mutating func fixed32() throws(DecodingError) -> UInt32 {
        guard remaining >= 4 else { throw error(.truncated) }
        defer { position += 4 }
        return UInt32(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt32.self))
    }

    mutating func fixed64() throws(DecodingError) -> UInt64 {
        guard remaining >= 8 else { throw error(.truncated) }
        defer { position += 8 }
        return UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
    }

    /// A length, and the bytes that it announces, which are then behind.
    @inline(__always)
    mutating func delimited() throws(DecodingError) -> UnsafeBufferPointer<UInt8> {
        let start = position
        let length = try varint()
        guard length <= UInt64(remaining) else { throw error(.truncated, at: start) }
        defer { position += Int(length) }
        return UnsafeBufferPointer(start: base + position, count: Int(length))
    }

    /// Reads a length and narrows the reader to the bytes that it announces.
    /// - Returns: the end of what is around, for `leave`.
    @inline(__always)
    mutating func enter() throws(DecodingError) -> Int {
        let start = position
        let length = try varint()
        guard length <= UInt64(remaining) else { throw error(.truncated, at: start) }
        defer { end = position + Int(length) }
        return end
    }

    mutating func leave(to outer: Int) { end = outer }

    /// What has been read since `start`.
    func bytes(since start: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + start, count: position - start)
    }

    /// Of the bytes up to the end: how many varints there can be.
    func countVarints() -> Int {
        var count = 0
        for index in position..<end where base[index] < 0x80 { count += 1 }
        return count
    }

    /// One scalar, as the bits that `Kind` speaks of.
    @inline(__always)
    mutating func scalar(_ kind: Kind) throws(DecodingError) -> UInt64 {
        switch kind {
        case .int64, .uint64: return try varint()
        case .int32, .enumeration: return UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: try varint())))
        case .uint32: return UInt64(UInt32(truncatingIfNeeded: try varint()))
        case .bool: return try varint() == 0 ? 0 : 1
        case .sint32:
            let raw = UInt32(truncatingIfNeeded: try varint())
            return UInt64(bitPattern: Int64(Int32(bitPattern: raw >> 1 ^ (0 &- raw & 1))))
        case .sint64:
            let raw = try varint()
            return raw >> 1 ^ (0 &- raw & 1)
        case .float, .fixed32: return UInt64(try fixed32())
        case .sfixed32: return UInt64(bitPattern: Int64(Int32(bitPattern: try fixed32())))
        case .double, .fixed64, .sfixed64: return try fixed64()
        case .string, .bytes, .message: preconditionFailure("\(kind.name) is not a scalar")
        }
    }

    /// Steps over a field whose tag has just been read. Groups count as depth.
    mutating func skipField(_ tag: UInt32, depth: Int) throws(DecodingError) {
        switch tag & 7 {
        case WireType.varint: _ = try varint()
        case WireType.fixed64: _ = try fixed64()
        case WireType.fixed32: _ = try fixed32()
        case WireType.lengthDelimited: _ = try delimited()
        case WireType.startGroup:
            guard depth < Message.deepestNesting else { throw error(.tooDeep) }
            while true {
                let start = position
                let inner = try self.tag()
                if inner & 7 == WireType.endGroup {
                    guard inner >> 3 == tag >> 3 else { throw error(.unmatchedGroup, at: start) }
                    return
                }
                try skipField(inner, depth: depth + 1)
            }
        default: throw error(.unmatchedGroup)
        }
    }
}
