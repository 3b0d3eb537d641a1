import ClusterModel
import History

/// `converged: GROUP within …` — after every disturbance that leaves them time, the views of all live members are the same
/// and right, and stay so until the next.
struct ConvergedChecker {
    let judgement: Judgement
    let group: String
    let within: Duration

    private var ledger: PeerLedger { judgement.peers }
    private var timeline: RunTimeline { judgement.peers.timeline }

    private struct Tally {
        var times: [Int64] = []
        var failures: [String] = []
        var examples: [Example] = []
        var short = 0
        /// The views were right when it happened, and to its end, which came before they had to be.
        var kept = 0
        var torn = 0
        var lonely = 0
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.converged(group, within: within).title, verdict: .unknown)
        let members = judgement.topology.members(of: group)
        let disturbances = Disturbances(ledger, members: members).all
        var views = Views()
        var tally = Tally()
        let changes = ledger.changes.filter { $0.group == group }
        var next = 0
        for (index, disturbance) in disturbances.enumerated() {
            let end = index + 1 < disturbances.count ? disturbances[index + 1].time : timeline.cut
            while next < changes.count, changes[next].time <= disturbance.time {
                views.apply(changes[next])
                next += 1
            }
            guard end > disturbance.time else { continue }
            let past = changes[next...].prefix { $0.time < end }
            judge(disturbance, end, members, past, views, &tally)
        }
        if tally.times.isEmpty, tally.failures.isEmpty {
            // Nothing ever put them out of order: members may know each other before the last is seen to be ready.
            tally.times = Array(repeating: 0, count: tally.kept)
        }
        if !tally.times.isEmpty { result.measure = .members(MemberTimesAccount(.convergence, tally.times)) }
        result.examples = Array(tally.examples.prefix(Example.limit))
        result.notes = notes(tally)
        guard !tally.times.isEmpty || !tally.failures.isEmpty else {
            result.explanation = nothingJudged(members, disturbances.isEmpty, tally)
            return result
        }
        judgement.judgeNumber(&result, reasons: tally.failures.isEmpty ? [] : [listed(tally.failures)])
        return result
    }

    private func nothingJudged(_ members: [String], _ isEmpty: Bool, _ tally: Tally) -> String {
        if members.isEmpty { return "no node is in group \(group)" }
        if isEmpty { return "no member of \(group) was seen" }
        if tally.torn > 0 { return "the network was never whole, nor cut into sides, for \(within.text)" }
        if tally.lonely > 0, tally.short == 0 { return "fewer than two members lived for \(within.text)" }
        return "the next disturbance, or the end, always came before the views were right"
    }

    private func notes(_ tally: Tally) -> [String] {
        var notes: [String] = []
        if tally.short > 0 {
            let what = counted(tally.short, "disturbance")
            notes.append("\(what) with the next one, or the end, before the views were right: not judged")
        }
        if tally.torn > 0 {
            notes.append(
                "\(counted(tally.torn, "time")) with a network that was cut, but not into sides: not judged")
        }
        return notes
    }

    // MARK: - One quiet time

    private func judge(
        _ disturbance: Disturbances.Disturbance, _ end: Int64, _ members: [String],
        _ changes: ArraySlice<PeerLedger.Change>, _ before: Views, _ tally: inout Tally
    ) {
        let begin = disturbance.time
        var live: [Int32] = []
        var ignored: Set<Int32> = []
        var lives: [Int32: UInt32] = [:]
        for name in members {
            guard let number = ledger.names.known(name), let life = ledger.records.life(of: name, at: begin) else {
                continue
            }
            lives[number] = life.incarnation
            if life.isLive(at: begin) {
                live.append(number)
            } else if !life.isPaused(begin, begin) {
                // It is on its way in, or out.
                ignored.insert(number)
            }
        }
        guard live.count > 1 else {
            tally.lonely += 1
            return
        }
        guard let cut = ledger.network.pairs(at: begin), let sides = Sides(live, cut: cut) else {
            tally.torn += 1
            return
        }
        var picture = Picture(live, sides, ignored: ignored, lives: lives, views: before)
        var right: Int64? = picture.isRight ? begin : nil
        var wasRight = picture.isRight
        let deadline = begin.addingSaturated(within.nanoseconds)
        var shot: (time: Int64, errors: [Picture.Fault])?
        func look(_ time: Int64) {
            if shot == nil, !picture.isRight { shot = (time, picture.errors) }
        }
        for change in changes {
            if change.time > deadline { look(deadline) }
            picture.apply(change)
            if !picture.isRight {
                right = nil
            } else if right == nil {
                right = change.time
                if change.time <= deadline { wasRight = true }
            }
            if change.time > deadline { look(change.time) }
        }
        look(end)
        let time = right.map { $0.subtractingSaturated(begin) }
        if end < deadline, time == nil || time == 0 {
            // The next disturbance, or the end, came sooner than they had to be right, or nothing came of this one.
            if time == nil { tally.short += 1 } else { tally.kept += 1 }
            return
        }
        if let time { tally.times.append(time) }
        if let time, time <= within.nanoseconds { return }
        let what = "after \(timeline.when(begin)) (\(disturbance.text))"
        if wasRight {
            tally.failures.append("\(what) the views fell apart again")
        } else if let time {
            tally.failures.append("\(what) the views were the same only \(Duration.nanoseconds(time).text) later")
        } else {
            let waited = Duration.nanoseconds(end.subtractingSaturated(begin)).text
            tally.failures.append("\(what) the views were not the same \(waited) later")
        }
        guard let shot else { return }
        for error in shot.errors.prefix(Example.limit) {
            tally.examples.append(example(error, at: shot.time, disturbance))
        }
    }

    private func example(
        _ error: Picture.Fault, at time: Int64, _ disturbance: Disturbances.Disturbance
    ) -> Example {
        let viewer = ledger.names[error.viewer]
        var steps = [timeline.step(disturbance.time, disturbance.text)]
        func names(_ members: [Int32]) -> String {
            listed(members.sorted().map { ledger.names[$0] }, limit: 8, separator: ", ")
        }
        if !error.lacking.isEmpty {
            steps.append(timeline.step(time, "\(viewer) does not hold \(names(error.lacking)) to be alive"))
        }
        if !error.extra.isEmpty {
            steps.append(timeline.step(time, "\(viewer) still holds \(names(error.extra)) to be alive"))
        }
        return Example(kind: .disagreeing, message: viewer, path: steps)
    }
}

