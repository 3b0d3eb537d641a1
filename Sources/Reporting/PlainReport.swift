import Assertions
import ClusterModel

/// A report for files, pipes and CI logs: a line for each thing, words instead of marks and tables, nothing wrapped.
struct PlainReport {
    let report: RunReport

    var lines: [String] {
        var lines = [
            "run: \(report.topology), seed \(report.seed), \(report.duration.seconds), \(report.nodes.count) nodes"
        ]
        for result in report.assertions { lines += describe(result) }
        for feed in report.feeds { lines.append("feed: \(feed.story)") }
        for group in report.peers { lines += group.stories.map { "peers: \(group.group): \($0.name): \($0.text)" } }
        for fault in report.faults {
            let link = fault.link.isEmpty ? "" : " on \(fault.link)"
            let stories = fault.stories.isEmpty ? "" : ": \(fault.stories.joined(separator: ", "))"
            lines.append("fault: \(fault.fault)\(link)\(stories)")
        }
        for node in report.remarkableNodes { lines.append("node: \(node.name) \(node.story)") }
        for problem in report.problems { lines.append("evidence: \(problem)") }
        for warning in report.warnings { lines.append("warning: \(warning)") }
        if report.interrupted { lines.append("interrupted") }
        lines.append("verdict: \(report.verdict.rawValue) (\(report.tally))")
        if report.verdict != .pass, let replay = report.replay { lines.append("again: \(replay)") }
        return lines
    }

    private func describe(_ result: AssertionResult) -> [String] {
        var first = "\(result.outcome.rawValue): \(result.title)"
        if let method = result.method { first += " of \(method)" }
        if let from = result.from { first += " from \(from)" }
        if let to = result.to { first += " to \(to)" }
        if !result.remark.isEmpty { first += " (\(result.remark))" }
        if result.line > 0 { first += " [line \(result.line)]" }
        if !result.explanation.isEmpty { first += ": \(result.explanation)" }
        var lines = [first]
        for destination in result.destinations {
            let facts = destination.counts.named.filter { name, value in
                value > 0 || destination.counts.bounds.contains { $0.name == name }
            }
            let counts = facts.map { "\($0.name) \(destination.counts.shown($0.name, $0.value))" }
            lines.append("  \(destination.to): \(counts.isEmpty ? "nothing" : counts.joined(separator: ", "))")
            for note in destination.notes { lines.append("    note: \(note)") }
            guard result.verdict != .pass else { continue }
            lines += destination.examples.map { "    \(describe($0))" }
        }
        if let account = result.calls {
            let text = CallText(account: account)
            lines.append("  \(text.facts.joined(separator: ", "))")
            if account.counts.calls > 0 { lines += text.table.lines { _, _, cell in cell }.map { "  \($0)" } }
            lines += text.methods.map { "  \($0)" }
        }
        if let measure = result.measure { lines += measure.lines.map { "  \($0)" } }
        for note in result.notes { lines.append("  note: \(note)") }
        if result.verdict != .pass { lines += result.examples.map { "  \(describe($0))" } }
        return lines
    }

    private func describe(_ example: Example) -> String {
        let path = example.path.map { "\($0.time.milliseconds) \($0.text)" }
        return "\(example.kind.rawValue) \(example.message): \(path.joined(separator: "; "))"
    }
}
