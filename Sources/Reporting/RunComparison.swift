import ClusterModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Two runs' assertions, counts and latencies side by side, from their JSON reports.
package struct RunComparison: Sendable {
    private struct Report: Decodable {
        struct Assertion: Decodable {
            struct Destination: Decodable {
                var to: String
                var counts: [String: Double]
            }
            struct Calls: Decodable { var counts: [String: Double] }

            var assertion: String
            var method: String?
            var from: String?
            var to: String?
            var verdict: String
            var destinations: [Destination]
            var calls: Calls?
            var latency: [String: Double]?
            var freshness: [String: Double]?
            var throughput: [String: Double]?
            var availability: [String: Double]?
            var pause: [String: Double]?
            var converged: [String: Double]?
            var detected: [String: Double]?

            var title: String {
                if let method { return "\(assertion)  \(method)" }
                let ends = [from, to].compactMap(\.self).joined(separator: " → ")
                return ends.isEmpty ? assertion : "\(assertion)  \(ends)"
            }

            /// By name, in a fixed order.
            var numbers: [(name: String, value: Double)] {
                var numbers: [(name: String, value: Double)] = []
                func add(_ group: String, _ values: [String: Double]) {
                    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                        numbers.append((group.isEmpty ? name : "\(group) \(name)", value))
                    }
                }
                for destination in destinations { add(destination.to, destination.counts) }
                if let calls { add("", calls.counts) }
                for (name, values) in [
                    ("latency", latency), ("freshness", freshness), ("throughput", throughput),
                    ("availability", availability), ("pause", pause), ("converged", converged),
                    ("detected", detected),
                ] {
                    if let values { add(name, values) }
                }
                return numbers
            }
        }

        var topology: String
        var verdict: String
        /// Seconds.
        var duration: Double
        var assertions: [Assertion]

        private enum CodingKeys: String, CodingKey {
            case topology, verdict
            case duration = "duration_s"
            case assertions
        }
    }

    private let names: (String, String)
    private let first: Report
    private let second: Report

    /// - Throws: `OrchError` (`usage`) where a report is none that this version writes.
    package init(_ first: (name: String, json: String), _ second: (name: String, json: String)) throws(OrchError) {
        names = (first.name, second.name)
        self.first = try Self.decode(first)
        self.second = try Self.decode(second)
    }

    private static func decode(_ run: (name: String, json: String)) throws(OrchError) -> Report {
        do {
            return try JSONDecoder().decode(Report.self, from: Data(run.json.utf8))
        } catch {
            throw OrchError(
                .usage, "the report of \(run.name) cannot be read", cause: "\(error)",
                advice: "it may be of another version of orch")
        }
    }

    /// Every line ends in a line feed. Numbers that are 0 in both runs are left out.
    package func text(width: Int, color: Bool) -> String {
        let ink = Ink(isOn: color)
        var lines = ["A  \(names.0)", "B  \(names.1)", ""]
        if first.topology != second.topology {
            lines += [ink(.yellow, "different topologies: \(first.topology) and \(second.topology)"), ""]
        }
        var rows: [[String]] = []
        var heads: Set<Int> = []
        func head(_ title: String, _ a: String, _ b: String) {
            heads.insert(rows.count)
            rows.append([title, a, b, a == b ? "" : "differs"])
        }
        head("verdict", first.verdict, second.verdict)
        rows.append(row("  duration s", first.duration, second.duration))
        // The same assertion may stand in a file more than once: each takes the next of its name.
        var rest = second.assertions
        for one in first.assertions {
            let index = rest.firstIndex { $0.title == one.title }
            let other = index.map { rest.remove(at: $0) }
            head(one.title, one.verdict, other?.verdict ?? "–")
            rows += Self.pairs(one.numbers, other?.numbers ?? []).map { row("  " + $0.name, $0.a, $0.b) }
        }
        for other in rest {
            head(other.title, "–", other.verdict)
            rows += Self.pairs([], other.numbers).map { row("  " + $0.name, $0.a, $0.b) }
        }
        let table = TextTable(header: ["", "A", "B", "change"], rows: rows)
        lines += table.lines { row, column, text in
            if row < 0 { return ink(.dim, text) }
            if heads.contains(row) {
                if column == 0 { return ink(.bold, text) }
                let style: Ink.Style =
                    switch rows[row][column] {
                    case "pass": .green
                    case "fail", "differs": .red
                    case "unknown": .yellow
                    default: .dim
                    }
                return ink(style, text)
            }
            return rows[row][3].isEmpty ? ink(.dim, text) : text
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func pairs(
        _ a: [(name: String, value: Double)], _ b: [(name: String, value: Double)]
    ) -> [(name: String, a: Double?, b: Double?)] {
        let left = Dictionary(a.map { ($0.name, $0.value) }) { first, _ in first }
        let right = Dictionary(b.map { ($0.name, $0.value) }) { first, _ in first }
        let names = a.map(\.name) + b.map(\.name).filter { left[$0] == nil }
        return names.map { ($0, left[$0], right[$0]) }.filter { ($0.1 ?? 0) != 0 || ($0.2 ?? 0) != 0 }
    }

    private func row(_ name: String, _ a: Double?, _ b: Double?) -> [String] {
        func shown(_ value: Double?) -> String { value.map { trimmed(($0 * 1_000).rounded() / 1_000) } ?? "–" }
        var change = ""
        if let a, let b, a != b {
            let percent = a == 0 ? "" : " (\(b > a ? "+" : "")\(trimmed(((b - a) / a * 1_000).rounded() / 10))%)"
            change = (b > a ? "+" : "") + shown(b - a) + percent
        }
        return [name, shown(a), shown(b), change]
    }
}
