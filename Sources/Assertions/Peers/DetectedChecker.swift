import ClusterModel
import History

/// `detected: within …` — every death of a member is known to all others that can know, in that time.
struct DetectedChecker {
    let judgement: Judgement
    let group: String?
    let within: Duration

    private var ledger: PeerLedger { judgement.peers }
    private var timeline: RunTimeline { judgement.peers.timeline }

    private struct Tally {
        var deaths = 0
        var times: [Int64] = []
        var failures: [String] = []
        var examples: [Example] = []
        /// Observers that were cut off or paused, or that died, or never knew the dead.
        var leftOut = 0
        /// Observers that had less time.
        var early = 0
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.detected(group, within: within).title, verdict: .unknown)
        let history = ViewHistory(ledger)
        var tally = Tally()
        for group in PeerLedger.groups(group, in: judgement.topology) {
            let members = judgement.topology.members(of: group.name)
            for death in MemberDeath.all(ledger, members: members) {
                tally.deaths += 1
                judge(death, members, history, &tally)
            }
        }
        if !tally.times.isEmpty { result.measure = .members(MemberTimesAccount(.detection, tally.times)) }
        result.examples = Array(tally.examples.prefix(Example.limit))
        result.notes = notes(tally)
        guard !tally.times.isEmpty || !tally.failures.isEmpty else {
            result.explanation =
                tally.deaths == 0 ? "no member died" : "no death left any other member \(within.text) to learn of it"
            return result
        }
        judgement.judgeNumber(&result, reasons: tally.failures.isEmpty ? [] : [listed(tally.failures)])
        return result
    }

    private func notes(_ tally: Tally) -> [String] {
        var notes: [String] = []
        if tally.deaths > 0 { notes.append(counted(tally.deaths, "death")) }
        if tally.leftOut > 0 {
            notes.append(
                "\(counted(tally.leftOut, "time")) a member was paused, cut off, gone or new itself: not judged")
        }
        if tally.early > 0 {
            notes.append("\(counted(tally.early, "time")) the end came sooner than \(within.text): not judged")
        }
        return notes
    }

    private func judge(_ death: MemberDeath, _ members: [String], _ history: ViewHistory, _ tally: inout Tally) {
        let deadline = death.time.addingSaturated(within.nanoseconds)
        let until = min(deadline, timeline.cut)
        var late: [String] = []
        for name in members where name != death.member {
            guard let life = ledger.records.life(of: name, at: death.time), life.isLive(at: death.time) else {
                continue
            }
            guard let viewer = ledger.names.known(name), life.isLive(death.time, min(until, timeline.cut - 1)),
                // Cut from half of the others or more, news does not reach it.
                ledger.network.others(cutFrom: viewer, death.time, until) < max(1, members.count / 2)
            else {
                tally.leftOut += 1
                continue
            }
            switch history.knowledge(of: death, by: viewer, life.incarnation, until: until) {
            case .stranger: tally.leftOut += 1
            case .known(let time): tally.times.append(max(0, time.subtractingSaturated(death.time)))
            case .unknown where deadline > timeline.cut: tally.early += 1
            case .unknown:
                late.append(name)
                tally.examples.append(example(death, name, viewer, life, deadline, history))
            }
        }
        guard !late.isEmpty else { return }
        tally.failures.append(
            "\(listed(late, separator: ", ")) did not know within \(within.text) that \(death.member) was dead "
                + "(\(death.how) after \(timeline.when(death.time)))")
    }

    private func example(
        _ death: MemberDeath, _ name: String, _ viewer: Int32, _ life: LifeRecord, _ deadline: Int64,
        _ history: ViewHistory
    ) -> Example {
        var steps = [timeline.step(death.time, "\(death.member) ended (\(death.how))")]
        for change in history.changes(of: death.number, by: viewer, life.incarnation).suffix(6) {
            steps.append(timeline.step(change.time, "\(name) held \(death.member) to be \(change.status.text)"))
        }
        steps.append(timeline.step(deadline, "the time was up"))
        return Example(kind: .undetected, message: "\(death.member) at \(name)", path: PathWriter.ordered(steps))
    }
}

/// The end of one life of a member that did not say goodbye.
struct MemberDeath: Sendable {
    var member: String
    var number: Int32
    var incarnation: UInt32
    var time: Int64
    var how: String

    /// Those before the run's own end.
    static func all(_ ledger: PeerLedger, members: [String]) -> [MemberDeath] {
        members.flatMap { member -> [MemberDeath] in
            guard let number = ledger.names.known(member) else { return [] }
            return ledger.records[member].compactMap { life in
                guard life.to < ledger.timeline.cut, life.ready < .max else { return nil }
                let goodbye = ledger.goodbyes[PeerLedger.Life(process: member, incarnation: life.incarnation)]
                if let goodbye, goodbye <= life.to { return nil }
                let detail = life.end?.detail ?? ""
                return MemberDeath(
                    member: member, number: number, incarnation: life.incarnation, time: life.to,
                    how: detail.isEmpty ? life.end?.state.rawValue ?? "started again" : detail)
            }
        }
    }
}

/// Each member's view of each other, over time.
struct ViewHistory: Sendable {
    enum Knowledge {
        /// It has never heard of that life.
        case stranger
        case known(Int64)
        case unknown
    }

    private struct Key: Hashable {
        var viewer: Int32
        var life: UInt32
        var member: Int32
    }

    private var lists: [Key: [PeerLedger.Change]] = [:]

    init(_ ledger: PeerLedger) {
        for change in ledger.changes {
            let key = Key(viewer: change.viewer, life: change.life, member: change.member)
            lists[key, default: []].append(change)
        }
    }

    func changes(of member: Int32, by viewer: Int32, _ life: UInt32) -> [PeerLedger.Change] {
        lists[Key(viewer: viewer, life: life, member: member)] ?? []
    }

    /// Whether a member knows at that time that a life of another is over, and since when without a break.
    func knowledge(of death: MemberDeath, by viewer: Int32, _ life: UInt32, until: Int64) -> Knowledge {
        let all = changes(of: death.number, by: viewer, life)
        var known: Int64?
        var isStranger = true
        for change in all.reversed() where change.time <= until {
            isStranger = false
            let isOver = change.lifeOfMember > death.incarnation
            guard isOver || (change.lifeOfMember == death.incarnation && !change.isIn) else { break }
            known = change.time
        }
        if let known { return .known(known) }
        return isStranger ? .stranger : .unknown
    }
}

extension MemberStatus {
    var text: String { "\(self)" }
}
