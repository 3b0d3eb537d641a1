import NIOCore
import Protobuf

/// One transmission of a call at the server: it collects the request, and waits for an execution's answer. Fed by a
/// transport, on the dispatcher's event loop.
package final class InboundRequest {
    let entry: ServedMethod
    let header: CallHeader
    let metadata: Metadata
    let peerPort: UInt16
    let responder: any CallResponder
    /// Of the whole call, and of this transmission: nanoseconds of `NIODeadline`'s clock.
    let deadline: Int64?
    let ownDeadline: Int64?
    /// Nil: the answer says nothing of an execution.
    var origin: ReplyOrigin? = .executed
    var execution: Execution?
    private let dispatcher: ServiceDispatcher
    private var body: ByteBuffer?
    private(set) var isOver = false

    init(_ call: InboundCall, _ header: CallHeader, _ entry: ServedMethod, _ dispatcher: ServiceDispatcher, now: Int64)
    {
        self.entry = entry
        self.header = header
        self.dispatcher = dispatcher
        metadata = call.metadata
        peerPort = call.peerPort
        responder = call.responder
        ownDeadline = call.timeout.map { moment(now, plus: $0) }
        deadline =
            header.deadline.map { moment(now, plus: $0.multipliedReportingOverflow(by: 1_000_000)) } ?? ownDeadline
    }

    // MARK: - From the transport

    /// One whole message. It may share memory with the transport's.
    package func received(_ message: ByteBuffer) {
        guard !isOver else { return }
        if entry.type.clientStreaming {
            execution?.received(message)
        } else if body == nil {
            body = message
        } else {
            dispatcher.refuse(self, .malformed, "\(entry.name) takes one message")
        }
    }

    /// The client sends no more.
    package func halfClosed() {
        guard !isOver else { return }
        if entry.type.clientStreaming {
            execution?.requestEnded()
        } else if let body {
            self.body = nil
            dispatcher.accept(self, body: body)
        } else {
            dispatcher.refuse(self, .malformed, "\(entry.name) takes a message")
        }
    }

    package func cancelled(_ reason: CancellationReason) {
        guard !isOver else { return }
        isOver = true
        if let execution { dispatcher.left(self, execution, reason) }
    }

    package func becameWritable() {
        guard let execution, execution.requests.first === self else { return }
        execution.onWritable?()
    }

    // MARK: - To the transport

    /// The one answer.
    func answer(_ reply: SavedReply, trailers: Metadata) {
        guard !isOver else { return }
        isOver = true
        execution = nil
        if let message = reply.message {
            responder.sendHeaders(reply.headers)
            responder.send(message)
        } else if !reply.headers.isEmpty {
            responder.sendHeaders(reply.headers)
        }
        responder.finish(reply.status, trailers: trailers)
    }
}

extension Execution {
    func received(_ message: ByteBuffer) {
        guard phase == .running else { return }
        do throws(DecodingError) {
            let message = try Message(message, as: method.input)
            onMessage?(message)
        } catch {
            dispatcher.cut(
                self, .broken(GRPCStatus(.invalidArgument, "a message of the request is malformed: \(error)")))
        }
    }

    func requestEnded() {
        if phase == .running { onRequestEnd?() }
    }
}

extension Message {
    init(_ buffer: ByteBuffer, as type: MessageType) throws(DecodingError) {
        self = try buffer.withUnsafeReadableBytes { bytes in
            Result { () throws(DecodingError) in try Message.decode(bytes, as: type) }
        }.get()
    }
}

private func moment(_ now: Int64, plus span: UInt64) -> Int64 {
    let (sum, overflow) = now.addingReportingOverflow(Int64(clamping: span))
    return overflow ? .max : sum
}

private func moment(_ now: Int64, plus span: (partialValue: UInt64, overflow: Bool)) -> Int64 {
    moment(now, plus: span.overflow ? .max : span.partialValue)
}
