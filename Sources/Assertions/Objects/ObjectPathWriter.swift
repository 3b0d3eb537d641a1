import ClusterModel
import History

/// Tells the life of one object, for the examples of a report.
struct ObjectPathWriter {
    let ledger: Ledger

    private var objects: ObjectLedger { ledger.objects }

    /// Of the processes that served it or (with `references`) held it, the ends that were noted are steps, too.
    ///
    /// - Parameters:
    ///   - executions: numbers in `CallLedger.executions`; others are left out.
    ///   - call: one whose outcome is the last step.
    ///   - window: what happened outside of it is left out.
    func example(
        _ kind: Example.Kind, _ object: Int32, executions: [Int32] = [], call: Int32? = nil,
        window: ClosedRange<Int64> = Int64.min...Int64.max, references: Bool = false
    ) -> Example {
        var steps: [Example.Step] = []
        var lives: Set<ProcessLife> = []
        for number in objects.changesOfObject[object] {
            let fact = objects.changes[Int(number)]
            if window.contains(fact.time) { steps.append(step(fact.time, text(fact))) }
            lives.insert(fact.life)
        }
        if references {
            for number in objects.referencesOfObject[object] {
                let fact = objects.references[Int(number)]
                if window.contains(fact.time) { steps.append(step(fact.time, text(fact))) }
                lives.insert(fact.holder)
            }
        }
        for life in lives {
            let end = objects.lives.end(of: life)
            guard end < ledger.timeline.closing, window.contains(end) else { continue }
            steps.append(step(end, "\(name(life.process)) ended"))
        }
        for number in executions { add(&steps, number) }
        if let call { steps.append(outcome(of: call)) }
        return Example(kind: kind, message: objects.ids[object], path: PathWriter.ordered(steps))
    }

    func name(_ process: Int32) -> String { process < 0 ? "someone" : ledger.processes[process] }

    func when(_ time: Int64) -> String { Duration.nanoseconds(time.subtractingSaturated(ledger.timeline.origin)).text }

    func step(_ time: Int64, _ text: String) -> Example.Step {
        Example.Step(time: time.subtractingSaturated(ledger.timeline.origin), text: text)
    }

    // MARK: - Words

    private func text(_ fact: ObjectChangeFact) -> String {
        let host = name(fact.life.process)
        let peer = name(fact.peer)
        let epoch = "epoch \(fact.epoch)"
        let why = fact.reason < 0 ? "" : " (\(objects.reasons[fact.reason]))"
        return switch fact.kind {
        case .created: "created at \(host), \(epoch)"
        case .draining: "\(host) lets invocations wait: it is to move to \(peer)"
        case .resumed: "\(host) gave the migration up and serves on, \(epoch)\(why)"
        case .activated: "\(host) serves it, \(epoch), after \(peer)"
        case .moved: "\(host) knows that it has moved to \(peer)"
        case .recovered: "\(host) serves it again from its store, \(epoch)"
        case .restored: "\(host) serves it from a snapshot, \(epoch)"
        case .collected: "collected at \(host)"
        case .fenced: "\(host) serves it no more, its lease was over\(why)"
        case .ended: "\(host) stopped, and the object with it"
        }
    }

    private func text(_ fact: ReferenceFact) -> String {
        let holder = name(fact.holder.process)
        return switch fact.kind {
        case .held: "\(holder) holds a reference"
        case .released: "\(holder) holds none any more"
        case .expired: "\(holder) gave its reference up: its lease was over"
        case .listed: "the owner listed \(holder) as a holder"
        case .unlisted: "the owner took \(holder) off its list"
        case .lapsed: "the owner took \(holder) off its list: its lease was over"
        }
    }

    private func add(_ steps: inout [Example.Step], _ number: Int32) {
        let fact = ledger.calls.executions[Int(number)]
        let host = name(fact.process)
        let call = fact.call < 0 ? "an invocation" : ledger.calls.name(of: fact.call)
        steps.append(step(fact.time, "\(host) began to execute \(call)"))
        guard let result = fact.result else { return }
        let text =
            switch result {
            case .ok, .invoke: "ended well"
            case .fail: "ended with \(GRPCStatus.name(fact.code))"
            case .info: "was stopped part-way"
            }
        steps.append(step(fact.end, "\(call) at \(host) \(text)"))
        guard fact.call >= 0, ledger.calls.calls[Int(fact.call)].hasEnded else { return }
        steps.append(outcome(of: fact.call))
    }

    private func outcome(of call: Int32) -> Example.Step {
        let fact = ledger.calls.calls[Int(call)]
        let why = fact.reason < 0 ? "" : " (\(ledger.calls.reasons[fact.reason].prefix(80)))"
        return step(
            fact.end,
            "outcome of \(ledger.calls.name(of: call)) at \(name(fact.caller)): "
                + "\(fact.outcome?.rawValue ?? "unknown")\(why)")
    }
}

/// At most so many, in one sentence.
func listed(_ items: [String], limit: Int = 3, separator: String = "; ") -> String {
    items.prefix(limit).joined(separator: separator)
        + (items.count > limit ? "\(separator)and \(items.count - limit) more" : "")
}
