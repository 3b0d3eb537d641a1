import ClusterModel
import History

/// Reads the events of calls once, in the order of time. What they say together is settled in `finished`.
struct CallLedgerBuilder {
    /// One life of one process.
    struct Life: Hashable {
        var process: Int32
        var incarnation: UInt32
    }

    private struct ExecutionKey: Hashable {
        var life: Life
        var number: UInt64
    }

    var ledger = CallLedger()
    private var index: [CallKey: Int32] = [:]
    private var requests: [Int64: Int32] = [:]
    private var executions: [ExecutionKey: Int32] = [:]
    /// For a call the lives of servers that found its saved reply when they started.
    var recoveries: [Int32: [Life]] = [:]
    /// Lives of servers that had read what an earlier one left: they did something else after it.
    var served: Set<Life> = []

    mutating func call(_ id: String) -> Int32 {
        let (client, sequence) = CallKey.split(id)
        return call(CallKey(client: ledger.clients.number(String(client)), sequence: sequence))
    }

    private mutating func call(_ key: CallKey) -> Int32 {
        if let known = index[key] { return known }
        let new = Int32(ledger.calls.count)
        ledger.calls.append(CallFact(client: key.client, sequence: key.sequence))
        index[key] = new
        return new
    }

    private func call(ofStamp stamp: Int64) -> Int32 {
        guard stamp != 0, let request = requests[stamp] else { return -1 }
        return ledger.requests[Int(request)].call
    }

    // MARK: - What callers say

    mutating func add(_ event: CallAttempt, _ time: Int64, _ life: Life, target: Int32) {
        guard !event.call.isEmpty else { return }
        let call = call(event.call)
        let number = Int(call)
        ledger.attempts.append(CallAttemptFact(call: call, target: target, attempt: event.attempt, time: time))
        ledger.calls[number].attempts += 1
        ledger.calls[number].method = ledger.methods.number(event.method)
        knows(number, life)
        let due = time.subtractingSaturated(max(event.late, 0))
        ledger.calls[number].start = min(ledger.calls[number].start, due)
    }

    mutating func add(_ event: CallResult, _ time: Int64, _ life: Life) {
        guard !event.call.isEmpty else { return }
        let number = Int(call(event.call))
        knows(number, life)
        // The first word counts.
        guard !ledger.calls[number].hasResult else { return }
        ledger.calls[number].hasResult = true
        ledger.calls[number].end = time
        ledger.calls[number].start = min(ledger.calls[number].start, time)
        ledger.calls[number].code = event.code
        ledger.calls[number].isUnexpected = event.unexpected
        if !event.reason.isEmpty { ledger.calls[number].reason = ledger.reasons.number(event.reason) }
        ledger.calls[number].outcome =
            switch event.type {
            case .ok: .success
            case .fail: event.executed ? .error : .notExecuted
            case .info, .invoke: .unknown
            }
    }

    private mutating func knows(_ call: Int, _ life: Life) {
        ledger.calls[call].isKnown = true
        ledger.calls[call].isNative = true
        ledger.calls[call].caller = life.process
        ledger.calls[call].incarnation = life.incarnation
    }

    // MARK: - What servers say

    mutating func add(_ event: Execution, _ time: Int64, _ life: Life) {
        served.insert(life)
        executions[ExecutionKey(life: life, number: event.number)] = Int32(ledger.executions.count)
        ledger.executions.append(
            ExecutionFact(
                call: event.call.isEmpty ? -1 : call(event.call), stamp: event.stamp, process: life.process,
                incarnation: life.incarnation, method: ledger.methods.number(event.method), attempt: event.attempt,
                isDurable: event.durable, time: time))
    }

    mutating func add(_ event: ExecutionResult, _ time: Int64, _ life: Life) {
        guard let number = executions[ExecutionKey(life: life, number: event.number)] else { return }
        ledger.executions[Int(number)].end = time
        ledger.executions[Int(number)].result = event.type
        ledger.executions[Int(number)].code = event.code
    }

    mutating func add(_ event: DuplicateCall, _ time: Int64, _ life: Life) {
        let call = event.call.isEmpty ? call(ofStamp: event.stamp) : call(event.call)
        if event.action == .recovered {
            recoveries[call, default: []].append(life)
        } else {
            served.insert(life)
        }
        guard call >= 0 else { return }
        ledger.duplicates.append(
            DuplicateFact(
                call: call, process: life.process, time: time, attempt: event.attempt, action: event.action))
    }

    // MARK: - What links saw

    mutating func add(_ event: CallRequest, _ time: Int64, connection: Int32, client: Int32) {
        let call =
            event.call.isEmpty
            ? call(CallKey(client: -1, sequence: UInt64(bitPattern: event.stamp)))
            : event.hasKey ? keyedCall(event, client: client) : call(event.call)
        let number = Int(call)
        requests[event.stamp] = Int32(ledger.requests.count)
        ledger.requests.append(
            CallRequestFact(
                call: call, connection: connection, time: time, attempt: event.attempt, copies: event.copies,
                fate: event.fate))
        ledger.calls[number].isKnown = true
        guard !ledger.calls[number].isNative else { return }
        ledger.calls[number].caller = client
        ledger.calls[number].method = ledger.methods.number(event.method)
        ledger.calls[number].start = min(ledger.calls[number].start, time)
    }

    /// A key is its client's, for one method: who passes a request on with the key that it came with makes another call.
    private mutating func keyedCall(_ event: CallRequest, client: Int32) -> Int32 {
        let name = ledger.clients.number("\(event.call) of \(event.method)")
        let call = call(CallKey(client: name, sequence: UInt64(UInt32(bitPattern: client))))
        ledger.calls[Int(call)].isKeyed = true
        return call
    }

    mutating func add(_ event: CallReply, _ time: Int64) -> Int32? {
        guard let request = requests[event.stamp] else { return nil }
        ledger.replies.append(CallReplyFact(request: request, time: time, reply: event))
        return ledger.requests[Int(request)].connection
    }

    /// The call of each execution that came with a stamp only.
    mutating func attribute() {
        for number in ledger.executions.indices where ledger.executions[number].call < 0 {
            ledger.executions[number].call = call(ofStamp: ledger.executions[number].stamp)
        }
    }
}

extension Int64 {
    func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
