import NIOCore
import NIOHTTP1

/// One connection of a server of feeds. Confined to the server's event loop.
final class ServerConnection {
    let channel: any Channel
    /// The client sends nothing any more: whoever waits for it need not.
    fileprivate(set) var isInputClosed = false
    /// What came is no HTTP.
    fileprivate(set) var hasFailed = false
    /// A request is being answered.
    var isAnswering = false
    /// Ends the wait or the stream that the request is about.
    var endCurrent: (() -> Void)?

    fileprivate init(_ channel: any Channel) { self.channel = channel }

    fileprivate func endInput() {
        isInputClosed = true
        endCurrent?()
        endCurrent = nil
    }
}

/// Watches over a connection: tells the server when its client is gone, and answers what is no HTTP.
final class ServerConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    /// What waits in the kernel for a watcher is out of its feed's sight: not much may.
    private static let sendBuffer = 128 << 10

    private let server: FeedServer
    private var connection: ServerConnection?

    init(_ server: FeedServer) { self.server = server }

    func handlerAdded(context: ChannelHandlerContext) {
        let connection = ServerConnection(context.channel)
        self.connection = connection
        server.opened(connection)
        context.channel.setOption(.socketOption(.so_sndbuf), value: .init(Self.sendBuffer)).whenComplete { _ in }
    }

    func handlerRemoved(context: ChannelHandlerContext) { close() }

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    private func close() {
        guard let connection else { return }
        self.connection = nil
        connection.endInput()
        server.closed(connection)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { connection?.endInput() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection?.hasFailed = true
        connection?.endInput()
        if connection?.isAnswering == false, !(error is IOError), !(error is ChannelError) {
            answer(context, Problem(400, "This is no HTTP/1.1 request: \(error)."))
        }
        context.fireErrorCaught(error)
    }

    /// Past the encoder: there is no request that this would be the reply to.
    private func answer(_ context: ChannelHandlerContext, _ problem: Problem) {
        let body = problem.body
        var buffer = ByteBuffer()
        buffer.writeString(
            """
            HTTP/1.1 \(problem.status) \(Problem.reason(problem.status))\r
            content-type: \(Problem.contentType)\r
            content-length: \(body.readableBytes)\r
            connection: close\r
            date: \(HTTPDate.now())\r
            \r

            """)
        buffer.writeImmutableBuffer(body)
        let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        encoder?.writeAndFlush(NIOAny(IOData.byteBuffer(buffer)), promise: nil)
        context.close(promise: nil)
    }
}
