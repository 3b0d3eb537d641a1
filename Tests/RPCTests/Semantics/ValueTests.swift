import ClusterModel
import Testing

@testable import RPC

@Suite struct ValueTests {
    @Test func callIDs() throws {
        let id = try #require(CallID("teller-2/1/42"))
        #expect(id.client == "teller-2" && id.incarnation == "1" && id.sequence == 42)
        #expect(id == CallID(client: "teller-2", incarnation: "1", sequence: 42))
        #expect(id.description == "teller-2/1/42")
        #expect(CallID("a/b/9223372036854775807")?.sequence == UInt64(Int64.max))
        let wrong = [
            "", "/", "//", "a/b", "a/b/", "a//1", "/b/1", "a/b/0", "a/b/-1", "a/b/+1", "a/b/1 ", "a b/c/1", "a/b/c/1",
            "a/b/9223372036854775808", "a/b/18446744073709551616", "a/b/99999999999999999999999", "é/b/1", "a/b/x",
            String(repeating: "a", count: 201) + "/b/1", String(repeating: "a", count: 10_000) + "/b/1",
        ]
        for text in wrong { #expect(CallID(text) == nil, "\(text)") }
    }

    @Test func callHeaders() throws {
        let header = CallHeader(
            id: CallID("a/1/7"), attempt: 3, acknowledged: 5, server: "2.9f3a", deadline: 1_500, stamp: 0)
        var entries: [(String, String)] = []
        header.write { entries.append(($0, $1)) }
        var read = CallHeader()
        for (name, value) in entries + [("content-type", "x"), ("x-something-els", "1")] {
            try read.read(name: name, value: value)
        }
        try read.check()
        #expect(read == header)
        try read.read(name: "x-orch-id", value: "ffffffffffffffff")
        #expect(read.stamp == -1)
        // As replies say it.
        try read.read(name: "x-orch-server", value: "server-1/3.aa")
        #expect(read.server == "3.aa")
    }

    @Test(
        arguments: [
            ("x-orch-call", "a/b"), ("x-orch-attempt", "0"), ("x-orch-attempt", "4294967296"),
            ("x-orch-attempt", "one"), ("x-orch-acknowledged", "-1"), ("x-orch-acknowledged", ""),
            ("x-orch-server", ""), ("x-orch-server", "a/"), ("x-orch-deadline", "1s"), ("x-orch-id", "12"),
            ("x-orch-id", "+fffffffffffffff" + "f"), ("x-orch-id", "zzzzzzzzzzzzzzzz"),
        ])
    func malformedHeaders(name: String, value: String) {
        var header = CallHeader()
        #expect(throws: CallHeader.Malformed(name: name)) { try header.read(name: name, value: value) }
    }

    @Test func aCallCannotAcknowledgeItself() {
        let header = CallHeader(id: CallID("a/1/7"), acknowledged: 8)
        #expect(throws: CallHeader.Malformed.self) { try header.check() }
        #expect(throws: Never.self) { try CallHeader(id: CallID("a/1/7"), acknowledged: 7).check() }
    }

    @Test func replyHeaders() {
        let header = ReplyHeader(server: "s-1/2.9f", reply: .saved, outcome: .notExecuted, reason: "table-full")
        var read = ReplyHeader()
        header.write { read.read(name: $0, value: $1) }
        #expect(read == header)
        #expect(read.incarnation == "2.9f")
        read.read(name: "x-orch-outcome", value: "sideways")
        #expect(read.outcome == nil)
    }

    @Test func clientSequencesAgreeWithASet() {
        var random = SeededGenerator(seed: 3, "sequence")
        var sequence = ClientSequence()
        var open: Set<UInt64> = []
        var last: UInt64 = 0
        for _ in 0..<5_000 {
            if Bool.random(using: &random) || open.isEmpty {
                last = sequence.allocate()
                open.insert(last)
            } else {
                let ended = open.sorted()[Int.random(in: 0..<min(open.count, 20), using: &random)]
                open.remove(ended)
                sequence.ended(ended)
                sequence.ended(ended)
            }
            #expect(sequence.acknowledged == open.min() ?? last + 1)
            #expect(sequence.count == open.count)
        }
    }

    @Test func sequenceSetsAgreeWithASet() {
        for seed in 0..<50 as Range<UInt64> {
            var random = SeededGenerator(seed: seed, "set")
            var set = SequenceSet()
            var model: Set<UInt64> = []
            for _ in 0..<200 {
                let number = UInt64.random(in: 1...90, using: &random)
                if Int.random(in: 0..<30, using: &random) == 0 {
                    set.raise(to: number)
                    model.formUnion((1...90).filter { $0 < number })
                } else {
                    set.insert(number)
                    model.insert(number)
                }
                #expect((1...90).allSatisfy { set.contains($0) == model.contains($0) })
                #expect(SequenceSet(mark: set.mark, ranges: set.ranges) == set)
                #expect(zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
            }
        }
    }

    @Test func sequenceSetsAreBounded() {
        var set = SequenceSet()
        for number in 1...10_000 as ClosedRange<UInt64> where number % 2 == 0 { set.insert(number) }
        #expect(set.ranges.count == SequenceSet.limit)
        // What it lets go of is over, never new.
        #expect((1...10_000).filter { $0 % 2 == 0 }.allSatisfy { set.contains($0) })
        #expect(!set.contains(9_999) && !set.contains(10_001))
    }

    @Test func deadlinesOfRetryPolicies() {
        let plain = RetryPolicy(timeout: .milliseconds(200), attempts: 20, backoff: .zero...(.zero))
        #expect(plain.wholeDeadline(under: .atMostOnce) == .seconds(4))
        #expect(plain.wholeDeadline(under: .maybe) == .milliseconds(200))
        let policy = RetryPolicy(
            timeout: .milliseconds(100), attempts: 5, backoff: .milliseconds(20)...(.milliseconds(100)))
        // 20, 40, 80, 100
        #expect((1...4).map { policy.ceiling(after: $0) } == [20, 40, 80, 100].map { Duration.milliseconds($0) })
        #expect(policy.wholeDeadline(under: .atLeastOnce) == .milliseconds(740))
        let endless = RetryPolicy(timeout: .seconds(1), attempts: .max / 4, backoff: .zero...(.seconds(1)))
        #expect(endless.wholeDeadline(under: .atLeastOnce) > .seconds(1_000_000))
        var given = policy
        given.deadline = .seconds(9)
        #expect(given.wholeDeadline(under: .atLeastOnce) == .seconds(9))
    }

    @Test func verdictsOnAttempts() {
        func verdict(_ code: GRPCCode, _ outcome: DeclaredOutcome? = nil, _ reason: String? = nil) -> String {
            let header = ReplyHeader(outcome: outcome, reason: reason)
            let verdict = AttemptVerdict(.replied(GRPCStatus(code), header))
            return "\(verdict.execution.rawValue)\(verdict.mayRetry ? ", again" : "")"
        }
        #expect(verdict(.ok) == "executed")
        #expect(verdict(.notFound) == "executed")
        #expect(verdict(.internalError) == "executed")
        #expect(verdict(.resourceExhausted) == "executed")
        #expect(verdict(.unimplemented) == "not-executed")
        #expect(verdict(.unavailable) == "unknown, again")
        #expect(verdict(.cancelled) == "unknown, again")
        #expect(verdict(.deadlineExceeded) == "unknown, again")
        #expect(verdict(.unavailable, .executed) == "executed")
        #expect(verdict(.unavailable, .notExecuted, "table-full") == "not-executed, again")
        #expect(verdict(.unavailable, .notExecuted, "draining") == "not-executed, again")
        #expect(verdict(.resourceExhausted, .notExecuted, "overloaded") == "not-executed, again")
        #expect(verdict(.invalidArgument, .notExecuted, "malformed") == "not-executed")
        #expect(verdict(.deadlineExceeded, .notExecuted, "deadline") == "not-executed")
        #expect(verdict(.unavailable, .unknown, "server-restarted") == "unknown")
        #expect(verdict(.failedPrecondition, .unknown, "stale") == "unknown")
        #expect(verdict(.resourceExhausted, .unknown, "limit") == "unknown, again")
        let unsigned = AttemptEnd.replied(GRPCStatus(.resourceExhausted), ReplyHeader())
        #expect(AttemptVerdict(unsigned, signs: true).execution == .unknown)
        let signed = AttemptEnd.replied(GRPCStatus(.resourceExhausted), ReplyHeader(server: "s/1"))
        #expect(AttemptVerdict(signed, signs: true).execution == .executed)
        #expect(AttemptVerdict(.refused).execution == .notExecuted)
        #expect(AttemptVerdict(.notSent(reason: "x")).execution == .notExecuted)
        #expect(AttemptVerdict(.lost(reason: "x")).execution == .unknown)
        #expect(AttemptVerdict(.lost(reason: "x")).mayRetry)
    }
}
