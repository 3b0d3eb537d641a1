import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A gRPC server on one port: HTTP/2 with prior knowledge, or over TLS. What its calls mean is its handler's business.
package final class GRPCServer: Sendable {
    package struct Statistics: Hashable, Sendable {
        package var openConnections = 0
        package var openStreams = 0
        package var acceptedConnections = 0
        /// Beyond `maximumConnections`.
        package var refusedConnections = 0
        package var startedStreams = 0
    }

    /// The port listened on.
    package let port: UInt16
    private let listener: any Channel
    private let connections: ServerConnections

    private init(listener: any Channel, connections: ServerConnections) {
        self.listener = listener
        self.connections = connections
        port = UInt16(truncatingIfNeeded: listener.localAddress?.port ?? 0)
    }

    /// Listens, and calls `handler` for each call. Fails with an `IOError` if the port cannot be had, with an `NIOSSLError`
    /// if the certificate or key cannot be read.
    /// - Parameter group: connections are spread over its event loops; one loop keeps all calls on one thread.
    package static func start(
        _ configuration: GRPCServerConfiguration, group: any EventLoopGroup, handler: @escaping ServerCallHandler
    ) -> EventLoopFuture<GRPCServer> {
        let connections = ServerConnections(configuration, handler)
        let tls: NIOSSLContext?
        do {
            tls = try configuration.tls?.context()
        } catch {
            return group.any().makeFailedFuture(error)
        }
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: SocketBuffers.allocator)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try connections.accept(channel, tls) }
            }
            .bind(host: configuration.host, port: configuration.port)
            .map { GRPCServer(listener: $0, connections: connections) }
    }

    package var statistics: Statistics { connections.statistics }

    /// Accepts no more calls (GOAWAY), lets the running ones finish, and closes what is left after `grace`.
    package func shutDown(grace: TimeAmount) -> EventLoopFuture<Void> {
        let loop = listener.eventLoop
        let listener = self.listener
        let connections = self.connections
        let stopped = listener.close().recover { _ in }
        return stopped.flatMap {
            let limit = loop.scheduleTask(in: grace) { connections.closeAll() }
            return connections.drainAll(on: loop).always { _ in limit.cancel() }
        }
    }
}

/// What all the connections of a server share.
final class ServerConnections: Sendable {
    private struct State {
        var open: [UInt64: NIOLoopBound<ServerConnection>] = [:]
        var lastID: UInt64 = 0
        var accepted = 0
        var refused = 0
        var isDraining = false
        var drained: [EventLoopPromise<Void>] = []
    }

    private let configuration: GRPCServerConfiguration
    private let handler: ServerCallHandler
    private let state = Mutex(State())
    private let counters = ServerCounters()

    init(_ configuration: GRPCServerConfiguration, _ handler: @escaping ServerCallHandler) {
        self.configuration = configuration
        self.handler = handler
    }

    /// Makes an accepted socket a connection. Throws if there are too many.
    func accept(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
        let id: UInt64? = state.withLock { state in
            guard state.open.count < configuration.maximumConnections, !state.isDraining else {
                state.refused += 1
                return nil
            }
            state.accepted += 1
            state.lastID += 1
            return state.lastID
        }
        guard let id else { throw ChannelError.operationUnsupported }
        let connection = ServerConnection(
            id: id, channel: channel, configuration: configuration, handler: handler, counters: counters
        ) { [self] id in closed(id) }
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        state.withLock { $0.open[id] = bound }
        do {
            if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
            try connection.transport.install(in: channel.pipeline.syncOperations)
        } catch {
            connection.transport.abandon()
            throw error
        }
    }

    private func closed(_ id: UInt64) {
        let drained = state.withLock { state -> [EventLoopPromise<Void>] in
            state.open[id] = nil
            guard state.open.isEmpty else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for promise in drained { promise.succeed() }
    }

    /// Completes when no connection is left.
    func drainAll(on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let (open, isDone) = state.withLock { state in
            state.isDraining = true
            if !state.open.isEmpty { state.drained.append(promise) }
            return (Array(state.open.values), state.open.isEmpty)
        }
        if isDone { promise.succeed() }
        for connection in open { connection.eventLoop.execute { connection.value.beginDrain() } }
        return promise.futureResult
    }

    func closeAll() {
        for connection in state.withLock({ Array($0.open.values) }) {
            connection.eventLoop.execute { connection.value.close("the server shuts down") }
        }
    }

    var statistics: GRPCServer.Statistics {
        let streams = counters.streams
        return state.withLock {
            GRPCServer.Statistics(
                openConnections: $0.open.count, openStreams: streams.open, acceptedConnections: $0.accepted,
                refusedConnections: $0.refused, startedStreams: streams.started)
        }
    }
}

/// Counted by all event loops, read by any thread.
final class ServerCounters: Sendable {
    private let started = Atomic<Int>(0)
    private let ended = Atomic<Int>(0)

    func streamStarted() { started.add(1, ordering: .relaxed) }
    func streamEnded() { ended.add(1, ordering: .relaxed) }

    var streams: (open: Int, started: Int) {
        let ended = self.ended.load(ordering: .relaxed)
        let started = self.started.load(ordering: .relaxed)
        return (max(0, started - ended), started)
    }
}

enum SocketBuffers {
    /// Large enough for many small calls in one read.
    static var allocator: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 4_096, initial: 16_384, maximum: 65_536)
    }
}
