import Assertions
import ClusterModel
import History

/// Histories of calls in a few words: `client` calls, `server` executes; each step moves the clock by a millisecond.
struct CallHistory {
    var base = HistoryBuilder()
    private var connections: [String: UInt32] = [:]
    private var lastStamp: Int64 = 0
    private var lastExecution: UInt64 = 0

    var history: History { base.history }

    private func node(_ name: String, _ life: UInt32) -> EvidenceSource {
        EvidenceSource(kind: .node, name: name, incarnation: life)
    }

    mutating func finish() { base.finish() }

    // MARK: - Callers

    mutating func attempt(
        _ call: String, _ attempt: UInt32 = 1, by client: String = "client", life: UInt32 = 1,
        to server: String = "server", method: String = "Calculator/suma", late: Int64 = 0
    ) {
        var event = CallAttempt()
        event.call = call
        event.attempt = attempt
        event.target = server
        event.method = method
        event.late = late
        base.add(.call(event), by: node(client, life))
    }

    mutating func result(
        _ call: String, _ outcome: CallOutcome, code: UInt16 = 0, reason: String = "", unexpected: Bool = false,
        by client: String = "client", life: UInt32 = 1
    ) {
        var event = CallResult()
        event.call = call
        event.type =
            switch outcome {
            case .success: .ok
            case .error, .notExecuted: .fail
            case .unknown: .info
            }
        event.executed = outcome == .error
        event.code = code
        event.reason = reason
        event.unexpected = unexpected
        base.add(.callResult(event), by: node(client, life))
    }

    // MARK: - Servers

    @discardableResult
    mutating func begin(
        _ call: String = "", number: UInt64? = nil, stamp: Int64 = 0, at server: String = "server", life: UInt32 = 1,
        attempt: UInt32 = 1, durable: Bool = false, method: String = "Calculator/suma"
    ) -> UInt64 {
        lastExecution += 1
        var event = Execution()
        event.number = number ?? lastExecution
        event.call = call
        event.stamp = stamp
        event.method = method
        event.attempt = attempt
        event.durable = durable
        base.add(.execution(event), by: node(server, life))
        return event.number
    }

    mutating func end(
        _ number: UInt64, _ type: OperationType = .ok, code: UInt16 = 0, at server: String = "server", life: UInt32 = 1
    ) {
        var event = ExecutionResult()
        event.number = number
        event.type = type
        event.code = code
        base.add(.executionResult(event), by: node(server, life))
    }

    mutating func execute(_ call: String, times: Int = 1, at server: String = "server") {
        for _ in 0..<times { end(begin(call, at: server), at: server) }
    }

    mutating func duplicate(
        _ call: String, _ action: DuplicateAction, attempt: UInt32 = 2, at server: String = "server", life: UInt32 = 1
    ) {
        var event = DuplicateCall()
        event.call = call
        event.attempt = attempt
        event.action = action
        base.add(.duplicateCall(event), by: node(server, life))
    }

    // MARK: - Links

    private mutating func connect(_ client: String, _ server: String) -> UInt32 {
        let key = "\(client) \(server)"
        if let known = connections[key] { return known }
        var event = ConnectionOpened()
        event.connection = UInt32(1_000 + connections.count)
        event.client = client
        event.server = server
        base.add(.connection(event), by: HistoryBuilder.links)
        connections[key] = event.connection
        return event.connection
    }

    mutating func disconnect(_ client: String = "client", from server: String = "server") {
        var event = ConnectionClosed()
        event.connection = connect(client, server)
        connections["\(client) \(server)"] = nil
        base.add(.connectionClosed(event), by: HistoryBuilder.links)
    }

    @discardableResult
    mutating func request(
        _ call: String = "", stamp: Int64? = nil, attempt: UInt32 = 0, from client: String = "client",
        to server: String = "server", fate: Fate = .passed, copies: UInt8? = nil, method: String = "Calculator/suma"
    ) -> Int64 {
        var event = CallRequest()
        event.connection = connect(client, server)
        lastStamp = stamp ?? lastStamp + 1
        event.stamp = lastStamp
        event.call = call
        event.attempt = attempt
        event.method = method
        event.fate = fate
        event.copies = copies ?? (fate == .dropped || fate == .undeliverable ? 0 : fate == .duplicated ? 2 : 1)
        base.add(.callRequest(event), by: HistoryBuilder.links)
        return lastStamp
    }

    mutating func reply(
        _ stamp: Int64, _ outcome: CallReplyOutcome = .finished, code: UInt16 = 0, note: String = "", copy: UInt8 = 1,
        fate: Fate = .passed
    ) {
        var event = CallReply()
        event.stamp = stamp
        event.copy = copy
        event.outcome = outcome
        event.code = code
        event.note = note
        event.fate = fate
        base.add(.callReply(event), by: HistoryBuilder.links)
    }

    // MARK: - Whole calls

    /// A native call that was executed so often.
    mutating func call(_ call: String, _ outcome: CallOutcome?, executed times: Int) {
        attempt(call)
        execute(call, times: times)
        if let outcome { result(call, outcome) }
    }

    // MARK: - Verdicts

    func one(_ assertion: Assertion, _ topology: Topology = Self.native) -> AssertionResult {
        base.one(topology, assertion)
    }

    func result(_ guarantee: CallGuarantee, _ topology: Topology = Self.native) -> AssertionResult {
        one(.calls(guarantee, CallScope()), topology)
    }

    /// What `maybe`, `at-least-once`, `at-most-once` and `exactly-once` say.
    func verdicts(_ topology: Topology = Self.native) -> [Verdict] {
        CallGuarantee.allCases.map { result($0, topology).verdict }
    }

    func account(_ topology: Topology = Self.native) -> CallAccount { result(.maybe, topology).calls! }

    static let native = Topology(
        name: "rpc",
        nodes: [
            Node(name: "server", serve: ServeRole(services: ["Calculator"])),
            Node(
                name: "client",
                call: [CallRole(service: "Calculator", method: "suma", to: "server")]),
        ])

    /// The same with programs of the user's at both ends.
    static let foreign = Topology(
        name: "rpc",
        nodes: [
            Node(
                name: "server", serve: ServeRole(services: ["Calculator"]),
                command: CommandRole(arguments: ["server"])),
            Node(name: "client", command: CommandRole(arguments: ["client"])),
        ])
}
