import AMQP
import AMQPClient
import ClusterModel
import Control
import DequeModule
import History
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `consume:` — takes messages from a queue, one after the other, works on each, and acknowledges it.
final class ConsumerRole: Workload, ClientChannelDelegate {
    /// Deliveries in hand beyond which nothing more is read from the broker.
    private static let limit = 20_000

    private struct Task {
        var tag: UInt64
        var message: String
        var redelivered: Bool
        /// Tells apart deliveries of lost channels, whose tags mean nothing any more.
        var life: Int
        var port: UInt16
    }

    private let context: NodeContext
    private let role: ConsumeRole
    private var connector: BrokerConnector!
    private var channel: ClientChannel?
    /// Counts the channels, from 1.
    private var life = 0
    private var port: UInt16 = 0
    private var queue = ""
    private var tasks: Deque<Task> = []
    private var isWorking = false
    private var isReading = true
    private var generator: SeededGenerator
    private var received = 0
    private var processed = 0
    private var isStopped = false

    init(_ context: NodeContext, _ role: ConsumeRole, index: Int) throws {
        self.context = context
        self.role = role
        generator = context.values(for: "consume \(index)").generator
        connector = try BrokerConnector(context, broker: role.broker) { [unowned self] in setUp($0) }
    }

    func prepare() -> EventLoopFuture<Void> { connector.start() }

    /// Declares the anonymous queue where there is no named one, and consumes. Named things are declared by the
    /// orchestrator.
    private func setUp(_ channel: ClientChannel) -> EventLoopFuture<Void> {
        channel.delegate = self
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, channel), eventLoop: loop)
        var ready = loop.makeSucceededVoidFuture()
        if role.ack == .manual, role.prefetch > 0 {
            let prefetch = UInt16(clamping: role.prefetch)
            ready = channel.call(.basicQos(.init(prefetchCount: prefetch))).map { _ in }
        }
        return ready.flatMap {
            let (this, channel) = bound.value
            if let name = this.role.queue { return loop.makeSucceededFuture(name) }
            return channel.call(.queueDeclare(.init(exclusive: true, autoDelete: true))).flatMap { answer in
                guard case .queueDeclareOk(let ok) = answer.method else {
                    return loop.makeFailedFuture(ClientError.protocolViolation("queue.declare: \(answer.method.name)"))
                }
                let (this, channel) = bound.value
                let binds = this.role.bindings.map { binding in
                    channel.call(
                        .queueBind(
                            .init(
                                queue: ok.queue, exchange: binding.exchange, routingKey: binding.key,
                                arguments: FieldTable(arguments: binding.arguments)))
                    ).map { _ in }
                }
                return EventLoopFuture.andAllSucceed(binds, on: loop).map { ok.queue }
            }
        }.flatMap { name in
            let (this, channel) = bound.value
            this.queue = name
            this.life += 1
            this.channel = channel
            this.port = this.connector.connection?.localPort ?? 0
            return channel.call(.basicConsume(.init(queue: name, noAck: this.role.ack == .auto))).map { _ in }
        }.map {
            let this = bound.value.0
            this.context.log("consuming from \(this.queue)")
        }
    }

    func run() {}
    func drain() {}

    func report(_ progress: inout Progress) {
        progress.received += received
        progress.processed += processed
    }

    /// For an anonymous queue only its own connection may ask the broker.
    func survey() -> EventLoopFuture<Survey> {
        let unhandled = tasks.count + (isWorking ? 1 : 0)
        guard role.queue == nil, let channel else {
            return context.eventLoop.makeSucceededFuture(
                Survey(unhandled: unhandled, queued: role.queue == nil ? nil : 0))
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return channel.call(.queueDeclare(.init(queue: queue, passive: true))).map { answer in
            guard case .queueDeclareOk(let ok) = answer.method else { return Survey(unhandled: unhandled) }
            let this = bound.value
            // What arrived before the answer is in hand by now.
            return Survey(unhandled: this.tasks.count + (this.isWorking ? 1 : 0), queued: Int(ok.messageCount))
        }.flatMapErrorThrowing { _ in Survey(unhandled: unhandled) }
    }

    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        return connector.stop()
    }

    // MARK: - Working

    func delivered(_ delivery: Basic.Deliver, _ header: ContentHeader, _ body: ByteBuffer) {
        received += 1
        let message = HeaderStamp.messageID(of: header.properties) ?? ""
        tasks.append(
            Task(tag: delivery.deliveryTag, message: message, redelivered: delivery.redelivered, life: life, port: port)
        )
        work()
        if tasks.count > Self.limit, isReading {
            isReading = false
            connector.connection?.setReading(false)
        }
    }

    /// Handles the deliveries in hand, one after the other.
    private func work() {
        while !isWorking, !isStopped, let task = tasks.popFirst() {
            // The broker gives an unacknowledged delivery of a lost channel to somebody, perhaps to us again.
            if role.ack == .manual && task.life != life { continue }
            var event = Handle()
            event.reference = DeliveryReference(port: task.port, channel: 1, tag: task.tag)
            event.message = task.message
            event.queue = queue
            event.redelivered = task.redelivered
            context.recorder.record(.handle(event))
            if role.work > .zero {
                isWorking = true
                let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(in: .nanoseconds(role.work.nanoseconds)) {
                    let this = bound.value
                    this.isWorking = false
                    this.finish(task)
                    this.channel?.flush()
                    this.work()
                }
            } else {
                finish(task)
            }
        }
        if !isReading, tasks.count < Self.limit / 2 {
            isReading = true
            connector.connection?.setReading(true)
        }
    }

    private func finish(_ task: Task) {
        let fails = role.fail.map { Double.random(in: 0..<1, using: &generator) < $0.chance.fraction } ?? false
        var event = HandleResult()
        event.reference = DeliveryReference(port: task.port, channel: 1, tag: task.tag)
        if fails, role.fail?.action == .reject {
            event.type = .fail
            event.reason = role.requeue ? "requeued" : "rejected"
            context.recorder.record(.handleResult(event))
            if task.life == life { channel?.send(.basicReject(.init(deliveryTag: task.tag, requeue: role.requeue))) }
            return
        }
        context.recorder.record(.handleResult(event))
        processed += 1
        if fails {
            context.log("dying before the ack of \(task.message), as declared by fail:")
            kill(getpid(), SIGKILL)
        }
        if role.ack == .manual, task.life == life {
            channel?.send(.basicAck(.init(deliveryTag: task.tag)))
        }
    }

    func batchEnded() {}
    func confirmed(_ tag: UInt64, multiple: Bool, nack: Bool) {}
    func returned(_ method: Basic.Return, _ header: ContentHeader) {}

    func cancelled(_ consumerTag: String) {
        context.log("the broker cancelled the consumer of \(queue)")
        _ = connector.connection?.close()
    }

    func ended(_ error: ClientError) {
        channel = nil
        life += 1
        guard !isStopped else { return }
        _ = connector.connection?.close()
        connector.lost(error)
    }
}
