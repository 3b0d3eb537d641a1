import Storage

/// One change of a node's store. All of a call's are in one group.
package enum StoreOperation: Sendable {
    case put(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    /// Of a service's table of calls.
    case table(service: String, TableChange<SavedReply>)
}

/// What a store held when it was opened.
package struct StoredState: Sendable {
    package var values: [[UInt8]: [UInt8]] = [:]
    /// By service; clients before their calls.
    package var tables: [String: [TableChange<SavedReply>]] = [:]
    /// Of the lives that have used this store, this one included.
    package var incarnations: Set<String> = []

    package init() {}
}

/// A store's only way to the disk, so that a faulty disk can take its place. `open` is called once, first, and blocks;
/// then `write` for one group at a time, from one thread.
package protocol StoreDisk: AnyObject, Sendable {
    /// - Parameter incarnation: of the life that begins.
    func open(incarnation: String) throws(StoreFailure) -> StoredState
    /// All of the group is on disk when it returns, or nothing of it if it throws.
    func write(_ group: [StoreOperation]) throws(StoreFailure)
    func close()
}
