import History
import NIOHPACK

/// What a request's headers say to a link.
struct CallFacts {
    /// `Calculator/suma`: the path without its first slash and its query.
    var method = ""
    /// The same with all that it begins with, for `path:` of a filter.
    var path = ""
    /// `x-orch-call`, or else the `Idempotency-Key` (`CallRequest.keyed`); empty where there is neither.
    var call = ""
    var attempt: UInt32 = 0
    var isGRPC = false
    /// The client has a deadline of its own (`grpc-timeout`) and gives up by itself.
    var hasDeadline = false
    var contentLength: Int?

    private static let methodLimit = 256

    init(_ headers: HPACKHeaders) {
        var key = ""
        for (name, value, _) in headers {
            switch name {
            case ":path":
                let path = value.prefix { $0 != "?" }
                self.path = String(path.prefix(Self.methodLimit))
                method = String((path.first == "/" ? path.dropFirst() : path).prefix(Self.methodLimit))
            case "content-type": isGRPC = value.utf8.starts(with: "application/grpc".utf8)
            case "content-length": contentLength = Int(value)
            case "grpc-timeout": hasDeadline = true
            case "x-orch-call": call = String(value.prefix(Self.methodLimit))
            case "x-orch-attempt": attempt = UInt32(value) ?? 0
            case "idempotency-key": key = String(CallRequest.keyed(value).prefix(Self.methodLimit))
            default: break
            }
        }
        if call.isEmpty { call = key }
    }

    /// What belongs to the service, not to the workload: only a fault that names its method touches it.
    var isManagement: Bool {
        ["orch.v1.Session/", "grpc.reflection.", "grpc.health."].contains { method.utf8.starts(with: $0.utf8) }
    }

    /// What hosts of objects and their directory say to each other, and peers and their name service. Faults touch it as they touch invocations, but it
    /// follows the clock as much as the workload: it has dice of its own, so that it shifts nobody else's, and it is no
    /// call of anybody's.
    var isMiddleware: Bool {
        ["orch.v1.Directory/", "orch.v1.Objects/", "orch.v1.Names/"].contains { method.utf8.starts(with: $0.utf8) }
    }

    /// Counted apart from the workload's calls.
    var isApart: Bool { isManagement || isMiddleware }
}

/// What the headers and trailers of a reply say to a link.
struct CallAnswer {
    private var httpStatus: UInt16?
    private var grpcStatus: UInt16?
    /// `x-orch-outcome`, or else `x-orch-reply`.
    private(set) var note = ""
    private var hasOutcome = false
    var contentLength: Int?
    /// The server has reset the stream, with this code.
    var reset: HTTP2ErrorCode?
    /// Headers so far, interim responses included (RFC 9110 §15.2).
    private(set) var blocks = 0
    /// The headers that are not interim have come; what follows are trailers.
    private(set) var isFinal = false

    mutating func add(_ headers: HPACKHeaders) {
        blocks += 1
        for (name, value, _) in headers {
            switch name {
            case ":status":
                httpStatus = UInt16(value)
                isFinal = httpStatus.map { $0 >= 200 } ?? true
            case "grpc-status": grpcStatus = UInt16(value)
            case "content-length": contentLength = Int(value)
            case "x-orch-outcome":
                note = String(value.prefix(64))
                hasOutcome = true
            case "x-orch-reply": if !hasOutcome { note = String(value.prefix(64)) }
            default: break
            }
        }
    }

    /// gRPC status, or that of HTTP where there is none. A gRPC reply without any is `UNKNOWN`
    /// (grpc/grpc, doc/http-grpc-status-mapping.md).
    func code(isGRPC: Bool) -> UInt16 {
        guard isGRPC else { return httpStatus ?? 0 }
        if let grpcStatus { return grpcStatus }
        return httpStatus == nil || httpStatus == 200 ? 2 : httpStatus!
    }
}
