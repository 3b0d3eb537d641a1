import Reporting

/// A suite as one HTML file that needs nothing else, not even scripts: what did not pass stands first and open, with what
/// each assertion counted and the path of every message that its report names.
package struct SuitePage: Sendable {
    /// When the suite began.
    package var timestamp: String
    package var host: String

    /// Runs of one topology that are shown whole; of the others a line.
    static let wholeRuns = 10
    /// Characters of a run's output, from its end.
    static let outputLimit = 8 * 1_024

    package init(timestamp: String, host: String) {
        self.timestamp = timestamp
        self.host = host
    }

    package func text(_ outcome: SuiteOutcome) -> String {
        let (word, tone) = verdict(of: outcome)
        let offending = outcome.results.filter { !Self.isGood($0) }
        let rest = outcome.results.filter(Self.isGood)
        let slowest = outcome.results.map(\.seconds).max() ?? 0
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            img-src data:">
            <meta name="color-scheme" content="light dark">
            <title>\(word) – orch test</title>
            <link rel="icon" href="data:,">
            <style>
            \(ReportPage.style)
            \(Self.style)
            </style>
            </head>
            <body>
            <header class="verdict \(tone)"><div class="inside"><div class="who">
            <div class="word">\(word) <small>\(escaped(outcome.tally))</small></div>
            <dl class="facts">\(facts(outcome))</dl>
            </div></div></header>
            <main>
            \(section("Did not pass", offending, slowest))
            \(section("Passed", rest, slowest))
            <footer>orch test on \(escaped(host)), \(escaped(timestamp))</footer>
            </main>
            </body>
            </html>

            """
    }

    private static func isGood(_ result: SuiteResult) -> Bool { result.verdict == .pass }

    private func verdict(of outcome: SuiteOutcome) -> (word: String, tone: String) {
        switch outcome.exitCode {
        case nil: ("PASS", "pass")
        case .violated: ("FAIL", "fail")
        case .unknown: ("UNKNOWN", "unknown")
        case .interrupted: ("INTERRUPTED", "unknown")
        default: ("ERROR", "fail")
        }
    }

    private static func tone(_ verdict: SuiteVerdict) -> String {
        switch SuiteText.tone(verdict) {
        case .good: "pass"
        case .bad: "fail"
        default: "unknown"
        }
    }

    private func facts(_ outcome: SuiteOutcome) -> String {
        var facts = [("took", "\(decimals(outcome.seconds, 1)) s"), ("topologies", "\(outcome.results.count)")]
        facts.append(("runs", "\(outcome.results.reduce(0) { $0 + $1.runs.count })"))
        if outcome.leftOut > 0 { facts.append(("slow, left out", "\(outcome.leftOut)")) }
        return facts.map { "<div><dt>\($0)</dt><dd>\($1)</dd></div>" }.joined()
    }

    // MARK: - Topologies

    private func section(_ title: String, _ results: [SuiteResult], _ slowest: Double) -> String {
        guard !results.isEmpty else { return "" }
        return "<section><h2>\(title)</h2>\n" + results.map { topology($0, slowest) }.joined(separator: "\n")
            + "\n</section>"
    }

    private func topology(_ result: SuiteResult, _ slowest: Double) -> String {
        let verdict = result.verdict
        let share = slowest > 0 ? Int((result.seconds / slowest * 100).rounded()) : 0
        let runs =
            result.runs.count > 1 ? "\(result.runs.count) runs" : result.runs.first.map { "seed \($0.seed)" } ?? ""
        var html = "<details class=\"card case assertion \(Self.tone(verdict))\"\(verdict == .pass ? "" : " open")>"
        html += "<summary><span class=\"badge\">\(verdict.rawValue)</span><h3>\(escaped(result.test.title))</h3>"
        html += "<span class=\"dim file\">\(escaped(result.test.path))</span>"
        html += "<span class=\"dim num\">\(runs)</span>"
        html += "<span class=\"bar\"><i style=\"width:\(share)%\"></i></span>"
        html += "<span class=\"num time\">\(decimals(result.seconds, 2)) s</span></summary>\n"
        if result.runs.isEmpty { html += "<p class=\"note\">The suite ended before it was run.</p>" }
        html += flakiness(result)
        let told = result.runs.filter { $0.verdict != .pass } + result.runs.filter { $0.verdict == .pass }.prefix(1)
        for run in told.prefix(Self.wholeRuns) { html += self.run(run, result) }
        for run in told.dropFirst(Self.wholeRuns).prefix(1_000) {
            html +=
                "<p class=\"note\">\(run.verdict.rawValue), seed \(run.seed): \(code(result.test.replay(run)))</p>\n"
        }
        return html + "</details>"
    }

    private func flakiness(_ result: SuiteResult) -> String {
        guard let flakiness = result.flakiness else { return "" }
        let (one, other) = (flakiness.one, flakiness.other)
        let seeds =
            flakiness.hasOneSeed
            ? "both with seed \(one.seed): only time can be to blame" : "with seeds \(one.seed) and \(other.seed)"
        return "<p>\(one.verdict.rawValue) and \(other.verdict.rawValue), \(seeds). Once more: "
            + "\(code(result.test.replay(one)))\(flakiness.hasOneSeed ? "" : ", \(code(result.test.replay(other)))")</p>\n"
    }

    // MARK: - Runs

    private func run(_ run: SuiteRun, _ result: SuiteResult) -> String {
        var html = "<div class=\"run\">"
        if result.runs.count > 1 || run.verdict != .pass {
            html += "<p><span class=\"\(Self.toneClass(run.verdict))\">\(run.verdict.rawValue)</span>"
            html += run.verdict == .invalid ? "" : ", seed \(run.seed), \(decimals(run.seconds, 2)) s"
            html += "</p>"
        }
        for problem in run.problems { html += "<p><code>\(escaped(problem.text))</code></p>" }
        if !run.message.isEmpty { html += "<p>\(escaped(run.message))</p>" }
        let assertions = run.summary?.assertions ?? []
        let sorted = assertions.filter { $0.verdict != "pass" } + assertions.filter { $0.verdict == "pass" }
        html += sorted.map { assertion($0, result.test.path) }.joined()
        for problem in run.summary?.problems ?? [] { html += "<p>evidence: \(escaped(problem))</p>" }
        for warning in run.summary?.warnings ?? [] { html += "<p class=\"note\">\(escaped(warning))</p>" }
        if run.summary == nil, !run.output.isEmpty {
            html += "<pre class=\"scroll\">\(escaped(String(run.output.suffix(Self.outputLimit))))</pre>"
        }
        if run.verdict != .interrupted { html += "<p class=\"note\">again: \(code(result.test.replay(run)))</p>" }
        if let folder = run.folder {
            let name = folder.split(separator: "/").last.map(String.init) ?? folder
            html += "<p class=\"note\">every message in time: \(code("orch report \(name) --html \(name).html"))</p>"
        }
        return html + "</div>\n"
    }

    private static func toneClass(_ verdict: SuiteVerdict) -> String {
        switch SuiteText.tone(verdict) {
        case .good: "good"
        case .bad: "bad"
        default: "odd"
        }
    }

    private func assertion(_ assertion: RunSummary.Assertion, _ path: String) -> String {
        let word = assertion.verdict == "fail" ? "violated" : assertion.verdict
        let place = assertion.line.map { "\(path):\($0)" } ?? ""
        var html = "<div class=\"assertion \(escaped(assertion.verdict))\"><div class=\"head\">"
        html += "<span class=\"badge\">\(escaped(word))</span><b>\(escaped(assertion.title))</b>"
        html += "<span class=\"dim\">\(escaped(place))</span></div>"
        if let explanation = assertion.explanation, !explanation.isEmpty { html += "<p>\(escaped(explanation))</p>" }
        for destination in assertion.destinations ?? [] {
            html += "<p class=\"num\"><b>\(escaped(destination.to))</b> \(escaped(destination.countsText))</p>"
            html += notes(destination.notes)
            html += examples(destination.examples)
        }
        return html + notes(assertion.notes) + examples(assertion.examples) + "</div>"
    }

    private func notes(_ notes: [String]?) -> String {
        (notes ?? []).map { "<p class=\"note\">\(escaped($0))</p>" }.joined()
    }

    private func examples(_ examples: [RunSummary.Example]?) -> String {
        guard let examples, !examples.isEmpty else { return "" }
        let all = examples.map { example in
            let steps = example.path.map { step in
                "<li><span class=\"num\">+\(decimals(step.time, 1)) ms</span><span>\(escaped(step.event))</span></li>"
            }
            return "<div class=\"example\"><b>\(escaped(example.kind)) \(escaped(example.message))</b>"
                + "<ol>\(steps.joined())</ol></div>"
        }
        return "<div class=\"examples\">\(all.joined())</div>"
    }

    private func code(_ text: String) -> String { "<code>\(escaped(text))</code>" }

    private func escaped(_ text: String) -> String { XMLText.escaped(text) }

    private static let style = """
        .case { margin: 0 0 10px; }
        .case > summary { display: flex; gap: 4px 14px; align-items: baseline; flex-wrap: wrap; cursor: pointer; }
        .case > summary .badge { min-width: 84px; }
        .case > summary .file { flex: 1 1 160px; font-size: 13px; overflow-wrap: anywhere; }
        .case > summary .num { font-size: 13px; }
        .case > summary .time { min-width: 76px; text-align: right; }
        .bar { width: 90px; height: 6px; border-radius: 3px; background: var(--soft); align-self: center; }
        .bar i { display: block; height: 100%; border-radius: 3px; background: var(--dim); }
        .run { margin-top: 12px; }
        .run .assertion { padding: 4px 0 4px 14px; margin: 10px 0; }
        .run .assertion p.num { font-size: 13px; overflow-wrap: anywhere; }
        .run code { overflow-wrap: anywhere; }
        .run pre { font: 12px/1.5 var(--mono); background: var(--soft); border-radius: 8px; padding: 10px 12px; }
        @media (max-width: 760px) { .bar { display: none; } .case > summary .file { flex-basis: 100%; } }
        """
}
