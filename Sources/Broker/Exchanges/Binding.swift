import AMQP
import NIOCore

/// Where a binding leads.
enum Destination {
    case queue(MessageQueue)
    case exchange(MessageExchange)

    var name: String {
        switch self {
        case .queue(let queue): queue.name
        case .exchange(let exchange): exchange.name
        }
    }

    var isQueue: Bool { if case .queue = self { true } else { false } }

    var isStored: Bool {
        switch self {
        case .queue(let queue): queue.storeID != 0
        case .exchange(let exchange): exchange.isDurable
        }
    }
}

/// What makes two bindings of one exchange the same: destination, routing key and arguments.
struct BindingSignature: Hashable, Sendable {
    var isQueue: Bool
    var destination: String
    var routingKey: String
    /// The arguments as on the wire, in order of their keys.
    var arguments: [UInt8]

    init(isQueue: Bool, destination: String, routingKey: String, arguments: FieldTable) {
        self.isQueue = isQueue
        self.destination = destination
        self.routingKey = routingKey
        self.arguments = arguments.isEmpty ? [] : arguments.sorted.encodedBytes
    }
}

/// A rule of a source exchange. Identity is its signature; the object is shared between table, source and destination.
final class Binding {
    let source: MessageExchange
    let destination: Destination
    let routingKey: String
    let arguments: FieldTable
    let signature: BindingSignature

    init(source: MessageExchange, destination: Destination, routingKey: String, arguments: FieldTable) {
        self.source = source
        self.destination = destination
        self.routingKey = routingKey
        self.arguments = arguments
        signature = BindingSignature(
            isQueue: destination.isQueue, destination: destination.name, routingKey: routingKey, arguments: arguments)
    }

    /// Durable on both sides.
    var isStored: Bool { source.isDurable && destination.isStored }
}

extension FieldTable {
    var sorted: FieldTable { FieldTable(self.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) }

    /// With the length in front.
    var encodedBytes: [UInt8] {
        var buffer = ByteBuffer()
        encode(into: &buffer)
        return Array(buffer.readableBytesView)
    }
}
