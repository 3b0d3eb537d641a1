import ClusterModel
import History
import NIOCore

/// What one process sends to another in datagrams: each is lost, doubled, held back, overtaken or damaged as the dice say.
/// Nobody waits behind a datagram that is held back, so that a delayed one may come after later ones. No socket and no
/// clock: `now` is handed in, in nanoseconds of `MonotonicClock`.
struct DatagramFlow {
    /// Held back at most; what comes on top of that is lost, as in the full queue of a router.
    static let heldLimit = 16_384
    static let heldBytesLimit = 16 << 20

    private struct Held {
        var n: Int
        var payload: ByteBuffer
        /// How long it waits to be overtaken, once its delay is over.
        var within: Int64?
        /// When it stops waiting for that.
        var deadline = Int64.max
    }

    private let seed: UInt64
    private let link: String
    private let connection: Int
    private let channel: Int
    private var dice: MessageDice
    private var latencies: [String: Dice] = [:]
    private var delayed = DeadlineQueue<Held>()
    /// Those that wait to be overtaken; few.
    private var waiting: [Held] = []
    private var output: [ByteBuffer] = []
    private(set) var held = 0
    private(set) var heldBytes = 0
    /// Datagrams that were lost because too many were held back.
    private(set) var overflowed = 0

    /// - Parameters:
    ///   - link: client first; between peers the sender is the client.
    ///   - channel: 1 for what a server sends back, 0 otherwise.
    init(seed: UInt64, link: LinkIdentity, connection: Int = 1, channel: Int = 0) {
        self.seed = seed
        self.link = link.description
        self.connection = connection
        self.channel = channel
        dice = MessageDice(seed: seed, link: link, connection: connection, channel: channel)
    }

    /// A datagram arrives; what may go on is in the output.
    /// - Parameter mayHold: false where the shell holds as much as it may: what would be held back is lost.
    /// - Returns: its ordinal, from 1, and what becomes of it.
    mutating func receive(
        _ payload: ByteBuffer, faults: [ActiveFault], now: Int64, mayHold: Bool = true
    ) -> (n: UInt64, fate: Fate) {
        tick(now: now)
        let n = dice.next(.datagram)
        let voids = faults.filter(\.spec.fault.isVoid)
        guard voids.isEmpty else {
            for fault in voids { fault.count(.datagram, affected: true) }
            return (UInt64(n), .dropped)
        }
        var fate = dice.roll(.datagram, n: n, faults: faults)
        guard fate.droppedBy == nil else { return (UInt64(n), .dropped) }
        fate.delay = fate.delay.clampedSum(latency(n, faults))
        let damaged = damage(payload, &fate)
        for _ in 0..<fate.copies {
            guard fate.delay > 0 || fate.overtakenWithin != nil else {
                send(n, damaged)
                continue
            }
            guard mayHold, held < Self.heldLimit, heldBytes + damaged.readableBytes <= Self.heldBytesLimit else {
                overflowed += 1
                fate.copies -= 1
                continue
            }
            hold(Held(n: n, payload: damaged.compacted, within: fate.overtakenWithin), for: fate.delay, now: now)
        }
        return (UInt64(n), fate.copies <= 0 ? .dropped : fate.fate)
    }

    /// Lets out what was held long enough.
    mutating func tick(now: Int64) {
        while let next = nextDeadline, next <= now {
            // In the order of their times, so that what waits to be overtaken sees all that went before its end.
            if let due = delayed.next, due <= (waiting.map(\.deadline).min() ?? .max),
                let ready = delayed.pop(until: now)
            {
                arrived(ready, at: due)
            } else if let index = waiting.indices.min(by: { waiting[$0].deadline < waiting[$1].deadline }) {
                let late = waiting.remove(at: index)
                letGo(late)
                send(late.n, late.payload)
            }
        }
    }

    /// When `tick` next has something to do.
    var nextDeadline: Int64? {
        let times = [delayed.next, waiting.map(\.deadline).min()].compactMap { $0 }
        return times.min()
    }

    /// What goes on now, in order; it is empty afterwards.
    mutating func takeOutput() -> [ByteBuffer] {
        defer { output.removeAll(keepingCapacity: true) }
        return output
    }

    // MARK: - Waiting

    private mutating func hold(_ datagram: Held, for delay: Int64, now: Int64) {
        held += 1
        heldBytes += datagram.payload.readableBytes
        if delay > 0 {
            delayed.add(datagram, at: now.clampedSum(delay))
        } else {
            waitToBeOvertaken(datagram, from: now)
        }
    }

    private mutating func arrived(_ datagram: Held, at time: Int64) {
        if datagram.within != nil {
            waitToBeOvertaken(datagram, from: time)
        } else {
            letGo(datagram)
            send(datagram.n, datagram.payload)
        }
    }

    private mutating func waitToBeOvertaken(_ datagram: Held, from time: Int64) {
        var datagram = datagram
        datagram.deadline = time.clampedSum(datagram.within ?? 0)
        waiting.append(datagram)
    }

    private mutating func letGo(_ datagram: Held) {
        held -= 1
        heldBytes -= datagram.payload.readableBytes
    }

    /// It goes, and after it all that waited for a later one.
    private mutating func send(_ n: Int, _ payload: ByteBuffer) {
        output.append(payload)
        guard !waiting.isEmpty else { return }
        for datagram in waiting where datagram.n < n {
            letGo(datagram)
            output.append(datagram.payload)
        }
        waiting.removeAll { $0.n < n }
    }

    // MARK: - Faults

    private mutating func latency(_ n: Int, _ faults: [ActiveFault]) -> Int64 {
        var total: Int64 = 0
        for fault in faults {
            guard case .latency(let time, let jitter) = fault.spec.fault else { continue }
            let known = latencies[fault.text]
            let dice =
                known
                ?? Dice(
                    seed: seed, fault: fault.text, link: link, connection: connection, channel: channel,
                    kind: .datagram)
            if known == nil { latencies[fault.text] = dice }
            fault.count(.datagram, affected: true)
            total = total.clampedSum(MessageDice.spread(time, jitter, dice.roll(n, draw: 1)))
        }
        return total
    }

    /// Flips a bit for each fault that damages it; two faults never undo each other.
    private func damage(_ payload: ByteBuffer, _ fate: inout MessageFate) -> ByteBuffer {
        guard !fate.corruptions.isEmpty else { return payload }
        let bits = payload.readableBytes * 8
        guard bits > 0 else {
            fate.corruptions = []
            return payload
        }
        var damaged = payload.compacted
        var flipped: Set<Int> = []
        for corruption in fate.corruptions {
            let bit = min(Int(Double(bits) * corruption.position), bits - 1)
            if flipped.insert(bit).inserted {
                _ = damaged.flip(UInt8(bit % 8), at: damaged.readerIndex + bit / 8)
            }
            corruption.fault.countAffected(.datagram)
        }
        return damaged
    }
}

extension Int64 {
    func clampedSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}

extension ByteBuffer {
    /// A copy that keeps nothing alive but its own octets: a batch of datagrams shares one large block.
    var compacted: ByteBuffer {
        var copy = ByteBufferAllocator().buffer(capacity: readableBytes)
        copy.writeImmutableBuffer(self)
        return copy
    }
}
