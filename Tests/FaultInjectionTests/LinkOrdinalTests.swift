import History
import NIOCore
import NIOPosix
import Testing

@testable import FaultInjection

/// What a connection's dice hang on.
@Suite struct LinkOrdinalTests {
    /// Tells when its connection has ended.
    private final class Ending: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let promise: EventLoopPromise<Void>

        init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

        func channelInactive(context: ChannelHandlerContext) { promise.succeed() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private func connect(_ link: Link, _ loops: LinkLoops) async throws -> (any Channel, EventLoopFuture<Void>) {
        let ended = loops.group.next().makePromise(of: Void.self)
        let client = try await ClientBootstrap(group: loops.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Ending(ended)) }
            }
            .connect(host: "127.0.0.1", port: link.port).get()
        return (client, ended.futureResult)
    }

    /// How often a client tries until its server is up is chance; what the seed chooses for it afterwards is not.
    @Test func connectionsBeforeTheServerIsUpDoNotCount() async throws {
        let bench = try LinkBench()
        let context = LinkContext(seed: 1, nonce: 1, loops: bench.loops)
        let link = Link(identity: LinkIdentity(client: "a", server: "b"), context: context)
        try await link.open()
        let early = try await connect(link, bench.loops)
        // The link resets it then, or has closed it already.
        try? await early.0.writeAndFlush(ByteBuffer(string: "hello")).get()
        try await early.1.get()
        #expect(link.isUsed && link.connections == 0)

        let server = try await ServerBootstrap(group: bench.loops.group).bind(host: "127.0.0.1", port: 0).get()
        link.lead(to: server.localAddress)
        let late = try await connect(link, bench.loops)
        while link.connections == 0 { await Task.yield() }
        await link.close()
        try await late.1.get()
        let ordinals = bench.events.compactMap { if case .connection(let event) = $0 { event.ordinal } else { nil } }
        #expect(ordinals == [1])
        try await server.close().get()
        await bench.close(bench.injector(.init(name: "test")))
    }
}
