import ClusterModel
import DequeModule
import NIOCore
import Protobuf
import RPC
import Scripting

/// One execution of a scripted method, from its start to its end: gives the script what it waits for.
final class ScriptRun {
    let scripts: NodeScripts
    let execution: RPC.Execution
    private let method: ScriptedMethod
    private var task: ScriptTask?
    private var trailers = Metadata()
    /// Requests of a client stream that the script has not asked for yet.
    private var received: Deque<Message> = []
    private var hasRequestEnded = false
    private var waitsForRequest = false
    private var waitsForRoom = false
    private var alarms: [Scheduled<Void>] = []
    private var isOver = false

    /// Requests that wait for the script before the client is held back.
    private static let receivedLimit = 64

    init(_ method: ScriptedMethod, _ execution: RPC.Execution) {
        self.method = method
        self.execution = execution
        scripts = method.scripts
    }

    private var eventLoop: any EventLoop { scripts.context.eventLoop }

    func start() {
        execution.onCancel = { _ in self.end() }
        execution.onWritable = { self.roomAgain() }
        if execution.method.clientStreaming {
            execution.onMessage = { self.arrived($0) }
            execution.onRequestEnd = { self.requestsEnded() }
        }
        if let time = method.limits.time {
            after(time) { $0.fail(.resourceExhausted, "the handler ran longer than \(time.text)", .limit) }
        }
        if method.work > .zero { after(method.work) { $0.begin() } } else { begin() }
    }

    private func begin() {
        let plan = scripts.context.plan
        do {
            let task = try ScriptTask(
                method.function, context: self,
                random: SeededGenerator(
                    seed: plan.seed, plan.instance, "\(plan.incarnation)", "handler \(execution.number)")
            ) { try self.scripts.write(self.method.parameters, of: self, to: &$0) }
            self.task = task
            drive(task.resume())
        } catch {
            fail(.internalError, "the request cannot be given to the handler: \(error)")
        }
    }

    /// Its turn, after its slice was over.
    func goOn() {
        guard !isOver, let task else { return }
        drive(task.resume())
    }

    /// Nothing of it runs any more.
    private func end() {
        guard !isOver else { return }
        isOver = true
        for alarm in alarms { alarm.cancel() }
        alarms = []
        received = []
        // The script may be on the stack right now, in a function of ours; it is let go of once it has come back.
        let task = task
        self.task = nil
        if let task { eventLoop.assumeIsolated().execute { task.cancel() } }
        execution.onMessage = nil
        execution.onRequestEnd = nil
        execution.onCancel = nil
        execution.onWritable = nil
    }

