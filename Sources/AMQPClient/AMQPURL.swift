/// `amqp://user:password@host:port/vhost`, as RabbitMQ's clients read it (RabbitMQ URI specification).
package struct AMQPURL: Sendable, Equatable, CustomStringConvertible {
    package var host = "127.0.0.1"
    package var port = 5672
    package var user = "guest"
    package var password = "guest"
    package var virtualHost = "/"

    package init(host: String = "127.0.0.1", port: Int = 5672) {
        self.host = host
        self.port = port
    }

    /// `nil` where the text is not such a URL. No path is the virtual host `/`; `%2f` is a slash.
    package init?(_ text: String) {
        guard text.hasPrefix("amqp://") else { return nil }
        var rest = text.dropFirst("amqp://".count)
        if let query = rest.firstIndex(of: "?") { rest = rest[..<query] }
        var authority = rest
        if let slash = rest.firstIndex(of: "/") {
            authority = rest[..<slash]
            let path = rest[rest.index(after: slash)...]
            if !path.isEmpty {
                guard let decoded = Self.decoded(path) else { return nil }
                virtualHost = decoded
            }
        }
        if let at = authority.lastIndex(of: "@") {
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]) else { return nil }
            user = name
            if parts.count > 1 {
                guard let secret = Self.decoded(parts[1]) else { return nil }
                password = secret
            }
            authority = authority[authority.index(after: at)...]
        }
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            authority = authority[authority.index(after: end)...]
        } else if let colon = authority.firstIndex(of: ":") {
            host = String(authority[..<colon])
            authority = authority[colon...]
        } else {
            host = String(authority)
            authority = ""
        }
        if authority.hasPrefix(":") {
            guard let number = Int(authority.dropFirst()), (1...65_535).contains(number) else { return nil }
            port = number
        } else if !authority.isEmpty {
            return nil
        }
        if host.isEmpty { host = "127.0.0.1" }
    }

    /// The URL with everything but the place of another one: how a link's address is told to a program.
    package func at(host: String, port: Int) -> AMQPURL {
        var copy = self
        copy.host = host
        copy.port = port
        return copy
    }

    package var description: String {
        let path = virtualHost == "/" ? "%2F" : Self.encoded(virtualHost)
        let place = host.contains(":") ? "[\(host)]" : host
        return "amqp://\(Self.encoded(user)):\(Self.encoded(password))@\(place):\(port)/\(path)"
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
                return nil
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return result
    }
}
