/// Sequence numbers that are over, as ranges: all below a mark, and some above it. Bounded: where there would be more
/// than `limit` ranges the mark is raised over the lowest, which calls some numbers over that never were. A number that
/// is over is never executed, so that errs on the safe side. Numbers are
/// below 2^63, as `CallID` has them.
package struct SequenceSet: Sendable, Equatable {
    package static let limit = 64

    /// Every number below it is over.
    package private(set) var mark: UInt64
    /// Above the mark, ascending, neither touching nor overlapping.
    package private(set) var ranges: [ClosedRange<UInt64>]

    package init(mark: UInt64 = 1, ranges: [ClosedRange<UInt64>] = []) {
        self.mark = mark
        self.ranges = []
        for range in ranges where range.lowerBound >= mark && range.lowerBound > self.ranges.last?.upperBound ?? 0 {
            self.ranges.append(range)
        }
        settle()
    }

    package func contains(_ number: UInt64) -> Bool {
        if number < mark { return true }
        if ranges.isEmpty { return false }
        let index = place(of: number)
        return index < ranges.count && ranges[index].lowerBound <= number
    }

    /// All numbers below this one are over.
    package mutating func raise(to newMark: UInt64) {
        guard newMark > mark else { return }
        mark = newMark
        guard !ranges.isEmpty else { return }
        ranges.removeAll { $0.upperBound < newMark }
        settle()
    }

    package mutating func insert(_ number: UInt64) {
        guard !contains(number) else { return }
        let index = place(of: number)
        let joinsNext = index < ranges.count && ranges[index].lowerBound == number + 1
        let joinsPrevious = index > 0 && ranges[index - 1].upperBound + 1 == number
        switch (joinsPrevious, joinsNext) {
        case (true, true):
            ranges[index - 1] = ranges[index - 1].lowerBound...ranges[index].upperBound
            ranges.remove(at: index)
        case (true, false): ranges[index - 1] = ranges[index - 1].lowerBound...number
        case (false, true): ranges[index] = number...ranges[index].upperBound
        case (false, false): ranges.insert(number...number, at: index)
        }
        settle()
    }

    /// The first range that ends at or after the number.
    private func place(of number: UInt64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The mark swallows what it touches, and the lowest ranges where there are too many.
    private mutating func settle() {
        while let first = ranges.first, first.lowerBound <= mark || ranges.count > SequenceSet.limit {
            mark = max(mark, first.upperBound + 1)
            ranges.removeFirst()
        }
    }
}
