import AMQP
import AMQPClient
import ClusterModel
import NIOCore
import RPC

/// Calls over a broker: requests go to queues, replies come to a queue of this client's own.
final class QueueClient: ClientChannelDelegate {
    private let context: NodeContext
    private var connector: BrokerConnector!
    private(set) var channel: ClientChannel?
    private(set) var replyQueue = ""
    private var nextNumber: UInt64 = 1
    private var streams: [String: QueueStream] = [:]

    init(_ context: NodeContext, broker: String) throws {
        self.context = context
        connector = try BrokerConnector(context, broker: broker) { [unowned self] in setUp($0) }
    }

    /// Succeeds when replies can come in.
    func start() -> EventLoopFuture<Void> { connector.start() }

    func stop() -> EventLoopFuture<Void> { connector.stop() }

    /// The ways to the replicas of a server.
    /// - Parameter isPinned: a call that is sent again must find the replica that it was first sent to.
    func targets(_ queue: String, replicas: [String], isPinned: Bool) -> [any CallTransport] {
        guard isPinned, replicas.count > 1 else {
            return [QueueTarget(self, target: replicas.count == 1 ? replicas[0] : queue, queue: queue)]
        }
        return replicas.map { QueueTarget(self, target: $0, queue: Topology.queue(queue, of: $0)) }
    }

    private func setUp(_ channel: ClientChannel) -> EventLoopFuture<Void> {
        channel.delegate = self
        let bound = NIOLoopBound((self, channel), eventLoop: context.eventLoop)
        return channel.call(.queueDeclare(.init(exclusive: true, autoDelete: true))).flatMap { answer in
            let (this, channel) = bound.value
            guard case .queueDeclareOk(let ok) = answer.method else {
                return bound.eventLoop.makeFailedFuture(ClientError.protocolViolation(answer.method.name))
            }
            this.replyQueue = ok.queue
            return channel.call(.basicConsume(.init(queue: ok.queue, noAck: true))).map { _ in
                let (this, channel) = bound.value
                this.channel = channel
            }
        }
    }

    // MARK: - Streams

    var eventLoop: any EventLoop { context.eventLoop }

    func nextCorrelation() -> String {
        defer { nextNumber += 1 }
        return "\(nextNumber)"
    }

    func opened(_ stream: QueueStream) { streams[stream.correlation] = stream }

    func closed(_ stream: QueueStream) { streams[stream.correlation] = nil }

    // MARK: - ClientChannelDelegate

    func delivered(_ delivery: Basic.Deliver, _ header: ContentHeader, _ body: ByteBuffer) {
        guard let properties = try? header.decodeProperties(), let correlation = properties.correlationID,
            let stream = streams.removeValue(forKey: correlation)
        else { return }
        stream.replied(properties, body)
    }

    func ended(_ error: ClientError) {
        channel = nil
        let lost = streams
        streams = [:]
        for stream in lost.values { stream.lost("the broker is gone: \(error)") }
        connector.lost(error)
    }

    func cancelled(_ consumerTag: String) { _ = connector.connection?.close() }
    func confirmed(_ tag: UInt64, multiple: Bool, nack: Bool) {}
    func returned(_ method: Basic.Return, _ header: ContentHeader) {
        // Nobody has such a queue (any more): the request went nowhere.
        guard let properties = try? header.decodeProperties(), let correlation = properties.correlationID else {
            return
        }
        streams.removeValue(forKey: correlation)?.unroutable()
    }
    func batchEnded() {}
}

/// One queue that requests go to. A server's incarnation is asked for once, and again when it is heard to have changed.
final class QueueTarget: CallTransport {
    /// For one answer to the question for the incarnation; it is asked again.
    private static let patience = TimeAmount.milliseconds(250)

    let target: String
    let queue: String
    private let client: QueueClient
    private var incarnation: String??
    private var waiters: [(Result<String?, Unreachable>) -> Void] = []
    private var question: QueueStream?

    init(_ client: QueueClient, target: String, queue: String) {
        self.client = client
        self.target = target
        self.queue = queue
    }

    func prepare(handshake: Bool, _ ready: @escaping (Result<String?, Unreachable>) -> Void) {
        guard client.channel != nil else { return ready(.failure(Unreachable("the broker cannot be reached"))) }
        guard handshake else { return ready(.success(nil)) }
        if let incarnation { return ready(.success(incarnation)) }
        waiters.append(ready)
        if question == nil { ask() }
    }