    private func after(_ time: Duration, _ action: @escaping (ScriptRun) -> Void) {
        alarms.append(
            eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(time.nanoseconds)) {
                if !self.isOver { action(self) }
            })
    }

    // MARK: - What the script does

    /// Carries out what the script asks for, as long as the answer is there at once.
    private func drive(_ outcome: ScriptOutcome) {
        var next: ScriptOutcome? = outcome
        while let outcome = next, !isOver {
            next = nil
            switch outcome {
            case .finished(let results): finish(results)
            case .failed(let error): fail(error)
            case .preempted: scripts.queue(self)
            case .suspended(let request): next = answer(request)
            }
        }
    }

    /// - Returns: what became of the script where it could go on at once.
    private func answer(_ request: ScriptRequest) -> ScriptOutcome? {
        do {
            switch request.function {
            case "sleep": return sleep(try Self.time(request.arguments[0]))
            case "receive": return receive()
            case "send": return try send(try request.arguments[0].value())
            case "call":
                guard let name = request.arguments[0].text else {
                    throw ScriptRaise("call: the first argument must be a method's name")
                }
                call(name, try request.arguments[1].value())
                return nil
            case "publish": return try publish(request.arguments)
            case "store.get", "store.put", "store.delete": return try store(request)
            default: throw ScriptRaise(.text("nobody knows \(request.function)"))
            }
        } catch let error as ScriptRaise {
            return task?.resume(raising: error.value)
        } catch {
            return task?.resume(raising: .text("\(request.function): \(error)"))
        }
    }

    /// The script goes on with these results.
    private func resume(_ results: (inout ScriptWriter) throws -> Void = { _ in }) -> ScriptOutcome? {
        guard !isOver, let task else { return nil }
        do {
            return try task.resume(returning: results)
        } catch {
            fail(.internalError, "\(error)")
            return nil
        }
    }

    private func resumeLater(_ results: (inout ScriptWriter) throws -> Void = { _ in }) {
        if let outcome = resume(results) { drive(outcome) }
    }

    private func raiseLater(_ value: ScriptValue) {
        guard !isOver, let task else { return }
        drive(task.resume(raising: value))
    }

    // MARK: - sleep

    private func sleep(_ time: Duration) -> ScriptOutcome? {
        after(time) { $0.resumeLater() }
        return nil
    }

    /// Milliseconds, or a text with its unit.
    private static func time(_ argument: ScriptReader) throws -> Duration {
        if let milliseconds = argument.number, milliseconds >= 0, milliseconds <= 86_400_000 {
            return .nanoseconds(Int64(milliseconds * 1e6))
        }
        let units = ["us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9]
        if let text = argument.text, let unit = text.firstIndex(where: \.isLetter), let number = Double(text[..<unit]),
            let size = units[String(text[unit...])], number >= 0, number * size <= 86_400e9
        {
            return .nanoseconds(Int64(number * size))
        }
        throw ScriptRaise("sleep: milliseconds, or a text such as \"200ms\", up to a day")
    }

    // MARK: - The store

    /// Handlers that touch the store run one after the other: this one waits for its turn, and keeps it to its end.
    private func store(_ request: ScriptRequest) throws -> ScriptOutcome? {
        guard let store = execution.store else {
            throw ScriptRaise("the store is there for services with `duplicates: { durable: true }`")
        }
        guard let key = request.arguments[0].bytes else {
            throw ScriptRaise(.text("\(request.function): the first argument must be a text, the key"))
        }
        let action: (ScriptRun) throws -> ScriptValue
        switch request.function {
        case "store.get":
            action = { _ in try store.get(key).map { try StoredValue.decode($0) } ?? .null }
        case "store.put":
            let value = StoredValue.encode(try request.arguments[1].value(.stored))
            action = { _ in
                try store.put(key, value)
                return .null
            }
        default:
            action = { _ in
                try store.delete(key)
                return .null
            }
        }
        if store.isGranted {
            let value = try action(self)
            return resume { try $0.value(value) }
        }
        store.acquire {
            // Granted at once or later, but never before the script has been suspended.
            self.eventLoop.assumeIsolated().execute {
                guard !self.isOver else { return }
                do {
                    let value = try action(self)
                    self.resumeLater { try $0.value(value) }
                } catch {
                    self.raiseLater(.text("\(error)"))
                }
            }
        }
        return nil
    }

    // MARK: - Streams

    private func receive() -> ScriptOutcome? {
        guard execution.method.clientStreaming else {
            return task?.resume(raising: "receive: this method's client sends one request, which is `request`")
        }
        if let message = received.popFirst() {
            if received.isEmpty { execution.isReading = true }
            return resume { try $0.message(message) }
        }
        if hasRequestEnded { return resume { try $0.null() } }
        waitsForRequest = true
        return nil
    }

    private func arrived(_ message: Message) {
        guard waitsForRequest else {
            received.append(message)
            if received.count >= Self.receivedLimit { execution.isReading = false }
            return
        }
        waitsForRequest = false
        resumeLater { try $0.message(message) }
    }

    private func requestsEnded() {
        hasRequestEnded = true
        guard waitsForRequest else { return }
        waitsForRequest = false
        resumeLater { try $0.null() }
    }

    private func send(_ value: ScriptValue) throws -> ScriptOutcome? {
        guard execution.method.serverStreaming else {
            throw ScriptRaise("send: this method has one reply; return it")
        }
        execution.send(try message(value, "reply"))
        if execution.isWritable { return resume() }
        waitsForRoom = true
        return nil
    }

    private func roomAgain() {
        guard waitsForRoom else { return }
        waitsForRoom = false
        resumeLater()
    }

    // MARK: - Metadata

    func addHeader(_ name: String, _ value: ScriptReader) throws {
        try Self.add(name, value, to: &execution.responseHeaders)
    }

    func addTrailer(_ name: String, _ value: ScriptReader) throws { try Self.add(name, value, to: &trailers) }

    private static func add(_ name: String, _ value: ScriptReader, to metadata: inout Metadata) throws {
        guard let bytes = value.bytes else { throw ScriptRaise(.text("metadata '\(name)' must be a text")) }
        do {
            if Metadata.isBinary(name) {
                try metadata.add(name, binary: bytes)
            } else {
                try metadata.add(name, String(decoding: bytes, as: UTF8.self))
            }
        } catch {
            throw ScriptRaise(.text("metadata '\(name)': \(error)"))
        }
    }

    // MARK: - Others

    private func call(_ method: String, _ request: ScriptValue) {
        scripts.neighbours.call(method, Untyped(request)) { result in
            switch result {
            case .success(let reply): self.resumeLater { try $0.message(reply) }
            case .failure(let error):
                self.raiseLater(
                    .fields([
                        "status": .text(error.status.code.name), "message": .text(error.status.message),
                        "outcome": .text(error.outcome),
                    ]))
            }
        }
    }

    private func publish(_ arguments: ScriptStack) throws -> ScriptOutcome? {
        func text(_ position: Int) throws -> String {
            let argument = arguments[position]
            if argument.kind == .null { return "" }
            guard let text = argument.text else {
                throw ScriptRaise(.text("publish: argument \(position + 1) must be a text"))
            }
            return text
        }
        scripts.neighbours.publish(
            exchange: try text(0), key: try text(1), body: arguments[2].bytes ?? [],
            headers: ScriptHeaders.table(try arguments[3].value())
        ) { problem in
            if let problem { self.raiseLater(.text("publish: \(problem)")) } else { self.resumeLater() }
        }
        return nil
    }

    // MARK: - The end

    private func message(_ value: ScriptValue, _ root: String) throws -> Message {
        // A handler that says nothing means an empty message.
        try Message(execution.method.output, value == .null ? .table(.init()) : Untyped(value), root: root)
    }

    private func finish(_ results: ScriptStack) {
        do {
            if execution.method.serverStreaming {
                if results.count > 0, results[0].kind != .null {
                    execution.send(try message(try results[0].value(), "reply"))
                }
                execution.finish(trailers: trailers)
            } else {
                execution.finish(try message(try results[0].value(), "response"), trailers: trailers)
            }
            end()
        } catch {
            fail(.internalError, "the handler's result does not fit \(execution.method.output.name): \(error)")
        }
    }

    private func fail(_ error: ScriptError) {
        let limits = method.limits
        switch error {
        case .failed(let message, let traceback):
            scripts.context.log("error in \(execution.method.path.dropFirst()): \(message)\n\(traceback)")
            fail(.unknown, message)
        case .raised(let value, _):
            execution.fail(RaisedStatus.status(value, execution.method.input.schema), trailers: trailers)
            end()
        case .instructionLimit:
            fail(.resourceExhausted, "the handler used more than \(limits.instructions) instructions", .limit)
        case .memoryLimit: fail(.resourceExhausted, "the handler used more than \(limits.memory) bytes", .limit)
        case .unconvertible(let problem): fail(.internalError, problem)
        }
    }

    private func fail(_ code: GRPCCode, _ message: String, _ reason: RefusalReason? = nil) {
        execution.fail(GRPCStatus(code, message), trailers: trailers, reason: reason)
        end()
    }
}
