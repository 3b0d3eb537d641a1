import ClusterModel
import History

/// `coherent: GROUP` — at the end all live members have the same broadcast items, all that live members have broadcast
/// among them, and each was handed over once.
struct CoherentChecker {
    let judgement: Judgement
    let group: String

    private var ledger: PeerLedger { judgement.peers }
    private var timeline: RunTimeline { judgement.peers.timeline }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.coherent(group).title, verdict: .unknown)
        let spread = Spread(ledger, group, judgement.topology)
        result.notes = notes(spread)
        var failures: [String] = []
        var doubts: [String] = []
        if spread.items == 0 { doubts.append("nothing was broadcast in \(group)") }
        if spread.live.count < 2 { doubts.append("fewer than two members of \(group) lived at the end") }
        let undrained = spread.live.map(\.process).filter { isUndrained($0) }
        let isProven = !judgement.isIncomplete && timeline.drained != nil
        var open = 0
        var lacking = 0
        for gap in spread.gaps {
            // Where somebody had not done all its work, that may be what is missing.
            if isProven, gap.lacking.contains(where: { !undrained.contains($0) }) { lacking += 1 } else { open += 1 }
        }
        if lacking > 0 { failures.append("\(counted(lacking, "item")) not with all live members") }
        if open > 0 { doubts.append("\(counted(open, "item")) not with all live members so far") }
        if spread.again.count > 0 {
            failures.append("\(counted(spread.again.count, "item")) handed over more than once to one member")
        }
        if spread.unknown.count > 0 {
            let what = "\(counted(spread.unknown.count, "item")) that nobody was seen to broadcast"
            if judgement.isIncomplete { doubts.append(what) } else { failures.append(what) }
        }
        if timeline.drained == nil { doubts.append("the run ended before its drain") }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        result.verdict = !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass
        result.explanation = (failures.isEmpty ? doubts : failures).joined(separator: ", ")
        result.examples = examples(spread)
        return result
    }

    private func isUndrained(_ process: String) -> Bool {
        let node = judgement.topology.node(ofInstance: process)?.name
        return timeline.undrained.contains(process) || node.map { timeline.undrained.contains($0) } ?? false
    }

    private func notes(_ spread: Spread) -> [String] {
        guard spread.items > 0 else { return [] }
        var notes = ["\(counted(spread.items, "item")), \(counted(spread.live.count, "live member"))"]
        if spread.late > 0 {
            notes.append("\(counted(spread.late, "item")) broadcast after the drain began and not with all: not judged")
        }
        if spread.gone > 0 {
            notes.append("\(counted(spread.gone, "item")) of members that died, with nobody who lives")
        }
        return notes
    }

    private func examples(_ spread: Spread) -> [Example] {
        var examples: [Example] = []
        for gap in spread.gaps.prefix(Example.limit) {
            var steps = path(gap.message)
            steps.append(
                timeline.step(timeline.cut, "not with \(listed(gap.lacking, limit: 8, separator: ", ")) at the end"))
            examples.append(
                Example(
                    kind: .missing, message: ledger.messages[Int(gap.message)].id, path: PathWriter.ordered(steps)))
        }
        for message in spread.again.prefix(Example.limit) {
            examples.append(
                Example(
                    kind: .duplicated, message: ledger.messages[Int(message)].id,
                    path: PathWriter.ordered(path(message))))
        }
        for message in spread.unknown.prefix(Example.limit) {
            examples.append(
                Example(
                    kind: .unexpected, message: ledger.messages[Int(message)].id,
                    path: PathWriter.ordered(path(message))))
        }
        return examples
    }

    private func path(_ message: Int32) -> [Example.Step] {
        let fact = ledger.messages[Int(message)]
        var steps: [Example.Step] = []
        if let sent = fact.sent { steps.append(timeline.step(sent, "broadcast by \(fact.sender.process)")) }
        for receipt in ledger.receipts where receipt.message == message {
            let via = receipt.via.isEmpty ? "" : ", from \(receipt.via)"
            steps.append(timeline.step(receipt.time, "handed over at \(receipt.member.process)\(via)"))
        }
        return steps
    }
}

/// Which live members have which broadcast items at the end.
struct Spread {
    struct Gap {
        var message: Int32
        /// Live members that have not got it.
        var lacking: [String]
    }

    private(set) var live: [PeerLedger.Life] = []
    private(set) var items = 0
    private(set) var gaps: [Gap] = []
    /// Handed over twice to one life of a member.
    private(set) var again: [Int32] = []
    /// Nobody was seen to broadcast them.
    private(set) var unknown: [Int32] = []
    private(set) var late = 0
    private(set) var gone = 0
    /// Handed over, at whatever member.
    private(set) var receipts = 0

    init(_ ledger: PeerLedger, _ group: String, _ topology: Topology) {
        let timeline = ledger.timeline
        let end = min(timeline.drained ?? .max, timeline.cut)
        for name in topology.members(of: group) {
            guard let life = ledger.records.life(of: name, at: end), life.isLive(at: end) else { continue }
            live.append(PeerLedger.Life(process: name, incarnation: life.incarnation))
        }
        let places = Dictionary(uniqueKeysWithValues: live.enumerated().map { ($1, $0) })
        let grouped = ledger.receipts(by: ledger.messages.count)
        for (number, message) in ledger.messages.enumerated()
        where message.kind == .broadcast && message.group == group {
            items += 1
            add(Int32(number), message, grouped[Int32(number)], places, ledger)
        }
    }

    private mutating func add(
        _ number: Int32, _ message: PeerLedger.Message, _ facts: ArraySlice<Int32>,
        _ places: [PeerLedger.Life: Int], _ ledger: PeerLedger
    ) {
        if message.sent == nil { unknown.append(number) }
        var has = [Bool](repeating: false, count: live.count)
        var seen: Set<PeerLedger.Life> = []
        var isAgain = false
        for fact in facts {
            let member = ledger.receipts[Int(fact)].member
            receipts += 1
            if !seen.insert(member).inserted { isAgain = true }
            if let place = places[member] { has[place] = true }
        }
        if isAgain { again.append(number) }
        let origin = places[message.sender]
        if let origin { has[origin] = true }
        let count = has.count { $0 }
        guard count < live.count else { return }
        // What died with its origin nobody has to have, as long as nobody has it.
        if origin == nil, count == 0 {
            gone += 1
        } else if message.sent ?? .min >= ledger.timeline.draining {
            late += 1
        } else {
            gaps.append(Gap(message: number, lacking: live.indices.filter { !has[$0] }.map { live[$0].process }))
        }
    }
}
