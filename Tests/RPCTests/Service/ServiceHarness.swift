import ClusterModel
import NIOCore
import NIOPosix
import Protobuf

@testable import RPC

/// Tests that live on an event loop, as everything under test does.
@globalActor actor Loop {
    static let shared = Loop()
    static let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    nonisolated var unownedExecutor: UnownedSerialExecutor { Loop.eventLoop.executor.asUnownedSerialExecutor() }
}

var calculator: Schema {
    get throws {
        func field(_ name: String, _ number: Int32) -> FieldDefinition {
            FieldDefinition(name: name, number: number, type: .int64)
        }
        return try Schema(
            ProtoSchema(
                messages: [
                    MessageDefinition(name: "Pair", fields: [field("a", 1), field("b", 2)]),
                    MessageDefinition(name: "Total", fields: [field("total", 1)]),
                ],
                services: [
                    ServiceDefinition(
                        name: "Calculator",
                        methods: [
                            MethodDefinition(name: "suma", input: "Pair", output: "Total"),
                            MethodDefinition(name: "count", input: "Pair", output: "Total", serverStreaming: true),
                            MethodDefinition(name: "sum", input: "Pair", output: "Total", clientStreaming: true),
                            MethodDefinition(
                                name: "chat", input: "Pair", output: "Total", clientStreaming: true,
                                serverStreaming: true),
                        ])
                ]))
    }
}

/// What a server said to one transmission. Confined to the loop, like the rest here.
final class Answer: CallResponder {
    private(set) var messages: [ByteBuffer] = []
    private(set) var headers: Metadata?
    private(set) var status: GRPCStatus?
    private(set) var reply = ReplyHeader()
    var isWritable = true
    var isReading = true
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init() {}

    func sendHeaders(_ metadata: Metadata) { headers = metadata }
    func send(_ message: ByteBuffer) { messages.append(message) }
    func finish(_ status: GRPCStatus, trailers: Metadata) {
        self.status = status
        reply.read(trailers)
        for waiter in waiting { waiter.resume() }
        waiting = []
    }

    /// Waits for the end.
    func end(isolation: isolated (any Actor)? = #isolation) async {
        if status == nil { await withCheckedContinuation { waiting.append($0) } }
    }

    /// `OK executed`, `RESOURCE_EXHAUSTED not-executed table-full`.
    var words: String {
        guard let status else { return "open" }
        return [status.code.name, reply.reply?.rawValue, reply.outcome?.rawValue, reply.reason]
            .compactMap { $0 }.joined(separator: " ")
    }

    func total(_ schema: Schema) throws -> Int64? {
        guard let message = messages.first, let type = schema.message("Total") else { return nil }
        if case .int64(let total) = try Message(message, as: type)["total"] { return total }
        return nil
    }
}

/// A server without a network, and a witness of what it does.
final class ServiceBench: ServiceObserver {
    let schema: Schema
    let dispatcher: ServiceDispatcher
    private(set) var started: [ExecutionStart] = []
    private(set) var ended: [(number: UInt64, ending: ExecutionEnding, code: GRPCCode)] = []
    private(set) var duplicates: [DuplicateRequest] = []
    /// Whether handlers answer by themselves.
    var answers = false
    /// Executions of handlers that wait to be told.
    private(set) var open: [Execution] = []
    private(set) var cancellations: [ExecutionCancellation] = []

    init(
        _ policy: DuplicatePolicy = DuplicatePolicy(), concurrency: Int = 100, waiting: Int = 100,
        store: NodeStore? = nil,
        incarnation: String = "1.a", registry: ServiceRegistry? = nil, handlers: [String: any MethodHandler]? = nil
    ) throws {
        schema = try calculator
        var configuration = ServiceDispatcher.Configuration(instance: "server-1", incarnation: incarnation)
        configuration.concurrency = concurrency
        configuration.waiting = waiting
        configuration.duplicatesWaiting = 4
        dispatcher = ServiceDispatcher(configuration, store: store, on: Loop.eventLoop)
        dispatcher.observer = self
        var all: [String: any MethodHandler] = [:]
        for method in ["suma", "count", "sum", "chat"] {
            all[method] = ClosureHandler { [weak self] in self?.hold($0) }
        }
        if let registry { all.merge(registry.handlers(of: "Calculator")) { _, new in new } }
        if let handlers { all.merge(handlers) { _, new in new } }
        dispatcher.add(ServedService(schema, name: "Calculator", duplicates: policy, handlers: all))
    }

    private func hold(_ execution: Execution) {
        if answers { return execution.finish(total(3)) }
        open.append(execution)
        execution.onCancel = { [weak self] reason in self?.cancellations.append(reason) }
    }

    // MARK: - ServiceObserver

    func executionStarted(_ execution: ExecutionStart) { started.append(execution) }
    func executionEnded(number: UInt64, _ ending: ExecutionEnding, code: GRPCCode) {
        ended.append((number, ending, code))
    }
    func duplicate(_ duplicate: DuplicateRequest) { duplicates.append(duplicate) }

    var actions: [DuplicateAction] { duplicates.map(\.action) }

    // MARK: - A client

    func metadata(_ entries: [(String, String)]) throws -> Metadata {
        var metadata = Metadata()
        for (name, value) in entries { try metadata.add(name, value) }
        return metadata
    }

    func pair(_ a: Int64, _ b: Int64) throws -> ByteBuffer {
        var message = Message(try calculator.message("Pair")!)
        try message.set("a", .int64(a))
        try message.set("b", .int64(b))
        return ByteBuffer(bytes: message.encoded)
    }

    func total(_ value: Int64) -> Message {
        var message = Message(schema.message("Total")!)
        try? message.set("total", .int64(value))
        return message
    }

    /// Sends headers, and for a unary method the rest.
    @discardableResult
    func send(
        _ id: String? = nil, attempt: Int = 1, acknowledged: Int? = nil, server: String? = nil, deadline: Int? = nil,
        timeout: Duration? = .seconds(30), method: String = "suma", extra: [(String, String)] = []
    ) throws -> (request: InboundRequest?, answer: Answer) {
        var entries = extra
        if let id { entries += [("x-orch-call", id), ("x-orch-attempt", "\(attempt)")] }
        if let acknowledged { entries.append(("x-orch-acknowledged", "\(acknowledged)")) }
        if let server { entries.append(("x-orch-server", server)) }
        if let deadline { entries.append(("x-orch-deadline", "\(deadline)")) }
        let answer = Answer()
        let request = dispatcher.open(
            InboundCall(
                path: "/Calculator/\(method)", metadata: try metadata(entries),
                timeout: timeout.map { UInt64($0.nanoseconds) }, responder: answer))
        if method == "suma" || method == "count" {
            request?.received(try pair(20, 22))
            request?.halfClosed()
        }
        return (request, answer)
    }
}
