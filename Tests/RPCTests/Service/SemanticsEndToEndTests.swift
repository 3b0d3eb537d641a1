import ClusterModel
import NIOCore
import Protobuf
import Testing

@testable import RPC

/// Client and dispatcher, everything but sockets, over a network that loses, repeats and reorders.
@Loop @Suite struct SemanticsEndToEndTests {
    private struct Outcome {
        var successes = 0
        var failures = 0
        var executions: [CallID: Int] = [:]
        var unsound: [String] = []
        var total: Int { executions.values.reduce(0, +) }
    }

    private func run(
        _ semantics: CallSemantics, _ duplicates: DuplicatePolicy, calls: Int = 300, seed: UInt64,
        attempts: Int = 1_000,
        duplicate: Double = 0, restarts: Int = 0, timeout: Duration = .milliseconds(10)
    ) async throws -> Outcome {
        var outcome = Outcome()
        let benches = try (1...restarts + 1).map { try ServiceBench(duplicates, incarnation: "\($0).x") }
        for bench in benches { bench.answers = true }
        let network = LossyTransport(benches[0].dispatcher, drop: 0.3, duplicate: duplicate, seed: seed)
        let client = RPCClient(
            client: "c", incarnation: "1", targets: [network], eventLoop: Loop.eventLoop, seed: seed)
        let retry = RetryPolicy(timeout: timeout, attempts: attempts, backoff: .zero...(.milliseconds(2)))
        let options = CallOptions(semantics: semantics, retry: retry)
        let message = try benches[0].pair(1, 2)
        var reports: [CallReport] = []
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            var begun = 0
            func next() {
                guard begun < calls else { return }
                begun += 1
                let life = begun * benches.count / (calls + 1)
                if network.dispatcher !== benches[life].dispatcher {
                    network.dispatcher = benches[life].dispatcher
                    network.reconnect()
                }
                client.call(path: "/Calculator/suma", message: message, options: options) { report in
                    reports.append(report)
                    if reports.count == calls { done.resume() } else { next() }
                }
            }
            for _ in 0..<32 { next() }
        }
        for execution in benches.flatMap(\.started) { outcome.executions[execution.call!, default: 0] += 1 }
        for report in reports {
            let executions = outcome.executions[report.id] ?? 0
            switch report.outcome {
            case .success:
                outcome.successes += 1
                if executions == 0 { outcome.unsound.append("\(report.id) succeeded without an execution") }
            case .notExecuted:
                outcome.failures += 1
                if executions > 0 { outcome.unsound.append("\(report.id) was executed") }
            case .executed, .unknown: outcome.failures += 1
            }
        }
        return outcome
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func atMostOnce(seed: UInt64) async throws {
        let outcome = try await run(.atMostOnce, DuplicatePolicy(), seed: seed, duplicate: 0.2)
        #expect(outcome.unsound == [])
        #expect(outcome.successes == 300)
        #expect(outcome.total == 300 && outcome.executions.count == 300)
    }

    @Test func atLeastOnce() async throws {
        let outcome = try await run(.atLeastOnce, DuplicatePolicy(on: .execute), seed: 1)
        #expect(outcome.unsound == [])
        #expect(outcome.successes == 300)
        // Each execution's reply arrives with 0.7: 1/0.7 of them a call.
        #expect(outcome.total > 370)
    }

    @Test func maybe() async throws {
        let outcome = try await run(
            .maybe, DuplicatePolicy(on: .execute), calls: 100, seed: 1, timeout: .seconds(1))
        #expect(outcome.unsound == [])
        #expect((28...70).contains(outcome.successes))
        #expect((50...90).contains(outcome.total) && outcome.executions.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func atMostOnceOverRestarts(seed: UInt64) async throws {
        let outcome = try await run(.atMostOnce, DuplicatePolicy(), seed: seed, duplicate: 0.2, restarts: 5)
        #expect(outcome.unsound == [])
        #expect(outcome.executions.values.allSatisfy { $0 == 1 })
        // Those in flight at a restart are unknown, and no others.
        #expect(outcome.failures > 0 && outcome.failures <= 5 * 32)
        #expect(outcome.successes + outcome.failures == 300)
    }

    @Test func withoutTheFilterAtMostOnceIsNotKept() async throws {
        let outcome = try await run(.atMostOnce, DuplicatePolicy(on: .execute), seed: 1)
        #expect(outcome.successes == 300)
        #expect(outcome.total > 350)
    }
}
