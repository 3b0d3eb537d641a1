import Assertions
import ClusterModel

extension RunReport {
    /// The report for people, every line ended by a line feed.
    /// - Parameters:
    ///   - width: columns of the terminal: marks, tables and wrapped lines; `nil` where the output is no terminal: plain
    ///     lines of words, one for each verdict and each destination.
    ///   - color: with ANSI colours.
    package func text(width: Int? = nil, color: Bool = false) -> String {
        if let width {
            return TerminalReport(report: self, width: max(width, 40), ink: Ink(isOn: color)).lines.map { $0 + "\n" }
                .joined()
        }
        return PlainReport(report: self).lines.map { $0 + "\n" }.joined()
    }

    /// How to see the same again.
    package var replay: String? {
        file.map { file in
            let given = parameters.filter(\.isGiven).map { " --param \(ShellText.quoted($0.assignment))" }
            return "orch up \(ShellText.quoted(file))\(given.joined()) --seed \(seed)"
        }
    }

    /// `2 hold, 1 violated, 1 unknown`.
    var tally: String {
        let holding = assertions.count { $0.outcome == .pass }
        let violated = assertions.count { $0.outcome == .fail }
        let unknown = assertions.count { $0.outcome == .unknown }
        var parts: [String] = []
        if holding > 0 { parts.append(holding == 1 ? "1 assertion holds" : "\(holding) assertions hold") }
        if violated > 0 { parts.append(violated == 1 ? "1 fails" : "\(violated) fail") }
        if unknown > 0 { parts.append("\(unknown) unknown") }
        return parts.isEmpty ? "nothing was asserted" : parts.joined(separator: ", ")
    }

    /// Nodes of which the reader should know: those that ended badly or were started again.
    var remarkableNodes: [Node] {
        nodes.filter { $0.restarts > 0 || $0.state == .killed || $0.state == .failed }
    }
}

extension RunReport.Node {
    var story: String {
        var parts = [state.rawValue]
        if !detail.isEmpty { parts.append("(\(detail))") }
        if restarts > 0 { parts.append("restarted \(restarts == 1 ? "once" : "\(restarts) times")") }
        return parts.joined(separator: " ")
    }
}

extension RunReport.Fault {
    /// `121 of 412 publishes (29.4%)` for each kind.
    var stories: [String] {
        MessageKind.allCases.compactMap { kind in
            guard let tally = kinds[kind] else { return nil }
            let share = tally.seen > 0 ? " (\(Share(Double(tally.affected) / Double(tally.seen)).rounded))" : ""
            return "\(tally.affected) of \(tally.seen) \(kind.plural)\(share)"
        }
    }
}

extension MessageKind {
    var plural: String {
        switch self {
        case .publish: "publishes"
        case .deliver: "deliveries"
        case .ack: "acks"
        case .confirm: "confirms"
        case .request: "requests"
        case .reply: "replies"
        case .event: "events"
        case .datagram: "datagrams"
        }
    }
}

extension Share {
    /// With one decimal at most.
    var rounded: String { "\(trimmed((fraction * 1_000).rounded() / 10))%" }
}

extension AssertionResult {
    /// What was found, where that is not what the mark says.
    var remark: String {
        guard expect == .violated else { return "" }
        return switch verdict {
        case .fail: "violated, as expected"
        case .pass: "holds, but was expected to be violated"
        case .unknown: "expected to be violated"
        }
    }

    var route: String {
        let ends =
            switch (from, to) {
            case (let from?, let to?): "\(from) → \(to)"
            case (let from?, nil): "from \(from)"
            case (nil, let to?): "to \(to)"
            case (nil, nil): ""
            }
        return [method ?? "", ends].filter { !$0.isEmpty }.joined(separator: "  ")
    }
}

extension DeliveryCounts {
    /// A counter as a table shows it: `12`, or `12–15` where evidence leaves both possible.
    func shown(_ name: String, _ value: Int) -> String {
        guard let bound = bounds.first(where: { $0.name == name }) else { return "\(value)" }
        return "\(bound.least)–\(bound.most)"
    }
}

/// Draws a report for a terminal.
struct TerminalReport {
    let report: RunReport
    let width: Int
    let ink: Ink
    /// Examples of one kind at one destination that are printed; the JSON report has more.
    private static let examples = 3

    var lines: [String] {
        var lines = [headline, ""]
        for result in report.assertions { lines += draw(result) }
        lines += section("feeds", feedTable)
        for account in report.peers { lines += section("peers · \(account.group)", peerLines(account)) }
        lines += section("faults", faultTable)
        lines += section("nodes", nodeTable)
        for problem in report.problems.prefix(5) { lines += paragraph("evidence: \(problem)", indent: 2, .yellow) }
        for warning in report.warnings.prefix(5) { lines += paragraph("warning: \(warning)", indent: 2, .yellow) }
        if lines.last?.isEmpty == false { lines.append("") }
        lines += closing
        return lines
    }

