import AMQP

/// One change that must survive a crash. Within a group they are applied in order.
package enum StoreOperation: Sendable {
    case message(Message)
    /// A place in a queue; its message is in the same group, before it.
    case entry(queue: UInt32, position: UInt64, message: Message)
    case removeEntry(queue: UInt32, position: UInt64)
    case removeMessage(id: UInt64)
    case topology(TopologyChange)
}

/// Changes of durable exchanges, queues and bindings. Repeating one that is done already does no harm.
package indirect enum TopologyChange: Sendable {
    case declareExchange(StoredExchange)
    case deleteExchange(vhost: String, name: String)
    case declareQueue(StoredQueue)
    /// With its entries.
    case deleteQueue(id: UInt32)
    case bind(StoredBinding)
    case unbind(StoredBinding)
}

package struct StoredExchange: Sendable, Equatable {
    package var vhost: String
    package var name: String
    package var type: ExchangeType
    package var isAutoDelete: Bool
    package var isInternal: Bool
    package var arguments: FieldTable
}

package struct StoredQueue: Sendable, Equatable {
    package var id: UInt32
    package var vhost: String
    package var name: String
    package var isAutoDelete: Bool
    package var arguments: FieldTable
}

package struct StoredBinding: Sendable, Equatable {
    package var vhost: String
    package var source: String
    package var destination: String
    package var isQueue: Bool
    package var routingKey: String
    package var arguments: FieldTable
}

extension StoredExchange {
    init(_ exchange: MessageExchange, vhost: String) {
        self.init(
            vhost: vhost, name: exchange.name, type: exchange.type, isAutoDelete: exchange.isAutoDelete,
            isInternal: exchange.isInternal, arguments: exchange.arguments)
    }
}

extension StoredQueue {
    init(_ queue: MessageQueue) {
        self.init(
            id: queue.storeID, vhost: queue.vhost.name, name: queue.name, isAutoDelete: queue.isAutoDelete,
            arguments: queue.arguments)
    }
}

extension StoredBinding {
    init(_ binding: Binding, vhost: String) {
        self.init(
            vhost: vhost, source: binding.source.name, destination: binding.destination.name,
            isQueue: binding.destination.isQueue, routingKey: binding.routingKey, arguments: binding.arguments)
    }
}

/// What goes to disk in one transaction.
package struct StoreGroup: Sendable {
    /// Counts from 1.
    package var number: UInt64
    package var operations: [StoreOperation] = []
    /// No message with a higher id was ever stored.
    package var lastMessageID: UInt64 = 0
}

/// What a store held when it was opened.
package struct RecoveredState {
    package var exchanges: [StoredExchange] = []
    package var queues: [StoredQueue] = []
    package var bindings: [StoredBinding] = []
    /// By queue, in order of position. A message that is in several queues is one object.
    package var entries: [UInt32: [(message: Message, position: UInt64)]] = [:]
    package var lastMessageID: UInt64 = 0

    package init() {}
}
