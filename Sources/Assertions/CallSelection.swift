import ClusterModel

/// The calls that a `CallScope` is about.
struct CallSelection: Sendable {
    private let ledger: Ledger
    private let anyMethod: Bool
    private let methods: [Bool]
    private let from: Set<Int32>?
    private let to: Set<Int32>?

    init(_ scope: CallScope, _ ledger: Ledger, _ topology: Topology) {
        self.ledger = ledger
        anyMethod = scope.method == nil
        methods = ledger.calls.methods.values.map { scope.includes(path: $0) }
        from = scope.from.map { name in
            let names = topology.node(named: name)?.instances ?? [name]
            return Set(names.compactMap { ledger.processes.known($0) })
        }
        to = scope.to.map { name in
            let node = topology.node(named: name)
            var names = (node?.instances ?? [name]) + [name]
            // A call through a queue may name the queue as where it goes.
            if case .queue(let queue, _)? = node?.serve?.via { names += [queue, "queue:\(queue)"] }
            return Set(names.compactMap { ledger.processes.known($0) })
        }
    }

    func includes(_ number: Int32) -> Bool {
        let call = ledger.calls.calls[Int(number)]
        guard call.isKnown, isOurs(method: call.method) else { return false }
        if let from, !from.contains(call.caller) { return false }
        guard let to else { return true }
        if ledger.calls.attemptsOfCall[number].contains(where: { to.contains(ledger.calls.attempts[Int($0)].target) }) {
            return true
        }
        return ledger.calls.requestsOfCall[number].contains {
            let connection = ledger.calls.requests[Int($0)].connection
            return connection >= 0 && to.contains(ledger.connections[Int(connection)].server)
        }
    }

    /// Whoever called: an execution of no known call is everybody's.
    func includes(_ execution: ExecutionFact) -> Bool {
        isOurs(method: execution.method) && to?.contains(execution.process) ?? true
    }

    private func isOurs(method: Int32) -> Bool { anyMethod || (method >= 0 && methods[Int(method)]) }

    /// In the order in which they were first seen.
    var calls: some Sequence<Int32> {
        (0..<Int32(ledger.calls.calls.count)).lazy.filter { includes($0) }
    }

    /// Why there are none.
    var emptiness: String {
        ledger.calls.calls.contains { $0.isKnown } ? "no call that it is about was made" : "no call was made"
    }
}
