import Testing

@testable import Objects

/// Whatever the network, pauses, crashes and moves do: nothing is collected that somebody may use, nothing stays that
/// nobody holds, and what was over for a holder stays over.
@Suite struct ReferencePropertyTests {
    /// Runs many worlds; the first violation names its seed.
    private func explore(_ seeds: Range<UInt64>, _ conditions: ReferenceConditions) -> [String: Int] {
        var counts: [String: Int] = [:]
        for seed in seeds {
            let world = ReferenceWorld(conditions, seed: seed)
            world.run()
            if let first = world.violations.first {
                Issue.record("seed \(seed): \(first)")
                return [:]
            }
            counts.merge(world.counts, uniquingKeysWith: +)
        }
        return counts
    }

    private func expect(_ counts: [String: Int], atLeast bounds: [String: Int]) {
        for (what, bound) in bounds where counts[what, default: 0] < bound {
            Issue.record("\(what): \(counts[what, default: 0]) times, not \(bound) times; all: \(counts)")
        }
    }

    /// Without loss nobody is ever told that a reference is over: what was on its way was pinned.
    @Test func inACalmWorldNothingIsLost() {
        let counts = explore(0..<20, ReferenceConditions(loss: 0, duplicates: 0.3, delay: 40, moves: 0.002, strays: 0))
        expect(
            counts,
            atLeast: ["collected": 200, "received": 2_000, "told": 1_000, "moved": 100, "clean done": 500])
        #expect(counts["gone"] == nil && counts["expired"] == nil)
    }

    /// That the pins are what does it.
    @Test func withoutPinsSomeAreLost() {
        let counts = explore(0..<10, ReferenceConditions(loss: 0, pinsAreKept: false))
        expect(counts, atLeast: ["gone": 1])
    }

    @Test func aBadNetwork() {
        let counts = explore(0..<20, ReferenceConditions(loss: 0.3, duplicates: 0.3, partitions: 0.002))
        expect(counts, atLeast: ["collected": 300, "received": 1_000, "lapsed": 10, "expired": 10, "late answer": 100])
    }

    @Test func pauses() {
        let counts = explore(0..<20, ReferenceConditions(delay: 100, pauses: 0.003))
        expect(counts, atLeast: ["collected": 200, "received": 1_000, "lapsed": 50, "expired": 50])
    }

    @Test func crashes() {
        let counts = explore(0..<20, ReferenceConditions(crashes: 0.003))
        expect(counts, atLeast: ["crash": 300, "recovered": 50, "lapsed": 50, "collected": 200, "received": 1_000])
    }

    @Test(arguments: [0, 60] as [Int64]) func everything(linger: Int64) {
        let counts = explore(
            0..<15,
            ReferenceConditions(
                loss: 0.15, crashes: 0.001, pauses: 0.001, partitions: 0.001, moves: 0.003, linger: linger))
        expect(
            counts,
            atLeast: [
                "collected": 300, "received": 500, "lapsed": 50, "expired": 30, "moved": 100, "renew elsewhere": 30,
                "dirty elsewhere": 100, "renew done": 1_000,
            ])
    }

    /// A million references come and go; some of the owner's answers are lost.
    @Test func nothingIsLeftBehind() {
        var held = HeldReferences(holder: "h", incarnation: 1)
        var lists: [String: HolderList] = [:]
        let lease: Int64 = 10_000_000_000
        var now: Int64 = 0
        var most = 0
        for round in 0..<1_000 {
            let references = (0..<1_000).map { ObjectReference(type: "Account", object: "\(round)-\($0)") }
            for (index, reference) in references.enumerated() {
                held.retain(reference, index.isMultiple(of: 2) ? .external : .invocation(UInt64(index)), now: now)
            }
            exchange(&held, &lists, now, lease, losing: nil)
            for (index, reference) in references.enumerated() {
                held.release(reference, index.isMultiple(of: 2) ? .external : .invocation(UInt64(index)), now: now)
            }
            exchange(&held, &lists, now, lease, losing: round.isMultiple(of: 10) ? "7" : nil)
            lists = lists.filter { !$0.value.isEmpty(now: now) }
            most = max(most, held.count)
            now += 1_000_000_000
        }
        #expect(most < 3_500)
        now += 2 * lease
        #expect(held.takeNotices(now: now).isEmpty)
        #expect(held.count == 0 && held.groundCount == 0 && held.nextWake == nil)
        #expect(lists.values.allSatisfy { $0.isEmpty(now: now) })
    }

    private func exchange(
        _ held: inout HeldReferences, _ lists: inout [String: HolderList], _ now: Int64, _ lease: Int64,
        losing digit: Character?
    ) {
        for notice in held.takeNotices(now: now) {
            let answers = notice.objects.filter { $0.last != digit }.map { object in
                var answer = ReferenceAnswer()
                answer.object = object
                answer.standing = lists[object, default: HolderList()].notice(notice, now: now, lease: lease).standing
                answer.lease = lease
                return answer
            }
            held.answered(notice.sequence, answers, now: now)
        }
        _ = held.takeChanges()
    }
}
