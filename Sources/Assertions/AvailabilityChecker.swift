import ClusterModel

/// `availability:` — the share of calls that succeed. Calls in flight when the run was cut are neither; calls that
/// their caller's death left open did not succeed.
struct AvailabilityChecker {
    let judgement: Judgement
    let scope: CallScope
    let condition: Condition

    func result() -> AssertionResult {
        var result = AssertionResult(
            title: Assertion.availability(scope, condition).title, verdict: .unknown, scope: scope)
        let ledger = judgement.ledger
        let selection = CallSelection(scope, ledger, judgement.topology)
        var account = AvailabilityAccount(succeeded: 0, calls: 0)
        var failed: [Int32] = []
        var inFlight = 0
        for number in selection.calls {
            switch ledger.calls.calls[Int(number)].outcome {
            case nil: inFlight += 1
            case .success:
                account.calls += 1
                account.succeeded += 1
            case .error, .notExecuted, .unknown:
                account.calls += 1
                if failed.count < Example.limit { failed.append(number) }
            }
        }
        if inFlight > 0 {
            result.notes.append("\(counted(inFlight, "call")) in flight when the run was cut: not counted")
        }
        guard account.calls > 0 else {
            result.explanation = inFlight > 0 ? "no call has ended" : selection.emptiness
            return result
        }
        result.measure = .availability(account)
        let holds = condition.holds(forShare: account.share)
        let reason =
            "\(account.succeeded) of \(counted(account.calls, "call")) succeeded (\(Share(account.share))), "
            + "expected \(condition.percent)"
        judgement.judgeNumber(&result, reasons: holds ? [] : [reason])
        if !holds {
            let writer = CallPathWriter(ledger: ledger)
            result.examples = failed.map { writer.example(.failed, $0) }
        }
        return result
    }
}
