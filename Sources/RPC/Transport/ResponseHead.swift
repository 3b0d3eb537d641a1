import NIOHPACK
import NIOHTTP2

/// What one block of headers of an answer says.
enum ResponseHead: Equatable {
    /// 1xx: more headers follow.
    case informational
    case initial(Metadata, MessageEncoding)
    /// The end: trailers, or a trailers-only answer.
    case trailers(GRPCStatus, Metadata)
    /// Not gRPC: the status to show for it.
    case foreign(GRPCStatus)

    /// The first headers of an answer.
    /// Source: gRPC over HTTP/2, "Responses"; `grpc/doc/http-grpc-status-mapping.md`.
    init(first headers: HPACKHeaders, end: Bool) {
        let fields = Fields(headers)
        guard !fields.isMalformed, let status = fields.httpStatus, status >= 100, status <= 999 else {
            self = .foreign(GRPCStatus(.internalError, "malformed answer: not valid HTTP/2 headers"))
            return
        }
        if status < 200 {
            self =
                end ? .foreign(GRPCStatus(.internalError, "malformed answer: HTTP \(status) ends it")) : .informational
            return
        }
        if end, fields.code != nil {
            self = .trailers(fields.status, fields.metadata)
            return
        }
        guard status == 200 else {
            self = .foreign(
                GRPCStatus(Self.code(forHTTPStatus: status), "the server answered with HTTP status \(status)"))
            return
        }
        guard let contentType = fields.contentType, ContentType.isGRPC(contentType) else {
            self = .foreign(
                GRPCStatus(
                    .unknown, "the server answered with content-type \(fields.contentType ?? "(none)"), not gRPC's"))
            return
        }
        if end {
            self = .trailers(fields.status, fields.metadata)
            return
        }
        guard let encoding = MessageEncoding(rawValue: fields.encoding ?? "identity") else {
            self = .foreign(
                GRPCStatus(
                    .internalError, "the server answered with grpc-encoding \(fields.encoding ?? ""), which is unknown")
            )
            return
        }
        self = .initial(fields.metadata, encoding)
    }

    /// The headers after the messages.
    init(trailers headers: HPACKHeaders) {
        let fields = Fields(headers)
        self =
            fields.isMalformed || fields.httpStatus != nil
            ? .foreign(GRPCStatus(.internalError, "malformed trailers")) : .trailers(fields.status, fields.metadata)
    }

    static func code(forHTTPStatus status: Int) -> GRPCCode {
        switch status {
        case 400: .internalError
        case 401: .unauthenticated
        case 403: .permissionDenied
        case 404: .unimplemented
        case 429, 502, 503, 504: .unavailable
        default: .unknown
        }
    }
}

private struct Fields {
    var httpStatus: Int?
    var contentType: String?
    var encoding: String?
    var code: String?
    var message: String?
    var details: String?
    var metadata = Metadata()
    var isMalformed = false

    init(_ headers: HPACKHeaders) {
        for (name, value, _) in headers {
            switch name {
            case "grpc-status": code = value
            case ":status":
                if httpStatus != nil { isMalformed = true }
                httpStatus = Int(value) ?? -1
            case "content-type": contentType = value
            case "grpc-encoding": encoding = value
            case "grpc-message": message = value
            case "grpc-status-details-bin": details = value
            default:
                guard HeaderRules.isFieldName(name), HeaderRules.isFieldValue(value) else {
                    isMalformed = true
                    continue
                }
                if !HeaderRules.isReserved(name) { metadata.append(received: name, value) }
            }
        }
    }

    var status: GRPCStatus {
        guard let code else { return GRPCStatus(.unknown, "the server's answer has no grpc-status") }
        guard let number = UInt8(code) else { return GRPCStatus(.unknown, "the server's grpc-status is \(code)") }
        return GRPCStatus(
            GRPCCode(rawValue: number), message.map(PercentEncoding.decode) ?? "",
            details: details.flatMap { Base64.decode($0.utf8) })
    }
}

extension GRPCStatus {
    /// What RST_STREAM means for a call.
    /// Source: gRPC over HTTP/2, "Errors".
    static func reset(_ code: HTTP2ErrorCode) -> GRPCStatus {
        let mapped: GRPCCode =
            switch code {
            case .refusedStream: .unavailable
            case .cancel: .cancelled
            case .enhanceYourCalm: .resourceExhausted
            case .inadequateSecurity: .permissionDenied
            case .noError, .protocolError, .internalError, .flowControlError, .settingsTimeout, .frameSizeError,
                .compressionError, .connectError, .streamClosed:
                .internalError
            default: .unknown
            }
        return GRPCStatus(mapped, "the server reset the stream (HTTP/2 error \(code.networkCode))")
    }
}

extension HPACKHeaders {
    /// `grpc-status`, `grpc-message` and `grpc-status-details-bin`.
    mutating func add(_ status: GRPCStatus) {
        add(name: "grpc-status", value: String(status.code.rawValue))
        if !status.message.isEmpty {
            add(name: "grpc-message", value: PercentEncoding.encode(status.message), indexing: .nonIndexable)
        }
        if let details = status.details {
            add(name: "grpc-status-details-bin", value: Base64.encode(details), indexing: .nonIndexable)
        }
    }
}
