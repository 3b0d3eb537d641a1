import ClusterModel
import History

/// `false-deaths:` — how often a member that lived and could be reached was held to be dead.
struct FalseDeathsChecker {
    let judgement: Judgement
    let group: String?
    let condition: Condition

    private var ledger: PeerLedger { judgement.peers }
    private var timeline: RunTimeline { judgement.peers.timeline }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.falseDeaths(group, condition).title, verdict: .unknown)
        var account = FalseDeaths()
        for group in PeerLedger.groups(group, in: judgement.topology) {
            account.add(FalseDeaths(ledger, group, judgement.topology))
        }
        guard account.isSeen else {
            result.explanation = "no member was seen to know another"
            return result
        }
        result.notes = account.notes
        let count = account.wrongly.count
        let members = Set(account.wrongly.map(\.member)).count
        var reasons: [String] = []
        if !condition.holds(for: Double(count)) {
            reasons.append(
                "\(counted(count, "time")) a member that lived was held to be dead"
                    + (count > 0 ? " (\(counted(members, "member")))" : "") + ", expected \(condition)")
        }
        judgement.judgeNumber(&result, reasons: reasons)
        if !reasons.isEmpty { result.examples = account.wrongly.prefix(Example.limit).map { example($0) } }
        return result
    }

    private func example(_ death: PeerLedger.Change) -> Example {
        let viewer = ledger.names[death.viewer]
        let member = ledger.names[death.member]
        let from = death.time.subtractingSaturated(Duration.seconds(5).nanoseconds)
        let to = death.time.addingSaturated(Duration.seconds(2).nanoseconds)
        var steps: [Example.Step] = []
        for change in ledger.changes where change.member == death.member && from <= change.time && change.time <= to {
            guard change.viewer == death.viewer || change.viewer == death.member else { continue }
            let who = ledger.names[change.viewer]
            let what = change.viewer == change.member ? "held itself" : "held \(member)"
            let life = change.incarnation & 0xFFFF_FFFF
            steps.append(
                timeline.step(change.time, "\(who) \(what) to be \(change.status.text) (incarnation \(life))"))
        }
        for fault in ledger.network.faults where fault.from <= death.time && fault.to >= from {
            steps.append(timeline.step(max(fault.from, from), "\(fault.text) was on"))
        }
        return Example(kind: .falseDeath, message: "\(member) at \(viewer)", path: PathWriter.ordered(steps))
    }
}

/// The times when members of a group were held to be dead although they lived.
struct FalseDeaths: Sendable {
    /// They could be reached all the time.
    private(set) var wrongly: [PeerLedger.Change] = []
    /// They were, or had just been, paused; cut off.
    private(set) var paused = 0
    private(set) var cut = 0
    /// Some member knew another.
    private(set) var isSeen = false

    private struct Entry: Hashable {
        var viewer: Int32
        var life: UInt32
        var member: Int32
    }

    init() {}

    init(_ ledger: PeerLedger, _ group: PeerGroup, _ topology: Topology) {
        let members = topology.members(of: group.name)
        let window = Self.window(group, members.count)
        var states: [Entry: MemberStatus] = [:]
        for change in ledger.changes where change.group == group.name && change.time < ledger.timeline.cut {
            guard change.viewer != change.member else { continue }
            if change.isIn { isSeen = true }
            let entry = Entry(viewer: change.viewer, life: change.life, member: change.member)
            let before = states.updateValue(change.status, forKey: entry)
            guard change.status == .dead, before != .dead else { continue }
            judge(change, ledger, window)
        }
    }

    /// How long what kept a member from answering may still be told: the suspicion, and the time that news takes.
    static func window(_ group: PeerGroup, _ members: Int) -> Int64 {
        let news = 2 * (Int.bitWidth - max(members, 1).leadingZeroBitCount)
        let periods = group.suspicion + 5 + news
        return group.period.nanoseconds.multipliedReportingOverflow(by: Int64(periods)).partialValue
    }

    private mutating func judge(_ change: PeerLedger.Change, _ ledger: PeerLedger, _ window: Int64) {
        let member = ledger.names[change.member]
        guard let life = ledger.records.life(of: member, at: change.time), life.isAlive(at: change.time),
            change.time < life.stopping, change.lifeOfMember >= life.incarnation
        else { return }
        let goodbye = ledger.goodbyes[PeerLedger.Life(process: member, incarnation: life.incarnation)]
        if let goodbye, goodbye <= change.time { return }
        let from = change.time.subtractingSaturated(window)
        let viewer = ledger.records.life(change.life, of: ledger.names[change.viewer])
        if life.isPaused(from, change.time) || viewer?.isPaused(from, change.time) ?? false {
            paused += 1
        } else if ledger.network.others(cutFrom: change.member, from, change.time) > 0 {
            cut += 1
        } else {
            wrongly.append(change)
        }
    }

    mutating func add(_ other: FalseDeaths) {
        wrongly += other.wrongly
        paused += other.paused
        cut += other.cut
        isSeen = isSeen || other.isSeen
    }

    var notes: [String] {
        var notes: [String] = []
        if paused > 0 {
            notes.append("\(counted(paused, "time")) a member was held to be dead after a pause: not counted")
        }
        if cut > 0 {
            notes.append("\(counted(cut, "time")) a member that was cut off was held to be dead: not counted")
        }
        return notes
    }
}
