import NIOCore
import NIOHTTP1
import NIOPosix

/// One HTTP/1.1 connection to a server of feeds, with one request at a time. Confined to its event loop.
package final class FeedConnection {
    package enum Event {
        case head(status: Int, HTTPHeaders)
        case body(ByteBuffer)
        /// The answer is complete.
        case end
        /// The connection is lost before that.
        case failed(String)
    }

    private let channel: any Channel
    private let host: String
    /// Who waits for the current request's answer.
    private var handler: ((Event) -> Void)?
    private var staysOpen = true
    private var left = 0
    private var limit = 0

    private init(_ channel: any Channel, host: String) {
        self.channel = channel
        self.host = host
    }

    /// Fails where nobody listens there, or nobody answers in time.
    package static func connect(
        host: String, port: Int, timeout: TimeAmount, on eventLoop: any EventLoop
    ) -> EventLoopFuture<NIOLoopBound<FeedConnection>> {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers(enableOutboundHeaderValidation: true)
                    try channel.pipeline.syncOperations.addHandler(Handler())
                }
            }
            .connect(host: host, port: port)
            .flatMapThrowing { channel in
                let connection = FeedConnection(channel, host: "\(host):\(port)")
                try channel.pipeline.syncOperations.handler(type: Handler.self).connection = connection
                return NIOLoopBound(connection, eventLoop: eventLoop)
            }
    }

    /// Whether another request may follow.
    package var isUsable: Bool { channel.isActive && staysOpen && handler == nil }

    /// - Parameters:
    ///   - limit: octets of the answer's body at most; a longer one is cut off and has failed. 0: without limit.
    ///   - handler: told of the answer, in parts; after `end` and `failed` of nothing more.
    package func send(
        _ method: HTTPMethod, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil, limit: Int,
        _ handler: @escaping (Event) -> Void
    ) {
        guard isUsable else { return handler(.failed("the connection is closed")) }
        self.handler = handler
        self.limit = limit
        left = limit
        var fields = HTTPHeaders(headers)
        fields.add(name: "host", value: host)
        if let body { fields.add(name: "content-length", value: "\(body.count)") }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: fields)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let body, !body.isEmpty {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    /// Whoever waits for an answer is told nothing more.
    package func close() {
        handler = nil
        channel.close(promise: nil)
    }

    fileprivate func received(_ part: HTTPClientResponsePart) {
        switch part {
        case .head(let head):
            staysOpen = head.isKeepAlive
            handler?(.head(status: Int(head.status.code), head.headers))
        case .body(let buffer):
            if limit > 0 {
                left -= buffer.readableBytes
                if left < 0 { return lost("the answer is longer than \(limit) octets") }
            }
            handler?(.body(buffer))
        case .end:
            let handler = handler
            self.handler = nil
            if !staysOpen { channel.close(promise: nil) }
            handler?(.end)
        }
    }

    fileprivate func lost(_ reason: String) {
        staysOpen = false
        let handler = handler
        self.handler = nil
        channel.close(promise: nil)
        handler?(.failed(reason))
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        weak var connection: FeedConnection?

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection?.received(unwrapInboundIn(data)) }
        func channelInactive(context: ChannelHandlerContext) { connection?.lost("the connection was closed") }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            connection?.lost("\(error)")
            context.close(promise: nil)
        }
    }
}
