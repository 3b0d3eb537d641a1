import DequeModule

/// Deliveries of one channel that wait for an acknowledgement, in order of their tags.
struct UnackedLedger {
    struct Delivery {
        let tag: UInt64
        /// Nil for basic.get.
        let consumer: Consumer?
        let queue: MessageQueue
        let entry: QueueEntry
    }

    /// Nil marks one that was settled out of order; it goes when what is before it goes.
    private var slots: Deque<(tag: UInt64, delivery: Delivery?)> = []
    private(set) var count = 0

    mutating func append(_ delivery: Delivery) {
        slots.append((delivery.tag, delivery))
        count += 1
    }

    /// Takes one out; nil if there is none of this tag.
    mutating func take(_ tag: UInt64) -> Delivery? {
        guard let first = slots.first else { return nil }
        if first.tag == tag {
            slots.removeFirst()
            count -= 1
            dropSettled()
            return first.delivery
        }
        guard let index = index(of: tag), let delivery = slots[index].delivery else { return nil }
        slots[index].delivery = nil
        count -= 1
        if slots.count > 64, slots.count > 4 * count { slots.removeAll { $0.delivery == nil } }
        return delivery
    }

    /// Takes out all up to `tag`, or all if it is 0. Nil, and nothing is taken, if `tag` is not there.
    mutating func take(upTo tag: UInt64) -> [Delivery]? {
        if tag == 0 {
            let all = slots.compactMap(\.delivery)
            slots = []
            count = 0
            return all
        }
        guard let index = index(of: tag), slots[index].delivery != nil else { return nil }
        let taken = slots[...index].compactMap(\.delivery)
        slots.removeFirst(index + 1)
        count -= taken.count
        dropSettled()
        return taken
    }

    private mutating func dropSettled() {
        while let first = slots.first, first.delivery == nil { slots.removeFirst() }
    }

    private func index(of tag: UInt64) -> Int? {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].tag < tag { low = middle + 1 } else { high = middle }
        }
        return low < slots.count && slots[low].tag == tag ? low : nil
    }
}
