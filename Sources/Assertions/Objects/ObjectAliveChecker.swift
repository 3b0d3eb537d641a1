import ClusterModel
import History

/// `alive:` — no object is collected, or lost, as long as somebody refers to it.
struct ObjectAliveChecker {
    let judgement: Judgement
    let name: String?

    private var ledger: Ledger { judgement.ledger }
    private var objects: ObjectLedger { judgement.ledger.objects }
    private var writer: ObjectPathWriter { ObjectPathWriter(ledger: ledger) }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.alive(name).title, verdict: .unknown)
        let selection = ObjectSelection(name, objects, judgement.topology)
        let words = objects.lostWords(ledger.calls)
        var failures: [String] = []
        var held = 0
        let selected = selection.objects
        for object in selected {
            let holds = holds(object, selection)
            guard !holds.isEmpty else { continue }
            held += 1
            guard let (failure, call) = failure(object, holds, words) else { continue }
            failures.append("\(objects.ids[object]) \(failure)")
            if failures.count <= Example.limit {
                result.examples.append(writer.example(.takenAway, object, call: call, references: true))
            }
        }
        if held == 0 {
            result.explanation = selected.isEmpty ? selection.emptiness : "nobody ever held a reference"
        } else {
            judgement.judgeNumber(&result, reasons: failures.isEmpty ? [] : [listed(failures)])
        }
        if held > 0 { result.notes = ["\(counted(held, "object")) referred to"] }
        return result
    }

    /// Who refers to it for certain; a name does from the object's first sign to the end of the run.
    private func holds(_ object: Int32, _ selection: ObjectSelection) -> [ObjectHold] {
        let closing = ledger.timeline.closing
        var holds = objects.holds(of: object, lease: selection.lease(of: object), closing: closing).filter {
            $0.certainFrom < .max
        }
        if selection.isRoot(object), let first = objects.changes(of: object).first {
            var name = ObjectHold(life: ProcessLife(process: -1, incarnation: 0), from: first.time)
            name.certainFrom = first.time
            name.certainTo = closing
            holds.append(name)
        }
        return holds
    }

    /// What went wrong, and the call whose caller was told so.
    private func failure(
        _ object: Int32, _ holds: [ObjectHold], _ words: [Int32: Bool]
    ) -> (text: String, call: Int32?)? {
        func holder(_ hold: ObjectHold) -> String {
            hold.life.process < 0
                ? "although it has a name" : "while \(writer.name(hold.life.process)) held a reference"
        }
        let collected = objects.changes(of: object).first {
            $0.kind == .collected && $0.time < ledger.timeline.closing
        }
        if let collected, let hold = holds.first(where: { $0.covers(collected.time, collected.time) }) {
            return ("was collected after \(writer.when(collected.time)), \(holder(hold))", nil)
        }
        for number in objects.invocationsOfObject[object] {
            let call = objects.invocations[Int(number)].call
            let fact = ledger.calls.calls[Int(call)]
            guard fact.hasEnded, fact.reason >= 0, let isGone = words[fact.reason] else { continue }
            // Of its own reference a caller may be told that it has expired; that says nothing of others'.
            let hold = holds.first {
                $0.covers(fact.start, fact.end)
                    && (isGone || ($0.life.process == fact.caller && $0.life.incarnation == fact.incarnation))
            }
            guard let hold else { continue }
            let what = isGone ? "was gone" : "had expired"
            return ("\(what) for \(writer.name(fact.caller)) after \(writer.when(fact.end)), \(holder(hold))", call)
        }
        return nil
    }
}

extension ObjectLedger {
    /// The reasons of calls that say that an object is gone (true) or that the caller's reference has expired (false).
    fileprivate func lostWords(_ calls: CallLedger) -> [Int32: Bool] {
        var words: [Int32: Bool] = [:]
        for (number, reason) in calls.reasons.values.enumerated() {
            let word = reason.lowercased().replacing("_", with: "-")
            if word.contains("object-gone") { words[Int32(number)] = true }
            if word.contains("object-expired") { words[Int32(number)] = false }
        }
        return words
    }
}
