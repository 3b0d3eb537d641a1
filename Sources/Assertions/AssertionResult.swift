import ClusterModel

/// What a checker found. `unknown`: there was no evidence, or the evidence leaves both possible.
package enum Verdict: String, Sendable, Codable, CaseIterable {
    case pass, fail, unknown

    /// One verdict for several: a failure outweighs what is unknown, and that outweighs a pass. None at all is unknown.
    package static func combined(_ verdicts: some Sequence<Verdict>) -> Verdict {
        var result: Verdict?
        for verdict in verdicts {
            switch (result, verdict) {
            case (_, .fail), (.fail, _): result = .fail
            case (_, .unknown), (.unknown, _): result = .unknown
            default: result = .pass
            }
        }
        return result ?? .unknown
    }
}

/// The outcome of one assertion. The words are defined in `docs/verdicts.md`.
package struct AssertionResult: Sendable, Equatable {
    /// `delivery: at-least-once`.
    package var title: String
    /// Whether the assertion holds by itself: `pass` it holds, `fail` it is violated.
    package var verdict: Verdict
    package var expect: AssertionSpec.Expectation
    package var from: String?
    package var to: String?
    /// `Calculator.suma`: the calls that it is about.
    package var method: String?
    /// Where the file states it, from 1; 0 for what no file states.
    package var line: Int
    package var destinations: [DestinationResult]
    /// For `calls:`: what was counted.
    package var calls: CallAccount?
    /// For assertions on numbers, and beside `calls`: what was measured.
    package var measure: CallMeasure?
    /// What speaks for the verdict, and what a reader must know, where there are no destinations.
    package var examples: [Example] = []
    package var notes: [String] = []
    /// Why, in a sentence or a few; never empty for `fail` and `unknown`.
    package var explanation: String

    package init(
        title: String, verdict: Verdict, expect: AssertionSpec.Expectation = .holds, from: String? = nil,
        to: String? = nil, line: Int = 0, destinations: [DestinationResult] = [], explanation: String = ""
    ) {
        self.title = title
        self.verdict = verdict
        self.expect = expect
        self.from = from
        self.to = to
        self.line = line
        self.destinations = destinations
        self.explanation = explanation
    }

    /// One about calls.
    init(title: String, verdict: Verdict, scope: CallScope) {
        self.init(title: title, verdict: verdict, from: scope.from, to: scope.to)
        method = scope.method
    }

    /// The verdict after `expect:`; what is unknown stays unknown.
    package var outcome: Verdict {
        guard expect == .violated else { return verdict }
        return switch verdict {
        case .pass: .fail
        case .fail: .pass
        case .unknown: .unknown
        }
    }
}

/// What was counted at one destination: a queue's consumers, or one replica with an anonymous queue.
package struct DestinationResult: Sendable, Equatable {
    /// `subscriber-1`, `queue:tasks`.
    package var to: String
    package var verdict: Verdict
    package var counts: DeliveryCounts
    package var examples: [Example]
    /// What a reader must know to read the counts: identities by body hash, undrained queues, open handlings.
    package var notes: [String]

    package init(
        to: String, verdict: Verdict, counts: DeliveryCounts = .init(), examples: [Example] = [], notes: [String] = []
    ) {
        self.to = to
        self.verdict = verdict
        self.counts = counts
        self.examples = examples
        self.notes = notes
    }
}

/// The counters of `docs/verdicts.md`, each a number of messages. Those that evidence cannot always decide hold what is
/// proven; `bounds` says how many there may be at most.
package struct DeliveryCounts: Sendable, Equatable {
    package var attempted = 0
    package var acknowledged = 0
    package var unconfirmed = 0
    package var owed = 0
    package var delivered = 0
    package var processed = 0
    package var lost = 0
    package var duplicated = 0
    package var unexpected = 0
    package var recovered = 0
    package var rejected = 0
    package var expired = 0
    package var deadLettered = 0
    package var purged = 0
    package var redelivered = 0
    /// Arrived after a later one of the same publisher (`order: fifo` only).
    package var reordered = 0

    /// At most so many, where the wire alone cannot tell; never less than the proven number.
    package var processedAtMost = 0
    package var lostAtMost = 0
    package var duplicatedAtMost = 0
    package var unexpectedAtMost = 0

    package init() {}

    /// Names as JSON has them, in its order.
    package var named: [(name: String, value: Int)] {
        let all = [
            ("attempted", attempted), ("acknowledged", acknowledged), ("unconfirmed", unconfirmed), ("owed", owed),
            ("delivered", delivered), ("processed", processed), ("lost", lost), ("duplicated", duplicated),
            ("unexpected", unexpected), ("recovered", recovered), ("rejected", rejected), ("expired", expired),
            ("dead_lettered", deadLettered), ("purged", purged), ("redelivered", redelivered),
            ("reordered", reordered),
        ]
        return all.map { (name: $0.0, value: $0.1) }
    }

    /// The counters whose proven number is less than the possible one.
    package var bounds: [(name: String, least: Int, most: Int)] {
        [
            ("processed", processed, processedAtMost), ("lost", lost, lostAtMost),
            ("duplicated", duplicated, duplicatedAtMost), ("unexpected", unexpected, unexpectedAtMost),
        ].filter { $0.1 < $0.2 }.map { (name: $0.0, least: $0.1, most: $0.2) }
    }
}

/// One message that shows what a counter means, with its whole path.
package struct Example: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case lost, duplicated, unexpected, missing, reordered
        /// A call that was executed more often than its guarantee allows.
        case executedAgain = "executed-again"
        /// A call that was executed, and whose caller was told that it was not.
        case contradicted
        /// A call that did not succeed, or that took long.
        case failed, slow
        /// An object that two hosts served.
        case twoOwners = "two-owners"
        /// An object that was collected, or lost, while somebody referred to it.
        case takenAway = "taken-away"
        /// An object that nobody refers to and that was not collected in time.
        case leaked
        /// A member whose view of its group is not what it should be.
        case disagreeing
        /// A member that did not learn of a death in time.
        case undetected
        /// A member that was held to be dead while it lived.
        case falseDeath = "false-death"
        /// A lookup without an answer, or one that took too many hops.
        case notFound = "not-found"
        /// An invocation whose reply no order of the invocations explains.
        case unexplained
        /// It may have been lost or processed twice; the evidence does not tell.
        case undecided
    }

    package struct Step: Sendable, Equatable {
        /// Nanoseconds since the workloads started.
        package var time: Int64
        package var text: String

        package init(time: Int64, text: String) {
            self.time = time
            self.text = text
        }
    }

    /// Examples of one kind at one destination, at most.
    package static let limit = 10

    package var kind: Kind
    package var message: String
    package var path: [Step]

    package init(kind: Kind, message: String, path: [Step] = []) {
        self.kind = kind
        self.message = message
        self.path = path
    }
}
