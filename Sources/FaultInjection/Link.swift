import ClusterModel
import History
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What all links of a run share.
package struct LinkContext: Sendable {
    package var seed: UInt64
    package var stampBase: Int64
    /// One thread may run several links; each event loop has its own recorder.
    package var loops: LinkLoops
    /// Ordinals of connections over the whole run.
    let connectionIDs = ConnectionIDs()

    /// - Parameter nonce: tells this run's stamps from those of others.
    package init(seed: UInt64, nonce: UInt64, loops: LinkLoops) {
        self.seed = seed
        stampBase = Int64(nonce & 0x1FFF) << 50
        self.loops = loops
    }
}

final class ConnectionIDs: Sendable {
    private let last = Atomic<UInt32>(0)
    func next() -> UInt32 { last.add(1, ordering: .relaxed).newValue }
    var newest: UInt32 { last.load(ordering: .relaxed) }
}

/// The only way from one process to another: a port on loopback in front of a server, where every connection can be
/// watched and broken.
package final class Link: Sendable {
    package let identity: LinkIdentity
    /// Requests carry their stamp to the server: for servers that take it as it is meant.
    private let stampsCalls: Bool
    /// The server's `inbound:` keeps this client out.
    private let refuses: Bool
    private let context: LinkContext
    /// What sessions look at with every read.
    struct Standing: Sendable {
        var faults = LinkFaults()
        /// Resets so far: one may be over before a session has looked.
        var resets = 0
    }

    let standing = CurrentValue(Standing())
    private let state: Mutex<State>
    private let totals = Mutex(Totals())

    private struct State {
        var upstream: SocketAddress?
        /// Connections that led to the server, or would have but for its rule. Those that came while it was down do not
        /// count: how often a client tries until then is chance, and the dice of the others must not hang on it.
        var opened = 0
        var isUsed = false
        var sessions: [UInt32: NIOLoopBound<LinkSession>] = [:]
        /// Those of which one side has ended while nothing passed.
        var halfEnded: Set<UInt32> = []
        var listener: (any Channel)?
        var isClosed = false
    }

    private struct Totals {
        var passed = LinkCounts()
        var unsettled: [UInt32: Int] = [:]
        /// Consumers that the broker has confirmed, by the connections that are open.
        var consumers: [UInt32: Int] = [:]
    }

    /// - Parameters:
    ///   - stampsCalls: every request of gRPC and HTTP/2 gets the link's stamp of it, as `x-orch-id`.
    ///   - refuses: every connection is reset at once: the server's `inbound:` rule keeps the client out.
    package init(identity: LinkIdentity, context: LinkContext, stampsCalls: Bool = false, refuses: Bool = false) {
        self.identity = identity
        self.stampsCalls = stampsCalls
        self.refuses = refuses
        self.context = context
        state = Mutex(State())
    }

    /// Opens the port.
    /// - Parameter port: 0 lets the kernel choose.
    /// - Throws: `OrchError` (`unavailable`) where the port is taken.
    package func open(port: Int = 0) async throws {
        let bootstrap = ServerBootstrap(group: context.loops.group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture { try self.accept(client) }
            }
        do {
            let listener = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
            state.withLock { $0.listener = listener }
        } catch {
            throw OrchError.port(
                port, for: "the link \(identity)", errno: (error as? IOError)?.errnoCode ?? 0, cause: "\(error)")
        }
    }

    package var port: Int { state.withLock { $0.listener?.localAddress?.port ?? 0 } }

    /// Where connections lead; `nil` refuses them.
    package func lead(to upstream: SocketAddress?) { state.withLock { $0.upstream = upstream } }

    /// From now on these are on: they touch all that arrives after the return, and connections that are silent hear of
    /// them soon.
    package func apply(_ faults: LinkFaults) {
        standing.change { standing in
            let isReset = faults.all.contains { $0.spec.fault == .reset && !standing.faults.contains($0.id) }
            standing.faults = faults
            if isReset { standing.resets += 1 }
        }
        for session in state.withLock({ Array($0.sessions.values) }) {
            session.eventLoop.execute { session.value.heedFaults() }
        }
    }

    /// Closes the port and every connection.
    package func close() async {
        let (listener, sessions) = state.withLock { state in
            state.isClosed = true
            return (state.listener, Array(state.sessions.values))
        }
        try? await listener?.close().get()
        for session in sessions {
            try? await session.eventLoop.submit { session.value.shutdown() }.get()
        }
    }

    /// Messages that have passed since the link was opened.
    package var counts: LinkCounts { totals.withLock { $0.passed } }

    /// Deliveries that clients have and have not settled, and messages held back or swallowed without settlement.
    package var unsettled: Int { totals.withLock { $0.unsettled.values.reduce(0, +) } }

    package var connections: Int { state.withLock { $0.sessions.count } }

    /// Whether anybody has ever connected to it.
    package var isUsed: Bool { state.withLock { $0.isUsed } }

    /// Whether a connection that is newer than that one, and still open, has a consumer.
    package func hasConsumer(after connection: UInt32) -> Bool {
        totals.withLock { $0.consumers.contains { $0.key > connection } }
    }

    // MARK: - Connections

    private func accept(_ client: any Channel) throws {
        let standing = self.standing.copy
        let isReset = standing.value.faults.all.contains { $0.spec.fault == .reset }
        let (ordinal, upstream) = state.withLock { state in
            state.isUsed = true
            let upstream = state.isClosed || isReset ? nil : state.upstream
            if refuses || upstream != nil { state.opened += 1 }
            return (state.opened, upstream)
        }
        guard !refuses else { return try refuse(client, ordinal) }
        guard let upstream else {
            try client.pipeline.syncOperations.addHandler(RefusingHandler())
            client.eventLoop.scheduleTask(in: .seconds(1)) { client.close(promise: nil) }
            return
        }
        let facts = ConnectionFacts(
            link: identity, id: context.connectionIDs.next(), ordinal: ordinal, seed: context.seed,
            stampBase: context.stampBase, stampsCalls: stampsCalls)
        let session = LinkSession(
            link: self, facts: facts, client: client, recorder: context.loops.recorder(for: client.eventLoop),
            standing: standing)
        let bound = NIOLoopBound(session, eventLoop: client.eventLoop)
        state.withLock { $0.sessions[facts.id] = bound }
        // What came between the look and the entry.
        client.eventLoop.execute { bound.value.heedFaults() }
        try client.pipeline.syncOperations.addHandler(LinkChannelHandler(session, .toServer))
        ClientBootstrap(group: client.eventLoop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(LinkChannelHandler(bound.value, .toClient))
                }
            }
            .connect(to: upstream)
            .whenComplete { result in
                switch result {
                case .success(let server): bound.value.connected(server)
                case .failure: bound.value.connectFailed()
                }
            }
    }

    /// What a firewall does that rejects: the client hears at once that it may not.
    private func refuse(_ client: any Channel, _ ordinal: Int) throws {
        var opened = ConnectionOpened()
        opened.connection = context.connectionIDs.next()
        opened.client = identity.client
        opened.server = identity.server
        opened.ordinal = UInt32(ordinal)
        opened.port = UInt16(client.remoteAddress?.port ?? 0)
        var closed = ConnectionClosed()
        closed.connection = opened.connection
        closed.by = "inbound"
        let recorder = context.loops.recorder(for: client.eventLoop)
        recorder.record(.connection(opened))
        recorder.record(.connectionClosed(closed))
        try client.pipeline.syncOperations.addHandler(ResettingHandler())
    }

    func ended(_ session: LinkSession) {
        let id = session.id
        state.withLock {
            $0.sessions[id] = nil
            $0.halfEnded.remove(id)
        }
        totals.withLock {
            $0.unsettled[id] = nil
            $0.consumers[id] = nil
        }
    }

    /// Whether a connection may wait with telling one side that the other has ended. Not more than 256 do: who keeps
    /// connecting into the void must not use up the sockets.
    func holdsEnd(of session: UInt32) -> Bool {
        state.withLock { state in
            guard state.halfEnded.count < 256 else { return false }
            state.halfEnded.insert(session)
            return true
        }
    }

    func count(_ passed: inout LinkCounts, unsettled: Int, session: UInt32) {
        let added = passed
        passed = LinkCounts()
        totals.withLock {
            $0.passed.add(added)
            $0.unsettled[session] = unsettled == 0 ? nil : unsettled
            if added.consumers > 0 { $0.consumers[session, default: 0] += added.consumers }
        }
    }
}

