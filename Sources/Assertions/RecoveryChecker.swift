import ClusterModel
import History

/// `recovery:` — calls succeed again, and go on doing so, at most so long after a fault has ended.
struct RecoveryChecker {
    let judgement: Judgement
    let scope: CallScope
    let within: Duration
    /// The name or text of one fault; `nil`: each.
    let after: String?

    private var timeline: RunTimeline { judgement.ledger.timeline }

    /// How calls ended, in the order of their ends.
    private struct Ends {
        var failures: [(time: Int64, call: Int32)] = []
        var successes: [Int64] = []
        /// Successes, and the application's own errors: both show that it answers.
        var answers: [(time: Int64, start: Int64)] = []
    }

    func result() -> AssertionResult {
        var result = AssertionResult(
            title: Assertion.recovery(scope, within: within, after: after).title, verdict: .unknown, scope: scope)
        let spans = timeline.faults.filter { $0.to < timeline.closing && (after == nil || isNamed($0)) }
        guard !spans.isEmpty else {
            result.explanation = after.map { "no fault \($0) has ended" } ?? "no fault has ended"
            return result
        }
        let ends = ends()
        var accounts: [RecoveryAccount] = []
        var blamed: [Int32] = []
        for end in Set(spans.map(\.to)).sorted() {
            // A fault that is still on may be what makes calls fail.
            if after == nil, timeline.faults.contains(where: { $0.from <= end && $0.to > end }) { continue }
            let names = spans.filter { $0.to == end }.map(\.text)
            accounts.append(judge(end, names.joined(separator: ", "), ends, &blamed))
        }
        result.measure = .recovery(accounts)
        guard !accounts.isEmpty else {
            result.explanation = "whenever a fault ended, another was on"
            return result
        }
        let failed = accounts.filter { $0.verdict == .fail }
        let unknown = accounts.filter { $0.verdict == .unknown }
        judgement.judgeNumber(&result, reasons: reasons(failed))
        if failed.isEmpty, !unknown.isEmpty {
            result.verdict = .unknown
            result.explanation = reasons(unknown).joined(separator: ", ")
        }
        if !failed.isEmpty {
            let writer = CallPathWriter(ledger: judgement.ledger)
            result.examples = blamed.prefix(Example.limit).map { writer.example(.failed, $0) }
        }
        return result
    }

    private func isNamed(_ span: RunTimeline.FaultSpan) -> Bool { span.name == after || span.text == after }

    private func reasons(_ accounts: [RecoveryAccount]) -> [String] {
        let shown = accounts.prefix(3).map {
            "\($0.fault), ended after \(Duration.nanoseconds($0.ended).text): \($0.reason)"
        }
        return accounts.count > 3 ? shown + ["and \(accounts.count - 3) more"] : shown
    }

    private func ends() -> Ends {
        let calls = judgement.ledger.calls.calls
        var ends = Ends()
        for number in CallSelection(scope, judgement.ledger, judgement.topology).calls {
            let fact = calls[Int(number)]
            guard fact.hasEnded else { continue }
            switch fact.outcome {
            case .success:
                ends.successes.append(fact.end)
                ends.answers.append((fact.end, fact.start))
            case .error: ends.answers.append((fact.end, fact.start))
            case .unknown, .notExecuted: ends.failures.append((fact.end, number))
            case nil: break
            }
        }
        ends.failures.sort { ($0.time, $0.call) < ($1.time, $1.call) }
        ends.successes.sort()
        ends.answers.sort { $0 < $1 }
        return ends
    }

    // MARK: - One fault's end

    private func judge(_ end: Int64, _ fault: String, _ ends: Ends, _ blamed: inout [Int32]) -> RecoveryAccount {
        var account = RecoveryAccount(fault: fault, ended: end.subtractingSaturated(timeline.origin), verdict: .unknown)
        // What happens once the next fault is on is not this one's.
        let until = timeline.faults.map(\.from).filter { $0 > end }.min() ?? timeline.closing
        let deadline = end.addingSaturated(within.nanoseconds)
        let firstFailure = ends.failures.partition { $0.time > end }
        let failures = ends.failures[firstFailure..<max(firstFailure, ends.failures.partition { $0.time > until })]
        let calm = failures.last?.time ?? end
        let success = ends.successes.partition { $0 > calm }
        let isAnswered = success < ends.successes.count && ends.successes[success] <= until

        if isAnswered {
            let answer = ends.answers[ends.answers.partition { $0.time > calm }]
            let time = Duration.nanoseconds(answer.time.subtractingSaturated(end))
            account.after = time
            if answer.time <= deadline {
                account.verdict = .pass
            } else if failures.isEmpty, answer.start > deadline {
                account.reason = "no call was made in the \(within.text) after it"
            } else {
                account.verdict = .fail
                account.reason = "calls succeeded again after \(time.text)"
            }
        } else if failures.isEmpty {
            account.reason = "no call succeeded or failed after it"
        } else if min(until, timeline.end) < deadline {
            account.reason = "calls still failed when the \(until < timeline.closing ? "next fault" : "run's end") came"
        } else {
            account.verdict = .fail
            account.reason = "calls never succeeded again"
        }
        if account.verdict == .fail { blamed += failures.prefix(Example.limit).map(\.call) }
        return account
    }
}

extension Array {
    /// The first index whose element fits, in an array in which all that fit come last.
    fileprivate func partition(_ fits: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if fits(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
