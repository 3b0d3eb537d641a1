/// A set of numbers from 1, as the ranges that it consists of: what somebody has of a stream that comes with few gaps.
struct NumberRanges: Sendable, Equatable {
    /// No number is larger.
    static let largest: UInt64 = 1 << 62

    /// Sorted, and apart by at least one number.
    private(set) var ranges: [ClosedRange<UInt64>] = []

    init() {}

    var isEmpty: Bool { ranges.isEmpty }

    /// The last number of the unbroken run from 1; 0: there is no 1.
    var unbroken: UInt64 { ranges.first.map { $0.lowerBound == 1 ? $0.upperBound : 0 } ?? 0 }

    /// The first range that ends at `number` or after it.
    private func index(_ number: UInt64) -> Int {
        // What comes is mostly the next number.
        if let last = ranges.last, last.upperBound < number { return ranges.count }
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func contains(_ number: UInt64) -> Bool {
        let index = index(number)
        return index < ranges.count && ranges[index].contains(number)
    }

    /// Whether `number` would add a range.
    func isApart(_ number: UInt64) -> Bool {
        let index = index(number)
        let touchesBefore = index > 0 && ranges[index - 1].upperBound == number - 1
        let touchesAfter = index < ranges.count && ranges[index].lowerBound <= number + 1
        return !touchesBefore && !touchesAfter
    }

    /// - Parameter number: from 1 to `largest`.
    /// - Returns: whether it is new.
    @discardableResult
    mutating func insert(_ number: UInt64) -> Bool {
        let index = index(number)
        if index < ranges.count, ranges[index].contains(number) { return false }
        let joinsBefore = index > 0 && ranges[index - 1].upperBound == number - 1
        let joinsAfter = index < ranges.count && ranges[index].lowerBound == number + 1
        switch (joinsBefore, joinsAfter) {
        case (true, true):
            ranges[index - 1] = ranges[index - 1].lowerBound...ranges[index].upperBound
            ranges.remove(at: index)
        case (true, false): ranges[index - 1] = ranges[index - 1].lowerBound...number
        case (false, true): ranges[index] = number...ranges[index].upperBound
        case (false, false): ranges.insert(number...number, at: index)
        }
        return true
    }

    /// Adds a range that lies apart after all others.
    /// - Returns: false, and nothing is added, where it does not.
    mutating func append(_ range: ClosedRange<UInt64>) -> Bool {
        let start = ranges.last.map { $0.upperBound + 2 } ?? 1
        guard range.lowerBound >= start, range.upperBound <= Self.largest else { return false }
        ranges.append(range)
        return true
    }

    /// Ranges of this set that are not in the other, from `start` through `end`, in order, until the visitor says false.
    func difference(
        from other: NumberRanges, start: UInt64 = 1, through end: UInt64 = largest,
        _ visit: (ClosedRange<UInt64>) -> Bool
    ) {
        var mine = index(start)
        while mine < ranges.count {
            let range = ranges[mine]
            var position = max(range.lowerBound, start)
            let last = min(range.upperBound, end)
            var theirs = other.index(position)
            while position <= last {
                guard theirs < other.ranges.count, other.ranges[theirs].lowerBound <= last else {
                    if !visit(position...last) { return }
                    break
                }
                let known = other.ranges[theirs]
                if position < known.lowerBound, !visit(position...(known.lowerBound - 1)) { return }
                position = known.upperBound + 1
                theirs += 1
            }
            if range.upperBound >= end { return }
            mine += 1
        }
    }

    /// Whether it has a number that the other has not.
    func exceeds(_ other: NumberRanges, through end: UInt64 = largest) -> Bool {
        var found = false
        difference(from: other, through: end) { _ in
            found = true
            return false
        }
        return found
    }
}
