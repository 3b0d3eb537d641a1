import ClusterModel

/// Feeds and peers: who follows what, who talks to whom.
extension GraphModel {
    /// `feeds news`, `name service`, `closed but to relay`.
    static func offering(_ node: Node) -> [String] {
        var details: [String] = []
        if let feed = node.feed {
            details.append("feeds \(feed.feeds.joined(separator: ", "))")
            if let port = feed.port { details.append("port \(port)") }
        }
        if node.names != nil { details.append("name service") }
        let except = node.inbound.except.map(\.description).joined(separator: ", ")
        switch (node.inbound.policy, except.isEmpty) {
        case (.allow, true): break
        case (.allow, false): details.append("closed to \(except)")
        case (.deny, true): details.append("closed")
        case (.deny, false): details.append("closed but to \(except)")
        }
        if let ports = node.ports { details.append("ports \(ports.lowerBound)-\(ports.upperBound)") }
        return details
    }

    /// One cloud for each group, in which all its members are.
    mutating func addGroups() {
        for group in topology.groups {
            let members = topology.members(of: group.name)
            let count = members.count == 1 ? "1 peer" : "\(members.count) peers"
            add(Vertex(id: Self.cloud(group.name), kind: .cloud, name: group.name, details: [count]))
        }
    }

    private static func cloud(_ group: String) -> String { "group:\(group)" }

    /// What passes between a node and the feeds that it appends to or watches, and its group.
    mutating func addNetwork(of node: Node) {
        let id = "node:\(node.name)"
        for role in node.append {
            connect(
                id, "node:\(role.to)", "append to \(role.feed)",
                bothWays(node, topology.instances(named: role.to), up: [.request], down: [.reply]),
                way: Way(
                    client: node.name, servers: topology.instances(named: role.to), kinds: [.request], sends: .both))
        }
        for role in node.watch {
            connect(
                "node:\(role.to)", id, "\(role.feed) by \(role.by.rawValue)",
                bothWays(node, topology.instances(named: role.to), up: [.request], down: [.reply, .event]),
                way: Way(
                    client: node.name, servers: topology.instances(named: role.to), kinds: [.reply, .event],
                    sends: .both))
        }
        if let peer = node.peer { addPeer(peer, node) }
    }

    private mutating func addPeer(_ role: PeerRole, _ node: Node) {
        let id = "node:\(node.name)"
        let work =
            role.send.map { "send to \($0.to)" } + (role.broadcast.isEmpty ? [] : ["broadcast"])
            + (role.share.isEmpty ? [] : ["share \(role.share.joined(separator: ", "))"])
            + (role.find.isEmpty ? [] : ["find"])
        let others = topology.members(of: role.group)
        connect(
            id, Self.cloud(role.group), work.joined(separator: ", "),
            bothWays(node, others, up: [.datagram], down: [.datagram]),
            way: Way(client: node.name, servers: others, kinds: [.datagram], sends: .both))
        guard let names = topology.group(named: role.group)?.names, topology.node(named: names) != nil else { return }
        connect(
            id, "node:\(names)", "names",
            bothWays(node, topology.instances(named: names), up: [.request], down: [.reply]),
            way: Way(client: node.name, servers: topology.instances(named: names), kinds: [.request], sends: .both))
    }
}
