import ClusterModel

/// When the items of a schedule are due. Pure: moments are nanoseconds of one clock.
package struct AppendPacer: Sendable {
    private let source: AppendSource
    private let first: Int
    private var started: Int64?
    private var isFinishing = false
    /// The next item's number in its schedule, from 1.
    package private(set) var next: Int

    /// - Parameter done: items that an earlier life has appended.
    package init(_ source: AppendSource, done: Int = 0) {
        self.source = source
        first = done + 1
        next = done + 1
    }

    package mutating func start(now: Int64) { if started == nil { started = now } }

    /// Nothing further is begun.
    package mutating func finish() { isFinishing = true }

    package var hasMore: Bool { !isFinishing && next <= source.count ?? .max }

    /// The next item's number, if it is due. It then counts as taken.
    package mutating func take(now: Int64) -> Int? {
        guard let due = due, due <= now else { return nil }
        defer { next += 1 }
        return next
    }

    /// When the next item is due; nil: there is none, or nothing has started.
    package var due: Int64? {
        guard let started, hasMore else { return nil }
        guard let rate = source.rate, rate.perSecond > 0 else { return started }
        return started + Int64(Double(next - first) * 1e9 / rate.perSecond)
    }
}
