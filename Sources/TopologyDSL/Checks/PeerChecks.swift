import ClusterModel

extension Checker {
    /// Whether groups have members, and whether those whom they name are in them.
    func checkGroups() {
        for group in topology.groups { check(group, ["groups", group.name]) }
        for node in topology.nodes {
            if let role = node.peer { check(role, of: node, ["nodes", node.name, "peer"]) }
            if node.names != nil, topology.groups.allSatisfy({ $0.names != node.name }), !reading.isBroken(["groups"]) {
                reading.warning(
                    "no group has '\(node.name)' as its name service",
                    at: reading.keyPlace(["nodes", node.name, "names"]),
                    advice: "groups: { \(topology.groups.first?.name ?? "NAME"): { names: \(node.name) } }")
            }
        }
    }

    private func check(_ group: PeerGroup, _ path: Path) {
        if topology.members(of: group.name).isEmpty, !reading.isBroken(["nodes"]) {
            reading.warning(
                "no node is a peer of '\(group.name)'", at: reading.keyPlace(path),
                advice: "a node with peer: \(group.name)")
        }
        for (key, names) in [("seeds", group.seeds), ("relays", group.relays ?? [])] {
            for (index, name) in names.enumerated() {
                checkMember(name, of: group.name, at: reading.place(path / key / index))
            }
        }
        guard let name = group.names else { return }
        let span = reading.place(path / "names")
        let services = topology.nodes.filter { $0.names != nil }.map(\.name)
        if let node = topology.node(named: name) {
            if node.names == nil, !reading.isBroken(["nodes", name]) {
                reading.error(
                    "'\(name)' is no name service: expected a node with 'names'", at: span,
                    advice: services.isEmpty
                        ? "nodes: { names: { names: } }"
                        : "there \(services.count == 1 ? "is" : "are") \(services.prefix(12).listed("and"))")
            }
        } else {
            missing("node", name, among: services, at: span)
        }
    }

    /// A node, or one of its processes, that is in the group. `nil` after an error.
    @discardableResult
    private func checkMember(_ name: String, of group: String, at span: Span) -> Node? {
        let members = topology.nodes.filter { $0.peer?.group == group }
        guard let node = topology.node(ofInstance: name) else {
            missing(
                "peer", name, among: members.flatMap { [$0.name] + ($0.replicas == nil ? [] : $0.instances) }, at: span)
            return nil
        }
        if node.peer?.group == group { return node }
        if !reading.isBroken(["nodes", node.name]) {
            let names = members.prefix(12).map(\.name)
            reading.error(
                "'\(name)' is no peer of '\(group)'", at: span,
                advice: names.isEmpty ? nil : "there \(names.count == 1 ? "is" : "are") \(names.listed("and"))")
        }
        return nil
    }

    private func check(_ role: PeerRole, of node: Node, _ path: Path) {
        guard !role.group.isEmpty else { return }
        guard let group = topology.group(named: role.group) else {
            return missing(
                "group", role.group, among: topology.groups.map(\.name), at: reading.place(path / "group"))
        }
        for (index, send) in role.send.enumerated() where !send.to.isEmpty {
            let span = reading.place(path / "send" / index / "to")
            guard let receiver = checkMember(send.to, of: role.group, at: span) else { continue }
            let receivers = Set(topology.instances(named: send.to))
            if receiver.name == node.name, node.instances.contains(where: { receivers == [$0] }) {
                reading.error(
                    "'\(send.to)' would send to itself", at: span,
                    advice: node.replicas == nil ? nil : "to: \(node.name) is all others in turn")
            }
        }
        for (index, find) in role.find.enumerated() where find.by == .names && group.names == nil {
            let place = path / "find" / index
            guard !reading.isBroken(place), !reading.isBroken(["groups", group.name]) else { continue }
            reading.error(
                "'by: names', and the group '\(group.name)' has no name service", at: reading.place(place / "by"),
                advice: "groups: { \(group.name): { names: NODE } }, and a node with names:")
        }
    }
}
