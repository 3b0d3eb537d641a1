import ClusterModel
import NIOCore

/// One unary call on its way: carries out what its `CallCore` decides.
final class UnaryCall: DeadlineHolder {
    private let client: RPCClient
    private let id: CallID
    private let path: String
    private let message: ByteBuffer
    private let options: CallOptions
    private let due: Int64
    private let completed: (CallReport) -> Void
    private var core: CallCore
    private var attempts: [Attempt] = []
    private var sent = 0

    // Its place among those that wait (`DeadlineQueue`).
    var deadlineIndex = -1
    var queuedDeadline: UInt64 = 0

    init(
        _ client: RPCClient, _ id: CallID, path: String, message: ByteBuffer, options: CallOptions, due: Int64,
        completed: @escaping (CallReport) -> Void
    ) {
        self.client = client
        self.id = id
        self.path = path
        self.message = message
        self.options = options
        self.due = due
        self.completed = completed
        core = CallCore(options.semantics, options.retry)
    }

    func start() { perform(core.start(now: RPCClient.now)) }

    func wake() { perform(core.wake(now: RPCClient.now, using: &client.generator)) }

    func cancel() { perform(core.cancel()) }

    private func perform(_ action: CallCore.Action, reply: Attempt? = nil) {
        switch action {
        case .none: schedule()
        case .transmit(let attempt): transmit(attempt)
        case .finish(let outcome): finish(outcome, reply)
        }
    }

    private func schedule() {
        guard !core.isFinished else { return }
        client.timer.set(self, core.wakeAt.map { UInt64(clamping: $0) })
    }

    // MARK: - Transmissions

    private func transmit(_ number: Int) {
        guard let transport = client.transport(to: core.pinned?.target ?? options.target) else {
            return ended(number, .notSent(reason: "there is no server \(options.target ?? "")"), nil)
        }
        // Set before: it may take until then to connect.
        schedule()
        transport.prepare(handshake: options.semantics.filtersDuplicates) { result in
            switch result {
            case .success(let incarnation): self.send(number, over: transport, incarnation)
            case .failure(let error): self.ended(number, .notSent(reason: error.reason), nil)
            }
        }
    }

    private func send(_ number: Int, over transport: any CallTransport, _ incarnation: String?) {
        guard
            let transmission = core.send(
                attempt: number, to: transport.target, incarnation: incarnation, now: RPCClient.now)
        else { return schedule() }
        let header = CallHeader(
            id: id, attempt: UInt32(clamping: number), acknowledged: client.sequence.acknowledged,
            server: transmission.server)
        var metadata = options.metadata
        header.write(to: &metadata)
        client.observer?.attemptSent(id, path: path, target: transport.target, attempt: number, due: due)
        let attempt = Attempt(self, number, transport)
        attempts.append(attempt)
        sent += 1
        let stream = transport.start(
            path: path, metadata: metadata, timeout: UInt64(clamping: transmission.timeLeft), delegate: attempt)
        attempt.stream = stream
        stream.send(message, endOfStream: true)
        schedule()
    }

    private func ended(_ number: Int, _ end: AttemptEnd, _ attempt: Attempt?) {
        guard !core.isFinished else { return }
        if let attempt { client.observer?.attemptEnded(id, attempt: number, target: attempt.target, end: end) }
        let action = core.ended(attempt: number, end, now: RPCClient.now, using: &client.generator)
        perform(action, reply: attempt)
    }

    private func finish(_ outcome: CallOutcome, _ reply: Attempt?) {
        client.ended(self)
        client.sequence.ended(id.sequence)
        for attempt in attempts where attempt !== reply { attempt.stream?.cancel() }
        var report = CallReport(id: id, outcome: outcome)
        report.attempts = sent
        if let reply {
            report.header = reply.header
            report.initialMetadata = reply.initialMetadata
            report.trailers = reply.trailers
            if outcome == .success, let message = reply.message { report.messages = [message] }
        }
        attempts = []
        client.observer?.callEnded(report, path: path)
        completed(report)
    }

    /// One transmission and what came back on it.
    private final class Attempt: ClientStreamDelegate {
        private let call: UnaryCall
        private let number: Int
        let transport: any CallTransport
        var target: String { transport.target }
        var stream: (any CallStream)?
        var message: ByteBuffer?
        var header = ReplyHeader()
        var initialMetadata = Metadata()
        var trailers = Metadata()

        init(_ call: UnaryCall, _ number: Int, _ transport: any CallTransport) {
            self.call = call
            self.number = number
            self.transport = transport
        }

        func received(initialMetadata: Metadata) {
            self.initialMetadata = initialMetadata
            header.read(initialMetadata)
        }

        func received(_ message: ByteBuffer) { self.message = message }

        func finished(_ ending: ClientStreamEnding) {
            stream = nil
            trailers = ending.trailers
            header.read(ending.trailers)
            transport.heard(header)
            call.ended(number, AttemptEnd(ending, header, hasReply: message != nil), self)
        }
    }
}
