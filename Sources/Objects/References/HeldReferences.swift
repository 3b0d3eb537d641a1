/// The references that one life of a process holds, and what it has to tell their owners. No clock and no socket;
/// moments are nanoseconds of one clock.
///
/// **Grounds.** A reference is held as long as there is a ground: an object's state, an invocation, somebody outside, or
/// a pin, which is a ground until a moment. The first one has a *dirty* sent to the owner, the end of the last one a
/// *clean*. Whoever has come to hold a reference waits until it is usable; whoever passes one on keeps a ground until
/// the receiver's dirty is certain to be acknowledged (a call: until it was answered) or pins it (a reply; a call whose
/// outcome is unknown).
///
/// **The shell** calls `takeNotices` at `nextWake` and after events, sends each notice to the owners of its objects
/// (its own process included), and hands each object's answer, or that there is none, back. After every event it looks
/// at `takeChanges`, where those who wait find what became of their reference.
///
/// **Leases.** The owner says how long it lists. The holder counts from when it took the notice, so that its own view is
/// over first, and renews at half of the time. Once over, a reference stays *expired* until it is fully released;
/// what is held afterwards begins anew.
///
/// **Sequence.** One growing sequence for everything. Only the answer to the last notice of an object counts. A notice
/// that failed is sent again under a new number, for as long as the reference is held; a clean for a lease, after which
/// the owner has forgotten by itself.
package struct HeldReferences: Sendable {
    package enum Ground: Sendable, Hashable {
        /// In the state of an object of this process.
        case state(of: String)
        /// In the parameters or the script of an invocation, made or executed here; a number of this process.
        case invocation(UInt64)
        case external
    }

    package enum State: Sendable, Equatable {
        /// The owner has not been told.
        case unlisted
        /// A dirty was sent and is not acknowledged.
        case listing
        /// The owner lists it; to be used before this moment.
        case listed(until: Int64)
        case expired
        /// It was collected, or its state is lost.
        case gone
    }

    package enum ChangeKind: Sendable, Equatable {
        /// Listed now, and usable.
        case held
        /// Used no more from now on; the owner is about to be told.
        case released
        case expired, gone
    }

    package struct Change: Sendable, Equatable {
        package var object: String
        package var kind: ChangeKind
    }

    /// Nanoseconds.
    package struct Timing: Sendable, Equatable {
        /// What is taken for the lease until an owner has said otherwise: of pins, and of cleans that fail.
        package var lease: Int64 = 10_000_000_000
        /// Between a failure and the next notice.
        package var pause: Int64 = 200_000_000
        /// A notice that nothing was heard of for so long has failed. Longer than the shell's own deadline.
        package var patience: Int64 = 5_000_000_000
        /// How long after the last ground's end the clean waits for another one; shorter than half of a lease.
        package var linger: Int64 = 0
        package init() {}
    }

    /// Objects in one notice: with ids of any length it fits into a message.
    package static let batch = 5_000

    private enum Phase: Equatable {
        case unlisted, listing
        case listed(until: Int64)
        case expired, gone
        /// Held no more, and a clean was sent.
        case cleaning(giveUp: Int64)
    }

    private struct Entry {
        var object = ""
        /// Grounds but pins.
        var uses = 0
        /// Until when it is pinned.
        var pin: Int64?
        var phase = Phase.unlisted
        /// Of its last notice; 0: there was none, and no owner can have it on a list.
        var sequence: UInt64 = 0
        var kind = ReferenceNotice.Kind.dirty
        var sentAt: Int64 = 0
        /// No answer to the last notice yet, and no failure.
        var isInFlight = false
        /// When the next notice is to be sent.
        var due: Int64 = .max
        /// As its owner last said.
        var lease: Int64?
        /// The last notice found no owner where it was looked for.
        var wasElsewhere = false
        /// `held` was reported, and its end was not.
        var isReported = false

        var isHeld: Bool { uses > 0 || pin != nil }
    }

    private let holder: String
    private let incarnation: UInt64
    private let timing: Timing
    private var sequence: UInt64 = 0
    private var entries: [Entry] = []
    private var freeSlots: [Int] = []
    private var slots: [String: Int] = [:]
    /// By slot: how often.
    private var grounds: [Ground: [Int: Int]] = [:]
    private var queue = WakeQueue()
    private var changes: [Change] = []

    /// - Parameters:
    ///   - holder: the process.
    ///   - incarnation: greater than those of its earlier lives.
    package init(holder: String, incarnation: UInt64, timing: Timing = Timing()) {
        self.holder = holder
        self.incarnation = incarnation
        self.timing = timing
    }

    // MARK: - Grounds

    /// Under one ground a reference can be held several times, and is to be released as often.
    package mutating func retain(_ reference: ObjectReference, _ ground: Ground, now: Int64) {
        retain(acquire(reference.object, now: now), ground)
    }

    /// What is not held on this ground is not released.
    package mutating func release(_ reference: ObjectReference, _ ground: Ground, now: Int64) {
        guard let slot = slots[reference.object] else { return }
        release(slot, ground, all: false, now: now)
    }

    /// Makes the references the ones that are held on the ground, each once: of a state after an invocation, or none at
    /// the end of one. What is in both sets is held throughout.
    package mutating func update(_ ground: Ground, to references: Set<ObjectReference>, now: Int64) {
        let before = grounds[ground] ?? [:]
        var after: Set<Int> = []
        for reference in references {
            let slot = acquire(reference.object, now: now)
            guard after.insert(slot).inserted else { continue }
            let count = before[slot] ?? 0
            if count == 0 {
                retain(slot, ground)
            } else if count > 1 {
                entries[slot].uses -= count - 1
                grounds[ground]?[slot] = 1
            }
        }
        for slot in before.keys where !after.contains(slot) { release(slot, ground, all: true, now: now) }
    }

    /// Holds a reference until the moment at least.
    package mutating func pin(_ reference: ObjectReference, until moment: Int64, now: Int64) {
        pin(acquire(reference.object, now: now), until: moment)
    }

    /// For one lease from now: long enough for a receiver's dirty.
    package mutating func pin(_ references: Set<ObjectReference>, now: Int64) {
        for reference in references {
            let slot = acquire(reference.object, now: now)
            pin(slot, until: now + (entries[slot].lease ?? timing.lease))
        }
    }

    // MARK: - What is known

    /// Nil: it is not held.
    package func state(of object: String, now: Int64) -> State? {
        guard let slot = slots[object], entries[slot].isHeld else { return nil }
        return switch entries[slot].phase {
        case .unlisted, .cleaning: .unlisted
        case .listing: .listing
        case .listed(let until): now < until ? .listed(until: until) : .expired
        case .expired: .expired
        case .gone: .gone
        }
    }

    /// Whether the process holds the reference and its owner is certain to know.
    package func isUsable(_ object: String, now: Int64) -> Bool {
        if case .listed? = state(of: object, now: now) { true } else { false }
    }

    /// References that are held, or whose owners have yet to hear that they are not.
    package var count: Int { slots.count }
    package var groundCount: Int { grounds.count }

    /// When `takeNotices` must be called; nil: not at all.
    package var nextWake: Int64? { queue.next }

    /// What has changed since it was last asked.
    package mutating func takeChanges() -> [Change] {
        defer { changes = [] }
        return changes
    }

    // MARK: - Notices

    /// What is due: pins and leases end, and these are to be sent, now. Each is split by the owners of its objects.
    package mutating func takeNotices(now: Int64) -> [ReferenceNotice] {
        var cleans: [Int] = []
        var dirties: [Int] = []
        var renewals: [Int] = []
        while let slot = queue.popDue(now) {
            switch wake(slot, now: now) {
            case .clean?: cleans.append(slot)
            case .dirty?: dirties.append(slot)
            case .renew?: renewals.append(slot)
            case nil: break
            }
        }
        return notices(.dirty, dirties, now) + notices(.renew, renewals, now) + notices(.clean, cleans, now)
    }

    /// An owner has answered, for some of the objects of a notice or for all. Where the directory knows that an object
    /// is no more, its shell answers `gone`.
    package mutating func answered(_ sequence: UInt64, _ answers: [ReferenceAnswer], now: Int64) {
        for answer in answers {
            guard let slot = slots[answer.object], entries[slot].isInFlight, entries[slot].sequence == sequence else {
                continue
            }
            entries[slot].isInFlight = false
            answered(slot, answer, now: now)
        }
    }

    /// There is no answer for these objects of a notice, and none to come.
    package mutating func failed(_ sequence: UInt64, _ objects: some Sequence<String>, now: Int64) {
        for object in objects {
            guard let slot = slots[object], entries[slot].isInFlight, entries[slot].sequence == sequence else {
                continue
            }
            entries[slot].isInFlight = false
            retry(slot, at: now + timing.pause)
        }
    }

    // MARK: - Uses

    private mutating func retain(_ slot: Int, _ ground: Ground) {
        grounds[ground, default: [:]][slot, default: 0] += 1
        entries[slot].uses += 1
        schedule(slot)
    }

    private mutating func release(_ slot: Int, _ ground: Ground, all: Bool, now: Int64) {
        guard let count = grounds[ground]?[slot] else { return }
        let released = all ? count : 1
        if count > released {
            grounds[ground]?[slot] = count - released
        } else if grounds[ground]?.count == 1 {
            grounds[ground] = nil
        } else {
            grounds[ground]?[slot] = nil
        }
        entries[slot].uses -= released
        if !entries[slot].isHeld { letGo(slot, now: now) }
    }

    private mutating func pin(_ slot: Int, until moment: Int64) {
        entries[slot].pin = max(entries[slot].pin ?? moment, moment)
        schedule(slot)
    }

    /// The slot of an object that gets a ground now.
    private mutating func acquire(_ object: String, now: Int64) -> Int {
        if let slot = slots[object] {
            if !entries[slot].isHeld { resume(slot, now: now) }
            return slot
        }
        let slot = freeSlots.popLast() ?? entries.count
        let entry = Entry(object: object, due: now)
        if slot == entries.count { entries.append(entry) } else { entries[slot] = entry }
        slots[object] = slot
        return slot
    }

    /// It was let go, and is held again.
    private mutating func resume(_ slot: Int, now: Int64) {
        let isInFlight = entries[slot].isInFlight
        let awaited = entries[slot].sentAt + timing.patience
        switch entries[slot].phase {
        case .listing: entries[slot].due = isInFlight ? awaited : now
        case .listed(let until) where now < until:
            let lease = entries[slot].lease ?? timing.lease
            if !entries[slot].isReported { report(slot, .held) }
            entries[slot].due = isInFlight ? awaited : Self.renewal(until - lease, lease)
        case .listed:
            report(slot, .expired)
            begin(slot, now: now)
        case .unlisted, .cleaning, .expired, .gone: begin(slot, now: now)
        }
    }

    /// Anew; whatever is on its way does not count any more.
    private mutating func begin(_ slot: Int, now: Int64) {
        entries[slot].phase = .unlisted
        entries[slot].isInFlight = false
        entries[slot].due = now
    }

    /// Its last ground has ended.
    private mutating func letGo(_ slot: Int, now: Int64) {
        switch entries[slot].phase {
        case .expired, .gone: return forget(slot)
        case .listed(let until) where now >= until:
            report(slot, .expired)
            return forget(slot)
        case .listed: entries[slot].due = now + timing.linger
        case .unlisted where entries[slot].sequence == 0: return forget(slot)
        case .unlisted, .listing, .cleaning: entries[slot].due = now
        }
        schedule(slot)
    }

    private mutating func forget(_ slot: Int) {
        queue.remove(slot)
        slots[entries[slot].object] = nil
        entries[slot] = Entry()
        freeSlots.append(slot)
    }

    // MARK: - Time

    private mutating func schedule(_ slot: Int) {
        var moment = entries[slot].due
        if let pin = entries[slot].pin { moment = min(moment, pin) }
        switch entries[slot].phase {
        case .listed(let until): moment = min(moment, until)
        case .cleaning(let giveUp): moment = min(moment, giveUp)
        case .unlisted, .listing, .expired, .gone: break
        }
        if moment == .max { queue.remove(slot) } else { queue.set(slot, moment) }
    }

    /// It is out of the queue. What it says is put on a notice; if it says nothing, it is back in the queue, or gone.
    private mutating func wake(_ slot: Int, now: Int64) -> ReferenceNotice.Kind? {
        if let pin = entries[slot].pin, pin <= now {
            entries[slot].pin = nil
            if entries[slot].uses == 0 {
                letGo(slot, now: now)
                // Gone, or in the queue again.
                return nil
            }
        }
        switch entries[slot].phase {
        case .listed(let until) where now >= until:
            end(slot, .expired)
            return nil
        case .cleaning(let giveUp) where now >= giveUp:
            forget(slot)
            return nil
        default: break
        }
        guard entries[slot].due <= now else {
            schedule(slot)
            return nil
        }
        guard entries[slot].isHeld else { return .clean }
        if case .listed = entries[slot].phase { return .renew }
        return .dirty
    }

    /// Not usable any more, ever.
    private mutating func end(_ slot: Int, _ phase: Phase) {
        report(slot, phase == .gone ? .gone : .expired)
        entries[slot].phase = phase
        entries[slot].isInFlight = false
        entries[slot].due = .max
        if entries[slot].isHeld { schedule(slot) } else { forget(slot) }
    }

    private mutating func report(_ slot: Int, _ kind: ChangeKind) {
        entries[slot].isReported = kind == .held
        changes.append(Change(object: entries[slot].object, kind: kind))
    }

    // MARK: - Sending

    private mutating func notices(_ kind: ReferenceNotice.Kind, _ slots: [Int], _ now: Int64) -> [ReferenceNotice] {
        stride(from: 0, to: slots.count, by: Self.batch).map { start in
            sequence += 1
            var notice = ReferenceNotice()
            notice.kind = kind
            notice.holder = holder
            notice.incarnation = incarnation
            notice.sequence = sequence
            notice.objects = slots[start..<min(start + Self.batch, slots.count)].map { slot in
                sent(slot, kind, now: now)
                return entries[slot].object
            }
            return notice
        }
    }

    private mutating func sent(_ slot: Int, _ kind: ReferenceNotice.Kind, now: Int64) {
        entries[slot].sequence = sequence
        entries[slot].kind = kind
        entries[slot].sentAt = now
        entries[slot].isInFlight = true
        entries[slot].due = now + timing.patience
        switch (kind, entries[slot].phase) {
        case (.dirty, _): entries[slot].phase = .listing
        case (.renew, _), (.clean, .cleaning): break
        case (.clean, _):
            if entries[slot].isReported { report(slot, .released) }
            entries[slot].phase = .cleaning(giveUp: now + (entries[slot].lease ?? timing.lease))
        }
        schedule(slot)
    }

    private mutating func answered(_ slot: Int, _ answer: ReferenceAnswer, now: Int64) {
        if case .listed(let until) = entries[slot].phase, now >= until { return end(slot, .expired) }
        let wasElsewhere = entries[slot].wasElsewhere
        entries[slot].wasElsewhere = answer.standing == .elsewhere
        switch (answer.standing, entries[slot].kind) {
        case (.done, .clean), (.gone, .clean), (.expired, .clean): forget(slot)
        case (.gone, _): end(slot, .gone)
        case (.expired, _): end(slot, .expired)
        case (.done, _): listed(slot, lease: min(answer.lease, HolderList.longestLease), now: now)
        case (.elsewhere, _), (.full, _):
            // At once, but not round and round.
            retry(slot, at: answer.standing == .elsewhere && !wasElsewhere ? now : now + timing.pause)
        }
    }

    private mutating func listed(_ slot: Int, lease: Int64, now: Int64) {
        let sentAt = entries[slot].sentAt
        // Else it came after the lease was over.
        guard lease > 0, now < sentAt + lease else { return retry(slot, at: now + timing.pause) }
        entries[slot].lease = lease
        entries[slot].phase = .listed(until: sentAt + lease)
        if entries[slot].isHeld {
            if !entries[slot].isReported { report(slot, .held) }
            entries[slot].due = Self.renewal(sentAt, lease)
        }
        schedule(slot)
    }

    private mutating func retry(_ slot: Int, at moment: Int64) {
        switch entries[slot].phase {
        // Let go since, and its clean is due.
        case .unlisted, .listing, .listed: if entries[slot].isHeld { entries[slot].due = moment }
        case .cleaning: entries[slot].due = moment
        case .expired, .gone: break
        }
        schedule(slot)
    }

    /// Half of the lease; a little earlier, so that references meet in one notice.
    private static func renewal(_ sentAt: Int64, _ lease: Int64) -> Int64 {
        let grid = max(lease / 16, 1)
        let half = sentAt + lease / 2
        let over = half % grid
        return half - (over < 0 ? over + grid : over)
    }
}
