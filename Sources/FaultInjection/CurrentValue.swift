import Synchronization

/// A value that anybody sets and event loops read on their way. Who looks after it was set sees it, without waiting for
/// a task on the loop to have its turn: what a program sends after it was told of a fault meets the fault.
final class CurrentValue<Value: Sendable>: Sendable {
    /// What a reader knows of it.
    struct Copy {
        fileprivate(set) var value: Value
        /// Counts the times that it was set.
        fileprivate(set) var version: Int
    }

    private let version = Atomic(0)
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func set(_ new: Value) { change { $0 = new } }

    func change(_ body: (inout Value) -> Void) {
        value.withLock {
            body(&$0)
            version.add(1, ordering: .releasing)
        }
    }

    var copy: Copy { value.withLock { Copy(value: $0, version: version.load(ordering: .relaxed)) } }

    /// Brings a copy up to date; it costs next to nothing where it is already.
    /// - Returns: whether it was not.
    @discardableResult
    func update(_ copy: inout Copy) -> Bool {
        guard version.load(ordering: .acquiring) != copy.version else { return false }
        copy = self.copy
        return true
    }
}
