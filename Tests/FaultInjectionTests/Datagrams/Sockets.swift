import ClusterModel
import FaultInjection
import Foundation
import History
import NIOCore
import NIOPosix
import Synchronization

/// Loops and a folder for their evidence, for one test.
struct LinkBench {
    let loops: LinkLoops
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("orch-links-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        loops = try LinkLoops(threads: 1, folder: folder)
    }

    func injector(_ topology: Topology, seed: UInt64 = 1) -> FaultInjector {
        FaultInjector(topology: topology, context: LinkContext(seed: seed, nonce: 1, loops: loops))
    }

    /// What the links have recorded so far.
    var events: [Event] { History.read(["\(folder)/links-1.events"]).entries.map(\.event) }

    func close(_ injector: FaultInjector) async {
        await injector.close()
        try? await loops.group.shutdownGracefully()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A UDP socket that a test sends and receives with.
final class UDPSocket: Sendable {
    struct Received: Equatable, Sendable {
        var text: String
        var from: Int
    }

    let port: Int
    private let channel: any Channel
    private let inbox: AsyncStream<Received>

    init(on group: any EventLoopGroup) async throws {
        let (inbox, received) = AsyncStream.makeStream(of: Received.self)
        self.inbox = inbox
        channel = try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Inbox(received))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress!.port!
    }

    func send(_ text: String, to port: Int) async throws { try await send([text], to: port) }

    /// All in one turn of the loop: nobody's timer can come between them.
    func send(_ texts: [String], to port: Int) async throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let sent = channel.eventLoop.flatSubmit { [channel] in
            let writes = texts.map {
                channel.write(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(string: $0)))
            }
            channel.flush()
            return EventLoopFuture.andAllSucceed(writes, on: channel.eventLoop)
        }
        try await sent.get()
    }

    /// The next datagram; waits for it.
    func next() async -> Received? {
        var iterator = inbox.makeAsyncIterator()
        return await iterator.next()
    }

    func close() async { try? await channel.close().get() }

    private final class Inbox: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let received: AsyncStream<Received>.Continuation

        init(_ received: AsyncStream<Received>.Continuation) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            received.yield(Received(text: String(buffer: envelope.data), from: envelope.remoteAddress.port ?? 0))
        }
    }
}

/// A TCP connection of a test, or the listening end of one.
final class TCPSocket: Sendable {
    enum Happening: Equatable, Sendable {
        case text(String)
        case closed
        case reset
    }

    final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    let channel: any Channel
    private let inbox: AsyncStream<Happening>
    private let count: Count

    private init(_ channel: any Channel, _ inbox: AsyncStream<Happening>, _ count: Count) {
        self.channel = channel
        self.inbox = inbox
        self.count = count
    }

    /// What has happened so far, whether or not anybody has looked.
    var happened: Int { count.value.load(ordering: .acquiring) }

    static func connect(to port: Int, on group: any EventLoopGroup) async throws -> TCPSocket {
        let (inbox, happened) = AsyncStream.makeStream(of: Happening.self)
        let count = Count()
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Inbox(happened, count))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TCPSocket(channel, inbox, count)
    }

    /// - Returns: the listener, and the connections that it accepts.
    static func listen(on group: any EventLoopGroup) async throws -> (any Channel, AsyncStream<TCPSocket>) {
        let (accepted, connections) = AsyncStream.makeStream(of: TCPSocket.self)
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (inbox, happened) = AsyncStream.makeStream(of: Happening.self)
                    let count = Count()
                    try channel.pipeline.syncOperations.addHandler(Inbox(happened, count))
                    connections.yield(TCPSocket(channel, inbox, count))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return (listener, accepted)
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    func next() async -> Happening? {
        var iterator = inbox.makeAsyncIterator()
        return await iterator.next()
    }

    func close() async { try? await channel.close().get() }

    private final class Inbox: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let happened: AsyncStream<Happening>.Continuation
        private let count: Count
        private var wasReset = false

        init(_ happened: AsyncStream<Happening>.Continuation, _ count: Count) {
            self.happened = happened
            self.count = count
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            happens(.text(String(buffer: unwrapInboundIn(data))))
        }

        func channelInactive(context: ChannelHandlerContext) { happens(wasReset ? .reset : .closed) }

        private func happens(_ happening: Happening) {
            count.value.add(1, ordering: .releasing)
            happened.yield(happening)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            wasReset = (error as? IOError)?.errnoCode == ECONNRESET
            context.close(promise: nil)
        }
    }
}
