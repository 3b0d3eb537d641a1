import ClusterModel
import NIOCore
import Protobuf
import RPC
import Storage

/// The directory as a service of its node. Every answer leaves after what it depends on is on disk; without a store
/// nothing survives it. Confined to its event loop.
package final class DirectoryService {
    /// Told of a named step with the object's id; nothing goes on until the continuation is called, once, on the event loop.
    package var failpoint: ((Failpoint, String, @escaping () -> Void) -> Void)?
    /// The disk has failed, once: nothing is answered any more, and only a restart helps.
    package var onFailure: ((StoreFailure) -> Void)?
    package private(set) var failure: StoreFailure?
    /// That have arrived.
    package private(set) var requestCount = 0

    package let eventLoop: any EventLoop
    private let schema: Schema
    private let storage: DirectoryStorage
    private let store: NodeStore?
    private let clock: () -> Int64
    private let beat: Int64
    private var core: DirectoryCore
    /// Commits under way.
    private var unsettled = 0
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - store: its keys under `DirectoryStorage.prefix` are this service's.
    ///   - clock: nanoseconds; of `NIODeadline` by default.
    /// - Throws: `StoreFailure` if what the store has is damaged.
    package init(
        _ configuration: DirectoryCore.Configuration, store: NodeStore?, on eventLoop: any EventLoop,
        clock: (() -> Int64)? = nil
    ) throws {
        self.eventLoop = eventLoop
        self.store = store
        let clock = clock ?? { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
        self.clock = clock
        schema = try DirectoryMethod.schema()
        let storage = try DirectoryStorage()
        self.storage = storage
        var configuration = configuration
        // Requests that come while the process is stopped wait in its sockets: it hears of time by a beat, and a pause
        // between two beats is its own.
        beat = max(configuration.lease / 4, 1_000_000)
        configuration.attention = min(configuration.attention, beat * 2)
        let kept = try store.map { try storage.changes($0.recovered(under: DirectoryStorage.prefix)) } ?? []
        core = DirectoryCore(configuration, kept: kept, now: clock())
        tick()
    }

    package var objectCount: Int { core.objects.count }
    package var sessionCount: Int { core.sessionCount }

    /// What runs is answered; time stands still.
    package func stop() {
        timer?.cancel()
        timer = nil
    }

    /// Ends what is over, as every request does first.
    package func expire() { settle(core.expire(now: clock())) { _ in } }

    private func tick() {
        expire()
        timer = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(beat)) { [weak self] in self?.tick() }
    }

    // MARK: - Requests

    package var served: ServedService {
        var service = WireService(schema, service: DirectoryMethod.service)
        serve(&service, .open) { $0.open($1, now: $2) }
        serve(&service, .renew) { $0.renew($1, now: $2) }
        serve(&service, .register) { $0.register($1, now: $2) }
        serve(&service, .claim) { $0.claim($1, now: $2) }
        serve(&service, .lookup) { $0.lookup($1, now: $2) }
        serve(&service, .drop) { $0.drop($1, now: $2) }
        serve(&service, .snapshot) { $0.snapshot($1, now: $2) }
        serve(&service, .fetch) { $0.fetch($1, now: $2) }
        serve(&service, .list) { $0.list($1, now: $2) }
        service.on(DirectoryMethod.swap.rawValue) {
            [self] (request: SwapOwner, reply: @escaping Reply<OwnershipReply>) in
            requestCount += 1
            reach(.swap, request.object) { self.swap(request, reply) }
        }
        return service.served
    }

    private typealias Reply<Message> = (Result<Message, GRPCStatus>) -> Void

    private func serve<Request: WireMessage, Answer: WireMessage>(
        _ service: inout WireService, _ method: DirectoryMethod,
        _ body: @escaping (inout DirectoryCore, Request, Int64) -> DirectoryAnswer<Answer>
    ) {
        service.on(method.rawValue) { [self] (request: Request, reply: @escaping Reply<Answer>) in
            requestCount += 1
            if let failure { return reply(.failure(Self.status(failure))) }
            let answer = body(&core, request, clock())
            settle(answer.changes) { failure in reply(Self.result(answer, failure)) }
        }
    }

    private func swap(_ request: SwapOwner, _ reply: @escaping Reply<OwnershipReply>) {
        if let failure { return reply(.failure(Self.status(failure))) }
        let answer = core.swap(request, now: clock())
        let isMadeNow = answer.changes.contains { change in
            guard case .putObject(let record) = change else { return false }
            return record.object == request.object && record.session == request.targetSession
                && record.standing == .owned
        }
        settle(answer.changes) { [self] failure in
            let result = Self.result(answer, failure)
            guard isMadeNow, failure == nil else { return reply(result) }
            reach(.swapped, request.object) { reply(result) }
        }
    }

    private func reach(_ point: Failpoint, _ object: String, _ goOn: @escaping () -> Void) {
        if let failpoint { failpoint(point, object, goOn) } else { goOn() }
    }

    private static func result<Answer>(
        _ answer: DirectoryAnswer<Answer>, _ failure: StoreFailure?
    ) -> Result<Answer, GRPCStatus> {
        if let failure { return .failure(status(failure)) }
        return answer.result.mapError { refusal in
            GRPCStatus(refusal.code == .full ? .resourceExhausted : .invalidArgument, refusal.message)
        }
    }

    private static func status(_ failure: StoreFailure) -> GRPCStatus {
        GRPCStatus(.unavailable, "the directory's store has failed: \(failure)")
    }

    // MARK: - The disk

    /// - Parameter done: called when these changes and all before them are on disk: at once if there are none.
    private func settle(_ changes: [DirectoryChange], _ done: @escaping (StoreFailure?) -> Void) {
        guard let store, unsettled > 0 || !changes.isEmpty else { return done(failure) }
        let operations: [StoreOperation]
        do {
            operations = try changes.map { try storage.operation($0) }
        } catch {
            fail(StoreFailure(.io, "a record cannot be written: \(error)"))
            return done(failure)
        }
        unsettled += 1
        store.commit(operations) { [self] failure in
            unsettled -= 1
            if let failure { fail(failure) }
            done(self.failure)
        }
    }

    private func fail(_ failure: StoreFailure) {
        guard self.failure == nil else { return }
        self.failure = failure
        onFailure?(failure)
    }
}
