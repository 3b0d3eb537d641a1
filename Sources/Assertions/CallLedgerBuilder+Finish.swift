import ClusterModel
import History

/// What must be known from elsewhere to settle what became of calls.
struct CallSurroundings {
    var timeline: RunTimeline
    var connections: [ConnectionFact]
    var processes: Interner<String>
    /// Servers that record their executions.
    var nativeServers: Set<Int32>
    /// Of those, the ones that are reached through a queue: what they get need not have passed as a call on a link.
    var queueServers: Set<Int32>
}

/// What needs to look ahead, or at everything: done once all events are in.
extension CallLedgerBuilder {
    mutating func finished(_ surroundings: CallSurroundings) -> CallLedger {
        attribute()
        group()
        let lives = Lives(surroundings, served: served)
        for number in ledger.calls.indices where ledger.calls[number].isKnown {
            if ledger.calls[number].isNative {
                settleNative(number, surroundings, lives)
            } else {
                settleForeign(number, surroundings)
            }
            withdrawAfterStop(number, surroundings.timeline.closing)
        }
        countRecorded(surroundings, lives)
        countSeen(surroundings)
        return ledger
    }

    private mutating func group() {
        let calls = ledger.calls.count
        let (attempts, requests, replies) = (ledger.attempts, ledger.requests, ledger.replies)
        let (executions, duplicates) = (ledger.executions, ledger.duplicates)
        ledger.attemptsOfCall = Grouping(groups: calls, members: attempts.count) { attempts[$0].call }
        ledger.requestsOfCall = Grouping(groups: calls, members: requests.count) { requests[$0].call }
        ledger.repliesOfRequest = Grouping(groups: requests.count, members: replies.count) { replies[$0].request }
        ledger.executionsOfCall = Grouping(groups: calls, members: executions.count) { executions[$0].call }
        ledger.duplicatesOfCall = Grouping(groups: calls, members: duplicates.count) { duplicates[$0].call }
    }

    // MARK: - Outcomes

    /// A caller that died leaves its calls open: what became of them nobody was told.
    private mutating func settleNative(_ number: Int, _ surroundings: CallSurroundings, _ lives: Lives) {
        let fact = ledger.calls[number]
        guard !fact.hasResult else { return }
        if lives.hasEnded(Life(process: fact.caller, incarnation: fact.incarnation)) {
            ledger.calls[number].outcome = .unknown
        }
    }

    /// A user's program says nothing: what it was told on the link is what it knows. Of several requests of one call
    /// the best answer counts, and what is still open leaves the call open.
    private mutating func settleForeign(_ number: Int, _ surroundings: CallSurroundings) {
        let requests = ledger.requestsOfCall[Int32(number)]
        ledger.calls[number].attempts = Int32(requests.count)
        var best: (outcome: CallOutcome, view: View)?
        var isOpen = false
        for request in requests {
            guard let view = view(of: request, surroundings) else {
                isOpen = true
                continue
            }
            if best.map({ Self.rank(view.outcome) > Self.rank($0.outcome) }) ?? true { best = (view.outcome, view) }
        }
        guard let best, !(isOpen && Self.rank(best.outcome) < Self.rank(.error)) else { return }
        ledger.calls[number].outcome = best.outcome
        ledger.calls[number].end = best.view.time
        ledger.calls[number].code = best.view.code
    }

    private static func rank(_ outcome: CallOutcome) -> Int {
        switch outcome {
        case .success: 3
        case .error: 2
        case .unknown: 1
        case .notExecuted: 0
        }
    }

    private struct View {
        var outcome: CallOutcome
        var time: Int64
        var code: UInt16 = 0
    }

    /// What the client was told about one request; `nil` while it waits.
    private func view(of request: Int32, _ surroundings: CallSurroundings) -> View? {
        var gaveUp: View?
        for number in ledger.repliesOfRequest[request] {
            let fact = ledger.replies[Int(number)]
            switch fact.reply.outcome {
            // Another copy may have brought the answer.
            case .resetByClient, .connectionLost: gaveUp = View(outcome: .unknown, time: fact.time)
            case _ where fact.reached:
                let code = fact.reply.outcome == .finished ? fact.reply.code : 0
                return View(outcome: ReplyMeaning.outcome(fact.reply), time: fact.time, code: code)
            default: break
            }
        }
        if let gaveUp { return gaveUp }
        let connection = Int(ledger.requests[Int(request)].connection)
        guard connection >= 0, let closed = surroundings.connections[connection].closed else { return nil }
        return View(outcome: .unknown, time: closed)
    }

    /// What the run's own end cut short has not failed.
    private mutating func withdrawAfterStop(_ number: Int, _ closing: Int64) {
        let fact = ledger.calls[number]
        guard fact.hasEnded, fact.end >= closing, fact.outcome == .unknown || fact.outcome == .notExecuted else {
            return
        }
        ledger.calls[number].outcome = nil
        ledger.calls[number].end = .max
    }

    // MARK: - Executions

