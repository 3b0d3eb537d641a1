/// How one transmission of a call ended, as the caller's side saw it.
package enum AttemptEnd: Sendable, Equatable {
    /// A status of the server's own, or of somebody in its place.
    case replied(GRPCStatus, ReplyHeader)
    /// No octet of it left: no connection, or no room.
    case notSent(reason: String)
    /// REFUSED_STREAM, or GOAWAY with a last stream id below ours (RFC 9113 §8.7): the server has not looked at it.
    case refused
    /// The stream or its connection broke, or the reply could not be read.
    case lost(reason: String)
}

/// What an attempt's end says of the call.
///
/// | end | was it executed? | again? |
/// | --- | --- | --- |
/// | status OK | yes | |
/// | the server declares an outcome | as it says | *not executed* for `table-full`, `draining` and `overloaded`; *unknown* unless `server-restarted`, `stale` or `streaming` |
/// | connection refused, nothing sent | no | yes |
/// | REFUSED_STREAM, GOAWAY below our stream | no | yes |
/// | UNIMPLEMENTED | no | no |
/// | UNAVAILABLE, CANCELLED, DEADLINE_EXCEEDED | unknown: proxies and libraries make them too | yes |
/// | connection lost, reset, reply malformed, no reply in time | unknown | yes |
/// | any other status | yes, with this error | no |
///
/// A server with call semantics signs what it says (`x-orch-server`). An unsigned failure in its place was made by its
/// transport or by somebody in between, whatever its code: unknown, and again.
package struct AttemptVerdict: Sendable, Equatable {
    package var execution: DeclaredOutcome
    /// Whether another attempt may fare better, where the semantics allow one.
    package var mayRetry: Bool
    package var status: GRPCStatus
    /// A word; empty on success.
    package var reason: String

    /// - Parameter signs: whether the server is known to sign its answers.
    package init(_ end: AttemptEnd, signs: Bool = false) {
        switch end {
        case .notSent(let reason):
            self.init(.notExecuted, true, GRPCStatus(.unavailable, "nothing was sent: \(reason)"), reason)
        case .refused:
            self.init(.notExecuted, true, GRPCStatus(.unavailable, "the server refused the stream"), "refused")
        case .lost(let reason): self.init(.unknown, true, GRPCStatus(.unavailable, reason), reason)
        case .replied(let status, _) where status.isOK: self.init(.executed, false, status, "")
        case .replied(let status, let header):
            let reason = header.reason ?? status.code.name
            if let declared = header.outcome {
                let known = RefusalReason(rawValue: reason)
                let mayRetry =
                    switch declared {
                    case .executed: false
                    case .notExecuted: known?.isPassing ?? false
                    case .unknown: known != .serverRestarted && known != .stale && known != .streaming
                    }
                self.init(declared, mayRetry, status, reason)
                return
            }
            if signs, header.server == nil {
                self.init(.unknown, true, status, reason)
                return
            }
            switch status.code {
            case .unimplemented: self.init(.notExecuted, false, status, reason)
            case .unavailable, .cancelled, .deadlineExceeded: self.init(.unknown, true, status, reason)
            default: self.init(.executed, false, status, reason)
            }
        }
    }

    private init(_ execution: DeclaredOutcome, _ mayRetry: Bool, _ status: GRPCStatus, _ reason: String) {
        self.execution = execution
        self.mayRetry = mayRetry
        self.status = status
        self.reason = reason
    }
}

/// What became of a call, as its caller knows it: success, or exactly one of three failures.
package enum CallOutcome: Sendable, Equatable {
    case success
    /// Executed, with this error.
    case executed(GRPCStatus)
    case notExecuted(GRPCStatus, reason: String)
    case unknown(GRPCStatus, reason: String)

    package var status: GRPCStatus {
        switch self {
        case .success: .ok
        case .executed(let status), .notExecuted(let status, _), .unknown(let status, _): status
        }
    }

    /// Empty on success.
    package var reason: String {
        switch self {
        case .success: ""
        case .executed(let status): status.message.isEmpty ? status.code.name : status.message
        case .notExecuted(_, let reason), .unknown(_, let reason): reason
        }
    }
}
