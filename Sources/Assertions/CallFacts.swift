import History

/// One call: a call id, or a request without one. What comes again and again is a number, so that a million calls fit.
struct CallFact: Sendable {
    /// The id without its last part, as a number of `CallLedger.clients`; -1 where the call has no id.
    var client: Int32
    /// The last part of the id; for a call without id, the stamp of its only request.
    var sequence: UInt64
    var method: Int32 = -1
    /// The calling process and its life.
    var caller: Int32 = -1
    var incarnation: UInt32 = 0
    /// When it was due: its first transmission, less what the caller was behind its schedule.
    var start = Int64.max
    /// When its caller knew its outcome; `Int64.max` where it never did.
    var end = Int64.max
    /// `nil` while in flight: its caller still waited when the run's own end (or the history's) came.
    var outcome: CallOutcome?
    var code: UInt16 = 0
    var reason: Int32 = -1
    /// Its requests have an `Idempotency-Key` and no id of ours: `sequence` is then the calling process.
    var isKeyed = false
    /// Some caller was seen to make it.
    var isKnown = false
    /// Its caller records its own attempts and results.
    var isNative = false
    var hasResult = false
    var isUnexpected = false
    var attempts: Int32 = 0
    var executions = ExecutionBounds.none

    /// Its caller knew an outcome. A call that its caller's end left open is unknown and has not ended.
    var hasEnded: Bool { end != .max }

    /// Nanoseconds from when it was due to its end.
    var duration: Int64 { max(0, end.subtractingSaturated(start)) }
}

/// One transmission, as a native caller records it.
struct CallAttemptFact: Sendable {
    var call: Int32
    var target: Int32
    var attempt: UInt32
    var time: Int64
}

/// One request on one link.
struct CallRequestFact: Sendable {
    var call: Int32
    var connection: Int32
    var time: Int64
    var attempt: UInt32
    var copies: UInt8
    var fate: Fate
}

struct CallReplyFact: Sendable {
    var request: Int32
    var time: Int64
    var reply: CallReply

    /// The client got it.
    var reached: Bool { reply.fate != .dropped && reply.fate != .undeliverable }
}

/// One execution at a server that records them.
struct ExecutionFact: Sendable {
    /// -1: of no known call.
    var call: Int32
    /// Of the request, where the server got no call id.
    var stamp: Int64
    var process: Int32
    var incarnation: UInt32
    var method: Int32
    var attempt: UInt32
    var isDurable: Bool
    var time: Int64
    var end = Int64.max
    var result: OperationType?
    var code: UInt16 = 0
    var bounds = ExecutionBounds.once
}

struct DuplicateFact: Sendable {
    var call: Int32
    var process: Int32
    var time: Int64
    var attempt: UInt32
    var action: DuplicateAction
}
