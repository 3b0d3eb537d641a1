import ClusterModel
import History

/// `collected: within …` — an object that nobody refers to any more is collected in that time, and none before.
struct CollectedChecker {
    let judgement: Judgement
    let name: String?
    let within: Duration

    private var ledger: Ledger { judgement.ledger }
    private var objects: ObjectLedger { judgement.ledger.objects }
    private var writer: ObjectPathWriter { ObjectPathWriter(ledger: ledger) }

    private struct Tally {
        var failures: [String] = []
        var examples: [Example] = []
        /// From the last reference to the collection.
        var times: [Int64] = []
        var slowest: (object: Int32, time: Int64)?
        var held = 0
        var roots = 0
        var early = 0
        var lost = 0
        var shown: [Example.Kind: Int] = [:]
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.collected(name, within: within).title, verdict: .unknown)
        let selection = ObjectSelection(name, objects, judgement.topology)
        let creators = Creators(ledger)
        var tally = Tally()
        let selected = selection.objects.filter { !objects.changesOfObject[$0].isEmpty }
        for object in selected { judge(object, selection, creators, &tally) }
        if !tally.times.isEmpty { result.measure = .times(ObjectTimesAccount(.collection, tally.times)) }
        result.notes = notes(tally)
        result.examples = tally.examples
        if tally.times.isEmpty, tally.failures.isEmpty {
            result.explanation = nothingJudged(tally, selected.isEmpty ? selection.emptiness : nil)
        } else {
            judgement.judgeNumber(&result, reasons: tally.failures.isEmpty ? [] : [listed(tally.failures)])
        }
        return result
    }

    private func nothingJudged(_ tally: Tally, _ emptiness: String?) -> String {
        if let emptiness { return emptiness }
        return tally.early > 0
            ? "no object was without references for long enough" : "no object lost its last reference"
    }

    private func notes(_ tally: Tally) -> [String] {
        var notes: [String] = []
        if let (object, time) = tally.slowest {
            notes.append(
                "\(counted(tally.times.count, "object")) collected, \(objects.ids[object]) the latest: "
                    + "\(Duration.nanoseconds(time).text) after its last reference")
        }
        if tally.early > 0 {
            notes.append(
                "\(counted(tally.early, "object")) without references for less than \(within.text) at the end: not judged"
            )
        }
        if tally.lost > 0 {
            notes.append("\(counted(tally.lost, "object")) lost with the owner before the time was up: not judged")
        }
        if tally.held > 0 { notes.append("\(counted(tally.held, "object")) still referred to at the end") }
        return notes
    }

    // MARK: - One object

    private func judge(_ object: Int32, _ selection: ObjectSelection, _ creators: Creators, _ tally: inout Tally) {
        let closing = ledger.timeline.closing
        let cut = min(closing, ledger.timeline.end)
        let changes = objects.changes(of: object)
        let collected = changes.first { $0.kind == .collected && $0.time < closing }
        let id = objects.ids[object]
        if selection.isRoot(object) {
            guard let collected else {
                tally.roots += 1
                return
            }
            tally.failures.append("\(id) was collected after \(writer.when(collected.time)), although it has a name")
            return show(.takenAway, object, &tally)
        }
        let holds = objects.holds(of: object, lease: selection.lease(of: object), closing: closing)
        if let collected, let hold = holds.first(where: { $0.covers(collected.time, collected.time) }) {
            tally.failures.append(
                "\(id) was collected after \(writer.when(collected.time)), while \(writer.name(hold.life.process)) "
                    + "held a reference")
            return show(.takenAway, object, &tally)
        }
        let last = holds.map(\.to).max() ?? creators.end(of: changes[0])
        if let collected {
            let time = max(0, collected.time.subtractingSaturated(last))
            tally.times.append(time)
            if time >= tally.slowest?.time ?? 0 { tally.slowest = (object, time) }
            guard time > within.nanoseconds else { return }
            tally.failures.append("\(id) was collected \(Duration.nanoseconds(time).text) after its last reference")
            return show(.leaked, object, &tally)
        }
        guard last < cut else {
            tally.held += 1
            return
        }
        judgeLeft(object, changes, last, cut, &tally)
    }

    /// One that was not collected, though nobody refers to it.
    private func judgeLeft(
        _ object: Int32, _ changes: [ObjectChangeFact], _ last: Int64, _ cut: Int64, _ tally: inout Tally
    ) {
        // A new owner has the whole time.
        let begun = changes.last { $0.kind.begins }
        var from = last
        if let begun, begun.kind == .recovered || begun.kind == .restored { from = max(from, begun.time) }
        let deadline = from.addingSaturated(within.nanoseconds)
        guard isServed(changes, until: min(deadline, cut)) else {
            tally.lost += 1
            return
        }
        guard cut > deadline else {
            tally.early += 1
            return
        }
        tally.failures.append(
            "\(objects.ids[object]) was not collected, although nobody referred to it for "
                + Duration.nanoseconds(cut.subtractingSaturated(from)).text)
        show(.leaked, object, &tally)
    }

    /// Its last owner lived and had it until then.
    private func isServed(_ changes: [ObjectChangeFact], until time: Int64) -> Bool {
        var owner: ProcessLife?
        for change in changes where change.time <= time {
            switch change.kind {
            case .created, .resumed, .activated, .recovered, .restored, .draining: owner = change.life
            case .moved, .collected, .fenced, .ended: if owner == change.life { owner = nil }
            }
        }
        return owner.map { objects.lives.end(of: $0) > time } ?? false
    }

    private func show(_ kind: Example.Kind, _ object: Int32, _ tally: inout Tally) {
        guard tally.shown[kind, default: 0] < Example.limit else { return }
        tally.shown[kind, default: 0] += 1
        tally.examples.append(writer.example(kind, object, references: true))
    }
}

/// When the invocations ended in which objects were created: until then their creator may hold them.
private struct Creators {
    private struct Interval {
        var from: Int64
        var to: Int64
    }

    private let intervals: [ProcessLife: [Interval]]
    /// Executions of one host at a time that are looked at.
    private static let most = 256

    init(_ ledger: Ledger) {
        var intervals: [ProcessLife: [Interval]] = [:]
        for execution in ledger.calls.executions {
            let life = ProcessLife(process: execution.process, incarnation: execution.incarnation)
            let end = min(execution.end, ledger.objects.lives.end(of: life))
            intervals[life, default: []].append(Interval(from: execution.time, to: end))
        }
        self.intervals = intervals.mapValues { $0.sorted { $0.from < $1.from } }
    }

    /// The latest end of what ran at the host at that time; that time itself where nothing did.
    func end(of change: ObjectChangeFact) -> Int64 {
        guard let all = intervals[change.life] else { return change.time }
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].from > change.time { high = middle } else { low = middle + 1 }
        }
        var end = change.time
        for interval in all[max(0, low - Self.most)..<low] { end = max(end, interval.to) }
        return end
    }
}
