import ClusterModel
import Control
import History
import NIOCore
import Objects
import Protobuf
import RPC

/// `call:` and `invoke:` — calls a method again and again, and looks at what comes back.
final class CallerRole: Workload, InvocationObserver {
    /// Calls begun before the event loop gets its turn.
    private static let burst = 128

    private let context: NodeContext
    private let role: CallRole
    private let part: String
    private let method: MethodType
    private let requests: [CallValues]
    private let expected: [CallValues]?
    private let options: CallOptions
    private let witness: InvocationWitness
    /// The object's name, or a reference; nil: a service's method is called.
    private let object: Template?
    private var values: Template.Values
    private var pacer: CallPacer
    private var client: RPCClient?
    private var queue: QueueClient?
    private var objects: ObjectClient?
    private var timer: WakeTimer!
    private var isPumping = false
    private var isStopped = false
    private var succeeded = 0
    private var failed = 0
    private var uncertain = 0
    /// Lines about calls that went wrong, so far.
    private var told = 0

    /// - Parameter index: tells apart several `call:` of one node, from 0.
    init(_ context: NodeContext, _ role: CallRole, index: Int) throws {
        self.context = context
        self.role = role
        part = "\(index + 1)"
        let schema =
            role.object == nil
            ? context.plan.services.first { $0.name == role.service }?.schema
            : context.plan.objects.first { $0.name == role.service }?.service.schema
        guard let schema,
            let method = try Schema(schema).method(path: "/\(role.service)/\(role.method)")
        else { throw OrchError(.internalError, "the plan has no method \(role.fullMethod)") }
        self.method = method
        requests = try role.requests.map { try CallValues($0, method.input) }
        expected = try role.expect?.map { try CallValues($0, method.output) }
        var metadata = Metadata()
        for (name, value) in role.metadata.sorted(by: { $0.key < $1.key }) {
            if Metadata.isBinary(name) {
                try metadata.add(name, binary: Array(value.utf8))
            } else {
                try metadata.add(name, value)
            }
        }
        options = CallOptions(
            semantics: role.semantics, retry: role.retry,
            target: role.replica.map { "\(role.to)-\($0)" }, metadata: metadata)
        witness = InvocationWitness(context)
        object = try role.object.map { try Template($0) }
        values = context.values(for: "call \(index)")
        pacer = CallPacer(role)
        timer = WakeTimer(context.eventLoop) { [unowned self] in pump() }
    }

    private var isStreaming: Bool { method.clientStreaming || method.serverStreaming }

    // MARK: - Workload

    func prepare() -> EventLoopFuture<Void> {
        guard object == nil else {
            // Where the object is, is asked for when it is invoked.
            objects = context.objects.client(part: part, observer: self)
            return context.eventLoop.makeSucceededVoidFuture()
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        switch role.via {
        case .grpc:
            return context.resolve(role.to).flatMap { endpoints in
                let this = bound.value
                let client = ClientFactory.client(this.context, endpoints, part: this.part, observer: this)
                this.client = client
                return client.connect(handshake: this.options.semantics.filtersDuplicates) { bound.value.isStopped }
            }
        case .queue(let name, let broker):
            do {
                let queue = try QueueClient(context, broker: broker)
                self.queue = queue
                return queue.start().flatMap {
                    let this = bound.value
                    guard let queue = this.queue else { return bound.eventLoop.makeSucceededVoidFuture() }
                    let targets = queue.targets(
                        name, replicas: this.context.plan.replicas[this.role.to] ?? [],
                        isPinned: this.options.semantics.filtersDuplicates)
                    let client = ClientFactory.client(this.context, targets, part: this.part, observer: this)
                    this.client = client
                    return client.connect(handshake: this.options.semantics.filtersDuplicates) { bound.value.isStopped }
                }
            } catch {
                return context.eventLoop.makeFailedFuture(error)
            }
        }
    }

    func run() {
        pacer.start(now: MonotonicClock.now())
        pump()
    }

    func drain() {
        pacer.finish()
        pump()
    }

    func report(_ progress: inout Progress) {
        progress.called += pacer.ended
        progress.callsInFlight += pacer.inFlight
        progress.succeeded += succeeded
        progress.failed += failed
        progress.uncertain += uncertain
        if let count = role.count { progress.goal = (progress.goal ?? 0) + count }
        progress.isDone = progress.isDone && (role.count == nil || pacer.isDone)
    }

    func survey() -> EventLoopFuture<Survey> {
        context.eventLoop.makeSucceededFuture(Survey(unhandled: pacer.inFlight, queued: 0))
    }

    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        timer.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        if let objects { return objects.close() }
        let closed = client?.close() ?? context.eventLoop.makeSucceededVoidFuture()
        return closed.flatMap { bound.value.queue?.stop() ?? bound.eventLoop.makeSucceededVoidFuture() }
    }

    // MARK: - Calling

