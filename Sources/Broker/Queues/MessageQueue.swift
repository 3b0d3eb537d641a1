import AMQP
import DequeModule

/// A place in a queue. Positions grow with each message and are kept over requeues and restarts.
struct QueueEntry {
    let message: Message
    let position: UInt64
    var isRedelivered: Bool
}

/// A queue: messages in order of position, and the consumers that share them in turn. Confined to the core's event loop.
final class MessageQueue {
    let name: String
    unowned let vhost: VirtualHost
    let isDurable: Bool
    let isAutoDelete: Bool
    let arguments: FieldTable
    /// The connection that may use it; nil for all.
    let owner: Session?
    /// Its number in the store; 0 if the store does not hold it (exclusive queues end with their connection).
    let storeID: UInt32
    /// Where the highest delivered position is kept so that it survives `kill -9`; nil without a store.
    let mark: UnsafeMutablePointer<UInt64>?

    private(set) var ready: Deque<QueueEntry> = []
    private(set) var consumers: [Consumer] = []
    /// The consumers that may take a message, in the order of their turns. Those that may not wait elsewhere.
    private var ring: Deque<Consumer> = []
    private(set) var nextPosition: UInt64 = 1
    private(set) var isDeleted = false
    var unacked = 0
    /// What leads to it from exchanges other than the default one.
    var bindings: [Binding] = []
    /// The last route computation that came by; see `VirtualHost.route`.
    var visit: UInt64 = 0

    /// Since the start: messages put in; delivered, with repetitions; acknowledged or delivered under automatic ack.
    private(set) var published: UInt64 = 0
    private(set) var delivered: UInt64 = 0
    private(set) var settled: UInt64 = 0

    init(
        name: String, vhost: VirtualHost, isDurable: Bool, isAutoDelete: Bool, arguments: FieldTable, owner: Session?,
        storeID: UInt32, mark: UnsafeMutablePointer<UInt64>?
    ) {
        self.name = name
        self.vhost = vhost
        self.isDurable = isDurable
        self.isAutoDelete = isAutoDelete
        self.arguments = arguments
        self.owner = owner
        self.storeID = storeID
        self.mark = mark
    }

    /// `queue 'a' in vhost '/'`, as RabbitMQ's texts name it.
    var label: String { "queue '\(name)' in vhost '\(vhost.name)'" }

    // MARK: Messages in

    /// Puts a message last, at `nextPosition`, and hands it on. The reference is already counted.
    func enqueue(_ message: Message) {
        let entry = QueueEntry(message: message, position: nextPosition, isRedelivered: false)
        nextPosition += 1
        published += 1
        if ready.isEmpty, let consumer = nextConsumer() {
            hand(entry, to: consumer)
        } else {
            ready.append(entry)
            if !ring.isEmpty { drain() }
        }
    }

    /// What the store held, in order of position; before any consumer. `delivered` is the highest delivered position.
    func restore(_ entries: [(message: Message, position: UInt64)], delivered: UInt64) {
        nextPosition = max(delivered, entries.last?.position ?? 0) + 1
        for (message, position) in entries {
            ready.append(QueueEntry(message: message, position: position, isRedelivered: position <= delivered))
        }
    }

    /// Puts entries back to their places, marked as redelivered. `entries` are in order of position.
    func requeue(_ entries: [QueueEntry]) {
        guard !isDeleted, let last = entries.last else {
            for entry in entries { vhost.core.settle(entry, of: self) }
            return
        }
        if ready.isEmpty || last.position < ready[0].position {
            for var entry in entries.reversed() {
                entry.isRedelivered = true
                ready.prepend(entry)
            }
        } else {
            merge(entries)
        }
        drain()
    }

    private func merge(_ entries: [QueueEntry]) {
        var merged = Deque<QueueEntry>(minimumCapacity: ready.count + entries.count)
        var index = 0
        for var entry in entries {
            while index < ready.count, ready[index].position < entry.position {
                merged.append(ready[index])
                index += 1
            }
            entry.isRedelivered = true
            merged.append(entry)
        }
        while index < ready.count {
            merged.append(ready[index])
            index += 1
        }
        ready = merged
    }

    // MARK: Messages out

    /// Hands out messages while there are some and a consumer may take one.
    func drain() {
        while !ready.isEmpty, let consumer = nextConsumer() {
            hand(ready.removeFirst(), to: consumer)
        }
    }

    private func hand(_ entry: QueueEntry, to consumer: Consumer) {
        noteDelivery(of: entry)
        consumer.channel.deliver(entry, to: consumer)
    }

    /// The first message, for basic.get.
    func take() -> QueueEntry? {
        guard let entry = ready.popFirst() else { return nil }
        noteDelivery(of: entry)
        return entry
    }

    private func noteDelivery(of entry: QueueEntry) {
        delivered += 1
        if let mark, mark.pointee < entry.position { mark.pointee = entry.position }
    }

    func noteSettled() { settled += 1 }

    /// Removes all messages that are ready. Gives their number.
    func purge() -> Int {
        let purged = ready
        ready = []
        for entry in purged { vhost.core.settle(entry, of: self) }
        return purged.count
    }

    func markDeleted() { isDeleted = true }

    // MARK: Consumers

    func add(_ consumer: Consumer) {
        consumers.append(consumer)
        ring.append(consumer)
        drain()
    }

    func remove(_ consumer: Consumer) {
        consumers.removeAll { $0 === consumer }
        ring.removeAll { $0 === consumer }
    }

    /// Takes a consumer that waited back into the turns.
    func join(_ consumer: Consumer) { ring.append(consumer) }

    private func nextConsumer() -> Consumer? {
        while let consumer = ring.first {
            if consumer.channel.session.canDeliver, consumer.hasCredit {
                if ring.count > 1 {
                    ring.removeFirst()
                    ring.append(consumer)
                }
                return consumer
            }
            ring.removeFirst()
            consumer.park()
        }
        return nil
    }
}
