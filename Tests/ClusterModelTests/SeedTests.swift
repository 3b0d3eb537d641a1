import ClusterModel
import Testing

@Suite struct SeedTests {
    /// The first numbers for a seed, for ever: a report's seed must replay the run in any later version.
    @Test func numbersForASeedNeverChange() {
        var plain = SeededGenerator(seed: 7)
        var worded = SeededGenerator(seed: 7, "choice", "kill 1 of worker")
        #expect([plain.next(), plain.next()] == Self.plain)
        #expect([worded.next(), worded.next()] == Self.worded)
    }

    private static let plain: [UInt64] = [17_080_331_211_085_296_286, 17_496_525_641_569_134_347]
    private static let worded: [UInt64] = [7_146_006_841_722_479_718, 13_719_158_884_031_428_290]

    @Test func wordsAreKeptApart() {
        var a = SeededGenerator(seed: 1, "ab", "c")
        var b = SeededGenerator(seed: 1, "a", "bc")
        var c = SeededGenerator(seed: 1, "abc")
        #expect(Set([a.next(), b.next(), c.next()]).count == 3)
    }

    @Test func hashesDependOnOrder() {
        var a = StableHash(seed: 1)
        a.combine(1)
        a.combine(2)
        var b = StableHash(seed: 1)
        b.combine(2)
        b.combine(1)
        #expect(a.value != b.value)
    }
}

@Suite struct DiceTests {
    private func dice(
        seed: UInt64 = 7, fault: String = "drop 30%", link: String = "producer -> broker", connection: Int = 1,
        channel: Int = 1, kind: MessageKind = .publish
    ) -> Dice {
        Dice(seed: seed, fault: fault, link: link, connection: connection, channel: channel, kind: kind)
    }

    private func hits(_ dice: Dice, _ share: Double = 0.3, of count: Int = 200) -> [Int] {
        (1...count).filter { dice.hits(Share(share), $0) }
    }

    /// Which messages a fault hits is a promise of `docs/faults.md`.
    @Test func decisionsNeverChange() {
        #expect(hits(dice(), of: 20) == Self.decisions)
    }

    private static let decisions = [9, 14, 16]

    @Test func decisionsAreAFunctionOfAllTheirWords() {
        let all = [
            dice(), dice(seed: 8), dice(fault: "drop 31%"), dice(link: "producer-2 -> broker"), dice(connection: 2),
            dice(channel: 2), dice(kind: .deliver),
        ]
        #expect(Set(all.map { hits($0) }).count == all.count)
        #expect(hits(dice()) == hits(dice()))
    }

    @Test func theShareIsKept() {
        for share in [0.01, 0.3, 0.5, 0.99] {
            let count = Double(hits(dice(), share, of: 100_000).count) / 100_000
            #expect(abs(count - share) < 0.006, "\(share): \(count)")
        }
        #expect(hits(dice(), 0).isEmpty)
        #expect(hits(dice(), 1).count == 200)
    }

    @Test func drawsForOneMessageAreIndependent() {
        let dice = dice()
        let pairs = (1...10_000).map { (dice.roll($0), dice.roll($0, draw: 1)) }
        let both = pairs.filter { $0.0 < 0.3 && $0.1 < 0.3 }.count
        #expect((700...1_100).contains(both))
        #expect(pairs.allSatisfy { (0..<1).contains($0.0) && (0..<1).contains($0.1) })
    }
}
