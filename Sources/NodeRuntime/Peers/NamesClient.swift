import ClusterModel
import Control
import History
import Membership
import NIOCore
import Protobuf
import RPC

/// The way of a peer to its name service.
protocol PeerNames: AnyObject {
    /// Registers the peer with its resources, and keeps it registered; hands members to join through to the host.
    func start(host: (any PeerHost)?, resources: [String])
    /// - Parameters:
    ///   - lookup: its id in the evidence.
    ///   - completed: told once, never before this returns: the holder, or `nil` for nobody or no answer in time.
    func lookup(
        _ resource: String, lookup: String, within time: Duration, _ completed: @escaping (_ holder: String?) -> Void)
    /// Succeeds when the peer has been registered once, or has tried for a while.
    var hasBegun: EventLoopFuture<Void>? { get }
    /// Takes the peer's entries back, if that takes no waiting.
    func stop()
}

extension PeerNames {
    var hasBegun: EventLoopFuture<Void>? { nil }
}

/// Registers a peer at the name service and renews at half of the lease, for ever: whatever dies and comes back, the
/// entries do, too. Confined to its event loop.
final class NamesClient: PeerNames, CallObserver {
    /// Members that are asked for at a time.
    private static let memberLimit: UInt64 = 16
    private static let attemptTime = Duration.milliseconds(250)
    private static let backoff = Duration.milliseconds(10)...(.milliseconds(250))
    /// For one answer, attempts and all; then it begins anew.
    private static let answerTime = Duration.seconds(2)
    /// A peer without a name service is a peer all the same.
    private static let patience = TimeAmount.seconds(2)
    /// After something went wrong.
    private static let pause = TimeAmount.milliseconds(250)
    /// Between two questions for members: alone, and in company (there may be others who know nothing of us).
    private static let lonelyPause = TimeAmount.milliseconds(200)
    private static let seekPause = TimeAmount.seconds(5)

    private let eventLoop: any EventLoop
    private let process: String
    private let life: UInt64
    private let group: String
    private let description: [String: String]
    private let resolve: () -> EventLoopFuture<ServerEndpoint?>
    private let makeClient: (ServerEndpoint, any CallObserver) -> RPCClient
    private let asked: (_ lookup: String, _ service: String) -> Void
    private let log: (String) -> Void
    private weak var host: (any PeerHost)?
    private var resources: [String] = []
    private var client: RPCClient?
    private var schema: Schema?
    private var isRegistered = false
    private let begun: EventLoopPromise<Void>
    private var isStopped = false
    private var hasComplained = false
    /// Lookups of peers, by the call that asks.
    private var lookups: [CallID: String] = [:]
    /// Lookups that began before the way was known.
    private var early: [() -> Void] = []
    private var timers: [Scheduled<Void>?] = [nil, nil, nil, nil]

    /// - Parameters:
    ///   - resolve: where the service is; `nil` or a failure: it is asked again.
    ///   - asked: told of each attempt of a lookup.
    init(
        on eventLoop: any EventLoop, process: String, life: UInt64, group: String, description: [String: String],
        resolve: @escaping () -> EventLoopFuture<ServerEndpoint?>,
        makeClient: @escaping (ServerEndpoint, any CallObserver) -> RPCClient,
        asked: @escaping (_ lookup: String, _ service: String) -> Void, log: @escaping (String) -> Void
    ) {
        self.eventLoop = eventLoop
        self.process = process
        self.life = life
        self.group = group
        self.description = description
        self.resolve = resolve
        self.makeClient = makeClient
        self.asked = asked
        self.log = log
        begun = eventLoop.makePromise()
    }

    /// - Parameter service: the node.
    convenience init(_ context: NodeContext, service: String, group: String) {
        let plan = context.plan
        self.init(
            on: context.eventLoop, process: plan.instance, life: UInt64(max(plan.incarnation, 1)), group: group,
            description: ["node": plan.node, "replica": "\(plan.replica)", "life": "\(plan.incarnation)"],
            resolve: { [unowned context] in context.resolve(service).map(\.first) },
            makeClient: { [unowned context] endpoint, observer in
                ClientFactory.client(context, [endpoint], part: "n", observer: observer)
            },
            asked: { [recorder = context.recorder] lookup, service in
                var event = LookupMessage()
                event.lookup = lookup
                event.to = service
                recorder.record(.lookupMessage(event))
            }, log: { [log = context.log] in log($0) })
    }

    // MARK: - PeerNames

    var hasBegun: EventLoopFuture<Void>? { begun.futureResult }

    func start(host: (any PeerHost)?, resources: [String]) {
        self.host = host
        self.resources = resources
        timers[3] = eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { self.begun.succeed() }
        find()
    }

