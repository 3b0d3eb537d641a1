/// The tables of a store, and the check that a file is one.
enum SQLiteSchema {
    /// "orch"
    static let applicationID: Int64 = 0x6F72_6368
    static let version: Int64 = 1

    /// WAL with `synchronous=FULL`: a commit is one append and one fsync. Exclusive: no shared memory file; the lock of
    /// the data directory keeps others away.
    static let pragmas = """
        PRAGMA locking_mode=EXCLUSIVE;
        PRAGMA journal_mode=WAL;
        PRAGMA synchronous=FULL;
        PRAGMA wal_autocheckpoint=4096;
        PRAGMA journal_size_limit=67108864;
        PRAGMA cache_size=-32768;
        PRAGMA temp_store=MEMORY;
        """

    private static let tables = """
        CREATE TABLE exchange (
            vhost TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, auto_delete INTEGER NOT NULL,
            internal INTEGER NOT NULL, arguments BLOB NOT NULL, PRIMARY KEY (vhost, name)) WITHOUT ROWID;
        CREATE TABLE queue (
            id INTEGER PRIMARY KEY, vhost TEXT NOT NULL, name TEXT NOT NULL, auto_delete INTEGER NOT NULL,
            arguments BLOB NOT NULL, UNIQUE (vhost, name));
        CREATE TABLE binding (
            vhost TEXT NOT NULL, source TEXT NOT NULL, destination TEXT NOT NULL, is_queue INTEGER NOT NULL,
            routing_key TEXT NOT NULL, arguments BLOB NOT NULL,
            PRIMARY KEY (vhost, source, destination, is_queue, routing_key, arguments)) WITHOUT ROWID;
        CREATE TABLE message (
            id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, routing_key TEXT NOT NULL, properties BLOB NOT NULL,
            body BLOB NOT NULL);
        CREATE TABLE entry (
            queue INTEGER NOT NULL, position INTEGER NOT NULL, message INTEGER NOT NULL,
            PRIMARY KEY (queue, position)) WITHOUT ROWID;
        CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO counter VALUES ('message', 0), ('group', 0);
        """

    /// Makes the tables in an empty file. Throws `unreadable` for a file of another program or a later version.
    static func prepare(_ connection: SQLiteConnection) throws(StoreError) {
        let application = try connection.integer("PRAGMA application_id")
        let version = try connection.integer("PRAGMA user_version")
        if application == 0, version == 0, try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 {
            try connection.execute(pragmas)
            try connection.execute(
                "BEGIN; \(tables) PRAGMA application_id=\(applicationID); PRAGMA user_version=\(Self.version); COMMIT;")
            return
        }
        guard application == applicationID else {
            throw StoreError(.unreadable, "a database of another program", path: connection.path)
        }
        guard version == Self.version else {
            throw StoreError(
                .unreadable, "a store of version \(version), and this program knows version \(Self.version)",
                path: connection.path)
        }
        try connection.execute(pragmas)
    }
}
