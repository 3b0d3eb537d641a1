#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a suite tells of a run's `report.json` (`docs/verdicts.md`).
package struct RunSummary: Sendable, Equatable, Codable {
    package struct Step: Sendable, Equatable, Codable {
        /// Milliseconds since the workloads started.
        package var time: Double
        package var event: String

        private enum CodingKeys: String, CodingKey {
            case time = "t_ms"
            case event
        }
    }

    package struct Example: Sendable, Equatable, Codable {
        package var kind: String
        package var message: String
        package var path: [Step]
    }

    package struct Destination: Sendable, Equatable, Codable {
        package var to: String
        package var counts: [String: Int]
        package var notes: [String]?
        package var examples: [Example]?
    }

    package struct Assertion: Sendable, Equatable, Codable {
        package var assertion: String
        package var method: String?
        package var from: String?
        package var to: String?
        /// `pass`, `fail` or `unknown`.
        package var verdict: String
        package var line: Int?
        package var explanation: String?
        package var destinations: [Destination]?
        package var notes: [String]?
        package var examples: [Example]?

        /// `delivery: at-least-once from producer to subscriber`
        package var title: String {
            var text = assertion
            if let method { text += " of \(method)" }
            if let from { text += " from \(from)" }
            if let to { text += " to \(to)" }
            return text
        }
    }

    package struct Node: Sendable, Equatable, Codable {
        package var name: String
        /// At the run's end: `exited`, `failed`, `killed`.
        package var state: String
        /// `exit 1`, `signal 9`
        package var detail: String?

        /// It ended before the run did, and not in order.
        package var hasDied: Bool { state == "failed" || state == "killed" }
    }

    package var topology: String
    package var verdict: String
    package var nodes: [Node]?
    /// Seconds.
    package var duration: Double
    package var params: [String: String]?
    package var assertions: [Assertion]
    package var problems: [String]?
    package var warnings: [String]?
    /// Whose work was not done when the run ended.
    package var waitedFor: [String]?

    private enum CodingKeys: String, CodingKey {
        case topology, verdict, nodes
        case duration = "duration_s"
        case params, assertions, problems, warnings
        case waitedFor = "waited_for"
    }

    /// - Returns: `nil` for what is no report.
    package init?(json: Data) {
        guard let summary = try? JSONDecoder().decode(RunSummary.self, from: json) else { return nil }
        self = summary
    }

    package var offenders: [Assertion] { assertions.filter { $0.verdict != "pass" } }
}

extension RunSummary.Destination {
    /// In the order in which a message meets them.
    private static let order = [
        "attempted", "acknowledged", "unconfirmed", "owed", "delivered", "processed", "lost", "duplicated",
        "unexpected",
        "recovered",
    ]

    /// `attempted 1000, owed 1000, lost 300`, without what is 0.
    package var countsText: String {
        func rank(_ name: String) -> Int { Self.order.firstIndex(of: name) ?? Self.order.count }
        let named = counts.filter { $0.value != 0 }.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }
        return named.isEmpty ? "nothing" : named.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}

extension RunSummary.Assertion {
    /// What was counted and the first examples with their paths, a line each.
    package func details(examples limit: Int = 3) -> [String] {
        var lines: [String] = []
        if let explanation, !explanation.isEmpty { lines.append(explanation) }
        var shown = 0
        func show(_ examples: [RunSummary.Example]?) {
            for example in examples ?? [] where shown < limit {
                shown += 1
                let path = example.path.map { "+\(decimals($0.time, 1)) ms \($0.event)" }.joined(separator: "; ")
                lines.append("\(example.kind) \(example.message): \(path)")
            }
        }
        for destination in destinations ?? [] {
            lines.append("\(destination.to): \(destination.countsText)")
            for note in destination.notes ?? [] { lines.append("note: \(note)") }
            show(destination.examples)
        }
        for note in notes ?? [] { lines.append("note: \(note)") }
        show(examples)
        return lines
    }
}

/// A number with exactly so many decimals, and a point whatever the locale.
package func decimals(_ value: Double, _ count: Int) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return "0" }
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    let whole = Int64((value * scale).rounded())
    let (left, right) = whole.magnitude.quotientAndRemainder(dividingBy: UInt64(scale))
    let digits = String(right)
    let fraction = count == 0 ? "" : "." + String(repeating: "0", count: count - digits.count) + digits
    return (whole < 0 ? "-" : "") + "\(left)" + fraction
}
