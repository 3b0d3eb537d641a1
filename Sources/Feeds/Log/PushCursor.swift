import ClusterModel

/// How far a pushed-to watcher is. Pure.
///
/// Its buffer is a stretch of the feed: what was appended and not written to it yet. A watcher that comes with a backlog
/// reads it at its own pace; only once it has caught up does what waits for it count as slowness.
package struct PushCursor: Sendable {
    package enum Step: Sendable, Equatable {
        /// Write these.
        case items(ClosedRange<UInt64>)
        /// These are not coming: they are gone, or were dropped for it.
        case gap(ClosedRange<UInt64>)
        /// It has everything.
        case wait
        /// More waits for it than may.
        case disconnect
    }

    private let buffer: UInt64
    private let slow: Feed.Slow
    /// The next item to be written.
    package private(set) var next: UInt64
    private var hasCaughtUp = false

    package init(after: UInt64, buffer: Int, slow: Feed.Slow) {
        next = after &+ 1
        self.buffer = UInt64(max(buffer, 1))
        self.slow = slow
    }

    /// Whether it is to be cut off, without waiting for it to take anything more.
    package func isTooSlow(last: UInt64) -> Bool { slow == .disconnect && isBehind(last) }

    private func isBehind(_ last: UInt64) -> Bool { hasCaughtUp && last >= next && last - next >= buffer }

    /// What is next, now that it takes more.
    /// - Parameters:
    ///   - oldest: the oldest item that is kept.
    ///   - batch: items of one step at most.
    package mutating func step(oldest: UInt64, last: UInt64, batch: Int) -> Step {
        guard next <= last else {
            hasCaughtUp = true
            return .wait
        }
        if isBehind(last), slow == .disconnect { return .disconnect }
        let first = max(oldest, isBehind(last) ? last - buffer + 1 : 0)
        if next < first {
            defer { next = first }
            return .gap(next...(first - 1))
        }
        let end = min(last, next + UInt64(max(batch, 1)) - 1)
        defer { next = end + 1 }
        return .items(next...end)
    }
}
