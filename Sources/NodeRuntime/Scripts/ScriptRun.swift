import ClusterModel
import DequeModule
import NIOCore
import Protobuf
import RPC
import Scripting

/// One execution of a service's scripted method.
final class ScriptRun: ScriptDriver {
    let execution: RPC.Execution
    private let method: ScriptedMethod
    private var trailers = Metadata()
    /// Requests of a client stream that the script has not asked for yet.
    private var received: Deque<Message> = []
    private var hasRequestEnded = false
    private var waitsForRequest = false
    private var waitsForRoom = false

    /// Requests that wait for the script before the client is held back.
    private static let receivedLimit = 64

    init(_ method: ScriptedMethod, _ execution: RPC.Execution) {
        self.method = method
        self.execution = execution
        super.init(method.scripts)
    }

    override var deadline: Int64? { execution.deadline }

    func start() {
        execution.onCancel = { _ in self.end() }
        execution.onWritable = { self.roomAgain() }
        if execution.method.clientStreaming {
            execution.onMessage = { self.arrived($0) }
            execution.onRequestEnd = { self.requestsEnded() }
        }
        if let time = method.limits.time {
            after(time) { self.fail(.resourceExhausted, "the handler ran longer than \(time.text)", .limit) }
        }
        if method.work > .zero { after(method.work) { self.begin() } } else { begin() }
    }

    private func begin() {
        do {
            try begin(method.function, random: "handler \(execution.number)") {
                try self.scripts.write(self.method.parameters, of: self, to: &$0)
            }
        } catch {
            fail(.internalError, "the request cannot be given to the handler: \(error)")
        }
    }

    override func ended() {
        received = []
        execution.onMessage = nil
        execution.onRequestEnd = nil
        execution.onCancel = nil
        execution.onWritable = nil
    }

    override func answer(_ request: ScriptRequest) throws -> ScriptOutcome? {
        switch request.function {
        case "receive": receive()
        case "send": try send(try request.arguments[0].value())
        case "store.get", "store.put", "store.delete": try store(request)
        default: try super.answer(request)
        }
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

    // MARK: - The end

    private func message(_ value: ScriptValue, _ root: String) throws -> Message {
        // A handler that says nothing means an empty message.
        try Message(execution.method.output, value == .null ? .table(.init()) : Untyped(value), root: root)
    }

    override func finished(_ results: ScriptStack) {
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

    override func failed(_ error: ScriptError) {
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
