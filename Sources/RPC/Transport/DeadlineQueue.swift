/// Something that ends at a time, if nobody ends it before.
protocol DeadlineHolder: AnyObject {
    /// Kept by the queue: where it stands there; -1: it does not.
    var deadlineIndex: Int { get set }
    /// Nanoseconds; must not change while it stands in a queue.
    var queuedDeadline: UInt64 { get set }
}

/// Who is due next: a binary heap whose members know their place, so that the many calls that end in time leave at once.
struct DeadlineQueue<Member: DeadlineHolder> {
    private var heap: [Member] = []

    var next: UInt64? { heap.first?.queuedDeadline }

    /// Adds, or moves, a member.
    mutating func set(_ member: Member, _ deadline: UInt64) {
        remove(member)
        member.queuedDeadline = deadline
        member.deadlineIndex = heap.count
        heap.append(member)
        siftUp(heap.count - 1)
    }

    mutating func remove(_ member: Member) {
        let index = member.deadlineIndex
        guard index >= 0 else { return }
        member.deadlineIndex = -1
        let last = heap.removeLast()
        guard index < heap.count else { return }
        heap[index] = last
        last.deadlineIndex = index
        siftDown(index)
        siftUp(last.deadlineIndex)
    }

    mutating func removeAll() {
        for member in heap { member.deadlineIndex = -1 }
        heap = []
    }

    /// Takes out one that is due.
    mutating func popDue(_ now: UInt64) -> Member? {
        guard let first = heap.first, first.queuedDeadline <= now else { return nil }
        remove(first)
        return first
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].queuedDeadline < heap[parent].queuedDeadline else { return }
            swap(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in (2 * index + 1)...(2 * index + 2) where child < heap.count {
                if heap[child].queuedDeadline < heap[least].queuedDeadline { least = child }
            }
            guard least != index else { return }
            swap(index, least)
            index = least
        }
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        heap[a].deadlineIndex = a
        heap[b].deadlineIndex = b
    }
}
