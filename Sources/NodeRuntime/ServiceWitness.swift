import History
import RPC

/// Records what this process does as a server.
final class ServiceWitness: ServiceObserver {
    private let recorder: Recorder
    private(set) var executed = 0
    private(set) var filtered = 0

    init(_ context: NodeContext) { recorder = context.recorder }

    func executionStarted(_ execution: ExecutionStart) {
        executed += 1
        var event = ExecutionEvent()
        event.number = execution.number
        event.call = execution.call?.description ?? ""
        event.stamp = execution.stamp
        event.method = execution.method
        event.attempt = execution.attempt
        event.durable = execution.isDurable
        recorder.record(.execution(event))
    }

    func executionEnded(number: UInt64, _ ending: ExecutionEnding, code: GRPCCode) {
        var event = ExecutionResult()
        event.number = number
        event.code = UInt16(code.rawValue)
        event.type =
            switch ending {
            case .succeeded: .ok
            case .failed: .fail
            case .cut: .info
            }
        recorder.record(.executionResult(event))
    }

    func duplicate(_ duplicate: DuplicateRequest) {
        // Executed again: the execution itself is recorded.
        guard let action = DuplicateActionEvent(duplicate.action) else { return }
        if action != .recovered { filtered += 1 }
        var event = DuplicateCall()
        event.call = duplicate.call?.description ?? ""
        event.stamp = duplicate.stamp
        event.method = duplicate.method
        event.attempt = duplicate.attempt
        event.action = action
        recorder.record(.duplicateCall(event))
    }
}

extension DuplicateActionEvent {
    fileprivate init?(_ action: RPC.DuplicateAction) {
        switch action {
        case .attached: self = .attached
        case .resent: self = .resent
        case .executedAgain: return nil
        case .stale: self = .stale
        case .tableFull: self = .tableFull
        case .serverRestarted: self = .serverRestarted
        case .deadline: self = .deadline
        case .overloaded: self = .overloaded
        case .recovered: self = .recovered
        }
    }
}
