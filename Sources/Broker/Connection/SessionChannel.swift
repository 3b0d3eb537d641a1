import AMQP
import DequeModule
import NIOCore

/// One AMQP channel of a connection. Confined to the core's event loop.
final class SessionChannel {
    let session: Session
    let number: UInt16

    enum State {
        case open
        /// We sent channel.close; everything but close-ok and close is ignored.
        case closing
        case closed
    }

    private(set) var state = State.open
    /// False while the client has stopped us by channel.flow.
    private(set) var isFlowing = true

    // Publishing.
    var confirms: ConfirmLedger?
    var transaction: Transaction?
    var content = ContentState.none
    /// Exchange and routing key of the publish under way.
    var routing = RoutingScratch()
    var isMandatory = false
    var headers = 0..<0
    var incoming: Message?

    // Consuming.
    private(set) var consumers: [String: Consumer] = [:]
    var unacked = UnackedLedger()
    private var lastDeliveryTag: UInt64 = 0
    /// Prefetch of consumers to come (basic.qos with global=false); 0 for no limit.
    var prefetch = 0
    /// Deliveries that may be unacknowledged in the whole channel (global=true); 0 for no limit.
    var channelPrefetch = 0
    /// What an empty queue name stands for.
    var lastQueue: String?

    /// Replies that wait for the store, in order; a group of 0 waits only for those before it.
    private var deferred: Deque<(group: UInt64, method: AMQPMethod)> = []
    /// The last group that the channel asked to be told of.
    var waitsForGroup: UInt64 = 0
    private var isListed = false

    enum ContentState {
        case none, header, body
    }

    init(session: Session, number: UInt16) {
        self.session = session
        self.number = number
    }

    var core: BrokerCore { session.core }
    var vhost: VirtualHost { session.vhost! }

    // MARK: Out

    func send(_ method: AMQPMethod) { session.send(method, channel: number) }

    /// The answer to a synchronous method: after all answers before it.
    func reply(_ method: AMQPMethod) {
        if deferred.isEmpty { send(method) } else { deferred.append((0, method)) }
    }

    /// The answer to a method that may have changed what is stored: once that is on disk.
    func replyOnceStored(_ method: AMQPMethod) {
        if let group = core.barrier(self) { deferred.append((group, method)) } else { reply(method) }
    }

    func groupCompleted(_ group: UInt64, success: Bool) {
        guard state == .open else { return }
        confirms?.groupCompleted(group, success: success)
        noteConfirms()
        while let (waitsFor, method) = deferred.first, waitsFor <= group {
            deferred.removeFirst()
            if waitsFor != 0, !success {
                session.fail(
                    .fail(.internalError, "the store could not write; see the broker's log"), on: self,
                    classID: method.classID, methodID: method.methodID)
                return
            }
            send(method)
        }
    }

    /// Has the confirms that are due written at the end of the batch.
    func noteConfirms() {
        guard !isListed, confirms?.hasNews == true else { return }
        isListed = true
        session.listConfirms(of: self)
    }

    func flushConfirms() {
        isListed = false
        guard state == .open else { return }
        confirms?.flush { tag, multiple, isAck in
            session.output.writeConfirm(channel: number, tag: tag, multiple: multiple, isAck: isAck)
        }
    }

    // MARK: Delivering

    /// Whether another delivery fits the channel's own prefetch.
    var hasCredit: Bool { channelPrefetch == 0 || unacked.count < channelPrefetch }

    func deliver(_ entry: QueueEntry, to consumer: Consumer) {
        lastDeliveryTag += 1
        session.output.writeDelivery(
            channel: number, consumerTag: consumer.wireTag, deliveryTag: lastDeliveryTag,
            isRedelivered: entry.isRedelivered, message: entry.message, frameMax: session.frameMax)
        core.touch(session)
        if consumer.noAck {
            core.settle(entry, of: consumer.queue)
        } else {
            track(entry, consumer.queue, consumer)
        }
    }

    func deliverGet(_ entry: QueueEntry, from queue: MessageQueue, noAck: Bool) {
        lastDeliveryTag += 1
        session.output.writeGetOk(
            channel: number, deliveryTag: lastDeliveryTag, isRedelivered: entry.isRedelivered, message: entry.message,
            messageCount: queue.ready.count, frameMax: session.frameMax)
        core.touch(session)
        if noAck { core.settle(entry, of: queue) } else { track(entry, queue, nil) }
    }

    private func track(_ entry: QueueEntry, _ queue: MessageQueue, _ consumer: Consumer?) {
        unacked.append(
            UnackedLedger.Delivery(tag: lastDeliveryTag, consumer: consumer, queue: queue, entry: entry))
        consumer?.unacked += 1
        queue.unacked += 1
    }

    /// A delivery leaves the channel's books; what becomes of its message is the caller's.
    func release(_ delivery: UnackedLedger.Delivery) {
        delivery.consumer?.unacked -= 1
        delivery.queue.unacked -= 1
    }

    /// Credit came back to `delivery`'s consumer, and with a channel prefetch to all.
    func wake(after delivery: UnackedLedger.Delivery) {
        delivery.consumer?.wakeIfCredit()
        if channelPrefetch > 0 { wakeAll() }
    }

    func wakeAll() { for consumer in consumers.values { consumer.wakeIfCredit() } }

    func setFlow(_ isActive: Bool) {
        isFlowing = isActive
        if isActive { wakeAll() }
    }

    /// Puts deliveries back to their queues, each to its old place.
    func requeue(_ deliveries: [UnackedLedger.Delivery]) {
        for delivery in deliveries { release(delivery) }
        var rest = deliveries[...]
        while let queue = rest.first?.queue {
            // Mostly all of one queue; sorted, as after earlier requeues tags and positions go different ways.
            let mine = rest.filter { $0.queue === queue }.map(\.entry).sorted { $0.position < $1.position }
            rest = rest.filter { $0.queue !== queue }[...]
            queue.requeue(mine)
        }
        for consumer in consumers.values { consumer.wakeIfCredit() }
    }

    // MARK: Consumers

    func add(_ consumer: Consumer) { consumers[consumer.tag] = consumer }

    func remove(_ consumer: Consumer) {
        consumer.isCancelled = true
        consumers[consumer.tag] = nil
        consumer.queue.remove(consumer)
    }

    /// The consumer's queue is gone. Clients that can are told (RabbitMQ: consumer cancel notify).
    func cancelledByServer(_ consumer: Consumer) {
        remove(consumer)
        if state == .open, session.client.consumerCancelNotify {
            send(.basicCancel(Basic.Cancel(consumerTag: consumer.tag, noWait: true)))
        }
    }

    // MARK: Closing

    /// Requeues what is unacknowledged and ends all consumers. Nothing is sent.
    func shutDown(_ state: State) {
        if self.state == .open {
            self.state = .closing
            let left = Array(consumers.values)
            for consumer in left { remove(consumer) }
            requeue(unacked.take(upTo: 0) ?? [])
            if let transaction { requeue(transaction.settledDeliveries) }
            transaction = nil
            deferred = []
            if let incoming { session.forgetUnfinished(incoming.bodyLength - incoming.missingBody) }
            incoming = nil
            content = .none
            for consumer in left { consumer.queue.vhost.deleteIfAbandoned(consumer.queue) }
        }
        self.state = state
    }
}

/// Two short strings, kept without an allocation for each publish.
struct RoutingScratch {
    private var storage: [UInt8] = []
    private var count = 0

    mutating func set(_ bytes: UnsafeRawBufferPointer) {
        if storage.isEmpty { storage = Array(repeating: 0, count: 512) }
        storage.withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
        count = bytes.count
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
