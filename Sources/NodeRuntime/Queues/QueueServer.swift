import AMQP
import AMQPClient
import ClusterModel
import NIOCore
import Protobuf
import RPC

/// Serves calls from a queue: each delivery is a request, which is acknowledged when its reply has been published.
final class QueueServer: ClientChannelDelegate {
    private let context: NodeContext
    private let dispatcher: ServiceDispatcher
    private let methods: [String: MethodType]
    /// Where a message need not name its method: there is only one.
    private let onlyMethod: MethodType?
    private let queues: [String]
    private let prefetch: UInt16
    private var connector: BrokerConnector!
    private var channel: ClientChannel?
    /// Counts the channels: a delivery tag means nothing on another one.
    private var life = 0

    /// - Parameter services: what may be called, by full name.
    init(
        _ context: NodeContext, _ dispatcher: ServiceDispatcher, services: [String: Schema], queue: String,
        broker: String, concurrency: Int
    ) throws {
        self.context = context
        self.dispatcher = dispatcher
        var methods: [String: MethodType] = [:]
        var all: [MethodType] = []
        for (name, schema) in services {
            for method in schema.methods(of: name) {
                all.append(method)
                methods[String(method.path.dropFirst())] = method
            }
        }
        self.methods = methods
        onlyMethod = all.count == 1 ? all[0] : nil
        let replicas = context.plan.replicas[context.plan.node] ?? []
        queues = [queue] + (replicas.count > 1 ? [Topology.queue(queue, of: context.plan.instance)] : [])
        // Those that wait in the dispatcher included.
        prefetch = UInt16(clamping: concurrency * 2)
        connector = try BrokerConnector(context, broker: broker) { [unowned self] in setUp($0) }
    }

    func start() -> EventLoopFuture<Void> { connector.start() }
    func stop() -> EventLoopFuture<Void> { connector.stop() }

    private func setUp(_ channel: ClientChannel) -> EventLoopFuture<Void> {
        channel.delegate = self
        let bound = NIOLoopBound((self, channel), eventLoop: context.eventLoop)
        return channel.call(.basicQos(.init(prefetchCount: prefetch))).flatMap { _ in
            let (this, channel) = bound.value
            this.life += 1
            this.channel = channel
            let consumers = this.queues.map { channel.call(.basicConsume(.init(queue: $0))).map { _ in } }
            return EventLoopFuture.andAllSucceed(consumers, on: bound.eventLoop)
        }
    }

    // MARK: - Requests

    func delivered(_ delivery: Basic.Deliver, _ header: ContentHeader, _ body: ByteBuffer) {
        let properties = (try? header.decodeProperties()) ?? BasicProperties()
        let responder = QueueResponder(self, tag: delivery.deliveryTag, life: life, properties)
        let path: String
        var body = body
        if let type = properties.type, !type.isEmpty, let method = method(type) {
            path = method.path
            responder.method = method
        } else if let type = properties.type, type.hasPrefix("orch.v1.") {
            path = "/\(type)"
        } else if properties.type?.isEmpty ?? true, let onlyMethod {
            path = onlyMethod.path
            responder.method = onlyMethod
        } else {
            path = "/\(properties.type ?? "")"
        }
        if properties.contentType == CallMessage.json, let method = responder.method {
            responder.isJSON = true
            do {
                let text = String(decoding: body.readableBytesView, as: UTF8.self)
                body = ByteBuffer(bytes: try Message(method.input, json: text, root: "request").encoded)
            } catch {
                responder.finish(GRPCStatus(.invalidArgument, "\(error)"), trailers: Metadata())
                return
            }
        }
        let timeout = properties.headers?[CallMessage.timeout]?.text.flatMap { GRPCTimeout.parse($0) }
        let call = InboundCall(
            path: path, metadata: CallMessage.metadata(properties.headers), timeout: timeout, responder: responder)
        guard let request = dispatcher.open(call) else { return }
        request.received(body)
        request.halfClosed()
    }

    /// `Calculator/suma`, `/Calculator/suma`, `Calculator.suma` or `suma`.
    private func method(_ name: String) -> MethodType? {
        let name = name.hasPrefix("/") ? String(name.dropFirst()) : name
        if let known = methods[name] { return known }
        let found = methods.values.filter {
            $0.name == name || "\($0.service).\($0.name)" == name
                || "\($0.service.split(separator: ".").last ?? "").\($0.name)" == name
        }
        return found.count == 1 ? found.first : nil
    }

    fileprivate func reply(_ responder: QueueResponder, _ properties: BasicProperties, _ body: ByteBuffer) {
        guard let channel else { return }
        if let queue = responder.request.replyTo, !queue.isEmpty {
            channel.publish(
                Basic.Publish(exchange: "", routingKey: queue),
                ContentHeader(bodySize: body.readableBytes, properties: properties), body)
        }
        if responder.life == life { channel.send(.basicAck(.init(deliveryTag: responder.tag))) }
        channel.flush()
    }

    // MARK: - ClientChannelDelegate

    func ended(_ error: ClientError) {
        channel = nil
        connector.lost(error)
    }

    func cancelled(_ consumerTag: String) { _ = connector.connection?.close() }
    func confirmed(_ tag: UInt64, multiple: Bool, nack: Bool) {}
    func returned(_ method: Basic.Return, _ header: ContentHeader) {}
    func batchEnded() {}
}

/// Where the answer to one request from a queue goes.
private final class QueueResponder: CallResponder {
    let tag: UInt64
    let life: Int
    let request: BasicProperties
    var method: MethodType?
    var isJSON = false
    let isWritable = true
    var isReading = true
    private let server: QueueServer
    private var headers = Metadata()
    private var message = ByteBuffer()
    private var isOver = false

    init(_ server: QueueServer, tag: UInt64, life: Int, _ request: BasicProperties) {
        self.server = server
        self.tag = tag
        self.life = life
        self.request = request
    }

    func sendHeaders(_ metadata: Metadata) { headers = metadata }

    func send(_ message: ByteBuffer) { self.message = message }

    func finish(_ status: GRPCStatus, trailers: Metadata) {
        guard !isOver else { return }
        isOver = true
        var properties = BasicProperties()
        properties.correlationID = request.correlationID
        properties.contentType = isJSON ? CallMessage.json : CallMessage.protobuf
        properties.messageID = request.messageID.map { "reply to \($0)" }
        var all = headers
        try? all.add(contentsOf: trailers)
        var table = CallMessage.headers(all)
        table[CallMessage.status] = .longString("\(status.code.rawValue)")
        if !status.message.isEmpty { table[CallMessage.message] = .longString(status.message) }
        if let details = status.details { table[CallMessage.details] = .byteArray(details) }
        properties.headers = table
        var body = message
        if isJSON, status.isOK, let method,
            let reply = try? Message.decode(Array(message.readableBytesView), as: method.output)
        {
            body = ByteBuffer(string: reply.json(defaults: true))
        }
        server.reply(self, properties, body)
    }
}
