import ClusterModel
import History
import NIOCore
import Objects
import RPC

/// Records what this process does as a caller of objects.
package final class InvocationWitness: InvocationObserver {
    private let recorder: Recorder
    /// Of the calls that they are.
    package let calls: CallWitness

    convenience init(_ context: NodeContext) { self.init(context.recorder) }

    package init(_ recorder: Recorder) {
        self.recorder = recorder
        calls = CallWitness(recorder)
    }

    package func invoked(_ id: CallID, object: String, path: String, message: ByteBuffer) {
        var event = ObjectInvocation()
        event.call = id.description
        event.object = object
        let parts = path.split(separator: "/")
        event.type = parts.first.map(String.init) ?? ""
        event.method = parts.last.map(String.init) ?? ""
        event.arguments = Array(message.readableBytesView)
        recorder.record(.objectInvocation(event))
    }

    package func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {
        calls.attemptSent(id, path: path, target: target, attempt: attempt, due: due)
    }

    package func callEnded(_ report: CallReport, path: String) { record(report) }

    /// - Parameter unexpected: how the answer differs from what the file expects.
    package func record(_ report: CallReport, unexpected: String? = nil) {
        var event = ObjectReply()
        event.call = report.id.description
        switch (report.outcome, ObjectFailure(report)) {
        case (.success, _):
            event.result = report.messages.first.map { Array($0.readableBytesView) } ?? []
            recorder.record(.objectReply(event))
        case (_, .exception(let name, _, _)?):
            event.exception = name
            recorder.record(.objectReply(event))
        default: break
        }
        calls.record(report, unexpected: unexpected)
    }
}