    func lookup(
        _ resource: String, lookup: String, within time: Duration, _ completed: @escaping (_ holder: String?) -> Void
    ) {
        guard let client else {
            guard !isStopped, early.count < FindWork.limit else {
                return eventLoop.assumeIsolated().execute { completed(nil) }
            }
            let begun = NIODeadline.now()
            return early.append { [self] in
                let left = time - .nanoseconds((NIODeadline.now() - begun).nanoseconds)
                guard left > .zero, self.client != nil else { return completed(nil) }
                self.lookup(resource, lookup: lookup, within: left, completed)
            }
        }
        var request = LookupName()
        request.group = group
        request.kind = .resource
        request.entryName = resource
        request.limit = 1
        request.lookup = lookup
        request.asker = process
        let call = client.nextCall
        lookups[call] = lookup
        ask(.lookup, request, within: time) { [self] (result: Result<NameEntries, WireFailure>) in
            lookups[call] = nil
            completed((try? result.get())?.entries.first?.holder)
        }
    }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        for timer in timers { timer?.cancel() }
        let waiting = early
        early = []
        for lookup in waiting { lookup() }
        guard client != nil else { return }
        var request = WithdrawNames()
        request.holder = process
        request.life = life
        // Whoever cannot wait for the answer leaves it to the lease.
        ask(.withdraw, request, within: Self.attemptTime) { [self] (_: Result<NamesLease, WireFailure>) in
            _ = client?.close()
        }
    }

    // MARK: - The way

    private func find() {
        guard !isStopped, client == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        resolve().whenComplete { result in
            let this = bound.value
            guard !this.isStopped else { return }
            guard case .success(let endpoint?) = result, let schema = try? NamesMethod.schema() else {
                if case .failure(let error) = result { this.complain("cannot be found: \(error)") }
                return this.later(0, Self.pause) { this.find() }
            }
            this.schema = schema
            this.client = this.makeClient(endpoint, this)
            this.register()
            this.seek()
            let waiting = this.early
            this.early = []
            for lookup in waiting { lookup() }
        }
    }

    private func ask<Request: WireMessage, Reply: WireMessage>(
        _ method: NamesMethod, _ request: Request, within time: Duration,
        _ completed: @escaping (Result<Reply, WireFailure>) -> Void
    ) {
        guard let client, let schema else { return }
        let retry = RetryPolicy(
            timeout: min(Self.attemptTime, time), attempts: .max, backoff: Self.backoff, deadline: time)
        WireClient(client, schema, service: NamesMethod.service, retry: retry)
            .ask(method.rawValue, request, completed)
    }

    /// - Parameter slot: of the timers, one for each loop.
    private func later(_ slot: Int, _ time: TimeAmount, _ body: @escaping () -> Void) {
        timers[slot]?.cancel()
        guard !isStopped else { return }
        timers[slot] = eventLoop.assumeIsolated().scheduleTask(in: time, body)
    }

    /// Once until it is right again.
    private func complain(_ problem: String) {
        if !hasComplained { log("the name service \(problem); trying on") }
        hasComplained = true
    }

    // MARK: - Entries

    private func register() {
        guard !isStopped else { return }
        var request = RegisterNames()
        request.holder = process
        request.life = life
        let own = NameTable.Entry(
            kind: .member, group: group, name: process, holder: process, description: description)
        let shared = resources.map {
            NameTable.Entry(kind: .resource, group: group, name: $0, holder: process, description: description)
        }
        request.entries = ([own] + shared).map(NameEntry.init)
        ask(.register, request, within: Self.answerTime) { [self] (result: Result<NamesLease, WireFailure>) in
            switch result {
            case .success(let lease):
                if !isRegistered || hasComplained { log("registered at the name service") }
                isRegistered = true
                begun.succeed()
                hasComplained = false
                renewLater(lease)
            case .failure(let failure):
                complain("did not register this peer: \(failure.status)")
                later(1, Self.pause) { self.register() }
            }
        }
    }

    private func renewLater(_ lease: NamesLease) {
        later(1, .nanoseconds(max(lease.lease / 2, 1_000_000))) { self.renew() }
    }

    private func renew() {
        guard !isStopped else { return }
        var request = RenewNames()
        request.holder = process
        request.life = life
        ask(.renew, request, within: Self.answerTime) { [self] (result: Result<NamesLease, WireFailure>) in
            switch result {
            case .success(let lease) where !lease.unknown:
                if hasComplained { log("the name service is back") }
                hasComplained = false
                renewLater(lease)
            // It has restarted, or we were away for too long.
            case .success: register()
            case .failure(let failure):
                complain("does not answer: \(failure.status)")
                later(1, .milliseconds(10)) { self.renew() }
            }
        }
    }

    // MARK: - Members

    /// Asks who is there, and hands them on to be joined through.
    private func seek() {
        guard !isStopped else { return }
        var request = LookupName()
        request.group = group
        request.kind = .member
        request.limit = Self.memberLimit
        ask(.lookup, request, within: Self.answerTime) { [self] (result: Result<NameEntries, WireFailure>) in
            let names = ((try? result.get())?.entries ?? []).map(\.entryName).filter { $0 != process }
            if !names.isEmpty { host?.join(names) }
            let isAlone = (host?.live.count ?? 0) <= 1
            later(2, isAlone ? Self.lonelyPause : Self.seekPause) { self.seek() }
        }
    }

    // MARK: - CallObserver

    func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {
        if let lookup = lookups[id] { asked(lookup, target) }
    }

    func callEnded(_ report: CallReport, path: String) {}
}
