import ClusterModel
import Testing

@testable import RPC

@Suite struct CallCoreTests {
    private var random = SeededGenerator(seed: 1, "core")
    private static let ms: Int64 = 1_000_000
    private let plain = RetryPolicy(timeout: .milliseconds(200), attempts: 3, backoff: .zero...(.zero))

    private func ok() -> AttemptEnd { .replied(.ok, ReplyHeader()) }
    private func refused(_ reason: RefusalReason) -> AttemptEnd {
        .replied(GRPCStatus(.unavailable), ReplyHeader(server: "s/x", outcome: .notExecuted, reason: reason.rawValue))
    }

    @Test mutating func retransmitsAtEachTimeoutAndTakesALateReply() {
        var core = CallCore(.atLeastOnce, plain)
        #expect(core.wakeAt == nil)
        #expect(core.start(now: 0) == .transmit(attempt: 1))
        #expect(core.send(attempt: 1, to: "a", incarnation: "x", now: 1)?.timeLeft == 600 * Self.ms - 1)
        #expect(core.wakeAt == 200 * Self.ms)
        #expect(core.wake(now: 200 * Self.ms - 1, using: &random) == .none)
        #expect(core.wake(now: 200 * Self.ms, using: &random) == .transmit(attempt: 2))
        #expect(core.send(attempt: 2, to: "b", incarnation: nil, now: 200 * Self.ms)?.attempt == 2)
        #expect(core.ended(attempt: 1, ok(), now: 300 * Self.ms, using: &random) == .finish(.success))
        #expect(core.wakeAt == nil)
        // Whatever comes now is late.
        #expect(core.ended(attempt: 2, ok(), now: 301 * Self.ms, using: &random) == .none)
        #expect(core.wake(now: 900 * Self.ms, using: &random) == .none)
        #expect(core.cancel() == .none)
    }

    @Test mutating func maybeTransmitsOnce() {
        var core = CallCore(.maybe, plain)
        _ = core.start(now: 0)
        _ = core.send(attempt: 1, to: "a", incarnation: nil, now: 0)
        guard case .finish(.unknown(let status, "timeout")) = core.wake(now: 200 * Self.ms, using: &random) else {
            Issue.record("not unknown")
            return
        }
        #expect(status.code == .deadlineExceeded)
    }

    @Test mutating func maybeEndsWithItsConnection() {
        var core = CallCore(.maybe, plain)
        _ = core.start(now: 0)
        _ = core.send(attempt: 1, to: "a", incarnation: nil, now: 0)
        guard case .finish(.unknown(_, "lost")) = core.ended(attempt: 1, .lost(reason: "lost"), now: 1, using: &random)
        else {
            Issue.record("not unknown")
            return
        }
    }

    @Test mutating func refusalsWithoutBackoffWaitForTheTimeout() {
        var core = CallCore(.atMostOnce, plain)
        _ = core.start(now: 0)
        #expect(core.ended(attempt: 1, .notSent(reason: "refused"), now: 5, using: &random) == .none)
        #expect(core.wakeAt == 200 * Self.ms)
        #expect(core.wake(now: 200 * Self.ms, using: &random) == .transmit(attempt: 2))
        _ = core.send(attempt: 2, to: "a", incarnation: "x", now: 200 * Self.ms)
        #expect(core.ended(attempt: 2, refused(.tableFull), now: 210 * Self.ms, using: &random) == .none)
        #expect(core.pinned == nil)
        #expect(core.wake(now: 400 * Self.ms, using: &random) == .transmit(attempt: 3))
        let end = core.ended(attempt: 3, .refused, now: 401 * Self.ms, using: &random)
        guard case .finish(.notExecuted(_, "refused")) = end else {
            Issue.record("\(end)")
            return
        }
    }

