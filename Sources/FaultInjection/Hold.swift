import DequeModule

/// What a fault holds a message back for: a time that must pass, and then a later message that must have gone first.
struct Hold {
    /// Not before this moment, in nanoseconds.
    var until: Int64
    /// How long it then waits to be overtaken; `nil` where it need not be.
    var within: Int64?
    var isOvertaken = false

    init(until: Int64, within: Int64? = nil) {
        self.until = until
        self.within = within
    }

    /// When it ends of itself.
    var release: Int64 {
        guard let within, !isOvertaken else { return until }
        return until.addingReportingOverflow(within).overflow ? .max : until + within
    }
}

/// Things to do at their times, in order. They mostly come in order, so that the end is where one goes.
struct DeadlineQueue<Task> {
    private var entries: Deque<(time: Int64, task: Task)> = []

    var next: Int64? { entries.first?.time }

    mutating func add(_ task: Task, at time: Int64) {
        var low = 0
        var high = entries.count
        if let last = entries.last, last.time <= time { low = high }
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].time <= time { low = middle + 1 } else { high = middle }
        }
        entries.insert((time, task), at: low)
    }

    /// The next task that is due.
    mutating func pop(until now: Int64) -> Task? {
        guard let first = entries.first, first.time <= now else { return nil }
        return entries.removeFirst().task
    }

    var tasks: some Sequence<Task> { entries.lazy.map(\.task) }

    mutating func removeAll() { entries.removeAll() }
}
