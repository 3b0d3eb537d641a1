/// Reads the payload of a datagram between peers. Its octets are anybody's: what is not there, too long or no UTF-8 is
/// `nil`, and what has been read of it is lost.
package struct PeerReader: Sendable {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { position == bytes.count }
    package var remaining: Int { bytes.count - position }

    package mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// LEB128, in 10 octets at most.
    package mutating func number() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let next = byte() else { return nil }
            // Of the tenth octet only the lowest bit has room.
            guard shift < 63 || next <= 1 else { return nil }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
        }
        return nil
    }

    /// - Parameter limit: octets at most.
    package mutating func text(limit: Int) -> String? {
        guard let octets = slice(limit) else { return nil }
        return String(validating: octets, as: UTF8.self)
    }

    /// - Parameter limit: octets at most.
    package mutating func blob(limit: Int) -> [UInt8]? { slice(limit).map(Array.init) }

    /// As `blob`, without a copy.
    mutating func slice(_ limit: Int) -> ArraySlice<UInt8>? { span(limit).map { bytes[$0] } }

    /// As `blob`, only where it is.
    mutating func span(_ limit: Int) -> Range<Int>? {
        guard let length = number(), length <= UInt64(max(limit, 0)), length <= UInt64(remaining) else { return nil }
        defer { position += Int(length) }
        return position..<position + Int(length)
    }
}
