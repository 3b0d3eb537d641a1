import ClusterModel
import Objects
import RPC

/// A directory without a network, whose disk is a dictionary.
struct DirectoryBench {
    static let lease: Int64 = 2_000
    static let margin: Int64 = 200

    let storage: DirectoryStorage
    var configuration: DirectoryCore.Configuration
    var core: DirectoryCore
    var now: Int64 = 10_000
    private(set) var disk: [[UInt8]: [UInt8]] = [:]
    private var number: UInt64 = 0

    init(_ change: (inout DirectoryCore.Configuration) -> Void = { _ in }) throws {
        storage = try DirectoryStorage()
        configuration = .init()
        configuration.lease = Self.lease
        configuration.margin = Self.margin
        configuration.adoption = 5_000
        change(&configuration)
        core = DirectoryCore(configuration, now: now)
    }

    /// The directory is killed, and another life of it finds what was kept.
    mutating func restart() throws {
        core = DirectoryCore(configuration, kept: try storage.changes(disk), now: now)
    }

    mutating func keep<Reply>(_ answer: DirectoryAnswer<Reply>) throws -> Reply {
        try keep(answer.changes)
        return try answer.result.get()
    }

    mutating func keep(_ changes: [DirectoryChange]) throws {
        for change in changes {
            switch try storage.operation(change) {
            case .put(let key, let value): disk[key] = value
            case .delete(let key): disk[key] = nil
            case .table: break
            }
        }
    }

    // MARK: - Requests

    mutating func open(_ host: String, _ incarnation: String = "1", types: [String] = []) throws -> UInt64 {
        var request = OpenSession()
        request.host = host
        request.incarnation = incarnation
        request.types = types
        return try keep(core.open(request, now: now)).session
    }

    mutating func lease(_ session: UInt64) throws -> SessionLease {
        var request = RenewSession()
        request.session = session
        return try keep(core.renew(request, now: now))
    }

    mutating func isAlive(_ session: UInt64) throws -> Bool { try lease(session).session == session }

    /// What the host of this session is asked to restore.
    mutating func asked(_ session: UInt64) throws -> [String] { try lease(session).restore.map(\.object) }

    mutating func nextNumber() -> UInt64 {
        number += 1
        return number
    }

    @discardableResult
    mutating func register(
        _ object: String, _ session: UInt64, durable: Bool = false, restore: ObjectType.Restore = .no,
        generated: Bool = false, number: UInt64? = nil
    ) throws -> ObjectRecord {
        var record = ObjectRecord()
        record.object = object
        record.type = "Account"
        record.incarnation = "\(object).\(session)"
        record.durable = durable
        record.restore = restore
        record.generated = generated
        var request = RegisterObjects()
        request.session = session
        request.number = number ?? nextNumber()
        request.objects = [record]
        return try keep(core.register(request, now: now)).objects[0]
    }

    mutating func claim(
        _ object: String, _ session: UInt64, epoch: UInt64, _ ground: ClaimObject.Ground, incarnation: String = ""
    ) throws -> OwnershipReply {
        var request = ClaimObject()
        request.object = object
        request.session = session
        request.epoch = epoch
        request.ground = ground
        request.incarnation = incarnation
        return try keep(core.claim(request, now: now))
    }

    mutating func swap(
        _ object: String, _ session: UInt64, epoch: UInt64, to target: String, _ targetSession: UInt64
    ) throws -> OwnershipReply {
        var request = SwapOwner()
        request.object = object
        request.session = session
        request.epoch = epoch
        request.target = target
        request.targetSession = targetSession
        return try keep(core.swap(request, now: now))
    }

    @discardableResult
    mutating func drop(_ object: String, _ session: UInt64, epoch: UInt64, number: UInt64? = nil) throws
        -> Acknowledgement
    {
        var record = ObjectRecord()
        record.object = object
        record.epoch = epoch
        var request = DropObjects()
        request.session = session
        request.number = number ?? nextNumber()
        request.objects = [record]
        return try keep(core.drop(request, now: now))
    }

    @discardableResult
    mutating func snapshot(
        _ object: String, _ session: UInt64, epoch: UInt64 = 1, number: UInt64 = 1, _ state: [UInt8] = [1]
    ) throws -> Acknowledgement {
        var request = ObjectSnapshot()
        request.object = object
        request.session = session
        request.epoch = epoch
        request.number = number
        request.state = state
        return try keep(core.snapshot(request, now: now))
    }

    mutating func fetch(_ object: String) throws -> ObjectSnapshot {
        var request = FetchSnapshot()
        request.object = object
        return try keep(core.fetch(request, now: now))
    }

    mutating func record(_ object: String) throws -> ObjectRecord {
        var request = LookupObjects()
        request.objects = [object]
        return try keep(core.lookup(request, now: now)).objects[0]
    }

    /// `owned a 1 e2`, `gone a 1 e1`, `none`.
    mutating func words(_ object: String) throws -> String {
        let record = try record(object)
        guard record.epoch > 0 else { return "none" }
        return "\(record.standing) \(record.owner) \(record.session) e\(record.epoch)"
    }

    /// Lets everybody's time pass, but for those sessions.
    mutating func passLease(keeping sessions: UInt64...) throws {
        let end = now + Self.lease + Self.margin
        while now < end {
            now = min(now + Self.lease / 2, end)
            for session in sessions { _ = try lease(session) }
        }
    }
}
