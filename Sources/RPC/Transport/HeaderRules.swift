/// Which names and values may stand in HTTP/2 headers (RFC 9113 §8.2) and in gRPC's metadata.
enum HeaderRules {
    /// gRPC: `1*( %x30-39 / %x61-7A / "_" / "-" / ".")`.
    static func isMetadataName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { kinds[Int($0)] == metadataName }
    }

    /// RFC 9110's token, without capitals.
    static func isFieldName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { kinds[Int($0)] != 0 }
    }

    /// No control characters but the tab (RFC 9110 §5.5; stricter than RFC 9113, which names NUL, CR and LF).
    static func isFieldValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    /// gRPC's ASCII-Value: `1*( %x20-%x7E )`. An empty one is let through, as all implementations do.
    static func isPrintable(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }
    }

    /// Names that are not custom metadata. The `grpc-` names are gRPC's own, present and future.
    static func isReserved(_ name: String) -> Bool {
        if name.utf8.first == UInt8(ascii: "g"), name.hasPrefix("grpc-") { return true }
        switch name {
        case "te", "content-type", "user-agent", "host": return true
        default: return isConnectionSpecific(name)
        }
    }

    /// RFC 9113 §8.2.2: they make a message malformed.
    static func isConnectionSpecific(_ name: String) -> Bool {
        switch name.utf8.count {
        case 7: name == "upgrade"
        case 10: name == "connection" || name == "keep-alive"
        case 16: name == "proxy-connection"
        case 17: name == "transfer-encoding"
        default: false
        }
    }

    /// 0: not a token; `metadataName`: also allowed in gRPC's names.
    private static let metadataName: UInt8 = 2
    private static let kinds: [UInt8] = {
        var kinds = [UInt8](repeating: 0, count: 256)
        for byte in "!#$%&'*+^`|~".utf8 { kinds[Int(byte)] = 1 }
        for byte in "0123456789abcdefghijklmnopqrstuvwxyz_-.".utf8 { kinds[Int(byte)] = metadataName }
        return kinds
    }()
}
