import DequeModule

/// One feed: its items, what was appended and is not to be seen yet, and the keys of its appends. Pure: who owns it
/// brings the time and carries out what it says.
///
/// An append is **staged** under the next number, and becomes part of the feed when it is **committed**: where the feed
/// is durable, once it is on disk. Nobody sees an item before.
package struct FeedLog: Sendable {
    package struct Limits: Sendable {
        /// Items kept at most; the oldest go first.
        package var keep = 100_000
        /// Of the texts that are kept; the oldest items go first, the newest one always stays.
        package var bytes = 256 << 20
        /// The latest items whose keys are remembered.
        package var keys = 65_536
        /// Appends that wait for the disk; beyond them, new ones are refused.
        package var staged = 10_000
        /// Of one item's text.
        package var item = 1 << 20

        package init() {}
    }

    package enum Outcome: Sendable, Equatable {
        /// A new item, to be committed.
        case staged(FeedItem)
        /// The key is known: its append made this item, which may still wait to be committed.
        case known(UInt64)
        /// The key is known for another text.
        case otherText
        /// Too many appends wait for the disk.
        case full
        /// The disk has failed: nothing can be appended any more.
        case failed
        /// The text is longer than an item may be.
        case tooLong
    }

    /// Items of one answer.
    package struct Page: Sendable, Equatable {
        /// Consecutive.
        package var items: [FeedItem] = []
        /// The feed's last item; 0: it has none.
        package var last: UInt64 = 0
        /// The oldest item that is kept, where older ones were asked for and are gone.
        package var oldest: UInt64?
    }

    /// Of this feed's numbers: a feed that has lost its items begins a new one.
    package let epoch: String
    package let limits: Limits
    /// Committed ones, consecutive.
    private var items: Deque<FeedItem> = []
    private var bytes = 0
    private var staged: Deque<(item: FeedItem, isScheduled: Bool)> = []
    private var keys: [String: AppendKey] = [:]
    private var keyOrder: Deque<AppendKey> = []
    private var hasFailed = false
    /// The last committed item; 0: there is none.
    package private(set) var last: UInt64 = 0
    /// Items of the feed's own schedule, in all its lives: staged ones included, and committed ones.
    package private(set) var scheduled = 0
    package private(set) var scheduledCommitted = 0

    package init(epoch: String, limits: Limits = .init()) {
        self.epoch = epoch
        self.limits = limits
    }

    /// What a disk has kept.
    /// - Parameters:
    ///   - items: consecutive; those beyond the limits are let go of.
    ///   - last: the last number given, where no item is left that tells.
    ///   - keys: by their items' numbers.
    package init(
        epoch: String, limits: Limits = .init(), items: [FeedItem], last: UInt64, keys: [AppendKey], scheduled: Int
    ) {
        self.init(epoch: epoch, limits: limits)
        self.last = max(last, items.last?.number ?? 0)
        self.items = Deque(items)
        bytes = items.reduce(0) { $0 + $1.body.count }
        self.scheduled = scheduled
        scheduledCommitted = scheduled
        for key in keys { remember(key) }
        trim()
    }

    /// The oldest item that is kept; where there is none, the next one.
    package var oldest: UInt64 { items.first?.number ?? last + 1 }
    package var count: Int { items.count }
    /// The last number given.
    package var lastGiven: UInt64 { last + UInt64(staged.count) }
    package var stagedCount: Int { staged.count }

    // MARK: - Appending

    /// - Parameters:
    ///   - key: an append with the same key is made once.
    ///   - at: milliseconds since 1970.
    package mutating func append(
        _ body: [UInt8], key: String? = nil, at: Int64, isScheduled: Bool = false
    ) -> Outcome {
        // First, so that who repeats learns what became of the first attempt, whatever has happened since.
        let digest = key == nil ? 0 : AppendKey.digest(body)
        if let key, let known = keys[key] { return known.digest == digest ? .known(known.number) : .otherText }
        guard !hasFailed else { return .failed }
        guard body.count <= limits.item else { return .tooLong }
        guard staged.count < limits.staged else { return .full }
        let item = FeedItem(number: lastGiven + 1, at: at, body: body)
        staged.append((item, isScheduled))
        if isScheduled { scheduled += 1 }
        if let key { remember(AppendKey(text: key, number: item.number, digest: digest)) }
        return .staged(item)
    }

    /// Staged items up to this one are part of the feed from now on.
    /// - Returns: them, in order.
    package mutating func commit(through number: UInt64) -> [FeedItem] {
        var committed: [FeedItem] = []
        while let first = staged.first, first.item.number <= number {
            staged.removeFirst()
            items.append(first.item)
            bytes += first.item.body.count
            last = first.item.number
            if first.isScheduled { scheduledCommitted += 1 }
            committed.append(first.item)
        }
        trim()
        return committed
    }

    /// The disk has failed: whether the staged items are there, only the next life can read.
    package mutating func fail() { hasFailed = true }

    private mutating func remember(_ key: AppendKey) {
        keys[key.text] = key
        keyOrder.append(key)
        while let oldest = keyOrder.first, oldest.number + UInt64(limits.keys) <= key.number {
            keyOrder.removeFirst()
            keys[oldest.text] = nil
        }
    }

    private mutating func trim() {
        while items.count > 1, items.count > limits.keep || bytes > limits.bytes {
            bytes -= items.removeFirst().body.count
        }
    }

    // MARK: - Reading

    package func item(_ number: UInt64) -> FeedItem? {
        guard let first = items.first?.number, number >= first, number <= last else { return nil }
        return items[Int(number - first)]
    }

    /// The items after this one.
    /// - Parameters:
    ///   - limit: items at most.
    ///   - bytes: of their texts, at most; one item is always given.
    package func page(after number: UInt64, limit: Int, bytes: Int) -> Page {
        var page = Page(last: last)
        guard number < last else { return page }
        if number + 1 < oldest { page.oldest = oldest }
        var next = max(number + 1, oldest)
        var size = 0
        while page.items.count < limit, let item = item(next) {
            size += item.body.count
            if size > bytes, !page.items.isEmpty { break }
            page.items.append(item)
            next += 1
        }
        return page
    }
}
