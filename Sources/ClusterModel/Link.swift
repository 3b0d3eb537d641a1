/// Two nodes that talk, as the topology declares them (each stands for all its replicas). The client opens the
/// connections; messages go both ways.
package struct NodeLink: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The name that stands for programs outside the cluster.
    package static let outside = "outside"

    package var client: String
    package var server: String

    package init(client: String, server: String) {
        self.client = client
        self.server = server
    }

    package var description: String { "\(client) <-> \(server)" }
}

extension Topology {
    /// Every pair that talks (peers of a group once): a workload and its brokers, a caller and its servers, a command and every broker and
    /// server, a server and the servers that its handlers may call, who invokes objects or hosts them and the directory
    /// and the hosts, `outside` and what it may reach. Replicas of one host talk to each other.
    package var links: [NodeLink] {
        var links: [NodeLink] = []
        for node in nodes {
            for server in peers(of: node) where server != node.name || node.hasItselfAsPeer {
                links.append(.init(client: node.name, server: server))
            }
        }
        let publishes = script != nil || scenario.contains { $0.action.publishesMessages }
        for broker in brokers where publishes || broker.broker?.port != nil {
            links.append(.init(client: NodeLink.outside, server: broker.name))
        }
        // `orch call` comes from outside.
        for server in servers { links.append(.init(client: NodeLink.outside, server: server.name)) }
        return links
    }

    /// The nodes that a node may open connections to.
    private func peers(of node: Node) -> [String] {
        // A handler is free to call whom it likes.
        let called = node.serve == nil ? serversUsed(by: node) : servers.map(\.name)
        let members = node.peer.map { role in nodes.filter { $0.peer?.group == role.group }.map(\.name) } ?? []
        let followers = members.drop { $0 != node.name }
        let datagrams = node.command == nil ? [] : datagramServers.map(\.name)
        return (brokersUsed(by: node) + called + serversUsed(by: node) + followers + datagrams).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
    }

    /// The brokers that a node connects to: those of its workloads; any, for a program and for handlers, which may
    /// publish.
    package func brokersUsed(by node: Node) -> [String] {
        node.command == nil && node.serve == nil && node.host == nil ? node.brokersUsed : brokers.map(\.name)
    }

    /// The servers that a node has links to from the start; a handler's are made at their first use. Who invokes
    /// objects, or hosts them, needs the directory and every host: objects move.
    package func serversUsed(by node: Node) -> [String] {
        guard node.command == nil else { return servers.map(\.name) }
        var used = node.call.filter { $0.object == nil && $0.via == .grpc }.map(\.to)
        let followed = node.watch.map(\.to) + node.append.map(\.to)
        let names = node.peer.flatMap { group(named: $0.group)?.names }
        for name in followed + [names].compactMap({ $0 }) where !used.contains(name) { used.append(name) }
        guard node.host != nil || node.call.contains(where: { $0.object != nil }) else { return used }
        let objectServers = nodes.filter { other in
            other.directory != nil || (other.host != nil && (other.name != node.name || node.hasHostsAsPeers))
        }
        for name in objectServers.map(\.name) where !used.contains(name) { used.append(name) }
        return used
    }

    /// The node that a name means: its own, or one of its replicas' (`worker-2`).
    package func node(ofInstance name: String) -> Node? {
        if let node = node(named: name) { return node }
        guard let dash = name.lastIndex(of: "-"), let number = Int(name[name.index(after: dash)...]),
            let node = node(named: String(name[..<dash])), let replicas = node.replicas,
            number >= 1, number <= replicas, name.hasSuffix("-\(number)")
        else { return nil }
        return node
    }
}

extension Node {
    /// Whether it has several processes that host objects, so that each is a server of the others.
    fileprivate var hasHostsAsPeers: Bool { host != nil && instances.count > 1 }

    fileprivate var hasItselfAsPeer: Bool { hasHostsAsPeers || (peer != nil && instances.count > 1) }
}

extension Verb {
    /// Whether it, or a step of it, publishes to a broker.
    fileprivate var publishesMessages: Bool {
        switch self {
        case .publish(let message): message.feed == nil
        case .repeat(let repetition): repetition.steps.contains { $0.action.publishesMessages }
        default: false
        }
    }
}
