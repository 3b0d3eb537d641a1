import ClusterModel
import History
import NIOCore
import Objects
import RPC

/// Records what this process does as a caller of objects.
final class InvocationWitness: InvocationObserver {
    private let recorder: Recorder
    /// Of the calls that they are.
    let calls: CallWitness

    init(_ context: NodeContext) {
        recorder = context.recorder
        calls = CallWitness(context)
    }

    func invoked(_ id: CallID, object: String, path: String, message: ByteBuffer) {
        var event = ObjectInvocation()
        event.call = id.description
        event.object = object
        let parts = path.split(separator: "/")
        event.type = parts.first.map(String.init) ?? ""
        event.method = parts.last.map(String.init) ?? ""
        event.arguments = Array(message.readableBytesView)
        recorder.record(.objectInvocation(event))
    }

    func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {
        calls.attemptSent(id, path: path, target: target, attempt: attempt, due: due)
    }

    func callEnded(_ report: CallReport, path: String) { record(report) }

    /// - Parameter unexpected: how the answer differs from what the file expects.
    func record(_ report: CallReport, unexpected: String? = nil) {
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
