import DequeModule

/// Deliveries of one channel, numbered apart on the two sides of a link.
///
/// The client sees tags without gaps. A delivery that a fault swallows has no tag there; a copy has one of its own, and
/// of all settlements of its copies the broker gets the first. What the client never saw, it cannot settle: not by
/// `multiple`, not by tag 0.
struct DeliveryTracker {
    /// One delivery that a method of the client settles.
    struct Settled: Equatable {
        var tag: UInt64
        var brokerTag: UInt64
        var stamp: Int64
        /// False for the second settlement of a copy.
        var isFirst: Bool
    }

    private struct Entry {
        var brokerTag: UInt64
        var stamp: Int64
        var isOpen: Bool
    }

    /// Deliveries to the client; the first has the client's tag `base`. Closed ones at the front are forgotten.
    private var entries: Deque<Entry> = []
    private var base: UInt64 = 1
    /// The broker's tags of unsettled deliveries that no settlement of the client may cover, ascending.
    private var hidden: [UInt64] = []
    /// The broker's tags of duplicated deliveries: copies still open, and whether one was settled.
    private var copies: [UInt64: (open: Int, isSettled: Bool)] = [:]
    private var largestBrokerTag: UInt64 = 0
    /// A delivery was swallowed or copied: the two numberings differ from there on.
    private var isRenumbered = false
    /// The broker's tag of the last delivery handed out, and whether they have always come in order.
    private var lastHanded: UInt64 = 0
    private var isReordered = false

    /// Deliveries that the client has seen and not settled.
    private(set) var open = 0

    /// Hands a delivery (or another copy of it) to the client.
    /// - Returns: the client's tag.
    mutating func hand(_ brokerTag: UInt64, stamp: Int64, autoAck: Bool, isCopied: Bool = false) -> UInt64 {
        let tag = base + UInt64(entries.count)
        if tag != brokerTag { isRenumbered = true }
        largestBrokerTag = max(largestBrokerTag, brokerTag)
        if brokerTag < lastHanded { isReordered = true }
        lastHanded = brokerTag
        if isCopied && !autoAck { copies[brokerTag, default: (0, false)].open += 1 }
        entries.append(Entry(brokerTag: brokerTag, stamp: stamp, isOpen: !autoAck))
        if autoAck { forget() } else { open += 1 }
        return tag
    }

    /// Keeps a delivery, or a settlement that the broker did not get, from being covered.
    mutating func hide(_ brokerTag: UInt64) {
        largestBrokerTag = max(largestBrokerTag, brokerTag)
        let index = hidden.firstIndex { $0 >= brokerTag } ?? hidden.endIndex
        if index == hidden.endIndex || hidden[index] != brokerTag { hidden.insert(brokerTag, at: index) }
    }

    /// The broker has it settled, or the client gets it after all.
    mutating func reveal(_ brokerTag: UInt64) { hidden.removeAll { $0 == brokerTag } }

    /// What the client's method settles, in order; `nil` if it names no open delivery.
    mutating func settle(_ tag: UInt64, multiple: Bool) -> [Settled]? {
        var settled: [Settled] = []
        if multiple {
            let end = tag == 0 ? entries.count : Int(clamping: tag &- base &+ 1)
            guard tag == 0 || (tag >= base && end <= entries.count) else { return nil }
            for index in 0..<end where entries[index].isOpen { settled.append(close(index)) }
            if settled.isEmpty && tag != 0 { return nil }
        } else {
            guard tag >= base, tag - base < UInt64(entries.count), entries[Int(tag - base)].isOpen else { return nil }
            settled.append(close(Int(tag - base)))
        }
        forget()
        return settled
    }

    /// The fewest frames that settle these of the broker's tags and no others. `multiple` is what the client asked for;
    /// its tags are then all open ones up to the last, in the order in which the client got them.
    func frames(for brokerTags: [UInt64], multiple: Bool) -> [(tag: UInt64, multiple: Bool)] {
        guard multiple, brokerTags.count > 1 else { return brokerTags.map { ($0, false) } }
        var bound = hidden.first ?? .max
        var tags = brokerTags
        if isReordered {
            // The client may have open what the broker had sent earlier.
            tags.sort()
            bound = entries.reduce(bound) { $1.isOpen ? min($0, $1.brokerTag) : $0 }
        }
        let covered = tags.prefix { $0 < bound }
        var frames: [(tag: UInt64, multiple: Bool)] = []
        if let last = covered.last { frames.append((last, covered.count > 1)) }
        return frames + tags.dropFirst(covered.count).map { ($0, false) }
    }

    /// A tag to pass on for one that names nothing, so that the broker refuses it as it would without a link.
    func unknown(_ tag: UInt64) -> UInt64 {
        isRenumbered && tag <= largestBrokerTag ? tag | 1 << 62 : tag
    }

    /// `basic.recover`: all that is unsettled goes back to its queues, and the tags with it.
    mutating func recover() {
        for index in entries.indices where entries[index].isOpen { _ = close(index) }
        forget()
        hidden = []
        copies = [:]
    }

    private mutating func close(_ index: Int) -> Settled {
        let entry = entries[index]
        entries[index].isOpen = false
        open -= 1
        var isFirst = true
        if var state = copies[entry.brokerTag] {
            isFirst = !state.isSettled
            state.isSettled = true
            state.open -= 1
            copies[entry.brokerTag] = state.open > 0 ? state : nil
        }
        return Settled(tag: base + UInt64(index), brokerTag: entry.brokerTag, stamp: entry.stamp, isFirst: isFirst)
    }

    private mutating func forget() {
        while entries.first?.isOpen == false {
            entries.removeFirst()
            base += 1
        }
    }
}
