import Storage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A node's store in a file, `node.sqlite`, in write-ahead mode: a commit is one append and one fsync.
///
/// `@unchecked Sendable`: `open`, `write` and `close` are called by one thread, the store's (`StoreDisk`).
package final class SQLiteDisk: StoreDisk, @unchecked Sendable {
    private let directory: String
    private let pages: Int
    private var file: SQLiteFile?
    private var statements: Statements?

    /// - Parameters:
    ///   - directory: made if it is missing, but for its parent.
    ///   - pages: of 4 KiB, that the file may have.
    package init(directory: String, pages: Int = 1 << 20) {
        self.directory = directory
        self.pages = pages
    }

    /// "orpc"
    private static let applicationID: Int64 = 0x6F72_7063
    private static let version: Int64 = 1
    /// Lives remembered: a call that expects an older one is told that the server was restarted.
    private static let lives = 1_000

    /// Exclusive: a second process is turned away, and no shared memory is needed.
    private static let pragmas = """
        PRAGMA locking_mode=EXCLUSIVE;
        PRAGMA journal_mode=WAL;
        PRAGMA synchronous=FULL;
        PRAGMA journal_size_limit=67108864;
        PRAGMA temp_store=MEMORY;
        """

    private static let tables = """
        CREATE TABLE value (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        CREATE TABLE client (
            service TEXT NOT NULL, origin TEXT NOT NULL, mark INTEGER NOT NULL, ranges BLOB NOT NULL,
            span INTEGER NOT NULL, PRIMARY KEY (service, origin)) WITHOUT ROWID;
        CREATE TABLE entry (
            service TEXT NOT NULL, origin TEXT NOT NULL, sequence INTEGER NOT NULL, span INTEGER NOT NULL,
            attempt INTEGER NOT NULL, reason TEXT NOT NULL, bytes INTEGER NOT NULL, reply BLOB NOT NULL,
            PRIMARY KEY (service, origin, sequence)) WITHOUT ROWID;
        CREATE TABLE life (number INTEGER PRIMARY KEY, incarnation TEXT NOT NULL);
        """

    package func open(incarnation: String) throws(StoreFailure) -> StoredState {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw StoreFailure(.io, "\(directory): \(String(cString: strerror(errno)))")
        }
        let file = try SQLiteFile(path: directory + "/node.sqlite")
        let application = try file.integer("PRAGMA application_id")
        let version = try file.integer("PRAGMA user_version")
        let isNew = application == 0 && version == 0
        if !isNew, application != Self.applicationID || version != Self.version {
            throw StoreFailure(.unreadable, "\(file.path): a database of another program or version")
        }
        try file.execute(Self.pragmas)
        try file.execute("PRAGMA max_page_count=\(pages)")
        try file.execute("BEGIN IMMEDIATE")
        if isNew {
            try file.execute(
                "\(Self.tables) PRAGMA application_id=\(Self.applicationID); PRAGMA user_version=\(Self.version);")
        }
        try file.prepare("INSERT INTO life (incarnation) VALUES (?)").run(.text(incarnation))
        try file.execute("DELETE FROM life WHERE number <= (SELECT max(number) FROM life) - \(Self.lives)")
        try file.execute("COMMIT")
        let state = try read(file)
        statements = try Statements(file)
        self.file = file
        return state
    }

    private func read(_ file: SQLiteFile) throws(StoreFailure) -> StoredState {
        var state = StoredState()
        let values = try file.prepare("SELECT key, value FROM value")
        while try values.step() { state.values[Array(values.bytes(0))] = Array(values.bytes(1)) }
        let lives = try file.prepare("SELECT incarnation FROM life")
        while try lives.step() { state.incarnations.insert(lives.text(0)) }
        let clients = try file.prepare("SELECT service, origin, mark, ranges, span FROM client")
        while try clients.step() {
            guard let over = SequenceSet(mark: clients.integer(2), ranges: clients.bytes(3)) else {
                throw StoreFailure(.unreadable, "\(file.path): a client's marks are damaged")
            }
            state.tables[clients.text(0), default: []].append(
                .client(origin: clients.text(1), over: over, span: clients.integer(4)))
        }
        let entries = try file.prepare(
            "SELECT service, origin, sequence, span, attempt, reason, bytes, reply FROM entry")
        while try entries.step() {
            guard let sequence = UInt64(exactly: entries.integer(2)), let change = change(entries, sequence) else {
                throw StoreFailure(.unreadable, "\(file.path): a call's reply is damaged")
            }
            state.tables[entries.text(0), default: []].append(change)
        }
        return state
    }

    private func change(_ row: SQLiteQuery, _ sequence: UInt64) -> TableChange<SavedReply>? {
        let id = CallID(origin: row.text(1), sequence: sequence)
        if let attempt = UInt32(exactly: row.integer(4)), attempt > 0 {
            return RefusalReason(rawValue: row.text(5)).map { .refused(id, attempt: attempt, $0, span: row.integer(3)) }
        }
        return SavedReply(encoded: row.bytes(7)).map {
            .saved(id, $0, bytes: Int(clamping: row.integer(6)), span: row.integer(3))
        }
    }

    package func write(_ group: [StoreOperation]) throws(StoreFailure) {
        guard let file, let statements else { throw StoreFailure(.closed, "the store is closed") }
        if group.isEmpty { return }
        try file.transaction { () throws(StoreFailure) in
            for operation in group { try statements.write(operation) }
        }
    }

    package func close() {
        statements = nil
        file = nil
    }
}

