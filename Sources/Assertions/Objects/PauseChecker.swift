import ClusterModel
import History

/// `pause:` — how long an object's invocations stand still while it moves, or while an attempt to move it is given up.
struct PauseChecker {
    let judgement: Judgement
    let name: String?
    let condition: Condition

    private var ledger: Ledger { judgement.ledger }
    private var objects: ObjectLedger { judgement.ledger.objects }
    private var writer: ObjectPathWriter { ObjectPathWriter(ledger: ledger) }

    private struct Migration {
        enum End { case moved, abandoned, ownerLost, open }

        var object: Int32
        var from: Int64
        var to: Int64
        var end: End

        var length: Int64 { max(0, to.subtractingSaturated(from)) }
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.pause(name, condition).title, verdict: .unknown)
        let selection = ObjectSelection(name, objects, judgement.topology)
        let selected = selection.objects
        let migrations = selected.flatMap { self.migrations($0) }
        let moved = migrations.filter { $0.end == .moved }
        let abandoned = migrations.filter { $0.end == .abandoned }
        // One that stands still when the run ends has lasted so long already.
        let open = migrations.filter { $0.end == .open }
        let lost = migrations.count { $0.end == .ownerLost }
        let endless = open.filter { isUpperBound && !holds($0) }
        let broken = (moved + abandoned).filter { !holds($0) } + endless

        if !moved.isEmpty || !abandoned.isEmpty {
            result.measure = .times(
                ObjectTimesAccount(.pause, moved.map(\.length), abandoned: abandoned.map(\.length)))
        }
        if lost > 0 {
            result.notes.append("\(counted(lost, "migration")) in which the owner was lost: not judged")
        }
        if open.count > endless.count {
            result.notes.append("\(counted(open.count - endless.count, "migration")) open at the end: not judged")
        }
        guard !moved.isEmpty || !abandoned.isEmpty || !endless.isEmpty else {
            result.explanation =
                selected.isEmpty ? selection.emptiness : migrations.isEmpty ? "nothing migrated" : "no migration ended"
            return result
        }
        judgement.judgeNumber(&result, reasons: reasons(broken))
        let slowest = broken.sorted { $0.length > $1.length }.prefix(Example.limit)
        result.examples = slowest.map { writer.example(.slow, $0.object, window: $0.from...max($0.from, $0.to)) }
        return result
    }

    private func holds(_ migration: Migration) -> Bool { condition.holds(for: Double(migration.length)) }

    private var isUpperBound: Bool { condition.op == .less || condition.op == .lessOrEqual }

    private func reasons(_ broken: [Migration]) -> [String] {
        let texts = broken.map { migration in
            let what =
                switch migration.end {
                case .moved, .ownerLost: "stood still for"
                case .abandoned: "stood still, for a migration that was given up, for"
                case .open: "still stood still at the end, after"
                }
            return "\(objects.ids[migration.object]) \(what) \(Duration.nanoseconds(migration.length).text)"
        }
        return texts.isEmpty ? [] : [listed(texts)]
    }

    /// From each `draining` to what ended it.
    private func migrations(_ object: Int32) -> [Migration] {
        var migrations: [Migration] = []
        var open: (life: ProcessLife, epoch: UInt64, time: Int64)?
        func close(_ time: Int64, _ end: Migration.End) {
            guard let begun = open else { return }
            migrations.append(Migration(object: object, from: begun.time, to: time, end: end))
            open = nil
        }
        for change in objects.changes(of: object) {
            switch change.kind {
            case .draining:
                // One that was never resumed, of an earlier life.
                close(change.time, .ownerLost)
                open = (change.life, change.epoch, change.time)
            case .activated: if let begun = open, change.epoch > begun.epoch { close(change.time, .moved) }
            case .resumed: if open?.life == change.life { close(change.time, .abandoned) }
            case .created, .recovered, .restored, .collected: close(change.time, .ownerLost)
            case .fenced, .ended: if open?.life == change.life { close(change.time, .ownerLost) }
            // The target knows when it serves.
            case .moved: break
            }
        }
        if let begun = open {
            let cut = min(ledger.timeline.closing, ledger.timeline.end)
            let death = objects.lives.end(of: begun.life)
            close(max(begun.time, min(cut, death)), death < cut ? .ownerLost : .open)
        }
        return migrations
    }
}
