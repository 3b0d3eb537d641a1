/// Time as a process has lived it: what it spent stopped, or without a processor, does not count. So nobody is judged by
/// a time in which nobody could be heard.
///
/// Who has nothing to do wakes at the next deadline. Who wakes much later than that did not run.
struct AwakeClock {
    /// How much later, and how long it only listens after that: what came while it slept still waits to be read.
    let slack: Int64
    private var asleep: Int64 = 0
    private var last: Int64
    /// Until then it only listens; `nil`: it is awake.
    private var wakes: Int64?
    private var slept: Int64 = 0

    init(slack: Int64, now: Int64) {
        self.slack = slack
        last = now
    }

    /// - Parameters:
    ///   - now: of the clock outside.
    ///   - due: the next deadline, by this clock.
    /// - Returns: now, by this clock.
    mutating func enter(_ now: Int64, due: Int64) -> Int64 {
        let expected = max(due, wakes ?? last, last)
        let late = now - asleep - expected
        if late > slack {
            asleep += late
            slept += late
            // Not twice in a row: one that is always late has to act as well.
            if wakes == nil { wakes = expected + slack }
        }
        last = max(last, now - asleep)
        return last
    }

    /// For the first time: nothing before it was due.
    mutating func start(_ now: Int64) -> Int64 {
        last = max(last, now)
        return last
    }

    /// Whether it may act by now, and not only listen.
    mutating func isAwake(_ inside: Int64) -> Bool {
        if let wakes, inside < wakes { return false }
        wakes = nil
        return true
    }

    /// How long it has slept since this was last asked.
    mutating func takeSleep() -> Int64 {
        defer { slept = 0 }
        return slept
    }

    /// A deadline, by the clock outside.
    func outside(_ due: Int64) -> Int64 { max(due, wakes ?? .min) + asleep }
}
