import ClusterModel
import History
import NIOCore
import RPC

/// A copy that has arrived and does not serve yet.
final class PreparedObject {
    let transfer: ObjectTransfer
    /// It waits for the swap, in the mailbox that it will have.
    var waiting: [RPC.Execution] = []
    var isActivating = false

    init(_ transfer: ObjectTransfer) { self.transfer = transfer }

    var storeKey: [UInt8] { Array("prepared/\(transfer.object)".utf8) }
}

/// Moving away: what `ObjectLife` decides is carried out here.
extension ObjectHost {
    /// - Parameter completed: told once the object serves at the target, or why it does not; `nil`: it is not here.
    package func migrate(
        _ id: String, to target: String, _ completed: @escaping (MigrationResult?) -> Void
    ) {
        guard let object = objects[id] else { return completed(nil) }
        let name = object.reference.type
        guard target != configuration.instance else { return completed(.failed(reason: "it is at \(target) already")) }
        guard configuration.hosts[name]?.contains(target) ?? false else {
            return completed(.failed(reason: "\(target) hosts no type \(name)"))
        }
        guard mayServe else { return completed(.failed(reason: "the host has no lease")) }
        guard let action = object.life.migrate(to: target) else {
            return completed(.failed(reason: "it is \(object.life.phase.word)"))
        }
        object.migration = HostedObject.Migration(target: target, began: now, answers: [completed])
        note(object, .draining, peer: target)
        failpoint(.draining, id) { [self] in
            let limit = object.type.declared.drainTimeout
            if case .draining = object.life.phase {
                object.migration?.timer = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
                    self.carryOut(object.life.drainTimedOut(), object)
                }
            }
            carryOut(action, object)
        }
    }

    func carryOut(_ action: ObjectLife.Action, _ object: HostedObject) {
        switch action {
        case .none: break
        case .serve: pump(object)
        case .resume(let reason, let target): resume(object, reason, discardAt: target)
        case .transfer(let target): failpoint(.transferring, object.object) { self.transfer(object, to: target) }
        case .swap(let target, let session):
            failpoint(.swapping, object.object) { self.swap(object, to: target, session) }
        case .renew: claim(object, ground: .renewal)
        case .claim: claim(object, ground: .store)
        case .leave(let owner, let epoch): leave(object, to: owner, epoch: epoch)
        case .end(let reason): end(object, reason)
        }
    }

    private func resume(_ object: HostedObject, _ reason: String, discardAt target: String?) {
        let migration = object.migration
        object.migration = nil
        migration?.timer?.cancel()
        note(object, .resumed, peer: migration?.target ?? "", reason: reason)
        if let target {
            var notice = OwnershipNotice()
            notice.kind = .discard
            notice.object = object.object
            notice.epoch = object.life.epoch
            peers.tell(target, notice) { _ in }
        }
        for answer in migration?.answers ?? [] { answer(.failed(reason: reason)) }
        pump(object)
    }

    private func transfer(_ object: HostedObject, to target: String) {
        guard case .transferring = object.life.phase else { return }
        // What was done here is answered from here, before anybody else serves.
        guard object.unsettled == 0 else {
            object.whenSettled = { [self] in transfer(object, to: target) }
            return
        }
        object.migration?.timer?.cancel()
        do {
            let transfer = try self.transfer(of: object)
            peers.prepare(at: target, transfer) { [self] result in
                switch result {
                case .success(let answer) where answer.session != 0:
                    carryOut(object.life.prepared(targetSession: answer.session), object)
                case .success(let answer):
                    carryOut(object.life.notPrepared(reason: answer.reason, inDoubt: false), object)
                case .failure(let status):
                    carryOut(object.life.notPrepared(reason: "\(target): \(status.message)", inDoubt: true), object)
                }
            }
        } catch {
            carryOut(object.life.notPrepared(reason: "its state cannot leave: \(error)", inDoubt: false), object)
        }
    }

    func transfer(of object: HostedObject) throws -> ObjectTransfer {
        var transfer = ObjectTransfer()
        transfer.object = object.object
        transfer.type = object.reference.type
        transfer.epoch = object.life.epoch
        transfer.incarnation = object.incarnation
        transfer.source = configuration.instance
        transfer.isNamed = object.isNamed
        transfer.state = try behaviour.encode(object.live)
        transfer.add(object.table.export(now: now))
        transfer.holders = object.holders.transfer(now: now)
        transfer.digest = transfer.contentDigest
        return transfer
    }

    private func swap(_ object: HostedObject, to target: String, _ targetSession: UInt64) {
        guard case .swapping = object.life.phase else { return }
        var request = SwapOwner()
        request.session = session
        request.object = object.object
        request.epoch = object.life.epoch
        request.target = target
        request.targetSession = targetSession
        let requestSession = session
        // Asked until it answers: in doubt nobody serves.
        directory.swap(request) { [self] result in
            switch result {
            case .success(let reply):
                carryOut(object.life.swapped(ruling(reply.record, object, session: requestSession)), object)
                if reply.fenced { sessionEnded(requestSession) }
            case .failure:
                after(50_000_000, "swap \(object.object)") { self.swap(object, to: target, targetSession) }
            }
        }
    }

    /// What the directory's record means for an object that is here.
    func ruling(_ record: ObjectRecord?, _ object: HostedObject, session: UInt64) -> ObjectLife.Ruling {
        guard let record, record.epoch > 0 else { return .gone }
        switch record.standing {
        case .gone: return .gone
        case .owned:
            return record.owner == configuration.instance && record.session == session
                ? .ours(epoch: record.epoch) : .others(owner: record.owner, epoch: record.epoch)
        // A copy of an earlier epoch is worth nothing: it was served elsewhere since.
        case .orphaned:
            return record.owner == configuration.instance && record.epoch == object.life.epoch
                ? .orphaned : .others(owner: record.owner, epoch: record.epoch)
        }
    }

    /// It is somebody else's now: those who wait are told where.
    private func leave(_ object: HostedObject, to owner: String, epoch: UInt64) {
        note(object, .moved, peer: owner)
        failpoint(.moved, object.object) { [self] in
            let migration = object.migration
            object.migration = nil
            migration?.timer?.cancel()
            // Until the target holds them itself.
            references.pin(object.kept)
            forget(object)
            let lifetime = object.type.declared.tombstone.nanoseconds
            tombstones[object.object] = Tombstone(owner: owner, epoch: epoch, until: now + lifetime)
            after(lifetime, "tombstone \(object.object)") { self.buryTombstone(object.object) }
            announced(object.object, owner, epoch)
            if let migration {
                activate(object.object, at: owner, epoch: epoch) { [self] isActive in
                    let result: MigrationResult =
                        isActive
                        ? .moved(epoch: epoch, pause: now - migration.began)
                        : .failed(reason: "\(owner) owns it and has not answered")
                    for answer in migration.answers { answer(result) }
                }
            }
            announce(object, owner: owner, epoch: epoch)
            let waiting = object.waiting
            object.waiting = []
            for execution in waiting { moved(execution, to: owner, epoch: epoch) }
        }
    }

    private func buryTombstone(_ id: String) {
        if let tombstone = tombstones[id], tombstone.until <= now { tombstones[id] = nil }
    }

    /// Tells the target that it owns the object; it would find out by itself, but later.
    private func activate(
        _ object: String, at target: String, epoch: UInt64, _ completed: @escaping (Bool) -> Void
    ) {
        var notice = OwnershipNotice()
        notice.kind = .activate
        notice.object = object
        notice.owner = target
        notice.epoch = epoch
        peers.tell(target, notice) { result in
            if case .success = result { completed(true) } else { completed(false) }
        }
    }

    /// To those who hold references and listen; callers without a server of their own hear of it by MOVED.
    private func announce(_ object: HostedObject, owner: String, epoch: UInt64) {
        let known = Set(configuration.hosts.values.joined())
        for holder in Set(object.holders.holders(now: now).map(\.holder)) {
            guard holder != owner, holder != configuration.instance, known.contains(holder) else { continue }
            var notice = OwnershipNotice()
            notice.kind = .announce
            notice.object = object.object
            notice.owner = owner
            notice.epoch = epoch
            peers.tell(holder, notice) { _ in }
        }
    }

    /// Its state is lost, or of no use: those who wait are told so.
    func end(_ object: HostedObject, _ reason: String) {
        note(object, .fenced, reason: reason)
        let migration = object.migration
        object.migration = nil
        migration?.timer?.cancel()
        forget(object)
        for answer in migration?.answers ?? [] { answer(.failed(reason: reason)) }
        let waiting = object.waiting
        object.waiting = []
        for execution in waiting { refuse(execution, .gone, "'\(object.object)' is gone: \(reason)") }
    }

    /// Nothing of it stays here.
    func forget(_ object: HostedObject) {
        objects[object.object] = nil
        object.snapshotTimer?.cancel()
        references.update(.state(of: object.object), to: [])
        erase(object)
    }
}