    func start(
        path: String, metadata: Metadata, timeout: UInt64?, delegate: any ClientStreamDelegate
    ) -> any CallStream {
        QueueStream(client, self, path: path, metadata: metadata, timeout: timeout, delegate: delegate)
    }

    func close() -> EventLoopFuture<Void> {
        tell(.failure(Unreachable("closed")))
        return client.eventLoop.makeSucceededVoidFuture()
    }

    /// Each answer says which life of the server it comes from; calls that begin from now on are meant for that one.
    func heard(_ header: ReplyHeader) {
        if let token = header.incarnation, incarnation != nil { incarnation = .some(token) }
    }

    private func ask() {
        guard !waiters.isEmpty else { return }
        guard client.channel != nil else { return tell(.failure(Unreachable("the broker cannot be reached"))) }
        let answer = SessionQuestion { [weak self] ending, header in
            guard let self else { return }
            question = nil
            if ending.status.isOK {
                incarnation = .some(header.incarnation)
                tell(.success(header.incarnation))
            } else {
                askLater()
            }
        }
        let stream = QueueStream(
            client, self, path: SessionPath.open, metadata: Metadata(), timeout: nil, delegate: answer)
        question = stream
        stream.send(ByteBuffer(), endOfStream: true)
        askLater()
    }

    private func askLater() {
        client.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) {
            guard self.incarnation == nil else { return }
            self.question?.cancel()
            self.question = nil
            self.ask()
        }
    }

    private func tell(_ result: Result<String?, Unreachable>) {
        let all = waiters
        waiters = []
        for waiter in all { waiter(result) }
    }
}

/// One request on its way to a queue, and its reply.
final class QueueStream: CallStream {
    let correlation: String
    let isWritable = true
    private let client: QueueClient
    private let target: QueueTarget
    private let path: String
    private let metadata: Metadata
    private let timeout: UInt64?
    private var delegate: (any ClientStreamDelegate)?
    private var wasSent = false

    init(
        _ client: QueueClient, _ target: QueueTarget, path: String, metadata: Metadata, timeout: UInt64?,
        delegate: any ClientStreamDelegate
    ) {
        self.client = client
        self.target = target
        self.path = path
        self.metadata = metadata
        self.timeout = timeout
        self.delegate = delegate
        correlation = client.nextCorrelation()
    }

    /// A request is one message.
    func send(_ message: ByteBuffer, endOfStream: Bool) {
        guard !wasSent, delegate != nil else { return }
        guard let channel = client.channel else {
            client.eventLoop.assumeIsolated().execute { self.lost("the broker is gone") }
            return
        }
        wasSent = true
        client.opened(self)
        var properties = BasicProperties()
        properties.contentType = CallMessage.protobuf
        properties.correlationID = correlation
        properties.replyTo = client.replyQueue
        properties.type = String(path.dropFirst())
        properties.messageID = metadata[CallHeader.Name.call]
        var headers = CallMessage.headers(metadata)
        if let timeout { headers[CallMessage.timeout] = .longString("\(max(1, timeout / 1_000_000))m") }
        properties.headers = headers
        channel.publish(
            Basic.Publish(exchange: "", routingKey: target.queue, mandatory: true),
            ContentHeader(bodySize: message.readableBytes, properties: properties), message)
        channel.flush()
    }

    func halfClose() {}

    func cancel() {
        client.closed(self)
        delegate = nil
    }

    func replied(_ properties: BasicProperties, _ body: ByteBuffer) {
        let metadata = CallMessage.metadata(properties.headers)
        let code = properties.headers?[CallMessage.status]?.text.flatMap { UInt8($0) } ?? 0
        var status = GRPCStatus(
            GRPCCode(rawValue: code), properties.headers?[CallMessage.message]?.text ?? "")
        if case .byteArray(let details)? = properties.headers?[CallMessage.details] { status.details = details }
        if status.isOK { delegate?.received(body) }
        end(ClientStreamEnding(status, trailers: metadata, origin: .serverStatus, wasSent: true))
    }

    /// The broker had nowhere to put it.
    func unroutable() {
        end(
            ClientStreamEnding(
                GRPCStatus(.unavailable, "there is no queue '\(target.queue)'"), origin: .refusedStream, wasSent: true))
    }

    func lost(_ reason: String) {
        end(
            ClientStreamEnding(
                GRPCStatus(.unavailable, reason), origin: wasSent ? .connectionLost : .neverSent, wasSent: wasSent))
    }

    private func end(_ ending: ClientStreamEnding) {
        client.closed(self)
        let delegate = delegate
        self.delegate = nil
        delegate?.finished(ending)
    }
}
