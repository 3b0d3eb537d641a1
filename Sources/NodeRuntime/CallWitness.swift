import ClusterModel
import History
import RPC

/// Records what this process does as a caller.
package final class CallWitness: CallObserver {
    private let recorder: Recorder

    convenience init(_ context: NodeContext) { self.init(context.recorder) }

    package init(_ recorder: Recorder) { self.recorder = recorder }

    package func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {
        var event = CallAttempt()
        event.call = id.description
        event.method = String(path.dropFirst())
        event.target = target
        event.attempt = UInt32(clamping: attempt)
        if attempt == 1 { event.late = max(0, MonotonicClock.now() - due) }
        recorder.record(.call(event))
    }

    package func callEnded(_ report: CallReport, path: String) { record(report) }

    /// - Parameter unexpected: how the answer differs from what the file expects.
    package func record(_ report: CallReport, unexpected: String? = nil) {
        var event = CallResult()
        event.call = report.id.description
        event.code = UInt16(report.outcome.status.code.rawValue)
        event.reason = unexpected ?? report.outcome.reason
        event.unexpected = unexpected != nil
        switch report.outcome {
        case .success: event.type = .ok
        case .executed:
            event.type = .fail
            event.executed = true
        case .notExecuted: event.type = .fail
        case .unknown: event.type = .info
        }
        recorder.record(.callResult(event))
    }
}
