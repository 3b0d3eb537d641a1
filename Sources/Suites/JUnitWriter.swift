/// JUnit XML, in the order and with the attributes that both the Windyroad schema (Ant's) and Jenkins' accept: a
/// `testsuite` a topology, a `testcase` an assertion.
package struct JUnitWriter: Sendable {
    /// When the suite began, `2026-11-23T17:40:00`: no zone, no fraction.
    package var timestamp: String
    package var host: String
    /// What of a run's output goes into `system-out`, in characters; the rest is in its folder.
    package static let outputLimit = 64 * 1_024

    package init(timestamp: String, host: String) {
        self.timestamp = timestamp
        self.host = host.isEmpty ? "localhost" : host
    }

    private struct Entry {
        enum Fate {
            case passed
            case failed(type: String)
            case broken(type: String)
            case skipped
        }

        var name: String
        var seconds: Double
        var fate = Fate.passed
        var message = ""
        var text = ""
    }

    package func text(_ outcome: SuiteOutcome) -> String {
        var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        for (index, result) in outcome.results.enumerated() { xml += suite(result, id: index) }
        return xml + "</testsuites>\n"
    }

    private func suite(_ result: SuiteResult, id: Int) -> String {
        let entries = entries(result)
        var (failures, errors, skipped) = (0, 0, 0)
        for entry in entries {
            switch entry.fate {
            case .passed: break
            case .failed: failures += 1
            case .broken: errors += 1
            case .skipped: skipped += 1
            }
        }
        let title = XMLText.escaped(result.test.title)
        let package = XMLText.escaped(result.test.path)
        var xml = "  <testsuite name=\"\(title)\" package=\"\(package)\" id=\"\(id)\" timestamp=\"\(timestamp)\""
        xml += " hostname=\"\(XMLText.escaped(host))\" tests=\"\(entries.count)\" failures=\"\(failures)\""
        xml +=
            " errors=\"\(errors)\" skipped=\"\(skipped)\" time=\"\(decimals(result.seconds, 3))\">\n    <properties>\n"
        var properties = [("verdict", result.verdict.rawValue), ("file", result.test.path)]
        properties += result.test.parameters.map { ("param.\($0.name)", $0.value) }
        properties += result.runs.prefix(100).map { ("seed", "\($0.seed)") }
        for (name, value) in properties {
            xml += "      <property name=\"\(XMLText.escaped(name))\" value=\"\(XMLText.escaped(value))\"/>\n"
        }
        xml += "    </properties>\n"
        for entry in entries { xml += testcase(entry, title) }
        xml += "    <system-out>\(XMLText.escaped(output(result)))</system-out>\n    <system-err></system-err>\n"
        return xml + "  </testsuite>\n"
    }

    private func testcase(_ entry: Entry, _ classname: String) -> String {
        let start =
            "    <testcase name=\"\(XMLText.escaped(entry.name))\" classname=\"\(classname)\" "
            + "time=\"\(decimals(entry.seconds, 3))\""
        let message = XMLText.escaped(entry.message)
        let inner: String
        switch entry.fate {
        case .passed: return start + "/>\n"
        case .skipped: inner = "<skipped message=\"\(message)\"></skipped>"
        case .failed(let type):
            inner = "<failure message=\"\(message)\" type=\"\(type)\">\(XMLText.escaped(entry.text))</failure>"
        case .broken(let type):
            inner = "<error message=\"\(message)\" type=\"\(type)\">\(XMLText.escaped(entry.text))</error>"
        }
        return "\(start)>\n      \(inner)\n    </testcase>\n"
    }

    private func entries(_ result: SuiteResult) -> [Entry] {
        guard !result.runs.isEmpty else {
            return [Entry(name: "run", seconds: 0, fate: .skipped, message: "the suite ended before")]
        }
        var entries: [Entry] = []
        for (number, run) in result.runs.enumerated() {
            let suffix = result.runs.count > 1 ? " (run \(number + 1), seed \(run.seed))" : ""
            entries += self.entries(result.test, run, suffix)
        }
        if let flakiness = result.flakiness {
            let (one, other) = (flakiness.one, flakiness.other)
            entries.append(
                Entry(
                    name: "one verdict in all runs", seconds: 0, fate: .failed(type: "flaky"),
                    message: "\(one.verdict.rawValue) with seed \(one.seed), "
                        + "\(other.verdict.rawValue) with seed \(other.seed)",
                    text: "\(result.test.replay(one))\n\(result.test.replay(other))"))
        }
        return entries
    }

    private func entries(_ test: SuiteCase, _ run: SuiteRun, _ suffix: String) -> [Entry] {
        let again = test.replay(run)
        let isJudged = [SuiteVerdict.pass, .fail, .unknown].contains(run.verdict)
        guard isJudged, let summary = run.summary, !summary.assertions.isEmpty else {
            var entry = Entry(name: "run" + suffix, seconds: run.seconds)
            switch run.verdict {
            case .pass: return [entry]
            case .skipped, .interrupted: entry.fate = .skipped
            case .fail, .unknown: entry.fate = .failed(type: run.verdict.rawValue)
            default: entry.fate = .broken(type: run.verdict.rawValue)
            }
            entry.message = run.problems.first?.text ?? run.message
            entry.text = (run.problems.map(\.text) + [run.message, "again: \(again)"]).joined(separator: "\n")
            return [entry]
        }
        // An assertion has no time of its own: each carries its share of the run's.
        let share = run.seconds / Double(summary.assertions.count)
        var names: [String: Int] = [:]
        return summary.assertions.map { assertion in
            // No line in the name: a CI system that knows a test by its name would lose its past with each edit above it.
            var name = assertion.title
            names[name, default: 0] += 1
            if let count = names[name], count > 1 { name += " #\(count)" }
            var entry = Entry(name: name + suffix, seconds: share)
            guard assertion.verdict != "pass" else { return entry }
            entry.fate = .failed(type: assertion.verdict == "fail" ? "violated" : assertion.verdict)
            let details = assertion.details()
            entry.message = details.first ?? assertion.verdict
            let place = assertion.line.map { ["\(test.path):\($0)"] } ?? []
            entry.text = (place + details + ["again: \(again)"]).joined(separator: "\n")
            return entry
        }
    }

    private func output(_ result: SuiteResult) -> String {
        var text = ""
        for run in result.runs where text.count < Self.outputLimit {
            for warning in run.summary?.warnings ?? [] { text += "warning: \(warning)\n" }
            guard !run.output.isEmpty else { continue }
            if let folder = run.folder { text += "files: \(folder)\n" }
            text += run.output.prefix(max(0, Self.outputLimit - text.count)) + "\n"
        }
        return text
    }
}

/// Text that may stand in XML 1.0, in an attribute too.
enum XMLText {
    /// Escape sequences of terminals and characters that XML cannot hold are left out.
    static func escaped(_ text: String) -> String {
        var result = ""
        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\u{1B}":
                guard scalars.first == "[" else { continue }
                scalars = scalars.drop { !("@"..."Z" ~= $0 || "a"..."~" ~= $0) }.dropFirst()
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case " "..."~", "\u{A0}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"...:
                result.unicodeScalars.append(scalar)
            default: break
            }
        }
        return result
    }
}
