import ClusterModel

/// Services and objects: who serves what, and who calls it.
extension GraphModel {
    /// `serves Calculator`, `port 7000`.
    static func serving(_ node: Node) -> [String] {
        let hosting = node.host.map { ["hosts \($0.types.joined(separator: ", "))"] } ?? []
        let keeping = node.directory == nil ? [] : ["directory"]
        return hosting + keeping + services(node)
    }

    private static func services(_ node: Node) -> [String] {
        guard let serve = node.serve else { return [] }
        if serve.services.isEmpty {
            return ["speaks \(serve.speaks.rawValue)"] + (serve.port.map { ["port \($0)"] } ?? [])
        }
        let names = serve.services.map { String($0.split(separator: ".").last ?? "") }
        return ["serves \(names.joined(separator: ", "))"] + (serve.port.map { ["port \($0)"] } ?? [])
    }

    mutating func addCalls(of node: Node) {
        let id = "node:\(node.name)"
        if case .queue(let queue, let broker)? = node.serve?.via {
            connect(
                self.queue(queue, broker), id, "requests",
                faults(node, [broker], kinds: [.deliver], toServer: false),
                way: Way(client: node.name, servers: [broker], kinds: [.deliver], sends: .server))
        }
        for role in node.call where role.object != nil { addInvocation(role, of: node) }
        for role in node.call where role.object == nil {
            let label = role.fullMethod + (role.replica.map { " (replica \($0))" } ?? "")
            switch role.via {
            case .grpc:
                let servers = topology.node(named: role.to)?.instances ?? [role.to]
                connect(
                    id, "node:\(role.to)", label, bothWays(node, servers),
                    way: Way(client: node.name, servers: servers, kinds: [.request], sends: .both))
            case .queue(let queue, let broker):
                connect(
                    id, self.queue(queue, broker), label, faults(node, [broker], kinds: [.publish], toServer: true),
                    way: Way(client: node.name, servers: [broker], kinds: [.publish], sends: .client))
            }
        }
        // A program may call whatever it likes; one that serves is there to answer.
        guard node.command != nil, node.serve == nil else { return }
        let others = (topology.servers + topology.datagramServers).filter { $0.directory == nil && $0.names == nil }
        for server in others where server.name != node.name {
            if node.call.contains(where: { $0.to == server.name }) { continue }
            let isUDP = server.server?.speaks == .udp
            let faults = bothWays(
                node, server.instances, up: [isUDP ? .datagram : .request],
                down: isUDP ? [.datagram] : [.reply, .event])
            connect(
                id, "node:\(server.name)", "", faults, isGuess: true,
                way: Way(
                    client: node.name, servers: server.instances, kinds: [isUDP ? .datagram : .request], sends: .both))
        }
    }

    /// An object may be at any host of its type.
    private mutating func addInvocation(_ role: CallRole, of node: Node) {
        for host in topology.nodes where host.host?.types.contains(role.service) == true {
            connect(
                "node:\(node.name)", "node:\(host.name)", "\(role.fullMethod) of \(role.object ?? "")",
                bothWays(node, host.instances),
                way: Way(client: node.name, servers: host.instances, kinds: [.request], sends: .both))
        }
    }

    /// What is on the requests, and what on the replies.
    func bothWays(
        _ node: Node, _ servers: [String], up: [MessageKind] = [.request], down: [MessageKind] = [.reply]
    ) -> [String] {
        let all =
            faults(node, servers, kinds: up, toServer: true) + faults(node, servers, kinds: down, toServer: false)
        return all.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
