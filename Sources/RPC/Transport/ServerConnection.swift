import NIOCore
import NIOHPACK
import NIOHTTP2

/// One client's connection to a `GRPCServer`: makes its streams calls. Confined to its event loop.
final class ServerConnection: HTTP2TransportOwner {
    let id: UInt64
    let peerPort: UInt16
    let eventLoop: any EventLoop
    let transport: HTTP2Transport
    private let configuration: GRPCServerConfiguration
    private let handler: ServerCallHandler
    private let counters: ServerCounters
    private let isClosed: (UInt64) -> Void

    private var calls: [HTTP2StreamID: ServerCall] = [:]
    private(set) lazy var deadlines = DeadlineTimer<ServerCall>(eventLoop: eventLoop) { $0.deadlinePassed() }
    private var lastStream = HTTP2StreamID.rootStream
    /// Answered in full before the client had said all: to be reset, so that it stops.
    private var answeredEarly: [HTTP2StreamID] = []
    private var writable: [ServerCall] = []
    private var failures: [(HTTP2StreamID, HTTP2ErrorCode)] = []
    private var handshakeTimer: Scheduled<Void>?
    private var idleTimer: Scheduled<Void>?
    private var isHandshaken = false
    private var drain = Drain.none

    private enum Drain {
        case none
        /// GOAWAY for any stream is out, so that the client starts none; the ping tells when it has read it.
        case announced
        /// GOAWAY with the last stream is out.
        case draining
    }
    private static let drainPing: UInt64 = 0x6F72_6368_6472_6169

    init(
        id: UInt64, channel: any Channel, configuration: GRPCServerConfiguration, handler: @escaping ServerCallHandler,
        counters: ServerCounters, isClosed: @escaping (UInt64) -> Void
    ) {
        self.id = id
        eventLoop = channel.eventLoop
        peerPort = UInt16(truncatingIfNeeded: channel.remoteAddress?.port ?? 0)
        self.configuration = configuration
        self.handler = handler
        self.counters = counters
        self.isClosed = isClosed
        transport = HTTP2Transport(
            eventLoop: channel.eventLoop, mode: .server, isTLS: configuration.tls != nil, limits: configuration.limits,
            keepalive: configuration.keepalive)
        transport.owner = self
        handshakeTimer = schedule(in: configuration.handshakeTimeout) { connection in
            connection.transport.close("no HTTP/2 handshake in time")
        }
    }

    var hasCalls: Bool { !calls.isEmpty }

