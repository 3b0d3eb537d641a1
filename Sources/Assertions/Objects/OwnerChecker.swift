import ClusterModel
import History

/// `owner: single` — no object is ever served by two hosts. `docs/verdicts.md` (Objects) says what proves that.
struct OwnerChecker {
    let judgement: Judgement
    let name: String?

    private var ledger: Ledger { judgement.ledger }
    private var writer: ObjectPathWriter { ObjectPathWriter(ledger: ledger) }

    private struct Tally {
        var executions = 0
        var failures: [String] = []
        var doubts: [String] = []
        var examples: [Example] = []
        /// Executions that a stale owner stopped, or whose result reached nobody.
        var withheld = 0
        /// Lives of hosts that did not know that they had lost an object, and the longest time.
        var believers = 0
        var longest: Int64 = 0
    }

    /// The first sign that a host serves an object at an epoch.
    fileprivate struct Takeover {
        var time: Int64
        var epoch: UInt64
        var process: Int32
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.owner(name).title, verdict: .unknown)
        let selection = ObjectSelection(name, ledger.objects, judgement.topology)
        var tally = Tally()
        let objects = selection.objects
        for object in objects { judge(object, &tally) }
        if tally.executions == 0 {
            tally.doubts.append(objects.isEmpty ? selection.emptiness : "nothing was executed in an object")
        }
        if ledger.timeline.drained == nil { tally.doubts.append("the run ended before its drain") }
        if judgement.isIncomplete { tally.doubts.append(judgement.incompleteness) }
        result.verdict = !tally.failures.isEmpty ? .fail : !tally.doubts.isEmpty ? .unknown : .pass
        result.explanation = listed(tally.failures.isEmpty ? tally.doubts : tally.failures)
        result.examples = tally.examples
        if tally.withheld > 0 {
            result.notes.append(
                "\(counted(tally.withheld, "execution")) at a host that had lost the object meanwhile: "
                    + "stopped, or the reply reached nobody")
        }
        if tally.believers > 0 {
            result.notes.append(
                "\(counted(tally.believers, "time")) a host did not know yet that it had lost an object, "
                    + "for at most \(Duration.nanoseconds(tally.longest).text), and executed nothing that counts")
        }
        return result
    }

    private func judge(_ object: Int32, _ tally: inout Tally) {
        let takeovers = takeovers(object)
        judgeEpochs(object, takeovers, &tally)
        // Nobody to share it with.
        let isShared = takeovers.contains { $0.process != takeovers[0].process }
        let records = isShared ? Record.prefixes(takeovers) : []
        for number in ledger.objects.executionsOfObject[object] {
            tally.executions += 1
            guard isShared else { continue }
            let fact = ledger.objects.executions[Int(number)]
            judge(fact, ledger.calls.executions[Int(fact.execution)], takeovers, records, &tally)
        }
        if isShared { findBelievers(object, takeovers, &tally) }
    }

    private func takeovers(_ object: Int32) -> [Takeover] {
        var first: [UInt64: [Int32: Int64]] = [:]
        func add(_ epoch: UInt64, _ process: Int32, _ time: Int64) {
            first[epoch, default: [:]][process] = min(first[epoch]?[process] ?? .max, time)
        }
        for change in ledger.objects.changes(of: object) where change.kind.begins {
            add(change.epoch, change.life.process, change.time)
        }
        for number in ledger.objects.executionsOfObject[object] {
            let fact = ledger.objects.executions[Int(number)]
            let execution = ledger.calls.executions[Int(fact.execution)]
            add(fact.epoch, execution.process, execution.time)
        }
        return first.flatMap { epoch, hosts in hosts.map { Takeover(time: $1, epoch: epoch, process: $0) } }
            .sorted { ($0.time, $0.epoch, $0.process) < ($1.time, $1.epoch, $1.process) }
    }

    // MARK: - Two hosts at one epoch

    private func judgeEpochs(_ object: Int32, _ takeovers: [Takeover], _ tally: inout Tally) {
        var owners: [UInt64: Int32] = [:]
        for takeover in takeovers {
            guard let owner = owners[takeover.epoch] else {
                owners[takeover.epoch] = takeover.process
                continue
            }
            let hosts = "\(writer.name(owner)) and \(writer.name(takeover.process))"
            tally.failures.append("\(ledger.objects.ids[object]): \(hosts) both served epoch \(takeover.epoch)")
            show(object, [], &tally)
            return
        }
    }

    // MARK: - One execution

    private func judge(
        _ fact: ObjectExecutionFact, _ execution: ExecutionFact, _ takeovers: [Takeover], _ records: [Record],
        _ tally: inout Tally
    ) {
        let before = takeovers.firstIndex(after: execution.time, orAt: true)
        let earlier = before == 0 ? nil : records[before - 1].best(without: execution.process)
        if let earlier, earlier.epoch > fact.epoch {
            switch execution.result {
            // The owner found out before anything came of it.
            case .info, .invoke: tally.withheld += 1
            case nil: tally.doubts.append(text(fact, execution, earlier) + ", and no end of it is recorded")
            case .ok, .fail:
                tally.failures.append(text(fact, execution, earlier))
                show(fact.object, [fact.execution], &tally)
            }
            return
        }
        guard execution.result == .ok || execution.result == .fail else { return }
        var index = takeovers.firstIndex(after: execution.time, orAt: false)
        while index < takeovers.count, takeovers[index].time < execution.end {
            let later = takeovers[index]
            index += 1
            guard later.epoch > fact.epoch, later.process != execution.process else { continue }
            switch answered(execution) {
            case true?:
                tally.failures.append(overlap(fact, execution, later))
                show(fact.object, [fact.execution], &tally)
            case false?: tally.withheld += 1
            case nil: tally.doubts.append(overlap(fact, execution, later, doubtful: true))
            }
            return
        }
    }

    /// Whether a caller got the result of this very execution; `nil`: nothing tells.
    private func answered(_ execution: ExecutionFact) -> Bool? {
        guard execution.call >= 0, ledger.calls.calls[Int(execution.call)].isKnown else { return nil }
        let call = ledger.calls.calls[Int(execution.call)]
        guard call.hasEnded, call.outcome == .success || call.outcome == .error else { return false }
        let completed = ledger.calls.executionsOfCall[execution.call].count {
            let result = ledger.calls.executions[Int($0)].result
            return result == .ok || result == .fail
        }
        return completed == 1 ? true : nil
    }

    private func text(_ fact: ObjectExecutionFact, _ execution: ExecutionFact, _ earlier: Takeover) -> String {
        "\(ledger.objects.ids[fact.object]): \(writer.name(execution.process)) began to execute at epoch "
            + "\(fact.epoch) after \(writer.when(execution.time)), when \(writer.name(earlier.process)) had served "
            + "epoch \(earlier.epoch) since \(writer.when(earlier.time))"
    }

    private func overlap(
        _ fact: ObjectExecutionFact, _ execution: ExecutionFact, _ later: Takeover, doubtful: Bool = false
    ) -> String {
        let answer = doubtful ? "perhaps answered" : "answered"
        return "\(ledger.objects.ids[fact.object]): \(writer.name(execution.process)) \(answer) at epoch "
            + "\(fact.epoch) after \(writer.when(execution.end)), when \(writer.name(later.process)) had served "
            + "epoch \(later.epoch) since \(writer.when(later.time))"
    }

    private func show(_ object: Int32, _ executions: [Int32], _ tally: inout Tally) {
        guard tally.examples.count < Example.limit else { return }
        tally.examples.append(writer.example(.twoOwners, object, executions: executions))
    }

    // MARK: - Those that did not know

    private func findBelievers(_ object: Int32, _ takeovers: [Takeover], _ tally: inout Tally) {
        var serving: [ProcessLife: (epoch: UInt64, from: Int64)] = [:]
        func end(_ life: ProcessLife, _ time: Int64) {
            guard let (epoch, from) = serving.removeValue(forKey: life) else { return }
            var index = takeovers.firstIndex(after: from, orAt: false)
            while index < takeovers.count, takeovers[index].time < time {
                let other = takeovers[index]
                index += 1
                guard other.epoch > epoch, other.process != life.process else { continue }
                tally.believers += 1
                tally.longest = max(tally.longest, time.subtractingSaturated(other.time))
                return
            }
        }
        for change in ledger.objects.changes(of: object) {
            end(change.life, change.time)
            if change.kind.begins { serving[change.life] = (change.epoch, change.time) }
        }
        // A dead host believes nothing.
        for life in Array(serving.keys) where ledger.objects.lives.end(of: life) == .max {
            end(life, ledger.timeline.end)
        }
    }

    /// The highest epoch begun so far, and the highest of any other host than that one's.
    private struct Record {
        var best: Takeover
        var other: Takeover?

        static func prefixes(_ takeovers: [Takeover]) -> [Record] {
            var records: [Record] = []
            records.reserveCapacity(takeovers.count)
            for takeover in takeovers {
                guard var record = records.last else {
                    records.append(Record(best: takeover))
                    continue
                }
                if takeover.process == record.best.process {
                    if takeover.epoch > record.best.epoch { record.best = takeover }
                } else if takeover.epoch > record.best.epoch {
                    record.other = record.best
                    record.best = takeover
                } else if takeover.epoch > record.other?.epoch ?? 0 {
                    record.other = takeover
                }
                records.append(record)
            }
            return records
        }

        func best(without process: Int32) -> Takeover? { best.process == process ? other : best }
    }
}

extension [OwnerChecker.Takeover] {
    /// - Parameter orAt: the first at or after the time; otherwise the first after it.
    fileprivate func firstIndex(after time: Int64, orAt: Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].time > time || (orAt && self[middle].time == time) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}