/// Arriving: the target's side.
extension ObjectHost {
    /// A copy arrives. It is kept, and does not serve.
    package func prepare(_ transfer: ObjectTransfer, _ answer: @escaping (TransferAnswer) -> Void) {
        var reply = TransferAnswer()
        func refuse(_ reason: String) {
            reply.reason = reason
            answer(reply)
        }
        guard let type = types[transfer.type] else {
            return refuse("\(configuration.instance) hosts no type \(transfer.type)")
        }
        guard transfer.digest == transfer.contentDigest, transfer.changes != nil else {
            return refuse("the copy arrived damaged")
        }
        guard mayServe, !isStopping else { return refuse("\(configuration.instance) cannot take objects now") }
        if let hosted = objects[transfer.object], hosted.life.epoch >= transfer.epoch {
            return refuse("\(configuration.instance) owns it at epoch \(hosted.life.epoch)")
        }
        do {
            // What cannot be made from it is better known now than after the swap.
            _ = try behaviour.make(type.declared, state: transfer.state, fields: [:])
        } catch {
            return refuse("the state does not fit: \(error)")
        }
        failpoint(.preparing, transfer.object) { [self] in
            if let earlier = prepared[transfer.object], earlier.transfer.epoch > transfer.epoch {
                return refuse("a copy of a later epoch is here")
            }
            let copy =
                prepared[transfer.object].flatMap { $0.transfer == transfer ? $0 : nil } ?? PreparedObject(transfer)
            copy.waiting += prepared[transfer.object].map { $0 === copy ? [] : $0.waiting } ?? []
            prepared[transfer.object] = copy
            keep(copy, isDurable: type.declared.durable) { [self] kept in
                guard kept else { return refuse("the store of \(configuration.instance) has failed") }
                watchPrepared()
                failpoint(.prepared, transfer.object) { [self] in
                    reply.session = session
                    answer(reply)
                }
            }
        }
    }

