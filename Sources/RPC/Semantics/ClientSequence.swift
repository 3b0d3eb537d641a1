import DequeModule

/// The sequence numbers of one client, and how far it is done with them: what it tells servers in
/// `x-orch-acknowledged`, so that they need not keep the replies.
///
/// Calls end in any order; the mark is the oldest one that has not ended. Memory is one number a call in flight.
package struct ClientSequence: Sendable {
    /// Allocated next.
    package private(set) var next: UInt64 = 1
    /// Ascending, for numbers are.
    private var inFlight: Deque<UInt64> = []

    package init() {}

    /// Every call with a lower number has ended, whatever came of it.
    package var acknowledged: UInt64 { inFlight.first ?? next }

    package var count: Int { inFlight.count }

    package mutating func allocate() -> UInt64 {
        defer { next += 1 }
        inFlight.append(next)
        return next
    }

    /// The call has its outcome. Harmless if it had ended before.
    package mutating func ended(_ sequence: UInt64) {
        if inFlight.first == sequence {
            inFlight.removeFirst()
            return
        }
        var low = 0
        var high = inFlight.count
        while low < high {
            let middle = (low + high) / 2
            if inFlight[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        if low < inFlight.count, inFlight[low] == sequence { inFlight.remove(at: low) }
    }
}
