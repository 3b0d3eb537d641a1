import ClusterModel

extension Checker {
    /// Whether the exceptions of `inbound:` are there, and whether ranges of ports suffice and are apart.
    func checkReachability() {
        for node in topology.nodes {
            let path: Path = ["nodes", node.name]
            for (index, selector) in node.inbound.except.enumerated() where selector != .named(NodeLink.outside) {
                _ = nodes(selector, at: reading.place(path / "inbound" / "except" / index))
            }
            for key in ["inbound", "ports"] where reading.has(path / key) && !isReached(node) && !reading.isBroken(path)
            {
                reading.warning(
                    "nobody opens connections to '\(node.name)', so '\(key)' has no effect",
                    at: reading.keyPlace(path / key))
            }
        }
        checkPorts()
    }

    private func isReached(_ node: Node) -> Bool {
        node.broker != nil || node.server?.via == .grpc || node.takesDatagrams
    }

    private func checkPorts() {
        var ranges: [(node: Node, ports: ClosedRange<Int>)] = []
        for node in topology.nodes {
            guard let ports = node.ports, !reading.isBroken(["nodes", node.name]) else { continue }
            let span = reading.place(["nodes", node.name, "ports"])
            if let other = ranges.first(where: { $0.ports.overlaps(ports) }) {
                reading.error(
                    "'\(node.name)' and '\(other.node.name)' would share ports: all are on 127.0.0.1", at: span,
                    related: (reading.place(["nodes", other.node.name, "ports"]), "'\(other.node.name)' has these"))
            }
            ranges.append((node, ports))
            let links = linkCount(to: node)
            if links > ports.count {
                reading.warning(
                    "\(ports.count == 1 ? "1 port" : "\(ports.count) ports") for \(links) links that lead to "
                        + "'\(node.name)'",
                    at: span, advice: "ports: \(ports.lowerBound)-\(min(ports.lowerBound + links - 1, 65_535))")
            }
        }
        for node in topology.nodes {
            guard let port = node.broker?.port ?? node.server?.port,
                let other = ranges.first(where: { $0.ports.contains(port) && $0.node.name != node.name })
            else { continue }
            reading.error(
                "the port \(port) of '\(node.name)' is one of the 'ports' of '\(other.node.name)'",
                at: reading.place(["nodes", other.node.name, "ports"]))
        }
    }

    /// The links that are there from the start: one from each process to each, and one doorway for each peer.
    private func linkCount(to node: Node) -> Int {
        let clients = topology.links.filter { link in
            guard link.server == node.name, let client = topology.node(named: link.client) else { return false }
            // Peers come in through the doorway.
            return client.peer == nil || client.peer?.group != node.peer?.group
        }.compactMap { topology.node(named: $0.client)?.instances.count }
        return clients.reduce(0, +) * node.instances.count + (node.peer == nil ? 0 : node.instances.count)
    }
}
