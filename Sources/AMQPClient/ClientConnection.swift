import AMQP
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An AMQP 0-9-1 connection to any broker. It lives on one event loop: call it there only, except `connect`.
package final class ClientConnection {
    package let eventLoop: any EventLoop
    private let url: AMQPURL
    private let name: String
    private let socket: any NIOCore.Channel
    private var decoder = FrameDecoder()
    private var channels: [UInt16: ClientChannel] = [:]
    private var lastChannel: UInt16 = 0
    private var channelMax: UInt16 = 2_047
    private(set) var frameMax = AMQPLimits.defaultFrameMax
    private var output = ByteBuffer()
    private var opened: EventLoopPromise<Void>
    private var closed: EventLoopPromise<Void>
    private var failure: ClientError?
    private var isClosing = false
    private var heartbeat: RepeatedTask?
    private var lastRead = NIODeadline.now()
    private var hasWritten = false
    /// Called when the socket takes more again.
    package var writabilityChanged: (() -> Void)?

    private init(url: AMQPURL, name: String, socket: any NIOCore.Channel) {
        self.url = url
        self.name = name
        self.socket = socket
        eventLoop = socket.eventLoop
        opened = eventLoop.makePromise()
        closed = eventLoop.makePromise()
    }

    /// Connects, logs in and opens the virtual host.
    /// - Parameter name: shown by brokers as `connection_name`.
    /// - Returns: bound to `eventLoop`. Fails with `ClientError`.
    package static func connect(
        to url: AMQPURL, name: String, on eventLoop: any EventLoop, timeout: TimeAmount = .seconds(5)
    ) -> EventLoopFuture<NIOLoopBound<ClientConnection>> {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4_096, initial: 16_384, maximum: 262_144)
            )
            .connect(host: url.host, port: url.port)
            .flatMapErrorThrowing { throw ClientError.unreachable("\($0)") }
            .flatMap { socket in
                let connection = ClientConnection(url: url, name: name, socket: socket)
                let bound = NIOLoopBound(connection, eventLoop: eventLoop)
                do {
                    try socket.pipeline.syncOperations.addHandler(ClientHandler(connection))
                } catch {
                    return eventLoop.makeFailedFuture(ClientError.disconnected)
                }
                connection.begin()
                // A peer that accepts and says nothing must not hold us for ever.
                let deadline = eventLoop.scheduleTask(in: timeout) {
                    bound.value.end(.unreachable("no answer within \(timeout.nanoseconds / 1_000_000) ms"))
                }
                return connection.opened.futureResult.map { bound }.always { _ in deadline.cancel() }
            }
    }

    /// The TCP port of our side.
    package var localPort: UInt16 { UInt16(socket.localAddress?.port ?? 0) }

    package var isWritable: Bool { socket.isWritable }

    /// Reads from the socket, or lets the broker wait.
    package func setReading(_ reading: Bool) { socket.setOption(.autoRead, value: reading).whenFailure { _ in } }

    package func openChannel() -> EventLoopFuture<NIOLoopBound<ClientChannel>> {
        if let failure { return eventLoop.makeFailedFuture(failure) }
        guard lastChannel < channelMax else {
            return eventLoop.makeFailedFuture(ClientError.protocolViolation("no channel number is left"))
        }
        lastChannel += 1
        let channel = ClientChannel(id: lastChannel, connection: self)
        channels[channel.id] = channel
        let bound = NIOLoopBound(channel, eventLoop: eventLoop)
        return channel.call(.channelOpen(.init())).map { _ in bound }
    }

    /// Says goodbye and waits for the answer, at most a second.
    package func close() -> EventLoopFuture<Void> {
        guard failure == nil, !isClosing else { return closed.futureResult }
        isClosing = true
        write(.connectionClose(.init(replyCode: 200, replyText: "goodbye", classID: 0, methodID: 0)), channel: 0)
        flush()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .seconds(1)) { bound.value.end(.closed) }
        return closed.futureResult
    }

    // MARK: - Out

    func write(_ method: AMQPMethod, channel: UInt16) { output.writeFrame(method: method, channel: channel) }

    func write(_ method: AMQPMethod, _ header: ContentHeader, _ body: ByteBuffer, channel: UInt16) {
        output.writeContent(method: method, channel: channel, header: header, body: body, frameMax: frameMax)
        // A long burst must not wait for its end.
        if output.readableBytes > 256 << 10 { flush() }
    }

    package func flush() {
        guard output.readableBytes > 0, failure == nil else { return }
        let bytes = output
        output = ByteBuffer()
        hasWritten = true
        socket.writeAndFlush(bytes, promise: nil)
    }

    // MARK: - In

    private func begin() {
        ProtocolHeader.encode(into: &output)
        flush()
    }

    func read(_ bytes: ByteBuffer) {
        lastRead = .now()
        decoder.append(bytes)
        do throws(AMQPError) {
            while failure == nil, let frame = try decoder.next() {
                if frame.type == .heartbeat { continue }
                if frame.channel == 0 {
                    try receive(frame)
                } else {
                    try channels[frame.channel]?.receive(frame)
                }
            }
        } catch {
            end(.protocolViolation(error.description))
        }
    }

    func readComplete() {
        for channel in channels.values { channel.delegate?.batchEnded() }
        flush()
    }

    private func receive(_ frame: Frame) throws(AMQPError) {
        var payload = frame.payload
        switch try AMQPMethod(decoding: &payload) {
        case .connectionStart: startOk()
        case .connectionTune(let tune): tuneOk(tune)
        case .connectionOpenOk: opened.succeed()
        case .connectionClose(let close):
            write(.connectionCloseOk(.init()), channel: 0)
            flush()
            end(.connectionClosed(code: close.replyCode, text: close.replyText))
        case .connectionCloseOk: end(.closed)
        default: break
        }
    }

    private func startOk() {
        let capabilities: FieldTable = [
            "publisher_confirms": .bool(true), "basic.nack": .bool(true), "consumer_cancel_notify": .bool(true),
            "connection.blocked": .bool(true), "authentication_failure_close": .bool(true),
        ]
        let properties: FieldTable = [
            "product": .longString("orch"), "connection_name": .longString(name),
            "capabilities": .table(capabilities),
        ]
        let response = [0] + Array(url.user.utf8) + [0] + Array(url.password.utf8)
        write(
            .connectionStartOk(
                .init(clientProperties: properties, mechanism: "PLAIN", response: response, locale: "en_US")),
            channel: 0)
        flush()
    }

    private func tuneOk(_ tune: Connection.Tune) {
        channelMax = tune.channelMax == 0 ? 2_047 : min(tune.channelMax, 2_047)
        let offered = tune.frameMax == 0 ? AMQPLimits.defaultFrameMax : Int(tune.frameMax)
        frameMax = min(offered, AMQPLimits.defaultFrameMax)
        decoder.maxFrameSize = frameMax
        write(
            .connectionTuneOk(
                .init(channelMax: channelMax, frameMax: UInt32(frameMax), heartbeat: tune.heartbeat)), channel: 0)
        write(.connectionOpen(.init(virtualHost: url.virtualHost)), channel: 0)
        flush()
        beat(every: TimeAmount.seconds(Int64(tune.heartbeat)))
    }

    /// Sends a heartbeat in each half interval in which nothing else went out, and gives a peer up that was silent for
    /// two (AMQP 0-9-1 §4.2.7).
    private func beat(every interval: TimeAmount) {
        guard interval > .zero else { return }
        let half = TimeAmount.nanoseconds(interval.nanoseconds / 2)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        heartbeat = eventLoop.scheduleRepeatedTask(initialDelay: half, delay: half) { _ in
            bound.value.beat(silence: .nanoseconds(interval.nanoseconds * 2))
        }
    }

    private func beat(silence limit: TimeAmount) {
        if NIODeadline.now() - lastRead > limit {
            end(.disconnected)
            return
        }
        if !hasWritten {
            output.writeHeartbeat()
            flush()
        }
        hasWritten = false
    }

    func forget(_ channel: ClientChannel) { channels[channel.id] = nil }

    func ended() { end(isClosing ? .closed : .disconnected) }

    private func end(_ error: ClientError) {
        guard failure == nil else { return }
        failure = error
        heartbeat?.cancel()
        socket.close(promise: nil)
        opened.fail(error)
        closed.succeed()
        let all = channels.values
        channels = [:]
        for channel in all { channel.fail(error) }
    }
}

private final class ClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ClientConnection

    init(_ connection: ClientConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection.read(unwrapInboundIn(data)) }
    func channelReadComplete(context: ChannelHandlerContext) { connection.readComplete() }
    func channelInactive(context: ChannelHandlerContext) { connection.ended() }
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { connection.writabilityChanged?() }
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
