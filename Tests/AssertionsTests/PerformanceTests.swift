import ClusterModel
import History
import Testing

@testable import Assertions

/// A smoke test: many events (a million in a release build) are judged, and the answer is right. It prints how long that
/// took and asserts nothing about it, as machines differ.
@Suite struct PerformanceTests {
    #if DEBUG
        private static let events = 60_000
    #else
        private static let events = 1_000_000
    #endif

    @Test func judgesManyEvents() {
        let events = Self.events
        var builder = Clusters.ready()
        var number = 0
        while builder.history.entries.count < events {
            number += 1
            let id = "producer.1.\(number)"
            builder.publish(id, to: "work", key: "k\(number % 50)", fate: number % 3 == 0 ? .dropped : .passed)
            guard number % 3 != 0 else { continue }
            builder.work(id, from: "tasks", by: "worker")
        }
        builder.finish()
        let topology = Clusters.workers(nil, .delivery(.exactlyOnce), .routing(from: nil), .order(from: nil, to: nil))
        let clock = ContinuousClock()
        var results: [AssertionResult] = []
        let building = clock.measure { _ = Ledger(builder.history, topology: topology) }
        let judging = clock.measure { results = Judge.judge(history: builder.history, topology: topology) }
        #expect(results.map(\.verdict) == [.pass, .pass, .pass])
        #expect(results[0].destinations[0].counts.attempted == number)
        print("\(events) events: ledger \(building), all \(judging)")
    }

    @Test func judgesManyCalls() {
        let events = Self.events
        var history = CallHistory()
        var number = 0
        while history.history.entries.count < events {
            number += 1
            let id = "client-with-a-long-name/1/\(number)"
            history.attempt(id)
            if number % 3 == 0 {
                history.request(id, attempt: 1, fate: .dropped)
                history.attempt(id, 2)
            }
            let stamp = history.request(id, attempt: 1)
            let execution = history.begin(id, stamp: stamp)
            history.end(execution)
            history.reply(stamp)
            history.result(id, .success)
        }
        history.finish()
        var topology = CallHistory.native
        topology.assertions = [
            AssertionSpec(.calls(.exactlyOnce, CallScope(method: "Calculator.suma", from: "client", to: "server"))),
            AssertionSpec(.latency(CallScope(), [LatencyBound(.percentile(99), .less, .seconds(1))])),
        ]
        let clock = ContinuousClock()
        var results: [AssertionResult] = []
        let building = clock.measure { _ = Ledger(history.history, topology: topology) }
        let judging = clock.measure { results = Judge.judge(history: history.history, topology: topology) }
        #expect(results.map(\.verdict) == [.pass, .pass])
        #expect(results[0].calls?.counts.calls == number)
        print("\(events) events of calls: ledger \(building), all \(judging)")
    }
}
