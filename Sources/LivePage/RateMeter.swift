/// How fast counters grow, over about the last second.
package struct RateMeter: Sendable {
    private struct Look {
        var time: Double
        var counts: [String: Int]
    }

    private var looks: [Look] = []

    /// Looks that are remembered, and seconds that they may be old, but for one.
    private static let memory = 16
    private static let span = 1.0

    package init() {}

    /// - Parameter time: seconds, of any clock that only goes on.
    package mutating func note(_ counts: [String: Int], at time: Double) {
        looks.append(Look(time: time, counts: counts))
        while looks.count > 2, looks.count > Self.memory || time - looks[1].time >= Self.span { looks.removeFirst() }
    }

    /// A second; 0 where it did not grow or was begun anew, as it is when its process was.
    package func rate(_ name: String) -> Double {
        guard let first = looks.first, let last = looks.last, last.time > first.time, let now = last.counts[name]
        else { return 0 }
        return max(0, Double(now - (first.counts[name] ?? 0))) / (last.time - first.time)
    }
}
