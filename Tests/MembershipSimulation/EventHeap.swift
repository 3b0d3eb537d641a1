/// Something that happens at a time: a datagram that comes, or, without a payload, a process that wakes.
struct Event {
    var time: Int64
    /// Events of the same time come in the order in which they were put.
    var order: UInt64 = 0
    var from: Int32
    var to: Int32
    var payload: [UInt8]?

    init(time: Int64, from: Int32, to: Int32, payload: [UInt8]?) {
        self.time = time
        self.from = from
        self.to = to
        self.payload = payload
    }

    static func < (a: Event, b: Event) -> Bool { a.time != b.time ? a.time < b.time : a.order < b.order }
}

/// Events by their time: a binary heap.
struct EventHeap {
    private var items: [Event] = []
    private var order: UInt64 = 0

    var first: Event? { items.first }

    mutating func push(_ event: Event) {
        order += 1
        var event = event
        event.order = order
        items.append(event)
        var index = items.count - 1
        while index > 0, items[index] < items[(index - 1) / 2] {
            items.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func pop() -> Event? {
        guard !items.isEmpty else { return nil }
        items.swapAt(0, items.count - 1)
        let event = items.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < items.count && items[child] < items[least] {
                least = child
            }
            guard least != index else { return event }
            items.swapAt(index, least)
            index = least
        }
    }
}
