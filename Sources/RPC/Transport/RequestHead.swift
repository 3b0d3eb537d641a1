import NIOHPACK

/// What the headers of a request say, checked.
struct RequestHead {
    var path: String
    var authority: String?
    var metadata: Metadata
    /// Nanoseconds.
    var timeout: UInt64?
    var encoding: MessageEncoding
    /// Whether the client reads gzip.
    var acceptsGzip: Bool

    enum Refusal: Error, Equatable {
        /// Not HTTP/2: RST_STREAM PROTOCOL_ERROR (RFC 9113 §8.1.1).
        case malformed
        /// HTTP/2, but no gRPC.
        case httpStatus(Int)
        case status(GRPCStatus)
    }

    /// Source: gRPC over HTTP/2, "Requests"; RFC 9113 §8.2 and §8.3 for what is malformed.
    init(_ headers: HPACKHeaders) throws(Refusal) {
        var method: String?
        var scheme: String?
        var path: String?
        var authority: String?
        var contentType: String?
        var timeout: String?
        var encoding: String?
        var acceptEncoding: String?
        var metadata = Metadata()
        metadata.entries.reserveCapacity(headers.count)
        var isPseudo = true
        for (name, value, _) in headers {
            guard HeaderRules.isFieldValue(value) else { throw .malformed }
            if name.utf8.first == UInt8(ascii: ":") {
                guard isPseudo else { throw .malformed }
                switch name {
                case ":method": try Self.set(&method, value)
                case ":scheme": try Self.set(&scheme, value)
                case ":path": try Self.set(&path, value)
                case ":authority": try Self.set(&authority, value)
                default: throw .malformed
                }
                continue
            }
            isPseudo = false
            guard HeaderRules.isFieldName(name) else { throw .malformed }
            switch name {
            case "content-type": contentType = value
            case "te": guard value == "trailers" else { throw .malformed }
            case "grpc-timeout": timeout = value
            case "grpc-encoding": encoding = value
            case "grpc-accept-encoding": acceptEncoding = acceptEncoding.map { $0 + "," + value } ?? value
            default:
                guard !HeaderRules.isConnectionSpecific(name) else { throw .malformed }
                // Reserved names are the library's: `user-agent`, `grpc-…`, `host`.
                if !HeaderRules.isReserved(name) { metadata.append(received: name, value) }
            }
        }
        guard let method, scheme != nil, let path, !path.isEmpty else { throw .malformed }
        guard method == "POST" else { throw .httpStatus(405) }
        guard let contentType, ContentType.isGRPC(contentType) else { throw .httpStatus(415) }
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw .status(GRPCStatus(.unimplemented, "malformed method name: \(path)"))
        }
        if let timeout {
            guard let parsed = GRPCTimeout.parse(timeout) else {
                throw .status(GRPCStatus(.internalError, "malformed grpc-timeout: \(timeout)"))
            }
            self.timeout = parsed
        }
        guard let known = MessageEncoding(rawValue: encoding ?? "identity") else {
            throw .status(GRPCStatus(.unimplemented, "grpc-encoding \(encoding ?? "") is not supported"))
        }
        self.encoding = known
        acceptsGzip =
            acceptEncoding.map { list in
                list.utf8.split(separator: UInt8(ascii: ",")).contains {
                    $0.filter { $0 != UInt8(ascii: " ") }.elementsEqual("gzip".utf8)
                }
            } ?? false
        self.path = path
        self.authority = authority
        self.metadata = metadata
    }

    private static func set(_ field: inout String?, _ value: String) throws(Refusal) {
        guard field == nil else { throw .malformed }
        field = value
    }
}

enum ContentType {
    static let grpc = "application/grpc"

    /// `application/grpc`, alone or with `+proto`, `;charset=…`; not `application/grpc-web`.
    static func isGRPC(_ value: String) -> Bool {
        if value == grpc { return true }
        let lower = value.lowercased()
        guard lower.hasPrefix(grpc) else { return false }
        let next = lower.utf8.dropFirst(grpc.utf8.count).first
        return next == nil || next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
    }
}
