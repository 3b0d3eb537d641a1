/// How a refusal looks to a client that knows nothing of call semantics.
extension RefusalReason {
    package var code: GRPCCode {
        switch self {
        case .tableFull, .overloaded, .limit: .resourceExhausted
        case .stale, .streaming: .failedPrecondition
        case .serverRestarted, .draining, .store, .moved, .notHere, .lease, .unresolved: .unavailable
        case .deadline: .deadlineExceeded
        case .malformed, .wrongType: .invalidArgument
        case .gone, .expired: .notFound
        case .cancelled: .cancelled
        }
    }

    package var message: String {
        switch self {
        case .tableFull: "the server remembers as many calls as it can"
        case .stale: "the call is over"
        case .serverRestarted: "the server was restarted since the call was first sent"
        case .deadline: "the call's deadline had passed when it arrived"
        case .draining: "the server is about to stop"
        case .overloaded: "too many calls wait"
        case .malformed: "the request is malformed"
        case .limit: "a limit of the server's"
        case .streaming: "a streaming call cannot be repeated"
        case .cancelled: "the client gave up"
        case .store: "the server's store has failed"
        case .moved: "the object has moved"
        case .notHere: "the object is not here"
        case .lease: "the owner has not heard from the directory"
        case .unresolved: "the directory does not answer"
        case .gone: "the object is gone"
        case .expired: "the reference was not renewed in time"
        case .wrongType: "the object is of another type"
        }
    }
}
