import History

/// A queue of one broker.
struct QueueKey: Hashable, Sendable {
    var broker: String
    var name: String
}

/// One connection on one link.
struct ConnectionFact: Sendable {
    var client: Int32
    var server: Int32
    var opened: Int64
    var closed: Int64?
    var orderly = false
    var by = ""
    /// The time of the last thing that was seen on it.
    var lastSeen: Int64
}

/// What a publisher means by a message: its message id, else its first transmission.
struct MessageFact: Sendable {
    var publisher: Int32
    /// Its id, in `Ledger.ids`.
    var name: MessageTable.Name
    /// The first attempt.
    var time: Int64
    var firstTransmission: Int32 = -1
    var lastTransmission: Int32 = -1
    /// A native publisher saw a confirm of it.
    var confirmedByNode = false
    /// What a native publisher recorded, for messages that never reached a link.
    var exchange: Int32 = -1
    var key: Int32 = -1
}

struct TransmissionFact: Sendable {
    var stamp: Int64
    var message: Int32
    /// Index into `Ledger.connections`; -1 where no link saw it (the publisher says that it tried).
    var connection: Int32
    /// Index of (connection, channel).
    var lane: Int32
    var time: Int64
    var exchange: Int32
    var key: Int32
    var headers: Int32
    var broker: Int32
    var bodyHash: UInt64
    var fate: Fate
    var stamped: Bool
    var confirming: Bool
    /// The broker's word, and when.
    var result: TransmissionOutcome?
    var resultTime: Int64 = 0
    /// The client saw a positive confirm.
    var acknowledged = false
    var returned = false
    /// The broker has certainly dealt with it by then; `Int64.max` without evidence.
    var routedBy = Int64.max
    /// Index into the oracle's answers.
    var route: Int32 = -1
    /// The next transmission of the same message, or -1.
    var next: Int32 = -1

    /// A fault (or a broken link) took it before it reached the broker.
    var swallowed: Bool { fate == .dropped || fate == .undeliverable }
}

struct DeliveryFact: Sendable {
    enum Identity: UInt8, Sendable { case stamp, id, body, none }
    enum Handling: UInt8, Sendable {
        case none
        /// Began; its end is not recorded.
        case open
        case ok
        /// Given back or thrown away.
        case failed
    }

    var connection: Int32
    var lane: Int32
    var consumer: Int32
    var queue: Int32
    var stamp: Int64
    var tag: UInt64
    var time: Int64
    var bodyHash: UInt64
    var transmission: Int32 = -1
    var message: Int32 = -1
    var identity = Identity.none
    var redelivered: Bool
    var autoAck: Bool
    var fate: Fate
    /// The client's own settlement, before any fault.
    var settlement: SettlementOutcome?
    var settlementTime: Int64 = 0
    var settlementPassed = false
    /// The link gave it back to the broker on its own account.
    var settledByLink: Int64 = 0
    var handling = Handling.none
    var handlingStart: Int64 = 0
    var handlingEnd: Int64 = 0

    /// It was handed to the client.
    var reached: Bool { fate != .dropped && fate != .undeliverable }

    /// Rejected for good, and the broker knows.
    var rejected: Bool { settlement == .rejected && settlementPassed }
}

struct LeftoverFact: Sendable {
    var queue: Int32
    var stamp: Int64
    var bodyHash: UInt64
    var id: String
    var transmission: Int32 = -1
    var message: Int32 = -1
    var time: Int64
}

/// A purge, or the deletion of a queue with what was in it.
struct PurgeFact: Sendable {
    var queue: Int32
    var time: Int64
    var count: Int
}

struct DepthFact: Sendable {
    var queue: Int32
    var ready: Int
    var consumers: Int
}

/// What a queue's arguments allow it to do with messages on its own account.
struct QueuePolicy: Sendable {
    var deadLetterExchange: String?
    var deadLetterKey: String?
    /// It may discard messages: a time to live, a limit on its length, its own expiry.
    var mayDiscard: Bool

    init?(_ arguments: HeaderTable) {
        deadLetterExchange = arguments.text("x-dead-letter-exchange")
        deadLetterKey = arguments.text("x-dead-letter-routing-key")
        mayDiscard = ["x-message-ttl", "x-max-length", "x-max-length-bytes", "x-expires"].contains {
            arguments[$0] != nil
        }
        if deadLetterExchange == nil, !mayDiscard { return nil }
    }
}
