/// Who owns an object, and who may next.
extension DirectoryCore {
    /// See `ClaimObject.Ground`. A repetition of a claim that was granted is granted again, as long as it is so.
    package mutating func claim(_ request: ClaimObject, now: Int64) -> DirectoryAnswer<OwnershipReply> {
        answer(now) { core throws(DirectoryRefusal) in core.claimed(request) }
    }

    /// Granted if the session owns the object at that epoch and the target's session is alive.
    package mutating func swap(_ request: SwapOwner, now: Int64) -> DirectoryAnswer<OwnershipReply> {
        answer(now) { core throws(DirectoryRefusal) in core.swapped(request) }
    }

    private mutating func claimed(_ request: ClaimObject) -> OwnershipReply {
        var reply = OwnershipReply()
        reply.record = objects[request.object]
        guard let host = sessions[request.session]?.kept.host else {
            reply.fenced = true
            return reply
        }
        guard let record = reply.record else { return reply }
        if isOwner(request.session, record, record.epoch), record.epoch == request.epoch &+ 1 {
            reply.granted = request.ground != .snapshot || record.incarnation == request.incarnation
            return reply
        }
        guard record.epoch == request.epoch, mayClaim(record, request, host) else { return reply }
        let incarnation = request.ground == .snapshot ? request.incarnation : record.incarnation
        reply.granted = true
        reply.record = give(record, to: request.session, host, incarnation)
        return reply
    }

    private func mayClaim(_ record: ObjectRecord, _ request: ClaimObject, _ host: String) -> Bool {
        if request.ground == .renewal { return isOwner(request.session, record, request.epoch) }
        guard record.standing == .orphaned, let orphan = orphans[record.object] else { return false }
        return switch request.ground {
        case .renewal: false
        case .store: record.durable && record.owner == host
        case .prepared: record.restore == .prepared && record.owner != host && orphan.free <= clock
        case .snapshot: orphan.assigned == request.session && (1...200).contains(request.incarnation.utf8.count)
        }
    }

    private mutating func swapped(_ request: SwapOwner) -> OwnershipReply {
        var reply = OwnershipReply()
        reply.fenced = sessions[request.session] == nil
        guard let record = objects[request.object] else { return reply }
        reply.record = record
        if record.session == request.targetSession, record.owner == request.target, record.epoch == request.epoch &+ 1,
            request.session != request.targetSession
        {
            // What became of the target since is another matter.
            reply.granted = true
            return reply
        }
        guard isOwner(request.session, record, request.epoch), request.session != request.targetSession,
            let target = sessions[request.targetSession]?.kept, target.host == request.target
        else { return reply }
        reply.granted = true
        reply.record = give(record, to: target.id, target.host, record.incarnation)
        return reply
    }

    private mutating func give(
        _ record: ObjectRecord, to session: UInt64, _ host: String, _ incarnation: String
    ) -> ObjectRecord {
        sessions[record.session]?.owned.remove(record.object)
        sessions[session]?.owned.insert(record.object)
        orphans[record.object] = nil
        var record = record
        record.epoch += 1
        if record.owner != host { record.since = record.epoch }
        record.owner = host
        record.session = session
        record.incarnation = incarnation
        record.standing = .owned
        put(record)
        return record
    }

    // MARK: - Owners' deaths

    /// - Parameter free: until then the owner may serve.
    mutating func bereave(_ record: ObjectRecord, free: Int64) {
        let hasSnapshot = record.restore == .elsewhere && snapshots[record.object] != nil
        guard record.durable || record.restore == .prepared || hasSnapshot else { return lose(record) }
        var record = record
        record.standing = .orphaned
        put(record)
        wait(record, free: free)
    }

    mutating func wait(_ record: ObjectRecord, free: Int64) {
        orphans[record.object] = Orphan(free: free)
        switch record.restore {
        case .elsewhere where snapshots[record.object] != nil:
            if free <= clock { assign(record.object) } else { schedule(record.object, at: free) }
        case .prepared where !record.durable: schedule(record.object, at: free + configuration.adoption)
        // Its host comes back, or nobody does.
        case .no, .prepared, .elsewhere: break
        }
    }

    mutating func waitedLongEnough(_ object: String) {
        guard let record = objects[object] else { return }
        if record.restore == .elsewhere { assign(object) } else { lose(record) }
    }

    /// Asks the next host to restore it, and the one after it if that has not done so in time.
    mutating func assign(_ object: String) {
        guard let record = objects[object] else { return }
        let next = candidate(record)
        orphans[object]?.assigned = next
        if let next {
            sessions[next]?.assigned.append(object)
            turn = next
        }
        schedule(object, at: clock + validity)
    }

    /// The next session, in turn, of another host than the dead one that knows the type.
    private func candidate(_ record: ObjectRecord) -> UInt64? {
        let start = order.firstIndex { $0 > turn } ?? 0
        return (order[start...] + order[..<start]).first { id in
            guard let session = sessions[id], session.end > clock, session.kept.host != record.owner else {
                return false
            }
            return session.kept.types.isEmpty || session.kept.types.contains(record.type)
        }
    }

    private mutating func lose(_ record: ObjectRecord) {
        orphans[record.object] = nil
        if record.generated { return remove(record.object) }
        var record = record
        record.standing = .gone
        put(record)
        removeSnapshot(record.object)
    }
}
