import ClusterModel
import NIOCore
import NIOPosix

/// One POST of an item to a feed.
struct FeedPost: Sendable {
    var feed: String
    var body: String
    var port: Int

    func send(on loop: any EventLoop, within limit: Duration) async -> VerbResult {
        let request =
            "POST /feeds/\(feed) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        let promise = loop.makePromise(of: String.self)
        let alarm = loop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
            promise.succeed("no answer within \(limit.text)")
        }
        ClientBootstrap(group: loop).connectTimeout(.seconds(1))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PostHandler(request, promise))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenFailure { promise.succeed("\($0)") }
        let answer = (try? await promise.futureResult.get()) ?? "no answer"
        alarm.cancel()
        return answer == "201" ? VerbResult() : .failed("the server of '\(feed)' answered: \(answer)")
    }
}

/// Sends a request and tells the status of the answer.
private final class PostHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let request: String
    private let promise: EventLoopPromise<String>
    private var received = ByteBuffer()

    init(_ request: String, _ promise: EventLoopPromise<String>) {
        self.request = request
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard received.readableBytes >= 12 else { return }
        let line = received.getString(at: received.readerIndex, length: 12) ?? ""
        promise.succeed(line.hasPrefix("HTTP/1.") ? String(line.suffix(3)) : "something else than HTTP")
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed("the connection ended") }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