    private func schedule(in time: TimeAmount, _ body: @escaping (ServerConnection) -> Void) -> Scheduled<Void> {
        eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in if let self { body(self) } }
    }

    // MARK: - Streams

    func received(_ headers: HPACKHeaders, end: Bool, on stream: HTTP2StreamID) {
        if let call = calls[stream] {
            // Trailers of a request: gRPC has no use for them, but they may end it.
            guard end else { return fail(call, .protocolError) }
            return received(ByteBuffer(), padding: 0, end: true, on: stream)
        }
        guard stream > lastStream else { return }
        lastStream = stream
        idleTimer?.cancel()
        idleTimer = nil
        // NIO counts them only once the client has acknowledged our SETTINGS, which it need not ever do.
        guard calls.count < configuration.limits.maximumConcurrentStreams else {
            return transport.reset(stream, .refusedStream)
        }
        let head: RequestHead
        do throws(RequestHead.Refusal) {
            head = try RequestHead(headers)
        } catch {
            return refuse(stream, error, end: end)
        }
        let call = ServerCall(head, stream: stream, connection: self, limits: configuration.limits)
        calls[stream] = call
        counters.streamStarted()
        call.begin(handler(call))
        if end { received(ByteBuffer(), padding: 0, end: true, on: stream) }
    }

    func received(_ data: ByteBuffer, padding: Int, end: Bool, on stream: HTTP2StreamID) {
        guard let call = calls[stream] else { return }
        call.receive(data, padding: padding, end: end)
        if end, call.hasAnswered { remove(call) }
    }

    /// Answers what never becomes a call. NIO forgets the stream when both sides have ended it.
    private func refuse(_ stream: HTTP2StreamID, _ refusal: RequestHead.Refusal, end: Bool) {
        var headers: HPACKHeaders
        switch refusal {
        case .malformed: return transport.reset(stream, .protocolError)
        case .httpStatus(let status): headers = [":status": "\(status)"]
        case .status(let status):
            headers = [":status": "200", "content-type": ContentType.grpc]
            headers.add(name: "grpc-accept-encoding", value: MessageEncoding.accepted)
            headers.add(status)
        }
        transport.write(.headers(.init(headers: headers, endStream: true)), on: stream)
        if !end { transport.reset(stream, .noError) }
    }

    func receivedReset(_ code: HTTP2ErrorCode, on stream: HTTP2StreamID) {
        guard let call = calls[stream] else { return }
        remove(call)
        call.cancel(.reset(code: code.networkCode))
    }

    /// Resets a call's stream, whatever is still to be sent on it.
    func abandon(_ call: ServerCall, _ code: HTTP2ErrorCode) {
        guard calls[call.stream] === call else { return }
        remove(call)
        transport.reset(call.stream, code)
    }

    private func fail(_ call: ServerCall, _ code: HTTP2ErrorCode) {
        abandon(call, code)
        call.cancel(.reset(code: code.networkCode))
    }

    private func remove(_ call: ServerCall) {
        calls[call.stream] = nil
        call.detach()
        counters.streamEnded()
        if calls.isEmpty { becameIdle() }
    }

    // MARK: - Writes

    func wrote(bytes: Int, on stream: HTTP2StreamID) {
        guard let call = calls[stream], call.wrote(bytes) else { return }
        writable.append(call)
    }

    func wroteHeaders(of stream: HTTP2StreamID) {}

    func wroteEnd(of stream: HTTP2StreamID) {
        guard let call = calls[stream] else { return }
        call.hasAnswered = true
        if call.hasReceivedEnd { remove(call) } else { answeredEarly.append(stream) }
    }

    func failed(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        if calls[stream] != nil { failures.append((stream, code)) }
    }

    func settle() {
        while let stream = answeredEarly.popLast() {
            if let call = calls[stream] { abandon(call, .noError) }
        }
        while let (stream, code) = failures.popLast() {
            guard let call = calls[stream] else { continue }
            remove(call)
            call.cancel(.reset(code: code.networkCode))
        }
        while let call = writable.popLast() { call.writableAgain() }
    }

    // MARK: - Life

    func handshaken() {
        isHandshaken = true
        handshakeTimer?.cancel()
        becameIdle()
    }

    func changed(maximumConcurrentStreams: Int) {}

    func receivedGoAway(lastStream: HTTP2StreamID, _ code: HTTP2ErrorCode, debug: String) {
        // The client starts no more calls; it closes by itself.
    }

    func receivedPingAck(_ data: UInt64) {
        guard data == Self.drainPing else { return }
        if case .announced = drain {
            drain = .draining
            transport.goAway(lastStream: lastStream, .noError)
        }
        if calls.isEmpty { transport.close("drained") }
    }

    /// Takes no more calls, and closes when the running ones have ended (RFC 9113 §6.8).
    func beginDrain() {
        guard case .none = drain else { return }
        guard isHandshaken else { return transport.close("the server shuts down") }
        if calls.isEmpty {
            // NIO takes a server's GOAWAY without open streams for the end, whatever it says: so it says it at once.
            drain = .draining
            transport.goAway(lastStream: lastStream, .noError)
        } else {
            drain = .announced
            transport.goAway(lastStream: .maxID, .noError)
        }
        // Once it is answered, the client has read it. A close before would lose it.
        transport.write(.ping(HTTP2PingData(withInteger: Self.drainPing), ack: false), on: .rootStream)
    }

    func close(_ reason: String) { transport.close(reason) }

    private func becameIdle() {
        if case .draining = drain {
            // Not from within the write of the last answer.
            eventLoop.assumeIsolated().execute { [weak self] in
                guard let self, calls.isEmpty else { return }
                transport.close("drained")
            }
        } else if let idle = configuration.idleTimeout, idleTimer == nil {
            idleTimer = schedule(in: idle) { connection in
                connection.idleTimer = nil
                if connection.calls.isEmpty { connection.beginDrain() }
            }
        }
    }

    func closed(_ reason: String) {
        handshakeTimer?.cancel()
        idleTimer?.cancel()
        // What ended before the connection did, ended for its own reason.
        settle()
        let lost = calls.values
        calls = [:]
        for call in lost {
            call.detach()
            counters.streamEnded()
            call.cancel(.connectionLost)
        }
        deadlines.stop()
        isClosed(id)
    }
}