    private mutating func countRecorded(_ surroundings: CallSurroundings, _ lives: Lives) {
        for number in ledger.executions.indices {
            let fact = ledger.executions[number]
            let bounds = fact.isDurable ? durableBounds(fact, lives) : .once
            ledger.executions[number].bounds = bounds
            if fact.call >= 0, ledger.calls[Int(fact.call)].isKnown {
                ledger.calls[Int(fact.call)].executions += bounds
            } else if fact.call < 0, fact.stamp == 0, surroundings.queueServers.contains(fact.process) {
                ledger.unattributed.append(Int32(number))
            } else if bounds.least > 0 {
                ledger.strangers.append(Int32(number))
            }
        }
    }

    /// Effect and reply are one commit: it has happened if the execution ended, or if a later life found the reply.
    private func durableBounds(_ fact: ExecutionFact, _ lives: Lives) -> ExecutionBounds {
        switch fact.result {
        case .ok, .fail: return .once
        case .info, .invoke: return .perhaps
        case nil: break
        }
        // The next life that had read the store, or that names the call: it knows of all lives before it.
        guard fact.call >= 0 else { return .perhaps }
        let naming = (recoveries[fact.call] ?? []).filter {
            $0.process == fact.process && $0.incarnation > fact.incarnation
        }
        let next = lives.next(after: Life(process: fact.process, incarnation: fact.incarnation))
        guard let first = naming.map(\.incarnation).min() else { return next == nil ? .perhaps : .none }
        return first <= next ?? .max ? .once : .none
    }

    /// A user's server says nothing: the link gives bounds.
    private mutating func countSeen(_ surroundings: CallSurroundings) {
        var repeated: Set<Int32> = []
        for number in ledger.requests.indices {
            let fact = ledger.requests[number]
            let server = fact.connection < 0 ? -1 : surroundings.connections[Int(fact.connection)].server
            if surroundings.nativeServers.contains(server) { continue }
            let (bounds, isRepeated) = seenBounds(Int32(number), fact)
            ledger.calls[Int(fact.call)].executions += bounds
            if isRepeated { repeated.insert(fact.call) }
        }
        // A reply that belongs to another copy, of this request or of an earlier one, means that some copy was executed.
        for call in repeated {
            let bounds = ledger.calls[Int(call)].executions
            ledger.calls[Int(call)].executions = ExecutionBounds(max(bounds.least, 1), bounds.most)
        }
        // Who takes keys may answer a later attempt with what it has saved, without a word about that.
        for call in ledger.calls.indices where ledger.calls[call].isKeyed {
            let bounds = ledger.calls[call].executions
            ledger.calls[call].executions = ExecutionBounds(min(bounds.least, 1), bounds.most)
        }
    }

    /// `isRepeated`: a reply of it says that it is the saved one of another copy.
    private func seenBounds(
        _ number: Int32, _ fact: CallRequestFact
    ) -> (bounds: ExecutionBounds, isRepeated: Bool) {
        guard fact.fate != .dropped, fact.fate != .undeliverable, fact.fate != .answered else { return (.none, false) }
        var replies = [CallReply?](repeating: nil, count: Int(fact.copies))
        var isRepeated = false
        for index in ledger.repliesOfRequest[number] {
            let reply = ledger.replies[Int(index)].reply
            guard reply.copy > 0, reply.copy <= fact.copies else { continue }
            isRepeated = isRepeated || ReplyMeaning.isRepeated(reply)
            let slot = Int(reply.copy) - 1
            // How the server ended a copy tells more than how the link or the client did.
            if replies[slot] == nil || reply.outcome == .finished { replies[slot] = reply }
        }
        let bounds = replies.reduce(ExecutionBounds.none) { $0 + ($1.map(ReplyMeaning.executions) ?? .perhaps) }
        return (bounds, isRepeated)
    }
}

/// Which lives of processes have ended before the run's own end, and which came next.
private struct Lives {
    private var ends: [Int32: UInt32] = [:]
    /// Lives that have looked at what earlier ones left, in order.
    private var restored: [Int32: [UInt32]] = [:]

    init(_ surroundings: CallSurroundings, served: Set<CallLedgerBuilder.Life>) {
        var lives = served
        for change in surroundings.timeline.changes {
            guard let process = surroundings.processes.known(change.change.name) else { continue }
            let incarnation = change.change.incarnation
            if change.change.state == .ready || change.change.state == .running {
                lives.insert(.init(process: process, incarnation: incarnation))
            }
            guard change.time < surroundings.timeline.closing else { continue }
            // A later life says that the earlier ones have ended.
            guard incarnation > 0 else { continue }
            let ended = change.change.isEnd ? incarnation : incarnation - 1
            if ended > 0 { ends[process] = max(ends[process] ?? 0, ended) }
        }
        for life in lives { restored[life.process, default: []].append(life.incarnation) }
        for process in restored.keys { restored[process]?.sort() }
    }

    func hasEnded(_ life: CallLedgerBuilder.Life) -> Bool {
        ends[life.process].map { $0 >= life.incarnation } ?? false
    }

    func next(after life: CallLedgerBuilder.Life) -> UInt32? {
        restored[life.process]?.first { $0 > life.incarnation }
    }
}
