import ClusterModel
import History

/// Events of calls.
extension EventGenerator {
    mutating func callAttempt() -> CallAttempt {
        var e = CallAttempt()
        e.call = text()
        e.method = text()
        e.target = text()
        e.attempt = number()
        e.late = number()
        return e
    }

    mutating func callResult() -> CallResult {
        var e = CallResult()
        e.call = text()
        e.type = type()
        e.executed = flag()
        e.code = number()
        e.reason = text()
        e.unexpected = flag()
        return e
    }

    mutating func execution() -> Execution {
        var e = Execution()
        e.number = number()
        e.call = text()
        e.stamp = number()
        e.method = text()
        e.attempt = number()
        e.durable = flag()
        e.object = text()
        e.epoch = number()
        return e
    }

    mutating func executionResult() -> ExecutionResult {
        var e = ExecutionResult()
        e.number = number()
        e.type = type()
        e.code = number()
        return e
    }

    mutating func duplicateCall() -> DuplicateCall {
        var e = DuplicateCall()
        e.call = text()
        e.stamp = number()
        e.method = text()
        e.attempt = number()
        e.action = [
            .attached, .resent, .stale, .tableFull, .serverRestarted, .deadline, .overloaded, .recovered,
        ].randomElement(using: &chance)!
        return e
    }

    mutating func callRequest() -> CallRequest {
        var e = CallRequest()
        e.stamp = number()
        e.connection = number()
        e.n = number()
        e.method = text()
        e.call = text()
        e.attempt = number()
        e.copies = number()
        e.fate = fate()
        return e
    }

    mutating func callReply() -> CallReply {
        var e = CallReply()
        e.stamp = number()
        e.copy = number()
        e.outcome = [.finished, .resetByServer, .resetByClient, .connectionLost, .refused, .settled]
            .randomElement(using: &chance)!
        e.code = number()
        e.note = text()
        e.fate = fate()
        return e
    }
}
