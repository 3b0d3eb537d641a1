import ClusterModel
import Dispatch
import Membership
import MembershipSimulation
import Testing

/// Many seeds, in virtual time. A failure names its seed, and a seed gives the same course again.
@Suite struct SwimAcceptanceTests {
    @Test func aThousandCoursesOfEverything() async { await all(1...1_000) { Chaos.course(seed: $0) } }

    @Test func aThousandSeedsOfLossAndCrashes() async { await all(1...1_000) { Chaos.lossesAndCrashes(seed: $0) } }

    /// At 30% loss one probe in nine fails in spite of its helpers, and yet nobody is declared dead.
    @Test func aMinuteOfHeavyLossKillsNobody() async {
        await all(1...100) { seed in
            var outcome = Chaos.steadyLoss(seed: seed, loss: 0.3, suspicion: 10, seconds: 60)
            if outcome.falseDeaths > 0 { outcome.violations.append("\(outcome.falseDeaths) false deaths") }
            return outcome
        }
    }

    /// The simulator sees false deaths where there are some.
    @Test func hopelessLossKillsSomebody() async {
        let outcome = await simulated { Chaos.steadyLoss(seed: 1, loss: 0.8, suspicion: 1, seconds: 60) }
        #expect(outcome.falseDeaths > 0)
    }

    @Test func allRestartedTogetherFindEachOther() async { await all(1...50) { Chaos.restartOfAll(seed: $0) } }

    @Test(arguments: [1, 3, 60] as [Int64]) func whoWasStoppedDeclaresNobodyDead(_ seconds: Int64) async {
        await all(1...50) { Chaos.pause(seed: $0, seconds: seconds) }
    }

    @Test(arguments: [(2, 50), (3, 50), (7, 200), (20, 30), (64, 10)])
    func timesStayWithinTheirBounds(_ peers: Int, _ seeds: UInt64) async {
        let all = await simulated { (1...seeds).map { Chaos.times(peers: peers, seed: $0) } }
        for (seed, times) in zip(1...seeds, all) { check(times, "seed \(seed)") }
    }

    @Test func aGroupOfAThousand() async { check(await simulated { Chaos.large(peers: 1_000, seed: 1) }, "1,000") }

    private func check(_ times: Chaos.Times, _ what: Comment) {
        #expect(times.joining != nil, what)
        #expect(times.detection != nil, what)
        #expect(times.healing != nil, what)
        #expect(times.falseDeaths == 0, what)
        #expect(times.violations.isEmpty, "\(what): \(times.violations.prefix(3))")
    }

    private func all(_ seeds: ClosedRange<UInt64>, _ course: @escaping @Sendable (UInt64) -> Chaos.Outcome) async {
        for (seed, outcome) in zip(seeds, await simulated { seeds.map(course) }) {
            #expect(outcome.violations.isEmpty, "seed \(seed): \(outcome.violations.prefix(3))")
            #expect(outcome.convergence != nil, "seed \(seed): \(outcome.peers) peers do not agree")
        }
    }

    /// One after the other, beside the threads that other tests wait on.
    private static let queue = DispatchQueue(label: "simulations")

    private func simulated<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Self.queue.async { continuation.resume(returning: work()) }
        }
    }
}