    @Test mutating func backoffIsDrawnBelowItsCeiling() {
        var waits: [Int64] = []
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededGenerator(seed: seed, "backoff")
            let policy = RetryPolicy(
                timeout: .milliseconds(100), attempts: 4, backoff: .milliseconds(10)...(.milliseconds(20)))
            var core = CallCore(.atLeastOnce, policy)
            _ = core.start(now: 0)
            _ = core.send(attempt: 1, to: "a", incarnation: nil, now: 0)
            #expect(core.wake(now: 100 * Self.ms, using: &random) == .none)
            waits.append((core.wakeAt ?? 0) - 100 * Self.ms)
        }
        #expect(waits.allSatisfy { (0...10 * Self.ms).contains($0) })
        #expect(waits.contains { $0 < Self.ms } && waits.contains { $0 > 9 * Self.ms })
    }

    @Test mutating func oneUncertainAttemptMakesTheCallUnknown() {
        var core = CallCore(.atMostOnce, plain)
        _ = core.start(now: 0)
        _ = core.send(attempt: 1, to: "a", incarnation: "x", now: 0)
        _ = core.wake(now: 200 * Self.ms, using: &random)
        #expect(core.ended(attempt: 2, .notSent(reason: "refused"), now: 201 * Self.ms, using: &random) == .none)
        #expect(core.wake(now: 400 * Self.ms, using: &random) == .transmit(attempt: 3))
        _ = core.ended(attempt: 3, .notSent(reason: "refused"), now: 401 * Self.ms, using: &random)
        // The first is still open, until its own time is over.
        #expect(!core.isFinished)
        guard case .finish(.unknown) = core.wake(now: 600 * Self.ms, using: &random) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test mutating func aLateRefusalMakesItNotExecutedAfterAll() {
        var core = CallCore(.atMostOnce, plain)
        _ = core.start(now: 0)
        _ = core.send(attempt: 1, to: "a", incarnation: "x", now: 0)
        _ = core.wake(now: 200 * Self.ms, using: &random)
        _ = core.wake(now: 400 * Self.ms, using: &random)
        #expect(core.ended(attempt: 1, refused(.tableFull), now: 401 * Self.ms, using: &random) == .none)
        guard case .finish(.notExecuted) = core.wake(now: 600 * Self.ms, using: &random) else {
            Issue.record("not certain")
            return
        }
    }

    @Test mutating func atMostOnceKeepsToItsServer() {
        var core = CallCore(.atMostOnce, plain)
        _ = core.start(now: 0)
        #expect(core.send(attempt: 1, to: "a", incarnation: "x", now: 0)?.server == "x")
        #expect(core.pinned == .init(target: "a", incarnation: "x"))
        _ = core.wake(now: 200 * Self.ms, using: &random)
        #expect(core.send(attempt: 2, to: "b", incarnation: "y", now: 201 * Self.ms) == nil)
        // Its first server has another life by now; the call still expects the first.
        #expect(core.send(attempt: 2, to: "a", incarnation: "z", now: 201 * Self.ms)?.server == "x")
        let restarted = AttemptEnd.replied(
            GRPCStatus(.unavailable), ReplyHeader(outcome: .unknown, reason: "server-restarted"))
        guard
            case .finish(.unknown(_, "server-restarted")) = core.ended(
                attempt: 2, restarted, now: 210 * Self.ms, using: &random)
        else {
            Issue.record("not unknown")
            return
        }
    }

    @Test mutating func anAttemptWithoutAConnectionInTimeIsNeverSent() {
        var core = CallCore(.atMostOnce, plain)
        _ = core.start(now: 0)
        #expect(core.wake(now: 200 * Self.ms, using: &random) == .transmit(attempt: 2))
        #expect(core.send(attempt: 1, to: "a", incarnation: "x", now: 201 * Self.ms) == nil)
        _ = core.wake(now: 400 * Self.ms, using: &random)
        guard case .finish(.notExecuted(_, "timeout")) = core.wake(now: 600 * Self.ms, using: &random) else {
            Issue.record("not certain")
            return
        }
        #expect(core.send(attempt: 3, to: "a", incarnation: "x", now: 601 * Self.ms) == nil)
    }

    @Test mutating func norDuringTheBackoffThatFollows() {
        let policy = RetryPolicy(timeout: .milliseconds(100), attempts: 2, backoff: .seconds(9)...(.seconds(9)))
        var core = CallCore(.atMostOnce, policy)
        _ = core.start(now: 0)
        #expect(core.wake(now: 100 * Self.ms, using: &random) == .none)
        #expect(core.send(attempt: 1, to: "a", incarnation: "x", now: 101 * Self.ms) == nil)
    }

    @Test mutating func aGivenDeadlineIsAwaitedAfterTheLastAttempt() {
        var policy = plain
        policy.deadline = .seconds(5)
        var core = CallCore(.atMostOnce, policy)
        _ = core.start(now: 0)
        for attempt in 1...3 {
            #expect(core.send(attempt: attempt, to: "a", incarnation: "x", now: Int64(attempt)) != nil)
            _ = core.wake(now: Int64(attempt) * 200 * Self.ms, using: &random)
        }
        #expect(core.wakeAt == 5_000 * Self.ms)
        var other = core
        #expect(other.ended(attempt: 2, ok(), now: 4_000 * Self.ms, using: &random) == .finish(.success))
        guard case .finish(.unknown(_, "timeout")) = core.wake(now: 5_000 * Self.ms, using: &random) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test mutating func theDeadlineEndsABackoffToo() {
        var policy = RetryPolicy(timeout: .milliseconds(100), attempts: 9, backoff: .seconds(100)...(.seconds(100)))
        policy.deadline = .milliseconds(150)
        var core = CallCore(.atLeastOnce, policy)
        _ = core.start(now: 0)
        _ = core.send(attempt: 1, to: "a", incarnation: nil, now: 0)
        _ = core.wake(now: 100 * Self.ms, using: &random)
        #expect(core.wakeAt ?? .max <= 150 * Self.ms)
        guard case .finish(.unknown) = core.wake(now: 150 * Self.ms, using: &random) else {
            Issue.record("not unknown")
            return
        }
    }

    @Test mutating func cancelling() {
        var core = CallCore(.atMostOnce, plain)
        _ = core.start(now: 0)
        var sent = core
        #expect(
            core.cancel().outcome
                == .notExecuted(GRPCStatus(.cancelled, "cancelled by the caller"), reason: "cancelled"))
        _ = sent.send(attempt: 1, to: "a", incarnation: nil, now: 0)
        #expect(
            sent.cancel().outcome == .unknown(GRPCStatus(.cancelled, "cancelled by the caller"), reason: "cancelled"))
    }

    @Test mutating func anApplicationErrorEndsTheCall() {
        var core = CallCore(.atLeastOnce, plain)
        _ = core.start(now: 0)
        _ = core.send(attempt: 1, to: "a", incarnation: nil, now: 0)
        let status = GRPCStatus(.failedPrecondition, "no money")
        let end = core.ended(attempt: 1, .replied(status, ReplyHeader(outcome: .executed)), now: 1, using: &random)
        #expect(end == .finish(.executed(status)))
    }

    @Test mutating func farMomentsDoNotOverflow() {
        let age = Duration.seconds(Int64.max / 1_000)
        let policy = RetryPolicy(timeout: age, attempts: .max, backoff: .zero...age)
        var core = CallCore(.atLeastOnce, policy)
        #expect(core.start(now: .max - 5) == .transmit(attempt: 1))
        #expect(core.wakeAt == .max)
        #expect(core.ended(attempt: -1, ok(), now: 0, using: &random) == .none)
        #expect(core.ended(attempt: 7, ok(), now: 0, using: &random) == .none)
    }
}

extension CallCore.Action {
    fileprivate var outcome: CallOutcome? { if case .finish(let outcome) = self { outcome } else { nil } }
}
