import ClusterModel
import History

/// `state:` — the fields of an object at the end of the run, as its owner answered.
struct StateChecker {
    let judgement: Judgement
    let name: String
    let fields: [String: ArgumentValue]

    private var objects: ObjectLedger { judgement.ledger.objects }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.state(name, fields).title, verdict: .unknown)
        let selection = ObjectSelection(name, objects, judgement.topology)
        let selected = selection.objects
        var failures: [String] = []
        var doubts: [String] = selected.isEmpty ? [selection.emptiness] : []
        if fields.isEmpty { doubts.append("it names no field") }
        for object in selected {
            let id = objects.ids[object]
            guard let state = objects.states[object] else {
                doubts.append(absence(object))
                continue
            }
            guard case .table(let found)? = StateText.value(of: state.state) else {
                doubts.append("the state of \(id) cannot be read: \(state.state.prefix(80))")
                continue
            }
            for (field, expected) in fields.sorted(by: { $0.key < $1.key }) {
                let value = found[field] ?? .null
                guard !expected.isSame(as: value) else { continue }
                failures.append("\(id): \(field): expected \(expected.json), found \(value.json)")
            }
        }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        result.verdict = !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass
        result.explanation = listed(failures.isEmpty ? doubts : failures, limit: 5)
        return result
    }

    /// Why there is no state.
    private func absence(_ object: Int32) -> String {
        let writer = ObjectPathWriter(ledger: judgement.ledger)
        let id = objects.ids[object]
        guard let last = objects.changes(of: object).last else { return "\(id) was never served" }
        let host = writer.name(last.life.process)
        switch last.kind {
        case .collected: return "\(id) is gone: it was collected after \(writer.when(last.time))"
        case .ended: return "\(id) is gone: \(host) stopped after \(writer.when(last.time))"
        case .fenced: return "\(id) is gone: \(host) had lost its lease after \(writer.when(last.time))"
        default: break
        }
        let death = objects.lives.end(of: last.life)
        guard death < judgement.ledger.timeline.closing else { return "no owner told the state of \(id) at the end" }
        return "\(id) is gone: its owner \(host) died after \(writer.when(death))"
    }
}
