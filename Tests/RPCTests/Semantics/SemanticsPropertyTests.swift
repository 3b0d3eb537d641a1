import ClusterModel
import Testing

@testable import RPC

/// Whatever the network, crashes and replicas do, executions and outcomes agree (`semantics.md`, RPC).
@Suite struct SemanticsPropertyTests {
    /// Runs many worlds; the first violation names its seed.
    private func explore(_ seeds: Range<UInt64>, _ conditions: Conditions) -> [World] {
        var worlds: [World] = []
        for seed in seeds {
            let world = World(conditions, seed: seed)
            world.run()
            if let first = world.violations.first {
                Issue.record("seed \(seed): \(first)")
                return worlds
            }
            worlds.append(world)
        }
        return worlds
    }

    private func successes(_ worlds: [World]) -> Int {
        worlds.reduce(0) { $0 + $1.calls.count { $0.outcome == .success } }
    }

    @Test func atMostOnceOverABadNetwork() {
        let worlds = explore(0..<150, Conditions(duplicate: 0.3, delay: 500))
        // Two thirds of the calls can succeed: the others end with an application's error.
        #expect(successes(worlds) > 150 * 40 / 2)
        #expect(worlds.reduce(0) { $0 + $1.attached } > 500)
        #expect(worlds.reduce(0) { $0 + $1.resent } > 500)
    }

    @Test func atMostOnceWithCrashes() {
        let worlds = explore(0..<150, Conditions(delay: 500, crashes: 6))
        #expect(worlds.reduce(0) { $0 + ($1.refusals[.serverRestarted] ?? 0) } > 100)
        #expect(successes(worlds) > 1_000)
    }

    @Test func atMostOnceWithReplicasAndCrashes() {
        let worlds = explore(0..<150, Conditions(delay: 500, replicas: 3, crashes: 8))
        #expect(successes(worlds) > 1_500)
    }

    @Test func aFullTableRefusesAndNeverForgets() {
        let worlds = explore(0..<150, Conditions(duplicate: 0.4, delay: 500, callers: 6, capacity: 3, work: 400))
        #expect(worlds.reduce(0) { $0 + ($1.refusals[.tableFull] ?? 0) } > 500)
        let refused = worlds.flatMap(\.calls).count { if case .notExecuted = $0.outcome { true } else { false } }
        #expect(refused > 10)
    }

    @Test func manyShortLivedClientsInASmallTable() {
        // Transmissions arrive up to half a second after the call's deadline, within `keep`.
        let retry = RetryPolicy(timeout: .milliseconds(40), attempts: 2, backoff: .zero...(.zero))
        let worlds = explore(
            0..<200,
            Conditions(
                drop: 0.05, duplicate: 0.5, delay: 500, callers: 4, calls: 80, clientLimit: 6, callsPerLife: 2,
                retry: retry, work: 5))
        #expect(successes(worlds) > 500)
    }

    @Test func aDurableTableGivesEachEffectOnce() {
        let worlds = explore(0..<150, Conditions(delay: 500, crashes: 8, durable: true))
        #expect(successes(worlds) > 1_500)
        // Some did run twice: the first time without effect.
        #expect(worlds.flatMap(\.calls).contains { $0.executions > 1 && $0.effects == 1 })
        let full = explore(
            0..<100, Conditions(duplicate: 0.4, delay: 500, crashes: 6, durable: true, capacity: 3, work: 300))
        #expect(full.reduce(0) { $0 + ($1.refusals[.tableFull] ?? 0) } > 100)
    }

    @Test func atLeastOnce() {
        let worlds = explore(
            0..<150, Conditions(semantics: .atLeastOnce, duplicate: 0.2, replicas: 2, crashes: 4))
        #expect(worlds.flatMap(\.calls).contains { $0.executions > 2 })
        #expect(successes(worlds) > 1_500)
    }

    @Test func maybe() {
        let worlds = explore(0..<150, Conditions(semantics: .maybe, duplicate: 0, crashes: 2))
        #expect(successes(worlds) > 500)
        let uncertain = worlds.flatMap(\.calls).filter { if case .unknown = $0.outcome { true } else { false } }
        #expect(uncertain.contains { $0.executions == 0 } && uncertain.contains { $0.executions == 1 })
    }
}
