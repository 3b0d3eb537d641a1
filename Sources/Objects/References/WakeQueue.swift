/// Which slot is due next: a binary heap of small numbers that knows where each of them stands, so that moments can be
/// changed and taken back, and nothing is left behind.
struct WakeQueue: Sendable {
    private struct Item {
        var moment: Int64
        var slot: Int
    }

    private var heap: [Item] = []
    /// By slot: where it stands in the heap; -1: it does not.
    private var places: [Int] = []

    var next: Int64? { heap.first?.moment }
    var count: Int { heap.count }

    mutating func set(_ slot: Int, _ moment: Int64) {
        while places.count <= slot { places.append(-1) }
        let place = places[slot]
        if place < 0 {
            places[slot] = heap.count
            heap.append(Item(moment: moment, slot: slot))
            siftUp(heap.count - 1)
        } else if heap[place].moment != moment {
            heap[place].moment = moment
            siftDown(place)
            siftUp(places[slot])
        }
    }

    mutating func remove(_ slot: Int) {
        guard slot < places.count, places[slot] >= 0 else { return }
        let place = places[slot]
        places[slot] = -1
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        places[last.slot] = place
        siftDown(place)
        siftUp(places[last.slot])
    }

    /// Takes out one that is due.
    mutating func popDue(_ now: Int64) -> Int? {
        guard let first = heap.first, first.moment <= now else { return nil }
        remove(first.slot)
        return first.slot
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].moment < heap[parent].moment else { return }
            swap(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in (2 * index + 1)...(2 * index + 2) where child < heap.count {
                if heap[child].moment < heap[least].moment { least = child }
            }
            guard least != index else { return }
            swap(index, least)
            index = least
        }
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        places[heap[a].slot] = a
        places[heap[b].slot] = b
    }
}
