import Dispatch
import Synchronization

/// Records taken apart on a thread of its own, a batch at a time, while those before them are read: of two processors the
/// one finds and parses what the other makes something of.
///
/// A few batches go round: the thread waits where all are full, its reader where all are empty.
final class RecordsAhead: Sendable {
    struct Batch: Sendable {
        static let size = 512

        var heads: [RecordParser.Head] = []
        var sources: [Int] = []
        /// `EventLayout.widest` for each record.
        var slots = [UInt64](repeating: 0, count: size * EventLayout.widest)
    }

    private static let depth = 4

    private struct State: Sendable {
        var full: [Batch] = []
        var empty = Array(repeating: Batch(), count: depth)
        /// Nobody reads any more.
        var isLeft = false
    }

    private let state = Mutex(State())
    private let isFull = DispatchSemaphore(value: 0)
    private let isEmpty = DispatchSemaphore(value: 0)

    init(_ files: [EvidenceFile]) {
        // Not as its first value: a semaphore may not end below that.
        for _ in 0..<Self.depth { isEmpty.signal() }
        // A queue of its own always gets a thread: its reader may hold one of a pool's while it waits.
        DispatchQueue(label: "orch.records", qos: .userInitiated).async {
            var cursor = RecordCursor(files)
            while self.put({ cursor.fill(&$0) }) {}
        }
    }

    /// - Returns: whether there is more to come, and somebody who wants it.
    private func put(_ fill: (inout Batch) -> Void) -> Bool {
        isEmpty.wait()
        guard var batch = state.withLock({ $0.isLeft ? nil : $0.empty.removeLast() }) else { return false }
        fill(&batch)
        let isLast = batch.heads.isEmpty
        state.withLock { $0.full.insert(batch, at: 0) }
        isFull.signal()
        return !isLast
    }

    /// The next batch, in exchange for one that was read; an empty one is the last.
    func next(_ read: consuming Batch?) -> Batch {
        if let read {
            state.withLock { $0.empty.append(read) }
            isEmpty.signal()
        }
        isFull.wait()
        return state.withLock { $0.full.removeLast() }
    }

    /// Ends the thread.
    func leave() {
        state.withLock { $0.isLeft = true }
        isEmpty.signal()
    }
}
