import NIOCore

/// One execution's view of its node's store: what was committed before it, and its own writes. They take effect with its
/// answer, or not at all. Confined to the event loop.
package final class StoreTransaction {
    package enum Misuse: Error, Equatable, CustomStringConvertible {
        /// `acquire` has not been granted, or the execution has ended.
        case notGranted
        case keyTooLong
        case valueTooLong
        /// The store holds as much as it may.
        case full

        package var description: String {
            switch self {
            case .notGranted: "the store is not this execution's to use"
            case .keyTooLong: "a key of the store is 1 to \(NodeStore.longestKey) bytes long"
            case .valueTooLong: "a value of the store is at most \(NodeStore.longestValue) bytes long"
            case .full: "the store is full"
            }
        }
    }

    private enum Phase { case untouched, queued, granted, ended }

    private let store: NodeStore
    private var phase = Phase.untouched
    /// nil: deleted.
    private var writes: [[UInt8]: [UInt8]?] = [:]
    /// What the writes add to the store.
    private var growth = 0
    private var waiters: [(granted: () -> Void, ended: (() -> Void)?)] = []

    init(_ store: NodeStore) { self.store = store }

    package var isGranted: Bool { phase == .granted }

    /// Waits for the store: handlers that touch it run one after the other (`NodeStore`).
    /// - Parameters:
    ///   - ended: called instead if the execution ends first.
    ///   - granted: called at once if the store is free.
    package func acquire(ended: (() -> Void)? = nil, _ granted: @escaping () -> Void) {
        switch phase {
        case .granted: granted()
        case .ended: ended?()
        case .queued: waiters.append((granted, ended))
        case .untouched:
            phase = .queued
            waiters.append((granted, ended))
            store.acquire(self) { [self] in
                guard phase == .queued else { return }
                phase = .granted
                let waiters = self.waiters
                self.waiters = []
                for waiter in waiters { waiter.granted() }
            }
        }
    }

    /// Nil: nothing is there.
    package func get(_ key: [UInt8]) throws(Misuse) -> [UInt8]? {
        guard phase == .granted else { throw .notGranted }
        if let written = writes[key] { return written }
        return store.values[key]
    }

    package func put(_ key: [UInt8], _ value: [UInt8]) throws(Misuse) { try write(key, value) }

    /// Harmless if nothing is there.
    package func delete(_ key: [UInt8]) throws(Misuse) { try write(key, nil) }

    private func write(_ key: [UInt8], _ value: [UInt8]?) throws(Misuse) {
        guard phase == .granted else { throw .notGranted }
        guard !key.isEmpty, key.count <= NodeStore.longestKey else { throw .keyTooLong }
        guard value?.count ?? 0 <= NodeStore.longestValue else { throw .valueTooLong }
        let old = try get(key)
        let change = (value.map { key.count + $0.count } ?? 0) - (old.map { key.count + $0.count } ?? 0)
        guard change <= 0 || store.byteCount + growth + change <= store.limit else { throw .full }
        growth += change
        writes.updateValue(value, forKey: key)
    }

    /// The execution has ended.
    func end(commits: Bool) -> [StoreOperation] {
        guard phase == .granted || phase == .queued else {
            phase = .ended
            return []
        }
        phase = .ended
        let waiters = self.waiters
        self.waiters = []
        let operations = store.end(self, writes, commits: commits)
        for waiter in waiters { waiter.ended?() }
        return operations
    }
}