/// Whom each member holds to be alive, in its present life.
private struct Views {
    private var members: [Int32: Set<Int32>] = [:]
    private var lives: [Int32: UInt32] = [:]

    /// - Returns: whether the member came in or went out, in a view of this viewer's present life.
    @discardableResult
    mutating func apply(_ change: PeerLedger.Change) -> Bool {
        let life = lives[change.viewer] ?? 0
        guard change.life >= life else { return false }
        if change.life > life {
            lives[change.viewer] = change.life
            members[change.viewer] = []
        }
        guard change.member != change.viewer else { return false }
        if change.isIn { return members[change.viewer, default: []].insert(change.member).inserted }
        return members[change.viewer]?.remove(change.member) != nil
    }

    /// Empty where it has said nothing in that life.
    func view(of viewer: Int32, _ life: UInt32) -> Set<Int32> { lives[viewer] == life ? members[viewer] ?? [] : [] }
}

/// What all live members should see in one quiet time, and how far they are from it.
private struct Picture {
    struct Fault {
        var viewer: Int32
        var lacking: [Int32] = []
        var extra: [Int32] = []
    }

    private let live: [Int32]
    private let sides: Sides
    private let ignored: Set<Int32>
    private let lives: [Int32: UInt32]
    private var views: Views
    /// Entries that are wrong, of all viewers.
    private var wrong = 0

    var isRight: Bool { wrong == 0 }

    init(_ live: [Int32], _ sides: Sides, ignored: Set<Int32>, lives: [Int32: UInt32], views: Views) {
        self.live = live
        self.sides = sides
        self.ignored = ignored
        self.lives = lives
        self.views = views
        for viewer in live {
            let side = sides.side[viewer] ?? 0
            var found = 0
            for member in view(of: viewer) where !ignored.contains(member) {
                if sides.side[member] == side { found += 1 } else { wrong += 1 }
            }
            wrong += (sides.sizes[side] ?? 1) - 1 - found
        }
    }

    private func view(of viewer: Int32) -> Set<Int32> { views.view(of: viewer, lives[viewer] ?? 0) }

    mutating func apply(_ change: PeerLedger.Change) {
        guard views.apply(change), let side = sides.side[change.viewer], lives[change.viewer] == change.life,
            !ignored.contains(change.member)
        else { return }
        let isExpected = sides.side[change.member] == side
        wrong += isExpected == change.isIn ? -1 : 1
    }

    var errors: [Fault] {
        live.compactMap { viewer in
            let view = view(of: viewer)
            let side = sides.side[viewer]
            var fault = Fault(viewer: viewer)
            fault.extra = view.filter { sides.side[$0] != side && !ignored.contains($0) }
            fault.lacking = live.filter { $0 != viewer && sides.side[$0] == side && !view.contains($0) }
            return fault.extra.isEmpty && fault.lacking.isEmpty ? nil : fault
        }
    }
}
