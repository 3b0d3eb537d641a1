import ClusterModel
import Control
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The control socket of a cluster: nodes register here, and commands ask.
final class ControlServer: Sendable {
    /// A peer of the socket.
    struct Peer: Sendable, Hashable {
        let id: Int
        let channel: any Channel

        func send(_ message: ControlMessage) { channel.writeAndFlush(message, promise: nil) }

        static func == (a: Peer, b: Peer) -> Bool { a.id == b.id }
        func hash(into hasher: inout Hasher) { hasher.combine(id) }
    }

    enum Happening: Sendable {
        case message(Peer, ControlMessage)
        case gone(Peer)
    }

    /// All that peers say, in the order of arrival.
    let happenings: AsyncStream<Happening>
    private let continuation: AsyncStream<Happening>.Continuation
    private let listener: any Channel

    /// - Throws: `OrchError` (`unavailable`).
    static func open(path: String, on group: any EventLoopGroup) async throws -> ControlServer {
        let (stream, continuation) = AsyncStream.makeStream(of: Happening.self)
        let socket = SocketPath(path)
        let ids = PeerIDs()
        do {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1_024)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let peer = Peer(id: ids.next(), channel: channel)
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(ByteToMessageHandler(ControlDecoder()))
                        try pipeline.addHandler(MessageToByteHandler(ControlEncoder()))
                        try pipeline.addHandler(PeerHandler(peer, continuation))
                    }
                }
                .bind(unixDomainSocketPath: socket.path, cleanupExistingSocketFile: true).get()
            chmod(path, 0o600)
            return ControlServer(stream, continuation, listener)
        } catch {
            throw OrchError(.unavailable, "cannot open the control socket \(path)", cause: "\(error)")
        }
    }

    private init(
        _ stream: AsyncStream<Happening>, _ continuation: AsyncStream<Happening>.Continuation, _ listener: any Channel
    ) {
        happenings = stream
        self.continuation = continuation
        self.listener = listener
    }

    func close() async {
        try? await listener.close().get()
        continuation.finish()
    }
}

private final class PeerIDs: Sendable {
    private let last = Atomic<Int>(0)
    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}

private final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ControlMessage

    private let peer: ControlServer.Peer
    private let continuation: AsyncStream<ControlServer.Happening>.Continuation

    init(_ peer: ControlServer.Peer, _ continuation: AsyncStream<ControlServer.Happening>.Continuation) {
        self.peer = peer
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(.message(peer, unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.yield(.gone(peer)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let message = "not a control message: \(error)"
        peer.send(.response(.failed(message: message, exitCode: OrchError.Code.usage.rawValue)))
        context.close(promise: nil)
    }
}
