/// Workflow commands that GitHub Actions shows beside the line of a file.
package enum GitHubAnnotations {
    package static func lines(_ test: SuiteCase, _ run: SuiteRun) -> [String] {
        switch run.verdict {
        case .pass, .skipped, .interrupted: return []
        case .invalid:
            return run.problems.map { line("error", $0.file, $0.line, $0.column, test.title, $0.message) }
        case .fail, .unknown, .flaky, .timeout, .error: break
        }
        let again = test.replay(run)
        let offenders = run.verdict == .timeout ? [] : run.summary?.offenders ?? []
        guard !offenders.isEmpty else {
            let message = run.message.isEmpty ? run.verdict.rawValue : run.message
            return [line("error", test.path, 1, 0, test.title, "\(message)\nagain: \(again)")]
        }
        return offenders.map { assertion in
            let text = ([assertion.title] + assertion.details(examples: 1) + ["again: \(again)"]).joined(
                separator: "\n")
            return line(
                assertion.verdict == "fail" ? "error" : "warning", test.path, assertion.line ?? 1, 0, test.title, text)
        }
    }

    /// A topology whose runs disagree.
    package static func flaky(_ result: SuiteResult) -> String? {
        result.flakiness.map {
            line(
                "error", result.test.path, 1, 0, result.test.title,
                "flaky: \($0.one.verdict.rawValue) with seed \($0.one.seed), "
                    + "\($0.other.verdict.rawValue) with seed \($0.other.seed)")
        }
    }

    private static func line(
        _ level: String, _ file: String, _ line: Int, _ column: Int, _ title: String, _ message: String
    ) -> String {
        var properties = "file=\(escaped(file, isProperty: true)),line=\(max(line, 1))"
        if column > 0 { properties += ",col=\(column)" }
        properties += ",title=\(escaped(title, isProperty: true))"
        return "::\(level) \(properties)::\(escaped(message, isProperty: false))"
    }

    private static func escaped(_ text: String, isProperty: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            case ":" where isProperty: result += "%3A"
            case "," where isProperty: result += "%2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
