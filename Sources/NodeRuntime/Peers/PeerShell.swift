import ClusterModel
import Control
import DequeModule
import History
import Membership
import NIOCore
import NIOPosix

/// Where a peer meets the world: its one socket, its one timer, and its evidence. What it does is decided by its parts.
/// It belongs to the process's event loop.
final class PeerShell: PeerHost {
    /// Datagrams that were dropped, by why.
    struct Dropped: Equatable {
        /// From no doorway, or in the name of another than the doorway's.
        var strangers = 0
        var malformed = 0
        /// Not sent: nobody has this name, it was too large, or the socket was full.
        var unsent = 0

        var all: Int { strangers + malformed + unsent }
    }

    /// For a moment in which this process does not run, or many answer at once. The kernel gives what it allows.
    private static let receiveBuffer = 1 << 20
    /// Timers come in steps of 200 us.
    private static let step: Int64 = 200_000

    private let eventLoop: any EventLoop
    private let name: String
    private let group: String
    private let recorder: Recorder
    private let talk: (any PeerTalking)?
    private let doorways: [String: SocketAddress]
    private let names: [Int: String]
    private var core: SwimCore
    private var channel: (any Channel)?
    private var timer: WakeTimer!
    private var waiting: Deque<PeerAction> = []
    private var isPerforming = false
    private var liveVersion = 0
    private(set) var live: [String]
    private(set) var dropped = Dropped()

