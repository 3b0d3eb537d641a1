import ClusterModel
import DequeModule
import History
import NIOCore
import NIOPosix

/// One connection through a link: the client's channel, the server's, and the machine between them. It lives on the
/// event loop of both channels and is touched nowhere else.
final class LinkSession {
    /// Bytes that one side may have waiting before we stop reading from it.
    private static let waitingLimit = 4 << 20
    /// Bytes of delayed messages that a connection may hold before we stop reading from their sender.
    private static let heldLimit = 64 << 20

    private struct Arrived {
        var bytes: ByteBuffer
        var release: Int64
    }

    private let link: Link
    private let eventLoop: any EventLoop
    private let recorder: Recorder
    private let facts: ConnectionFacts
    /// Reads what is spoken; until that is known, it is not asked.
    private var machine: any LinkMachine = UnreadLink()
    private var sniffer: ProtocolSniffer? = ProtocolSniffer()
    private let client: any Channel
    private var server: (any Channel)?
    /// Bytes that a latency or a blackhole keeps from arriving.
    private var arriving: BothWays<Deque<Arrived>> = BothWays([], [])
    private var arrivingBytes = BothWays(0, 0)
    private var isEnded = BothWays(false, false)
    private var hasToldEnd = BothWays(false, false)
    /// Sides that ended while nothing passed: the other does not hear of it before the fault is over.
    private var endWaits = BothWays(false, false)
    private var isReading = BothWays(true, true)
    private var timer: Scheduled<Void>?
    private var timerDeadline = Int64.max
    private var standing: CurrentValue<Link.Standing>.Copy
    private var faults: LinkFaults { standing.value.faults }
    private var latencyRolls = BothWays(0, 0)
    private var isClosed = false
    private var closedBy = "client"
    let id: UInt32

    init(
        link: Link, facts: ConnectionFacts, client: any Channel, recorder: Recorder,
        standing: CurrentValue<Link.Standing>.Copy
    ) {
        self.link = link
        self.recorder = recorder
        self.client = client
        eventLoop = client.eventLoop
        self.facts = facts
        id = facts.id
        self.standing = standing
        var event = ConnectionOpened()
        event.connection = facts.id
        event.client = facts.link.client
        event.server = facts.link.server
        event.ordinal = UInt32(facts.ordinal)
        event.port = UInt16(client.remoteAddress?.port ?? 0)
        recorder.record(.connection(event))
    }

    // MARK: - The channels

    /// The server has accepted: what the client said meanwhile goes out.
    func connected(_ server: any Channel) {
        guard !isClosed else {
            server.close(promise: nil)
            return
        }
        self.server = server
        flush()
    }

    func connectFailed() { close(by: "unreachable", abruptly: true) }

    func read(_ bytes: ByteBuffer, _ direction: Direction) {
        heedFaults()
        guard !isClosed else { return }
        let now = MonotonicClock.now()
        if let wait = wait(direction, now: now) {
            let release = max(wait, arriving[direction].last?.release ?? 0)
            arriving[direction].append(Arrived(bytes: bytes, release: release))
            arrivingBytes[direction] += bytes.readableBytes
        } else {
            hear(bytes, direction, now: now)
        }
    }

    private func hear(_ bytes: ByteBuffer, _ direction: Direction, now: Int64) {
        guard sniffer != nil else {
            machine.receive(bytes, direction, now: now)
            return
        }
        guard var recognised = sniffer?.receive(bytes, direction, facts, faults, now: now) else { return }
        swap(&machine, &recognised)
        sniffer = nil
    }

    func readComplete() { flush() }

    /// One side has ended. What it said before still reaches the other.
    func ended(_ direction: Direction) {
        heedFaults()
        guard !isClosed, !isEnded[direction] else { return }
        isEnded[direction] = true
        if !isEnded[direction.opposite] { closedBy = direction == .toServer ? "client" : "server" }
        endWaits[direction] = isBlackholed(direction) && link.holdsEnd(of: id)
        tellEnd(direction)
        flush()
    }

    /// The machine hears of an end when it has heard all that came before it.
    private func tellEnd(_ direction: Direction) {
        guard isEnded[direction], !isEndHeld(direction), arriving[direction].isEmpty, !hasToldEnd[direction] else {
            return
        }
        hasToldEnd[direction] = true
        let now = MonotonicClock.now()
        if direction == .toServer, let rest = sniffer?.ended(now: now) {
            machine = rest
            sniffer = nil
        }
        machine.ended(direction, now: now)
    }

    func writabilityChanged() { flush() }

    // MARK: - Faults

    /// Takes up what has changed, if anything has.
    func heedFaults() {
        let resets = standing.value.resets
        guard !isClosed, link.standing.update(&standing) else { return }
        machine.apply(faults)
        if standing.value.resets != resets {
            close(by: "reset", abruptly: true)
            return
        }
        // What a lifted blackhole kept waiting may go on now.
        let now = MonotonicClock.now()
        for direction in [Direction.toServer, .toClient] where !isBlackholed(direction) {
            for index in arriving[direction].indices where arriving[direction][index].release == .max {
                arriving[direction][index].release = now
            }
        }
        flush()
    }

    private func isBlackholed(_ direction: Direction) -> Bool {
        faults[direction].contains { $0.spec.fault.isVoid }
    }

    private func isEndHeld(_ direction: Direction) -> Bool { endWaits[direction] && isBlackholed(direction) }

