import ClusterModel
import Testing

@testable import Membership

@Suite("NumberRanges") struct NumberRangesTests {
    @Test(arguments: 1...20) func likeASet(seed: UInt64) {
        var generator = SeededGenerator(seed: seed, "ranges")
        func random() -> (NumberRanges, Set<UInt64>) {
            var ranges = NumberRanges()
            var set: Set<UInt64> = []
            for _ in 0..<Int.random(in: 0...120, using: &generator) {
                let number = UInt64.random(in: 1...100, using: &generator)
                #expect(ranges.isApart(number) == set.isDisjoint(with: [number - 1, number, number + 1] as Set))
                let isNew = ranges.insert(number)
                #expect(isNew == set.insert(number).inserted)
            }
            return (ranges, set)
        }
        let (a, inA) = random()
        let (b, inB) = random()
        for number in UInt64(1)...101 { #expect(a.contains(number) == inA.contains(number)) }
        let start = UInt64.random(in: 1...60, using: &generator)
        let end = UInt64.random(in: 40...120, using: &generator)
        var difference: [UInt64] = []
        a.difference(from: b, start: start, through: end) { range in
            difference += range
            return true
        }
        #expect(difference == inA.subtracting(inB).filter { $0 >= start && $0 <= end }.sorted())
        #expect(a.exceeds(b) == !inA.isSubset(of: inB))
        // Canonical: apart, so that equal sets are equal ranges.
        for (before, after) in zip(a.ranges, a.ranges.dropFirst()) {
            #expect(before.upperBound + 1 < after.lowerBound)
        }
        #expect(a.unbroken == (UInt64(1)...101).first { !inA.contains($0) }! - 1)
    }

    @Test func theVisitorEndsIt() {
        var ranges = NumberRanges()
        for number: UInt64 in [1, 3, 5, 7] { ranges.insert(number) }
        var visited = 0
        ranges.difference(from: NumberRanges()) { _ in
            visited += 1
            return visited < 2
        }
        #expect(visited == 2)
    }
}
