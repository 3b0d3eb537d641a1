import History

/// What a caller knows of a call in the end. Every failure is exactly one of the last three.
package enum CallOutcome: String, Sendable, Codable, CaseIterable {
    case success
    /// Executed, with this error.
    case error
    case notExecuted = "not_executed"
    case unknown
}

/// How often something was executed, as far as evidence tells.
package struct ExecutionBounds: Sendable, Hashable {
    package var least: Int
    package var most: Int

    package init(_ least: Int, _ most: Int) {
        self.least = least
        self.most = max(least, most)
    }

    package static let none = ExecutionBounds(0, 0)
    package static let perhaps = ExecutionBounds(0, 1)
    package static let once = ExecutionBounds(1, 1)
    /// Nothing is known.
    package static let anything = ExecutionBounds(0, .max)

    package var isExact: Bool { least == most }

    package static func + (a: Self, b: Self) -> Self { Self(a.least + b.least, a.most + b.most) }
    package static func += (a: inout Self, b: Self) { a = a + b }
}

/// What one reply on a link means, to a caller that records nothing and about a server that records nothing. The rules
/// are in `docs/verdicts.md` (Calls).
enum ReplyMeaning {
    /// What a client that got this reply knows of its call; a reply that it did not get means nothing to it.
    static func outcome(_ reply: CallReply) -> CallOutcome {
        switch reply.outcome {
        // Whether its client could read it is up to the bit that was flipped.
        case .finished where reply.fate == .corrupted && finished(reply) == .success: .unknown
        // It came in part, or not from the server at all.
        case .finished where reply.fate == .truncated || reply.fate == .answered: .unknown
        case .finished: finished(reply)
        case .refused: .notExecuted
        case .resetByServer, .resetByClient, .connectionLost, .settled: .unknown
        }
    }

    /// How often this copy of the request was executed, whether or not the client got the reply.
    static func executions(_ reply: CallReply) -> ExecutionBounds {
        switch reply.outcome {
        case .refused: return .none
        case .finished where reply.fate == .answered: return .none
        case .finished:
            if isRepeated(reply) { return .none }
            return switch finished(reply) {
            case .success, .error: .once
            case .notExecuted: .none
            case .unknown: .perhaps
            }
        case .resetByServer, .resetByClient, .connectionLost, .settled: return .perhaps
        }
    }

    /// The reply belongs to the execution of another copy (`x-orch-reply`).
    static func isRepeated(_ reply: CallReply) -> Bool {
        reply.outcome == .finished && (reply.note == "saved" || reply.note == "attached")
    }

    private static func finished(_ reply: CallReply) -> CallOutcome {
        // A redirection, or `304 Not Modified`, is what was asked for.
        if reply.code == 0 || (200..<400).contains(reply.code) { return .success }
        switch reply.note {
        case "not-executed": return .notExecuted
        case "executed", "saved", "attached": return .error
        case "unknown": return .unknown
        default: break
        }
        return switch GRPCStatus(rawValue: reply.code) {
        case .unimplemented: .notExecuted
        case .unavailable, .cancelled, .deadlineExceeded: .unknown
        case .some: .error
        // Not a gRPC status but one of HTTP, as the gRPC specification maps them (http-grpc-status-mapping.md).
        case nil: http(reply.code)
        }
    }

    private static func http(_ status: UInt16) -> CallOutcome {
        switch status {
        case 404: .notExecuted
        case 429, 502, 503, 504: .unknown
        default: .error
        }
    }
}

/// The status codes of gRPC (grpc/grpc, doc/statuscodes.md).
enum GRPCStatus: UInt16 {
    case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
    case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, internalError, unavailable
    case dataLoss, unauthenticated

    /// `NOT_FOUND`; `HTTP 503` for what is no gRPC status.
    static func name(_ code: UInt16) -> String {
        guard let status = GRPCStatus(rawValue: code) else { return "\(code >= 100 ? "HTTP" : "status") \(code)" }
        if status == .internalError { return "INTERNAL" }
        return "\(status)".reduce(into: "") { $0 += $1.isUppercase ? "_\($1)" : $1.uppercased() }
    }
}
