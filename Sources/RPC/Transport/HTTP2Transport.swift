import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOTLS

/// The side of a connection that knows its calls.
///
/// Methods named `wrote…` and `failed` come in the middle of a write: they only take note. `settle` follows when it is safe to
/// call anyone.
protocol HTTP2TransportOwner: AnyObject {
    /// The peer's first SETTINGS are in.
    func handshaken()
    func changed(maximumConcurrentStreams: Int)
    func received(_ headers: HPACKHeaders, end: Bool, on stream: HTTP2StreamID)
    func received(_ data: ByteBuffer, padding: Int, end: Bool, on stream: HTTP2StreamID)
    func receivedReset(_ code: HTTP2ErrorCode, on stream: HTTP2StreamID)
    func receivedGoAway(lastStream: HTTP2StreamID, _ code: HTTP2ErrorCode, debug: String)
    func receivedPingAck(_ data: UInt64)
    func wrote(bytes: Int, on stream: HTTP2StreamID)
    func wroteHeaders(of stream: HTTP2StreamID)
    func wroteEnd(of stream: HTTP2StreamID)
    /// The peer broke HTTP/2's rules on a stream, which was reset for it.
    func failed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode)
    func settle()
    /// Once, the last of all.
    func closed(_ reason: String)
    /// Decides about pings: whether any call is open.
    var hasCalls: Bool { get }
}

/// One HTTP/2 connection as frames, without a channel for each stream: those cost more than the rest of a call.
///
/// It batches writes (one flush a read, or a turn of the event loop), gives back the connection's flow-control credit, answers
/// for keepalive, and ends a connection whose peer misbehaves. Confined to its event loop.
final class HTTP2Transport: ChannelInboundHandler, NIOHTTP2FrameDelegate {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let eventLoop: any EventLoop
    private let mode: NIOHTTP2Handler.ParserMode
    private let isTLS: Bool
    private let limits: TransportLimits
    private let keepalive: Keepalive
    /// Set until the connection has ended.
    var owner: (any HTTP2TransportOwner)?
    private var context: ChannelHandlerContext?

    private var isReading = false
    /// Frames since the last flush.
    private var written = 0
    /// Frames that are written before what the peer may already work on goes out, in the middle of a long read.
    private static let batch = 24
    private var isFlushScheduled = false
    private var isHandshaken = false
    /// Why we are closing; the first reason counts.
    private var closeReason: String?

    /// Received on all streams and not given back to the peer yet.
    private var uncredited = 0
    /// What the calls hold of it for slow readers.
    private var held = 0
    /// What the calls have of messages that are not whole yet.
    private var assembling = 0
    private var windowUpdates = WindowUpdateBudget()
    private var pings: PingPolicy
    private var liveness: KeepaliveState?
    private var keepaliveTask: Scheduled<Void>?

    /// Whether a RST_STREAM or GOAWAY that goes out is ours, and not NIO's answer to an error of the peer's.
    private var isEndingByOurselves = false
    private var hasForeignReset = false
    private var hasForeignGoAway = false

    init(
        eventLoop: any EventLoop, mode: NIOHTTP2Handler.ParserMode, isTLS: Bool, limits: TransportLimits,
        keepalive: Keepalive
    ) {
        self.eventLoop = eventLoop
        self.mode = mode
        self.isTLS = isTLS
        self.limits = limits
        self.keepalive = keepalive
        pings = PingPolicy(
            minimumInterval: UInt64(max(keepalive.minimumPingInterval.nanoseconds, 0)),
            maximumStrikes: keepalive.maximumPingStrikes)
    }

