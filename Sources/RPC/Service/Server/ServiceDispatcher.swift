import ClusterModel
import DequeModule
import NIOCore
import Protobuf

/// The server's half of the call semantics, whatever the transport: it tells new calls from duplicates, runs handlers,
/// and answers everyone who waits. Confined to its event loop.
///
/// - Calls with an id, of a service whose duplicates get the saved reply, are filtered (`DuplicateTable`). One execution
///   may then have several transmissions waiting. The loss of a connection does not touch it; the client's reset of the
///   last one does, unless that transmission's own time was over: then it is only the end of an attempt.
/// - Other calls are one execution a transmission, which ends with it.
/// - A streaming method's messages are not kept. A second transmission of such a call is refused as *unknown*.
/// - At most `concurrency` executions run; `waiting` more wait in order. Beyond, calls are refused as *not executed*.
package final class ServiceDispatcher {
    package struct Configuration: Sendable {
        /// Who answers: `server-1`.
        package var instance: String
        /// Of this life of the server; a token without `/`.
        package var incarnation: String
        package var concurrency = 1_000
        package var waiting = 1_000
        /// Transmissions that may wait for one execution; further ones get no answer but *unknown*.
        package var duplicatesWaiting = 1_000

        package init(instance: String, incarnation: String) {
            self.instance = instance
            self.incarnation = incarnation
        }
    }

    package let eventLoop: any EventLoop
    package let configuration: Configuration
    package let store: NodeStore?
    package weak var observer: (any ServiceObserver)?
    /// Takes no new calls.
    package private(set) var isDraining = false
    package private(set) var runningCount = 0
    package var waitingCount: Int { waiting.count }

    private var methods: [String: ServedMethod] = [:]
    var waiting: Deque<Execution> = []
    private var nextNumber: UInt64 = 1
    private let successes: [ReplyOrigin: Metadata]
    private let identity: String
    private lazy var deadlines = DeadlineTimer<Execution>(eventLoop: eventLoop) { [unowned self] in deadlinePassed($0) }
    /// Places are being filled: handlers that end at once must not begin the next ones inside each other.
    private var isFilling = false
    private var whenIdle: [() -> Void] = []
    package init(_ configuration: Configuration, store: NodeStore? = nil, on eventLoop: any EventLoop) {
        self.configuration = configuration
        self.store = store
        self.eventLoop = eventLoop
        identity = "\(configuration.instance)/\(configuration.incarnation)"
        successes = Dictionary(
            uniqueKeysWithValues: [ReplyOrigin.executed, .saved, .attached].map { [identity] in
                ($0, ReplyHeader(server: identity, reply: $0).metadata)
            })
    }

    package func add(_ service: ServedService) {
        var incarnations: Set = [configuration.incarnation]
        if service.duplicates.durable, let store { incarnations.formUnion(store.incarnations) }
        let state = ServiceState(service, incarnations: incarnations, hasStore: store != nil)
        for type in service.schema.methods(of: service.name) {
            guard let handler = service.handlers[type.name] else { continue }
            methods[type.path] = ServedMethod(type, handler, state)
        }
        guard state.isDurable, let store else { return }
        for change in store.recovered(service: service.name) {
            state.table.restore(change, now: now)
            guard case .saved(let id, let reply, _, _) = change else { continue }
            observer?.duplicate(
                DuplicateRequest(call: id, stamp: 0, method: reply.method, attempt: 0, action: .recovered))
        }
    }

    var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    /// Refuses new calls from now on, as *not executed*; those that run and wait go on.
    /// - Parameter idle: called when there are none left, perhaps at once.
    package func drain(_ idle: @escaping () -> Void = {}) {
        isDraining = true
        whenIdle.append(idle)
        checkIdle()
    }

    private func checkIdle() {
        guard isDraining, runningCount == 0, waiting.isEmpty, !whenIdle.isEmpty else { return }
        let waiters = whenIdle
        whenIdle = []
        for waiter in waiters { waiter() }
    }

    // MARK: - Requests

    /// A transmission's headers have arrived.
    /// - Returns: what to feed with the rest of it; nil if it has been answered already.
    package func open(_ call: InboundCall) -> InboundRequest? {
        var header = CallHeader()
        var problem: String?
        do throws(CallHeader.Malformed) {
            header = try CallHeader(call.metadata)
        } catch {
            problem = "\(error.name) cannot be read"
        }
        guard let entry = methods[call.path] else {
            let reply = SavedReply(
                method: "", status: GRPCStatus(.unimplemented, "no method \(call.path) here"), outcome: .notExecuted)
            call.responder.finish(reply.status, trailers: trailers(reply, nil))
            return nil
        }
        let request = InboundRequest(call, header, entry, self, now: now)
        if let problem {
            refuse(request, .malformed, problem)
            return nil
        }
        // What the client streams has nowhere to wait: its execution begins with the headers.
        if entry.type.clientStreaming { accept(request, body: nil) }
        return request.isOver ? nil : request
    }

    /// A request is complete, or streams.
    func accept(_ request: InboundRequest, body: ByteBuffer?) {
        let service = request.entry.service
        let now = self.now
        guard service.filters, let id = request.header.id else {
            return acceptUnfiltered(request, body: body, now: now)
        }
        if service.isDurable, let store, store.failure != nil {
            return refuse(request, .store, "the server's store has failed", outcome: .unknown)
        }
        var created: Execution?
        func make() -> Execution {
            let execution = Execution(request.entry, request, body: body, deadline: request.deadline, dispatcher: self)
            created = execution
            return execution
        }
        let admission = service.table.admit(
            id, attempt: request.header.attempt, acknowledged: request.header.acknowledged,
            server: request.header.server,
            deadline: request.deadline, now: now, inability: inability, running: make())
        switch admission {
        case .execute:
            guard let created else { return }
            attach(request, created, .executed)
            begin(created)
        case .attach(let execution): join(request, execution)
        case .resend(let reply, _):
            if let execution = service.committing[id] { return join(request, execution) }
            guard !request.entry.isStreaming else { return refuseRepeatedStream(request) }
            note(request, .resent)
            request.answer(reply, trailers: trailers(reply, .saved))
        case .refuse(let reason, let outcome):
            refuse([request], of: service, reason, nil, outcome)
        }
    }

    private func acceptUnfiltered(_ request: InboundRequest, body: ByteBuffer?, now: Int64) {
        if let inability, !request.entry.service.isManagement { return refuse(request, inability) }
        if let deadline = request.deadline, deadline <= now { return refuse(request, .deadline) }
        if request.header.id != nil, request.header.attempt > 1 { note(request, .executedAgain) }
        let execution = Execution(request.entry, request, body: body, deadline: request.deadline, dispatcher: self)
        attach(request, execution, .executed)
        begin(execution)
    }

    /// A duplicate of a call that runs, or whose answer is on its way to the disk.
    private func join(_ request: InboundRequest, _ execution: Execution) {
        guard !request.entry.isStreaming else { return refuseRepeatedStream(request) }
        guard execution.requests.count < configuration.duplicatesWaiting else {
            return refuse(request, .limit, "too many transmissions of one call", outcome: .unknown)
        }
        note(request, .attached)
        attach(request, execution, .attached)
    }

    private func attach(_ request: InboundRequest, _ execution: Execution, _ origin: ReplyOrigin) {
        request.execution = execution
        request.origin = origin
        // Unless the transmission's own time is shorter, the execution's end is its end too.
        if let own = request.ownDeadline, let deadline = execution.deadline, deadline <= own {
            request.responder.deadlineIsWatched()
        }
        execution.requests.append(request)
    }

    /// Why no new call can begin now.
    private var inability: RefusalReason? {
        if isDraining { return .draining }
        return runningCount >= configuration.concurrency && waiting.count >= configuration.waiting ? .overloaded : nil
    }

    private func refuseRepeatedStream(_ request: InboundRequest) {
        refuse(request, .streaming, "a streaming call cannot be repeated", outcome: .unknown)
    }

    func refuse(
        _ request: InboundRequest, _ reason: RefusalReason, _ message: String? = nil,
        outcome: DeclaredOutcome = .notExecuted
    ) {
        if let action = DuplicateAction(reason) { note(request, action) }
        let reply = SavedReply(
            method: request.entry.name, status: GRPCStatus(reason.code, message ?? reason.message), outcome: outcome,
            reason: reason.rawValue)
        request.answer(reply, trailers: trailers(reply, nil))
    }

    private func note(_ request: InboundRequest, _ action: DuplicateAction) {
        guard !request.entry.service.isManagement, let observer else { return }
        observer.duplicate(
            DuplicateRequest(
                call: request.header.id, stamp: request.header.stamp, method: request.entry.name,
                attempt: request.header.attempt, action: action))
    }

    // MARK: - Executions

    private func begin(_ execution: Execution) {
        if let deadline = execution.deadline { deadlines.set(execution, UInt64(max(deadline, 0))) }
        let hasPlace = runningCount < configuration.concurrency || execution.entry.service.isManagement
        if hasPlace { run(execution) } else { waiting.append(execution) }
    }

    private func run(_ execution: Execution) {
        if let body = execution.body {
            execution.body = nil
            do throws(DecodingError) {
                execution.request = try Message(body, as: execution.method.input)
            } catch {
                return withdraw(execution, .malformed, "the request is malformed: \(error)")
            }
        }
        if !execution.entry.service.isManagement {
            runningCount += 1
            execution.holdsPlace = true
        }
        execution.phase = .running
        execution.number = nextNumber
        nextNumber += 1
        if !execution.entry.service.isManagement, let observer {
            observer.executionStarted(
                ExecutionStart(
                    number: execution.number, call: execution.header.id, stamp: execution.header.stamp,
                    method: execution.entry.name, attempt: execution.header.attempt,
                    isDurable: execution.entry.service.isDurable))
        }
        execution.entry.handler.start(execution)
    }

    /// It was admitted, and is not begun after all.
    func withdraw(_ execution: Execution, _ reason: RefusalReason, _ message: String? = nil) {
        execution.phase = .ended
        deadlines.set(execution, nil)
        let service = execution.entry.service
        var outcome = DeclaredOutcome.notExecuted
        if service.filters, let id = execution.header.id {
            outcome = service.table.withdrawn(id, attempt: latestAttempt(execution), reason, now: now)
        }
        let requests = execution.requests
        execution.requests = []
        refuse(requests, of: service, reason, message, outcome)
    }

    /// All who wait hear the refusal, so it is one of all their attempts.
    private func latestAttempt(_ execution: Execution) -> UInt32 {
        execution.requests.map(\.header.attempt).max() ?? execution.header.attempt
    }

    /// A handler has finished, or was made to.
    func ended(_ execution: Execution, _ ending: ExecutionEnding, _ reply: SavedReply) {
        deadlines.set(execution, nil)
        let operations = execution.transaction?.end(commits: ending == .succeeded) ?? []
        let service = execution.entry.service
        guard let store, service.isDurable && execution.header.id != nil || execution.transaction != nil else {
            execution.phase = .ended
            if service.filters, let id = execution.header.id { complete(service, id, execution, reply) }
            return settle(execution, ending, reply)
        }
        // The answer leaves when the effect and the saved reply are on disk; until then duplicates attach.
        execution.phase = .committing
        let id = service.filters ? execution.header.id : nil
        if let id {
            complete(service, id, execution, reply)
            service.committing[id] = execution
        }
        store.commit(operations + changes(of: service)) { [self] failure in
            execution.phase = .ended
            if let id { service.committing[id] = nil }
            guard let failure else { return settle(execution, ending, reply) }
            let lost = SavedReply(
                method: reply.method, status: GRPCStatus(.unavailable, "the server's store has failed: \(failure)"),
                outcome: .unknown, reason: RefusalReason.store.rawValue)
            // Duplicates must not hear of a success that a restart would deny.
            if let id { complete(service, id, execution, lost) }
            settle(execution, .cut, lost)
        }
    }

    /// What its table has to say to the disk.
    private func changes(of service: ServiceState) -> [StoreOperation] {
        service.isDurable
            ? service.table.takeChanges(now: now).map { .table(service: service.name, $0) } : []
    }

    private func complete(_ service: ServiceState, _ id: CallID, _ execution: Execution, _ reply: SavedReply) {
        // A stream's messages are gone: what is kept is that it was executed.
        let kept = execution.entry.isStreaming ? SavedReply(method: reply.method, status: reply.status) : reply
        service.table.completed(id, kept, bytes: kept.size, now: now)
    }

    private func settle(_ execution: Execution, _ ending: ExecutionEnding, _ reply: SavedReply) {
        if !execution.entry.service.isManagement {
            observer?.executionEnded(number: execution.number, ending, code: reply.status.code)
        }
        let requests = execution.requests
        execution.requests = []
        for request in requests { request.answer(reply, trailers: trailers(reply, request.origin)) }
        if ending != .cut || execution.entry.handler.stopsWhenCancelled { release(execution) }
    }

    /// Its place is free for another one.
    func release(_ execution: Execution) {
        guard execution.holdsPlace, execution.phase == .ended else { return }
        execution.holdsPlace = false
        runningCount -= 1
        if !isFilling {
            isFilling = true
            while runningCount < configuration.concurrency, let next = waiting.popFirst() {
                if next.phase == .waiting { run(next) }
            }
            isFilling = false
        }
        checkIdle()
    }

    /// What a durable service says must be on disk, refusals included: a copy of what was called *not executed* must not
    /// be executed by the next life.
    private func refuse(
        _ requests: [InboundRequest], of service: ServiceState, _ reason: RefusalReason, _ message: String?,
        _ outcome: DeclaredOutcome
    ) {
        let changes = changes(of: service)
        guard service.isDurable, let store, !changes.isEmpty || !store.isIdle else {
            for request in requests { refuse(request, reason, message, outcome: outcome) }
            return
        }
        store.commit(changes) { [self] failure in
            for request in requests {
                if failure == nil {
                    refuse(request, reason, message, outcome: outcome)
                } else {
                    refuse(request, .store, outcome: .unknown)
                }
            }
        }
    }

    // MARK: - Words

    private func trailers(_ reply: SavedReply, _ origin: ReplyOrigin?) -> Metadata {
        if reply.status.isOK, reply.trailers.isEmpty, let origin, let known = successes[origin] { return known }
        var trailers = ReplyHeader(
            server: identity, reply: origin, outcome: reply.status.isOK ? nil : reply.outcome, reason: reply.reason
        ).metadata
        try? trailers.add(contentsOf: reply.trailers)
        return trailers
    }
}
