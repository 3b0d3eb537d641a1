import NIOCore
import Protobuf

/// One execution of a method, as its handler sees it. Confined to the dispatcher's event loop.
///
/// It may have no request to answer to any more (at-most-once: the client's connection broke) or several (duplicates have
/// attached); the handler need not know. It ends with the first `finish` or `fail`, or when it is cancelled; after
/// that everything is ignored.
package final class Execution: DeadlineHolder {
    /// Unique in the dispatcher, from 1; 0 until it starts.
    package internal(set) var number: UInt64 = 0
    package let method: MethodType
    package let header: CallHeader
    /// Of the first transmission.
    package let metadata: Metadata
    package let peerPort: UInt16
    /// Of the whole call, in nanoseconds of `NIODeadline`'s clock; nil: none.
    package let deadline: Int64?

    /// Where the client sends one message.
    package internal(set) var request: Message?
    /// Where the client streams: each message as it comes, and their end. Set in `start`; until then nothing is read.
    package var onMessage: ((Message) -> Void)?
    package var onRequestEnd: (() -> Void)?
    /// Nobody waits for a result, or its time is over. Not called after the end.
    package var onCancel: ((ExecutionCancellation) -> Void)?
    /// `isWritable` is true again.
    package var onWritable: (() -> Void)?
    /// Sent before the first message, or with the end.
    package var responseHeaders = Metadata()

    enum Phase {
        /// Admitted, and not begun.
        case waiting
        case running
        /// Its end waits for the disk.
        case committing
        case ended
    }

    /// A handler may go on after everyone else has let go of the server.
    let dispatcher: ServiceDispatcher
    let entry: ServedMethod
    var phase = Phase.waiting
    /// Those who wait for the answer.
    var requests: [InboundRequest] = []
    /// The request's octets, until it starts.
    var body: ByteBuffer?
    var hasSentHeaders = false
    /// Whether it still takes up one of the server's places.
    var holdsPlace = false
    var transaction: StoreTransaction?
    var deadlineIndex = -1
    var queuedDeadline: UInt64 = 0

    init(
        _ entry: ServedMethod, _ request: InboundRequest, body: ByteBuffer?, deadline: Int64?,
        dispatcher: ServiceDispatcher
    ) {
        self.entry = entry
        method = entry.type
        header = request.header
        metadata = request.metadata
        peerPort = request.peerPort
        self.body = body
        self.deadline = deadline
        self.dispatcher = dispatcher
    }

    package var eventLoop: any EventLoop { dispatcher.eventLoop }
    package var isOpen: Bool { phase == .running }

    /// A key-value store whose changes are committed with this execution's answer; nil where the node has none.
    package var store: StoreTransaction? {
        if transaction == nil, phase == .running { transaction = dispatcher.store?.begin() }
        return transaction
    }

    // MARK: - Streams

    /// False while more than it should hold waits to be sent; `onWritable` follows.
    package var isWritable: Bool { requests.first?.responder.isWritable ?? true }

    /// Whether the client's messages are wanted now; true at first.
    package var isReading: Bool {
        get { requests.first?.responder.isReading ?? true }
        set { requests.first?.responder.isReading = newValue }
    }

    /// One message of a server stream.
    package func send(_ message: Message) {
        guard phase == .running, method.serverStreaming else { return }
        guard message.type == method.output else { return fail(wrongType(message)) }
        guard let responder = requests.first?.responder else { return }
        if !hasSentHeaders {
            hasSentHeaders = true
            responder.sendHeaders(responseHeaders)
        }
        responder.send(ByteBuffer(bytes: message.encoded))
    }

    // MARK: - End

    /// The result of a method that answers with one message.
    package func finish(_ message: Message, trailers: Metadata = Metadata()) {
        guard phase == .running else { return }
        guard message.type == method.output else { return fail(wrongType(message)) }
        if method.serverStreaming {
            send(message)
            return finish(trailers: trailers)
        }
        end(
            .succeeded,
            SavedReply(
                method: entry.name, message: ByteBuffer(bytes: message.encoded), headers: responseHeaders,
                trailers: trailers))
    }

    /// The end of a server stream.
    package func finish(trailers: Metadata = Metadata()) {
        guard phase == .running else { return }
        guard method.serverStreaming else {
            return fail(GRPCStatus(.internalError, "\(entry.name) ended without an answer"))
        }
        end(.succeeded, SavedReply(method: entry.name, headers: responseHeaders, trailers: trailers))
    }

    /// The method's own error, or what stopped it. What it put into the store is undone.
    /// - Parameters:
    ///   - outcome: *executed* for the method's own error; *unknown* if it was stopped part-way.
    ///   - reason: a word for `x-orch-reason`.
    package func fail(
        _ status: GRPCStatus, trailers: Metadata = Metadata(), outcome: DeclaredOutcome = .executed,
        reason: RefusalReason? = nil
    ) {
        guard phase == .running else { return }
        var status = status
        if status.isOK { status = GRPCStatus(.unknown, "failed with status OK") }
        end(
            outcome == .executed ? .failed : .cut,
            SavedReply(
                method: entry.name, status: status, headers: responseHeaders, trailers: trailers, outcome: outcome,
                reason: reason?.rawValue))
    }

    /// The answer of a handler that has a memory of calls of its own, and decides itself what of them is executed.
    package func answer(_ reply: SavedReply, origin: ReplyOrigin?) {
        guard phase == .running else { return }
        for request in requests { request.origin = origin }
        end(reply.status.isOK ? .succeeded : reply.outcome == .executed ? .failed : .cut, reply)
    }

    /// A handler with `stopsWhenCancelled` false is through with a cancelled execution.
    package func abandon() { dispatcher.release(self) }

    private func end(_ ending: ExecutionEnding, _ reply: SavedReply) { dispatcher.ended(self, ending, reply) }

    private func wrongType(_ message: Message) -> GRPCStatus {
        GRPCStatus(.internalError, "\(entry.name) answers with \(method.output.name), not \(message.type.name)")
    }
}

/// Why a handler may stop.
package enum ExecutionCancellation: Sendable, Equatable {
    /// The client reset the call before its time was over.
    case cancelled
    case connectionLost
    /// The call's deadline has passed.
    case deadline
    /// The request's messages are malformed, or too many for the answer.
    case broken(GRPCStatus)
}
