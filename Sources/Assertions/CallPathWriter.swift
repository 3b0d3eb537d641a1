import ClusterModel
import History

/// Tells the whole path of one call, for the examples of a report.
struct CallPathWriter {
    let ledger: Ledger

    private var calls: CallLedger { ledger.calls }

    func example(_ kind: Example.Kind, _ number: Int32) -> Example {
        var steps: [Example.Step] = []
        let fact = calls.calls[Int(number)]
        let caller = name(fact.caller)
        for index in calls.attemptsOfCall[number] {
            let attempt = calls.attempts[Int(index)]
            steps.append(step(attempt.time, "\(caller) sent attempt \(attempt.attempt) to \(name(attempt.target))"))
        }
        for index in calls.requestsOfCall[number] { add(&steps, index) }
        for index in calls.executionsOfCall[number] { add(&steps, calls.executions[Int(index)]) }
        for index in calls.duplicatesOfCall[number] { add(&steps, calls.duplicates[Int(index)]) }
        if let step = outcome(fact, caller) { steps.append(step) }
        return Example(kind: kind, message: calls.name(of: number), path: PathWriter.ordered(steps))
    }

    /// An execution of a call that nobody was seen to make.
    func stranger(_ number: Int32) -> Example {
        let fact = calls.executions[Int(number)]
        var steps: [Example.Step] = []
        add(&steps, fact)
        steps.append(step(fact.time, "nobody was seen to call it"))
        return Example(
            kind: .unexpected, message: fact.call < 0 ? "(unknown)" : calls.name(of: fact.call),
            path: PathWriter.ordered(steps))
    }

    private func name(_ process: Int32) -> String { process < 0 ? "someone" : ledger.processes[process] }

    private func step(_ time: Int64, _ text: String) -> Example.Step {
        Example.Step(time: time.subtractingSaturated(ledger.timeline.origin), text: text)
    }

    // MARK: - On the link

    private func add(_ steps: inout [Example.Step], _ index: Int32) {
        let request = calls.requests[Int(index)]
        let connection = request.connection < 0 ? nil : ledger.connections[Int(request.connection)]
        let client = connection.map { name($0.client) } ?? "someone"
        let server = connection.map { name($0.server) } ?? "someone"
        let attempt = request.attempt > 0 ? " of attempt \(request.attempt)" : ""
        let fate = ledger.timeline.fateText(
            request.fate, kind: .request, from: client, to: server, at: request.time)
        steps.append(step(request.time, "request\(attempt) to \(server) seen on the link\(fate)"))
        for number in calls.repliesOfRequest[index] {
            let fact = calls.replies[Int(number)]
            let fate = ledger.timeline.fateText(
                fact.reply.fate, kind: .reply, from: server, to: client, at: fact.time)
            steps.append(step(fact.time, text(fact.reply, "the request\(attempt)", client, server) + fate))
        }
    }

    private func text(_ reply: CallReply, _ request: String, _ client: String, _ server: String) -> String {
        switch reply.outcome {
        case .finished:
            let note = reply.note.isEmpty ? "" : " (\(reply.note))"
            return "\(server) replied \(GRPCStatus.name(reply.code))\(note) to \(request)"
        case .resetByServer: return "\(server) reset \(request)"
        case .resetByClient: return "\(client) gave up on \(request)"
        case .connectionLost: return "the connection was lost under \(request)"
        case .refused: return "\(server) refused \(request) unseen"
        case .settled: return "the link itself answered \(request), for the fault"
        }
    }

    // MARK: - At the server

    private func add(_ steps: inout [Example.Step], _ fact: ExecutionFact) {
        let server = name(fact.process)
        let attempt = fact.attempt > 0 ? " (attempt \(fact.attempt))" : ""
        let isOpen = fact.result == nil
        let fate =
            isOpen ? "; no end is recorded" + (fact.isDurable ? durableText(fact.bounds) : "") : ""
        steps.append(step(fact.time, "\(server) began to execute it\(attempt)\(fate)"))
        guard let result = fact.result else { return }
        let text =
            switch result {
            case .ok, .invoke: "ended well"
            case .fail: "ended with \(GRPCStatus.name(fact.code))"
            case .info: "was stopped part-way (\(GRPCStatus.name(fact.code)))"
            }
        steps.append(step(fact.end, "the execution at \(server) \(text)"))
    }

    private func durableText(_ bounds: ExecutionBounds) -> String {
        switch bounds {
        case .once: ", but its commit was found later"
        case .none: ", nor any commit: it had no effect"
        default: ", and nothing tells whether it was committed"
        }
    }

    private func add(_ steps: inout [Example.Step], _ fact: DuplicateFact) {
        let server = name(fact.process)
        let what = fact.attempt > 0 ? "attempt \(fact.attempt)" : "the request"
        let text =
            switch fact.action {
            case .attached: "let \(what) wait for the execution that was running"
            case .resent: "answered \(what) with the saved reply"
            case .stale: "refused \(what) as stale"
            case .tableFull: "refused \(what): its table of replies was full"
            case .serverRestarted: "refused \(what): it expects an earlier life of the server"
            case .deadline: "did not execute \(what): past its deadline"
            case .overloaded: "refused \(what): too much to do"
            case .recovered: "found the saved reply when it started again"
            }
        steps.append(step(fact.time, "\(server) \(text)"))
    }

    // MARK: - At the caller

    private func outcome(_ fact: CallFact, _ caller: String) -> Example.Step? {
        guard let outcome = fact.outcome else { return nil }
        let status = fact.code > 0 ? GRPCStatus.name(fact.code) : ""
        let reason = fact.reason < 0 ? "" : String(calls.reasons[fact.reason].prefix(80))
        let details = [status, reason].filter { !$0.isEmpty }.joined(separator: ", ")
        let why = details.isEmpty ? "" : " (\(details))"
        guard fact.hasEnded else {
            let end = ledger.timeline.changes(of: caller).first {
                $0.time >= fact.start && $0.change.isEnd && $0.change.incarnation >= fact.incarnation
            }
            return step(end?.time ?? fact.start, "\(caller) ended and never learned the outcome")
        }
        let text =
            switch outcome {
            case .success: "success" + (fact.isUnexpected ? ", but not the reply that it expects" : "")
            case .error: "executed with an error\(why)" + (fact.isUnexpected ? ", which it does not expect" : "")
            case .notExecuted: "not executed\(why)"
            case .unknown: "unknown\(why)"
            }
        return step(fact.end, "outcome at \(caller): \(text)")
    }
}
