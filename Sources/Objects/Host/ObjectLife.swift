/// Where an object stands at the host that has it, and what may happen next: the decisions of a migration's source. No
/// clock, no socket. After every event its owner carries out the action.
///
/// - *active → draining*: no invocation begins; the running one finishes, or the migration is given up.
/// - *transferring*: everything leaves for the target, which holds it prepared.
/// - *swapping*: the directory is asked, and until it has answered nobody serves.
/// - *moved*: it never serves here again.
///
/// An owner whose session is over (*lost*) serves nobody until the directory has given it the object again, which it does
/// only for what survives in the host's store.
package struct ObjectLife: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        /// The directory does not know of it yet.
        case registering
        case active
        case draining(to: String)
        case transferring(to: String)
        case swapping(to: String)
        /// A prepared copy may still be about: serves again when the epoch is another one.
        case renewing
        /// The session is over; asks for it again.
        case lost
        case moved
        case over
    }

    package enum Action: Sendable, Equatable {
        case none
        /// Whose turn it is may begin.
        case serve
        /// The migration was given up.
        case resume(reason: String, discardAt: String?)
        case transfer(to: String)
        case swap(to: String, targetSession: UInt64)
        /// Ask the directory for the next epoch: a copy that nobody may use is then of an older one.
        case renew
        /// Ask the directory for the object: the store has it.
        case claim
        /// It is the target's now.
        case leave(to: String, epoch: UInt64)
        /// Its state is of no use any more.
        case end(reason: String)
    }

    /// What the directory says of an object after a swap or a claim.
    package enum Ruling: Sendable, Equatable {
        /// It is ours, at this epoch.
        case ours(epoch: UInt64)
        case others(owner: String, epoch: UInt64)
        /// Nobody's; we may claim it if our store has it.
        case orphaned
        case gone
    }

    package private(set) var phase: Phase
    package private(set) var epoch: UInt64
    package private(set) var isRunning = false
    /// It survives its owner's session.
    private let isDurable: Bool
    /// A prepared copy of it could be adopted.
    private let isAdoptable: Bool
    /// The session ended while the swap was on its way.
    private var isLost = false

    package init(phase: Phase, epoch: UInt64, isDurable: Bool, isAdoptable: Bool) {
        self.phase = phase
        self.epoch = epoch
        self.isDurable = isDurable
        self.isAdoptable = isAdoptable
    }

    /// Whether the next invocation may begin.
    package var mayBegin: Bool { phase == .active && !isRunning }

    /// Whether invocations may wait for it here.
    package var takesInvocations: Bool { phase != .moved && phase != .over }

    /// Nobody else can have come to own it: what is said in its name now stands.
    package var isCertain: Bool {
        switch phase {
        case .active, .draining: true
        default: false
        }
    }

    package var isMigrating: Bool {
        switch phase {
        case .draining, .transferring, .swapping, .renewing: true
        default: false
        }
    }

    // MARK: - Invocations

    package mutating func began() { isRunning = true }

    package mutating func ended() -> Action {
        isRunning = false
        switch phase {
        case .active: return .serve
        case .draining(let target):
            phase = .transferring(to: target)
            return .transfer(to: target)
        default: return .none
        }
    }

    /// The last claim was granted, and its answer lost: it was ours at this epoch, and what is here is still what it is.
    package mutating func learned(epoch: UInt64) { self.epoch = max(self.epoch, epoch) }

    // MARK: - Registration

    /// The directory has answered the registration, or a claim.
    package mutating func ruled(_ ruling: Ruling) -> Action {
        guard phase == .registering || phase == .lost || phase == .renewing else { return .none }
        switch ruling {
        case .ours(let epoch):
            self.epoch = max(self.epoch, epoch)
            phase = .active
            return .serve
        case .others(let owner, let epoch): return leave(to: owner, epoch: epoch)
        case .orphaned: return isDurable ? lose() : end("another session")
        case .gone: return end("gone")
        }
    }

    // MARK: - Migration

    /// - Returns: nil: it cannot move now.
    package mutating func migrate(to target: String) -> Action? {
        guard phase == .active else { return nil }
        guard !isRunning else {
            phase = .draining(to: target)
            return Action.none
        }
        phase = .transferring(to: target)
        return .transfer(to: target)
    }

    /// The running invocation takes too long.
    package mutating func drainTimedOut() -> Action {
        guard case .draining = phase else { return .none }
        phase = .active
        return .resume(reason: "the running invocation did not end in time", discardAt: nil)
    }

    /// The target holds the copy.
    package mutating func prepared(targetSession: UInt64) -> Action {
        guard case .transferring(let target) = phase else { return .none }
        phase = .swapping(to: target)
        return .swap(to: target, targetSession: targetSession)
    }

    /// The target does not hold it, or nobody knows (`inDoubt`).
    package mutating func notPrepared(reason: String, inDoubt: Bool) -> Action {
        guard case .transferring(let target) = phase else { return .none }
        return giveUp(reason, discardAt: inDoubt ? target : nil, inDoubt: inDoubt)
    }

    /// The directory has answered the swap: what it says is so.
    package mutating func swapped(_ ruling: Ruling) -> Action {
        guard case .swapping(let target) = phase else { return .none }
        switch ruling {
        case .others(let owner, let epoch): return leave(to: owner, epoch: epoch)
        case .ours where !isLost: return giveUp("the directory refused", discardAt: target, inDoubt: true)
        case .ours, .orphaned: return isDurable ? lose() : end("the session is over")
        case .gone: return end("gone")
        }
    }

    /// Nobody may adopt the copy that the target may hold: else what is done from now on could be lost with us.
    private mutating func giveUp(_ reason: String, discardAt target: String?, inDoubt: Bool) -> Action {
        if isLost { return isDurable ? lose() : end("the session is over") }
        guard inDoubt, isAdoptable else {
            phase = .active
            return .resume(reason: reason, discardAt: target)
        }
        phase = .renewing
        return .renew
    }

    // MARK: - The session

    /// The host's session is over.
    package mutating func sessionEnded() -> Action {
        switch phase {
        case .swapping:
            // Perhaps it was granted before.
            isLost = true
            return .none
        case .moved, .over, .registering, .lost: return .none
        case .active, .draining, .transferring, .renewing: return isDurable ? lose() : end("the session is over")
        }
    }

    private mutating func lose() -> Action {
        isLost = false
        phase = .lost
        return .claim
    }

    private mutating func leave(to owner: String, epoch: UInt64) -> Action {
        phase = .moved
        return .leave(to: owner, epoch: epoch)
    }

    package mutating func end(_ reason: String) -> Action {
        phase = .over
        return .end(reason: reason)
    }
}
