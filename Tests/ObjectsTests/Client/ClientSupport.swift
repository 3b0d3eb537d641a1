import ClusterModel
import NIOCore
import NIOPosix
import Objects
import RPC

/// Tests that live on an event loop, as everything under test does.
@globalActor actor ClientLoop {
    static let shared = ClientLoop()
    static let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    nonisolated var unownedExecutor: UnownedSerialExecutor { ClientLoop.eventLoop.executor.asUnownedSerialExecutor() }

    /// What was to run soon has run.
    @ClientLoop static func settle() async {
        for _ in 0..<20 { await withCheckedContinuation { done in eventLoop.execute { done.resume() } } }
    }
}

/// A host whose answers the test gives.
final class ScriptedHost: CallTransport {
    /// A transmission that has arrived.
    final class Arrival: CallStream {
        let path: String
        let metadata: Metadata
        let timeout: UInt64?
        private(set) var message: ByteBuffer?
        private(set) var isCancelled = false
        private var delegate: (any ClientStreamDelegate)?
        private let host: ScriptedHost
        let isWritable = true

        init(
            _ host: ScriptedHost, _ path: String, _ metadata: Metadata, _ timeout: UInt64?,
            _ delegate: any ClientStreamDelegate
        ) {
            self.host = host
            self.path = path
            self.metadata = metadata
            self.timeout = timeout
            self.delegate = delegate
        }

        func send(_ message: ByteBuffer, endOfStream: Bool) {
            self.message = message
            if endOfStream { ClientLoop.eventLoop.assumeIsolated().execute { self.host.arrived(self) } }
        }

        func halfClose() {}

        func cancel() {
            isCancelled = true
            delegate = nil
        }

        func finish(_ ending: ClientStreamEnding, message: ByteBuffer? = nil, initial: Metadata? = nil) {
            let delegate = self.delegate
            self.delegate = nil
            if let initial { delegate?.received(initialMetadata: initial) }
            if let message { delegate?.received(message) }
            delegate?.finished(ending)
        }

        func succeed(_ trailers: [(String, String)] = []) {
            finish(
                ClientStreamEnding(.ok, trailers: entries(trailers), origin: .serverStatus, wasSent: true),
                message: ByteBuffer(string: "from \(host.target)"))
        }

        func refuse(
            _ reason: RefusalReason, _ extra: [(String, String)] = [], outcome: DeclaredOutcome = .notExecuted
        ) {
            var trailers = ReplyHeader(server: "\(host.target)/i", outcome: outcome, reason: reason.rawValue).metadata
            try? trailers.add(contentsOf: entries(extra))
            finish(
                ClientStreamEnding(
                    GRPCStatus(reason.code, reason.message), trailers: trailers, origin: .serverStatus, wasSent: true))
        }

        func moved(to owner: String, _ epoch: UInt64) {
            refuse(.moved, [(ObjectHeader.owner, owner), (ObjectHeader.epoch, "\(epoch)")])
        }

        func lost(_ origin: ClientStreamEnding.Origin, wasSent: Bool) {
            finish(ClientStreamEnding(GRPCStatus(.unavailable, "lost"), origin: origin, wasSent: wasSent))
        }

        private func entries(_ list: [(String, String)]) -> Metadata {
            var metadata = Metadata()
            for (name, value) in list { try? metadata.add(name, value) }
            return metadata
        }
    }

    let target: String
    var isReachable = true
    private(set) var arrivals: [Arrival] = []
    private(set) var tries = 0
    private let answer: (Arrival, Int) -> Void

    /// - Parameter answer: to each transmission, with its number from 1.
    init(_ target: String, _ answer: @escaping (Arrival, Int) -> Void) {
        self.target = target
        self.answer = answer
    }

    func prepare(handshake: Bool, _ ready: @escaping (Result<String?, Unreachable>) -> Void) {
        tries += 1
        ready(isReachable ? .success(handshake ? "of the host" : nil) : .failure(Unreachable("connection refused")))
    }

    func start(
        path: String, metadata: Metadata, timeout: UInt64?, delegate: any ClientStreamDelegate
    ) -> any CallStream {
        Arrival(self, path, metadata, timeout, delegate)
    }

    private func arrived(_ arrival: Arrival) {
        arrivals.append(arrival)
        answer(arrival, arrivals.count)
    }

    func heard(_ header: ReplyHeader) {}
    func close() -> EventLoopFuture<Void> { ClientLoop.eventLoop.makeSucceededVoidFuture() }
}

/// A cluster in which the test is the directory and the hosts.
final class ScriptedPlaces: ObjectPlaces {
    var hosts: [String: ScriptedHost] = [:]
    /// What the directory says of any object; nil: it is not there.
    var directory: (() -> Result<ObjectRecord?, GRPCStatus>)?
    /// Whether its answers wait for `answer`.
    var isHeld = false
    private(set) var lookups = 0
    private(set) var asked: [String] = []
    private var held: [(Result<ObjectRecord?, GRPCStatus>) -> Void] = []

