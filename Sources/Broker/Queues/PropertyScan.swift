/// What the broker must know of a message's properties, read without decoding them (AMQP 0-9-1 §4.2.6.1).
struct PropertyScan {
    /// Delivery mode 2.
    private(set) var isPersistent = false
    private(set) var hasExpiration = false
    /// The octets of the headers table with its length; empty if there is none.
    private(set) var headers = 0..<0
    /// The user-id's octets, nil if there is none.
    private(set) var userID: Range<Int>?

    /// Nil if flags and values do not fit `bytes` exactly. What a headers table holds is not looked at.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 2 else { return nil }
        let flags = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        guard flags & 0b11 == 0 else { return nil }
        if flags == 0 {
            guard bytes.count == 2 else { return nil }
            return
        }
        var at = 2
        var bit: UInt16 = 1 << 15
        while bit > 2 {
            defer { bit >>= 1 }
            guard flags & bit != 0 else { continue }
            switch bit {
            case 1 << 13:
                guard bytes.count - at >= 4 else { return nil }
                let length = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self).bigEndian)
                guard length <= bytes.count - at - 4 else { return nil }
                headers = at..<(at + 4 + length)
                at = headers.upperBound
            case 1 << 12:
                guard at < bytes.count else { return nil }
                isPersistent = bytes[at] == 2
                at += 1
            case 1 << 11: at += 1
            case 1 << 6: at += 8
            default:
                guard at < bytes.count else { return nil }
                let text = (at + 1)..<(at + 1 + Int(bytes[at]))
                if bit == 1 << 8 { hasExpiration = true }
                if bit == 1 << 4 { userID = text }
                at = text.upperBound
            }
            guard at <= bytes.count else { return nil }
        }
        guard at == bytes.count else { return nil }
    }
}