    /// Begins what may begin, and sets the timer for what may begin later.
    private func pump() {
        guard !isPumping, !isStopped, client != nil || objects != nil else { return }
        isPumping = true
        defer { isPumping = false }
        var begun = 0
        let now = MonotonicClock.now()
        while begun < Self.burst, let start = pacer.next(now: now) {
            begin(start)
            begun += 1
        }
        // Timers come in steps of 200 us.
        timer.set(begun == Self.burst ? now : pacer.wakeUp(now: now).map { max($0, now + 200_000) }, now: now)
    }

    private func begin(_ start: CallPacer.Start) {
        values.sequence = start.sequence
        do {
            let messages = try requests.map { try $0.message(&values) }
            if let object, let objects {
                let text = object.text(&values)
                objects.invoke(
                    ObjectReference(text)?.object ?? text, path: method.path,
                    message: ByteBuffer(bytes: (messages.first ?? Message(method.input)).encoded), options: options,
                    due: start.due
                ) { self.ended($0, start.sequence) }
            } else if isStreaming {
                stream(start, messages)
            } else {
                client?.call(
                    path: method.path, message: ByteBuffer(bytes: (messages.first ?? Message(method.input)).encoded),
                    options: options, due: start.due
                ) { self.ended($0, start.sequence) }
            }
        } catch {
            // What a template gave does not fit: nothing was sent, and the file is to blame.
            context.log("error: call \(start.sequence) of \(role.fullMethod): \(error)")
            failed += 1
            pacer.callEnded()
        }
    }

    private func stream(_ start: CallPacer.Start, _ messages: [Message]) {
        guard let client else { return }
        let count = method.clientStreaming ? role.messages ?? messages.count : 1
        let exchange = StreamExchange(messages.map { ByteBuffer(bytes: $0.encoded) }, count: count) {
            self.ended($0, start.sequence)
        }
        exchange.begin(
            client.stream(path: method.path, options: options, due: start.due, delegate: exchange))
    }

    private func ended(_ report: CallReport, _ sequence: Int) {
        let unexpected = difference(report, sequence)
        if object == nil {
            witness.calls.record(report, unexpected: unexpected)
        } else {
            witness.record(report, unexpected: unexpected)
            hold(report)
        }
        switch report.outcome {
        case .success: succeeded += 1
        case .executed, .notExecuted: failed += 1
        case .unknown: uncertain += 1
        }
        if let unexpected { tell("call \(sequence) of \(role.fullMethod): \(unexpected)") }
        if case .executed(let status) = report.outcome, role.expectStatus != status.code.name,
            role.expectException == nil || unexpected != nil
        {
            tell("call \(sequence) of \(role.fullMethod): \(status)")
        }
        pacer.callEnded()
        pump()
    }

    /// The first few lines tell enough.
    private func tell(_ line: String) {
        told += 1
        if told <= 10 { context.log(line) }
        if told == 11 { context.log("further lines like these are left out") }
    }

    /// How the answer differs from what the file expects; `nil` where it does not, or where there is no answer.
    private func difference(_ report: CallReport, _ sequence: Int) -> String? {
        switch report.outcome {
        case .unknown, .notExecuted: return nil
        case .executed(let status):
            if let wanted = role.expectException {
                let raised = report.trailers[ObjectHeader.exception] ?? status.code.name
                return raised == wanted ? nil : "raised \(raised), expected \(wanted)"
            }
            guard let wanted = role.expectStatus, wanted != status.code.name else { return nil }
            return "status \(status), expected \(wanted)"
        case .success:
            if let wanted = role.expectException { return "returned, expected \(wanted) to be raised" }
            if let wanted = role.expectStatus, wanted != "OK" { return "status OK, expected \(wanted)" }
        }
        guard let expected else { return nil }
        let replies = report.messages
        guard expected.count == replies.count else {
            return "\(replies.count) replies, expected \(expected.count)"
        }
        var values = self.values
        values.sequence = sequence
        for (value, reply) in zip(expected, replies) {
            do {
                let message = try Message.decode(Array(reply.readableBytesView), as: method.output)
                if let difference = value.difference(from: message, &values) { return difference }
            } catch {
                return "a reply is malformed: \(error)"
            }
        }
        return nil
    }

    /// Keeps the references of an answer as long as this process lives.
    private func hold(_ report: CallReport) {
        guard role.holds, let bytes = report.messages.first,
            let reply = try? Message.decode(Array(bytes.readableBytesView), as: method.output),
            let found = try? ReferenceScan.references(in: reply.untyped), !found.isEmpty
        else { return }
        context.objects.references.hold(found, for: .external) {}
    }

    // MARK: - InvocationObserver

    func invoked(_ id: CallID, object: String, path: String, message: ByteBuffer) {
        witness.invoked(id, object: object, path: path, message: message)
    }

    func attemptSent(_ id: CallID, path: String, target: String, attempt: Int, due: Int64) {
        witness.attemptSent(id, path: path, target: target, attempt: attempt, due: due)
    }

    /// Recorded with what is expected, when its replies have been looked at.
    func callEnded(_ report: CallReport, path: String) {}
}
