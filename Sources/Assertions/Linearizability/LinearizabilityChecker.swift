import ClusterModel
import History

/// `linearizable:` — the invocations of an object, or of each object of a type, have an order that the object could have
/// executed one by one. The words are defined in `docs/linearizability.md`.
struct LinearizabilityChecker {
    let judgement: Judgement
    let history: History
    let models: (any ObjectModels)?
    let name: String
    let model: ObjectModel
    var limits = LinearizabilityLimits()

    /// What was found about one object.
    private struct Finding: JudgedObject {
        var object: String
        var verdict: Verdict
        var reason = ""
        var example: Example?
        var operations = 0
        var open = 0
        var configurations = 0
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: Assertion.linearizable(name, model: model).title, verdict: .unknown)
        let invocations = ObjectInvocations(history, of: name)
        let objects = invocations.operations.keys.sorted()
        guard let models else {
            result.explanation = "the types of objects are not known here: there is nothing to compare with"
            return result
        }
        guard !objects.isEmpty else {
            result.explanation =
                invocations.invoked.isEmpty
                ? "no invocations of \(name)" : "none of the invocations of \(name) was executed"
            return result
        }
        let findings = findings(objects, invocations, models)
        settle(&result, findings, invocations)
        result.notes = notes(findings, invocations)
        return result
    }

    private func settle(_ result: inout AssertionResult, _ findings: [Finding], _ invocations: ObjectInvocations) {
        var failures: [Finding] = []
        var doubts: [String] = []
        for finding in findings {
            let unrecorded = invocations.unrecorded[finding.object] ?? 0
            if unrecorded > 0 {
                doubts.append(
                    "\(finding.object): \(counted(unrecorded, "execution")) for callers that recorded nothing")
            }
            switch finding.verdict {
            // Something that nobody recorded may explain it.
            case .fail where unrecorded > 0 || judgement.isIncomplete: doubts.append("\(finding.reason), so far")
            case .fail: failures.append(finding)
            case .unknown: doubts.append("\(finding.object): \(finding.reason)")
            case .pass: break
            }
        }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        if judgement.ledger.timeline.drained == nil { doubts.append("the run ended before its drain") }
        result.verdict = !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass
        result.examples = Array(findings.compactMap(\.example).prefix(Example.limit))
        let words = failures.isEmpty ? doubts : failures.map(\.reason)
        result.explanation = words.prefix(3).joined(separator: "; ")
        if words.count > 3 { result.explanation += "; and \(words.count - 3) more" }
    }

    private func notes(_ findings: [Finding], _ invocations: ObjectInvocations) -> [String] {
        let operations = findings.reduce(0) { $0 + $1.operations }
        let open = findings.reduce(0) { $0 + $1.open }
        let configurations = findings.reduce(0) { $0 + $1.configurations }
        var notes = [
            "\(counted(operations, "invocation")) of \(counted(findings.count, "object")), "
                + "\(open) of them open; \(counted(configurations, "configuration")) visited"
        ]
        let idle = invocations.invoked.count - findings.count
        if idle > 0 { notes.append("\(counted(idle, "object")) of which no invocation was executed: not judged") }
        return notes
    }

    // MARK: - The objects

    /// Each object by itself: linearizability is local (Herlihy and Wing 1990).
    private func findings(
        _ objects: [String], _ invocations: ObjectInvocations, _ models: any ObjectModels
    ) -> [Finding] {
        let judging = ParallelJudging(limits: limits)
        return judging.findings(objects.map { invocations.operations[$0]!.count }) { place, memory, isOver in
            let object = objects[place]
            return finding(object, invocations.operations[object]!, models, memory, isOver)
        }
    }

    private func finding(
        _ object: String, _ operations: [ObjectOperation], _ models: any ObjectModels, _ memory: Int,
        _ isOver: @escaping (Int) -> Bool
    ) -> Finding {
        var finding = Finding(object: object, verdict: .unknown)
        finding.operations = operations.count
        finding.open = operations.count { $0.end == nil }
        let type = operations[0].type
        guard let simulator = models.simulator(of: type) else {
            finding.reason = "the methods of \(type) cannot be run here"
            return finding
        }
        guard finding.open < finding.operations else {
            finding.reason = "no caller learned what came of its invocation"
            return finding
        }
        do throws(ModelFailure) {
            let (linearization, judged) =
                switch model {
                case .methods: try methods(object, operations, simulator, memory, isOver)
                case .register: try named(RegisterModel.self, object, operations, simulator, memory, isOver)
                case .counter: try named(CounterModel.self, object, operations, simulator, memory, isOver)
                case .queue: try named(QueueModel.self, object, operations, simulator, memory, isOver)
                }
            finding.configurations = linearization.configurations
            switch linearization.verdict {
            case .legal: finding.verdict = .pass
            case .unknown(let reason): finding.reason = reason
            case .illegal(let contradiction):
                let writer = InvocationWriter(simulator: simulator, origin: judgement.ledger.timeline.origin)
                finding.verdict = .fail
                finding.reason = "\(object): \(writer.explanation(contradiction, judged))"
                finding.example = writer.example(contradiction, judged)
            }
        } catch {
            finding.reason = error.reason
        }
        return finding
    }

    private typealias Answer = (Linearization, judged: [ObjectOperation])

    private func methods(
        _ object: String, _ operations: [ObjectOperation], _ simulator: any ObjectSimulator, _ memory: Int,
        _ isOver: @escaping (Int) -> Bool
    ) throws(ModelFailure) -> Answer {
        guard let initial = simulator.initialState(of: object) else {
            throw ModelFailure("what it held at first is not known")
        }
        let model = MethodsModel(simulator: simulator, type: operations[0].type, initial: initial)
        let all = operations.map { operation in
            let output: MethodsModel.Output? =
                switch operation.outcome {
                case .open, .unseen: nil
                case .result(let bytes): .result(bytes)
                case .exception(let name): .exception(name)
                }
            return ConcurrentOperation(
                call: operation.start, end: operation.end,
                input: MethodsModel.Input(method: operation.method, arguments: operation.arguments), output: output)
        }
        return (Linearizer.check(model, all, memory: memory, isOver: isOver), operations)
    }

    private func named<Model: InvocationModel>(
        _ kind: Model.Type, _ object: String, _ operations: [ObjectOperation], _ simulator: any ObjectSimulator,
        _ memory: Int, _ isOver: @escaping (Int) -> Bool
    ) throws(ModelFailure) -> Answer {
        guard let fields = simulator.initialFields(of: object) else {
            throw ModelFailure("what it held at first is not known")
        }
        var all: [ConcurrentOperation<Model.Input, Model.Output>] = []
        var judged: [ObjectOperation] = []
        for operation in operations {
            guard let (input, output) = try Model.read(try read(operation, simulator)) else { continue }
            all.append(ConcurrentOperation(call: operation.start, end: operation.end, input: input, output: output))
            judged.append(operation)
        }
        guard all.contains(where: { $0.end != nil }) else {
            throw ModelFailure("every invocation that returned was refused with an exception")
        }
        return (Linearizer.check(Model(fields: fields), all, memory: memory, isOver: isOver), judged)
    }

    private func read(
        _ operation: ObjectOperation, _ simulator: any ObjectSimulator
    ) throws(ModelFailure) -> ReadInvocation {
        let name = "\(operation.type).\(operation.method)"
        guard let arguments = simulator.arguments(of: operation.method, operation.arguments) else {
            throw ModelFailure("the arguments of \(name) cannot be read")
        }
        var outcome = ReadInvocation.Outcome.open
        switch operation.outcome {
        case .open: break
        case .unseen: outcome = .unseen
        case .exception(let name): outcome = .exception(name)
        case .result(let bytes):
            guard let result = simulator.result(of: operation.method, bytes) else {
                throw ModelFailure("what \(name) returned cannot be read")
            }
            outcome = .result(result)
        }
        return ReadInvocation(name: name, method: operation.method, arguments: arguments, outcome: outcome)
    }
}
