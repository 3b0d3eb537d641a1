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
}

/// The only way from one process to another: a port on loopback in front of a server, where every connection can be
/// watched and broken.
package final class Link: Sendable {
    package let identity: LinkIdentity
    /// Requests carry their stamp to the server: for servers that take it as it is meant.
    private let stampsCalls: Bool
    private let context: LinkContext
    private let state: Mutex<State>
    private let totals = Mutex(Totals())

    private struct State {
        var upstream: SocketAddress?
        var faults = LinkFaults()
        var opened = 0
        var sessions: [UInt32: NIOLoopBound<LinkSession>] = [:]
        var listener: (any Channel)?
        var isClosed = false
    }

    private struct Totals {
        var passed = LinkCounts()
        var unsettled: [UInt32: Int] = [:]
    }

    /// - Parameter stampsCalls: every request of gRPC and HTTP/2 gets the link's stamp of it, as `x-orch-id`.
    package init(identity: LinkIdentity, context: LinkContext, stampsCalls: Bool = false) {
        self.identity = identity
        self.stampsCalls = stampsCalls
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
            throw OrchError(
                .unavailable, "cannot open port \(port) on 127.0.0.1 for the link \(identity)", cause: "\(error)",
                advice: port == 0 ? nil : "another program has the port; choose another, or 0 for any free one")
        }
    }

    package var port: Int { state.withLock { $0.listener?.localAddress?.port ?? 0 } }

    /// Where connections lead; `nil` refuses them.
    package func lead(to upstream: SocketAddress?) { state.withLock { $0.upstream = upstream } }

    package func apply(_ faults: LinkFaults) {
        let sessions = state.withLock { state in
            state.faults = faults
            return Array(state.sessions.values)
        }
        for session in sessions { session.eventLoop.execute { session.value.apply(faults) } }
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

    // MARK: - Connections

    private func accept(_ client: any Channel) throws {
        let (ordinal, upstream, faults) = state.withLock { state in
            state.opened += 1
            return (state.opened, state.isClosed ? nil : state.upstream, state.faults)
        }
        let isReset = (faults.toServer + faults.toClient).contains { $0.spec.fault == .reset }
        guard let upstream, !isReset else {
            try client.pipeline.syncOperations.addHandler(RefusingHandler())
            client.eventLoop.scheduleTask(in: .seconds(1)) { client.close(promise: nil) }
            return
        }
        let facts = ConnectionFacts(
            link: identity, id: context.connectionIDs.next(), ordinal: ordinal, seed: context.seed,
            stampBase: context.stampBase, stampsCalls: stampsCalls)
        let session = LinkSession(
            link: self, facts: facts, client: client, recorder: context.loops.recorder(for: client.eventLoop),
            faults: faults)
        let bound = NIOLoopBound(session, eventLoop: client.eventLoop)
        state.withLock { $0.sessions[facts.id] = bound }
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

    func ended(_ session: LinkSession) {
        let id = session.id
        state.withLock { $0.sessions[id] = nil }
        totals.withLock { $0.unsettled[id] = nil }
    }

    func count(_ passed: inout LinkCounts, unsettled: Int, session: UInt32) {
        let added = passed
        passed = LinkCounts()
        totals.withLock {
            $0.passed.add(added)
            $0.unsettled[session] = unsettled == 0 ? nil : unsettled
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
