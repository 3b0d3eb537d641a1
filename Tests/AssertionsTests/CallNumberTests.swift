import ClusterModel
import History
import Testing

@testable import Assertions

/// Latency, throughput, availability, recovery.
@Suite struct CallNumberTests {
    private static let second: Int64 = 1_000_000_000

    /// A call that takes so many milliseconds, 2 at least.
    private static func call(
        _ history: inout CallHistory, _ id: String, _ milliseconds: Int64, _ outcome: CallOutcome = .success,
        late: Int64 = 0
    ) {
        history.attempt(id, late: late)
        history.base.now += (milliseconds - 1) * 1_000_000
        history.result(id, outcome)
    }

    // MARK: - Latency

    /// 1 to 100 ms in a random order: each percentile is its own number.
    @Test(
        arguments: [
            (50.0, 50), (90, 90), (99, 99), (99.9, 100), (100, 100), (1, 1), (0.5, 1), (99.00001, 100),
        ] as [(Double, Int64)])
    func percentilesAreOfTheNearestRank(_ p: Double, _ expected: Int64) {
        let values = (1...100).map { Int64(($0 * 37) % 101) * 1_000_000 }
        let account = LatencyAccount(
            values, leftOut: 0, bounds: [LatencyBound(.percentile(p), .lessOrEqual, .milliseconds(expected))])
        #expect(account.values[0].duration == .milliseconds(expected))
        #expect(account.values[0].holds)
        #expect(account.measured == 100)
    }

    @Test func percentilesOfAThousandHaveNoRoundingError() {
        let sorted = (1...1_000).map { Int64($0) }
        for tenth in 1...1_000 {
            #expect(LatencyAccount.measure(.percentile(Double(tenth) / 10), of: sorted) == Int64(tenth))
        }
        #expect(LatencyAccount.measure(.percentile(.nan), of: sorted) == 1_000)
        #expect(LatencyAccount.measure(.percentile(.infinity), of: sorted) == 1_000)
        #expect(LatencyAccount.measure(.percentile(-1), of: sorted) == 1)
        #expect(LatencyAccount.measure(.mean, of: [1, 2, 6]) == 3)
        #expect(LatencyAccount.measure(.percentile(50), of: [7]) == 7)
    }

    @Test func latencyCountsSuccessesFromWhenTheyWereDue() {
        var history = CallHistory()
        Self.call(&history, "c/1/1", 10)
        Self.call(&history, "c/1/2", 20, late: 30_000_000)
        Self.call(&history, "c/1/3", 500, .unknown)
        Self.call(&history, "c/1/4", 600, .error)
        history.finish()
        func judge(_ bounds: [LatencyBound]) -> AssertionResult { history.one(.latency(CallScope(), bounds)) }
        let holds = judge([
            LatencyBound(.maximum, .lessOrEqual, .milliseconds(50)), LatencyBound(.mean, .equal, .milliseconds(30)),
        ])
        #expect(holds.verdict == .pass && holds.examples == [] && holds.title == "latency: max <=50ms, mean =30ms")
        guard case .latency(let account)? = holds.measure else {
            Issue.record("no latency")
            return
        }
        #expect(account.measured == 2 && account.leftOut == 2)
        #expect(account.values.map(\.name) == ["max", "mean", "p50", "p90", "p99", "p99.9"])
        #expect(account.values.map { $0.duration.text } == ["50ms", "30ms", "10ms", "50ms", "50ms", "50ms"])
        #expect(holds.notes == ["2 calls that did not succeed: not measured"])
        let fails = judge([LatencyBound(.percentile(99), .less, .milliseconds(50))])
        #expect(fails.verdict == .fail && fails.explanation == "p99 is 50ms, expected <50ms")
        #expect(fails.examples.map(\.kind) == [.slow])
        #expect(fails.examples.map(\.message) == ["c/1/2"], "the other one keeps to the bound")
        #expect(judge([]).verdict == .unknown)
    }

    @Test func theSlowestComeFirst() {
        var history = CallHistory()
        for n in 1...25 { Self.call(&history, "c/1/\(n)", Int64(2 + (n * 7) % 25)) }
        history.finish()
        let result = history.one(.latency(CallScope(), [LatencyBound(.maximum, .less, .milliseconds(1))]))
        let slowest = (1...25).sorted { ($0 * 7) % 25 > ($1 * 7) % 25 }.prefix(Example.limit)
        #expect(result.examples.map(\.message) == slowest.map { "c/1/\($0)" })
    }

