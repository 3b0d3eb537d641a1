import ClusterModel
import History
import NIOCore
import NIOPosix
import Synchronization

/// The ways between native peers. Each has a doorway: a UDP port at which all others reach it. Whatever arrives there is
/// recognised by the port that it came from, goes through the faults and the firewall of its direction, and leaves from
/// the *sender's* doorway, so that nothing on the wire has to say who it is.
package final class DatagramMesh: Sendable {
    /// Bytes that all pairs together hold back; what would be held beyond it is lost.
    static let heldBytesLimit = 128 << 20

    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<DatagramMeshCore>
    private let doors = Mutex<[String: Int]>([:])
    private let faults = CurrentValue(FaultSet())
    private let totals: MeshTotals

    /// - Parameter mayOpen: whether the second process lets the first begin.
    package init(
        seed: UInt64, loops: LinkLoops, mayOpen: @escaping @Sendable (_ from: String, _ to: String) -> Bool
    ) {
        let loop = loops.group.next()
        let totals = MeshTotals()
        self.loop = loop
        self.totals = totals
        core = .makeBoxSendingValue(
            DatagramMeshCore(seed: seed, loop: loop, faults: faults, totals: totals, mayOpen: mayOpen),
            eventLoop: loop)
    }

    /// Opens a process's doorway.
    /// - Parameter port: 0 lets the kernel choose.
    /// - Returns: its port; the one that it has, where it is open already.
    /// - Throws: `OrchError` (`unavailable`) where the port is taken.
    @discardableResult
    package func open(_ process: String, port: Int = 0) async throws -> Int {
        if let known = doors.withLock({ $0[process] }) { return known }
        let core = core
        do {
            let channel = try await DatagramSocket.open(port: port, on: loop) {
                let mesh = core.value
                return DatagramHandler(
                    received: { source, payload in mesh.receive(payload, from: source, at: process) },
                    completed: { mesh.flush() })
            }
            try await loop.submit { core.value.doors[process] = channel }.get()
            let opened = channel.localAddress?.port ?? 0
            doors.withLock { $0[process] = opened }
            return opened
        } catch {
            throw OrchError.port(
                port, for: "the doorway of '\(process)'", errno: (error as? IOError)?.errnoCode ?? 0, cause: "\(error)")
        }
    }

    /// Ports by process.
    package var doorways: [String: Int] { doors.withLock { $0 } }

    /// A process sends from this port of 127.0.0.1 now, and takes datagrams there.
    package func register(_ process: String, port: Int) {
        guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port) else { return }
        let core = core
        loop.execute { core.value.register(process, address) }
    }

    /// It has ended: nothing comes from it, and what is for it is lost.
    package func unregister(_ process: String) {
        let core = core
        loop.execute { core.value.unregister(process) }
    }

    /// From now on these are on.
    func apply(_ faults: FaultSet) { self.faults.set(faults) }

    /// Datagrams that passed from one process to another, copies included; pairs that have talked.
    package var passed: [LinkIdentity: Int] { totals.values.withLock { $0.passed } }

    /// Datagrams from ports that belong to no process; they were dropped.
    package var unknown: Int { totals.values.withLock { $0.unknown } }

    /// Datagrams that an `inbound:` rule kept out.
    package var refused: Int { totals.values.withLock { $0.refused } }

    /// Datagrams that no process was there to take, or no socket or queue had room for.
    package var lost: Int { totals.values.withLock { $0.lost } }

    /// Datagrams that faults hold back now.
    package var held: Int { totals.values.withLock { $0.held } }

    /// Closes all doorways.
    package func close() async {
        let core = core
        let channels = try? await loop.submit { core.value.takeDoors() }.get()
        for channel in channels ?? [] { try? await channel.close().get() }
    }
}

/// What others may look at while the mesh works.
final class MeshTotals: Sendable {
    struct Values {
        var passed: [LinkIdentity: Int] = [:]
        var unknown = 0
        var refused = 0
        var lost = 0
        var held = 0
    }

    let values = Mutex(Values())
}

/// The mesh on its event loop.
final class DatagramMeshCore {
    private struct Pair {
        var flow: DatagramFlow
        var faults: [ActiveFault]
        /// Of the faults that they are from.
        var version: Int
        let isOpen: Bool
        let opensFlow: Bool
        /// The earliest look at it that is already scheduled.
        var look = Int64.max
        var overflowed = 0
    }

