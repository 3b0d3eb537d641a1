import ClusterModel

/// The decisions of the directory: which host's session owns which object, at which epoch. No clock, no disk, no socket;
/// moments are nanoseconds of one clock, which does not run backwards for long (what does counts as standing still).
///
/// **Sessions.** A session is valid here until it was last heard of, plus the lease, plus the margin; its host serves
/// until it last *sent* a request that was answered, plus the lease. So a session that is over here is over at its host
/// too. What is over stays over: numbers of sessions are never used again. A restart does not know when sessions were
/// heard of, and counts them all as heard of just then; likewise the directory after it was stopped for a while
/// (`attention`), when nobody could be heard.
///
/// **When a session is over**, what it owned is
/// - *orphaned* if it is durable: its host may claim it from its store, from a new session, at any time;
/// - *orphaned* if it is `restore: prepared`: another host may claim it with the prepared copy. What is not durable waits
///   for that no longer than `adoption`, and is then gone;
/// - *orphaned* if it is `restore: elsewhere` and there is a snapshot: hosts are asked to claim it in turn, each for as
///   long as a session lasts without a word. If it is durable too, whoever's claim comes first has it;
/// - *gone* for ever otherwise.
///
/// A host that opens a session under a new incarnation ends its earlier one at once: that process is dead, or its request
/// is a late copy. What this host's store has can therefore be claimed at once. Other hosts wait until the earlier
/// session's time would have been over.
///
/// Each answer comes with the changes that it depends on (its own and those of time): it must not leave before all
/// changes up to its own are kept, in the order in which they were made.
package struct DirectoryCore: Sendable {
    package struct Configuration: Sendable {
        /// Nanoseconds, as everything here.
        package var lease: Int64
        package var margin: Int64
        /// Whoever drives the core calls it (`expire`) at least this often. After a longer silence the directory itself
        /// was away.
        package var attention = Int64.max
        /// How long an object that only a prepared copy can bring back waits for it, once others may claim it.
        package var adoption: Int64
        package var maximumSessions = 10_000
        /// The least number of a session. A directory that may lose what it kept begins each life above those before.
        package var firstSession: UInt64 = 1
        /// Those that are gone included.
        package var maximumObjects = 2_000_000
        /// Bytes of all snapshots.
        package var maximumSnapshots = 256 << 20

        package init(_ role: DirectoryRole = .init()) {
            lease = max(role.lease.nanoseconds, 1)
            margin = max(role.margin.nanoseconds, 0)
            adoption = (lease + margin) * 5
        }
    }

    /// Bytes.
    package static let longestSnapshot = 1 << 20
    /// Objects that a request or an answer can have.
    package static let perRequest = 1_000
    /// Incarnations of a host that are remembered, to tell late copies of `OpenSession`.
    private static let livesRemembered = 8

    struct Session {
        var kept: DirectorySession
        var end: Int64
        var owned: Set<String> = []
        /// What its host is asked to restore; some may be in other hands by now.
        var assigned: [String] = []
    }

    struct Orphan {
        /// From when on other hosts may claim it.
        var free: Int64
        /// The session that is asked to restore it.
        var assigned: UInt64?
        /// When something is done about it, if nobody has claimed it.
        var due: Int64?
    }

    package let configuration: Configuration
    package internal(set) var objects: [String: ObjectRecord] = [:]
    var sessions: [UInt64: Session] = [:]
    /// Growing.
    var order: [UInt64] = []
    private var byHost: [String: UInt64] = [:]
    /// Incarnations of each host, the last one last.
    private var lives: [String: [String]] = [:]
    private var nextSession: UInt64
    var snapshots: [String: ObjectSnapshot] = [:]
    var snapshotBytes = 0
    var orphans: [String: Orphan] = [:]
    private var due: [Int64: [String]] = [:]
    /// The session that was last asked to restore something.
    var turn: UInt64 = 0
    /// Ids in order, while somebody reads them all.
    var listing: [String] = []
    private(set) var clock: Int64
    /// Nothing becomes due before this.
    private var earliest = Int64.max
    var changes: [DirectoryChange] = []

    /// - Parameter kept: what was put and not removed, in any order.
    package init(_ configuration: Configuration, kept: [DirectoryChange] = [], now: Int64) {
        self.configuration = configuration
        nextSession = configuration.firstSession
        clock = now
        for change in kept { restore(change) }
        order.sort()
        for object in snapshots.keys.sorted() where objects[object] == nil { removeSnapshot(object) }
        for object in objects.keys.sorted() {
            guard let record = objects[object] else { continue }
            switch record.standing {
            case .owned where sessions[record.session] != nil: sessions[record.session]?.owned.insert(object)
            case .owned: bereave(record, free: now + validity)
            // Whether its owner's time was over is not known any more.
            case .orphaned: wait(record, free: now + validity)
            case .gone: break
            }
        }
    }

    private mutating func restore(_ change: DirectoryChange) {
        switch change {
        case .putObject(let record): objects[record.object] = record
        case .putSession(let session):
            sessions[session.id] = Session(kept: session, end: clock + validity)
            earliest = min(earliest, clock + validity)
            order.append(session.id)
            byHost[session.host] = session.id
            lives[session.host] = session.earlier + [session.incarnation]
            nextSession = max(nextSession, session.id + 1)
        case .putSnapshot(let snapshot):
            snapshots[snapshot.object] = snapshot
            snapshotBytes += snapshot.state.count
        case .putCounter(let next): nextSession = max(nextSession, next)
        case .removeObject, .removeSession, .removeSnapshot: break
        }
    }

    package var sessionCount: Int { sessions.count }

    /// When `expire` has something to do; nil: never, as things are.
    package var nextExpiry: Int64? { earliest == .max ? nil : earliest }

    /// Ends what is over.
    package mutating func expire(now: Int64) -> [DirectoryChange] {
        advance(now)
        return takeChanges()
    }

    // MARK: - Sessions

    package mutating func open(_ request: OpenSession, now: Int64) -> DirectoryAnswer<SessionLease> {
        answer(now) { core throws(DirectoryRefusal) in try core.opened(request) }
    }

    package mutating func renew(_ request: RenewSession, now: Int64) -> DirectoryAnswer<SessionLease> {
        answer(now) { core throws(DirectoryRefusal) in core.extend(request.session) }
    }

    private mutating func opened(_ request: OpenSession) throws(DirectoryRefusal) -> SessionLease {
        try Self.check("host", request.host)
        try Self.check("incarnation", request.incarnation)
        try Self.check(count: request.types.count)
        for type in request.types { try Self.check("type", type) }
        let current = byHost[request.host]
        if let current, sessions[current]?.kept.incarnation == request.incarnation { return extend(current) }
        var known = lives[request.host] ?? []
        // Nobody is turned away for ever: where it was the later life's request that was the copy, its session ends.
        if current != nil, known.contains(request.incarnation) { return SessionLease() }
        guard current != nil || sessions.count < configuration.maximumSessions else {
            throw DirectoryRefusal(.full, "the directory has \(sessions.count) sessions, and that is all it may have")
        }
        if let current { end(current) }
        known.removeAll { $0 == request.incarnation }
        known = known.suffix(Self.livesRemembered - 1) + [request.incarnation]
        if lives.count >= configuration.maximumSessions * 2 { lives = lives.filter { byHost[$0.key] != nil } }
        lives[request.host] = known

        var session = DirectorySession()
        session.id = nextSession
        session.host = request.host
        session.incarnation = request.incarnation
        session.types = request.types
        session.earlier = known.dropLast()
        nextSession += 1
        sessions[session.id] = Session(kept: session, end: clock + validity)
        earliest = min(earliest, clock + validity)
        order.append(session.id)
        byHost[session.host] = session.id
        changes += [.putSession(session), .putCounter(nextSession)]
        return extend(session.id)
    }

    private mutating func extend(_ id: UInt64) -> SessionLease {
        var reply = SessionLease()
        guard var session = sessions.removeValue(forKey: id) else { return reply }
        session.end = max(session.end, clock + validity)
        // It may have been asked for the same one twice, with others in between.
        var asked: Set<String> = []
        session.assigned.removeAll { orphans[$0]?.assigned != id || !asked.insert($0).inserted }
        reply.session = id
        reply.lease = configuration.lease
        reply.restore = session.assigned.prefix(Self.perRequest).compactMap { objects[$0] }
        sessions[id] = session
        return reply
    }

    private mutating func end(_ id: UInt64) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        order.removeAll { $0 == id }
        byHost[session.kept.host] = nil
        changes.append(.removeSession(id))
        for object in session.owned.sorted() {
            if let record = objects[object] { bereave(record, free: max(session.end, clock)) }
        }
        for object in session.assigned where orphans[object]?.assigned == id { assign(object) }
    }

    /// How long a session lasts here without a word.
    var validity: Int64 { configuration.lease + configuration.margin }

    // MARK: - Time

    private mutating func advance(_ now: Int64) {
        let silence = now - clock
        clock = max(clock, now)
        if silence > configuration.attention { wasAway(silence) }
        guard clock >= earliest else { return }
        for id in order where sessions[id].map({ $0.end <= clock }) ?? false { end(id) }
        for moment in due.keys.sorted() where moment <= clock {
            for object in due.removeValue(forKey: moment) ?? [] where orphans[object]?.due == moment {
                waitedLongEnough(object)
            }
        }
        earliest = min(sessions.values.map(\.end).min() ?? .max, due.keys.min() ?? .max)
    }

    /// Nobody could be heard, nor claim anything.
    private mutating func wasAway(_ silence: Int64) {
        let end = clock + validity
        for id in order { sessions[id]?.end = end }
        for object in Array(orphans.keys) {
            if let due = orphans[object]?.due { orphans[object]?.due = due + silence }
        }
        due = Dictionary(uniqueKeysWithValues: due.map { ($0.key + silence, $0.value) })
    }

    /// Sees to it that something is done about an orphan then, and only then.
    mutating func schedule(_ object: String, at moment: Int64) {
        orphans[object]?.due = moment
        due[moment, default: []].append(object)
        earliest = min(earliest, moment)
    }

    // MARK: - Answers

    mutating func answer<Reply>(
        _ now: Int64, _ body: (inout DirectoryCore) throws(DirectoryRefusal) -> Reply
    ) -> DirectoryAnswer<Reply> {
        advance(now)
        let result: Result<Reply, DirectoryRefusal>
        do throws(DirectoryRefusal) { result = .success(try body(&self)) } catch { result = .failure(error) }
        return DirectoryAnswer(result: result, changes: takeChanges())
    }

    private mutating func takeChanges() -> [DirectoryChange] {
        defer { changes = [] }
        return changes
    }

    static func check(_ what: String, _ name: String) throws(DirectoryRefusal) {
        guard ObjectReference.isName(name) else {
            throw DirectoryRefusal(
                .malformed, "the \(what) '\(name.prefix(200))' is not 1 to 200 letters, digits, '_', '-' and '.'")
        }
    }

    static func check(count: Int) throws(DirectoryRefusal) {
        guard count <= perRequest else {
            throw DirectoryRefusal(.malformed, "\(count) in one request: at most \(perRequest) may be")
        }
    }
}

/// What the directory says, and what must be kept before it says so: changes that time has made, even where the request
/// itself is refused.
package struct DirectoryAnswer<Reply: Sendable>: Sendable {
    package var result: Result<Reply, DirectoryRefusal>
    package var changes: [DirectoryChange]
}

/// A request of which nothing was done.
package struct DirectoryRefusal: Error, Sendable, Equatable {
    package enum Code: Sendable { case malformed, full }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
