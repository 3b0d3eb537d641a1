import NIOCore
import NIOHPACK
import NIOHTTP2

/// Why a call ended before the handler finished it. The handler has nothing left to send to.
package enum CancellationReason: Hashable, Sendable {
    /// The client reset the stream; the number is HTTP/2's error code (8 is CANCEL).
    case reset(code: Int)
    /// The connection broke, or the server closed it.
    case connectionLost
    /// The call's deadline passed; the client has been answered DEADLINE_EXCEEDED.
    case deadline
    /// The client sent a message that is malformed or too long; it has been answered with this.
    case malformed(GRPCStatus)
    /// The handler kept sending although `isWritable` was false, or sent metadata that no frame can hold; the client has been
    /// answered RESOURCE_EXHAUSTED.
    case overflow
}

/// What a server's handler is told about one call, on the connection's event loop.
///
/// After `cancelled`, or after the handler's own `finish`, nothing more is said.
package protocol ServerCallDelegate: AnyObject {
    /// One whole message, decompressed. It may share memory with what else the client sent: copy what is kept for long.
    func received(_ message: ByteBuffer)
    /// The client sends no more messages.
    func halfClosed()
    func cancelled(_ reason: CancellationReason)
    /// `isWritable` is true again.
    func becameWritable()
}

extension ServerCallDelegate {
    package func becameWritable() {}
}

/// Called once a call, on the connection's event loop, as soon as its headers are in.
/// It may finish the call at once and return nil: what the client sends is thrown away then.
package typealias ServerCallHandler = @Sendable (ServerCall) -> (any ServerCallDelegate)?