    @Test func theFirstAttemptStartsTheClock() {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.base.now += 99_000_000
        history.attempt("c/1/1", 2)
        history.result("c/1/1", .success)
        history.finish()
        #expect(
            history.one(.latency(CallScope(), [LatencyBound(.maximum, .equal, .milliseconds(101))])).verdict == .pass)
    }

    @Test func latencyOfAProgramIsThatOnTheLink() {
        var history = CallHistory()
        let stamp = history.request()
        history.base.now += 41_000_000
        history.reply(stamp)
        history.finish()
        let assertion = Assertion.latency(CallScope(), [LatencyBound(.maximum, .equal, .milliseconds(42))])
        #expect(history.one(assertion, CallHistory.foreign).verdict == .pass)
    }

    @Test func withoutSuccessesNoLatencyIsKnown() {
        var history = CallHistory()
        let assertion = Assertion.latency(CallScope(), [LatencyBound(.maximum, .less, .seconds(9))])
        #expect(history.one(assertion).explanation == "no call was made")
        Self.call(&history, "c/1/1", 10, .unknown)
        history.finish()
        #expect(history.one(assertion).verdict == .unknown)
        #expect(history.one(assertion).explanation == "none of 1 call succeeded")
    }

    @Test func awkwardTimesDoNotTrap() {
        var history = CallHistory()
        history.attempt("c/1/1", late: .max)
        history.result("c/1/1", .success)
        history.attempt("c/1/2", late: .min)
        history.result("c/1/2", .success)
        history.base.now = .max - 10_000_000
        history.finish()
        let bounds = [LatencyBound(.mean, .less, .seconds(1))]
        #expect(history.one(.latency(CallScope(), bounds)).verdict == .fail)
        #expect(history.one(.throughput(CallScope(), Condition(.greater, 0))).verdict == .pass)
    }

    // MARK: - Numbers and evidence

    private static let numbers: [Assertion] = [
        .latency(CallScope(), [LatencyBound(.maximum, .less, .seconds(1))]),
        .throughput(CallScope(), Condition(.greater, 1)), .availability(CallScope(), Condition(.greater, 0.5)),
    ]
    private static let opposites: [Assertion] = [
        .latency(CallScope(), [LatencyBound(.maximum, .greater, .seconds(1))]),
        .throughput(CallScope(), Condition(.less, 1)), .availability(CallScope(), Condition(.less, 0.5)),
    ]

    @Test func numbersNeedAllEvidenceAndTheWholeRun() {
        var history = CallHistory()
        Self.call(&history, "c/1/1", 10)
        #expect(Self.numbers.map { history.one($0).verdict } == [.unknown, .unknown, .unknown])
        #expect(Self.opposites.map { history.one($0).verdict } == [.fail, .fail, .fail])
        history.finish()
        #expect(Self.numbers.map { history.one($0).verdict } == [.pass, .pass, .pass])
        #expect(Self.opposites.map { history.one($0).verdict } == [.fail, .fail, .fail])
        history.base.damage("client.1: damaged")
        #expect(Self.numbers.map { history.one($0).verdict } == [.unknown, .unknown, .unknown])
        #expect(Self.opposites.map { history.one($0).verdict } == [.unknown, .unknown, .unknown])
    }

    // MARK: - Throughput and availability

    @Test func throughputIsFromTheFirstStartToTheLastEnd() {
        var history = CallHistory()
        // 250 ms each, 1 ms apart; the last two fail and count as time only.
        for n in 1...8 { Self.call(&history, "c/1/\(n)", 249, n > 6 ? .unknown : .success) }
        history.attempt("c/1/9")
        history.finish()
        let result = history.one(.throughput(CallScope(), Condition(.greaterOrEqual, 3)))
        #expect(result.verdict == .pass && result.title == "throughput: >=3/s")
        guard case .throughput(let account)? = result.measure else {
            Issue.record("no throughput")
            return
        }
        #expect(account.succeeded == 6 && account.elapsed == .milliseconds(1_999))
        let fails = history.one(.throughput(CallScope(), Condition(.greater, 3.002)))
        #expect(fails.verdict == .fail && fails.explanation == "3.002/s, expected >3.002/s")
        var empty = CallHistory()
        empty.attempt("c/1/1")
        empty.finish()
        #expect(empty.one(.throughput(CallScope(), Condition(.greater, 0))).verdict == .unknown)
    }

    @Test func availabilityIsTheShareThatSucceeds() {
        var history = CallHistory()
        for n in 1...1_000 {
            let outcome: CallOutcome = n == 7 ? .notExecuted : .success
            history.attempt("c/1/\(n)")
            history.result("c/1/\(n)", outcome)
        }
        history.attempt("c/1/1001")
        history.finish()
        func verdict(_ condition: Condition) -> AssertionResult {
            history.one(.availability(CallScope(), condition))
        }
        #expect(verdict(Condition(.greaterOrEqual, 0.999)).verdict == .pass)
        // The same share, as a percentage may come out.
        #expect(verdict(Condition(.greaterOrEqual, (99.9 / 100).nextUp)).verdict == .pass)
        #expect(verdict(Condition(.greater, 0.999)).verdict == .fail)
        let fails = verdict(Condition(.equal, 1))
        #expect(fails.explanation == "999 of 1000 calls succeeded (99.9%), expected 100%")
        #expect(fails.examples.map(\.message) == ["c/1/7"] && fails.examples[0].kind == .failed)
        #expect(fails.notes == ["1 call in flight when the run was cut: not counted"])
    }

    @Test func aCallLeftOpenByItsCallersDeathDidNotSucceed() {
        var history = CallHistory()
        Self.call(&history, "c/1/1", 5)
        history.attempt("c/1/2")
        history.base.node("client", .killed, detail: "signal 9")
        history.finish()
        let result = history.one(.availability(CallScope(), Condition(.equal, 0.5)))
        #expect(result.verdict == .pass)
        // An application's error is no success either.
        history = CallHistory()
        Self.call(&history, "c/1/1", 5)
        Self.call(&history, "c/1/2", 5, .error)
        history.finish()
        #expect(history.one(.availability(CallScope(), Condition(.equal, 0.5))).verdict == .pass)
    }
}
