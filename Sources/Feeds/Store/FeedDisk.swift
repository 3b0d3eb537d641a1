import Storage

/// What one feed's file has kept.
package struct StoredFeed: Sendable, Equatable {
    package var epoch: String
    /// The last number given.
    package var last: UInt64 = 0
    package var scheduled = 0
    /// Items up to this one were certainly made known.
    package var known: UInt64 = 0
    /// Consecutive.
    package var items: [FeedItem] = []
    package var keys: [AppendKey] = []

    package init(epoch: String) { self.epoch = epoch }
}

/// One item on its way to the disk.
package struct FeedWrite: Sendable, Equatable {
    package var feed: String
    package var item: FeedItem
    package var key: AppendKey?
    /// Items of the feed's own schedule, this one included.
    package var scheduled: Int
    /// Items up to this one have been made known.
    package var known: UInt64
    /// Items before this one are not kept any more, nor keys of items before `oldestKey`.
    package var oldest: UInt64
    package var oldestKey: UInt64

    package init(
        feed: String, item: FeedItem, key: AppendKey? = nil, scheduled: Int = 0, known: UInt64 = 0, oldest: UInt64 = 0,
        oldestKey: UInt64 = 0
    ) {
        self.feed = feed
        self.item = item
        self.key = key
        self.scheduled = scheduled
        self.known = known
        self.oldest = oldest
        self.oldestKey = oldestKey
    }
}

/// A store's only way to the disk, so that a faulty disk can take its place. `open` is called once, first; then `write`
/// for one group at a time, from one thread.
package protocol FeedDisk: AnyObject, Sendable {
    /// - Parameter feeds: with the epoch that a new one begins with.
    func open(_ feeds: [(name: String, epoch: String)]) throws(StoreFailure) -> [String: StoredFeed]
    /// All of the group is on disk when it returns, or nothing of it if it throws.
    func write(_ group: [FeedWrite]) throws(StoreFailure)
    /// - Parameter known: the last item of each feed that was made known.
    func close(known: [String: UInt64])
}
