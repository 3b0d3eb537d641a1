import ClusterModel
import DequeModule

/// The decisions of a publisher: which message goes out next, and when one is given up or sent again. No clock and no
/// socket; moments are nanoseconds of one clock.
struct PublisherCore {
    /// One transmission to make.
    struct Send: Equatable {
        /// From 1.
        var sequence: Int
        /// From 1.
        var attempt: Int
    }

    enum Outcome: Equatable {
        /// Confirmed, or, without confirms, handed to the connection.
        case done
        /// The broker refused it, and no attempt is left.
        case refused
        /// No answer came, and no attempt is left: nobody knows.
        case unknown
    }

    struct Settled: Equatable {
        var sequence: Int
        var outcome: Outcome
    }

    private struct InFlight {
        var send: Send
        var deadline: Int64
    }

    private let role: PublishRole
    private var started: Int64?
    private var nextSequence = 1
    private var again: Deque<Send> = []
    /// By the channel's confirm number; numbers are ascending, so are deadlines.
    private var inFlight: Deque<(tag: UInt64, flight: InFlight?)> = []
    private var nextTag: UInt64 = 1
    private(set) var unsettled = 0
    private(set) var isConnected = false
    private var isFinishing = false

    private(set) var published = 0
    private(set) var confirmed = 0
    private(set) var failed = 0

    init(_ role: PublishRole) { self.role = role }

    /// The workload starts; sending is paced from here.
    mutating func start(now: Int64) { if started == nil { started = now } }

    /// A channel is open; its confirm numbers start at 1.
    mutating func connected() {
        isConnected = true
        nextTag = 1
    }

    /// No further message is begun; those in flight are still finished.
    mutating func finish() { isFinishing = true }

    var isDone: Bool { !hasMore && again.isEmpty && unsettled == 0 }

    private var hasMore: Bool { !isFinishing && nextSequence <= role.count ?? .max }

    /// The next transmission, if one may go out now. It then counts as sent.
    mutating func next(now: Int64) -> Send? {
        guard isConnected, let started, unsettled < (role.confirm?.window ?? .max) else { return nil }
        let send: Send
        if let repeated = again.popFirst() {
            send = repeated
        } else {
            guard hasMore, due(nextSequence, started) <= now else { return nil }
            send = Send(sequence: nextSequence, attempt: 1)
            nextSequence += 1
            published += 1
        }
        if let confirm = role.confirm {
            let flight = InFlight(send: send, deadline: now + confirm.timeout.nanoseconds)
            inFlight.append((nextTag, flight))
            nextTag += 1
            unsettled += 1
        }
        return send
    }

    /// When `next` may give more; `nil` where only an event can change that.
    func wakeUp(now: Int64) -> Int64? {
        var moments: [Int64] = []
        if let oldest = inFlight.first(where: { $0.flight != nil })?.flight { moments.append(oldest.deadline) }
        if isConnected, let started, unsettled < (role.confirm?.window ?? .max), again.isEmpty, hasMore {
            moments.append(max(due(nextSequence, started), now))
        }
        return moments.min()
    }

    /// The broker's answer.
    mutating func answered(_ tag: UInt64, multiple: Bool, nack: Bool) -> [Settled] {
        guard let first = inFlight.first, tag >= first.tag else { return [] }
        let last = Int(clamping: tag - first.tag)
        guard last < inFlight.count else { return [] }
        var settled: [Settled] = []
        for index in (multiple ? 0 : last)...last {
            guard let flight = inFlight[index].flight else { continue }
            inFlight[index].flight = nil
            settled += settle(flight, nack ? .refused : .done)
        }
        forget()
        return settled
    }

    /// Gives up waiting for answers that are overdue.
    mutating func expire(now: Int64) -> [Settled] {
        var settled: [Settled] = []
        for index in inFlight.indices {
            guard let flight = inFlight[index].flight else { continue }
            guard flight.deadline <= now else { break }
            inFlight[index].flight = nil
            settled += settle(flight, .unknown)
        }
        forget()
        return settled
    }

    /// The channel is gone: no answer comes any more.
    mutating func disconnected() -> [Settled] {
        isConnected = false
        let lost = inFlight.compactMap(\.flight)
        inFlight = []
        return lost.flatMap { settle($0, .unknown) }
    }

    /// - Returns: nothing where the message is sent again.
    private mutating func settle(_ flight: InFlight, _ outcome: Outcome) -> [Settled] {
        unsettled -= 1
        if outcome == .done {
            confirmed += 1
        } else if flight.send.attempt < role.confirm?.attempts ?? 1 {
            again.append(Send(sequence: flight.send.sequence, attempt: flight.send.attempt + 1))
            return []
        } else {
            failed += 1
        }
        return [Settled(sequence: flight.send.sequence, outcome: outcome)]
    }

    private mutating func forget() {
        while let first = inFlight.first, first.flight == nil { inFlight.removeFirst() }
    }

    private func due(_ sequence: Int, _ started: Int64) -> Int64 {
        guard let rate = role.rate, rate.perSecond > 0 else { return started }
        return started + Int64(Double(sequence - 1) * 1e9 / rate.perSecond)
    }
}
