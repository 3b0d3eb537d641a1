import ClusterModel
import Control
import History
import Membership
import NIOCore
import Protobuf
import RPC

/// A table of names as the service `orch.v1.Names`. Confined to its event loop.
final class NamesService {
    /// Entries of one answer to a lookup.
    static let lookupLimit = 100
    /// Entries of one part of the list.
    static let listLimit = 1_000

    /// Told of each answer to somebody's lookup, before it leaves.
    var answered: ((_ lookup: String, _ asker: String) -> Void)?

    private var table: NameTable
    private let schema: Schema
    private let clock: () -> Int64

    /// - Parameters:
    ///   - lease: of every entry.
    ///   - clock: nanoseconds.
    init(lease: Duration, clock: @escaping () -> Int64 = MonotonicClock.now) throws {
        table = NameTable(lease: lease.nanoseconds)
        schema = try NamesMethod.schema()
        self.clock = clock
    }

    private typealias Reply<Message> = (Result<Message, GRPCStatus>) -> Void

    var served: ServedService {
        var service = WireService(schema, service: NamesMethod.service)
        service.on(NamesMethod.register.rawValue) {
            [self] (request: RegisterNames, reply: @escaping Reply<NamesLease>) in
            let entries = request.entries.map { $0.entry(of: request.holder) }
            let result = table.register(holder: request.holder, life: request.life, entries, now: clock())
            reply(result.map { lease(isKnown: true) }.mapError(Self.status))
        }
        service.on(NamesMethod.renew.rawValue) { [self] (request: RenewNames, reply: @escaping Reply<NamesLease>) in
            let isKnown = table.renew(holder: request.holder, life: request.life, now: clock())
            reply(.success(lease(isKnown: isKnown)))
        }
        service.on(NamesMethod.withdraw.rawValue) {
            [self] (request: WithdrawNames, reply: @escaping Reply<NamesLease>) in
            table.withdraw(holder: request.holder, life: request.life, names: request.names, now: clock())
            reply(.success(lease(isKnown: true)))
        }
        service.on(NamesMethod.lookup.rawValue) { [self] (request: LookupName, reply: @escaping Reply<NameEntries>) in
            var answer = NameEntries()
            let found = table.lookup(
                group: request.group, kind: request.kind, name: request.entryName.isEmpty ? nil : request.entryName,
                limit: Self.limit(request.limit, Self.lookupLimit), now: clock())
            answer.entries = found.map(NameEntry.init)
            if !request.lookup.isEmpty { answered?(request.lookup, request.asker) }
            reply(.success(answer))
        }
        service.on(NamesMethod.list.rawValue) { [self] (request: ListNames, reply: @escaping Reply<NameEntries>) in
            let part = table.list(
                skip: Int(clamping: request.skip), limit: Self.limit(request.limit, Self.listLimit), now: clock())
            var answer = NameEntries()
            answer.entries = part.entries.map(NameEntry.init)
            answer.more = part.hasMore
            reply(.success(answer))
        }
        return service.served
    }

    private func lease(isKnown: Bool) -> NamesLease {
        var lease = NamesLease()
        lease.lease = table.lease
        lease.unknown = !isKnown
        return lease
    }

    private static func limit(_ wanted: UInt64, _ most: Int) -> Int {
        wanted == 0 ? most : min(Int(clamping: wanted), most)
    }

    private static func status(_ refusal: NameTable.Refusal) -> GRPCStatus {
        switch refusal {
        case .full: GRPCStatus(.resourceExhausted, "the name service has no room for more entries")
        case .malformed(let what): GRPCStatus(.invalidArgument, what)
        case .stale: GRPCStatus(.failedPrecondition, "a later life of the holder has registered")
        }
    }
}

/// `names:` — keeps who is there, and who has what.
final class NamesPart: ServerPart {
    /// Octets of a name in the evidence.
    private static let wordLimit = 300

    private let context: NodeContext
    private let role: NamesRole
    private let service: NamesService

    init(_ context: NodeContext, _ role: NamesRole) throws {
        self.context = context
        self.role = role
        service = try NamesService(lease: role.lease)
    }

    let needsStore = false

    func services(_ store: NodeStore?, _ dispatcher: ServiceDispatcher) throws -> [ServedService] {
        service.answered = { [recorder = context.recorder] lookup, asker in
            guard lookup.utf8.count <= Self.wordLimit, asker.utf8.count <= Self.wordLimit else { return }
            var event = LookupMessage()
            event.lookup = lookup
            event.to = asker
            recorder.record(.lookupMessage(event))
        }
        return [service.served]
    }

    func start(port: Int) -> EventLoopFuture<Void> {
        context.log("keeping names, each for \(role.lease.text)")
        return context.eventLoop.makeSucceededVoidFuture()
    }

    func report(_ progress: inout Progress) {}
    func drain() {}
    let pendingCount = 0
    func stop() -> EventLoopFuture<Void> { context.eventLoop.makeSucceededVoidFuture() }
}
