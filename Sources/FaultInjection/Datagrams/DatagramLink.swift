import ClusterModel
import History
import NIOCore
import NIOPosix
import Synchronization

/// The way from one process to a program that takes datagrams: a UDP port on loopback in front of it. As behind a NAT,
/// each address that sends here has an upstream socket of its own, so that the server can tell its clients apart, and
/// what the server sends there goes back to that client.
package final class DatagramLink: Sendable {
    /// Clients at a time; a further one takes the place of the one that was silent longest.
    static let clientLimit = 1_024
    /// A client that neither sends nor gets anything for so long is forgotten, in nanoseconds.
    static let idle: Int64 = 60_000_000_000

    package let identity: LinkIdentity
    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<DatagramLinkCore>
    private let faults = CurrentValue(LinkFaults())
    private let totals: DatagramTotals
    private let opened = Mutex<(any Channel)?>(nil)

    /// - Parameter refuses: the server's `inbound:` keeps this client out: all that it sends is dropped.
    package init(identity: LinkIdentity, context: LinkContext, refuses: Bool = false) {
        self.identity = identity
        let loop = context.loops.group.next()
        let totals = DatagramTotals()
        self.loop = loop
        self.totals = totals
        let loops = context.loops
        core = .makeBoxSendingValue(
            DatagramLinkCore(
                identity: identity, seed: context.seed, loops: loops, loop: loop, faults: faults, totals: totals,
                refuses: refuses),
            eventLoop: loop)
    }

    /// Opens the port.
    /// - Parameter port: 0 lets the kernel choose.
    /// - Throws: `OrchError` (`unavailable`) where the port is taken.
    package func open(port: Int = 0) async throws {
        let core = core
        do {
            let front = try await DatagramSocket.open(port: port, on: loop) {
                let link = core.value
                return DatagramHandler(
                    received: { source, payload in link.receive(payload, from: source) },
                    completed: { link.flush() })
            }
            try await loop.submit { core.value.open(front) }.get()
            opened.withLock { $0 = front }
        } catch {
            throw OrchError.port(
                port, for: "the link \(identity)", errno: (error as? IOError)?.errnoCode ?? 0, cause: "\(error)")
        }
    }

    package var port: Int { opened.withLock { $0?.localAddress?.port ?? 0 } }

    /// Where datagrams lead; with `nil` they are lost.
    package func lead(to server: SocketAddress?) {
        let core = core
        loop.execute { core.value.server = server }
    }

    /// From now on these are on.
    func apply(_ faults: LinkFaults) { self.faults.set(faults) }

    /// Datagrams that passed, both ways, copies included.
    package var counts: LinkCounts {
        var counts = LinkCounts()
        counts.datagrams = totals.values.withLock { $0.passed }
        return counts
    }

    /// Clients that have an upstream socket.
    package var connections: Int { totals.values.withLock { $0.clients } }

    /// Datagrams that faults hold back now.
    package var held: Int { totals.values.withLock { $0.held } }

    /// Datagrams of a client that the server's rule keeps out.
    package var refused: Int { totals.values.withLock { $0.refused } }

    /// Closes the port and every upstream socket.
    package func close() async {
        let core = core
        let channels = try? await loop.submit { core.value.close() }.get()
        for channel in channels ?? [] { try? await channel.close().get() }
    }
}

/// What others may look at while a link works.
final class DatagramTotals: Sendable {
    struct Values {
        var passed = 0
        var clients = 0
        var held = 0
        var refused = 0
    }

    let values = Mutex(Values())
}

/// A program's link on its event loop.
final class DatagramLinkCore {
    /// One address that sends to the link.
    private struct Client {
        var address: SocketAddress
        /// Datagrams that go to the server, and those that come back.
        var flows: BothWays<DatagramFlow>
        var upstream: (any Channel)?
        /// What goes out once its socket is open: that takes no longer than a turn of the loop.
        var early: [ByteBuffer] = []
        var lastUsed: Int64
        /// The earliest look at it that is already scheduled.
        var look = Int64.max

        var held: Int { flows.toServer.held + flows.toClient.held }
        var nextDeadline: Int64 { min(flows.toServer.nextDeadline ?? .max, flows.toClient.nextDeadline ?? .max) }
    }

