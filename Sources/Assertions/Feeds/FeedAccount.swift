import ClusterModel
import History

/// What following one feed in one way cost the processes of one node, and what they saw of it.
package struct FeedAccount: Sendable, Equatable {
    package var feed: String
    /// The node.
    package var watcher: String
    /// `poll`, `long-poll`, `push`; `program` for a user's own.
    package var way: String
    /// Its processes that followed it.
    package var watchers: Int
    /// Items that were appended, for each watcher the same.
    package var appended: Int
    /// Of all its processes together, an item once for each life.
    package var seen: Int
    package var missed: Int
    package var repeated: Int
    /// p50, p99, max, from append to sight, of items appended while it watched; empty where none was.
    package var fresh: [LatencyAccount.Value]
    /// On the wire: questions, and events that were pushed.
    package var requests: Int
    package var events: Int

    package init(
        feed: String, watcher: String, way: String, watchers: Int = 0, appended: Int = 0, seen: Int = 0,
        missed: Int = 0, repeated: Int = 0, fresh: [LatencyAccount.Value] = [], requests: Int = 0, events: Int = 0
    ) {
        self.feed = feed
        self.watcher = watcher
        self.way = way
        self.watchers = watchers
        self.appended = appended
        self.seen = seen
        self.missed = missed
        self.repeated = repeated
        self.fresh = fresh
        self.requests = requests
        self.events = events
    }

    /// `nil` where nothing was seen.
    package var requestsPerItem: Double? { seen > 0 ? Double(requests) / Double(seen) : nil }

    /// One for each node that follows a feed and each way, in the order of the file.
    package static func list(_ history: History, topology: Topology) -> [FeedAccount] {
        guard !topology.feeds.isEmpty else { return [] }
        return list(FeedLedger(history, topology: topology), topology: topology)
    }

    static func list(_ ledger: FeedLedger, topology: Topology) -> [FeedAccount] {
        var accounts: [FeedAccount] = []
        for declared in topology.feeds {
            guard let feed = ledger.feeds[declared.name] else { continue }
            let places = topology.nodes.map { (name: $0.name, instances: $0.instances) }
            for node in places + [(name: NodeLink.outside, instances: [NodeLink.outside])] {
                let watches = node.instances.map { ($0, ledger.watches(of: $0, feed.name)) }.filter { !$0.1.isEmpty }
                for way in ways(watches.flatMap(\.1)) {
                    let ofWay = watches.map { process, all in (process, all.filter { Self.way($0) == way }) }
                    accounts.append(account(feed, node.name, way, ofWay.filter { !$0.1.isEmpty }, ledger))
                }
            }
        }
        return accounts
    }

    private static func way(_ watch: FeedLedger.Watch) -> String {
        watch.isProgram ? "program" : watch.ways.map(\.rawValue).joined(separator: " and ")
    }

    private static func ways(_ watches: [FeedLedger.Watch]) -> [String] {
        watches.reduce(into: []) { if !$0.contains(way($1)) { $0.append(way($1)) } }
    }

    private static func account(
        _ feed: FeedLedger.FeedFact, _ node: String, _ way: String, _ watches: [(String, [FeedLedger.Watch])],
        _ ledger: FeedLedger
    ) -> FeedAccount {
        var account = FeedAccount(
            feed: feed.name, watcher: node, way: way, watchers: watches.count, appended: feed.appended)
        var fresh: [Int64] = []
        for (process, lives) in watches {
            let traffic = ledger.traffic[FeedLedger.Key(process: process, feed: feed.name)] ?? .init()
            account.requests += traffic.requests
            account.events += traffic.events
            for life in lives {
                let tally = FeedTally(feed, life, ledger)
                account.seen += tally.seen
                account.missed += tally.missed.count
                account.repeated += tally.repeated.count
                fresh += tally.fresh
            }
        }
        account.fresh = LatencyAccount.Value.usual(of: fresh)
        return account
    }
}

extension LatencyAccount.Value {
    /// p50, p99 and max; empty where there is nothing to measure.
    static func usual(of nanoseconds: [Int64]) -> [LatencyAccount.Value] {
        let sorted = nanoseconds.sorted()
        guard !sorted.isEmpty else { return [] }
        return [LatencyBound.Measure.percentile(50), .percentile(99), .maximum].map {
            LatencyAccount.Value(
                name: LatencyBound($0, .less, .zero).name,
                duration: .nanoseconds(LatencyAccount.measure($0, of: sorted)))
        }
    }
}
