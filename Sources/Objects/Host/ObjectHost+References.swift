import ClusterModel
import History
import NIOCore
import Protobuf
import RPC

/// Who refers to the objects here, and to whom they refer.
extension ObjectHost {
    /// A holder tells of references to objects that may be here.
    package func referred(_ notice: ReferenceNotice) -> ReferenceAnswers {
        var reply = ReferenceAnswers()
        reply.answers = notice.objects.map { id in
            var answer = ReferenceAnswer()
            answer.object = id
            guard mayServe, let object = objects[id], object.life.isCertain else {
                answer.standing = .elsewhere
                return answer
            }
            let lease = object.type.declared.lease.nanoseconds
            let outcome = object.holders.notice(notice, now: now, lease: lease)
            answer.standing = outcome.standing
            answer.lease = lease
            note(outcome.changes, object)
            // Somebody else keeps it alive from now on.
            if outcome.changes.contains(where: { $0.kind == .listed }) { object.graceUntil = 0 }
            if notice.kind == .clean { collectLater(object) } else { checkLater(object) }
            return answer
        }
        return reply
    }

    private func note(_ changes: [HolderList.Change], _ object: HostedObject) {
        for change in changes {
            var event = ReferenceChange()
            event.object = object.object
            event.holder = "\(change.holder)/\(change.incarnation)"
            event.change =
                switch change.kind {
                case .listed: .listed
                case .unlisted: .unlisted
                case .lapsed: .lapsed
                }
            record(.referenceChange(event))
        }
    }

    // MARK: - Collecting

    /// Not within the event that made it possible: another one may hold it again.
    func collectLater(_ object: HostedObject) {
        guard !object.isNamed else { return }
        eventLoop.assumeIsolated().execute { self.considerCollecting(object) }
    }

    func considerCollecting(_ object: HostedObject) {
        let now = self.now
        guard !object.isNamed, objects[object.object] === object, object.life.phase == .active, mayServe,
            object.running == nil, object.waiting.isEmpty, object.graceUntil <= now, object.holders.isEmpty(now: now)
        else { return }
        note(object, .collected)
        var record = ObjectRecord()
        record.object = object.object
        record.type = object.reference.type
        record.epoch = object.life.epoch
        _ = object.life.end("collected")
        forget(object)
        directory.drop([record], session: session, within: .seconds(10)) { _ in }
    }

    /// Leases end without a word: the object is looked at when the next one may be over. Moments are rounded up to
    /// `checkPeriod`, so that many objects cost one timer; renewals move nothing, an object that is looked at too early
    /// is looked at again.
    func checkLater(_ object: HostedObject) {
        guard !object.isNamed else { return }
        let grace = object.graceUntil > now ? object.graceUntil : Int64.max
        let moment = min(object.holders.nextExpiry ?? .max, grace)
        guard moment != .max else { return }
        let period = moment / Self.checkPeriod + 1
        guard period < object.checkPeriod else { return }
        object.checkPeriod = period
        checks[period, default: []].append(object.object)
        scheduleChecks()
    }

    private static var checkPeriod: Int64 { 200_000_000 }

    private func scheduleChecks() {
        guard timers["check"] == nil, !isStopping, !checks.isEmpty else { return }
        after(Self.checkPeriod, "check") { [self] in
            let current = now / Self.checkPeriod
            for period in checks.keys.sorted() where period <= current {
                for id in checks.removeValue(forKey: period) ?? [] {
                    guard let object = objects[id], object.checkPeriod == period else { continue }
                    object.checkPeriod = .max
                    note(object.holders.expire(now: now), object)
                    considerCollecting(object)
                    if objects[id] === object { checkLater(object) }
                }
            }
            scheduleChecks()
        }
    }

    /// Why it is not collected.
    func reasonAlive(_ object: HostedObject) -> String {
        if object.isNamed { return "named" }
        if object.running != nil { return "running" }
        if !object.waiting.isEmpty { return "invoked" }
        if let holder = object.holders.holders(now: now).first {
            return "held by \(holder.holder)/\(holder.incarnation)"
        }
        return object.graceUntil > now ? "new" : "about to be collected"
    }

    // MARK: - What objects here refer to

    /// References have come to a running invocation: it holds them until its end.
    package func received(
        _ references: Set<ObjectReference>, in invocation: Invocation, _ goOn: @escaping () -> Void
    ) {
        objects[invocation.reference.object]?.hasReferences = true
        self.references.hold(references, for: .invocation(invocation.number), goOn)
    }

    /// What an invocation leaves behind: references in the state, which are held as long as they are there, and in the
    /// reply, which are held until the caller can be expected to hold them itself.
    func settleReferences(of object: HostedObject, _ number: UInt64, _ reply: Message?) {
        updateReferences(of: object)
        if let reply, let passed = try? ReferenceScan.references(in: reply.untyped) { references.pin(passed) }
        references.update(.invocation(number), to: [])
    }

    func updateReferences(of object: HostedObject) {
        // What cannot be read is held as before.
        guard let state = try? behaviour.encode(object.live) else { return }
        let kept = behaviour.references(in: state)
        guard kept != object.kept else { return }
        object.kept = kept
        object.hasReferences = object.hasReferences || !kept.isEmpty
        references.update(.state(of: object.object), to: kept)
    }

    // MARK: - The host's own service

    /// What other hosts and holders ask.
    package func ownService() throws -> ServedService {
        var service = WireService(try HostSchema.make().schema(), service: HostSchema.service)
        service.on("Prepare") {
            [unowned self] (transfer: ObjectTransfer, reply: @escaping (Result<TransferAnswer, GRPCStatus>) -> Void) in
            prepare(transfer) { reply(.success($0)) }
        }
        service.on("Tell") {
            [unowned self] (notice: OwnershipNotice, reply: @escaping (Result<Acknowledgement, GRPCStatus>) -> Void) in
            told(notice) { reply(.success(Acknowledgement())) }
        }
        service.on("Refer") {
            [unowned self] (notice: ReferenceNotice, reply: @escaping (Result<ReferenceAnswers, GRPCStatus>) -> Void) in
            reply(.success(referred(notice)))
        }
        return service.served
    }
}