    var doors: [String: any Channel] = [:]
    private let seed: UInt64
    private let loop: any EventLoop
    private let totals: MeshTotals
    private let mayOpen: @Sendable (String, String) -> Bool
    private var sockets: [String: SocketAddress] = [:]
    private var senders: [SocketAddress: String] = [:]
    /// Pairs that have talked: at most all of them.
    private var pairs: [LinkIdentity: Pair] = [:]
    private var firewall = InboundFlows()
    private let faults: CurrentValue<FaultSet>
    private var known: CurrentValue<FaultSet>.Copy
    private var looks = DeadlineQueue<LinkIdentity>()
    private var timer: Scheduled<Void>?
    private var timerDeadline = Int64.max
    private var unflushed: [String: any Channel] = [:]
    private var held = 0
    private var heldBytes = 0
    private var isClosed = false

    init(
        seed: UInt64, loop: any EventLoop, faults: CurrentValue<FaultSet>, totals: MeshTotals,
        mayOpen: @escaping @Sendable (String, String) -> Bool
    ) {
        self.faults = faults
        known = faults.copy
        self.seed = seed
        self.loop = loop
        self.totals = totals
        self.mayOpen = mayOpen
    }

    func register(_ process: String, _ address: SocketAddress) {
        unregister(process)
        if let earlier = senders[address] { unregister(earlier) }
        sockets[process] = address
        senders[address] = process
    }

    func unregister(_ process: String) {
        guard let address = sockets.removeValue(forKey: process) else { return }
        senders[address] = nil
        firewall.forget(process)
    }

    func takeDoors() -> [any Channel] {
        isClosed = true
        timer?.cancel()
        defer { doors = [:] }
        return Array(doors.values)
    }

    // MARK: - Datagrams

    func receive(_ payload: ByteBuffer, from source: SocketAddress, at receiver: String) {
        guard let sender = senders[source], sender != receiver else {
            totals.values.withLock { $0.unknown += 1 }
            return
        }
        faults.update(&known)
        let now = MonotonicClock.now()
        let identity = LinkIdentity(client: sender, server: receiver)
        var pair = pairs.removeValue(forKey: identity) ?? begin(identity)
        defer { pairs[identity] = pair }
        guard firewall.admits(identity, isOpen: pair.isOpen, opensFlow: pair.opensFlow, now: now) else {
            totals.values.withLock { $0.refused += 1 }
            return
        }
        if pair.version != known.version {
            pair.faults = known.value.on(sender, receiver)
            pair.version = known.version
        }
        let active = pair.faults
        let mayHold = heldBytes < DatagramMesh.heldBytesLimit
        update(&pair, identity, now) { _ = $0.receive(payload, faults: active, now: now, mayHold: mayHold) }
    }

    private func begin(_ identity: LinkIdentity) -> Pair {
        Pair(
            flow: DatagramFlow(seed: seed, link: identity), faults: known.value.on(identity.client, identity.server),
            version: known.version, isOpen: mayOpen(identity.client, identity.server),
            opensFlow: !mayOpen(identity.server, identity.client))
    }

    /// Lets something happen to a pair's flow and carries out what comes of it.
    private func update(
        _ pair: inout Pair, _ identity: LinkIdentity, _ now: Int64, _ change: (inout DatagramFlow) -> Void
    ) {
        held -= pair.flow.held
        heldBytes -= pair.flow.heldBytes
        change(&pair.flow)
        held += pair.flow.held
        heldBytes += pair.flow.heldBytes
        var lost = pair.flow.overflowed - pair.overflowed
        pair.overflowed = pair.flow.overflowed
        var passed = 0
        for payload in pair.flow.takeOutput() {
            if send(payload, identity) { passed += 1 } else { lost += 1 }
        }
        totals.values.withLock {
            // A pair that talks is listed, even where all that it says is lost.
            $0.passed[identity, default: 0] += passed
            $0.lost += lost
            $0.held = held
        }
        if let next = pair.flow.nextDeadline, next < pair.look {
            pair.look = next
            looks.add(identity, at: next)
            schedule(now)
        }
    }

    /// From the sender's doorway, so that the receiver knows who it is.
    private func send(_ payload: ByteBuffer, _ identity: LinkIdentity) -> Bool {
        guard let door = doors[identity.client], let socket = sockets[identity.server], door.isWritable else {
            return false
        }
        door.write(AddressedEnvelope(remoteAddress: socket, data: payload), promise: nil)
        unflushed[identity.client] = door
        return true
    }

    func flush() {
        for channel in unflushed.values { channel.flush() }
        unflushed.removeAll(keepingCapacity: true)
    }

    // MARK: - Time

    private func look() {
        let now = MonotonicClock.now()
        while let identity = looks.pop(until: now) {
            guard var pair = pairs.removeValue(forKey: identity) else { continue }
            pair.look = .max
            update(&pair, identity, now) { $0.tick(now: now) }
            pairs[identity] = pair
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
}
