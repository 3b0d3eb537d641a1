import ClusterModel

/// A peer's membership: whom it holds to be alive, and how it finds out. SWIM (Das, Gupta, Motivala 2002) with
/// incarnations, joins for ever, and views that agree again after any fault; see `docs/membership.md`.
///
/// Of two things said of a member the one with the higher incarnation holds; with the same one, the worse. So all
/// views that have heard the same are equal, in whatever order they have heard it.
package struct SwimCore: PeerPart {
    package static let kind = PeerDatagram.Kind.membership

    struct Probe {
        var number: UInt64
        var target: Int
        /// When others are asked; `nil`: they have been.
        var timeout: Int64?
        var isAnswered = false
    }

    /// A probe carried out for another.
    struct Relay {
        var number: UInt64
        var target: Int
        var asker: Int
        /// The asker's own number.
        var asked: UInt64
        var deadline: Int64
    }

    let configuration: SwimConfiguration
    let me: Int
    var table = MemberTable()
    var updates = UpdateQueue()
    var generator: SeededGenerator
    var out: [PeerAction] = []
    /// Members in the order in which they are probed; drawn anew after each round.
    var ring: [Int32] = []
    private var ringPosition = 0
    private(set) var liveCount = 1
    /// Sum over all members; equal views have equal ones.
    private(set) var digest: UInt64 = 0
    /// Octets of entries and heads that a payload may have.
    let payloadLimit: Int

    var probe: Probe?
    var relays: [Relay] = []
    private(set) var suspects: [Int32] = []
    private var earliestDeath = Int64.max
    private var nextRestart = Int64.min
    private var periodEnd: Int64 = 0
    private(set) var periods = 0
    private var joinPosition = 0
    private var nextComparison = 0
    private var nextReconnect = 0
    var lastNumber: UInt64
    var lastMark: UInt32 = 0
    var stateTokens = SwimConfiguration.stateLimit
    /// Whether it has asked somebody new for a view in this period.
    var hasCompared = false

    private var isRunning = false
    private var hasLeft = false
    private var clock: AwakeClock

    /// - Parameters:
    ///   - life: how often the process has been started, from 1.
    ///   - seeds: those to join through, tried for ever.
    ///   - seed: of its chance.
    ///   - now: nanoseconds of a clock that never goes back.
    package init(
        _ configuration: SwimConfiguration, name: String, life: Int, seeds: [String], seed: UInt64, now: Int64
    ) {
        self.configuration = configuration
        generator = SeededGenerator(seed: seed, "membership", name, "\(life)")
        lastNumber = generator.next() >> 16
        clock = AwakeClock(slack: configuration.slack, now: now)
        payloadLimit = SwimConfiguration.datagramLimit - PeerDatagram.overhead(from: name)
        me = table.add(Array(name.utf8)[...])!
        table.standings[me].incarnation = UInt64(min(max(life, 0), 1 << 29)) << 32
        table.standings[me].isKnown = true
        digest = table.digest(me)
        for seed in seeds where seed != name {
            if let id = intern(seed) { table.standings[id].isSeed = true }
        }
    }

    // MARK: - Life

    /// Begins to join and to probe. Its first period begins at once, and lasts any part of one.
    package mutating func start(now: Int64) -> [PeerAction] {
        guard !isRunning, !hasLeft else { return [] }
        isRunning = true
        let now = clock.start(now)
        table.standings[me].changedAt = now
        out.append(.member(name: table.names[me], incarnation: table.standings[me].incarnation, .alive))
        updates.put(me, &table)
        joinPosition = below(max(table.count, 1))
        nextComparison = 1 + below(SwimConfiguration.comparisonPeriods(members: 1))
        nextReconnect = 1 + below(SwimConfiguration.reconnectPeriods)
        periodEnd = now + 1 + Int64(below(Int(configuration.period)))
        ask()
        return flush()
    }

    /// Names to join through, which others have learned; tried until they were heard of.
    package mutating func join(_ names: [String]) {
        for name in names {
            if let id = intern(name), !table.standings[id].isKnown { table.standings[id].isHint = true }
        }
    }

    /// Says goodbye to as many as will tell all others, and falls silent.
    package mutating func leave(now: Int64) -> [PeerAction] {
        guard isRunning else { return [] }
        let now = clock.enter(now, due: due)
        set(me, table.standings[me].incarnation, .left, now: now)
        var told = ring.map(Int.init).filter { table.standings[$0].isLive }
        told.shuffle(using: &generator)
        for id in told.prefix(max(16, retransmissions)) { send(.tell, 0, to: id, first: [me]) }
        isRunning = false
        hasLeft = true
        return flush()
    }

    // MARK: - What it knows

    /// Alive or suspected, itself included while it runs; sorted.
    package var live: [String] {
        table.order.compactMap { table.standings[Int($0)].isLive ? table.names[Int($0)] : nil }
    }

    /// Everybody it has heard of, by name, itself included.
    package var view: [(name: String, incarnation: UInt64, state: MemberState)] {
        table.order.compactMap { id in
            let standing = table.standings[Int(id)]
            return standing.isKnown ? (table.names[Int(id)], standing.incarnation, standing.state) : nil
        }
    }

    /// Counts up whenever `live` has changed.
    package private(set) var liveVersion = 0

    package var isAlone: Bool { liveCount <= 1 }

    /// Times that a change is passed on.
    var retransmissions: Int { SwimConfiguration.retransmissions(members: liveCount) }

    // MARK: - PeerPart

    package mutating func membersChanged(_ live: [String], now: Int64) -> [PeerAction] { [] }

    package mutating func receive(_ payload: [UInt8], from: String, now: Int64) -> [PeerAction] {
        guard isRunning, let message = SwimMessage(payload), let sender = intern(from), sender != me else { return [] }
        heard(message, from: sender, now: clock.enter(now, due: due))
        return flush()
    }

    package var nextDeadline: Int64? { isRunning ? clock.outside(due) : nil }

    private var due: Int64 { min(periodEnd, earliestDeath, probe?.timeout ?? .max) }

    package mutating func tick(now: Int64) -> [PeerAction] {
        guard isRunning else { return [] }
        let now = clock.enter(now, due: due)
        guard clock.isAwake(now) else { return [] }
        if clock.takeSleep() > configuration.period { suspectAnew(now) }
        if now >= earliestDeath { bury(now) }
        if let timeout = probe?.timeout, now >= timeout { askOthers(now) }
        if now >= periodEnd { beginPeriod(now) }
        return flush()
    }

    // MARK: - Periods

    private mutating func beginPeriod(_ now: Int64) {
        if let probe, !probe.isAnswered { suspect(probe.target, now) }
        probe = nil
        relays.removeAll { $0.deadline <= now }
        stateTokens = SwimConfiguration.stateLimit
        hasCompared = false
        periods += 1
        periodEnd = max(periodEnd + configuration.period, now + 1)
        if let target = nextTarget() {
            lastNumber &+= 1
            probe = Probe(number: lastNumber, target: target, timeout: now + configuration.timeout)
            send(.probe, lastNumber, to: target)
        }
        probeSuspects()
        ask()
    }

    /// The next on the ring. A new round has a new order.
    private mutating func nextTarget() -> Int? {
        for isFresh in [false, true] {
            if isFresh {
                ring = table.order.filter { $0 != me && table.standings[Int($0)].isLive }
                for id in table.order { table.standings[Int(id)].isOnRing = false }
                for id in ring { table.standings[Int(id)].isOnRing = true }
                ring.shuffle(using: &generator)
                ringPosition = 0
            }
            while ringPosition < ring.count {
                defer { ringPosition += 1 }
                let id = Int(ring[ringPosition])
                if id != me, table.standings[id].isLive { return id }
            }
        }
        return nil
    }

    /// The target has not answered directly: others try, and this peer does once more.
    private mutating func askOthers(_ now: Int64) {
        guard let probe else { return }
        self.probe?.timeout = nil
        guard !probe.isAnswered else { return }
        send(.probe, probe.number, to: probe.target)
        for helper in some(configuration.indirect, without: probe.target) {
            send(.request, probe.number, to: helper, about: probe.target)
        }
    }

    /// Members drawn at random, each once; suspected ones only where there are not enough others.
    private mutating func some(_ count: Int, without excluded: Int) -> [Int] {
        var chosen: [Int] = []
        for takesSuspects in [false, true] {
            for _ in 0..<3 * count where chosen.count < count && !ring.isEmpty {
                let id = Int(ring[below(ring.count)])
                let standing = table.standings[id]
                guard id != excluded, id != me, standing.isLive, takesSuspects || standing.state == .alive else {
                    continue
                }
                if !chosen.contains(id) { chosen.append(id) }
            }
        }
        return chosen
    }

    /// Suspected members are probed beside the others, so that they hear of it and refute: by about eight members in a
    /// period, however many there are, and three by each.
    private mutating func probeSuspects() {
        guard !suspects.isEmpty else { return }
        let first = below(suspects.count)
        var probed = 0
        for offset in 0..<suspects.count where probed < 3 {
            let id = Int(suspects[(first + offset) % suspects.count])
            guard table.standings[id].state == .suspect, id != probe?.target, below(liveCount) < 8 else { continue }
            lastNumber &+= 1
            send(.probe, lastNumber, to: id)
            probed += 1
        }
    }

    // MARK: - Joining, and finding each other again

    /// Compares views: with those that it does not reach, and now and then with one that it does.
    private mutating func ask() {
        if isAlone {
            for id in missing(SwimConfiguration.joinWidth) { send(.compare, digest, to: id) }
            return
        }
        if periods >= nextReconnect {
            nextReconnect = periods + SwimConfiguration.reconnectPeriods
            for id in missing(1) { send(.compare, digest, to: id) }
        }
        if periods >= nextComparison {
            nextComparison = periods + SwimConfiguration.comparisonPeriods(members: liveCount)
            if let id = some(1, without: me).first { send(.compare, digest, to: id) }
        }
    }

    /// Those who are dead, seeds that are not alive, and hints that were not heard of: so many of them, in turn.
    private mutating func missing(_ count: Int) -> [Int] {
        var found: [Int] = []
        for _ in 0..<table.count where found.count < count {
            joinPosition = (joinPosition + 1) % table.count
            let id = Int(table.order[joinPosition])
            let standing = table.standings[id]
            let isMissing =
                standing.isKnown
                ? standing.state == .dead || (standing.isSeed && !standing.isLive) : standing.isSeed || standing.isHint
            if isMissing, id != me { found.append(id) }
        }
        return found
    }

    // MARK: - Suspicion

    private mutating func suspect(_ id: Int, _ now: Int64) {
        guard table.standings[id].isKnown, table.standings[id].state == .alive else { return }
        set(id, table.standings[id].incarnation, .suspect, now: now)
    }

    /// Those whose time is up are held to be dead.
    private mutating func bury(_ now: Int64) {
        earliestDeath = .max
        var left: [Int32] = []
        for number in suspects {
            let id = Int(number)
            let standing = table.standings[id]
            if standing.isKnown, standing.state == .suspect, standing.deadline > now {
                left.append(number)
                earliestDeath = min(earliestDeath, standing.deadline)
            } else {
                table.standings[id].isListed = false
                if standing.isKnown, standing.state == .suspect { set(id, standing.incarnation, .dead, now: now) }
            }
        }
        suspects = left
    }

    /// This process did not run: refutations may have passed by, so that all suspicions begin again.
    private mutating func suspectAnew(_ now: Int64) {
        // Not again and again: one that is stopped every other moment has to come to a verdict as well.
        guard !suspects.isEmpty, now >= nextRestart else { return }
        nextRestart = now + 2 * configuration.suspicionTime
        earliestDeath = now + configuration.suspicionTime
        for id in suspects { table.standings[Int(id)].deadline = earliestDeath }
    }

    // MARK: - Changes of the view

    /// The one place where the view changes.
    mutating func set(_ id: Int, _ incarnation: UInt64, _ state: MemberState, now: Int64) {
        digest &-= table.digest(id)
        let wasLive = table.standings[id].isLive
        table.standings[id].isKnown = true
        table.standings[id].isHint = false
        table.standings[id].incarnation = incarnation
        table.standings[id].state = state
        table.standings[id].changedAt = now
        digest &+= table.digest(id)
        let isLive = table.standings[id].isLive
        if isLive != wasLive {
            liveCount += isLive ? 1 : -1
            liveVersion += 1
        }
        if isLive, id != me, !table.standings[id].isOnRing {
            table.standings[id].isOnRing = true
            // Anywhere in what is left of the round.
            ring.insert(Int32(id), at: ringPosition + below(ring.count - ringPosition + 1))
        }
        if state == .suspect {
            table.standings[id].deadline = now + configuration.suspicionTime
            earliestDeath = min(earliestDeath, table.standings[id].deadline)
            if !table.standings[id].isListed {
                table.standings[id].isListed = true
                suspects.append(Int32(id))
            }
        }
        updates.put(id, &table)
        out.append(.member(name: table.names[id], incarnation: incarnation, state))
    }

    // MARK: - Names and chance

    /// The number of a name: a new one where it is new.
    /// - Returns: `nil` for names of nobody, and where there is no room.
    mutating func intern(_ name: String) -> Int? { intern(Array(name.utf8)[...]) }

    mutating func intern(_ name: ArraySlice<UInt8>) -> Int? {
        if let id = table.find(name) { return id }
        guard (1...PeerDatagram.nameLimit).contains(name.count) else { return nil }
        if let known = configuration.known {
            guard let text = String(validating: name, as: UTF8.self), known.contains(text) else { return nil }
        }
        if table.count >= SwimConfiguration.nameLimit {
            let gone = table.forgetOldest()
            guard !gone.isEmpty else { return nil }
            for id in gone { digest &-= table.digest(id) }
            table.remove(gone)
            // Their numbers are given to others.
            let isGone = Set(gone)
            ring.removeAll { isGone.contains(Int($0)) }
            ringPosition = min(ringPosition, ring.count)
            suspects.removeAll { isGone.contains(Int($0)) }
            relays.removeAll { isGone.contains($0.target) || isGone.contains($0.asker) }
            if let probe, isGone.contains(probe.target) { self.probe = nil }
        }
        return table.add(name)
    }

    /// A number in 0..<bound.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: generator.next().multipliedFullWidth(by: UInt64(max(bound, 1))).high)
    }

    private mutating func flush() -> [PeerAction] {
        defer { out = [] }
        return out
    }
}
