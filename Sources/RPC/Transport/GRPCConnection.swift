import DequeModule
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

/// One connection to a gRPC server. Confined to `eventLoop`, except `connect`.
package final class GRPCConnection: HTTP2TransportOwner {
    package let eventLoop: any EventLoop
    /// The TCP port of our side; 0 if unknown.
    package var localPort: UInt16 { UInt16(truncatingIfNeeded: channel.localAddress?.port ?? 0) }
    /// Called once: the connection takes no new calls any more, because the server said so (GOAWAY) or because it ended.
    /// Running calls may go on: `onClosed` is their end.
    package var onUnusable: (() -> Void)?
    /// Called once, after all calls have ended, with the reason.
    package var onClosed: ((String) -> Void)?
    /// What the server's GOAWAY said: its HTTP/2 error code and its debug data.
    package private(set) var goAway: (code: Int, debug: String)?

    let channel: any Channel
    let transport: HTTP2Transport
    /// The headers of a request that come before its path, and are the same for all.
    let requestHead: HPACKHeaders
    static let requestTail: HPACKHeaders = [
        "te": "trailers", "content-type": ContentType.grpc, "grpc-accept-encoding": MessageEncoding.accepted,
    ]
    private let configuration: GRPCConnectionConfiguration
    private let opened: EventLoopPromise<Void>
    private lazy var deadlines = DeadlineTimer<ClientStream>(eventLoop: eventLoop) { $0.deadlinePassed() }

    private var streams: [HTTP2StreamID: ClientStream] = [:]
    /// Calls that wait for a stream; those that ended meanwhile are skipped when their turn comes.
    private var waiting: Deque<ClientStream> = []
    private var waitingCount = 0
    /// All calls that have not ended, those included whose stream has.
    package private(set) var openCalls = 0
    private var nextStream: Int32 = 1
    private var maximumConcurrentStreams = 100
    private var state = State.handshaking
    private var writable: [ClientStream] = []
    private var failures: [(HTTP2StreamID, HTTP2ErrorCode)] = []

    private enum State {
        case handshaking
        case open
        /// No new calls.
        case draining
        case closed
    }

    private init(_ configuration: GRPCConnectionConfiguration, channel: any Channel) {
        self.configuration = configuration
        self.channel = channel
        opened = channel.eventLoop.makePromise()
        eventLoop = channel.eventLoop
        requestHead = [
            ":method": "POST", ":scheme": configuration.tls == nil ? "http" : "https",
            ":authority": configuration.authority ?? "\(configuration.host):\(configuration.port)",
        ]
        transport = HTTP2Transport(
            eventLoop: channel.eventLoop, mode: .client, isTLS: configuration.tls != nil, limits: configuration.limits,
            keepalive: configuration.keepalive)
        transport.owner = self
    }

    /// Connects, and waits for the server's SETTINGS. Fails with `GRPCConnectionError`.
    package static func connect(
        _ configuration: GRPCConnectionConfiguration, on eventLoop: any EventLoop
    ) -> EventLoopFuture<NIOLoopBound<GRPCConnection>> {
        let tls: NIOSSLContext?
        do {
            tls = try configuration.tls?.context()
        } catch {
            return eventLoop.makeFailedFuture(GRPCConnectionError.tls("\(error)"))
        }
        let end = NIODeadline.now() + configuration.connectTimeout
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: SocketBuffers.allocator)
            .channelInitializer { channel in
                // Not after connecting: the server speaks at once, and would be overheard.
                channel.eventLoop.makeCompletedFuture { try install(configuration, channel, tls) }
            }
            .connect(host: configuration.host, port: configuration.port)
            .flatMapErrorThrowing { error in
                if case ChannelError.connectTimeout = error { throw GRPCConnectionError.timeout }
                throw GRPCConnectionError.unreachable("\(error)")
            }
            .flatMap { channel in handshake(channel, until: end) }
    }

    private static func install(
        _ configuration: GRPCConnectionConfiguration, _ channel: any Channel, _ tls: NIOSSLContext?
    ) throws {
        let connection = GRPCConnection(configuration, channel: channel)
        do {
            let pipeline = channel.pipeline.syncOperations
            if let tls, let settings = configuration.tls {
                try pipeline.addHandler(settings.handler(tls, host: configuration.host))
            }
            try connection.transport.install(in: pipeline)
        } catch {
            connection.transport.abandon()
            throw error
        }
    }

    private static func handshake(
        _ channel: any Channel, until end: NIODeadline
    ) -> EventLoopFuture<NIOLoopBound<GRPCConnection>> {
        guard
            let transport = try? channel.pipeline.syncOperations.handler(type: HTTP2Transport.self),
            let connection = transport.owner as? GRPCConnection
        else {
            return channel.eventLoop.makeFailedFuture(GRPCConnectionError.handshake("the server closed the connection"))
        }
        let bound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        let opened = connection.opened
        let timer = channel.eventLoop.scheduleTask(deadline: end) {
            opened.fail(GRPCConnectionError.timeout)
            bound.value.close()
        }
        return opened.futureResult.map { bound }.always { _ in timer.cancel() }
    }

    // MARK: - Calls

    /// Whether new calls may start here: open, no GOAWAY, stream ids left.
    package var isUsable: Bool { if case .open = state { true } else { false } }

    /// Whether one more call would start at once, and not wait for others to end.
    package var hasFreeStream: Bool { isUsable && streams.count < maximumConcurrentStreams }

    /// Calls in the queue, those included that have ended since.
    var queueLength: Int { waiting.count }

    /// Starts a call. It ends with exactly one `finished` at its delegate, never before this method has returned.
    /// - Parameters:
    ///   - path: `/package.Service/method`.
    ///   - timeout: nanoseconds; sent as `grpc-timeout`, and enforced here too. nil: none.
    ///   - compress: announces gzip, so that `send` may compress.
    package func start(
        path: String, metadata: Metadata = Metadata(), timeout: UInt64? = nil, compress: Bool = false,
        delegate: any ClientStreamDelegate
    ) -> ClientStream {
        var deadline: UInt64?
        if let timeout {
            let (sum, overflow) = NIODeadline.now().uptimeNanoseconds.addingReportingOverflow(timeout)
            if !overflow { deadline = sum }
        }
        let call = ClientStream(
            path: path, metadata: metadata, deadline: deadline, compresses: compress, connection: self,
            limits: configuration.limits, delegate: delegate)
        openCalls += 1
        if let refusal = refusal(call) {
            eventLoop.assumeIsolated().execute { call.end(refusal, .neverSent, reset: nil) }
            return call
        }
        deadlines.set(call, deadline)
        if streams.count < maximumConcurrentStreams, waitingCount == 0 {
            open(call)
        } else {
            call.isWaiting = true
            waiting.append(call)
            waitingCount += 1
        }
        return call
    }

    /// Why a call may not start now.
    private func refusal(_ call: ClientStream) -> GRPCStatus? {
        guard isUsable else { return GRPCStatus(.unavailable, "the connection takes no new calls") }
        guard waitingCount < configuration.maximumWaitingCalls else {
            return GRPCStatus(.resourceExhausted, "\(waitingCount) calls wait for the server to allow more streams")
        }
        guard call.isSendable else { return GRPCStatus(.resourceExhausted, "the call's metadata is too large") }
        return nil
    }

    private func open(_ call: ClientStream) {
        let stream = HTTP2StreamID(nextStream)
        streams[stream] = call
        let (next, overflow) = nextStream.addingReportingOverflow(2)
        if overflow { becomeUnusable() } else { nextStream = next }
        call.open(stream)
    }

    private func openWaiting() {
        while isUsable, streams.count < maximumConcurrentStreams, let call = waiting.popFirst() {
            guard call.isWaiting else { continue }
            call.isWaiting = false
            waitingCount -= 1
            open(call)
        }
    }

    private func leaveQueue(_ call: ClientStream) {
        call.isWaiting = false
        waitingCount -= 1
        // Calls that come and go while no stream is free must not pile up.
        if waiting.count > 2 * waitingCount + 64 { waiting.removeAll { !$0.isWaiting } }
    }

    /// A call's stream has ended, or is ended by this.
    func release(_ call: ClientStream, reset code: HTTP2ErrorCode?) {
        deadlines.set(call, nil)
        guard let stream = call.stream else {
            if call.isWaiting { leaveQueue(call) }
            return
        }
        guard streams.removeValue(forKey: stream) != nil else { return }
        if let code { transport.reset(stream, code) }
        openWaiting()
    }

    func callEnded(_ call: ClientStream) {
        openCalls -= 1
        closeIfDrained()
    }

    // MARK: - Frames

    func received(_ headers: HPACKHeaders, end: Bool, on stream: HTTP2StreamID) {
        streams[stream]?.receive(headers, end: end)
    }

    func received(_ data: ByteBuffer, padding: Int, end: Bool, on stream: HTTP2StreamID) {
        streams[stream]?.receive(data, padding: padding, end: end)
    }

    func receivedReset(_ code: HTTP2ErrorCode, on stream: HTTP2StreamID) {
        streams[stream]?.receivedReset(code)
    }

    func receivedGoAway(lastStream: HTTP2StreamID, _ code: HTTP2ErrorCode, debug: String) {
        // The first says why; NIO may send another, about what we had sent before we read it.
        if goAway == nil { goAway = (code.networkCode, debug) }
        becomeUnusable()
        let status = GRPCStatus(
            .unavailable, "the server goes away (HTTP/2 error \(code.networkCode)\(debug.isEmpty ? "" : ", \(debug)"))")
        for (stream, call) in streams where stream > lastStream {
            // What a full socket has kept back must not go out now: NIO would take it for an error of the connection.
            call.end(status, .goAwayUnprocessed, reset: call.isOnWire ? nil : .cancel)
        }
        closeIfDrained()
    }

    func receivedPingAck(_ data: UInt64) {}

    func wrote(bytes: Int, on stream: HTTP2StreamID) {
        guard let call = streams[stream], call.wrote(bytes) else { return }
        writable.append(call)
    }

    func wroteHeaders(of stream: HTTP2StreamID) { streams[stream]?.isOnWire = true }

    func wroteEnd(of stream: HTTP2StreamID) { streams[stream]?.hasWrittenEnd = true }

    func failed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        if streams[stream] != nil { failures.append((stream, code)) }
    }

    func settle() {
        while let (stream, code) = failures.popLast() {
            streams[stream]?.end(
                GRPCStatus(.internalError, "the server broke HTTP/2's rules (error \(code.networkCode))"),
                .protocolError,
                reset: nil)
        }
        while let call = writable.popLast() { call.writableAgain() }
    }

    // MARK: - Life

    var hasCalls: Bool { openCalls > 0 }

    func handshaken() {
        guard case .handshaking = state else { return }
        state = .open
        opened.succeed()
    }

    func changed(maximumConcurrentStreams: Int) {
        self.maximumConcurrentStreams = maximumConcurrentStreams
        openWaiting()
    }

    /// No new calls; closes when the running ones have ended.
    package func drain() {
        becomeUnusable()
        closeIfDrained()
    }

    /// Closes now: running calls end as `connectionLost`.
    package func close() {
        transport.goAway(lastStream: .rootStream, .noError)
        transport.close("closed by the client")
    }

    private func becomeUnusable() {
        switch state {
        case .handshaking, .open: state = .draining
        case .draining, .closed: return
        }
        let waiting = self.waiting
        self.waiting = []
        waitingCount = 0
        for call in waiting where call.isWaiting {
            call.isWaiting = false
            call.end(GRPCStatus(.unavailable, "the connection takes no new calls"), .neverSent, reset: nil)
        }
        onUnusable?()
        onUnusable = nil
    }

    private func closeIfDrained() {
        guard case .draining = state, openCalls == 0 else { return }
        // Not from within the last call's end.
        eventLoop.assumeIsolated().execute { [self] in if openCalls == 0 { close() } }
    }

    func closed(_ reason: String) {
        if case .handshaking = state {
            // Nobody may be waiting: of the addresses of a name, one is chosen.
            opened.fail(
                configuration.tls == nil ? GRPCConnectionError.handshake(reason) : GRPCConnectionError.tls(reason))
        }
        // What ended before the connection did, ended for its own reason.
        settle()
        becomeUnusable()
        state = .closed
        let status = GRPCStatus(.unavailable, "connection lost: \(reason)")
        for call in streams.values { call.end(status, call.isOnWire ? .connectionLost : .neverSent, reset: nil) }
        deadlines.stop()
        onClosed?(reason)
        onClosed = nil
    }
}

/// Why no connection came about. No call was sent.
package enum GRPCConnectionError: Error, Hashable, Sendable {
    /// No TCP connection.
    case unreachable(String)
    /// The certificate or key file, or TLS itself.
    case tls(String)
    /// Connected, but the peer did not speak HTTP/2, or ended before its SETTINGS.
    case handshake(String)
    case timeout
}