    private static let earlyLimit = 256

    var server: SocketAddress?
    private let faults: CurrentValue<LinkFaults>
    private var known: CurrentValue<LinkFaults>.Copy
    private let identity: LinkIdentity
    private let seed: UInt64
    private let loops: LinkLoops
    private let loop: any EventLoop
    private let totals: DatagramTotals
    private let refuses: Bool
    private var front: (any Channel)?
    private var clients: [Int: Client] = [:]
    private var numbers: [SocketAddress: Int] = [:]
    private var opened = 0
    private var refused: UInt64 = 0
    private var unflushed: [ObjectIdentifier: any Channel] = [:]
    private var held = 0
    private var looks = DeadlineQueue<Int>()
    private var timer: Scheduled<Void>?
    private var timerDeadline = Int64.max
    private var sweeper: Scheduled<Void>?
    private var isClosed = false

    init(
        identity: LinkIdentity, seed: UInt64, loops: LinkLoops, loop: any EventLoop,
        faults: CurrentValue<LinkFaults>, totals: DatagramTotals, refuses: Bool
    ) {
        self.faults = faults
        known = faults.copy
        self.identity = identity
        self.seed = seed
        self.loops = loops
        self.loop = loop
        self.totals = totals
        self.refuses = refuses
    }

    func open(_ front: any Channel) { self.front = front }

    func close() -> [any Channel] {
        isClosed = true
        timer?.cancel()
        sweeper?.cancel()
        let channels = [front].compactMap { $0 } + clients.values.compactMap(\.upstream)
        clients = [:]
        numbers = [:]
        front = nil
        return channels
    }

    // MARK: - Datagrams

    /// From a client.
    func receive(_ payload: ByteBuffer, from source: SocketAddress) {
        guard !isClosed else { return }
        guard !refuses else {
            refused += 1
            totals.values.withLock { $0.refused += 1 }
            record(payload, n: refused, .undeliverable, .toServer)
            return
        }
        let now = MonotonicClock.now()
        pass(payload, .toServer, of: numbers[source] ?? accept(source, now), now)
    }

    /// From the server, to the client that this upstream socket is for.
    private func receive(_ payload: ByteBuffer, from source: SocketAddress, for number: Int) {
        // Anybody may send to a port; a NAT lets in whom its client has spoken to.
        guard !isClosed, source == server else { return }
        pass(payload, .toClient, of: number, MonotonicClock.now())
    }

    private func pass(_ payload: ByteBuffer, _ direction: Direction, of number: Int, _ now: Int64) {
        guard var client = clients.removeValue(forKey: number) else { return }
        faults.update(&known)
        client.lastUsed = now
        let before = client.held
        let (n, fate) = client.flows[direction].receive(payload, faults: known.value[direction], now: now)
        let hasPeer = direction == .toClient || server != nil
        record(payload, n: n, hasPeer || fate == .dropped ? fate : .undeliverable, direction)
        carryOut(&client, before: before)
        keep(client, number, now)
    }

    /// Puts a client back, and sees to it that somebody looks when something of it is due.
    private func keep(_ client: Client, _ number: Int, _ now: Int64) {
        var client = client
        let next = client.nextDeadline
        if next < client.look {
            client.look = next
            looks.add(number, at: next)
            schedule(now)
        }
        clients[number] = client
    }

    private func record(_ payload: ByteBuffer, n: UInt64, _ fate: Fate, _ direction: Direction) {
        var event = Datagram()
        event.client = identity.client
        event.server = identity.server
        event.back = direction == .toClient
        event.n = n
        event.size = UInt32(clamping: payload.readableBytes)
        event.hash = StableHash.ofBody(payload.readableBytesView)
        event.fate = fate
        // Before it goes on: evidence is never behind what a program can know.
        loops.recorder(for: loop).record(.datagram(event))
    }

