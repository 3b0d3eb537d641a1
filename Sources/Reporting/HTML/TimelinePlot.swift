/// A quantity over the time of a run, in bins of equal width.
package struct TimelinePlot: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        package var name: String
        /// One a bin; `nil` where nothing was measured.
        package var values: [Double?]
    }

    package static let bins = 240

    /// `deliveries`, `call latency`.
    package var name: String
    /// `/s` or `ms`.
    package var unit: String
    package var lines: [Line]

    /// How many a second.
    static func rate(_ name: String, _ series: [(name: String, times: [Int64])], span: Int64) -> TimelinePlot? {
        let used = series.filter { !$0.times.isEmpty }
        guard !used.isEmpty else { return nil }
        let seconds = Double(span) / 1e9 / Double(bins)
        let lines = used.map { series in
            var counts = [Int](repeating: 0, count: bins)
            for time in series.times { counts[bin(time, span)] += 1 }
            return Line(name: series.name, values: counts.map { Double($0) / seconds })
        }
        return TimelinePlot(name: name, unit: "/s", lines: lines)
    }

    /// The median and the 99th percentile of each bin, by nearest rank, at the time at which they ended.
    static func latency(_ name: String, _ samples: [(time: Int64, took: Int64)], span: Int64) -> TimelinePlot? {
        guard !samples.isEmpty else { return nil }
        var binned = [[Int64]](repeating: [], count: bins)
        for sample in samples { binned[bin(sample.time, span)].append(sample.took) }
        for index in binned.indices { binned[index].sort() }
        func line(_ name: String, _ share: Double) -> Line {
            Line(
                name: name,
                values: binned.map { values in
                    guard !values.isEmpty else { return nil }
                    let rank = (share * Double(values.count) - 1e-9).rounded(.up)
                    return Double(values[max(0, min(values.count, Int(rank)) - 1)]) / 1e6
                })
        }
        return TimelinePlot(name: name, unit: "ms", lines: [line("p50", 0.5), line("p99", 0.99)])
    }

    private static func bin(_ time: Int64, _ span: Int64) -> Int {
        let place = Double(time) / Double(max(1, span)) * Double(bins)
        return max(0, min(bins - 1, Int(place)))
    }
}
