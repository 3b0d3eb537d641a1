/// What is there, and what is no more.
extension DirectoryCore {
    /// New objects belong to the session, at epoch 1. What is known is not touched, whatever became of it: what is gone
    /// stays gone when its host registers it again after a restart.
    package mutating func register(_ request: RegisterObjects, now: Int64) -> DirectoryAnswer<ObjectRecords> {
        answer(now) { core throws(DirectoryRefusal) in try core.registered(request) }
    }

    package mutating func lookup(_ request: LookupObjects, now: Int64) -> DirectoryAnswer<ObjectRecords> {
        answer(now) { core throws(DirectoryRefusal) in
            try Self.check(count: request.objects.count)
            var reply = ObjectRecords()
            reply.objects = request.objects.map { core.known($0) }
            return reply
        }
    }

    /// Forgets what the session owns at that epoch, with its snapshot.
    package mutating func drop(_ request: DropObjects, now: Int64) -> DirectoryAnswer<Acknowledgement> {
        answer(now) { core throws(DirectoryRefusal) in try core.dropped(request) }
    }

    package mutating func snapshot(_ request: ObjectSnapshot, now: Int64) -> DirectoryAnswer<Acknowledgement> {
        answer(now) { core throws(DirectoryRefusal) in try core.took(request) }
    }

    package mutating func fetch(_ request: FetchSnapshot, now: Int64) -> DirectoryAnswer<ObjectSnapshot> {
        answer(now) { core throws(DirectoryRefusal) in
            if let snapshot = core.snapshots[request.object] { return snapshot }
            var none = ObjectSnapshot()
            none.object = request.object
            return none
        }
    }

    package mutating func list(_ request: ListObjects, now: Int64) -> DirectoryAnswer<ObjectRecords> {
        answer(now) { core throws(DirectoryRefusal) in core.page(request) }
    }

    // MARK: -

    private func known(_ object: String) -> ObjectRecord {
        if let record = objects[object] { return record }
        var nothing = ObjectRecord()
        nothing.object = object
        return nothing
    }

    private mutating func registered(_ request: RegisterObjects) throws(DirectoryRefusal) -> ObjectRecords {
        try Self.check(count: request.objects.count)
        for record in request.objects {
            try Self.check("object", record.object)
            try Self.check("type", record.type)
            guard (1...200).contains(record.incarnation.utf8.count) else {
                throw DirectoryRefusal(.malformed, "the incarnation of \(record.object) is not 1 to 200 bytes long")
            }
        }
        var reply = ObjectRecords()
        switch sessions[request.session]?.kept {
        case nil: reply.fenced = true
        case let session? where try Self.isNew(request.number, session): try create(request.objects, session)
        case _?: break
        }
        sessions[request.session]?.advance(to: request.number, &changes)
        reply.objects = request.objects.map { known($0.object) }
        return reply
    }

    private mutating func create(
        _ records: [ObjectRecord], _ session: DirectorySession
    ) throws(DirectoryRefusal) {
        let new = Set(records.map(\.object)).count { objects[$0] == nil }
        guard objects.count + new <= configuration.maximumObjects else {
            throw DirectoryRefusal(
                .full, "the directory has \(objects.count) objects, and may have \(configuration.maximumObjects)")
        }
        for var record in records where objects[record.object] == nil {
            record.owner = session.host
            record.session = session.id
            record.epoch = 1
            record.since = 1
            record.standing = .owned
            put(record)
            sessions[session.id]?.owned.insert(record.object)
        }
    }

    private mutating func dropped(_ request: DropObjects) throws(DirectoryRefusal) -> Acknowledgement {
        try Self.check(count: request.objects.count)
        var reply = Acknowledgement()
        guard let session = sessions[request.session]?.kept else {
            reply.fenced = true
            return reply
        }
        guard try Self.isNew(request.number, session) else { return reply }
        for wanted in request.objects {
            guard let record = objects[wanted.object], isOwner(request.session, record, wanted.epoch) else { continue }
            sessions[session.id]?.owned.remove(record.object)
            remove(record.object)
        }
        sessions[session.id]?.advance(to: request.number, &changes)
        return reply
    }

    /// False: a late copy, or the repetition of one whose answer was lost. What it had to do is done.
    private static func isNew(_ number: UInt64, _ session: DirectorySession) throws(DirectoryRefusal) -> Bool {
        guard number > 0 else { throw DirectoryRefusal(.malformed, "the request has no number") }
        return number > session.number
    }

    private mutating func took(_ request: ObjectSnapshot) throws(DirectoryRefusal) -> Acknowledgement {
        var reply = Acknowledgement()
        reply.fenced = sessions[request.session] == nil
        guard request.state.count <= Self.longestSnapshot else {
            throw DirectoryRefusal(
                .malformed,
                "a snapshot of \(request.object) has \(request.state.count) bytes: at most \(Self.longestSnapshot)")
        }
        guard let record = objects[request.object], record.restore == .elsewhere,
            isOwner(request.session, record, request.epoch)
        else { return reply }
        let old = snapshots[request.object]
        if let old, (old.epoch, old.number) >= (request.epoch, request.number) { return reply }
        let bytes = snapshotBytes + request.state.count - (old?.state.count ?? 0)
        guard bytes <= configuration.maximumSnapshots else {
            throw DirectoryRefusal(
                .full, "all snapshots together have more than \(configuration.maximumSnapshots) bytes")
        }
        snapshotBytes = bytes
        snapshots[request.object] = request
        changes.append(.putSnapshot(request))
        return reply
    }

    /// Ids are put in order once for all pages.
    private mutating func page(_ request: ListObjects) -> ObjectRecords {
        if request.after.isEmpty || listing.isEmpty { listing = objects.keys.sorted() }
        let limit = Int(clamping: min(max(request.limit, 1), UInt64(Self.perRequest)))
        var low = 0
        var high = request.after.isEmpty ? 0 : listing.count
        while low < high {
            let middle = (low + high) / 2
            if listing[middle] <= request.after { low = middle + 1 } else { high = middle }
        }
        var reply = ObjectRecords()
        while low < listing.count, reply.objects.count < limit {
            if let record = objects[listing[low]] { reply.objects.append(record) }
            low += 1
        }
        if reply.objects.count < limit { listing = [] }
        return reply
    }

    // MARK: - Changes

    func isOwner(_ session: UInt64, _ record: ObjectRecord, _ epoch: UInt64) -> Bool {
        record.session == session && record.standing == .owned && record.epoch == epoch && sessions[session] != nil
    }

    mutating func put(_ record: ObjectRecord) {
        objects[record.object] = record
        changes.append(.putObject(record))
    }

    mutating func remove(_ object: String) {
        objects[object] = nil
        orphans[object] = nil
        changes.append(.removeObject(object))
        removeSnapshot(object)
    }

    mutating func removeSnapshot(_ object: String) {
        guard let snapshot = snapshots.removeValue(forKey: object) else { return }
        snapshotBytes -= snapshot.state.count
        changes.append(.removeSnapshot(object))
    }
}

extension DirectoryCore.Session {
    fileprivate mutating func advance(to number: UInt64, _ changes: inout [DirectoryChange]) {
        guard number > kept.number else { return }
        kept.number = number
        changes.append(.putSession(kept))
    }
}
