/// What a caller may rely on (`semantics.md`, RPC). It sets the knobs `retry` and `duplicates`, which can be set one
/// by one.
package enum CallSemantics: String, Sendable, Hashable, Codable, CaseIterable {
    /// One transmission; nobody knows what became of it if no reply comes.
    case maybe
    /// Repeated until a reply comes; each copy that arrives is executed.
    case atLeastOnce = "at-least-once"
    /// Repeated until a reply comes; the server filters duplicates.
    case atMostOnce = "at-most-once"

    package var retransmits: Bool { self != .maybe }
    package var filtersDuplicates: Bool { self == .atMostOnce }
}

/// When a caller sends a call again, and when it gives up.
package struct RetryPolicy: Sendable, Hashable, Codable {
    /// How long an attempt waits for its reply. The attempt stays open beyond it: a late reply counts.
    package var timeout: Duration
    /// Transmissions of one call at most, the first included. At least 1.
    package var attempts: Int
    /// The wait between an attempt's timeout and the next attempt: drawn evenly from zero to a ceiling, which starts
    /// at the lower bound and doubles up to the upper one ("full jitter", M. Brooker, AWS 2015).
    package var backoff: ClosedRange<Duration>
    /// Of the whole call; `nil`: every attempt's timeout and the largest waits between them.
    package var deadline: Duration?

    package init(
        timeout: Duration = .seconds(1), attempts: Int = 5,
        backoff: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(500)), deadline: Duration? = nil
    ) {
        self.timeout = timeout
        self.attempts = attempts
        self.backoff = backoff
        self.deadline = deadline
    }

    /// Transmissions under these semantics.
    package func attempts(under semantics: CallSemantics) -> Int { semantics.retransmits ? max(attempts, 1) : 1 }

    /// The longest wait before the attempt after this one. Zero where there is no backoff.
    /// - Parameter attempt: from 1.
    package func ceiling(after attempt: Int) -> Duration {
        let upper = max(backoff.upperBound, .zero)
        var ceiling = min(max(backoff.lowerBound, .milliseconds(1)), upper)
        for _ in 1..<max(attempt, 1) where ceiling < upper {
            ceiling = ceiling > upper / 2 ? upper : ceiling * 2
        }
        return ceiling
    }

    /// The whole call's time; at most the 292 years that 64 bits of nanoseconds hold.
    package func wholeDeadline(under semantics: CallSemantics) -> Duration {
        if let deadline { return deadline }
        let attempts = attempts(under: semantics)
        var total = product(timeout.nanoseconds, attempts)
        for attempt in 1..<attempts {
            let wait = ceiling(after: attempt)
            // All further waits are alike: no loop over a million attempts.
            if wait >= max(backoff.upperBound, .zero) {
                total = sum(total, product(wait.nanoseconds, attempts - attempt))
                break
            }
            total = sum(total, wait.nanoseconds)
        }
        return .nanoseconds(total)
    }

    private func product(_ one: Int64, _ other: Int) -> Int64 {
        let (value, overflow) = one.multipliedReportingOverflow(by: Int64(other))
        return overflow ? .max : value
    }

    private func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (value, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : value
    }
}

/// What a server does with a request that it has seen before.
package struct DuplicatePolicy: Sendable, Hashable, Codable {
    package enum Action: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is executed again: no filter.
        case execute
        /// It gets the reply of the first execution, as soon as there is one.
        case resendReply = "resend-reply"
    }

    package var on: Action
    /// How long after the call's deadline its reply is kept if the client does not acknowledge it; also the longest
    /// that the network may hold a request back beyond its deadline (`DuplicateTable`).
    package var keep: Duration
    /// Calls that are running or whose reply is kept. Beyond it new calls are refused.
    package var capacity: Int
    /// Bytes of kept replies at which new calls are refused.
    package var bytes: Int
    /// Replies, and what handlers put into the node's store, survive the process.
    package var durable: Bool

    package init(
        on: Action = .resendReply, keep: Duration = .seconds(5), capacity: Int = 100_000, bytes: Int = 64 << 20,
        durable: Bool = false
    ) {
        self.on = on
        self.keep = keep
        self.capacity = capacity
        self.bytes = bytes
        self.durable = durable
    }
}
