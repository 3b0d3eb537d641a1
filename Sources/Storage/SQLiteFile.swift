import CSQLite

/// One connection to an SQLite file. Confined to whoever owns it; a statement must not outlive its connection.
package final class SQLiteFile {
    private var handle: OpaquePointer?
    package let path: String

    package init(path: String) throws(StoreFailure) {
        self.path = path
        let code = sqlite3_open_v2(
            path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
        // On failure the object is whole by now, so that `deinit` closes the handle.
        guard code == SQLITE_OK else { throw failure(code) }
        sqlite3_extended_result_codes(handle, 1)
    }

    deinit { sqlite3_close_v2(handle) }

    /// Runs statements without parameters, and ignores what they give.
    package func execute(_ sql: String) throws(StoreFailure) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    package func prepare(_ sql: String) throws(StoreFailure) -> SQLiteQuery {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code) }
        return SQLiteQuery(statement, self)
    }

    /// The first column of the first row; 0 if there is none.
    package func integer(_ sql: String) throws(StoreFailure) -> Int64 {
        let query = try prepare(sql)
        return try query.step() ? query.integer(0) : 0
    }

    /// All that the body does, or nothing of it.
    package func transaction(_ body: () throws(StoreFailure) -> Void) throws(StoreFailure) {
        do throws(StoreFailure) {
            try execute("BEGIN IMMEDIATE")
            try body()
            try execute("COMMIT")
        } catch {
            if isInTransaction { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Some errors have ended a transaction already.
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    fileprivate func failure(_ code: Int32) -> StoreFailure {
        let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        switch code & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return StoreFailure(.unreadable, "\(path): not a store, or damaged: \(text)")
        case SQLITE_BUSY, SQLITE_LOCKED: return StoreFailure(.locked, "\(path): \(text)")
        default: return StoreFailure(.io, "\(path): \(text) (SQLite error \(code))")
        }
    }
}

/// A prepared statement, used again and again.
package final class SQLiteQuery {
    package enum Parameter {
        case integer(Int64)
        case text(String)
        case blob([UInt8])
    }

    private let handle: OpaquePointer
    private let file: SQLiteFile

    fileprivate init(_ handle: OpaquePointer, _ file: SQLiteFile) {
        self.handle = handle
        self.file = file
    }

    deinit { sqlite3_finalize(handle) }

    /// True if there is a row to read.
    package func step() throws(StoreFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let failure = file.failure(code)
            sqlite3_reset(handle)
            throw failure
        }
    }

    /// Runs it, for its effect, and makes it ready again.
    package func run(_ parameters: Parameter...) throws(StoreFailure) {
        // SQLite copies what it is given.
        let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (index, parameter) in parameters.enumerated() {
            let place = Int32(index + 1)
            switch parameter {
            case .integer(let number): sqlite3_bind_int64(handle, place, number)
            case .text(let text): sqlite3_bind_text(handle, place, text, -1, copies)
            // A null pointer would be NULL.
            case .blob([]): sqlite3_bind_zeroblob(handle, place, 0)
            case .blob(let bytes):
                bytes.withUnsafeBytes {
                    _ = sqlite3_bind_blob64(handle, place, $0.baseAddress, UInt64($0.count), copies)
                }
            }
        }
        _ = try step()
        sqlite3_reset(handle)
    }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// Valid until the next step.
    package func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    package func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }
}
