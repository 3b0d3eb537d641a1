import ClusterModel
import History

/// `calls: maybe | at-least-once | at-most-once | exactly-once`: the executions of each call, from the servers' records
/// or the links, against its outcome, from its caller's. `CallRules` has what each guarantee allows.
struct CallChecker {
    let judgement: Judgement
    let guarantee: CallGuarantee
    let scope: CallScope

    private var ledger: Ledger { judgement.ledger }

    /// What speaks against one call.
    private enum Finding: CaseIterable {
        case executedAgain, contradicted, phantom, missing, refused

        var kind: Example.Kind {
            switch self {
            case .executedAgain: .executedAgain
            case .contradicted: .contradicted
            case .phantom, .missing, .refused: .missing
            }
        }

        func text(_ count: Int) -> String {
            switch self {
            case .executedAgain: "\(counted(count, "call")) executed more than once"
            case .contradicted: "\(counted(count, "call")) executed although the caller was told that it was not"
            case .phantom: "\(counted(count, "call")) answered although never executed"
            case .missing: "\(counted(count, "call")) never executed"
            case .refused: "\(counted(count, "call")) not executed, as the caller was told"
            }
        }
    }

    private struct Tally {
        var account: CallAccount
        var methods: [Int32: CallAccount.Method] = [:]
        var judged = 0
        var findings: [Finding: (count: Int, proven: Int)] = [:]
        var undecided = 0
        var untold = 0
        var examples: [Example] = []
        var shown: [Example.Kind: Int] = [:]
        var durations: [Int64] = []
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.calls(guarantee, scope).title, verdict: .unknown, scope: scope)
        let selection = CallSelection(scope, ledger, judgement.topology)
        var tally = Tally(account: CallAccount(guarantee: guarantee))
        for number in selection.calls { add(number, &tally) }
        let strangers = ledger.calls.strangers.filter { selection.includes(ledger.calls.executions[Int($0)]) }
        let unattributed = ledger.calls.unattributed.count { selection.includes(ledger.calls.executions[Int($0)]) }
        tally.account.counts.unexpectedExecutions = strangers.count
        let writer = CallPathWriter(ledger: ledger)
        tally.examples += strangers.prefix(Example.limit).map { writer.stranger($0) }

