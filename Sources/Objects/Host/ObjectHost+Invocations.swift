import ClusterModel
import History
import NIOCore
import Protobuf
import RPC

/// Transmissions, and the invocations that come of them.
extension ObjectHost {
    /// The services of the types that it hosts.
    package func services() throws -> [ServedService] {
        try types.values.map { type in
            let service = type.declared.service
            var handlers: [String: any MethodHandler] = [:]
            for method in service.definition?.methods ?? [] {
                handlers[method.name] = ClosureHandler { [unowned self] in arrived($0, type) }
            }
            return ServedService(
                try Schema(service.schema), name: service.name, duplicates: DuplicatePolicy(on: .execute),
                handlers: handlers, isManagement: true)
        }
    }

    private func arrived(_ execution: RPC.Execution, _ type: HostedType) {
        guard let id = execution.metadata[ObjectHeader.object] else {
            return refuse(
                execution, .malformed, "an invocation names its object in the metadata '\(ObjectHeader.object)'")
        }
        // A whole reference will do.
        let object = ObjectReference(id)?.object ?? id
        if let hosted = objects[object] {
            guard hosted.type === type else {
                return refuse(
                    execution, .wrongType,
                    "'\(object)' is of the type \(hosted.reference.type), not \(type.declared.name)")
            }
            guard hosted.life.takesInvocations, !isStopping else { return refuse(execution, .draining) }
            guard hosted.waiting.count < type.declared.mailbox else {
                return refuse(execution, .overloaded, "\(hosted.waiting.count) invocations of '\(object)' wait already")
            }
            wait(execution, in: hosted)
            pump(hosted)
        } else if let prepared = prepared[object] {
            guard prepared.waiting.count < type.declared.mailbox else { return refuse(execution, .overloaded) }
            prepared.waiting.append(execution)
            execution.onCancel = { [unowned prepared, unowned self] _ in
                prepared.waiting.removeAll { $0 === execution }
                refuse(execution, .deadline)
            }
        } else if let tombstone = tombstones[object], tombstone.until > now {
            moved(execution, to: tombstone.owner, epoch: tombstone.epoch)
        } else {
            refuse(execution, .notHere, "'\(object)' is not here")
        }
    }

    func wait(_ execution: RPC.Execution, in object: HostedObject) {
        object.waiting.append(execution)
        execution.onCancel = { [unowned object, unowned self] _ in
            object.waiting.removeAll { $0 === execution }
            // Nothing of it has been executed by this transmission.
            if object.currentExecution !== execution { refuse(execution, .deadline) }
        }
    }

    // MARK: - Turns

    /// Begins what may begin.
    func pump(_ object: HostedObject) {
        guard !object.isPumping else { return }
        object.isPumping = true
        defer { object.isPumping = false }
        while object.life.mayBegin, let execution = object.waiting.popFirst() {
            if execution.isOpen { serve(execution, object) }
        }
    }

    private func serve(_ execution: RPC.Execution, _ object: HostedObject) {
        guard mayServe else { return refuse(execution, .lease) }
        let header = execution.header
        let now = self.now
        guard object.type.declared.service.duplicates.on == .resendReply, let id = header.id else {
            if let deadline = execution.deadline, deadline <= now { return refuse(execution, .deadline) }
            return run(execution, object, id: nil)
        }
        let admission = object.table.admit(
            id, attempt: header.attempt, acknowledged: header.acknowledged, server: header.server,
            deadline: execution.deadline, now: now, running: ObjectRunning())
        switch admission {
        case .execute: run(execution, object, id: id)
        case .attach: refuse(execution, .overloaded, outcome: .unknown)
        case .resend(let reply, _):
            duplicate(execution, .resent)
            // What the reply says may not be on disk yet: nobody must hear of it before.
            afterSaving(object) { [self] saved in
                if saved {
                    answer(execution, reply, origin: .saved, object)
                } else {
                    refuse(execution, .store, outcome: .unknown)
                }
            }
        case .refuse(let reason, let outcome):
            if let action = DuplicateActionEvent(reason) { duplicate(execution, action) }
            refuse(execution, reason, outcome: outcome)
        }
    }

