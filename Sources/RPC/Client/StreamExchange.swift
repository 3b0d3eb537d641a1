import NIOCore

/// One call of a streaming method whose requests are all there at its start: sends them as the connection takes them, and
/// keeps the replies. Confined to the client's event loop.
package final class StreamExchange: StreamingCallDelegate {
    /// Replies that are kept, at most.
    private static let kept = 10_000

    private let messages: [ByteBuffer]
    private let count: Int
    private let completed: (CallReport) -> Void
    private var call: StreamingCall?
    private var sent = 0
    private var replies: [ByteBuffer] = []

    /// - Parameters:
    ///   - count: requests to send; the messages are repeated up to it.
    ///   - completed: told once, with the replies as the report's messages.
    package init(_ messages: [ByteBuffer], count: Int, _ completed: @escaping (CallReport) -> Void) {
        self.messages = messages
        self.count = messages.isEmpty ? 0 : count
        self.completed = completed
    }

    package func begin(_ call: StreamingCall) {
        self.call = call
        becameWritable()
    }

    package func becameWritable() {
        guard let call else { return }
        while sent < count, call.isWritable {
            call.send(messages[sent % messages.count])
            sent += 1
        }
        if sent >= count { call.halfClose() }
    }

    package func received(_ message: ByteBuffer) { if replies.count < Self.kept { replies.append(message) } }

    package func ended(_ report: CallReport) {
        call = nil
        var report = report
        report.messages = replies
        completed(report)
    }
}
