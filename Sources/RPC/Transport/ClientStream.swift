import NIOCore
import NIOHPACK
import NIOHTTP2

/// What a caller is told about one call, on the connection's event loop.
package protocol ClientStreamDelegate: AnyObject {
    /// Once, before any message; not at all for a trailers-only answer.
    func received(initialMetadata: Metadata)
    /// One whole message, decompressed. It may share memory with what else the server sent: copy what is kept for long.
    func received(_ message: ByteBuffer)
    /// Exactly once, the last of all.
    func finished(_ ending: ClientStreamEnding)
    /// `isWritable` is true again.
    func becameWritable()
}

extension ClientStreamDelegate {
    package func received(initialMetadata: Metadata) {}
    package func becameWritable() {}
}

/// One call as a client sees it. Confined to `eventLoop`.
package final class ClientStream: DeadlineHolder {
    package let eventLoop: any EventLoop
    private let path: String
    private let metadata: Metadata
    private let deadline: UInt64?
    private let limits: TransportLimits
    /// nil once the call has ended.
    private var connection: GRPCConnection?
    private var delegate: (any ClientStreamDelegate)?

    /// nil while it waits for the server to allow another stream.
    private(set) var stream: HTTP2StreamID?
    var isWaiting = false
    /// What was sent while it waited.
    private var waiting: [(ByteBuffer, end: Bool)] = []
    private var outbound = OutboundBytes()
    private var hasHalfClosed = false
    /// Whether the HEADERS are out, and do not wait for a full socket.
    var isOnWire = false
    /// Whether our END_STREAM is out, and does not wait for flow control.
    var hasWrittenEnd = false
    private let compresses: Bool

    private var inbound: InboundMessages
    private var isReadingStored = true
    private var isDelivering = false
    /// Bytes reported to the transport: held for the caller, and part of a message that is not whole.
    private var held = 0
    private var assembling = 0
    private var hasInitialMetadata = false
    /// The server's own end, while messages before it are still to be delivered.
    private var serverEnding: ClientStreamEnding?
    var deadlineIndex = -1
    var queuedDeadline: UInt64 = 0

    init(
        path: String, metadata: Metadata, deadline: UInt64?, compresses: Bool, connection: GRPCConnection,
        limits: TransportLimits, delegate: any ClientStreamDelegate
    ) {
        self.path = path
        self.metadata = metadata
        self.deadline = deadline
        self.compresses = compresses
        self.connection = connection
        self.limits = limits
        self.delegate = delegate
        eventLoop = connection.eventLoop
        inbound = InboundMessages(maximumSize: limits.maximumMessageSize)
    }

    /// A reference that may cross threads; used on `eventLoop` again.
    package var bound: NIOLoopBound<ClientStream> { NIOLoopBound(self, eventLoop: eventLoop) }

    /// Whether `finished` is still to come.
    package var isOpen: Bool { delegate != nil }

    // MARK: - Out

    /// False while more than the high watermark waits to be sent; `becameWritable` follows.
    package var isWritable: Bool { outbound.isWritable }

    /// Sends one message; `endOfStream` with the last one saves a frame. Ignored after `halfClose` and after the end.
    /// - Parameter compress: with gzip, if the call was started with `compress: true`.
    package func send(_ message: ByteBuffer, compress: Bool = false, endOfStream: Bool = false) {
        guard canSend else { return }
        guard outbound.add(message.readableBytes + 5, limits) else {
            let status = GRPCStatus(.resourceExhausted, "the client sends faster than the server reads")
            return end(status, .cancelled, reset: .cancel)
        }
        let frames = MessageEncoder.encode(message, compress: compress && compresses)
        hasHalfClosed = endOfStream
        if let second = frames.second {
            write(frames.first, end: false)
            write(second, end: endOfStream)
        } else {
            write(frames.first, end: endOfStream)
        }
    }

    /// Sends no more messages.
    package func halfClose() {
        guard canSend else { return }
        hasHalfClosed = true
        write(ByteBuffer(), end: true)
    }

    /// What ends the stream after the server's end: nothing, if ours is out as well.
    private var resetAfterEnd: HTTP2ErrorCode? { hasWrittenEnd ? nil : .noError }

    private var canSend: Bool { isOpen && !hasHalfClosed && serverEnding == nil }

    private func write(_ bytes: ByteBuffer, end: Bool) {
        if let stream {
            connection?.transport.write(.data(.init(data: .byteBuffer(bytes), endStream: end)), on: stream)
        } else {
            waiting.append((bytes, end))
        }
    }

    /// Ends the call with RST_STREAM(CANCEL); `finished` has been called when this returns.
    package func cancel(_ status: GRPCStatus = GRPCStatus(.cancelled, "cancelled by the caller")) {
        end(status, .cancelled, reset: .cancel)
    }

    // MARK: - In

    /// Messages are delivered while true (the default). While false they wait in a buffer that flow control bounds, and so
    /// does the server's end of the call.
    package var isReading: Bool {
        get { isReadingStored }
        set {
            isReadingStored = newValue
            if newValue { deliver() }
        }
    }

    /// The connection lets the call begin.
    func open(_ stream: HTTP2StreamID) {
        guard let connection else { return }
        self.stream = stream
        var headers = connection.requestHead
        headers.add(name: ":path", value: path)
        headers.add(contentsOf: GRPCConnection.requestTail)
        if compresses { headers.add(name: "grpc-encoding", value: MessageEncoding.gzip.rawValue) }
        if let deadline {
            let now = NIODeadline.now().uptimeNanoseconds
            headers.add(
                name: "grpc-timeout", value: GRPCTimeout.format(deadline > now ? deadline - now : 1),
                indexing: .nonIndexable)
        }
        headers.add(metadata)
        connection.transport.write(.headers(.init(headers: headers)), on: stream)
        for (bytes, end) in waiting { write(bytes, end: end) }
        waiting = []
    }

    /// Whether a frame can hold what describes the call.
    var isSendable: Bool {
        let size = metadata.size + path.utf8.count
        guard size > HeaderBlock.harmless else { return true }
        var headers = HPACKHeaders()
        headers.add(name: ":path", value: path)
        headers.add(metadata)
        // What the library adds is a few hundred bytes.
        return HeaderBlock.fits(headers, size: size, reserve: 1_024)
    }

    func receive(_ headers: HPACKHeaders, end isEnd: Bool) {
        guard serverEnding == nil else { return }
        let head =
            hasInitialMetadata
            ? ResponseHead(trailers: headers) : ResponseHead(first: headers, end: isEnd)
        switch head {
        case .informational: break
        case .initial(let metadata, let encoding):
            hasInitialMetadata = true
            inbound.encoding = encoding
            delegate?.received(initialMetadata: metadata)
        case .trailers(let status, let trailers) where isEnd:
            receiveEnd(ClientStreamEnding(status, trailers: trailers, origin: .serverStatus, wasSent: true))
        case .trailers:
            end(
                GRPCStatus(.internalError, "malformed answer: headers amid messages"), .protocolError,
                reset: .protocolError)
        case .foreign(let status):
            end(status, .protocolError, reset: isEnd ? resetAfterEnd : .cancel)
        }
    }

    func receive(_ data: ByteBuffer, padding: Int, end isEnd: Bool) {
        guard serverEnding == nil else { return }
        guard hasInitialMetadata else {
            return end(
                GRPCStatus(.internalError, "malformed answer: a message before headers"), .protocolError,
                reset: .protocolError)
        }
        inbound.receive(data, padding: padding, end: false)
        if isEnd {
            let status = GRPCStatus(.internalError, "malformed answer: the server ended the stream without trailers")
            receiveEnd(ClientStreamEnding(status, origin: .protocolError, wasSent: true))
        } else {
            deliver()
        }
    }

    private func receiveEnd(_ ending: ClientStreamEnding) {
        serverEnding = ending
        inbound.receive(ByteBuffer(), end: true)
        // The server is done: so is the stream, even if messages wait here for their reader.
        connection?.release(self, reset: resetAfterEnd)
        deliver()
    }

    private func deliver() {
        guard !isDelivering else { return }
        isDelivering = true
        defer { isDelivering = false }
        while isReadingStored, let delegate, let event = inbound.next() {
            switch event {
            case .message(let message): delegate.received(message)
            case .end: if let serverEnding { finish(serverEnding) }
            case .failed(let error):
                // An error that the server tells of says more than its torn message.
                if error == .truncated, let serverEnding, !serverEnding.status.isOK {
                    finish(serverEnding)
                } else {
                    end(error.status, .protocolError, reset: .cancel)
                }
            }
        }
        settleCredit()
    }

    private func settleCredit() {
        guard let connection, let stream else { return }
        if isReadingStored {
            if held > 0 { connection.transport.hold(-held) }
            held = 0
            let more = inbound.bufferedBytes - assembling
            if more != 0 {
                assembling += more
                // Only who gets more is to blame.
                if !connection.transport.assemble(more), more > 0 {
                    return end(MessageError.tooManyBytes.status, .protocolError, reset: .cancel)
                }
            }
            guard serverEnding == nil, inbound.uncredited >= limits.streamWindow / 2 else { return }
            connection.transport.credit(inbound.takeCredit(), on: stream)
        } else if inbound.uncredited != held {
            connection.transport.hold(inbound.uncredited - held)
            held = inbound.uncredited
        }
    }

    // MARK: - Ends

    func receivedReset(_ code: HTTP2ErrorCode) {
        // After the trailers it only asks us to stop sending.
        guard serverEnding == nil else { return }
        var status = GRPCStatus.reset(code)
        // A server that gives up at the deadline may say so by CANCEL, a moment before we notice.
        if code == .cancel, let deadline, deadline <= NIODeadline.now().uptimeNanoseconds {
            status.code = .deadlineExceeded
        }
        end(status, code == .refusedStream ? .refusedStream : .reset, reset: nil)
    }

    func deadlinePassed() {
        end(GRPCStatus(.deadlineExceeded, "the call's deadline passed at the client"), .localDeadline, reset: .cancel)
    }

    /// - Parameter reset: what the server is told; nil if its side of the stream is gone.
    func end(_ status: GRPCStatus, _ origin: ClientStreamEnding.Origin, reset code: HTTP2ErrorCode?) {
        guard isOpen else { return }
        connection?.release(self, reset: code)
        finish(ClientStreamEnding(status, origin: origin, wasSent: isOnWire))
    }

    private func finish(_ ending: ClientStreamEnding) {
        guard let delegate else { return }
        let connection = self.connection
        self.delegate = nil
        self.connection = nil
        waiting = []
        inbound.discard()
        if held > 0 { connection?.transport.hold(-held) }
        if assembling > 0 { _ = connection?.transport.assemble(-assembling) }
        held = 0
        assembling = 0
        delegate.finished(ending)
        connection?.callEnded(self)
    }

    // MARK: - Told by the connection

    /// - Returns: whether the caller wants to hear that it may write again.
    func wrote(_ bytes: Int) -> Bool { outbound.remove(bytes, limits) && canSend }

    func writableAgain() {
        if canSend, outbound.isWritable { delegate?.becameWritable() }
    }
}