extension Channel {
    /// Closes with RST: that is what a close does with no time to linger.
    func reset() {
        guard let provider = self as? any SocketOptionProvider else {
            close(promise: nil)
            return
        }
        provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in self.close(promise: nil) }
    }
}

/// Resets a connection once its client has spoken. Earlier, some clients trip over a socket that they had just seen
/// connected and that has no peer.
private final class RefusingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.channel.reset()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Resets a connection as soon as it is there.
private final class ResettingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) { context.channel.reset() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// The threads that links run on, each with the recorder that is its own.
package final class LinkLoops: Sendable {
    package let group: MultiThreadedEventLoopGroup
    private let recorders: [ObjectIdentifier: NIOLoopBound<Recorder>]

    /// - Parameter folder: where evidence goes, a file for each thread.
    /// - Throws: `OrchError` where a file cannot be made.
    package init(threads: Int, folder: String) throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        var recorders: [ObjectIdentifier: NIOLoopBound<Recorder>] = [:]
        for (index, loop) in group.makeIterator().enumerated() {
            let path = "\(folder)/links-\(index + 1).events"
            recorders[ObjectIdentifier(loop)] = try loop.submit {
                NIOLoopBound(
                    try Recorder(path: path, source: .init(kind: .link, name: "links-\(index + 1)")),
                    eventLoop: loop)
            }.wait()
        }
        self.recorders = recorders
    }

    func recorder(for loop: any EventLoop) -> Recorder { recorders[ObjectIdentifier(loop)]!.value }

    /// What went wrong with recording, if anything did.
    package func failures() async -> [OrchError] {
        var failures: [OrchError] = []
        for recorder in recorders.values {
            if let failure = try? await recorder.eventLoop.submit({ recorder.value.failure }).get() {
                failures.append(failure)
            }
        }
        return failures
    }
}
