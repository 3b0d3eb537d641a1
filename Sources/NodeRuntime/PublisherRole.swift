import AMQP
import AMQPClient
import ClusterModel
import Control
import History
import NIOCore

/// `publish:` — sends messages, waits for confirms where asked to, and sends again what got none.
final class PublisherRole: Workload, ClientChannelDelegate {
    /// Messages written before the event loop gets its turn.
    private static let burst = 256

    private struct Message {
        var id: String
        var method: Basic.Publish
        var header: ContentHeader
        var body: ByteBuffer
    }

    private let context: NodeContext
    private let role: PublishRole
    private let index: Int
    private var core: PublisherCore
    private var connector: BrokerConnector!
    private var channel: ClientChannel?
    private var values: Template.Values
    private let key: Template
    private let body: Template
    private let headers: MessageHeaders
    /// Messages that may have to go out again.
    private var kept: [Int: Message] = [:]
    private var timer: WakeTimer!
    private var isPumping = false
    private var isStopped = false

    /// - Parameter index: tells apart several `publish:` of one node, from 0.
    init(_ context: NodeContext, _ role: PublishRole, index: Int) throws {
        self.context = context
        self.role = role
        self.index = index
        core = PublisherCore(role)
        values = context.values(for: "publish \(index)")
        key = try Template(role.key)
        body = try Template(role.body)
        headers = try MessageHeaders(role.headers)
        connector = try BrokerConnector(context, broker: role.broker) { [unowned self] in setUp($0) }
        connector.writabilityChanged = { [unowned self] in pump() }
        timer = WakeTimer(context.eventLoop) { [unowned self] in pump() }
    }

    func prepare() -> EventLoopFuture<Void> { connector.start() }

    private func setUp(_ channel: ClientChannel) -> EventLoopFuture<Void> {
        channel.delegate = self
        let bound = NIOLoopBound((self, channel), eventLoop: context.eventLoop)
        let ready =
            role.confirm == nil
            ? context.eventLoop.makeSucceededVoidFuture() : channel.call(.confirmSelect(.init())).map { _ in }
        return ready.map {
            let (this, channel) = bound.value
            this.channel = channel
            this.core.connected()
            this.pump()
        }
    }

    func run() {
        core.start(now: MonotonicClock.now())
        pump()
    }

    func drain() {
        core.finish()
        pump()
    }

    func report(_ progress: inout Progress) {
        progress.published += core.published
        progress.confirmed += core.confirmed
        progress.failed += core.failed
        if let count = role.count { progress.goal = (progress.goal ?? 0) + count }
        progress.isDone = progress.isDone && core.isDone
    }

    /// Messages that wait for their confirm, or to be sent again. Without confirms nobody says when the broker has what
    /// was sent: a channel is served in order, so the answer to any question comes after it.
    func survey() -> EventLoopFuture<Survey> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let asked =
            channel.map { $0.call(.basicQos(.init())).map { _ in } } ?? context.eventLoop.makeSucceededVoidFuture()
        return asked.map { Survey(unhandled: bound.value.core.isDone ? 0 : 1, queued: 0) }
            .flatMapErrorThrowing { _ in Survey(unhandled: 1, queued: 0) }
    }

    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        timer.cancel()
        return connector.stop()
    }

    // MARK: - Sending

    /// Sends what may go out, and sets the timer for what may go out later.
    private func pump() {
        guard !isPumping, !isStopped else { return }
        isPumping = true
        defer { isPumping = false }
        var sent = 0
        let now = MonotonicClock.now()
        settle(core.expire(now: now))
        while let channel, channel.isWritable, sent < Self.burst, let send = core.next(now: now) {
            transmit(send, on: channel)
            sent += 1
        }
        channel?.flush()
        schedule(now: now, isMore: sent == Self.burst)
    }

    private func transmit(_ send: PublisherCore.Send, on channel: ClientChannel) {
        let message = kept[send.sequence] ?? make(send.sequence)
        var event = Publish()
        event.message = message.id
        event.exchange = message.method.exchange
        event.key = message.method.routingKey
        event.attempt = UInt32(send.attempt)
        context.recorder.record(.publish(event))
        channel.publish(message.method, message.header, message.body)
        if role.confirm == nil {
            record(message.id, .ok, "sent")
        } else {
            kept[send.sequence] = message
        }
    }

    private func make(_ sequence: Int) -> Message {
        values.sequence = sequence
        var properties = BasicProperties()
        let part = index == 0 ? "" : "\(index + 1)."
        properties.messageID = "\(context.plan.instance).\(context.plan.incarnation).\(part)\(sequence)"
        if role.persistent { properties.deliveryMode = 2 }
        properties.headers = headers.table(&values)
        var bytes: [UInt8] = []
        body.expand(into: &bytes, &values)
        if let size = role.size, bytes.count < size {
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "."), count: size - bytes.count))
        }
        let method = Basic.Publish(exchange: role.exchange, routingKey: key.text(&values), mandatory: role.mandatory)
        return Message(
            id: properties.messageID!, method: method,
            header: ContentHeader(bodySize: bytes.count, properties: properties), body: ByteBuffer(bytes: bytes))
    }

    private func schedule(now: Int64, isMore: Bool) {
        if isMore {
            timer.set(now, now: now)
        } else if let wake = core.wakeUp(now: now), channel == nil || channel!.isWritable {
            // Messages that are due at once wait for the socket, not for a timer. Timers come in steps of 200 us.
            timer.set(max(wake, now + 200_000), now: now)
        } else {
            timer.set(nil, now: now)
        }
    }

    // MARK: - Outcomes

    private func settle(_ settled: [PublisherCore.Settled]) {
        for item in settled {
            guard let message = kept.removeValue(forKey: item.sequence) else { continue }
            switch item.outcome {
            case .done: record(message.id, .ok, "confirmed")
            case .refused: record(message.id, .fail, "nacked")
            case .unknown: record(message.id, .info, "no answer")
            }
        }
    }

    private func record(_ message: String, _ type: OperationType, _ reason: String) {
        var event = PublishResult()
        event.message = message
        event.type = type
        event.reason = reason
        context.recorder.record(.publishResult(event))
    }

    func confirmed(_ tag: UInt64, multiple: Bool, nack: Bool) {
        settle(core.answered(tag, multiple: multiple, nack: nack))
    }

    func batchEnded() { pump() }

    func returned(_ method: Basic.Return, _ header: ContentHeader) {}
    func delivered(_ delivery: Basic.Deliver, _ header: ContentHeader, _ body: ByteBuffer) {}
    func cancelled(_ consumerTag: String) {}

    func ended(_ error: ClientError) {
        channel = nil
        settle(core.disconnected())
        guard !isStopped else { return }
        // Without a channel the connection is of no use to us.
        _ = connector.connection?.close()
        connector.lost(error)
    }
}
