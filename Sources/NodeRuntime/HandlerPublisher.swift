import AMQP
import AMQPClient
import ClusterModel
import History
import NIOCore
import Scripting

/// Publishes what handlers publish, and waits for the broker's confirms.
final class HandlerPublisher: ClientChannelDelegate {
    private struct Waiting {
        var message: String
        var completed: (String?) -> Void
    }

    private let context: NodeContext
    private var connector: BrokerConnector!
    private var channel: ClientChannel?
    private var nextTag: UInt64 = 1
    private var waiting: [UInt64: Waiting] = [:]
    private var sequence = 0
    /// What waits for the connection.
    private var pending: [() -> Void] = []
    private static let pendingLimit = 1_000

    /// - Throws: `OrchError` where there is no broker to publish to.
    init(_ context: NodeContext) throws {
        self.context = context
        guard let broker = context.plan.endpoints.keys.sorted().first else {
            throw OrchError(.badTopology, "there is no broker to publish to")
        }
        connector = try BrokerConnector(context, broker: broker) { [unowned self] in setUp($0) }
        _ = connector.start()
    }

    private func setUp(_ channel: ClientChannel) -> EventLoopFuture<Void> {
        channel.delegate = self
        let bound = NIOLoopBound((self, channel), eventLoop: context.eventLoop)
        return channel.call(.confirmSelect(.init())).map { _ in
            let (this, channel) = bound.value
            this.channel = channel
            this.nextTag = 1
            let pending = this.pending
            this.pending = []
            for publish in pending { publish() }
        }
    }

    func publish(
        exchange: String, key: String, body: [UInt8], headers: FieldTable?, _ completed: @escaping (String?) -> Void
    ) {
        guard let channel else {
            if pending.count < Self.pendingLimit {
                pending.append {
                    self.publish(exchange: exchange, key: key, body: body, headers: headers, completed)
                }
            } else {
                context.eventLoop.assumeIsolated().execute { completed("the broker cannot be reached") }
            }
            return
        }
        sequence += 1
        var properties = BasicProperties()
        properties.messageID = "\(context.plan.instance).\(context.plan.incarnation).h\(sequence)"
        properties.headers = headers
        var event = Publish()
        event.message = properties.messageID!
        event.exchange = exchange
        event.key = key
        context.recorder.record(.publish(event))
        waiting[nextTag] = Waiting(message: event.message, completed: completed)
        nextTag += 1
        channel.publish(
            Basic.Publish(exchange: exchange, routingKey: key),
            ContentHeader(bodySize: body.count, properties: properties), ByteBuffer(bytes: body))
        channel.flush()
    }

    func close() -> EventLoopFuture<Void> { connector.stop() }

    // MARK: - ClientChannelDelegate

    func confirmed(_ tag: UInt64, multiple: Bool, nack: Bool) {
        let tags = multiple ? waiting.keys.filter { $0 <= tag }.sorted() : [tag]
        for tag in tags { end(tag, nack ? .fail : .ok, nack ? "nacked" : "", nack ? "the broker refused it" : nil) }
    }

    func ended(_ error: ClientError) {
        channel = nil
        for tag in waiting.keys.sorted() { end(tag, .info, "disconnected", "the broker is gone: \(error)") }
        connector.lost(error)
    }

    private func end(_ tag: UInt64, _ type: OperationType, _ reason: String, _ problem: String?) {
        guard let ended = waiting.removeValue(forKey: tag) else { return }
        var event = PublishResult()
        event.message = ended.message
        event.type = type
        event.reason = reason
        context.recorder.record(.publishResult(event))
        ended.completed(problem)
    }

    func delivered(_ delivery: Basic.Deliver, _ header: ContentHeader, _ body: ByteBuffer) {}
    func returned(_ method: Basic.Return, _ header: ContentHeader) {}
    func cancelled(_ consumerTag: String) {}
    func batchEnded() {}
}

/// A script's table as message headers.
enum ScriptHeaders {
    /// `nil` where there are none.
    static func table(_ value: ScriptValue) -> FieldTable? {
        guard case .table(let entries) = value, !entries.isEmpty else { return nil }
        return FieldTable(entries.compactMap { entry in entry.key.text.map { ($0, field(entry.value)) } })
    }

    private static func field(_ value: ScriptValue) -> FieldValue {
        switch value {
        case .null: .void
        case .bool(let value): .bool(value)
        case .integer(let value): .int64(value)
        case .number(let value): .double(value)
        case .string(let bytes): .longString(String(decoding: bytes, as: UTF8.self))
        case .list(let items): .array(items.map(field))
        case .table: .table(table(value) ?? FieldTable([]))
        }
    }
}
