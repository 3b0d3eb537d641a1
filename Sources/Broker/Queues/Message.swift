/// One message in the broker: what routes it, its properties as they came, and its body, in one block of memory laid
/// out as the wire wants it, so that a delivery is three copies.
///
/// Built on the event loop of the core: `init`, then `append` until `isComplete`. From then on the octets never change.
///
/// `@unchecked Sendable`: the store's thread gets messages too, but reads only `id` and the octets, which were set
/// before the hand-over and are never written again. All other variables belong to the core's event loop.
package final class Message: @unchecked Sendable {
    /// `[length][exchange][length][routing key][properties][body]`
    private var bytes: UnsafeMutableRawPointer
    private var capacity: Int
    private let exchangeLength: Int
    private let routingLength: Int
    private let propertiesLength: Int
    private var received = 0

    /// Octets of the whole body.
    let bodyLength: Int
    /// Whether delivery-mode is 2.
    let isPersistent: Bool
    /// Its row in the store; 0 for none. Set at most once, before the store's thread sees the message.
    package internal(set) var id: UInt64 = 0

    /// Places in queues, unacknowledged deliveries included. The core's memory is counted by it.
    var references = 0
    /// Places among these that the store holds, or will.
    var storedReferences = 0
    /// The group that writes it to the store.
    var storeGroup: UInt64 = 0
    /// Settled everywhere before its group was sealed: not written at all.
    var isCancelled = false

    /// A block of memory beyond this is grown as the body arrives, not as it was announced.
    private static let trustedSize = 1 << 20
    /// What a message costs beside its octets: the object, its place in a queue.
    private static let overhead = 160

    /// `routing` is the exchange and the routing key as two short strings; both must be well-formed.
    package init(
        routing: UnsafeRawBufferPointer, properties: UnsafeRawBufferPointer, bodyLength: Int, isPersistent: Bool
    ) {
        routingLength = routing.count
        exchangeLength = Int(routing[0])
        propertiesLength = properties.count
        self.bodyLength = bodyLength
        self.isPersistent = isPersistent
        capacity = routing.count + properties.count + min(bodyLength, Message.trustedSize)
        bytes = .allocate(byteCount: capacity, alignment: 1)
        bytes.copyMemory(from: routing.baseAddress!, byteCount: routing.count)
        if properties.count > 0 {
            (bytes + routing.count).copyMemory(from: properties.baseAddress!, byteCount: properties.count)
        }
    }

    deinit { bytes.deallocate() }

    var isComplete: Bool { received == bodyLength }
    var missingBody: Int { bodyLength - received }
    /// Octets that the message takes in memory, about.
    var memory: Int { capacity + Message.overhead }

    /// The next part of the body; at most `missingBody` octets.
    package func append(_ part: UnsafeRawBufferPointer) {
        guard part.count > 0 else { return }
        let start = routingLength + propertiesLength + received
        if start + part.count > capacity {
            capacity = min(max(capacity * 2, start + part.count), routingLength + propertiesLength + bodyLength)
            let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
            grown.copyMemory(from: bytes, byteCount: start)
            bytes.deallocate()
            bytes = grown
        }
        (bytes + start).copyMemory(from: part.baseAddress!, byteCount: part.count)
        received += part.count
    }

    /// Exchange and routing key as two short strings.
    var routing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: routingLength) }
    var exchangeBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes + 1, count: exchangeLength) }
    var routingKeyBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + 2 + exchangeLength, count: routingLength - 2 - exchangeLength)
    }
    /// Property flags and list.
    var properties: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + routingLength, count: propertiesLength)
    }
    var body: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + routingLength + propertiesLength, count: received)
    }
    var exchange: String { String(decoding: exchangeBytes, as: UTF8.self) }
    var routingKey: String { String(decoding: routingKeyBytes, as: UTF8.self) }
}