/// One for each kind of change.
private struct Statements {
    let put: SQLiteQuery
    let delete: SQLiteQuery
    let saveEntry: SQLiteQuery
    let removeEntry: SQLiteQuery
    let saveClient: SQLiteQuery
    let removeClient: SQLiteQuery

    init(_ file: SQLiteFile) throws(StoreFailure) {
        put = try file.prepare("INSERT OR REPLACE INTO value VALUES (?, ?)")
        delete = try file.prepare("DELETE FROM value WHERE key = ?")
        saveEntry = try file.prepare("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        removeEntry = try file.prepare("DELETE FROM entry WHERE service = ? AND origin = ? AND sequence = ?")
        saveClient = try file.prepare("INSERT OR REPLACE INTO client VALUES (?, ?, ?, ?, ?)")
        removeClient = try file.prepare("DELETE FROM client WHERE service = ? AND origin = ?")
    }

    func write(_ operation: StoreOperation) throws(StoreFailure) {
        switch operation {
        case .put(let key, let value): try put.run(.blob(key), .blob(value))
        case .delete(let key): try delete.run(.blob(key))
        case .table(let service, let change): try write(change, service)
        }
    }

    private func write(_ change: TableChange<SavedReply>, _ service: String) throws(StoreFailure) {
        switch change {
        case .saved(let id, let reply, let bytes, let span):
            try saveEntry.run(
                .text(service), .text(id.origin), .integer(Int64(clamping: id.sequence)), .integer(span), .integer(0),
                .text(""), .integer(Int64(bytes)), .blob(reply.encoded))
        case .refused(let id, let attempt, let reason, let span):
            try saveEntry.run(
                .text(service), .text(id.origin), .integer(Int64(clamping: id.sequence)), .integer(span),
                .integer(Int64(attempt)), .text(reason.rawValue), .integer(0), .blob([]))
        case .removed(let id):
            try removeEntry.run(.text(service), .text(id.origin), .integer(Int64(clamping: id.sequence)))
        case .client(let origin, let over, let span):
            try saveClient.run(
                .text(service), .text(origin), .integer(Int64(clamping: over.mark)), .blob(over.encodedRanges),
                .integer(span))
        case .forgotten(let origin): try removeClient.run(.text(service), .text(origin))
        }
    }
}

extension SequenceSet {
    /// Lower and upper bounds, eight octets each, the lowest octet first.
    package var encodedRanges: [UInt8] {
        ranges.flatMap { range in
            [range.lowerBound, range.upperBound].flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
        }
    }

    /// Nil for octets that are no ranges.
    package init?(mark: Int64, ranges bytes: UnsafeRawBufferPointer) {
        guard mark > 0, bytes.count % 16 == 0 else { return nil }
        var ranges: [ClosedRange<UInt64>] = []
        for offset in stride(from: 0, to: bytes.count, by: 16) {
            let lower = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let upper = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            guard lower <= upper, upper <= Int64.max else { return nil }
            ranges.append(lower...upper)
        }
        self.init(mark: UInt64(mark), ranges: ranges)
    }
}
