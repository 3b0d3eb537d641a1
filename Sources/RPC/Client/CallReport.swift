import ClusterModel
import NIOCore

/// How a call is to be made.
package struct CallOptions: Sendable {
    package var semantics: CallSemantics
    package var retry: RetryPolicy
    /// The process that it must go to; `nil`: each in turn.
    package var target: String?
    package var metadata: Metadata

    package init(
        semantics: CallSemantics = .atMostOnce, retry: RetryPolicy = .init(), target: String? = nil,
        metadata: Metadata = Metadata()
    ) {
        self.semantics = semantics
        self.retry = retry
        self.target = target
        self.metadata = metadata
    }
}

/// All that is known of a call that has ended.
package struct CallReport: Sendable {
    package var id: CallID
    package var outcome: CallOutcome
    /// One, where a unary call has succeeded.
    package var messages: [ByteBuffer] = []
    /// Of the answer that counted.
    package var header = ReplyHeader()
    package var initialMetadata = Metadata()
    package var trailers = Metadata()
    /// Transmissions that were sent.
    package var attempts = 0
}

/// Witness of a client's calls; all calls come on its event loop, before the bytes leave and before the caller is told.
package protocol CallObserver: AnyObject {
    /// - Parameters:
    ///   - attempt: from 1.
    ///   - due: when the call should have begun, in nanoseconds of `NIODeadline`'s clock.
    func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64)
    /// One transmission has ended; several may be open at once.
    func attemptEnded(_ id: CallID, attempt: Int, target: String, end: AttemptEnd)
    func callEnded(_ report: CallReport, path: String)
}

extension CallObserver {
    package func attemptEnded(_ id: CallID, attempt: Int, target: String, end: AttemptEnd) {}
}

extension AttemptEnd {
    /// - Parameter hasReply: whether a message has come, where one must.
    init(_ ending: ClientStreamEnding, _ header: ReplyHeader, hasReply: Bool) {
        switch ending.origin {
        case .serverStatus:
            // A success without its message is an answer that nobody can use.
            self =
                ending.status.isOK && !hasReply
                ? .lost(reason: "the reply has no message") : .replied(ending.status, header)
        case .refusedStream, .goAwayUnprocessed: self = .refused
        case .neverSent: self = .notSent(reason: ending.status.message)
        case .reset, .connectionLost, .localDeadline, .cancelled, .protocolError:
            self =
                ending.wasSent
                ? .lost(reason: ending.status.message) : .notSent(reason: ending.status.message)
        }
    }
}
