import Logging
import NIOCore
import NIOPosix

#if DEBUG
    import Foundation
#endif

/// A broker that listens: AMQP 0-9-1 on one port, on one event loop.
///
/// Whoever starts it shuts it down; it does not end by itself.
package final class BrokerServer: Sendable {
    private let loop: NIOLoopBound<BrokerLoop>
    private let listener: any NIOCore.Channel
    private let ticks: RepeatedTask
    /// The port it listens on, the system's choice included.
    package let port: Int

    private init(loop: NIOLoopBound<BrokerLoop>, listener: any NIOCore.Channel, ticks: RepeatedTask) {
        self.loop = loop
        self.listener = listener
        self.ticks = ticks
        port = listener.localAddress?.port ?? 0
    }

    /// Opens the store, restores what it holds, and listens. Throws `StoreError` if the data cannot be used, or what the
    /// system says if the port cannot.
    package static func start(
        configuration: BrokerConfiguration, group: any EventLoopGroup, logger: Logger
    ) async throws -> BrokerServer {
        var store: (any MessageStore)?
        if let directory = configuration.dataDirectory { store = SQLiteStore(directory: directory) }
        return try await start(configuration: configuration, store: store, group: group, logger: logger)
    }

    /// With a store of the caller's; `dataDirectory` is not looked at.
    package static func start(
        configuration: BrokerConfiguration, store: (any MessageStore)?, group: any EventLoopGroup, logger: Logger
    ) async throws -> BrokerServer {
        let eventLoop = group.next()
        let loop = try await eventLoop.submit {
            NIOLoopBound(try makeLoop(configuration, store, eventLoop, logger), eventLoop: eventLoop)
        }.get()
        do {
            let listener = try await listen(configuration, loop, eventLoop).get()
            let ticks = eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(500), delay: .milliseconds(500)) {
                _ in
                loop.value.tick(now: .now())
            }
            return BrokerServer(loop: loop, listener: listener, ticks: ticks)
        } catch {
            store?.close()
            throw error
        }
    }

    /// Runs on the event loop, and blocks it while the store is read: nothing else happens before.
    private static func makeLoop(
        _ configuration: BrokerConfiguration, _ store: (any MessageStore)?, _ eventLoop: any EventLoop, _ logger: Logger
    ) throws -> BrokerLoop {
        var limits = CoreConfiguration()
        limits.users = configuration.users
        limits.vhosts = configuration.vhosts
        limits.memoryLimit = configuration.memoryLimit ?? min(1 << 30, System.physicalMemory / 10 * 4)
        limits.heartbeat = configuration.heartbeat
        limits.maxMessageSize = configuration.maxMessageSize
        limits.handshakeTimeout = UInt64(max(configuration.handshakeTimeout.nanoseconds, 0))
        limits.hasStore = store != nil
        let core: BrokerCore
        if let seed = configuration.seed {
            core = BrokerCore(configuration: limits, generator: NameGenerator(state: seed))
        } else {
            core = BrokerCore(configuration: limits, generator: SystemRandomNumberGenerator())
        }
        #if DEBUG
            core.mutation = Mutation(environment: ProcessInfo.processInfo.environment)
        #endif
        if let store {
            let state = try store.open()
            core.restore(state) { store.mark(queue: $0) }
            logger.info(
                "store opened",
                metadata: [
                    "queues": "\(state.queues.count)",
                    "messages": "\(state.entries.values.reduce(0) { $0 + $1.count })",
                ])
        }
        return BrokerLoop(core: core, store: store, eventLoop: eventLoop, logger: logger)
    }

    private static func listen(
        _ configuration: BrokerConfiguration, _ loop: NIOLoopBound<BrokerLoop>, _ eventLoop: any EventLoop
    ) -> EventLoopFuture<any NIOCore.Channel> {
        ServerBootstrap(group: eventLoop, childGroup: eventLoop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Out of descriptors: wait a second instead of trying at once, for ever.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Grows with what a connection sends, so that 1,000 idle ones cost little.
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 4096, maximum: 128 << 10)
            )
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .writeBufferWaterMark, value: .init(low: 64 << 10, high: 512 << 10)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let loop = loop.value
                    guard loop.core.sessions.count < configuration.maxConnections else {
                        throw TooManyConnections()
                    }
                    let session = loop.core.open(now: NIODeadline.now().uptimeNanoseconds)
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(loop: loop, session: session))
                }
            }
            .bind(host: configuration.host, port: configuration.port)
    }

    package func statistics() async -> BrokerStatistics {
        (try? await listener.eventLoop.submit { self.loop.value.core.statistics }.get()) ?? BrokerStatistics()
    }

    /// Stops listening, closes all connections with CONNECTION_FORCED (320), waits at most 2 s for their answers and for
    /// what is on its way to disk, and lets go of the data directory.
    package func shutdown() async {
        ticks.cancel()
        try? await listener.close()
        let eventLoop = listener.eventLoop
        try? await eventLoop.submit {
            let loop = self.loop.value
            for session in loop.core.sessions.values {
                session.close(code: .connectionForced, text: "CONNECTION_FORCED - broker forced connection closure")
            }
            loop.noteWork()
        }.get()
        for _ in 0..<200 {
            let isQuiet = try? await eventLoop.submit {
                let core = self.loop.value.core
                return core.sessions.isEmpty && core.isStored
            }.get()
            if isQuiet != false { break }
            try? await Task.sleep(nanoseconds: 10_000_000)
        }
        let store = try? await eventLoop.submit {
            let loop = self.loop.value
            for session in loop.core.sessions.values { session.finish() }
            loop.noteWork()
            return loop.store
        }.get()
        store?.close()
    }
}

private struct TooManyConnections: Error {}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct NameGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