    /// The moment before which bytes that arrive now must not go on; `nil` if they may at once.
    private func wait(_ direction: Direction, now: Int64) -> Int64? {
        if isBlackholed(direction) { return .max }
        var delay: Int64 = 0
        for fault in faults[direction] {
            guard case .latency(let time, let jitter) = fault.spec.fault else { continue }
            latencyRolls[direction] += 1
            let dice = Dice(
                seed: facts.seed, fault: fault.spec.text, link: facts.link.description,
                connection: facts.ordinal, channel: direction == .toServer ? 0 : 1, kind: .datagram)
            delay += MessageDice.spread(time, jitter, dice.roll(latencyRolls[direction]))
        }
        if delay > 0 { return now + delay }
        return arriving[direction].isEmpty ? nil : now
    }

    // MARK: - Carrying out

    /// Takes in what has arrived, writes out what may go, records, and sets the next timer.
    private func flush() {
        guard !isClosed else { return }
        let now = MonotonicClock.now()
        for direction in [Direction.toServer, .toClient] {
            while let first = arriving[direction].first, first.release <= now {
                arriving[direction].removeFirst()
                arrivingBytes[direction] -= first.bytes.readableBytes
                hear(first.bytes, direction, now: now)
            }
            tellEnd(direction)
        }
        if let deadline = sniffer?.deadline, deadline <= now, let unread = sniffer?.ended(now: now) {
            machine = unread
            sniffer = nil
        }
        if let deadline = machine.nextDeadline, deadline <= now { machine.tick(now: now) }
        // Recorded before it is written: evidence is never behind what a program can know.
        for event in machine.events { recorder.record(event, at: now) }
        machine.events.removeAll(keepingCapacity: true)
        link.count(&machine.passed, unsettled: machine.unsettled, session: id)
        if let server { write(.toServer, server) }
        write(.toClient, client)
        if let cause = machine.failure { close(by: cause, abruptly: false, isCut: machine.isCut) }
        for direction in [Direction.toServer, .toClient] { finish(direction) }
        guard !isClosed else { return }
        for direction in [Direction.toServer, .toClient] { control(direction) }
        schedule(now)
    }

    private func write(_ direction: Direction, _ channel: any Channel) {
        let bytes = machine.output[direction]
        guard bytes.readableBytes > 0 else { return }
        machine.output[direction] = ByteBuffer()
        channel.writeAndFlush(bytes, promise: nil)
    }

    /// Ends the other side when one has ended and all that it said has gone out.
    private func finish(_ direction: Direction) {
        guard isEnded[direction], !isEndHeld(direction), arriving[direction].isEmpty, !machine.isHolding(direction),
            direction == .toClient || server != nil
        else { return }
        close(by: closedBy, abruptly: false)
    }

    /// - Parameter isCut: it ends with a TCP reset behind what is on its way.
    private func close(by: String, abruptly: Bool, isCut: Bool = false) {
        guard !isClosed else { return }
        isClosed = true
        timer?.cancel()
        machine.close(now: MonotonicClock.now())
        for event in machine.events { recorder.record(event) }
        link.count(&machine.passed, unsettled: 0, session: id)
        var event = ConnectionClosed()
        event.connection = id
        event.orderly = machine.isOrderlyClosed
        event.by = machine.closedBy ?? by
        recorder.record(.connectionClosed(event))
        for channel in [client, server].compactMap({ $0 }) {
            if abruptly {
                channel.reset()
            } else {
                // After what is on its way; a peer that never reads gets no more than a moment.
                channel.writeAndFlush(ByteBuffer()).whenComplete { _ in
                    if isCut { channel.reset() } else { channel.close(promise: nil) }
                }
                channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
            }
        }
        link.ended(self)
    }

    /// Ends the connection for good, on the link's own account.
    func shutdown() { close(by: "orchestrator", abruptly: false) }

    /// Reads from a side only while what it sends can go somewhere.
    private func control(_ direction: Direction) {
        let (source, sink) = direction == .toServer ? (client, server) : (server ?? client, Optional(client))
        guard direction == .toServer || server != nil else { return }
        let isOpen =
            arrivingBytes[direction] < Self.waitingLimit && (sink?.isWritable ?? true)
            && machine.heldBytes(direction) < Self.heldLimit
            && (sink != nil || machine.output[direction].readableBytes < Self.waitingLimit)
            && (!machine.answers(direction) || source.isWritable)
        guard isOpen != isReading[direction] else { return }
        isReading[direction] = isOpen
        source.setOption(.autoRead, value: isOpen).whenFailure { _ in }
    }

    private func schedule(_ now: Int64) {
        var next = min(machine.nextDeadline ?? .max, sniffer?.deadline ?? .max)
        for direction in [Direction.toServer, .toClient] {
            next = min(next, arriving[direction].first?.release ?? .max)
        }
        guard next != timerDeadline || timer == nil else { return }
        timer?.cancel()
        timer = nil
        timerDeadline = next
        guard next != .max else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(in: .nanoseconds(max(0, next - now))) {
            bound.value.timer = nil
            bound.value.flush()
        }
    }
}

extension Direction {
    var opposite: Direction { self == .toServer ? .toClient : .toServer }
}

/// Hands what one channel reads to its session.
final class LinkChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let session: LinkSession
    private let direction: Direction

    /// - Parameter direction: where the bytes that this channel reads go.
    init(_ session: LinkSession, _ direction: Direction) {
        self.session = session
        self.direction = direction
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { session.read(unwrapInboundIn(data), direction) }
    func channelReadComplete(context: ChannelHandlerContext) { session.readComplete() }
    func channelInactive(context: ChannelHandlerContext) { session.ended(direction) }
    func channelWritabilityChanged(context: ChannelHandlerContext) { session.writabilityChanged() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
