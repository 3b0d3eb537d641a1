/// Keys with the moments at which they are due, the earliest first: a binary heap. A key may be in it several times;
/// whoever takes one out looks whether it is due still.
struct DueList<Key: Sendable>: Sendable {
    private var heap: [(moment: Int64, key: Key)] = []

    var count: Int { heap.count }
    /// The earliest moment.
    var first: Int64? { heap.first?.moment }

    mutating func add(_ key: Key, at moment: Int64) {
        heap.append((moment, key))
        var index = heap.count - 1
        while index > 0, heap[index].moment < heap[(index - 1) / 2].moment {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// The earliest, if it is due by now.
    mutating func next(by now: Int64) -> Key? {
        guard let top = heap.first, top.moment <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && heap[child].moment < heap[least].moment {
                least = child
            }
            guard least != index else { return top.key }
            heap.swapAt(index, least)
            index = least
        }
    }

    mutating func removeAll() { heap.removeAll(keepingCapacity: true) }
}
