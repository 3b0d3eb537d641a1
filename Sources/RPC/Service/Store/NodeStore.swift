import DequeModule
import NIOCore
import Storage

/// What must survive a node: a key-value store for its handlers, and the replies and marks of its durable services. One
/// transaction a call: what a handler put and its reply are one commit. Confined to its event loop.
///
/// **Isolation.** Transactions are serial. A handler that touches the store waits for its turn and keeps it until it ends,
/// whatever it waits for in between; handlers that do not touch it are not held up. A handler that calls another one of
/// its own node, which touches the store too, waits for itself until the deadline.
///
/// **Durability.** A transaction that has ended is seen by the next one at once, though it may not be on disk: groups go
/// to the disk in order, several calls in one (`fsync`), and answers leave when their group is there. So an answer never
/// depends on what a crash could undo. A write that fails ends the store: what was not yet on disk may or may not be,
/// and everything after it could depend on it. All further commits fail; only a restart, which reads the disk, helps.
///
/// All values are kept in memory, at most `limit` bytes.
package final class NodeStore {
    /// A key is at most this long.
    package static let longestKey = 1_024
    package static let longestValue = 1 << 20

    package let limit: Int
    /// Whose calls this life may answer.
    package let incarnations: Set<String>
    /// Keys and values.
    package private(set) var byteCount = 0
    var values: [[UInt8]: [UInt8]]

    private let disk: any StoreDisk
    private let writer: GroupWriter<StoreOperation>
    private var tables: [String: [TableChange<SavedReply>]]
    /// Who may touch the store now, and who is next.
    private var holder: StoreTransaction?
    private var queue: Deque<(StoreTransaction, () -> Void)> = []

    private init(_ disk: any StoreDisk, _ state: StoredState, _ writer: GroupWriter<StoreOperation>, limit: Int) {
        self.disk = disk
        self.writer = writer
        self.limit = limit
        incarnations = state.incarnations
        values = state.values
        tables = state.tables
        byteCount = values.reduce(0) { $0 + $1.key.count + $1.value.count }
    }

    /// Opens the store on a thread of its own. Fails with `StoreFailure`.
    /// - Parameters:
    ///   - incarnation: of this life of the node.
    ///   - limit: bytes of keys and values.
    package static func open(
        _ disk: any StoreDisk, incarnation: String, limit: Int = 64 << 20, on eventLoop: any EventLoop
    ) -> EventLoopFuture<NIOLoopBound<NodeStore>> {
        GroupWriter.start(
            on: eventLoop, open: { try disk.open(incarnation: incarnation) },
            put: { (operations) throws(StoreFailure) in try disk.write(operations) }
        ).map { started in
            let (writer, state) = started.value
            return NIOLoopBound(NodeStore(disk, state, writer, limit: limit), eventLoop: eventLoop)
        }
    }

    package var eventLoop: any EventLoop { writer.eventLoop }
    package var failure: StoreFailure? { writer.failure }

    /// Waits for what is being written, and lets go of the files.
    package func close() -> EventLoopFuture<Void> {
        let disk = self.disk
        return writer.close { { disk.close() } }
    }

    /// What earlier lives left of a service's table: once.
    package func recovered(service: String) -> [TableChange<SavedReply>] { tables.removeValue(forKey: service) ?? [] }

    /// What earlier lives left under keys that begin with `prefix`: once. From then on these keys are the caller's, who
    /// writes them with `commit`; they take up no memory here, and no transaction sees them.
    package func recovered(under prefix: [UInt8]) -> [[UInt8]: [UInt8]] {
        let taken = values.filter { $0.key.starts(with: prefix) }
        for (key, value) in taken {
            values[key] = nil
            byteCount -= key.count + value.count
        }
        return taken
    }

    // MARK: - Transactions

    package func begin() -> StoreTransaction { StoreTransaction(self) }

    func acquire(_ transaction: StoreTransaction, _ granted: @escaping () -> Void) {
        if holder == nil {
            holder = transaction
            granted()
        } else {
            queue.append((transaction, granted))
        }
    }

    /// - Returns: what it changed, to be committed before anything else is.
    func end(_ transaction: StoreTransaction, _ writes: [[UInt8]: [UInt8]?], commits: Bool) -> [StoreOperation] {
        guard holder === transaction else {
            queue.removeAll { $0.0 === transaction }
            return []
        }
        var operations: [StoreOperation] = []
        if commits {
            for (key, value) in writes {
                if let old = values[key] { byteCount -= key.count + old.count }
                values[key] = value
                if let value { byteCount += key.count + value.count }
                operations.append(value.map { .put(key: key, value: $0) } ?? .delete(key: key))
            }
        }
        // Whoever is granted the store may end at once and let go of it again: its commit must come behind this one.
        holder = nil
        if let (next, granted) = queue.popFirst() {
            holder = next
            eventLoop.assumeIsolated().execute(granted)
        }
        return operations
    }

    // MARK: - Commits

    package var isIdle: Bool { writer.isIdle }

    /// - Parameter completion: with nil once the group, and all before it, is on disk. Called later, on the event loop.
    package func commit(_ operations: [StoreOperation], _ completion: @escaping (StoreFailure?) -> Void) {
        writer.write(operations, completion)
    }
}