    /// Writes what the flows let go.
    /// - Parameter before: how many it held before that.
    private func carryOut(_ client: inout Client, before: Int) {
        var passed = 0
        for payload in client.flows.toServer.takeOutput() where server != nil {
            if let upstream = client.upstream {
                passed += write(payload, to: server!, upstream)
            } else if client.early.count < Self.earlyLimit {
                client.early.append(payload.compacted)
            }
        }
        for payload in client.flows.toClient.takeOutput() {
            if let front { passed += write(payload, to: client.address, front) }
        }
        held += client.held - before
        totals.values.withLock {
            $0.passed += passed
            $0.held = held
        }
    }

    /// - Returns: 1, or 0 where the socket takes no more: the datagram is lost.
    private func write(_ payload: ByteBuffer, to address: SocketAddress, _ channel: any Channel) -> Int {
        guard channel.isWritable else { return 0 }
        channel.write(AddressedEnvelope(remoteAddress: address, data: payload), promise: nil)
        unflushed[ObjectIdentifier(channel)] = channel
        return 1
    }

    func flush() {
        for channel in unflushed.values { channel.flush() }
        unflushed.removeAll(keepingCapacity: true)
    }

    // MARK: - Clients

    private func accept(_ source: SocketAddress, _ now: Int64) -> Int {
        if clients.count >= DatagramLink.clientLimit,
            let idlest = clients.min(by: { $0.value.lastUsed < $1.value.lastUsed })
        {
            forget(idlest.key)
        }
        opened += 1
        let number = opened
        clients[number] = Client(
            address: source,
            flows: BothWays(
                DatagramFlow(seed: seed, link: identity, connection: number),
                DatagramFlow(seed: seed, link: identity, connection: number, channel: 1)),
            lastUsed: now)
        numbers[source] = number
        totals.values.withLock { $0.clients = clients.count }
        scheduleSweep()
        let bound = NIOLoopBound(self, eventLoop: loop)
        DatagramSocket.future(port: 0, on: loop) {
            let link = bound.value
            return DatagramHandler(
                received: { source, payload in link.receive(payload, from: source, for: number) },
                completed: { link.flush() })
        }.whenComplete { result in
            switch result {
            case .success(let channel): bound.value.connected(number, channel)
            // No socket can be had: what it sends is lost, and its next datagram tries again.
            case .failure: bound.value.forget(number)
            }
        }
        return number
    }

    private func connected(_ number: Int, _ channel: any Channel) {
        guard var client = clients.removeValue(forKey: number) else {
            channel.close(promise: nil)
            return
        }
        client.upstream = channel
        let early = client.early
        client.early = []
        clients[number] = client
        guard let server else { return }
        let passed = early.reduce(0) { $0 + write($1, to: server, channel) }
        totals.values.withLock { $0.passed += passed }
        flush()
    }

    private func forget(_ number: Int) {
        guard let client = clients.removeValue(forKey: number) else { return }
        held -= client.held
        numbers[client.address] = nil
        client.upstream?.close(promise: nil)
        totals.values.withLock { $0.clients = clients.count }
    }

    // MARK: - Time

    private func look() {
        let now = MonotonicClock.now()
        while let number = looks.pop(until: now) {
            guard var client = clients.removeValue(forKey: number) else { continue }
            client.look = .max
            let before = client.held
            client.flows.toServer.tick(now: now)
            client.flows.toClient.tick(now: now)
            carryOut(&client, before: before)
            keep(client, number, now)
        }
        flush()
        schedule(now)
    }

    private func schedule(_ now: Int64) {
        guard let next = looks.next, next < timerDeadline, !isClosed else { return }
        timer?.cancel()
        timerDeadline = next
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(in: .nanoseconds(max(0, next - now))) {
            bound.value.timerDeadline = .max
            bound.value.look()
        }
    }

    /// Forgets the silent, now and then, as long as there are clients.
    func sweep(now: Int64) {
        sweeper = nil
        for (number, client) in clients where now - client.lastUsed >= DatagramLink.idle && client.held == 0 {
            forget(number)
        }
        scheduleSweep()
    }

    private func scheduleSweep() {
        guard sweeper == nil, !clients.isEmpty, !isClosed else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        sweeper = loop.scheduleTask(in: .seconds(5)) { bound.value.sweep(now: MonotonicClock.now()) }
    }
}
