import ClusterModel
import History
import NIOCore
import RPC

/// The directory's lease, and what it says of objects.
extension ObjectHost {
    /// Opens a session, takes back what the store has, and creates what the file declares. Succeeds when all that is
    /// decided; the directory is asked until it answers.
    package func start() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        recover()
        openSession { [self] in
            let recovered = objects.values.filter { $0.life.phase == .lost }
            var pending = recovered.count + 1
            func done() {
                pending -= 1
                if pending == 0 { promise.succeed() }
            }
            for object in recovered {
                registered[object.object, default: []].append { _ in done() }
                claim(object, ground: .store)
            }
            for copy in prepared.values {
                pending += 1
                lookUpAtStart(copy, done)
            }
            watchPrepared()
            for type in types.values {
                for instance in type.declared.instances
                where instance.host == configuration.instance && objects[instance.name] == nil
                    && prepared[instance.name] == nil
                {
                    pending += 1
                    create(type.declared.name, fields: instance.state, name: instance.name) { _ in done() }
                }
            }
            done()
        }
        return promise.futureResult
    }

    private func lookUpAtStart(_ copy: PreparedObject, _ done: @escaping () -> Void) {
        directory.lookup([copy.transfer.object]) { [self] result in
            guard case .success(let reply) = result else { return done() }
            decide(copy, reply.objects.first, done)
        }
    }

    // MARK: - The lease

    private func openSession(_ opened: @escaping () -> Void) {
        guard !isStopping else { return }
        var request = OpenSession()
        request.host = configuration.instance
        request.incarnation = configuration.incarnation + (session == 0 && sessions > 0 ? ".\(sessions)" : "")
        request.types = Array(types.keys)
        let sent = now
        directory.open(request, within: .seconds(5)) { [self] result in
            guard case .success(let lease) = result, lease.session != 0 else {
                return after(50_000_000, "open") { self.openSession(opened) }
            }
            session = lease.session
            sessions += 1
            extend(lease, sent)
            opened()
        }
    }

    private func extend(_ lease: SessionLease, _ sent: Int64) {
        leaseTime = lease.lease
        leaseUntil = sent + lease.lease
        for record in lease.restore { restore(record) }
        after(max(lease.lease / 3, 10_000_000), "renew") { self.renew() }
    }

    private func renew() {
        guard !isStopping else { return }
        let sent = now
        let current = session
        directory.renew(session: session, within: .nanoseconds(max(leaseUntil - now, leaseTime / 2))) { [self] result in
            guard session == current else { return }
            switch result {
            case .success(let lease) where lease.session == current: extend(lease, sent)
            case .success: sessionEnded(current)
            case .failure: after(max(leaseTime / 10, 10_000_000), "renew") { self.renew() }
            }
        }
    }

    /// The directory gave us up: it did not hear from us in time. Nothing is ours before it says so again.
    func sessionEnded(_ ended: UInt64) {
        guard session == ended, session != 0 else { return }
        session = 0
        leaseUntil = 0
        log("the session with the directory is over; opening another one")
        for object in objects.values {
            let action = object.life.sessionEnded()
            // Claims wait for a session.
            if action != .claim { carryOut(action, object) }
        }
        openSession { [self] in
            // Those too that were lost before, and whose claim came with a session that was over.
            for object in objects.values where object.life.phase == .lost { claim(object, ground: .store) }
            for copy in prepared.values { lookUpAtStart(copy) {} }
        }
    }

    // MARK: - Ownership

    /// Asks for what may be ours (`store`), or for a new epoch of what is ours (`renewal`), until there is an answer.
    func claim(_ object: HostedObject, ground: ClaimObject.Ground) {
        guard session != 0, objects[object.object] === object, !isStopping else { return }
        var request = ClaimObject()
        request.session = session
        request.object = object.object
        request.epoch = object.life.epoch
        request.ground = ground
        request.incarnation = object.incarnation
        let current = session
        directory.claim(request, within: .seconds(2)) { [self] result in
            guard objects[object.object] === object else { return }
            guard case .success(let reply) = result else {
                return after(50_000_000, "claim \(object.object)") { self.claim(object, ground: ground) }
            }
            guard !reply.fenced else { return sessionEnded(current) }
            if reply.record == nil, object.life.phase == .lost, object.isNamed, object.life.epoch == 1 {
                // The earlier life died between its store and the directory: it never began.
                return register(object) { [self] isOurs in
                    for told in registered.removeValue(forKey: object.object) ?? [] { told(isOurs) }
                }
            }
            if let record = reply.record, isLatest(object, record), record.epoch > object.life.epoch {
                object.life.learned(epoch: record.epoch)
                return claim(object, ground: ground)
            }
            let wasLost = object.life.phase == .lost
            let ruling = self.ruling(reply.record, object, session: current)
            if ruling == .orphaned {
                return after(50_000_000, "claim \(object.object)") { self.claim(object, ground: ground) }
            }
            let action = object.life.ruled(ruling)
            if action == .serve { regained(object, wasLost) }
            carryOut(action, object)
            for told in registered.removeValue(forKey: object.object) ?? [] { told(action == .serve) }
        }
    }

    /// Whether our store has what the directory wants back: it came to us before that, and to nobody since.
    private func isLatest(_ object: HostedObject, _ record: ObjectRecord) -> Bool {
        object.life.phase == .lost && record.standing == .orphaned && record.owner == configuration.instance
            && object.life.epoch >= record.since
    }

    private func regained(_ object: HostedObject, _ wasLost: Bool) {
        let migration = object.migration
        object.migration = nil
        migration?.timer?.cancel()
        note(object, wasLost ? .recovered : .resumed, reason: wasLost ? "" : "at a new epoch")
        for answer in migration?.answers ?? [] { answer(.failed(reason: "given up")) }
        if object.graceUntil < now { object.graceUntil = now + object.type.declared.lease.nanoseconds }
        // The epoch belongs to what is kept: a copy of an earlier one is of no use to anybody.
        save(object, whole: true) { _ in }
    }

    /// Tells the directory of a new object, until it answers.
    /// - Parameter decided: whether it is ours.
    func register(_ object: HostedObject, _ decided: @escaping (Bool) -> Void) {
        var record = ObjectRecord()
        record.object = object.object
        record.type = object.reference.type
        record.incarnation = object.incarnation
        record.durable = object.type.declared.durable && store != nil
        record.restore = object.type.declared.restore
        record.generated = !object.isNamed
        let current = session
        directory.register([record], session: session, within: .seconds(5)) { [self] result in
            guard objects[object.object] === object, !isStopping else { return decided(false) }
            guard case .success(let reply) = result, !reply.fenced, let known = reply.objects.first else {
                if case .success(let reply) = result, reply.fenced { sessionEnded(current) }
                return after(50_000_000, "register \(object.object)") { self.register(object, decided) }
            }
            // One of the same name that another life began is not this one.
            let isThis = known.incarnation == object.incarnation
            let action = object.life.ruled(isThis ? ruling(known, object, session: current) : .gone)
            guard action == .serve else {
                // Nothing began here.
                forget(object)
                if known.standing == .owned, known.owner != configuration.instance {
                    announced(object.object, known.owner, known.epoch)
                }
                return decided(false)
            }
            note(object, .created)
            carryOut(action, object)
            snapshotLater(object)
            decided(true)
            collectLater(object)
        }
    }

    // MARK: - Snapshots

    /// A change waits for its snapshot no longer than the type says.
    func snapshotLater(_ object: HostedObject) {
        let type = object.type.declared
        guard type.restore == .elsewhere, object.snapshotTimer == nil else { return }
        object.snapshotTimer = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(type.snapshot.nanoseconds)) {
            object.snapshotTimer = nil
            self.sendSnapshot(of: object)
        }
    }

    private func sendSnapshot(of object: HostedObject) {
        // Between two invocations: half of one is no state.
        guard objects[object.object] === object, session != 0, case .active = object.life.phase else { return }
        guard object.running == nil, let state = try? behaviour.encode(object.live) else {
            return snapshotLater(object)
        }
        object.snapshotNumber += 1
        var snapshot = ObjectSnapshot()
        snapshot.session = session
        snapshot.object = object.object
        snapshot.epoch = object.life.epoch
        snapshot.number = object.snapshotNumber
        snapshot.state = state
        directory.snapshot(snapshot, within: .seconds(5)) { [self] result in
            if case .failure = result { snapshotLater(object) }
        }
    }

    /// The directory asks us to start an object from its snapshot: its owner's lease is over.
    private func restore(_ record: ObjectRecord) {
        guard let type = types[record.type], objects[record.object] == nil else { return }
        directory.fetchSnapshot(of: record.object, within: .seconds(5)) { [self] result in
            guard case .success(let snapshot) = result, snapshot.epoch > 0, objects[record.object] == nil, session != 0
            else { return }
            let incarnation = "\(configuration.instance)-\(configuration.incarnation).\(record.epoch + 1)"
            var claim = ClaimObject()
            claim.session = session
            claim.object = record.object
            claim.epoch = record.epoch
            claim.ground = .snapshot
            claim.incarnation = incarnation
            directory.claim(claim, within: .seconds(5)) { [self] result in
                guard case .success(let reply) = result, reply.granted, let granted = reply.record,
                    objects[record.object] == nil
                else { return }
                do {
                    let object = HostedObject(
                        ObjectReference(type: record.type, object: record.object), type, incarnation: incarnation,
                        isNamed: type.declared.instances.contains { $0.name == record.object },
                        live: try behaviour.make(type.declared, state: snapshot.state, fields: [:]),
                        life: ObjectLife(
                            phase: .active, epoch: granted.epoch, isDurable: type.declared.durable && store != nil,
                            isAdoptable: false))
                    // Who held it renews, and is listed again.
                    object.holders = HolderList(openUntil: now + type.declared.lease.nanoseconds)
                    object.hasReferences = true
                    objects[record.object] = object
                    checkLater(object)
                    updateReferences(of: object)
                    tombstones[record.object] = nil
                    note(object, .restored, peer: record.owner, reason: "what came after the snapshot is lost")
                    save(object, whole: true) { _ in }
                    snapshotLater(object)
                    pump(object)
                } catch {
                    log("'\(record.object)' cannot be made from its snapshot: \(error)")
                }
            }
        }
    }

    // MARK: - The end

    /// Objects whose type says so move to other hosts first; then nothing is served any more.
    /// - Parameter time: nanoseconds for the moves; 0: none is begun.
    package func stop(movingWithin time: Int64) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        var pending = 1
        func done() {
            pending -= 1
            if pending == 0 { promise.succeed() }
        }
        let leaving = time > 0 && mayServe ? objects.values.filter { $0.type.declared.onStop == .migrate } : []
        for (index, object) in leaving.enumerated() {
            let others = (configuration.hosts[object.reference.type] ?? []).filter { $0 != configuration.instance }
            guard !others.isEmpty else { continue }
            pending += 1
            migrate(object.object, to: others[index % others.count]) { _ in done() }
        }
        done()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let timeout = eventLoop.scheduleTask(in: .nanoseconds(time)) { promise.succeed() }
        return promise.futureResult.map {
            timeout.cancel()
            bound.value.shutDown()
        }
    }

    private func shutDown() {
        isStopping = true
        for timer in timers.values { timer.cancel() }
        timers = [:]
        for object in objects.values {
            object.migration?.timer?.cancel()
            object.snapshotTimer?.cancel()
            if object.life.phase == .active { note(object, .ended) }
            let waiting = object.waiting
            object.waiting = []
            for execution in waiting { refuse(execution, .draining) }
        }
    }
}
