import ClusterModel

/// `throughput:` — calls that succeed a second, from the start of the first call to the end of the last.
struct ThroughputChecker {
    let judgement: Judgement
    let scope: CallScope
    let condition: Condition

    func result() -> AssertionResult {
        var result = AssertionResult(
            title: Assertion.throughput(scope, condition).title, verdict: .unknown, scope: scope)
        let selection = CallSelection(scope, judgement.ledger, judgement.topology)
        var first = Int64.max
        var last = Int64.min
        var succeeded = 0
        for number in selection.calls {
            let fact = judgement.ledger.calls.calls[Int(number)]
            guard fact.hasEnded else { continue }
            first = min(first, fact.start)
            last = max(last, fact.end)
            if fact.outcome == .success { succeeded += 1 }
        }
        guard last > first else {
            result.explanation =
                selection.calls.contains { _ in true } ? "too few calls ended to tell a rate" : selection.emptiness
            return result
        }
        let account = ThroughputAccount(
            succeeded: succeeded, elapsed: .nanoseconds(last.subtractingSaturated(first)))
        result.measure = .throughput(account)
        let holds = condition.holds(for: account.perSecond)
        let rate = "\(Rate(perSecond: account.perSecond)), expected \(condition)/s"
        judgement.judgeNumber(&result, reasons: holds ? [] : [rate])
        return result
    }
}