    private var headline: String {
        let facts = [
            "seed \(report.seed)", report.duration.seconds,
            "\(report.nodes.count) node\(report.nodes.count == 1 ? "" : "s")",
        ]
        return ink(.bold, report.topology) + ink(.dim, "  " + facts.joined(separator: " · "))
    }

    private var closing: [String] {
        let verdict = report.verdict
        let word = report.interrupted ? "INTERRUPTED · \(verdict.rawValue.uppercased())" : verdict.rawValue.uppercased()
        var lines = [ink.verdict(verdict, "\(Ink.mark(verdict)) \(word)") + "  " + report.tally]
        if verdict != .pass, let replay = report.replay { lines.append(ink(.dim, "  again: ") + replay) }
        return lines
    }

    // MARK: - Assertions

    private func draw(_ result: AssertionResult) -> [String] {
        let outcome = result.outcome
        let left = "\(Ink.mark(outcome)) \(result.title)"
        let middle = [result.route, result.remark].filter { !$0.isEmpty }.joined(separator: "  ")
        let right = result.line > 0 ? "line \(result.line)" : ""
        let used = 2 + left.count + (middle.isEmpty ? 0 : 2 + middle.count)
        let gap = max(2, width - used - right.count)
        var first = "  " + ink.verdict(outcome, Ink.mark(outcome)) + " " + ink(.bold, result.title)
        if !middle.isEmpty { first += "  " + middle }
        if !right.isEmpty, used + 2 + right.count <= width {
            first += String(repeating: " ", count: gap) + ink(.dim, right)
        }
        var lines = [first]
        if !result.explanation.isEmpty {
            let style: Ink.Style = outcome == .fail ? .red : outcome == .unknown ? .yellow : .dim
            lines += paragraph(result.explanation, indent: 4, style)
        }
        lines += table(result.destinations).map { "    " + $0 }
        lines += calls(result)
        for group in notes(result.destinations) + result.notes.prefix(4) {
            lines += paragraph("note: \(group)", indent: 4, .dim)
        }
        if result.verdict != .pass { lines += examples(result) }
        lines.append("")
        return lines
    }

    private func notes(_ destinations: [DestinationResult]) -> [String] {
        var seen: [String] = []
        for destination in destinations {
            for note in destination.notes {
                let text = destinations.count > 1 ? "\(destination.to): \(note)" : note
                if seen.count < 4, !seen.contains(text) { seen.append(text) }
            }
        }
        return seen
    }

    private static let always = ["attempted", "acknowledged", "owed", "delivered", "processed", "lost", "duplicated"]

    /// Destinations with the same counts share a row.
    private func table(_ destinations: [DestinationResult]) -> [String] {
        let shown = destinations.filter { $0.counts != DeliveryCounts() }
        guard let first = shown.first else { return [] }
        let names = first.counts.named.map(\.name)
        // Routing and order count no attempts: a column of zeros would only puzzle.
        let isDelivery = shown.contains { $0.counts.attempted > 0 }
        let columns = names.indices.filter { column in
            (isDelivery && Self.always.contains(names[column]))
                || shown.contains { one in
                    one.counts.named[column].value > 0 || one.counts.bounds.contains { $0.name == names[column] }
                }
        }
        var groups: [(first: DestinationResult, last: DestinationResult, count: Int)] = []
        for one in shown {
            if let last = groups.last, last.last.counts == one.counts {
                groups[groups.count - 1] = (last.first, one, last.count + 1)
            } else {
                groups.append((one, one, 1))
            }
        }
        let rows = groups.map { group -> [String] in
            return [label(group.first.to, group.last.to, group.count)]
                + columns.map { group.first.counts.shown(names[$0], group.first.counts.named[$0].value) }
        }
        let titles = columns.map { Self.title(names[$0]) }
        let table = TextTable(header: ["destination"] + titles, rows: rows)
        guard table.width + 4 <= width else { return narrow(titles, rows) }
        return table.lines { row, column, text in
            if row < 0 { return ink(.dim, text) }
            guard column > 0 else { return text }
            return tint(titles[column - 1], rows[row][column], text)
        }
    }

    /// A heading no wider than it need be.
    private static func title(_ name: String) -> String {
        switch name {
        case "acknowledged": "acked"
        case "dead_lettered": "dead-lettered"
        default: name
        }
    }

    /// `subscriber-1…3` for destinations in a row, `a … z (26)` for others.
    private func label(_ first: String, _ last: String, _ count: Int) -> String {
        guard count > 1 else { return first }
        if let a = first.lastIndex(of: "-"), let b = last.lastIndex(of: "-"), first[..<a] == last[..<b],
            let from = Int(first[first.index(after: a)...]), let to = Int(last[last.index(after: b)...]),
            to - from == count - 1
        {
            return "\(first)…\(to)"
        }
        return count == 2 ? "\(first), \(last)" : "\(first) … \(last) (\(count))"
    }

    private static let alarming = ["lost", "duplicated", "unexpected", "reordered"]

