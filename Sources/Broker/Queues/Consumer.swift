/// A subscription of a channel to a queue. Confined to the core's event loop.
final class Consumer {
    let tag: String
    /// The tag as a short string on the wire.
    let wireTag: [UInt8]
    let queue: MessageQueue
    let channel: SessionChannel
    let noAck: Bool
    let isExclusive: Bool
    /// Deliveries that may be unacknowledged at once; 0 for no limit.
    let prefetch: Int

    var unacked = 0
    var isCancelled = false
    private(set) var place = Place.ring

    enum Place {
        /// Among the queue's consumers that may take a message.
        case ring
        /// Waits for acknowledgements, or for the channel's flow.
        case credit
        /// Waits for its connection to be writable.
        case connection
    }

    init(tag: String, queue: MessageQueue, channel: SessionChannel, noAck: Bool, isExclusive: Bool, prefetch: Int) {
        self.tag = tag
        wireTag = [UInt8(tag.utf8.count)] + Array(tag.utf8)
        self.queue = queue
        self.channel = channel
        self.noAck = noAck
        self.isExclusive = isExclusive
        self.prefetch = prefetch
    }

    var hasCredit: Bool {
        guard channel.isFlowing else { return false }
        return noAck || ((prefetch == 0 || unacked < prefetch) && channel.hasCredit)
    }

    /// Takes the consumer, which was just taken out of the ring, to where it will be woken.
    func park() {
        if !channel.session.canDeliver {
            place = .connection
            channel.session.park(self)
        } else {
            place = .credit
        }
    }

    /// Back into the ring once there is credit, and messages flow.
    func wakeIfCredit() {
        guard place == .credit, hasCredit else { return }
        wake()
    }

    func wake() {
        guard !isCancelled, place != .ring else { return }
        place = .ring
        queue.join(self)
        queue.drain()
    }
}
