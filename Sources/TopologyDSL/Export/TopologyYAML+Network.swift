import ClusterModel
import TopologyText

/// Feeds and peers.
extension TopologyYAML {
    func feed(_ feed: Feed) -> TopologyValue {
        let initial = Feed(name: "")
        var fields = Fields()
        if let append = feed.append { fields.put("append", items(append)) }
        fields.put("durable", feed.durable, unless: initial.durable)
        fields.put("keep", feed.keep, unless: initial.keep)
        fields.put("buffer", feed.buffer, unless: initial.buffer)
        fields.put("slow", feed.slow, unless: initial.slow)
        fields.put("heartbeat", feed.heartbeat, unless: initial.heartbeat)
        fields.put("wait", feed.wait, unless: initial.wait)
        return .mapping(fields.entries)
    }

    private func items(_ source: AppendSource) -> TopologyValue {
        var fields = Fields()
        self.source(source, unless: AppendSource().body, &fields)
        return .mapping(fields.entries)
    }

    func source(_ source: AppendSource, unless body: String, _ fields: inout Fields) {
        fields.template("body", source.body, unless: body)
        fields.put("size", source.size)
        fields.put("count", source.count)
        fields.put("rate", source.rate)
    }

    func feedServer(_ role: FeedRole) -> TopologyValue {
        if role.port == nil { return .oneOrMany(role.feeds.map { .text($0) }) }
        var fields = Fields()
        fields.put("feeds", .oneOrMany(role.feeds.map { .text($0) }))
        fields.put("port", role.port)
        return .mapping(fields.entries)
    }

    /// The node that serves a feed, where it is not clear.
    func feedServerName(_ name: String, of feed: String) -> TopologyValue? {
        let servers = topology.nodes.filter { $0.feed?.feeds.contains(feed) == true }
        return servers.first?.name == name || name.isEmpty ? nil : .text(name)
    }

    func watch(_ role: WatchRole) -> TopologyValue {
        let initial = WatchRole(feed: "")
        var fields = Fields()
        fields.text("feed", role.feed)
        fields.put("by", role.by, unless: initial.by)
        fields.put("to", feedServerName(role.to, of: role.feed))
        fields.put("every", role.every, unless: initial.every)
        fields.put("wait", role.wait, unless: initial.wait)
        fields.put("timeout", role.timeout, unless: initial.timeout)
        fields.put("from", role.from, unless: initial.from)
        fields.put("limit", role.limit, unless: initial.limit)
        return fields.entries.count == 1 ? .text(role.feed) : .mapping(fields.entries)
    }

    // MARK: Peers

    func group(_ group: PeerGroup) -> TopologyValue {
        let initial = PeerGroup(name: "")
        var fields = Fields()
        fields.put("period", group.period, unless: initial.period)
        fields.put("timeout", group.timeout, unless: initial.timeout)
        fields.put("indirect", group.indirect, unless: initial.indirect)
        fields.put("suspicion", group.suspicion, unless: initial.suspicion)
        fields.put("seeds", Self.names(group.seeds))
        fields.text("names", group.names)
        if let relays = group.relays { fields.put("relays", .oneOrMany(relays.map { .text($0) })) }
        fields.put("gossip", group.gossip, unless: initial.gossip)
        fields.put("fanout", group.fanout, unless: initial.fanout)
        fields.put("repair", group.repair, unless: initial.repair)
        fields.put("neighbours", group.neighbours, unless: initial.neighbours)
        fields.put("hops", group.hops, unless: initial.hops)
        return .mapping(fields.entries)
    }

    func peer(_ role: PeerRole) -> TopologyValue {
        var fields = Fields()
        fields.text("group", role.group)
        fields.put("send", Self.some(role.send.map(send)))
        fields.put("broadcast", Self.some(role.broadcast.map(items)))
        fields.put("share", Self.templates(role.share))
        fields.put("find", Self.some(role.find.map(find)))
        return fields.entries.count == 1 ? .text(role.group) : .mapping(fields.entries)
    }

    private func send(_ role: SendRole) -> TopologyValue {
        let initial = SendRole(to: "")
        var fields = Fields()
        fields.text("to", role.to)
        source(role.source, unless: initial.source.body, &fields)
        fields.put("timeout", role.timeout, unless: initial.timeout)
        fields.put("attempts", role.attempts, unless: initial.attempts)
        return .mapping(fields.entries)
    }

    private func find(_ role: FindRole) -> TopologyValue {
        let initial = FindRole(what: "")
        var fields = Fields()
        fields.template("what", role.what)
        fields.put("by", role.by, unless: initial.by)
        // A rate alone is without end.
        if role.rate != nil || role.count != initial.count { fields.put("count", role.count) }
        fields.put("rate", role.rate)
        fields.put("timeout", role.timeout, unless: initial.timeout)
        return .mapping(fields.entries)
    }

    func nameService(_ role: NamesRole) -> TopologyValue {
        var fields = Fields()
        fields.put("lease", role.lease, unless: NamesRole().lease)
        return .mapping(fields.entries)
    }
}