    /// The old owner says what became of an object.
    package func told(_ notice: OwnershipNotice, _ answer: @escaping () -> Void) {
        switch notice.kind {
        case .announce:
            announced(notice.object, notice.owner, notice.epoch)
            answer()
        case .discard:
            if let copy = prepared[notice.object], copy.transfer.epoch == notice.epoch, !copy.isActivating {
                discard(copy, .notHere)
            }
            answer()
        case .activate:
            guard let copy = prepared[notice.object], copy.transfer.epoch &+ 1 == notice.epoch else { return answer() }
            // What a notice says is not taken on trust: the directory decides.
            lookUp(copy) { answer() }
        }
    }

    /// Copies whose source is silent: what the directory says of them.
    func watchPrepared() {
        guard !prepared.isEmpty, timers["prepared"] == nil, !isStopping else { return }
        after(max(leaseTime / 4, 50_000_000), "prepared") { [self] in
            for copy in prepared.values where !copy.isActivating { lookUp(copy) {} }
            watchPrepared()
        }
    }

    private func lookUp(_ copy: PreparedObject, _ done: @escaping () -> Void) {
        directory.lookup([copy.transfer.object]) { [self] result in
            guard prepared[copy.transfer.object] === copy, !copy.isActivating,
                case .success(let reply) = result
            else { return done() }
            decide(copy, reply.objects.first, done)
        }
    }

