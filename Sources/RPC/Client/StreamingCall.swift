import ClusterModel
import NIOCore

/// What the caller of a streaming method is told, on the client's event loop.
package protocol StreamingCallDelegate: AnyObject {
    /// Messages may be sent from now on, and again after `isWritable` was false.
    func becameWritable()
    func received(_ message: ByteBuffer)
    /// Once, the last of all. Its report has no messages: they were told one by one.
    func ended(_ report: CallReport)
}

/// One call of a streaming method. It is sent once; messages that are given before there is a connection wait for it.
package final class StreamingCall: ClientStreamDelegate {
    private let client: RPCClient
    package let id: CallID
    private let path: String
    private let options: CallOptions
    private let due: Int64
    private let delegate: any StreamingCallDelegate
    private var stream: (any CallStream)?
    private var target = ""
    private var header = ReplyHeader()
    private var initialMetadata = Metadata()
    private var waiting: [ByteBuffer] = []
    private var isHalfClosed = false
    private var isOver = false
    private var alarm: Scheduled<Void>?

    init(
        _ client: RPCClient, _ id: CallID, path: String, options: CallOptions, due: Int64,
        delegate: any StreamingCallDelegate
    ) {
        self.client = client
        self.id = id
        self.path = path
        self.options = options
        self.due = due
        self.delegate = delegate
    }

    func start() {
        let left = options.retry.wholeDeadline(under: .maybe).nanoseconds
        let deadline = RPCClient.now + left
        guard let transport = client.transport(to: options.target) else {
            client.eventLoop.assumeIsolated().execute { self.end(.notSent(reason: "there is no such server")) }
            return
        }
        target = transport.target
        alarm = client.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(left)) {
            // Of what has been sent, the stream itself tells the end.
            if self.stream == nil { self.end(.notSent(reason: "no connection in time")) }
        }
        transport.prepare(handshake: options.semantics.filtersDuplicates) { result in
            guard !self.isOver else { return }
            switch result {
            case .success(let incarnation): self.open(transport, incarnation, deadline)
            case .failure(let error): self.end(.notSent(reason: error.reason))
            }
        }
    }

    private func open(_ transport: any CallTransport, _ incarnation: String?, _ deadline: Int64) {
        alarm?.cancel()
        let left = deadline - RPCClient.now
        guard left > 0 else { return end(.notSent(reason: "no connection in time")) }
        let call = CallHeader(id: id, acknowledged: client.sequence.acknowledged, server: incarnation)
        var metadata = options.metadata
        call.write(to: &metadata)
        client.observer?.attemptSent(id, path: path, target: target, attempt: 1, due: due)
        let stream = transport.start(path: path, metadata: metadata, timeout: UInt64(left), delegate: self)
        self.stream = stream
        for message in waiting { stream.send(message, endOfStream: false) }
        waiting = []
        if isHalfClosed { stream.halfClose() } else { delegate.becameWritable() }
    }

    package var isWritable: Bool { stream?.isWritable ?? waiting.isEmpty }

    package func send(_ message: ByteBuffer) {
        guard !isOver, !isHalfClosed else { return }
        if let stream { stream.send(message, endOfStream: false) } else { waiting.append(message) }
    }

    package func halfClose() {
        guard !isOver, !isHalfClosed else { return }
        isHalfClosed = true
        stream?.halfClose()
    }

    package func cancel() {
        guard !isOver else { return }
        if let stream { stream.cancel() } else { end(.notSent(reason: "cancelled")) }
    }

    // MARK: - ClientStreamDelegate

    package func received(initialMetadata: Metadata) {
        self.initialMetadata = initialMetadata
        header.read(initialMetadata)
    }

    package func received(_ message: ByteBuffer) { if !isOver { delegate.received(message) } }

    package func becameWritable() { if !isOver, !isHalfClosed { delegate.becameWritable() } }

    package func finished(_ ending: ClientStreamEnding) {
        header.read(ending.trailers)
        end(AttemptEnd(ending, header, hasReply: true), ending)
    }

    private func end(_ end: AttemptEnd, _ ending: ClientStreamEnding? = nil) {
        guard !isOver else { return }
        isOver = true
        alarm?.cancel()
        client.sequence.ended(id.sequence)
        let verdict = AttemptVerdict(end)
        var report = CallReport(id: id, outcome: verdict.outcome)
        report.header = header
        report.initialMetadata = initialMetadata
        report.trailers = ending?.trailers ?? Metadata()
        report.attempts = stream == nil ? 0 : 1
        stream = nil
        if report.attempts > 0 { client.observer?.attemptEnded(id, attempt: 1, target: target, end: end) }
        client.observer?.callEnded(report, path: path)
        delegate.ended(report)
    }
}

extension AttemptVerdict {
    /// Of a call that has this one attempt.
    var outcome: CallOutcome {
        switch execution {
        case .executed: status.isOK ? .success : .executed(status)
        case .notExecuted: .notExecuted(status, reason: reason)
        case .unknown: .unknown(status, reason: reason)
        }
    }
}
