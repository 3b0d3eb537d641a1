import Storage

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The feeds of a node in a file, `feeds.sqlite`, in write-ahead mode: a group is one append and one fsync.
///
/// `@unchecked Sendable`: `open`, `write` and `close` are called by one thread, the store's (`FeedDisk`).
package final class SQLiteFeedDisk: FeedDisk, @unchecked Sendable {
    private let directory: String
    private var file: SQLiteFile?
    private var statements: Statements?

    /// - Parameter directory: made if it is missing, but for its parent.
    package init(directory: String) { self.directory = directory }

    /// "ofee"
    private static let applicationID: Int64 = 0x6F66_6565
    private static let version: Int64 = 1
    /// Of 4 KiB, that the file may have.
    private static let pages = 1 << 20

    /// Exclusive: a second process is turned away, and no shared memory is needed.
    private static let pragmas = """
        PRAGMA locking_mode=EXCLUSIVE;
        PRAGMA journal_mode=WAL;
        PRAGMA synchronous=FULL;
        PRAGMA journal_size_limit=67108864;
        PRAGMA temp_store=MEMORY;
        PRAGMA max_page_count=\(pages);
        """

    private static let tables = """
        CREATE TABLE feed (
            name TEXT PRIMARY KEY, epoch TEXT NOT NULL, last INTEGER NOT NULL, scheduled INTEGER NOT NULL,
            known INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE item (
            feed TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (feed, number)) WITHOUT ROWID;
        CREATE TABLE append_key (
            feed TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, digest INTEGER NOT NULL,
            PRIMARY KEY (feed, number)) WITHOUT ROWID;
        """

    package func open(_ feeds: [(name: String, epoch: String)]) throws(StoreFailure) -> [String: StoredFeed] {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw StoreFailure(.io, "\(directory): \(String(cString: strerror(errno)))")
        }
        let file = try SQLiteFile(path: directory + "/feeds.sqlite")
        let application = try file.integer("PRAGMA application_id")
        let version = try file.integer("PRAGMA user_version")
        let isNew = application == 0 && version == 0
        if !isNew, application != Self.applicationID || version != Self.version {
            throw StoreFailure(.unreadable, "\(file.path): a database of another program or version")
        }
        try file.execute(Self.pragmas)
        try file.execute("BEGIN IMMEDIATE")
        if isNew {
            try file.execute(
                "\(Self.tables) PRAGMA application_id=\(Self.applicationID); PRAGMA user_version=\(Self.version);")
        }
        let begin = try file.prepare("INSERT OR IGNORE INTO feed VALUES (?, ?, 0, 0, 0)")
        for feed in feeds { try begin.run(.text(feed.name), .text(feed.epoch)) }
        try file.execute("COMMIT")
        let stored = try read(file)
        statements = try Statements(file)
        self.file = file
        return stored.filter { name, _ in feeds.contains { $0.name == name } }
    }

    private func read(_ file: SQLiteFile) throws(StoreFailure) -> [String: StoredFeed] {
        var stored: [String: StoredFeed] = [:]
        let feeds = try file.prepare("SELECT name, epoch, last, scheduled, known FROM feed")
        while try feeds.step() {
            var feed = StoredFeed(epoch: feeds.text(1))
            guard let last = UInt64(exactly: feeds.integer(2)), let known = UInt64(exactly: feeds.integer(4)) else {
                throw damaged(file, "a feed's numbers")
            }
            feed.last = last
            feed.scheduled = Int(feeds.integer(3))
            feed.known = known
            stored[feeds.text(0)] = feed
        }
        let items = try file.prepare("SELECT feed, number, at, body FROM item ORDER BY feed, number")
        while try items.step() {
            let name = items.text(0)
            guard let number = UInt64(exactly: items.integer(1)), number > 0, let feed = stored[name],
                number <= feed.last, feed.items.last.map({ $0.number + 1 == number }) ?? true
            else { throw damaged(file, "the items of a feed") }
            stored[name]?.items.append(FeedItem(number: number, at: items.integer(2), body: Array(items.bytes(3))))
        }
        let keys = try file.prepare("SELECT feed, number, text, digest FROM append_key ORDER BY feed, number")
        while try keys.step() {
            guard let number = UInt64(exactly: keys.integer(1)) else { throw damaged(file, "the keys of a feed") }
            stored[keys.text(0)]?.keys.append(
                AppendKey(text: keys.text(2), number: number, digest: UInt64(bitPattern: keys.integer(3))))
        }
        return stored
    }

    private func damaged(_ file: SQLiteFile, _ what: String) -> StoreFailure {
        StoreFailure(.unreadable, "\(file.path): \(what) are damaged")
    }

    package func write(_ group: [FeedWrite]) throws(StoreFailure) {
        guard let file, let statements else { throw StoreFailure(.closed, "the store is closed") }
        if group.isEmpty { return }
        try file.transaction { () throws(StoreFailure) in
            for write in group { try statements.insert(write) }
            var seen: Set<String> = []
            for write in group.reversed() where seen.insert(write.feed).inserted { try statements.finish(write) }
        }
    }

    package func close(known: [String: UInt64]) {
        if let statements { for (feed, number) in known { try? statements.know(feed, number) } }
        statements = nil
        file = nil
    }
}

private struct Statements {
    let item: SQLiteQuery
    let key: SQLiteQuery
    let feed: SQLiteQuery
    let known: SQLiteQuery
    let oldItems: SQLiteQuery
    let oldKeys: SQLiteQuery

    init(_ file: SQLiteFile) throws(StoreFailure) {
        // A number that is there already is never written over: the group fails.
        item = try file.prepare("INSERT INTO item VALUES (?, ?, ?, ?)")
        key = try file.prepare("INSERT INTO append_key VALUES (?, ?, ?, ?)")
        feed = try file.prepare("UPDATE feed SET last = ?, scheduled = ?, known = ? WHERE name = ?")
        known = try file.prepare("UPDATE feed SET known = ? WHERE name = ?")
        oldItems = try file.prepare("DELETE FROM item WHERE feed = ? AND number < ?")
        oldKeys = try file.prepare("DELETE FROM append_key WHERE feed = ? AND number < ?")
    }

    func insert(_ write: FeedWrite) throws(StoreFailure) {
        try item.run(.text(write.feed), number(write.item.number), .integer(write.item.at), .blob(write.item.body))
        if let made = write.key {
            try key.run(
                .text(write.feed), number(made.number), .text(made.text), .integer(Int64(bitPattern: made.digest)))
        }
    }

    /// The last write of a feed in its group.
    func finish(_ write: FeedWrite) throws(StoreFailure) {
        try feed.run(
            number(write.item.number), .integer(Int64(write.scheduled)), number(write.known), .text(write.feed))
        try oldItems.run(.text(write.feed), number(write.oldest))
        try oldKeys.run(.text(write.feed), number(write.oldestKey))
    }

    func know(_ feed: String, _ last: UInt64) throws(StoreFailure) { try known.run(number(last), .text(feed)) }

    private func number(_ value: UInt64) -> SQLiteQuery.Parameter { .integer(Int64(clamping: value)) }
}
