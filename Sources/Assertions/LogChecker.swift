import ClusterModel

/// `log:`: how many lines of a node's log, over all its processes, contain a text or match a regular expression.
struct LogChecker {
    let judgement: Judgement
    let name: String
    let contains: String?
    let matches: String?
    let count: Condition

    func result() -> AssertionResult {
        var result = AssertionResult(title: "log: \(name)", verdict: .unknown)
        let instances = judgement.topology.node(named: name)?.instances ?? [name]
        let logs = instances.compactMap { judgement.logs[$0] }
        guard !logs.isEmpty else {
            result.explanation = "no log of \(name) was captured"
            return result
        }
        var pattern: Regex<AnyRegexOutput>?
        if let matches {
            do {
                pattern = try Regex(matches)
            } catch {
                result.explanation = "`\(matches)` is no regular expression"
                return result
            }
        }
        var found: [String] = []
        var number = 0
        for line in logs.joined() where fits(line, pattern) {
            number += 1
            if found.count < 3 { found.append(line) }
        }
        let holds = count.holds(for: Double(number))
        // A log that is missing may hold more lines.
        let whole = logs.count == instances.count
        result.verdict = holds ? (whole ? .pass : .unknown) : (whole ? .fail : .unknown)
        let what = contains.map { "`\($0)`" } ?? matches.map { "/\($0)/" } ?? "any line"
        result.explanation = "\(counted(number, "line")) with \(what)" + (holds ? "" : ", expected \(count)")
        if !holds {
            if let first = found.first {
                result.explanation += "; for example: \(first.prefix(120))"
            } else if let last = logs.joined().reversed().first(where: { !$0.isEmpty }) {
                result.explanation += "; its last line: \(last.prefix(120))"
            }
        }
        if !whole { result.explanation += "; the log of a replica is missing" }
        return result
    }

    private func fits(_ line: String, _ pattern: Regex<AnyRegexOutput>?) -> Bool {
        if let contains, !line.contains(contains) { return false }
        if let pattern { return line.firstMatch(of: pattern) != nil }
        return true
    }
}
