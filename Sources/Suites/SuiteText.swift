/// A suite in words, for a terminal or a log.
package struct SuiteText: Sendable {
    package enum Tone: Sendable { case good, bad, doubtful, dim, bold }

    /// Colours a text, or does not.
    package var paint: @Sendable (String, Tone) -> String
    /// Columns that titles are padded to.
    package var width: Int
    /// How often each topology is run; a run then says which it is.
    package var rounds: Int

    package init(
        cases: [SuiteCase], rounds: Int = 1, paint: @escaping @Sendable (String, Tone) -> String = { text, _ in text }
    ) {
        self.paint = paint
        self.rounds = rounds
        width = min(cases.map(\.title.count).max() ?? 0, 48)
    }

    package static func tone(_ verdict: SuiteVerdict) -> Tone {
        switch verdict {
        case .pass: .good
        case .fail, .flaky, .timeout, .invalid, .error: .bad
        case .unknown, .interrupted, .skipped: .doubtful
        }
    }

    static func mark(_ verdict: SuiteVerdict) -> String {
        switch tone(verdict) {
        case .good: "✔"
        case .bad: "✘"
        default: "?"
        }
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `✔ pass     pubsub [loss=10%]   seed 7   0.66 s`
    package func line(_ test: SuiteCase, _ run: SuiteRun, round: Int) -> String {
        let verdict = paint(padded("\(Self.mark(run.verdict)) \(run.verdict.rawValue)", 13), Self.tone(run.verdict))
        var facts: [String] = []
        if run.verdict != .invalid { facts += ["seed \(run.seed)", "\(decimals(run.seconds, 2)) s"] }
        if rounds > 1 { facts.append("run \(round + 1)") }
        let title = facts.isEmpty ? test.title : padded(test.title, width)
        return "\(verdict) \(title)  \(paint(facts.joined(separator: "  "), .dim))".trimmed
    }

    /// Why a run did not pass: which assertions, their counts, the first examples, and how to do it again.
    package func details(_ test: SuiteCase, _ run: SuiteRun) -> [String] {
        let warnings = (run.summary?.warnings ?? []).map { "    \(paint("warning:", .doubtful)) \($0)" }
        guard run.verdict != .pass, run.verdict != .skipped else { return warnings }
        var lines = run.problems.map { "    \($0.text)" }
        if !run.message.isEmpty { lines.append("    \(run.message)") }
        for assertion in run.summary?.offenders ?? [] {
            let word = assertion.verdict == "fail" ? "violated" : assertion.verdict
            let place = assertion.line.map { "  \(paint("\(test.path):\($0)", .dim))" } ?? ""
            let tone = assertion.verdict == "fail" ? Tone.bad : .doubtful
            lines.append("    \(paint("\(word):", tone)) \(assertion.title)\(place)")
            lines += assertion.details().map { "      \($0)" }
        }
        for (node, printed) in run.lastLines {
            let detail = run.summary?.nodes?.first { $0.name == node }?.detail.map { " (\($0))" } ?? ""
            lines.append("    \(node) died\(detail); it printed last:")
            lines += printed.map { "    | \($0)" }
        }
        for problem in run.summary?.problems ?? [] { lines.append("    evidence: \(problem)") }
        lines += warnings
        if run.summary == nil, run.problems.isEmpty, run.verdict != .interrupted {
            lines += run.output.split(whereSeparator: \.isNewline).suffix(12).map { "    | \($0)" }
        }
        if run.verdict != .invalid, run.verdict != .interrupted {
            lines.append("    \(paint("again:", .dim)) \(test.replay(run))")
            if let folder = run.folder { lines.append("    \(paint("files:", .dim)) \(folder)") }
        }
        return lines
    }

    /// The end: what was flaky, and the tally.
    package func summary(_ outcome: SuiteOutcome) -> [String] {
        var lines: [String] = []
        for result in outcome.results {
            guard let flakiness = result.flakiness else { continue }
            let (one, other) = (flakiness.one, flakiness.other)
            let seeds =
                flakiness.hasOneSeed
                ? "both with seed \(one.seed)" : "with seeds \(one.seed) and \(other.seed)"
            lines.append(
                "\(paint("flaky:", .bad)) \(result.test.title): \(one.verdict.rawValue) and \(other.verdict.rawValue), "
                    + seeds)
            for run in flakiness.hasOneSeed ? [one] : [one, other] {
                lines.append("  \(paint("again:", .dim)) \(result.test.replay(run))")
            }
        }
        let (word, tone): (String, Tone) =
            switch outcome.exitCode {
            case nil: ("✔ PASS", .good)
            case .unknown: ("? UNKNOWN", .doubtful)
            case .interrupted: ("? INTERRUPTED", .doubtful)
            case .violated: ("✘ FAIL", .bad)
            default: ("✘ ERROR", .bad)
            }
        var last = "\(paint(word, tone))  \(outcome.tally), in \(decimals(outcome.seconds, 1)) s"
        if outcome.leftOut > 0 {
            last += paint("; \(outcome.leftOut) tagged slow left out (--slow runs them)", .dim)
        }
        return lines + [last]
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