    /// Adds NIO's HTTP/2 handler and this one behind it.
    func install(in pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: mode, frameDelegate: self, connectionConfiguration: limits.connection(mode),
                streamConfiguration: limits.stream))
        try pipeline.addHandler(self)
    }

    var isOpen: Bool { context != nil && closeReason == nil }

    // MARK: - Out

    func write(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID) {
        guard let context else { return }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
        written += 1
        if !isReading { scheduleFlush() }
    }

    func reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        isEndingByOurselves = true
        write(.rstStream(code), on: stream)
        isEndingByOurselves = false
    }

    func goAway(lastStream: HTTP2StreamID, _ code: HTTP2ErrorCode, debug: String = "") {
        isEndingByOurselves = true
        write(
            .goAway(
                lastStreamID: lastStream, errorCode: code, opaqueData: debug.isEmpty ? nil : ByteBuffer(string: debug)),
            on: .rootStream)
        isEndingByOurselves = false
    }

    /// Returns flow-control credit of one stream.
    func credit(_ bytes: Int, on stream: HTTP2StreamID) {
        write(.windowUpdate(windowSizeIncrement: bytes), on: stream)
    }

    /// A call holds this many bytes more, or less, for its reader. Beyond the limit the peer gets no credit: others may wait.
    func hold(_ bytes: Int) {
        held += bytes
        if bytes < 0 { creditConnection() }
    }

    /// A call has this many bytes more, or less, of a message that is not whole yet.
    /// - Returns: false beyond the limit. Here waiting would not help: they might all need more to become whole.
    func assemble(_ bytes: Int) -> Bool {
        assembling += bytes
        return assembling <= limits.maximumBufferedInbound
    }

    func close(_ reason: String) {
        guard let context else { return }
        if closeReason == nil { closeReason = reason }
        flush()
        context.close(promise: nil)
    }

    /// Tells the peer why, and closes.
    private func fail(_ code: HTTP2ErrorCode, _ reason: String) {
        goAway(lastStream: .rootStream, code, debug: reason)
        close(reason)
    }

    /// One flush for all that is written in this turn of the event loop.
    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute { [self] in
            isFlushScheduled = false
            flush()
            owner?.settle()
        }
    }

    private func flush() {
        guard written > 0 else { return }
        written = 0
        context?.flush()
    }

    private func creditConnection() {
        guard uncredited >= limits.connectionWindow / 2, held < limits.maximumBufferedInbound else { return }
        write(.windowUpdate(windowSizeIncrement: uncredited), on: .rootStream)
        uncredited = 0
    }

    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .data(let data):
            windowUpdates.earn()
            pings.sentData()
            owner?.wrote(bytes: data.data.readableBytes, on: frame.streamID)
            if data.endStream { owner?.wroteEnd(of: frame.streamID) }
        case .headers(let headers):
            windowUpdates.earn()
            pings.sentData()
            owner?.wroteHeaders(of: frame.streamID)
            if headers.endStream { owner?.wroteEnd(of: frame.streamID) }
        case .rstStream(let code) where !isEndingByOurselves:
            hasForeignReset = true
            owner?.failed(frame.streamID, code)
        case .goAway where !isEndingByOurselves: hasForeignGoAway = true
        default: break
        }
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        isReading = true
        // After a close nothing more is looked at.
        guard closeReason == nil, let owner else { return }
        switch frame.payload {
        case .headers(let headers): owner.received(headers.headers, end: headers.endStream, on: frame.streamID)
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            let padding = data.paddingBytes.map { $0 + 1 } ?? 0
            uncredited += bytes.readableBytes + padding
            owner.received(bytes, padding: padding, end: data.endStream, on: frame.streamID)
            creditConnection()
        case .rstStream(let code): owner.receivedReset(code, on: frame.streamID)
        case .windowUpdate: if !windowUpdates.spend() { fail(.enhanceYourCalm, "too many WINDOW_UPDATE frames") }
        case .settings(.settings(let settings)):
            for setting in settings where setting.parameter == .maxConcurrentStreams {
                owner.changed(maximumConcurrentStreams: setting.value)
            }
            if !isHandshaken {
                isHandshaken = true
                owner.handshaken()
            }
        case .ping(let data, ack: true): owner.receivedPingAck(data.integer)
        case .ping(_, ack: false):
            if mode == .server, pings.receivedPing(now: NIODeadline.now().uptimeNanoseconds) {
                fail(.enhanceYourCalm, "too_many_pings")
            }
        case .goAway(let lastStream, let code, let debug):
            owner.receivedGoAway(lastStream: lastStream, code, debug: debug.map { String(buffer: $0) } ?? "")
        default: break
        }
        // Between frames nothing is half done: the peer may begin while we read on.
        if written >= Self.batch { flush() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        liveness?.received(now: NIODeadline.now().uptimeNanoseconds)
        owner?.settle()
        isReading = false
        flush()
        // What has been flushed may have made calls writable, or ended them.
        owner?.settle()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        owner?.settle()
    }

    // MARK: - Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin() }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin()
    }

    private func begin() {
        let extra = limits.connectionWindow - 65_535
        if extra > 0 { credit(extra, on: .rootStream) }
        guard let interval = keepalive.interval else { return }
        let now = NIODeadline.now().uptimeNanoseconds
        liveness = KeepaliveState(
            interval: UInt64(max(interval.nanoseconds, 1_000_000)),
            timeout: UInt64(max(keepalive.timeout.nanoseconds, 1_000_000)), now: now)
        keepaliveFired()
    }

    private func keepaliveFired() {
        let isWanted = isHandshaken && (keepalive.withoutCalls || owner?.hasCalls == true)
        let action = liveness?.timerFired(now: NIODeadline.now().uptimeNanoseconds, isWanted: isWanted)
        switch action {
        case .wait(let time): scheduleKeepalive(time)
        case .ping(let time):
            write(.ping(HTTP2PingData(withInteger: 0), ack: false), on: .rootStream)
            scheduleKeepalive(time)
        case .lost:
            close("keepalive: nothing received within \(keepalive.timeout.nanoseconds / 1_000_000) ms of a ping")
        case nil: break
        }
    }

    private func scheduleKeepalive(_ time: UInt64) {
        keepaliveTask = eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(time)) { [weak self] in
            self?.keepaliveFired()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // NIOHTTP2's own events say nothing that the frames do not say, and there are several a call: no cast for them.
        guard isTLS, !isHandshaken, let event = event as? TLSUserEvent else { return }
        if case .handshakeCompleted(let negotiated) = event, negotiated != "h2" {
            close("the TLS peer did not agree on h2 (ALPN: \(negotiated ?? "none"))")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if hasForeignReset, !hasForeignGoAway, error is any NIOHTTP2Error {
            // An error of one stream, which its reset has told about.
            hasForeignReset = false
            return
        }
        close("\(error)")
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    /// It never came to a connection.
    func abandon() { end() }

    private func end() {
        context = nil
        keepaliveTask?.cancel()
        let ended = owner
        owner = nil
        ended?.closed(closeReason ?? "the peer closed the connection")
    }
}

extension TransportLimits {
    func connection(_ mode: NIOHTTP2Handler.ParserMode) -> NIOHTTP2Handler.ConnectionConfiguration {
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: mode == .server ? maximumConcurrentStreams : 0),
            HTTP2Setting(parameter: .maxHeaderListSize, value: maximumHeaderListSize),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
        ]
        if mode == .client { configuration.initialSettings.append(HTTP2Setting(parameter: .enablePush, value: 0)) }
        // We check what we use, in the pass that reads it: NIO's own passes cost several µs a call.
        configuration.headerBlockValidation = .disabled
        configuration.contentLengthValidation = .disabled
        configuration.maximumSequentialEmptyDataFrames = 16
        configuration.maximumSequentialContinuationFrames = 8
        // A peer that never reads may not let us queue answers without end.
        configuration.maximumBufferedControlFrames = 4 * maximumConcurrentStreams + 1_000
        // Frames for calls given up some time ago are no error: links delay them by seconds.
        configuration.maximumRecentlyResetStreams = mode == .client ? 4_096 : 1_024
        configuration.maximumConnectionGlitches = 200
        configuration.controlFrameRateLimit.maximumCount = 500
        configuration.controlFrameRateLimit.windowLength = .seconds(1)
        return configuration
    }

    var stream: NIOHTTP2Handler.StreamConfiguration {
        var configuration = NIOHTTP2Handler.StreamConfiguration()
        configuration.streamResetFrameRateLimit.maximumCount = maximumResetsPerSecond
        configuration.streamResetFrameRateLimit.windowLength = .seconds(1)
        configuration.streamErrorRateLimit.maximumCount = 200
        configuration.streamErrorRateLimit.windowLength = .seconds(1)
        return configuration
    }
}
