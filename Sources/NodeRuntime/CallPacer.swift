import ClusterModel

/// When the calls of one `call:` begin. Pure: `now` is handed in, in nanoseconds of `MonotonicClock`.
struct CallPacer {
    struct Start: Equatable {
        /// From 1.
        var sequence: Int
        /// When it should have begun: its place in the schedule of an open loop, or now.
        var due: Int64
    }

    private let role: CallRole
    private var started: Int64?
    private var nextSequence = 1
    private var isFinishing = false
    private(set) var inFlight = 0
    /// Calls that have ended.
    private(set) var ended = 0

    init(_ role: CallRole) { self.role = role }

    mutating func start(now: Int64) { if started == nil { started = now } }

    /// No further call begins; those in flight go on.
    mutating func finish() { isFinishing = true }

    var isDone: Bool { inFlight == 0 && !hasMore }

    private var hasMore: Bool { !isFinishing && nextSequence <= role.count ?? .max }

    /// The next call, if one may begin now. It then counts as begun.
    mutating func next(now: Int64) -> Start? {
        guard let started, hasMore, inFlight < role.concurrency else { return nil }
        let planned = due(nextSequence, started)
        guard planned <= now else { return nil }
        defer {
            nextSequence += 1
            inFlight += 1
        }
        // Only an open loop owes its calls at their time; a closed one owes each when the one before has ended.
        return Start(sequence: nextSequence, due: role.loop == .open ? planned : now)
    }

    mutating func callEnded() {
        inFlight -= 1
        ended += 1
    }

    /// When `next` may give more; `nil` where only the end of a call, or nothing, can change that.
    func wakeUp(now: Int64) -> Int64? {
        guard let started, hasMore, inFlight < role.concurrency else { return nil }
        return max(now, due(nextSequence, started))
    }

    private func due(_ sequence: Int, _ started: Int64) -> Int64 {
        guard let rate = role.rate, rate.perSecond > 0 else { return started }
        return started + Int64(Double(sequence - 1) * 1e9 / rate.perSecond)
    }
}
