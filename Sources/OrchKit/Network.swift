import TopologyText

/// A stream of items, for a feed that appends by itself or for a broadcast. The body is a template.
public struct Items: Sendable {
    let fields: Fields

    public init(body: String? = nil, size: Int? = nil, count: Int? = nil, rate: Rate? = nil) {
        var fields = Fields()
        fields.items(body: body, size: size, count: count, rate: rate)
        self.fields = fields
    }
}

/// An ordered list of items that a server holds and watchers follow over HTTP.
public struct Feed: TopologyPart {
    /// What happens to a watcher whose buffer is full.
    public enum Slow: String, Sendable {
        case dropOldest = "drop-oldest"
        case disconnect
    }

    public let section: TopologySection

    /// - Parameters:
    ///   - append: what its server appends by itself.
    ///   - keep: items kept at most.
    ///   - buffer: items that may wait for one pushed-to watcher.
    ///   - heartbeat: the silence after which a watcher gets a sign of life.
    ///   - wait: the longest that a long poll may wait.
    public init(
        _ name: String, append: Items? = nil, durable: Bool = false, keep: Int? = nil, buffer: Int? = nil,
        slow: Slow? = nil, heartbeat: Duration? = nil, wait: Duration? = nil
    ) {
        var fields = Fields()
        fields.mapping("append", append?.fields)
        fields.flag("durable", durable)
        fields.number("keep", keep)
        fields.number("buffer", buffer)
        fields.word("slow", slow)
        fields.time("heartbeat", heartbeat)
        fields.time("wait", wait)
        section = TopologySection("feeds", name, fields)
    }
}

/// The node serves feeds over HTTP.
public struct ServeFeed: NodePart {
    public let role: NodeRole

    /// - Parameter port: on 127.0.0.1, for programs outside the cluster.
    public init(_ feeds: String..., port: Int? = nil) {
        var fields = Fields()
        fields.texts("feeds", feeds)
        fields.number("port", port)
        role = NodeRole(key: "feed", value: .mapping(fields.entries))
    }
}

/// The node follows a feed.
public struct Watch: NodePart {
    public enum Way: String, Sendable {
        case poll
        case longPoll = "long-poll"
        case push
    }
    public enum Start: String, Sendable { case start, now }

    public let role: NodeRole

    /// - Parameters:
    ///   - every: the pause between two polls; `wait` is how long a long poll waits for an item.
    ///   - timeout: how long after that it gives a request up.
    ///   - limit: items of one answer at most.
    public init(
        _ feed: String, by way: Way? = nil, to: String? = nil, every: Duration? = nil, wait: Duration? = nil,
        timeout: Duration? = nil, from: Start? = nil, limit: Int? = nil
    ) {
        var fields = Fields()
        fields.text("feed", feed)
        fields.word("by", way)
        fields.text("to", to)
        fields.time("every", every)
        fields.time("wait", wait)
        fields.time("timeout", timeout)
        fields.word("from", from)
        fields.number("limit", limit)
        role = NodeRole(key: "watch", value: .mapping(fields.entries))
    }
}

/// The node appends items to a feed, each once.
public struct Append: NodePart {
    public let role: NodeRole

    public init(
        feed: String, to: String? = nil, body: String? = nil, size: Int? = nil, count: Int? = nil, rate: Rate? = nil,
        timeout: Duration? = nil, attempts: Int? = nil
    ) {
        var fields = Fields()
        fields.text("feed", feed)
        fields.text("to", to)
        fields.items(body: body, size: size, count: count, rate: rate)
        fields.time("timeout", timeout)
        fields.number("attempts", attempts)
        role = NodeRole(key: "publish", value: .mapping(fields.entries))
    }
}

/// Peers that know each other.
public struct Group: TopologyPart {
    public let section: TopologySection

    /// The periods and bounds are those of docs/membership.md.
    /// - Parameters:
    ///   - seeds: members to join through.
    ///   - names: the node that is its name service.
    ///   - relays: members that carry messages between those who cannot reach each other; every one where it is left out.
    public init(
        _ name: String, period: Duration? = nil, timeout: Duration? = nil, indirect: Int? = nil,
        suspicion: Int? = nil, seeds: [String] = [], names: String? = nil, relays: [String]? = nil,
        gossip: Duration? = nil, fanout: Int? = nil, repair: Duration? = nil, neighbours: Int? = nil, hops: Int? = nil
    ) {
        var fields = Fields()
        fields.time("period", period)
        fields.time("timeout", timeout)
        fields.number("indirect", indirect)
        fields.number("suspicion", suspicion)
        fields.texts("seeds", seeds)
        fields.text("names", names)
        fields.put("relays", relays.map { .oneOrMany($0.map { .text($0) }) })
        fields.time("gossip", gossip)
        fields.number("fanout", fanout)
        fields.time("repair", repair)
        fields.number("neighbours", neighbours)
        fields.number("hops", hops)
        section = TopologySection("groups", name, fields)
    }
}

/// The node is a member of a group.
public struct Peer: NodePart {
    public let role: NodeRole

    /// - Parameter share: resources that each of its processes has; templates.
    public init(_ group: String, send: [Send] = [], broadcast: [Items] = [], share: [String] = [], find: [Find] = []) {
        var fields = Fields()
        fields.text("group", group)
        fields.put("send", send.isEmpty ? nil : .list(send.map { .mapping($0.fields.entries) }))
        fields.put("broadcast", broadcast.isEmpty ? nil : .list(broadcast.map { .mapping($0.fields.entries) }))
        fields.templates("share", share)
        fields.put("find", find.isEmpty ? nil : .list(find.map { .mapping($0.fields.entries) }))
        role = NodeRole(key: "peer", value: .mapping(fields.entries))
    }
}

/// Messages from a peer to one member each, repeated until they are acknowledged.
public struct Send: Sendable {
    let fields: Fields

    public init(
        to: String, body: String? = nil, size: Int? = nil, count: Int? = nil, rate: Rate? = nil,
        timeout: Duration? = nil, attempts: Int? = nil
    ) {
        var fields = Fields()
        fields.text("to", to)
        fields.items(body: body, size: size, count: count, rate: rate)
        fields.time("timeout", timeout)
        fields.number("attempts", attempts)
        self.fields = fields
    }
}

/// Lookups of a resource by a peer; `what` is a template.
public struct Find: Sendable {
    public enum Way: String, Sendable { case names, neighbours }

    let fields: Fields

    public init(_ what: String, by way: Way? = nil, count: Int? = nil, rate: Rate? = nil, timeout: Duration? = nil) {
        var fields = Fields()
        fields.template("what", what)
        fields.word("by", way)
        fields.number("count", count)
        fields.rate("rate", rate)
        fields.time("timeout", timeout)
        self.fields = fields
    }
}

/// The node is the name service of groups.
public struct NameService: NodePart {
    public let role: NodeRole

    /// - Parameter lease: an entry that is not renewed for so long is gone.
    public init(lease: Duration? = nil) {
        var fields = Fields()
        fields.time("lease", lease)
        role = NodeRole(key: "names", value: .mapping(fields.entries))
    }
}
