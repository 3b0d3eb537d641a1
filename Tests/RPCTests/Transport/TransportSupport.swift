import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Testing

@testable import RPC

/// A handler for one call, made of closures.
final class CallScript: ServerCallDelegate {
    let call: ServerCall
    var messages: [ByteBuffer] = []
    var onMessage: (CallScript, ByteBuffer) -> Void = { _, _ in }
    var onHalfClose: (CallScript) -> Void = { _ in }
    var onCancel: (CancellationReason) -> Void = { _ in }
    var onWritable: (CallScript) -> Void = { _ in }

    init(_ call: ServerCall) { self.call = call }

    func received(_ message: ByteBuffer) {
        messages.append(message)
        onMessage(self, message)
    }
    func halfClosed() { onHalfClose(self) }
    func cancelled(_ reason: CancellationReason) { onCancel(reason) }
    func becameWritable() { onWritable(self) }

    /// Sends back what it got, all at the end.
    static let echo: ServerCallHandler = { call in
        let script = CallScript(call)
        script.onHalfClose = { script in
            for message in script.messages { script.call.send(message) }
            script.call.finish(.ok)
        }
        return script
    }
}

/// What a client saw of one call.
struct Outcome: Sendable {
    var initialMetadata: Metadata?
    var messages: [ByteBuffer] = []
    var ending: ClientStreamEnding

    var status: GRPCStatus { ending.status }
    var texts: [String] { messages.map { String(buffer: $0) } }
}

/// A caller made of closures, and of what it saw.
final class CallerScript: ClientStreamDelegate {
    var stream: ClientStream?
    var initialMetadata: Metadata?
    var messages: [ByteBuffer] = []
    var onMessage: (CallerScript) -> Void = { _ in }
    var onWritable: (CallerScript) -> Void = { _ in }
    private let promise: EventLoopPromise<Outcome>

    init(_ promise: EventLoopPromise<Outcome>) { self.promise = promise }

    func received(initialMetadata: Metadata) { self.initialMetadata = initialMetadata }
    func received(_ message: ByteBuffer) {
        messages.append(message)
        onMessage(self)
    }
    func finished(_ ending: ClientStreamEnding) {
        promise.succeed(Outcome(initialMetadata: initialMetadata, messages: messages, ending: ending))
    }
    func becameWritable() { onWritable(self) }
}

extension NIOLoopBound where Value == GRPCConnection {
    /// Starts a call and says, in `body`, what it sends.
    func start(
        _ path: String = "/s/m", metadata: Metadata = Metadata(), timeout: UInt64? = nil, compress: Bool = false,
        _ body: @escaping @Sendable (ClientStream, CallerScript) -> Void = { stream, _ in stream.halfClose() }
    ) -> EventLoopFuture<Outcome> {
        let promise = eventLoop.makePromise(of: Outcome.self)
        eventLoop.execute {
            let script = CallerScript(promise)
            let stream = value.start(
                path: path, metadata: metadata, timeout: timeout, compress: compress, delegate: script)
            script.stream = stream
            body(stream, script)
        }
        return promise.futureResult
    }

    func call(
        _ path: String = "/s/m", metadata: Metadata = Metadata(), timeout: UInt64? = nil, compress: Bool = false,
        _ body: @escaping @Sendable (ClientStream, CallerScript) -> Void = { stream, _ in stream.halfClose() }
    ) async throws -> Outcome {
        try await start(path, metadata: metadata, timeout: timeout, compress: compress, body).get()
    }

    func read<Result: Sendable>(_ body: @escaping @Sendable (GRPCConnection) -> Result) async throws -> Result {
        try await eventLoop.submit { body(value) }.get()
    }
}

/// A server and what connects to it, on one loop of the shared group each.
struct Bench: Sendable {
    let server: GRPCServer
    static let group = MultiThreadedEventLoopGroup.singleton

    static func serve(
        _ change: (inout GRPCServerConfiguration) -> Void = { _ in },
        handler: @escaping ServerCallHandler = CallScript.echo
    ) async throws -> Bench {
        var configuration = GRPCServerConfiguration()
        change(&configuration)
        return Bench(server: try await GRPCServer.start(configuration, group: group, handler: handler).get())
    }

    /// - Parameter connected: called as soon as it is, before anything else can happen to it.
    func connect(
        _ change: (inout GRPCConnectionConfiguration) -> Void = { _ in },
        connected: @escaping @Sendable (GRPCConnection) -> Void = { _ in }
    ) async throws -> NIOLoopBound<GRPCConnection> {
        var configuration = GRPCConnectionConfiguration(host: "127.0.0.1", port: Int(server.port))
        // For machines that do much else.
        configuration.connectTimeout = .seconds(50)
        change(&configuration)
        return try await GRPCConnection.connect(configuration, on: Self.group.any()).map { bound in
            connected(bound.value)
            return bound
        }.get()
    }

    func stop() async throws { try await server.shutDown(grace: .zero).get() }

    /// Runs a test's body against a server, and stops it.
    static func run(
        _ change: (inout GRPCServerConfiguration) -> Void = { _ in },
        handler: @escaping ServerCallHandler = CallScript.echo,
        _ body: (Bench) async throws -> Void
    ) async throws {
        let bench = try await serve(change, handler: handler)
        do {
            try await body(bench)
        } catch {
            try await bench.stop()
            throw error
        }
        try await bench.stop()
    }
}

