import ClusterModel
import NIOCore
import NIOPosix

/// A connection to a cluster's control socket, for nodes and commands.
package final class ControlClient: Sendable {
    private let channel: any Channel
    /// What the cluster says, until the connection ends.
    package let messages: AsyncStream<ControlMessage>

    private init(channel: any Channel, messages: AsyncStream<ControlMessage>) {
        self.channel = channel
        self.messages = messages
    }

    /// - Throws: `OrchError` (`unavailable`) where nobody listens there.
    package static func connect(to path: String, on eventLoop: any EventLoop) async throws -> ControlClient {
        let (stream, continuation) = AsyncStream.makeStream(of: ControlMessage.self)
        let socket = SocketPath(path)
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(ByteToMessageHandler(ControlDecoder()))
                        try pipeline.addHandler(MessageToByteHandler(ControlEncoder()))
                        try pipeline.addHandler(StreamHandler(continuation))
                    }
                }
                .connect(unixDomainSocketPath: socket.path).get()
            return ControlClient(channel: channel, messages: stream)
        } catch {
            throw OrchError(
                .unavailable, "cannot reach the cluster at \(path)", cause: "\(error)",
                advice: "it may have ended; `orch ps` lists the clusters that run")
        }
    }

    package func send(_ message: ControlMessage) { channel.writeAndFlush(message, promise: nil) }

    /// Sends what is on its way and closes.
    package func close() async { try? await channel.close().get() }
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ControlMessage

    private let continuation: AsyncStream<ControlMessage>.Continuation

    init(_ continuation: AsyncStream<ControlMessage>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
