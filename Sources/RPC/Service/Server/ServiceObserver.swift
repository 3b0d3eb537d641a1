/// Told what a server does with requests, as evidence: on its event loop, at once, and before any octet of the answer
/// leaves.
package protocol ServiceObserver: AnyObject {
    /// A handler is about to begin.
    func executionStarted(_ execution: ExecutionStart)
    /// It has ended; with a durable effect, once that is on disk.
    func executionEnded(number: UInt64, _ ending: ExecutionEnding, code: GRPCCode)
    /// A request that did not become an execution of its own, or (`executedAgain`) that did although it was a repetition.
    func duplicate(_ duplicate: DuplicateRequest)
}

package struct ExecutionStart: Sendable, Equatable {
    /// Unique in the dispatcher, from 1.
    package var number: UInt64
    /// Nil where the client sends no call id.
    package var call: CallID?
    /// The link's stamp of the request; 0: none.
    package var stamp: Int64
    /// `Calculator/suma`.
    package var method: String
    package var attempt: UInt32
    /// Its effect in the store and its reply are one commit.
    package var isDurable: Bool
}

package enum ExecutionEnding: Sendable, Equatable {
    /// The method's own result.
    case succeeded
    /// The method's own error.
    case failed
    /// Cancelled, or stopped at a limit, part-way.
    case cut
}

package enum DuplicateAction: Sendable, Equatable {
    /// Waits for the execution that is running.
    case attached
    /// Got the saved reply.
    case resent
    /// A further attempt, where duplicates are executed.
    case executedAgain
    /// Over for the client, or a second transmission of a streaming call.
    case stale
    case tableFull
    /// It expects an earlier life of the server.
    case serverRestarted
    case deadline
    /// Too much to do, or about to stop.
    case overloaded
    /// Not a request but a reply found in the store at the start: this call was committed.
    case recovered

    /// Nil for what is no matter of executions.
    init?(_ reason: RefusalReason) {
        switch reason {
        case .stale, .streaming: self = .stale
        case .tableFull: self = .tableFull
        case .serverRestarted: self = .serverRestarted
        case .deadline: self = .deadline
        case .overloaded, .draining: self = .overloaded
        case .malformed, .limit, .cancelled, .store, .moved, .notHere, .lease, .unresolved, .gone, .expired, .wrongType:
            return nil
        }
    }
}

package struct DuplicateRequest: Sendable, Equatable {
    package var call: CallID?
    package var stamp: Int64
    /// `Calculator/suma`.
    package var method: String
    package var attempt: UInt32
    package var action: DuplicateAction
}
