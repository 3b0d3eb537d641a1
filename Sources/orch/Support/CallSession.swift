import ClusterModel
import Control
import NIOCore
import NodeRuntime
import RPC

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The client behind `orch call`, and what it sees. It belongs to its event loop.
final class CallSession: CallObserver {
    struct Step: Sendable {
        /// Since the call began: `+3.2 ms`.
        var time: String
        var text: String
        var style: Terminal.Style
    }

    private let eventLoop: any EventLoop
    private let path: String
    private let options: CallOptions
    private let client: RPCClient
    private var started = NIODeadline.now()
    /// Where what it does is recorded, and for an object's method the object.
    var evidence: (witness: InvocationWitness, object: String?)?
    private(set) var steps: [Step] = []

    convenience init(
        _ endpoints: [ServerEndpoint], host: String, path: String, options: CallOptions, _ eventLoop: any EventLoop
    ) {
        let targets = endpoints.map { endpoint -> any CallTransport in
            var configuration = GRPCConnectionConfiguration(endpoint)
            configuration.host = host
            return GRPCTarget(target: endpoint.instance, configuration: configuration, eventLoop: eventLoop)
        }
        self.init(targets, path: path, options, eventLoop)
    }

    convenience init(
        _ target: any CallTransport, path: String, _ options: CallOptions, _ eventLoop: any EventLoop
    ) {
        self.init([target], path: path, options, eventLoop)
    }

    private init(
        _ targets: [any CallTransport], path: String, _ options: CallOptions, _ eventLoop: any EventLoop
    ) {
        self.eventLoop = eventLoop
        self.path = path
        self.options = options
        var generator = SystemRandomNumberGenerator()
        let number: UInt64 = generator.next()
        client = RPCClient(
            client: "orch-call-\(getpid())", incarnation: String(number, radix: 36), targets: targets,
            eventLoop: eventLoop, seed: number)
        client.observer = self
    }

    func call(_ message: [UInt8]) -> EventLoopFuture<CallReport> {
        let promise = eventLoop.makePromise(of: CallReport.self)
        let message = ByteBuffer(bytes: message)
        started = .now()
        if let evidence, let object = evidence.object {
            evidence.witness.invoked(client.nextCall, object: object, path: path, message: message)
        }
        client.call(path: path, message: message, options: options) { promise.succeed($0) }
        return promise.futureResult
    }

    /// - Returns: the report, with the replies.
    func stream(_ messages: [[UInt8]]) -> EventLoopFuture<CallReport> {
        let promise = eventLoop.makePromise(of: CallReport.self)
        started = .now()
        let exchange = StreamExchange(messages.map { ByteBuffer(bytes: $0) }, count: messages.count) {
            promise.succeed($0)
        }
        exchange.begin(client.stream(path: path, options: options, delegate: exchange))
        return promise.futureResult
    }

    func close() -> EventLoopFuture<Void> { client.close() }

    // MARK: - Many calls

    /// What many calls came to.
    struct Load: Sendable, Encodable {
        var calls: Int
        var succeeded: Int
        var failed: Int
        var unknown: Int
        var seconds: Double
        /// Processor time of this process meanwhile.
        var cpuSeconds: Double
        /// Latencies in microseconds.
        var p50: Double
        var p99: Double
        var maximum: Double

        private enum CodingKeys: String, CodingKey {
            case calls, succeeded, failed, unknown, seconds
            case cpuSeconds = "cpu_s"
            case p50 = "p50_us"
            case p99 = "p99_us"
            case maximum = "max_us"
        }

        var text: String {
            let rate = seconds > 0 ? Double(calls) / seconds : 0
            return """
                \(calls) calls in \(trimmed(seconds)) s: \(Int(rate))/s, \(succeeded) succeeded, \(failed) failed, \
                \(unknown) unknown
                latency: p50 \(trimmed(p50)) us, p99 \(trimmed(p99)) us, max \(trimmed(maximum)) us
                processor time of the caller: \(trimmed(calls > 0 ? cpuSeconds * 1e6 / Double(calls) : 0)) us a call
                """
        }
    }