    func add(_ name: String, _ answer: @escaping (ScriptedHost.Arrival, Int) -> Void) {
        hosts[name] = ScriptedHost(name, answer)
    }

    func says(_ owner: String, _ epoch: UInt64, incarnation: String = "x1", _ standing: ObjectRecord.Standing = .owned)
    {
        directory = { .success(record(owner, epoch, incarnation: incarnation, standing)) }
    }

    func target(for process: String, _ ready: @escaping (Result<any CallTransport, Unreachable>) -> Void) {
        asked.append(process)
        ClientLoop.eventLoop.assumeIsolated().execute {
            guard let host = self.hosts[process] else { return ready(.failure(Unreachable("no process \(process)"))) }
            ready(.success(host))
        }
    }

    func lookup(_ object: String, _ completed: @escaping (Result<ObjectRecord?, GRPCStatus>) -> Void) {
        lookups += 1
        if isHeld { return held.append(completed) }
        ClientLoop.eventLoop.assumeIsolated().execute { completed(self.says) }
    }

    private var says: Result<ObjectRecord?, GRPCStatus> {
        directory?() ?? .failure(GRPCStatus(.unavailable, "connection refused"))
    }

    /// Those that wait.
    func answer() {
        let all = held
        held = []
        for completed in all { completed(says) }
    }

    func close() -> EventLoopFuture<Void> { ClientLoop.eventLoop.makeSucceededVoidFuture() }
}

func record(
    _ owner: String, _ epoch: UInt64, incarnation: String = "x1", _ standing: ObjectRecord.Standing = .owned
) -> ObjectRecord {
    var record = ObjectRecord()
    record.object = "acc-1"
    record.type = "Account"
    record.owner = owner
    record.epoch = epoch
    record.incarnation = incarnation
    record.standing = standing
    return record
}

/// A client of objects in such a cluster.
final class ClientBench: InvocationObserver {
    let places = ScriptedPlaces()
    let resolver: ObjectResolver
    private(set) var client: ObjectClient!
    private(set) var ends: [AttemptEnd] = []
    private(set) var invoked: [String] = []
    private let clock: Clock

    private final class Clock { var now: UInt64 = 1_000 }

    init(idleLimit: Int = 100) {
        let clock = Clock()
        self.clock = clock
        resolver = ObjectResolver(places, eventLoop: ClientLoop.eventLoop) { clock.now }
        client = ObjectClient(
            process: "teller-1", incarnation: "7", resolver, observer: self, idleLimit: idleLimit)
    }

    func pass(_ duration: Duration) { clock.now += UInt64(duration.nanoseconds) }

    func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {}
    func attemptEnded(_ id: CallID, attempt: Int, target: String, end: AttemptEnd) { ends.append(end) }
    func callEnded(_ report: CallReport, path: String) {}
    func invoked(_ id: CallID, object: String, path: String, message: ByteBuffer) {
        invoked.append("\(id) \(object) \(path) \(String(buffer: message))")
    }

    /// - Parameter attempts: without a wait between them.
    @ClientLoop func invoke(
        _ object: String = "acc-1", attempts: Int = 1, semantics: CallSemantics = .atMostOnce
    ) async -> CallReport {
        await withCheckedContinuation { done in
            client.invoke(
                object, path: "/Account/deposit", message: ByteBuffer(string: "20"),
                options: Self.options(attempts, semantics)
            ) { done.resume(returning: $0) }
        }
    }

    /// Without waiting for its end.
    func begin(_ object: String = "acc-1") -> Begun {
        let begun = Begun()
        client.invoke(
            object, path: "/Account/deposit", message: ByteBuffer(string: "20"), options: Self.options(1)
        ) { begun.report = $0 }
        return begun
    }

    final class Begun { var report: CallReport? }

    static func options(_ attempts: Int, _ semantics: CallSemantics = .atMostOnce) -> CallOptions {
        CallOptions(
            semantics: semantics,
            retry: RetryPolicy(
                timeout: .seconds(60), attempts: attempts, backoff: .nanoseconds(1)...(.nanoseconds(1))))
    }
}

extension CallReport {
    /// `success`, `not executed: moved`.
    var words: String {
        switch outcome {
        case .success: "success \(messages.first.map { String(buffer: $0) } ?? "")"
        case .executed(let status): "executed: \(status.code.name)"
        case .notExecuted(_, let reason): "not executed: \(reason)"
        case .unknown(_, let reason): "unknown: \(reason)"
        }
    }
}

/// Hears of one transmission.
final class Ear: ClientStreamDelegate {
    private(set) var events: [String] = []
    private(set) var ending: ClientStreamEnding?
    init() {}
    func received(initialMetadata: Metadata) { events.append("initial \(initialMetadata.map(\.value))") }
    func received(_ message: ByteBuffer) { events.append(String(buffer: message)) }
    func finished(_ ending: ClientStreamEnding) {
        self.ending = ending
        events.append("\(ending.origin) \(ending.status.code)")
    }
}