    /// - Parameters:
    ///   - life: how often the process has been started, from 1.
    ///   - talk: what it does beside its membership.
    init(
        _ eventLoop: any EventLoop, name: String, life: Int, seed: UInt64, plan: NodePlan.PeerPlan, recorder: Recorder,
        talk: (any PeerTalking)?
    ) throws {
        self.eventLoop = eventLoop
        self.name = name
        self.recorder = recorder
        self.talk = talk
        group = plan.group.name
        doorways = try plan.doorways.mapValues { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
        names = Dictionary(plan.doorways.map { ($1, $0) }) { first, _ in first }
        core = SwimCore(
            SwimConfiguration(plan.group, known: Set(plan.doorways.keys).union([name])), name: name, life: life,
            seeds: plan.seeds, seed: seed, now: MonotonicClock.now())
        live = [name]
        timer = WakeTimer(eventLoop) { [weak self] in self?.tick() }
        talk?.host = self
    }

    /// Opens the socket.
    /// - Returns: its port on 127.0.0.1.
    func bind() -> EventLoopFuture<Int> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return DatagramBootstrap(group: eventLoop)
            .channelOption(.socketOption(.so_rcvbuf), value: .init(Self.receiveBuffer))
            // The whole of the largest: what is longer than the buffer is cut.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: PeerDatagram.sizeLimit))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PeerSocketHandler(bound.value))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .flatMapThrowing { channel in
                bound.value.channel = channel
                guard let port = channel.localAddress?.port else { throw ChannelError.inappropriateOperationForState }
                return port
            }
    }

    /// Begins to join, and takes what comes.
    func start() {
        let now = MonotonicClock.now()
        perform(core.start(now: now))
        if let talk { perform(talk.membersChanged(others, now: now) + talk.prepare(now: now)) }
    }

    func run() { if let talk { perform(talk.run(now: MonotonicClock.now())) } }

    func drain() {
        talk?.drain()
        wake()
    }

    /// Says goodbye, and closes.
    func stop() -> EventLoopFuture<Void> {
        let now = MonotonicClock.now()
        talk?.stop(now: now)
        perform(core.leave(now: now))
        timer.cancel()
        guard let channel else { return eventLoop.makeSucceededVoidFuture() }
        self.channel = nil
        return channel.close()
    }

    // MARK: - PeerHost

    func join(_ names: [String]) { core.join(names) }

    func wake() {
        guard channel != nil else { return }
        let now = MonotonicClock.now()
        let next = min(core.nextDeadline ?? .max, talk?.nextDeadline ?? .max)
        timer.set(next == .max ? nil : max(next, now + Self.step), now: now)
    }

    /// Carries out what its parts want, in order, and what comes of that.
    func perform(_ actions: [PeerAction]) {
        waiting.append(contentsOf: actions)
        guard !isPerforming else { return }
        isPerforming = true
        repeat {
            while let action = waiting.popFirst() { perform(action) }
            guard core.liveVersion != liveVersion else { break }
            liveVersion = core.liveVersion
            live = core.live
            if let talk { waiting.append(contentsOf: talk.membersChanged(others, now: MonotonicClock.now())) }
        } while true
        isPerforming = false
        channel?.flush()
        wake()
    }

    // MARK: - Inside

    /// Whom it suspects or holds to be dead.
    var doubted: [String] { core.view.filter { $0.state == .suspect || $0.state == .dead }.map(\.name) }

    private var others: [String] { live.filter { $0 != name } }

    private func tick() {
        let now = MonotonicClock.now()
        var actions = core.tick(now: now)
        if let talk { actions += talk.tick(now: now) }
        perform(actions)
    }

    /// A datagram has come. Who sent it is known by its doorway, and it must say the same.
    fileprivate func receive(_ bytes: [UInt8], port: Int?) {
        guard let name = port.flatMap({ names[$0] }) else {
            dropped.strangers += 1
            return
        }
        guard let datagram = PeerDatagram(decoding: bytes) else {
            dropped.malformed += 1
            return
        }
        guard datagram.from == name else {
            dropped.strangers += 1
            return
        }
        let now = MonotonicClock.now()
        if datagram.kind == SwimCore.kind {
            perform(core.receive(datagram.payload, from: name, now: now))
        } else if let talk {
            perform(talk.receive(datagram.kind, datagram.payload, from: name, now: now))
        }
    }

    private func perform(_ action: PeerAction) {
        switch action {
        case .send(let kind, let payload, let to):
            return send(PeerDatagram(kind: kind, from: name, payload: payload), to)
        case .member(let member, let incarnation, let state):
            var event = MemberChange()
            event.group = group
            event.member = member
            event.incarnation = incarnation
            event.status = MemberStatus(state)
            return recorder.record(.memberChange(event))
        case .handOver(let message, let from, let via, let isBroadcast, _):
            var event = PeerReceipt()
            event.group = group
            event.message = message
            event.kind = isBroadcast ? .broadcast : .send
            event.from = from
            event.via = via
            recorder.record(.peerReceipt(event))
        case .acknowledged(let message, let attempts): record(message, .ok, attempts, "")
        case .gaveUp(let message, let attempts): record(message, .info, attempts, "timeout")
        case .found(let lookup, let holder, let hops):
            var event = LookupResult()
            event.lookup = lookup
            event.type = holder == nil ? .fail : .ok
            event.holder = holder ?? ""
            event.hops = UInt32(clamping: hops)
            recorder.record(.lookupResult(event))
        case .asked(let lookup, let to):
            var event = LookupMessage()
            event.lookup = lookup
            event.to = to
            recorder.record(.lookupMessage(event))
        }
        talk?.performed(action)
    }

    private func record(_ message: String, _ type: OperationType, _ attempts: Int, _ reason: String) {
        var event = PeerSendResult()
        event.message = message
        event.type = type
        event.attempts = UInt32(clamping: attempts)
        event.reason = reason
        recorder.record(.peerSendResult(event))
    }

    private func send(_ datagram: PeerDatagram, _ to: String) {
        guard let channel, let address = doorways[to], let bytes = datagram.encoded() else {
            dropped.unsent += 1
            return
        }
        // What waits unsent has a bound; beyond it datagrams are lost, as they may be anywhere.
        if !channel.isWritable { channel.flush() }
        guard channel.isWritable else {
            dropped.unsent += 1
            return
        }
        let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes))
        channel.write(envelope, promise: nil)
    }
}

extension MemberStatus {
    init(_ state: MemberState) {
        switch state {
        case .alive: self = .alive
        case .suspect: self = .suspect
        case .dead: self = .dead
        case .left: self = .left
        }
    }
}

private final class PeerSocketHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let shell: PeerShell

    init(_ shell: PeerShell) { self.shell = shell }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        shell.receive(Array(envelope.data.readableBytesView), port: envelope.remoteAddress.port)
    }

    /// Whatever is wrong with one datagram, the next one may be right.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