    private func run(_ execution: RPC.Execution, _ object: HostedObject, id: CallID?) {
        guard let request = execution.request else { return refuse(execution, .malformed) }
        let number = nextInvocation()
        object.life.began()
        object.currentExecution = execution
        object.currentSession = session
        follow(execution, object)
        let invocation = Invocation(
            number: number, reference: object.reference, type: object.type.declared, method: execution.method,
            header: execution.header, metadata: execution.metadata, request: request, deadline: execution.deadline,
            live: object.live
        ) { [unowned self] result in completed(object, execution, id, number, result) }
        object.running = invocation
        var event = ExecutionEvent()
        event.number = number
        event.call = execution.header.id?.description ?? ""
        event.stamp = execution.header.stamp
        event.method = "\(execution.method.service)/\(execution.method.name)"
        event.attempt = execution.header.attempt
        event.durable = object.type.declared.durable
        event.object = object.object
        event.epoch = object.life.epoch
        record(.execution(event))
        let taken: Set<ObjectReference>
        do {
            taken =
                object.type.takesReferences.contains(execution.method.name)
                ? try ReferenceScan.references(in: request.untyped) : []
        } catch {
            return invocation.fail(ObjectException(name: "", message: "\(error)"))
        }
        let begin = { [self] in
            if configuration.work > .zero {
                eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(configuration.work.nanoseconds)) {
                    self.behaviour.start(invocation)
                }
            } else {
                behaviour.start(invocation)
            }
        }
        if taken.isEmpty { return begin() }
        // Who passed them holds them until we answer; we must be on their owners' lists before that.
        object.hasReferences = true
        references.hold(taken, for: .invocation(number)) { begin() }
    }

    private func completed(
        _ object: HostedObject, _ execution: RPC.Execution, _ id: CallID?, _ number: UInt64,
        _ result: Result<Message, ObjectException>
    ) {
        object.running = nil
        object.currentExecution = nil
        let reply = reply(to: execution, result)
        if let id { object.table.completed(id, reply, bytes: reply.size, now: now) }
        let session = object.currentSession
        let epoch = object.life.epoch
        if object.hasReferences { settleReferences(of: object, number, try? result.get()) }
        object.unsettled += 1
        save(object) { [self] saved in
            // The lease: whoever owns it now may know nothing of what was done here.
            let isOwner = saved && session == self.session && now < leaseUntil
            var event = ExecutionResult()
            event.number = number
            event.type = !saved || reply.outcome == .unknown ? .info : reply.status.isOK ? .ok : .fail
            event.code = UInt16(reply.status.code.rawValue)
            record(.executionResult(event))
            if isOwner {
                answer(execution, reply, origin: .executed, object, epoch: epoch)
            } else {
                refuse(execution, saved ? .lease : .store, outcome: .unknown)
            }
            object.unsettled -= 1
            if object.unsettled == 0, let goOn = object.whenSettled {
                object.whenSettled = nil
                goOn()
            }
        }
        snapshotLater(object)
        carryOut(object.life.ended(), object)
        collectLater(object)
    }

    private func reply(to execution: RPC.Execution, _ result: Result<Message, ObjectException>) -> SavedReply {
        let name = "\(execution.method.service)/\(execution.method.name)"
        switch result {
        case .success(let message):
            return SavedReply(method: name, message: ByteBuffer(bytes: message.encoded))
        case .failure(let exception):
            var trailers = Metadata()
            if !exception.name.isEmpty { try? trailers.add(ObjectHeader.exception, exception.name) }
            if !exception.trace.isEmpty {
                try? trailers.add(ObjectHeader.trace, binary: Array(exception.trace.utf8.prefix(2_048)))
            }
            let code: GRPCCode =
                exception.limit?.code ?? (exception.name.isEmpty ? .unknown : .failedPrecondition)
            return SavedReply(
                method: name, status: GRPCStatus(code, exception.message), trailers: trailers,
                outcome: exception.limit == nil ? .executed : .unknown, reason: exception.limit?.rawValue)
        }
    }

    // MARK: - Answers

    private func answer(
        _ execution: RPC.Execution, _ reply: SavedReply, origin: ReplyOrigin, _ object: HostedObject,
        epoch: UInt64? = nil
    ) {
        var reply = reply
        try? reply.trailers.add(ObjectHeader.epoch, String(epoch ?? object.life.epoch), repeats: true)
        execution.answer(reply, origin: origin)
    }

    func moved(_ execution: RPC.Execution, to owner: String, epoch: UInt64) {
        var trailers = Metadata()
        try? trailers.add(ObjectHeader.owner, owner, repeats: true)
        try? trailers.add(ObjectHeader.epoch, String(epoch), repeats: true)
        refuse(execution, .moved, "it is at \(owner)", trailers: trailers)
    }

    func refuse(
        _ execution: RPC.Execution, _ reason: RefusalReason, _ message: String? = nil,
        outcome: DeclaredOutcome = .notExecuted, trailers: Metadata = Metadata()
    ) {
        let status = GRPCStatus(reason.code, message ?? reason.message)
        execution.answer(
            SavedReply(
                method: execution.method.path, status: status, trailers: trailers, outcome: outcome,
                reason: reason.rawValue), origin: nil)
    }

    private func duplicate(_ execution: RPC.Execution, _ action: DuplicateActionEvent) {
        countFiltered()
        var event = DuplicateCall()
        event.call = execution.header.id?.description ?? ""
        event.stamp = execution.header.stamp
        event.method = "\(execution.method.service)/\(execution.method.name)"
        event.attempt = execution.header.attempt
        event.action = action
        record(.duplicateCall(event))
    }

    // MARK: - follow:

    /// Counts who invokes; a process that makes enough of the invocations and can host the object gets it.
    private func follow(_ execution: RPC.Execution, _ object: HostedObject) {
        guard let share = object.type.declared.follow, let caller = execution.metadata[ObjectHeader.caller] else {
            return
        }
        object.callers[caller, default: 0] += 1
        object.invocations += 1
        guard object.invocations >= 20, object.invocations % 10 == 0 else { return }
        let count = object.callers[caller] ?? 0
        let isHost = configuration.hosts[object.reference.type]?.contains(caller) ?? false
        if caller != configuration.instance, isHost,
            Double(count) >= share.fraction * Double(object.invocations)
        {
            // Not within the invocation that has just begun.
            eventLoop.assumeIsolated().execute { self.migrate(object.object, to: caller) { _ in } }
        }
        // What was long ago counts less.
        if object.invocations >= 200 {
            object.invocations /= 2
            object.callers = object.callers.mapValues { $0 / 2 }.filter { $0.value > 0 }
        }
    }
}

/// Nothing stands for a running invocation: one runs at a time, and its duplicates wait behind it.
struct ObjectRunning: Sendable {}

extension DuplicateActionEvent {
    /// Nil for what is no matter of executions.
    init?(_ reason: RefusalReason) {
        switch reason {
        case .stale: self = .stale
        case .tableFull: self = .tableFull
        case .serverRestarted: self = .serverRestarted
        case .deadline: self = .deadline
        case .overloaded, .draining: self = .overloaded
        default: return nil
        }
    }
}
