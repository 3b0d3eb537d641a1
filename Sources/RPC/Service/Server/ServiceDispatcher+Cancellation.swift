import NIOCore

/// A client's own clock and ours count from different moments: what it resets this long before its time counts as a
/// timeout. In nanoseconds.
private let timeoutSlack: Int64 = 20_000_000

extension ServiceDispatcher {
    func deadlinePassed(_ execution: Execution) {
        switch execution.phase {
        case .waiting:
            withdraw(execution, .deadline, "the call waited for its turn until its deadline")
            waiting.removeAll { $0 === execution }
        case .running: cut(execution, .deadline)
        case .committing, .ended: break
        }
    }

    /// A transmission has gone.
    func left(_ request: InboundRequest, _ execution: Execution, _ reason: CancellationReason) {
        execution.requests.removeAll { $0 === request }
        let isFiltered = execution.entry.service.filters && execution.header.id != nil
        guard execution.requests.isEmpty else { return }
        switch reason {
        case .deadline:
            // Of the transmission; the call may have more time.
            if !isFiltered { cut(execution, .deadline) }
        case .reset(code: 8):
            let wasOwnTimeout = request.ownDeadline.map { now >= $0 - timeoutSlack } ?? false
            if !isFiltered || !wasOwnTimeout { cut(execution, .cancelled) }
        case .reset, .connectionLost:
            if !isFiltered || execution.entry.isStreaming { cut(execution, .connectionLost) }
        case .malformed, .overflow:
            if !isFiltered || execution.entry.isStreaming { cut(execution, .broken(reason.status)) }
        }
    }

    /// Ends an execution from outside.
    func cut(_ execution: Execution, _ cancellation: ExecutionCancellation) {
        if execution.phase == .waiting {
            // Nobody waits for it, and nothing has happened.
            waiting.removeAll { $0 === execution }
            return withdraw(execution, .cancelled)
        }
        guard execution.phase == .running else { return }
        // First: a handler that knows better how far it is says so itself.
        let onCancel = execution.onCancel
        execution.onCancel = nil
        onCancel?(cancellation)
        guard execution.phase == .running else { return }
        switch cancellation {
        case .deadline:
            execution.fail(
                GRPCStatus(.deadlineExceeded, "the call's deadline passed while it was executed"), outcome: .unknown,
                reason: .deadline)
        case .cancelled, .connectionLost:
            execution.fail(GRPCStatus(.cancelled, "the client gave up"), outcome: .unknown, reason: .cancelled)
        case .broken(let status): execution.fail(status, outcome: .unknown, reason: .malformed)
        }
    }
}

extension CancellationReason {
    fileprivate var status: GRPCStatus {
        switch self {
        case .malformed(let status): status
        case .overflow: GRPCStatus(.resourceExhausted, "the client does not read")
        case .deadline: GRPCStatus(.deadlineExceeded)
        case .reset, .connectionLost: GRPCStatus(.cancelled)
        }
    }
}