        var failures: [String] = []
        var doubts: [String] = []
        for finding in Finding.allCases {
            guard let found = tally.findings[finding] else { continue }
            if found.proven > 0 { failures.append(finding.text(found.proven)) }
            if found.count > found.proven { doubts.append("\(finding.text(found.count - found.proven)) so far") }
        }
        if !strangers.isEmpty {
            let what = "\(counted(strangers.count, "execution")) of calls that nobody was seen to make"
            if judgement.isIncomplete { doubts.append(what) } else { failures.append(what) }
        }
        if tally.untold > 0 { doubts.append("\(counted(tally.untold, "caller")) never learned the outcome") }
        if tally.undecided > 0 {
            doubts.append("the executions of \(counted(tally.undecided, "call")) are not known exactly")
        }
        if unattributed > 0 { doubts.append("\(counted(unattributed, "execution")) told nothing of their call") }
        if tally.judged == 0 { doubts.append(nothingJudged(tally, selection)) }
        if ledger.timeline.drained == nil { doubts.append("the run ended before its drain") }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }

        result.verdict = !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass
        result.explanation = (failures.isEmpty ? doubts : failures).joined(separator: ", ")
        if tally.methods.count > 1 {
            tally.account.methods = tally.methods.sorted { $0.key < $1.key }.map(\.value)
        }
        result.calls = tally.account
        if !tally.durations.isEmpty {
            let leftOut = tally.account.counts.calls - tally.durations.count
            result.measure = .latency(LatencyAccount(tally.durations, leftOut: leftOut))
        }
        result.notes = notes(tally)
        result.examples = tally.examples
        return result
    }

    private func nothingJudged(_ tally: Tally, _ selection: CallSelection) -> String {
        let counts = tally.account.counts
        if counts.calls == 0 { return selection.emptiness }
        if counts.inFlight == counts.calls { return "no call has ended" }
        return "no caller learned an outcome, and \(guarantee.rawValue) allows anything then"
    }

    private func notes(_ tally: Tally) -> [String] {
        let counts = tally.account.counts
        var notes: [String] = []
        if counts.inFlight > 0 {
            notes.append("\(counted(counts.inFlight, "call")) in flight when the run was cut: not judged")
        }
        if counts.executions < counts.executionsAtMost {
            notes.append("a server that records nothing, or that died: executions are known as bounds")
        }
        return notes
    }

    // MARK: - One call

    private func add(_ number: Int32, _ tally: inout Tally) {
        let fact = ledger.calls.calls[Int(number)]
        let column = CallTable.Column(fact.executions)
        count(number, fact, &tally.account.counts)
        tally.account.table[fact.outcome, column] += 1
        if fact.method >= 0 {
            if tally.methods[fact.method] == nil {
                let name = ledger.calls.methods[fact.method].replacing("/", with: ".")
                tally.methods[fact.method] = CallAccount.Method(name: name)
            }
            count(number, fact, &tally.methods[fact.method]!.counts)
            tally.methods[fact.method]!.table[fact.outcome, column] += 1
        }
        if fact.outcome == .success { tally.durations.append(fact.duration) }
        judge(number, fact, &tally)
    }

    private func count(_ number: Int32, _ fact: CallFact, _ counts: inout CallCounts) {
        counts.calls += 1
        counts.count(fact.outcome)
        counts.attempts += Int(fact.attempts)
        counts.executions += fact.executions.least
        counts.executionsAtMost += fact.executions.most
        counts.executedAgain += max(0, fact.executions.least - 1)
        if fact.isUnexpected { counts.unexpectedReplies += 1 }
        for duplicate in ledger.calls.duplicatesOfCall[number] {
            switch ledger.calls.duplicates[Int(duplicate)].action {
            case .attached: counts.attached += 1
            case .resent: counts.resent += 1
            case .stale: counts.stale += 1
            case .tableFull: counts.tableFull += 1
            case .serverRestarted: counts.serverRestarted += 1
            case .deadline: counts.deadline += 1
            case .overloaded: counts.overloaded += 1
            case .recovered: break
            }
        }
    }

    private func judge(_ number: Int32, _ fact: CallFact, _ tally: inout Tally) {
        let verdict = guarantee.verdict(fact.outcome, fact.executions)
        switch verdict {
        case .fail:
            tally.judged += 1
            let finding = finding(fact)
            tally.findings[finding, default: (0, 0)].count += 1
            let isProven = isProven(finding)
            if isProven { tally.findings[finding, default: (0, 0)].proven += 1 }
            show(isProven ? finding.kind : .undecided, number, &tally)
        case .pass:
            // Where nobody knows what became of a call, the weak guarantees allow anything: nothing was judged.
            if guarantee.verdict(fact.outcome, ExecutionBounds.anything) != .pass { tally.judged += 1 }
        case .unknown:
            // In flight, it is not judged, unless a second execution is possible already.
            if fact.outcome == nil, !(guarantee.forbidsMore && fact.executions.most > 1) { return }
            if fact.outcome != nil { tally.judged += 1 }
            if fact.outcome == .unknown, fact.executions == .once {
                tally.untold += 1
            } else {
                tally.undecided += 1
            }
            show(.undecided, number, &tally)
        }
    }

    private func finding(_ fact: CallFact) -> Finding {
        if fact.outcome == .notExecuted { return fact.executions.least > 0 ? .contradicted : .refused }
        if fact.executions.least > 1 { return .executedAgain }
        return fact.outcome == .success || fact.outcome == .error ? .phantom : .missing
    }

    /// What was seen, or said by the caller, stays proven. That something was *not* executed is proven only where all
    /// evidence is there and, as long as a copy of it may be on its way, by the end of the drain.
    private func isProven(_ finding: Finding) -> Bool {
        switch finding {
        case .executedAgain, .contradicted, .refused: true
        case .phantom: !judgement.isIncomplete
        case .missing: !judgement.isIncomplete && ledger.timeline.drained != nil
        }
    }

    private func show(_ kind: Example.Kind, _ number: Int32, _ tally: inout Tally) {
        guard tally.shown[kind, default: 0] < Example.limit else { return }
        tally.shown[kind, default: 0] += 1
        tally.examples.append(CallPathWriter(ledger: ledger).example(kind, number))
    }
}
