/// Test Anything Protocol 14: a line a topology, with the reason under those that are not ok.
package enum TAPWriter {
    package static func text(_ outcome: SuiteOutcome) -> String {
        var lines = ["TAP version 14", "1..\(outcome.results.count)"]
        for (index, result) in outcome.results.enumerated() {
            let verdict = result.verdict
            let title = escaped(result.test.title)
            if verdict == .skipped || verdict == .interrupted {
                lines.append("ok \(index + 1) - \(title) # SKIP \(verdict == .skipped ? "not run" : "interrupted")")
                continue
            }
            lines.append("\(verdict == .pass ? "ok" : "not ok") \(index + 1) - \(title)")
            guard verdict != .pass else { continue }
            lines.append("  ---")
            lines.append("  verdict: \(verdict.rawValue)")
            lines.append("  file: \(quoted(result.test.path))")
            let runs = result.flakiness.map { [$0.one, $0.other] } ?? result.runs.filter { $0.verdict == verdict }
            lines.append("  runs:")
            for run in runs.prefix(2) {
                lines.append("    - verdict: \(run.verdict.rawValue)")
                lines.append("      seed: \(run.seed)")
                lines.append("      again: \(quoted(result.test.replay(run)))")
                var reasons = run.problems.map(\.text) + (run.message.isEmpty ? [] : [run.message])
                for assertion in run.summary?.offenders ?? [] {
                    reasons.append("\(assertion.title): \(assertion.explanation ?? assertion.verdict)")
                }
                guard !reasons.isEmpty else { continue }
                lines.append("      reasons:")
                lines += reasons.prefix(20).map { "        - \(quoted($0))" }
            }
            lines.append("  ...")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A description: `#` would begin a directive.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if character == "#" || character == "\\" { result += "\\" }
            result.append(character.isNewline ? " " : character)
        }
        return result
    }

    /// A double-quoted scalar of YAML.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case ..<" ", "\u{7F}"..."\u{9F}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