    private func tint(_ name: String, _ value: String, _ text: String) -> String {
        guard value != "0" else { return ink(.dim, text) }
        guard Self.alarming.contains(name) else { return text }
        return ink(value.hasPrefix("0–") ? .yellow : .red, text)
    }

    /// Where the terminal is too narrow for columns.
    private func narrow(_ titles: [String], _ rows: [[String]]) -> [String] {
        rows.flatMap { row -> [String] in
            let facts = zip(titles, row.dropFirst()).filter { $0.1 != "0" }.map { "\($0.0) \($0.1)" }
            return [row[0] + ":"] + wrapped(facts.joined(separator: ", "), width: width - 6).map { "  " + $0 }
        }
    }

    // MARK: - Examples

    private func examples(_ result: AssertionResult) -> [String] {
        var lines: [String] = []
        // What was expected to go wrong needs one example, to show how.
        let limit = result.outcome == .pass ? 1 : Self.examples
        var destinations = 0
        for destination in result.destinations where !destination.examples.isEmpty {
            destinations += 1
            guard destinations <= 2 else { break }
            let place = result.destinations.count > 1 ? " at \(destination.to)" : ""
            let counts = destination.counts
            // Where all undecided ones are of one kind, they are counted.
            let isOneKind = counts.lost == 0 && counts.duplicatedAtMost == counts.duplicated
            lines += draw(
                destination.examples, place, limit: limit,
                totals: [
                    .lost: counts.lost, .duplicated: counts.duplicated, .unexpected: counts.unexpected,
                    .undecided: isOneKind ? counts.lostAtMost : 0,
                ])
        }
        return lines + draw(result.examples, "", limit: limit)
    }

    /// - Parameter totals: how many there are of a kind, where that is known; examples are a few of them.
    private func draw(
        _ examples: [Example], _ place: String, limit: Int, totals: [Example.Kind: Int] = [:]
    ) -> [String] {
        var lines: [String] = []
        for kind in Example.Kind.allCases {
            let all = examples.filter { $0.kind == kind }
            for example in all.prefix(limit) {
                let word = ink(kind == .undecided ? .yellow : .red, kind.rawValue)
                lines.append("    " + word + " " + ink(.bold, example.message) + ink(.dim, place))
                lines += draw(example.path)
            }
            if all.count > limit {
                let rest = all.dropFirst(limit).map(\.message).joined(separator: " ")
                let more = (totals[kind] ?? 0) - all.count
                let end = more > 0 ? " and \(more) more" : ""
                lines += paragraph("also \(kind.rawValue): \(rest)\(end)", indent: 4, .dim)
            }
        }
        return lines
    }

    private func draw(_ path: [Example.Step]) -> [String] {
        let times = path.map { $0.time.milliseconds }
        let column = times.map(\.count).max() ?? 0
        return zip(times, path).flatMap { time, step -> [String] in
            let padding = String(repeating: " ", count: column - time.count)
            let text = wrapped(step.text, width: width - column - 8)
            let rest = String(repeating: " ", count: column + 8)
            return text.enumerated().map { index, line in
                index == 0 ? "      " + ink(.dim, padding + time) + "  " + line : rest + line
            }
        }
    }

    // MARK: - Faults and nodes

    private var faultTable: [String] {
        guard !report.faults.isEmpty else { return [] }
        let rows = report.faults.map { fault in
            [fault.fault, fault.link, fault.stories.isEmpty ? "" : fault.stories.joined(separator: ", ")]
        }
        return aligned(rows)
    }

    private var nodeTable: [String] { aligned(report.remarkableNodes.map { [$0.name, $0.story] }) }

    func aligned(_ rows: [[String]]) -> [String] {
        guard let columns = rows.first?.count else { return [] }
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let indent = 4 + widths.dropLast().reduce(0) { $0 + $1 + 2 }
        return rows.flatMap { row -> [String] in
            let first = row.dropLast().enumerated().map { column, text in
                text + String(repeating: " ", count: widths[column] - text.count) + "  "
            }.joined()
            // The last column is broken where there is room for a few words of it.
            let room = width - indent
            let last = room >= 16 ? wrapped(row[columns - 1], width: room) : [row[columns - 1]]
            return last.enumerated().map { index, text in
                index == 0 ? "    " + first + text : String(repeating: " ", count: indent) + text
            }
        }
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["  " + ink(.dim, title)] + lines + [""]
    }

    func paragraph(_ text: String, indent: Int, _ style: Ink.Style) -> [String] {
        wrapped(text, width: width - indent).map { String(repeating: " ", count: indent) + ink(style, $0) }
    }
}

extension Duration {
    /// `1.61 s`, two decimals at most.
    var seconds: String { "\(trimmed((inSeconds * 100).rounded() / 100)) s" }
}

extension Int64 {
    /// Nanoseconds as `+102.3 ms`.
    var milliseconds: String {
        let tenths = Int64((Double(self) / 1e5).rounded())
        let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return "\(tenths < 0 ? "-" : "+")\(whole).\(rest) ms"
    }
}