/// The other side of a connection, frame by frame, or byte by byte: one that need not obey any rule.
final class RawPeer: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTP2Frame
    let channel: any Channel
    /// What came in; ends with the connection.
    let frames: AsyncStream<HTTP2Frame>
    private let continuation: AsyncStream<HTTP2Frame>.Continuation

    private let first: [HTTP2Frame.FramePayload]

    /// - Parameter first: sent on stream 1 as soon as the connection is up.
    private init(_ channel: any Channel, first: [HTTP2Frame.FramePayload] = []) {
        self.channel = channel
        self.first = first
        (frames, continuation) = AsyncStream.makeStream(of: HTTP2Frame.self)
    }

    func channelActive(context: ChannelHandlerContext) {
        for payload in first { context.write(NIOAny(HTTP2Frame(streamID: 1, payload: payload)), promise: nil) }
        context.flush()
    }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
    func handlerRemoved(context: ChannelHandlerContext) { continuation.finish() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// A client of a server of ours.
    /// - Parameter isDeaf: it never reads.
    static func connect(
        to port: UInt16, first: [HTTP2Frame.FramePayload] = [], isDeaf: Bool = false
    ) async throws -> RawPeer {
        try await ClientBootstrap(group: Bench.group)
            .channelOption(.autoRead, value: !isDeaf)
            .connect(host: "127.0.0.1", port: Int(port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = RawPeer(channel, first: first)
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOHTTP2Handler(
                            mode: .client, headerBlockValidation: .disabled, contentLengthValidation: .disabled), peer,
                    ])
                    return peer
                }
            }
    }

    /// A server for a client of ours: the first connection that comes.
    static func accept(
        _ change: (inout GRPCConnectionConfiguration) -> Void = { _ in },
        settings: HTTP2Settings = nioDefaultSettings, isDeaf: Bool = false,
        connected: @escaping @Sendable (GRPCConnection) -> Void = { _ in }
    ) async throws -> (RawPeer, NIOLoopBound<GRPCConnection>) {
        let accepted = Bench.group.any().makePromise(of: RawPeer.self)
        let listener = try await ServerBootstrap(group: Bench.group)
            .childChannelOption(.autoRead, value: !isDeaf)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = RawPeer(channel)
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOHTTP2Handler(
                            mode: .server, initialSettings: settings, headerBlockValidation: .disabled,
                            contentLengthValidation: .disabled), peer,
                    ])
                    accepted.succeed(peer)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        var configuration = GRPCConnectionConfiguration(
            host: "127.0.0.1", port: try #require(listener.localAddress?.port))
        configuration.connectTimeout = .seconds(50)
        change(&configuration)
        let connection = try await GRPCConnection.connect(configuration, on: Bench.group.any()).map { bound in
            connected(bound.value)
            return bound
        }.get()
        try await listener.close()
        return (try await accepted.futureResult.get(), connection)
    }

    func send(_ payloads: [HTTP2Frame.FramePayload], on stream: Int = 1) {
        let frames = payloads.map { HTTP2Frame(streamID: HTTP2StreamID(stream), payload: $0) }
        channel.eventLoop.execute { [channel] in
            for frame in frames { channel.write(frame, promise: nil) }
            channel.flush()
        }
    }

    func send(_ payload: HTTP2Frame.FramePayload, on stream: Int = 1) { send([payload], on: stream) }

    /// Reads on to the first frame that `pick` makes something of; nil: the connection ended before.
    func next<Result>(_ pick: (HTTP2Frame) -> Result?) async -> Result? {
        for await frame in frames {
            if let result = pick(frame) { return result }
        }
        return nil
    }

    func nextHeaders() async -> HPACKHeaders? {
        await next { if case .headers(let headers) = $0.payload { headers.headers } else { nil } }
    }

    func nextReset() async -> HTTP2ErrorCode? {
        await next { if case .rstStream(let code) = $0.payload { code } else { nil } }
    }

    func nextGoAway() async -> (code: HTTP2ErrorCode, debug: String)? {
        await next {
            if case .goAway(_, let code, let debug) = $0.payload {
                (code, debug.map { String(buffer: $0) } ?? "")
            } else {
                nil
            }
        }
    }

    func close() async throws { try await channel.close() }

    static let request: HPACKHeaders = [
        ":method": "POST", ":scheme": "http", ":path": "/s/m", "content-type": "application/grpc", "te": "trailers",
    ]
    static let answer: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]

    static func headers(_ headers: HPACKHeaders, end: Bool = false) -> HTTP2Frame.FramePayload {
        .headers(.init(headers: headers, endStream: end))
    }
    static func data(_ bytes: [UInt8], end: Bool = false) -> HTTP2Frame.FramePayload {
        .data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: end))
    }
    /// A whole message.
    static func message(_ bytes: [UInt8], end: Bool = false) -> HTTP2Frame.FramePayload {
        .data(
            .init(
                data: .byteBuffer(MessageEncoder.encode(ByteBuffer(bytes: bytes), compress: false).first),
                endStream: end))
    }
}