    func load(_ message: [UInt8], count: Int, concurrency: Int) -> EventLoopFuture<Load> {
        let promise = eventLoop.makePromise(of: Load.self)
        client.observer = nil
        client.connect(handshake: options.semantics.filtersDuplicates).assumeIsolated().whenComplete { _ in
            LoadRun(self.client, self.path, message, self.options, count: count) { promise.succeed($0) }
                .begin(concurrency)
        }
        return promise.futureResult
    }

    // MARK: - CallObserver

    func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {
        evidence?.witness.attemptSent(id, path: path, target: target, attempt: attempt, due: due)
        step("attempt \(attempt) sent to \(target) as \(id)", .bold)
    }

    func attemptEnded(_ id: CallID, attempt: Int, target: String, end: AttemptEnd) {
        switch end {
        case .replied(let status, let header):
            var text = "attempt \(attempt): \(target) answered \(status)"
            if let reply = header.reply { text += ", \(reply.rawValue) reply" }
            if let server = header.server { text += " of \(server)" }
            if let outcome = header.outcome { text += ", \(outcome.rawValue)" }
            if let reason = header.reason { text += " (\(reason))" }
            step(text, status.isOK ? .green : .yellow)
        case .notSent(let reason): step("attempt \(attempt): nothing was sent: \(reason)", .yellow)
        case .refused: step("attempt \(attempt): refused, not looked at", .yellow)
        case .lost(let reason): step("attempt \(attempt): \(reason)", .yellow)
        }
    }

    func callEnded(_ report: CallReport, path: String) {
        guard let evidence else { return }
        if evidence.object == nil { evidence.witness.calls.record(report) } else { evidence.witness.record(report) }
    }

    private func step(_ text: String, _ style: Terminal.Style) {
        let passed = Double((NIODeadline.now() - started).nanoseconds) / 1e6
        steps.append(Step(time: "+\(trimmed((passed * 10).rounded() / 10)) ms", text: text, style: style))
    }
}

/// Many equal calls, some at a time.
private final class LoadRun {
    private let client: RPCClient
    private let path: String
    private let message: ByteBuffer
    private let options: CallOptions
    private let count: Int
    private let completed: (CallSession.Load) -> Void
    private var begun = 0
    private var latencies: [UInt32] = []
    private var succeeded = 0
    private var failed = 0
    private var unknown = 0
    private let started = NIODeadline.now()
    private let cpu = clock()

    init(
        _ client: RPCClient, _ path: String, _ message: [UInt8], _ options: CallOptions, count: Int,
        _ completed: @escaping (CallSession.Load) -> Void
    ) {
        self.client = client
        self.path = path
        self.message = ByteBuffer(bytes: message)
        self.options = options
        self.count = count
        self.completed = completed
        latencies.reserveCapacity(count)
    }

    func begin(_ concurrency: Int) { for _ in 0..<min(concurrency, count) { next() } }

    private func next() {
        guard begun < count else { return }
        begun += 1
        let start = NIODeadline.now()
        client.call(path: path, message: message, options: options) { self.ended($0, start) }
    }

    private func ended(_ report: CallReport, _ start: NIODeadline) {
        latencies.append(UInt32(clamping: (NIODeadline.now() - start).nanoseconds / 100))
        switch report.outcome {
        case .success: succeeded += 1
        case .executed, .notExecuted: failed += 1
        case .unknown: unknown += 1
        }
        guard latencies.count == count else { return next() }
        let seconds = Double((NIODeadline.now() - started).nanoseconds) / 1e9
        let sorted = latencies.sorted()
        func quantile(_ q: Double) -> Double { Double(sorted[min(count - 1, Int(q * Double(count)))]) / 10 }
        completed(
            CallSession.Load(
                calls: count, succeeded: succeeded, failed: failed, unknown: unknown, seconds: seconds,
                cpuSeconds: Double(clock() - cpu) / Double(CLOCKS_PER_SEC), p50: quantile(0.5), p99: quantile(0.99),
                maximum: quantile(1)))
    }
}
