/// Keeps what must survive a crash. The broker's only way to the disk, so that a faulty disk can take a store's place.
///
/// `open` is called once, first, and blocks. `commit` is called from the core's event loop for one group at a time.
package protocol MessageStore: Sendable {
    /// Opens the store and reads all of it. Throws `StoreError`.
    func open() throws -> RecoveredState

    /// Writes a group, all of it or nothing, and calls `completion` on any thread once it is on disk, or is not.
    func commit(_ group: StoreGroup, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void)

    /// Where a queue's highest delivered position is kept: memory of which a write survives `kill -9`, without a call.
    /// Nil if there is none. Valid until `close`. Only the core writes to it.
    func mark(queue: UInt32) -> UnsafeMutablePointer<UInt64>?

    /// Waits for the commit that is under way, and lets go of the files. Nothing may be called afterwards.
    func close()
}

/// Why a store cannot be opened, or a group not be written.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Another process uses the data directory.
        case locked
        /// The file is no store of ours, of a later version, or damaged.
        case unreadable
        /// The disk is full or fails, or the directory cannot be used.
        case io
    }

    package var code: Code
    package var message: String
    /// File or directory.
    package var path: String

    package init(_ code: Code, _ message: String, path: String) {
        self.code = code
        self.message = message
        self.path = path
    }

    package var description: String { "\(path): \(message)" }
}
