extension PeerDatagram {
    private static let mark: [UInt8] = [0x6F, 0x50]
    private static let version: UInt8 = 1
    /// Mark, version, kind, and the length of the name.
    private static let headSize = 5
    private static let checksumSize = 4

    /// Octets of a datagram beside its payload.
    static func overhead(from name: String) -> Int { headSize + name.utf8.count + checksumSize }

    /// - Returns: `nil` where it would be too large, or its sender's name is too long or empty: such a one is not sent.
    package func encoded() -> [UInt8]? {
        let name = Array(from.utf8)
        let size = Self.headSize + name.count + payload.count + Self.checksumSize
        guard size <= Self.sizeLimit, (1...Self.nameLimit).contains(name.count) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        bytes.append(contentsOf: Self.mark)
        bytes.append(Self.version)
        bytes.append(kind.rawValue)
        bytes.append(UInt8(name.count))
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: payload)
        let sum = Checksum.crc32(bytes[...])
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: sum >> shift))
        }
        return bytes
    }

    /// - Returns: `nil` for anything that no peer of this version sends: too short or long, another mark, version or kind,
    ///   a name that is empty, cut or no UTF-8, a wrong checksum.
    package init?(decoding bytes: [UInt8]) {
        guard bytes.count <= Self.sizeLimit, bytes.count > Self.headSize + Self.checksumSize,
            bytes[0] == Self.mark[0], bytes[1] == Self.mark[1], bytes[2] == Self.version,
            let kind = Kind(rawValue: bytes[3])
        else { return nil }
        let end = bytes.count - Self.checksumSize
        let nameEnd = Self.headSize + Int(bytes[4])
        guard nameEnd > Self.headSize, nameEnd <= end,
            let from = String(validating: bytes[Self.headSize..<nameEnd], as: UTF8.self)
        else { return nil }
        let sum = bytes[end...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard Checksum.crc32(bytes[..<end]) == sum else { return nil }
        self.init(kind: kind, from: from, payload: Array(bytes[nameEnd..<end]))
    }
}

/// CRC-32 as Ethernet and zlib have it (polynomial 0xEDB88320, reflected).
enum Checksum {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let table = table
        return bytes.withUnsafeBufferPointer { bytes in
            ~bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
        }
    }
}
