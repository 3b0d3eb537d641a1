import ClusterModel

/// The decisions of one call at its caller: when to transmit it, again, and what became of it. No clock, no socket;
/// moments are nanoseconds of one clock.
///
/// After every event its owner carries out the action and sees to it that `wake` is called at `wakeAt`. Attempts stay
/// open beyond their timeout, so that a late reply counts; whatever is open when the call finishes is the owner's to
/// close. Events that come late change nothing.
///
/// - *maybe* makes one transmission. *At-least-once* and *at-most-once* make another one when an attempt's timeout has
///   passed or its end says that it may fare better (`AttemptVerdict`), after the backoff. Without a backoff, what fails
///   early is repeated when its timeout would have passed, so that a refusal does not use up all attempts at once.
/// - The call is *not executed* only if no attempt was, for certain. An answer that ends the call says *executed* only
///   if the server says so.
/// - Under *at-most-once* an attempt that may have been executed pins the call to its server and that server's
///   incarnation: no other one knows of it.
/// - The deadline ends everything. Where the policy gives one, replies are awaited until then even after the last
///   attempt's timeout.
package struct CallCore: Sendable {
    package enum Action: Sendable, Equatable {
        case none
        /// Find a connection (to `pinned`, if there is one), and ask `send` for what to put on it.
        case transmit(attempt: Int)
        case finish(CallOutcome)
    }

    package struct Transmission: Sendable, Equatable {
        /// From 1.
        package var attempt: Int
        /// The incarnation to expect, if it is known.
        package var server: String?
        /// Nanoseconds left for the whole call; more than zero.
        package var timeLeft: Int64
    }

    package struct Pin: Sendable, Equatable {
        package var target: String
        package var incarnation: String?
    }

    private enum Phase: Equatable {
        case idle
        /// For the latest attempt's reply, until its timeout.
        case waiting(until: Int64)
        case backingOff(until: Int64)
        /// For any reply, until the deadline: no attempt is left.
        case lingering
        case finished
    }

    private enum Fate { case wanted, open, notExecuted, unknown }

    private let policy: RetryPolicy
    private let attempts: Int
    private let timeout: Int64
    private let pins: Bool
    private var deadline: Int64 = .max
    private var phase = Phase.idle
    /// Of each attempt so far.
    private var fates: [Fate] = []
    /// The server that an attempt may have been executed by.
    package private(set) var pinned: Pin?

    package init(_ semantics: CallSemantics, _ policy: RetryPolicy) {
        self.policy = policy
        attempts = policy.attempts(under: semantics)
        timeout = max(policy.timeout.nanoseconds, 1)
        pins = semantics.filtersDuplicates
        deadline = policy.wholeDeadline(under: semantics).nanoseconds
    }

    package var isFinished: Bool { phase == .finished }

    /// When `wake` must be called; `nil`: not at all.
    package var wakeAt: Int64? {
        switch phase {
        case .idle, .finished: nil
        case .waiting(let moment), .backingOff(let moment): min(moment, deadline)
        case .lingering: deadline
        }
    }

    package mutating func start(now: Int64) -> Action {
        guard phase == .idle else { return .none }
        let (moment, overflow) = now.addingReportingOverflow(deadline)
        deadline = overflow ? .max : moment
        return transmit(now: now)
    }

    /// A connection for the attempt is there: what to send on it, or nil if it must not be sent any more.
    package mutating func send(attempt: Int, to target: String, incarnation: String?, now: Int64) -> Transmission? {
        guard phase != .finished, attempt == fates.count, fates[attempt - 1] == .wanted, now < deadline else {
            return nil
        }
        if let pinned, pinned.target != target { return nil }
        fates[attempt - 1] = .open
        if pins, pinned == nil { pinned = Pin(target: target, incarnation: incarnation) }
        return Transmission(attempt: attempt, server: pinned?.incarnation, timeLeft: deadline - now)
    }

    /// An attempt has ended, in whatever way.
    package mutating func ended(
        attempt: Int, _ end: AttemptEnd, now: Int64, using generator: inout some RandomNumberGenerator
    ) -> Action {
        guard phase != .finished, attempt > 0, attempt <= fates.count else { return .none }
        guard fates[attempt - 1] == .open || fates[attempt - 1] == .wanted else { return .none }
        let verdict = AttemptVerdict(end, signs: pinned?.incarnation != nil)
        guard verdict.mayRetry else {
            fates[attempt - 1] = verdict.execution == .notExecuted ? .notExecuted : .unknown
            switch verdict.execution {
            case .executed: return finish(verdict.status.isOK ? .success : .executed(verdict.status))
            case .notExecuted, .unknown: return giveUp(verdict.status, verdict.reason)
            }
        }
        fates[attempt - 1] = verdict.execution == .notExecuted ? .notExecuted : .unknown
        if isCertainlyNotExecuted { pinned = nil }
        if fates.count == attempts {
            let isOver = !fates.contains(.open) && fates[attempts - 1] != .wanted
            return isOver ? giveUp(verdict.status, verdict.reason) : .none
        }
        guard attempt == fates.count, case .waiting(let end) = phase else { return .none }
        if policy.ceiling(after: attempt) == .zero {
            phase = .backingOff(until: max(now, end))
            return .none
        }
        return backOff(now: now, using: &generator)
    }

    package mutating func wake(now: Int64, using generator: inout some RandomNumberGenerator) -> Action {
        if let wakeAt, now < wakeAt { return .none }
        switch phase {
        case .idle, .finished: return .none
        case _ where now >= deadline: return timedOut()
        case .backingOff: return transmit(now: now)
        case .lingering: return .none
        case .waiting:
            // It found no connection in time, and must not go out any more.
            if fates[fates.count - 1] == .wanted { fates[fates.count - 1] = .notExecuted }
            if isCertainlyNotExecuted { pinned = nil }
            if fates.count < attempts { return backOff(now: now, using: &generator) }
            guard policy.deadline != nil, fates.contains(.open) else { return timedOut() }
            phase = .lingering
            return .none
        }
    }

    package mutating func cancel() -> Action {
        guard phase != .finished else { return .none }
        return giveUp(GRPCStatus(.cancelled, "cancelled by the caller"), RefusalReason.cancelled.rawValue)
    }

    // MARK: -

    private mutating func backOff(now: Int64, using generator: inout some RandomNumberGenerator) -> Action {
        let ceiling = policy.ceiling(after: fates.count).nanoseconds
        guard ceiling > 0 else { return transmit(now: now) }
        let (moment, overflow) = now.addingReportingOverflow(Int64.random(in: 0...ceiling, using: &generator))
        phase = .backingOff(until: overflow ? .max : moment)
        return .none
    }

    private mutating func transmit(now: Int64) -> Action {
        fates.append(.wanted)
        let (moment, overflow) = now.addingReportingOverflow(timeout)
        phase = .waiting(until: overflow ? .max : moment)
        return .transmit(attempt: fates.count)
    }

    private mutating func timedOut() -> Action {
        giveUp(GRPCStatus(.deadlineExceeded, "no reply in \(fates.count) attempts"), "timeout")
    }

    private mutating func giveUp(_ status: GRPCStatus, _ reason: String) -> Action {
        // What was wanted and is not sent by now never will be.
        for index in fates.indices where fates[index] == .wanted { fates[index] = .notExecuted }
        return finish(
            isCertainlyNotExecuted ? .notExecuted(status, reason: reason) : .unknown(status, reason: reason))
    }

    private mutating func finish(_ outcome: CallOutcome) -> Action {
        phase = .finished
        return .finish(outcome)
    }

    /// Of every attempt so far.
    private var isCertainlyNotExecuted: Bool { fates.allSatisfy { $0 == .notExecuted } }
}