/// One call as a server sees it. Confined to `eventLoop`; `bound` carries it elsewhere.
package final class ServerCall: DeadlineHolder {
    /// `/package.Service/method`, as the client wrote it.
    package let path: String
    package let authority: String?
    /// Custom metadata only: nothing of HTTP/2's or gRPC's own.
    package let metadata: Metadata
    /// `grpc-timeout` as sent, in nanoseconds.
    package let timeout: UInt64?
    /// When the transport ends the call, in nanoseconds of `NIODeadline`'s clock; nil: never.
    package private(set) var deadline: UInt64?
    /// The TCP port of the client's side of the connection; 0 if unknown.
    package let peerPort: UInt16
    /// Unique in this server.
    package let connectionID: UInt64
    package let eventLoop: any EventLoop

    let stream: HTTP2StreamID
    /// nil once the stream has ended.
    var connection: ServerConnection?
    private let limits: TransportLimits
    private let acceptsGzip: Bool
    /// nil once the call has ended for the handler.
    private var delegate: (any ServerCallDelegate)?
    private var inbound: InboundMessages
    private var isDelivering = false
    private var isReadingStored = true
    /// Whether the client's END_STREAM is in.
    private(set) var hasReceivedEnd = false
    /// Whether our END_STREAM is out.
    var hasAnswered = false
    /// Bytes reported to the transport as held for the handler.
    private var held = 0
    /// Bytes reported to it as part of a message that is not whole.
    private var assembling = 0
    private var outbound = OutboundBytes()
    private var hasSentHeaders = false
    private var mayCompress = false
    package private(set) var isOpen = true
    var deadlineIndex = -1
    var queuedDeadline: UInt64 = 0

    init(_ head: RequestHead, stream: HTTP2StreamID, connection: ServerConnection, limits: TransportLimits) {
        path = head.path
        authority = head.authority
        metadata = head.metadata
        timeout = head.timeout
        acceptsGzip = head.acceptsGzip
        eventLoop = connection.eventLoop
        self.stream = stream
        self.connection = connection
        self.limits = limits
        inbound = InboundMessages(maximumSize: limits.maximumMessageSize)
        inbound.encoding = head.encoding
        connectionID = connection.id
        peerPort = connection.peerPort
        if let timeout {
            let (sum, overflow) = NIODeadline.now().uptimeNanoseconds.addingReportingOverflow(timeout)
            setDeadline(overflow ? nil : sum)
        }
    }

    /// A reference that may cross threads; used on `eventLoop` again.
    package var bound: NIOLoopBound<ServerCall> { NIOLoopBound(self, eventLoop: eventLoop) }

    /// Puts the handler's deadline in place of `grpc-timeout`'s; nil: the handler ends the call by itself.
    package func setDeadline(_ deadline: UInt64?) {
        guard isOpen else { return }
        self.deadline = deadline
        connection?.deadlines.set(self, deadline)
    }

    // MARK: - In

    /// Messages are delivered while true (the default). While false they wait in a buffer that flow control bounds.
    package var isReading: Bool {
        get { isReadingStored }
        set {
            isReadingStored = newValue
            if newValue { deliver() }
        }
    }

    /// Bytes received that the handler has not taken.
    var waitingBytes: Int { inbound.uncredited }

    /// Gives the call its handler.
    func begin(_ delegate: (any ServerCallDelegate)?) {
        guard isOpen, let delegate else { return inbound.discard() }
        self.delegate = delegate
    }

    func receive(_ data: ByteBuffer, padding: Int, end: Bool) {
        if end { hasReceivedEnd = true }
        inbound.receive(data, padding: padding, end: end)
        deliver()
    }

    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        defer { isDelivering = false }
        while isReadingStored, let delegate, let event = inbound.next() {
            switch event {
            case .message(let message): delegate.received(message)
            case .end: delegate.halfClosed()
            case .failed(let error): fail(error)
            }
        }
        settleCredit()
    }

    private func fail(_ error: MessageError) {
        answer(error.status)
        cancel(.malformed(error.status))
    }

    /// Gives credit back if the handler has taken everything; otherwise notes what it leaves lying.
    private func settleCredit() {
        guard let connection else { return }
        if isReadingStored || !isOpen {
            if held > 0 {
                connection.transport.hold(-held)
                held = 0
            }
            let more = inbound.bufferedBytes - assembling
            if more != 0 {
                assembling += more
                // Only who gets more is to blame.
                if !connection.transport.assemble(more), more > 0 { return fail(.tooManyBytes) }
            }
            guard !hasReceivedEnd, inbound.uncredited >= limits.streamWindow / 2 else { return }
            connection.transport.credit(inbound.takeCredit(), on: stream)
        } else if inbound.uncredited != held {
            connection.transport.hold(inbound.uncredited - held)
            held = inbound.uncredited
        }
    }

    // MARK: - Out

    /// False while more than the high watermark waits to be sent; `becameWritable` follows.
    package var isWritable: Bool { outbound.isWritable }

    /// Initial metadata. Sent once; without it, the first message sends headers that carry none.
    /// - Parameter compress: announces gzip, where the client accepts it, so that messages may be compressed.
    package func sendHeaders(_ metadata: Metadata = Metadata(), compress: Bool = false) {
        guard isOpen, !hasSentHeaders else { return }
        hasSentHeaders = true
        var headers = Self.responseHead
        if compress, acceptsGzip {
            mayCompress = true
            headers.add(name: "grpc-encoding", value: MessageEncoding.gzip.rawValue)
        }
        headers.add(metadata)
        guard HeaderBlock.fits(headers, size: metadata.size) else {
            hasSentHeaders = false
            answer(GRPCStatus(.resourceExhausted, "the server's metadata is too large"))
            return cancel(.overflow)
        }
        connection?.transport.write(.headers(.init(headers: headers)), on: stream)
    }

    /// Sends one message. Ignored once the call has ended.
    /// - Parameter compress: with gzip, where the client accepts it and the headers announced it.
    package func send(_ message: ByteBuffer, compress: Bool = false) {
        guard isOpen, let connection else { return }
        guard outbound.add(message.readableBytes + 5, limits) else {
            // To a client that is RESOURCE_EXHAUSTED.
            connection.abandon(self, .enhanceYourCalm)
            return cancel(.overflow)
        }
        if !hasSentHeaders { sendHeaders(compress: compress) }
        let frames = MessageEncoder.encode(message, compress: compress && mayCompress)
        connection.transport.write(.data(.init(data: .byteBuffer(frames.first))), on: stream)
        if let second = frames.second {
            connection.transport.write(.data(.init(data: .byteBuffer(second))), on: stream)
        }
    }

    /// Ends the call. Without headers or messages before it, the answer is trailers-only. Ignored once the call has ended.
    package func finish(_ status: GRPCStatus, trailers: Metadata = Metadata()) {
        guard isOpen else { return }
        answer(status, trailers)
        ended()
    }

    /// Ends the call with RST_STREAM instead of a status: what a failing server would do.
    /// - Parameter code: HTTP/2's error code; 2 is INTERNAL_ERROR, 7 REFUSED_STREAM.
    package func reset(code: Int = 2) {
        guard isOpen else { return }
        ended()
        connection?.abandon(self, HTTP2ErrorCode(networkCode: code))
    }

    /// - Parameter trailers: left out, like the status's details, if no frame can hold them.
    private func answer(_ status: GRPCStatus, _ trailers: Metadata = Metadata()) {
        var headers: HPACKHeaders
        if hasSentHeaders {
            if status.isOK, status.message.isEmpty, trailers.isEmpty, status.details == nil {
                headers = Self.okTrailers
            } else {
                headers = HPACKHeaders()
                headers.add(status)
                headers.add(trailers)
            }
        } else {
            headers = Self.responseHead
            headers.add(status)
            headers.add(trailers)
        }
        guard HeaderBlock.fits(headers, size: trailers.size + status.headerSize) else { return answer(status.abridged) }
        connection?.transport.write(.headers(.init(headers: headers, endStream: true)), on: stream)
    }

    private static let responseHead: HPACKHeaders = [":status": "200", "content-type": ContentType.grpc]
    private static let okTrailers: HPACKHeaders = ["grpc-status": "0"]

    // MARK: - Told by the connection

    /// The handler hears of it, unless it had finished.
    func cancel(_ reason: CancellationReason) {
        guard isOpen else { return }
        let delegate = self.delegate
        ended()
        delegate?.cancelled(reason)
    }

    func deadlinePassed() {
        guard isOpen else { return }
        answer(GRPCStatus(.deadlineExceeded, "the call's deadline passed at the server"))
        cancel(.deadline)
    }

    /// - Returns: whether the handler wants to hear that it may write again.
    func wrote(_ bytes: Int) -> Bool { outbound.remove(bytes, limits) && isOpen }

    func writableAgain() {
        if isOpen, outbound.isWritable { delegate?.becameWritable() }
    }

    /// The stream has ended both ways, or was reset.
    func detach() {
        // Or a client that resets its calls at once would fill the queue with calls of long timeouts.
        connection?.deadlines.set(self, nil)
        inbound.discard()
        if held > 0 { connection?.transport.hold(-held) }
        if assembling > 0 { _ = connection?.transport.assemble(-assembling) }
        held = 0
        assembling = 0
        connection = nil
    }

    private func ended() {
        isOpen = false
        delegate = nil
        connection?.deadlines.set(self, nil)
        inbound.discard()
        settleCredit()
    }
}
