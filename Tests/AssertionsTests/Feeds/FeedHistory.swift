import Assertions
import ClusterModel
import History

/// Histories of feeds in a few words: `server` has the feed `news`, `watcher` follows it, `writer` appends by `POST`,
/// `program` is a user's own; each step moves the clock by a millisecond.
struct FeedHistory {
    var base = HistoryBuilder()
    private var connections: [String: UInt32] = [:]
    private var lastStamp: Int64 = 500

    init() {
        for name in ["server", "watcher", "other"] { base.node(name, .running) }
    }

    private func node(_ name: String, _ life: UInt32) -> EvidenceSource {
        EvidenceSource(kind: .node, name: name, incarnation: life)
    }

    mutating func wait(_ duration: Duration) { base.now += duration.nanoseconds }
    mutating func finish(undrained: [String] = []) { base.finish(undrained: undrained) }

    /// A process dies and comes back.
    mutating func restart(_ name: String, life: UInt32 = 2) {
        base.node(name, .killed, incarnation: life - 1, detail: "signal 9")
        base.node(name, .starting, incarnation: life)
        base.node(name, .running, incarnation: life)
    }

    // MARK: - Nodes

    mutating func append(
        _ items: ClosedRange<UInt64>, _ message: String = "", feed: String = "news", life: UInt32 = 1
    ) {
        for item in items {
            var event = FeedAppend()
            event.feed = feed
            event.item = item
            event.message = message
            base.add(.feedAppend(event), by: node("server", life))
        }
    }

    mutating func append(_ item: UInt64, _ message: String = "", feed: String = "news", life: UInt32 = 1) {
        append(item...item, message, feed: feed, life: life)
    }

    mutating func watch(
        _ process: String = "watcher", after: UInt64 = 0, by way: WatchWay = .push, feed: String = "news",
        life: UInt32 = 1
    ) {
        var event = FeedWatch()
        event.feed = feed
        event.after = after
        event.by = way
        base.add(.feedWatch(event), by: node(process, life))
    }

    mutating func view(_ items: UInt64..., by process: String = "watcher", feed: String = "news", life: UInt32 = 1) {
        for item in items {
            var event = FeedView()
            event.feed = feed
            event.item = item
            base.add(.feedView(event), by: node(process, life))
        }
    }

    /// An attempt of `writer`, and what became of it.
    mutating func post(_ message: String, _ type: OperationType = .ok, item: UInt64 = 0, feed: String = "news") {
        var attempt = AppendAttempt()
        attempt.feed = feed
        attempt.message = message
        base.add(.appendAttempt(attempt), by: node("writer", 1))
        var result = AppendResult()
        result.message = message
        result.type = type
        result.item = item
        base.add(.appendResult(result), by: node("writer", 1))
    }

    // MARK: - Links

    private mutating func connect(_ client: String, _ server: String = "server") -> UInt32 {
        let key = "\(client) \(server)"
        if let known = connections[key] { return known }
        var event = ConnectionOpened()
        event.connection = UInt32(2_000 + connections.count)
        event.client = client
        event.server = server
        base.add(.connection(event), by: HistoryBuilder.links)
        connections[key] = event.connection
        return event.connection
    }

    @discardableResult
    mutating func request(
        by client: String = "program", _ method: String = "GET /feeds/news", to server: String = "server",
        fate: Fate = .passed
    ) -> Int64 {
        var event = CallRequest()
        event.connection = connect(client, server)
        lastStamp += 1
        event.stamp = lastStamp
        event.method = method
        event.fate = fate
        event.copies = fate == .dropped || fate == .answered ? 0 : 1
        base.add(.callRequest(event), by: HistoryBuilder.links)
        return lastStamp
    }

    mutating func reply(
        _ stamp: Int64, _ note: String = "", code: UInt16 = 200, copy: UInt8 = 1, fate: Fate = .passed
    ) {
        var event = CallReply()
        event.stamp = stamp
        event.code = code
        event.note = note
        event.copy = copy
        event.fate = fate
        base.add(.callReply(event), by: HistoryBuilder.links)
    }

    /// Asked, and answered with these items.
    mutating func get(_ note: String, by client: String = "program", fate: Fate = .passed) {
        reply(request(by: client), note, fate: fate)
    }

    mutating func event(_ stamp: Int64, _ id: String, fate: Fate = .passed) {
        var event = StreamEvent()
        event.stamp = stamp
        event.id = id
        event.fate = fate
        base.add(.streamEvent(event), by: HistoryBuilder.links)
    }

    // MARK: - Verdicts

    func one(_ assertion: Assertion, _ topology: Topology = Self.topology()) -> AssertionResult {
        base.one(topology, assertion)
    }

    func result(
        _ guarantee: Guarantee = .exactlyOnce, to: String? = "watcher", fresh: [LatencyBound] = [],
        _ topology: Topology = Self.topology()
    ) -> AssertionResult {
        one(.feed(guarantee, feed: "news", to: to, fresh: fresh), topology)
    }

    /// What at-most-once, at-least-once and exactly-once say.
    func verdicts(to: String? = "watcher", _ topology: Topology = Self.topology()) -> [Verdict] {
        Guarantee.allCases.map { result($0, to: to, topology).verdict }
    }

    static func topology(durable: Bool = false, keep: Int = 100_000) -> Topology {
        Topology(
            name: "feeds", feeds: [Feed(name: "news", durable: durable, keep: keep), Feed(name: "sport")],
            nodes: [
                Node(name: "server", feed: FeedRole(feeds: ["news", "sport"])),
                Node(name: "watcher", watch: [WatchRole(feed: "news", to: "server")]),
                Node(name: "writer", append: [AppendRole(feed: "news", to: "server")]),
                Node(name: "program", command: CommandRole(arguments: ["curl"])),
            ])
    }
}
