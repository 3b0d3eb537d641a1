import ClusterModel

/// `latency:` — how long successful calls take, from the moment they were due to their answer.
struct LatencyChecker {
    let judgement: Judgement
    let scope: CallScope
    let bounds: [LatencyBound]

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.latency(scope, bounds).title, verdict: .unknown, scope: scope)
        let ledger = judgement.ledger
        let selection = CallSelection(scope, ledger, judgement.topology)
        var durations: [Int64] = []
        var slowest = Slowest()
        var all = 0
        for number in selection.calls {
            all += 1
            let fact = ledger.calls.calls[Int(number)]
            guard fact.outcome == .success else { continue }
            durations.append(fact.duration)
            slowest.add(number, fact.duration)
        }
        guard !bounds.isEmpty else {
            result.explanation = "it names no bound"
            return result
        }
        guard !durations.isEmpty else {
            result.explanation = all == 0 ? selection.emptiness : "none of \(counted(all, "call")) succeeded"
            return result
        }
        let account = LatencyAccount(durations, leftOut: all - durations.count, bounds: bounds)
        result.measure = .latency(account)
        if account.leftOut > 0 {
            result.notes.append("\(counted(account.leftOut, "call")) that did not succeed: not measured")
        }
        let broken = account.values.filter { !$0.holds }
        let reasons = broken.map { "\($0.name) is \($0.duration.text), expected \($0.bound)" }
        judgement.judgeNumber(&result, reasons: reasons)
        if !broken.isEmpty {
            let writer = CallPathWriter(ledger: ledger)
            // A call that keeps to all bounds by itself is no example of one that is broken.
            let names = Set(broken.map(\.name))
            let guilty = slowest.calls.filter { call in
                bounds.contains { names.contains($0.name) && !$0.holds(.nanoseconds(call.duration)) }
            }
            result.examples = guilty.map { writer.example(.slow, $0.number) }
        }
        return result
    }

    /// The slowest calls, the slowest first.
    private struct Slowest {
        private(set) var calls: [(number: Int32, duration: Int64)] = []

        mutating func add(_ number: Int32, _ duration: Int64) {
            if calls.count == Example.limit, duration <= calls[calls.count - 1].duration { return }
            let place = calls.firstIndex { $0.duration < duration } ?? calls.count
            calls.insert((number, duration), at: place)
            if calls.count > Example.limit { calls.removeLast() }
        }
    }
}

extension Judgement {
    /// The verdict on a number. Over evidence that is not whole, or a run that was cut short, no number passes; over
    /// evidence that is not whole none is proven wrong either.
    /// - Parameter reasons: why it does not hold; empty where it does.
    func judgeNumber(_ result: inout AssertionResult, reasons: [String]) {
        result.explanation = reasons.joined(separator: ", ")
        if isIncomplete {
            result.verdict = .unknown
            result.explanation = (reasons + [incompleteness]).joined(separator: ", ")
        } else if !reasons.isEmpty {
            result.verdict = .fail
        } else if ledger.timeline.drained == nil {
            result.verdict = .unknown
            result.explanation = "the run ended before its drain"
        } else {
            result.verdict = .pass
        }
    }
}

extension Condition {
    /// Shares are quotients and percentages: what differs in the last bits only is the same.
    func holds(forShare share: Double) -> Bool { holds(for: (share - bound).magnitude < 1e-12 ? bound : share) }
}
