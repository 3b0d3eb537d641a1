/// One entry under `feeds:`: an ordered, append-only list of items that a server holds and watchers follow over HTTP.
/// Items are numbered from 1 without gaps.
package struct Feed: Sendable, Equatable, Codable {
    /// What happens to a watcher whose buffer is full.
    package enum Slow: String, Sendable, Codable, CaseIterable {
        /// The oldest items that wait for it are dropped, and it is told which.
        case dropOldest = "drop-oldest"
        /// Its connection is closed; it may come back and go on after the last item that it has.
        case disconnect
    }

    package var name: String
    /// What the server appends by itself, if anything.
    package var append: AppendSource?
    /// Items survive the server's death: an append is answered once it is on disk.
    package var durable: Bool
    /// Items kept at most; the oldest go first.
    package var keep: Int
    /// Items that may wait for one pushed-to watcher.
    package var buffer: Int
    package var slow: Slow
    /// The silence after which a pushed-to watcher gets a sign of life (which names the feed's last item).
    package var heartbeat: Duration
    /// The longest `wait=` of a long poll; a longer one is cut to it.
    package var wait: Duration
    package var location: SourceLocation

    package init(
        name: String, append: AppendSource? = nil, durable: Bool = false, keep: Int = 100_000, buffer: Int = 1_000,
        slow: Slow = .disconnect, heartbeat: Duration = .seconds(1), wait: Duration = .seconds(60),
        location: SourceLocation = .init()
    ) {
        self.name = name
        self.append = append
        self.durable = durable
        self.keep = keep
        self.buffer = buffer
        self.slow = slow
        self.heartbeat = heartbeat
        self.wait = wait
        self.location = location
    }
}

/// A finite or endless stream of items. The body may hold `$(seq)` and the like; see `Template`.
package struct AppendSource: Sendable, Equatable, Codable {
    package var body: String
    /// Bytes that the body is padded to.
    package var size: Int?
    /// `nil`: without end.
    package var count: Int?
    /// `nil`: as fast as the feed takes them.
    package var rate: Rate?

    package init(body: String = "item $(seq)", size: Int? = nil, count: Int? = nil, rate: Rate? = nil) {
        self.body = body
        self.size = size
        self.count = count
        self.rate = rate
    }
}

/// `feed:` of a node — it serves feeds over HTTP.
package struct FeedRole: Sendable, Equatable, Codable {
    /// Names of feeds.
    package var feeds: [String]
    /// A fixed port on loopback for programs outside the cluster (the link `outside -> NAME`).
    package var port: Int?

    package init(feeds: [String], port: Int? = nil) {
        self.feeds = feeds
        self.port = port
    }
}

/// How a watcher learns of new items.
package enum WatchWay: String, Sendable, Hashable, Codable, CaseIterable {
    /// Asks, and asks again after a pause.
    case poll
    /// Asks, and the answer waits until there is something.
    case longPoll = "long-poll"
    /// Leaves a channel open and is told: server-sent events.
    case push
}

/// `watch:` of a node — it follows a feed.
package struct WatchRole: Sendable, Equatable, Codable {
    package enum Start: String, Sendable, Codable, CaseIterable {
        /// With the first item that the server still has.
        case start
        /// With the first item that is appended after its first question.
        case now
    }

    package var feed: String
    package var by: WatchWay
    /// The node that serves the feed.
    package var to: String
    /// The pause between two polls.
    package var every: Duration
    /// How long a long poll waits for an item.
    package var wait: Duration
    /// How long after that (or, pushed to, after the last sign of life) it gives a request up and asks anew.
    package var timeout: Duration
    package var from: Start
    /// Items of one answer at most.
    package var limit: Int

    package init(
        feed: String, by: WatchWay = .push, to: String = "", every: Duration = .milliseconds(100),
        wait: Duration = .seconds(30), timeout: Duration = .seconds(3), from: Start = .start, limit: Int = 1_000
    ) {
        self.feed = feed
        self.by = by
        self.to = to
        self.every = every
        self.wait = wait
        self.timeout = timeout
        self.from = from
        self.limit = limit
    }
}

/// `publish: { feed: … }` of a node — it appends to a feed by `POST`, each item once, however often it has to ask.
package struct AppendRole: Sendable, Equatable, Codable {
    package var feed: String
    /// The node that serves the feed.
    package var to: String
    package var source: AppendSource
    /// How long an attempt may take.
    package var timeout: Duration
    /// Attempts at most, the first included.
    package var attempts: Int

    package init(
        feed: String, to: String = "", source: AppendSource = .init(), timeout: Duration = .seconds(1),
        attempts: Int = 10
    ) {
        self.feed = feed
        self.to = to
        self.source = source
        self.timeout = timeout
        self.attempts = attempts
    }
}
