import NIOPosix

/// The store on disk: `broker.sqlite` (with its WAL), `delivered` and `lock` in one directory.
///
/// `@unchecked Sendable`: `open` and `close` bracket everything else and are called by the owner; `connection` and
/// `writer` are touched by `open`, before any commit, then only on the one thread of `thread`, which runs one item at a
/// time and is gone before `close` drops them; `marks` is set by `open` and then only read.
package final class SQLiteStore: MessageStore, @unchecked Sendable {
    private let path: String
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private var directory: DataDirectory?
    private var marks: DeliveryMarks?
    private var connection: SQLiteConnection?
    private var writer: SQLiteWriter?

    package init(directory: String) { path = directory }

    package func open() throws -> RecoveredState {
        let directory = try DataDirectory(path: path)
        let connection = try SQLiteConnection(path: path + "/broker.sqlite")
        try SQLiteSchema.prepare(connection)
        let state = try SQLiteReader(connection: connection).read()
        writer = try SQLiteWriter(connection)
        marks = try DeliveryMarks(path: path + "/delivered")
        self.connection = connection
        self.directory = directory
        thread.start()
        return state
    }

    package func commit(_ group: StoreGroup, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void) {
        thread.submit { [self] state in
            guard state == .active, let writer else {
                return completion(.failure(StoreError(.io, "the store is closed", path: path)))
            }
            do throws(StoreError) {
                try writer.write(group)
                completion(.success(()))
            } catch {
                completion(.failure(error))
            }
        }
    }

    package func mark(queue: UInt32) -> UnsafeMutablePointer<UInt64>? { marks?.mark(queue) }

    package func close() {
        try? thread.syncShutdownGracefully()
        writer = nil
        connection = nil
        marks = nil
        directory = nil
    }
}
