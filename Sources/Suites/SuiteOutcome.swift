import ClusterModel

/// All runs of one topology.
package struct SuiteResult: Sendable {
    package var test: SuiteCase
    /// In the order in which they ended.
    package var runs: [SuiteRun]

    package init(_ test: SuiteCase, runs: [SuiteRun] = []) {
        self.test = test
        self.runs = runs
    }

    /// Two runs that should have agreed.
    package struct Flakiness: Sendable {
        package var one: SuiteRun
        package var other: SuiteRun
        /// Chance cannot be to blame, only time.
        package var hasOneSeed: Bool { one.seed == other.seed }
    }

    private static let judged: Set<SuiteVerdict> = [.pass, .fail, .unknown, .timeout]

    /// Two runs with different verdicts: of one seed where there are such, a pass first.
    package var flakiness: Flakiness? {
        let judged = runs.filter { Self.judged.contains($0.verdict) }
        guard Set(judged.map(\.verdict)).count > 1 else { return nil }
        let ordered = judged.filter { $0.verdict == .pass } + judged.filter { $0.verdict != .pass }
        var bySeed: [UInt64: SuiteRun] = [:]
        for run in ordered {
            if let other = bySeed[run.seed] {
                if other.verdict != run.verdict { return Flakiness(one: other, other: run) }
            } else {
                bySeed[run.seed] = run
            }
        }
        return ordered.first { $0.verdict != ordered[0].verdict }.map { Flakiness(one: ordered[0], other: $0) }
    }

    package var verdict: SuiteVerdict {
        let all = Set(runs.map(\.verdict))
        for worst in [SuiteVerdict.invalid, .error] where all.contains(worst) { return worst }
        if flakiness != nil { return .flaky }
        for next in [SuiteVerdict.timeout, .fail, .unknown, .interrupted, .pass] where all.contains(next) {
            return next
        }
        return .skipped
    }

    package var seconds: Double { runs.reduce(0) { $0 + $1.seconds } }
}

/// What came of a suite.
package struct SuiteOutcome: Sendable {
    package var results: [SuiteResult]
    /// Topologies that are tagged `slow` and were not asked for.
    package var leftOut: Int
    package var wasInterrupted: Bool
    /// Wall-clock time of the whole.
    package var seconds: Double

    package init(results: [SuiteResult], leftOut: Int = 0, wasInterrupted: Bool = false, seconds: Double = 0) {
        self.results = results
        self.leftOut = leftOut
        self.wasInterrupted = wasInterrupted
        self.seconds = seconds
    }

    package func count(_ verdict: SuiteVerdict) -> Int { results.count { $0.verdict == verdict } }

    /// What could not be run comes before what was judged: a suite with a broken file has not answered.
    package var exitCode: OrchError.Code? {
        if wasInterrupted { return .interrupted }
        if count(.invalid) > 0 { return .badTopology }
        let errors = results.flatMap(\.runs).filter { $0.verdict == .error }
        if errors.contains(where: { $0.code != OrchError.Code.unavailable.rawValue }) { return .internalError }
        if !errors.isEmpty { return .unavailable }
        if count(.fail) + count(.flaky) + count(.timeout) > 0 { return .violated }
        if count(.unknown) > 0 { return .unknown }
        return nil
    }

    /// `4 topologies: 2 pass, 1 fails, 1 flaky`
    package var tally: String {
        let words: [(SuiteVerdict, one: String, many: String)] = [
            (.pass, "passes", "pass"), (.fail, "fails", "fail"), (.flaky, "is flaky", "are flaky"),
            (.unknown, "is unknown", "are unknown"), (.timeout, "took too long", "took too long"),
            (.invalid, "is invalid", "are invalid"), (.error, "could not run", "could not run"),
            (.interrupted, "was interrupted", "were interrupted"), (.skipped, "was not run", "were not run"),
        ]
        let parts = words.compactMap { verdict, one, many -> String? in
            let count = count(verdict)
            return count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
        }
        let all = results.count == 1 ? "1 topology" : "\(results.count) topologies"
        return "\(all): \(parts.joined(separator: ", "))"
    }
}