    /// - Parameter record: nil: there is no such object.
    func decide(_ copy: PreparedObject, _ record: ObjectRecord?, _ done: @escaping () -> Void) {
        guard session != 0 else { return done() }
        let epoch = copy.transfer.epoch
        guard let record, record.epoch > 0, record.standing != .gone else {
            discard(copy, .gone)
            return done()
        }
        let isMine = record.owner == configuration.instance
        switch record.standing {
        // It has come to us with this copy; claims since then have only counted up the epoch.
        case .owned where isMine && record.session == session && record.since == epoch &+ 1:
            activate(copy, epoch: record.epoch, .activated, done)
        case .orphaned where isMine && record.since == epoch &+ 1: claim(copy, record.epoch, .store, done)
        case .orphaned where record.restore == .prepared && record.epoch == epoch: claim(copy, epoch, .prepared, done)
        default:
            // At another epoch it is of no use any more.
            if record.epoch > epoch { discard(copy, .notHere) }
            done()
        }
    }

    private func claim(
        _ copy: PreparedObject, _ epoch: UInt64, _ ground: ClaimObject.Ground, _ done: @escaping () -> Void
    ) {
        var request = ClaimObject()
        request.session = session
        request.object = copy.transfer.object
        request.epoch = epoch
        request.ground = ground
        request.incarnation = copy.transfer.incarnation
        directory.claim(request, within: .seconds(2)) { [self] result in
            guard case .success(let reply) = result, reply.granted, let record = reply.record,
                prepared[copy.transfer.object] === copy, !copy.isActivating
            else { return done() }
            activate(copy, epoch: record.epoch, .recovered, done)
        }
    }

    private func activate(
        _ copy: PreparedObject, epoch: UInt64, _ change: ObjectChangeKind, _ done: @escaping () -> Void
    ) {
        copy.isActivating = true
        let transfer = copy.transfer
        failpoint(.activating, transfer.object) { [self] in
            guard prepared[transfer.object] === copy, let type = types[transfer.type] else { return done() }
            do {
                let object = HostedObject(
                    ObjectReference(type: transfer.type, object: transfer.object), type,
                    incarnation: transfer.incarnation, isNamed: transfer.isNamed,
                    live: try behaviour.make(type.declared, state: transfer.state, fields: [:]),
                    life: ObjectLife(
                        phase: .active, epoch: epoch, isDurable: type.declared.durable && store != nil,
                        isAdoptable: type.declared.restore == .prepared))
                object.restore(transfer.changes ?? [], now: now)
                object.holders = HolderList(transfer.holders, now: now, slack: leaseTime)
                object.graceUntil = now + leaseTime
                prepared[transfer.object] = nil
                tombstones[transfer.object] = nil
                objects[transfer.object] = object
                object.hasReferences = true
                updateReferences(of: object)
                checkLater(object)
                note(object, change, peer: transfer.source)
                for execution in copy.waiting where execution.isOpen { wait(execution, in: object) }
                copy.waiting = []
                save(object, whole: true, dropping: copy) { _ in }
                snapshotLater(object)
                pump(object)
                failpoint(.activated, transfer.object) { done() }
            } catch {
                log("'\(transfer.object)' cannot be made from what arrived: \(error)")
                discard(copy, .gone)
                done()
            }
        }
    }

    private func discard(_ copy: PreparedObject, _ reason: RefusalReason) {
        prepared[copy.transfer.object] = nil
        drop(copy)
        let waiting = copy.waiting
        copy.waiting = []
        for execution in waiting { refuse(execution, reason) }
    }
}

extension HostedObject {
    func restore(_ changes: [TableChange<SavedReply>], now: Int64) {
        for change in changes { table.restore(change, now: now) }
    }
}
