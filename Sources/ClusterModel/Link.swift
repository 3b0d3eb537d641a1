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
    /// Every pair that talks: a workload and its brokers, a command and every broker, `outside` and a broker with a
    /// port of its own.
    package var links: [NodeLink] {
        let brokers = brokers
        var links: [NodeLink] = []
        for node in nodes {
            let servers = node.command == nil ? node.brokersUsed : brokers.map(\.name)
            for server in servers where server != node.name { links.append(.init(client: node.name, server: server)) }
        }
        for broker in brokers where broker.broker?.port != nil {
            links.append(.init(client: NodeLink.outside, server: broker.name))
        }
        return links
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
