import ClusterModel

/// Whether the links of a fault are there, and whether it finds its messages on them.
extension Checker {
    func checkLinks(_ fault: FaultSpec, _ path: Path) {
        let span = reading.place(path / "link")
        let ends: (NodeSelector, NodeSelector)
        var isOneWay = false
        switch fault.link ?? .all {
        case .all:
            if topology.links.isEmpty, !reading.isBroken(["nodes"]) {
                reading.error("no two nodes talk, so there is no link to break", at: span)
            } else if fault.fault.level == .message, !reading.isBroken(path),
                carries(fault, on: topology.links, path)
            {
                checkKinds(fault, on: topology.links, path)
            }
            return
        case .oneWay(let a, let b):
            ends = (a, b)
            isOneWay = true
        case .bothWays(let a, let b): ends = (a, b)
        }
        guard let first = linkEnd(ends.0, at: span), let second = linkEnd(ends.1, at: span) else { return }
        let links = topology.links
        let up = links.filter { first.contains($0.client) && second.contains($0.server) }
        let down = links.filter { first.contains($0.server) && second.contains($0.client) }
        guard !up.isEmpty || !down.isEmpty else {
            // What is broken may have been one end.
            guard !reading.isBroken(["nodes"]) else { return }
            return reading.error(
                "no link between \(ends.0) and \(ends.1): they do not talk to each other", at: span,
                advice: links.isEmpty
                    ? "no two nodes talk"
                    : "the links are \(links.prefix(20).map(\.description).joined(separator: ", "))"
                        + (links.contains { $0.client == NodeLink.outside }
                            ? ""
                            : (ends.0 == .named(NodeLink.outside) || ends.1 == .named(NodeLink.outside)
                                ? "; a broker has one to outside where it has a 'port', or where the scenario publishes"
                                : "")))
        }
        guard fault.fault.level == .message, !reading.isBroken(path), carries(fault, on: up + down, path) else {
            return
        }
        if isOneWay {
            checkKinds(fault, up: up, down: down, ends, path)
        } else {
            checkKinds(fault, on: up + down, path)
        }
    }

    private func linkEnd(_ selector: NodeSelector, at span: Span) -> Set<String>? {
        selector == .named(NodeLink.outside) ? [NodeLink.outside] : nodes(selector, at: span)
    }

    /// Whether there is anything on these links that the fault is about.
    private func checkKinds(
        _ fault: FaultSpec, up: [NodeLink], down: [NodeLink], _ ends: (NodeSelector, NodeSelector), _ path: Path
    ) {
        let kinds = fault.only.kinds
        let possible = Set(up.flatMap { possibleKinds($0).up } + down.flatMap { possibleKinds($0).down })
        if !kinds.isEmpty, possible.isDisjoint(with: kinds) {
            let span = reading.has(path / "only") ? reading.place(path / "only") : reading.place(path / "link")
            let back = Set(up.flatMap { possibleKinds($0).down } + down.flatMap { possibleKinds($0).up })
            reading.error(
                "no \(kinds.map(\.rawValue).listed()) goes from \(ends.0) to \(ends.1)", at: span,
                advice: back.isDisjoint(with: kinds) ? nil : "did you mean '\(ends.1) -> \(ends.0)'?")
            return
        }
        let sent = Set(up.flatMap { actualKinds($0).up } + down.flatMap { actualKinds($0).down })
        let wanted = kinds.isEmpty ? Set(MessageKind.allCases.filter(\.carriesData)) : Set(kinds)
        if sent.isDisjoint(with: wanted), !reading.isBroken(["nodes"]) {
            let all = MessageKind.allCases.filter(sent.contains).map(\.rawValue)
            reading.warning(
                "this fault touches nothing: \(ends.0) sends \(ends.1) "
                    + (all.isEmpty ? "no messages" : "only \(all.map(Self.plural).listed("and"))"),
                at: reading.place(path / "link"),
                advice: kinds.isEmpty && !all.isEmpty ? "only: \(all[0])" : nil)
        }
    }

    /// The same for a fault that is about both ways.
    private func checkKinds(_ fault: FaultSpec, on links: [NodeLink], _ path: Path) {
        let kinds = fault.only.kinds
        let possible = Set(links.flatMap { possibleKinds($0).up + possibleKinds($0).down })
        guard !kinds.isEmpty, possible.isDisjoint(with: kinds), !reading.isBroken(["nodes"]) else { return }
        let found = MessageKind.allCases.filter(possible.contains).map { Self.plural($0.rawValue) }
        reading.error(
            "no \(kinds.map(\.rawValue).listed()) goes over \(links.count == 1 ? "this link" : "these links"), only "
                + found.listed("and"), at: reading.place(path / "only"))
    }

    private static func plural(_ kind: String) -> String {
        ["publish": "publishes", "deliver": "deliveries", "reply": "replies"][kind] ?? kind + "s"
    }

    private func carries(_ fault: FaultSpec, on links: [NodeLink], _ path: Path) -> Bool {
        guard !links.isEmpty, !reading.isBroken(["nodes"]) else { return true }
        if links.allSatisfy({ possibleKinds($0).up.isEmpty && possibleKinds($0).down.isEmpty }) {
            reading.error(
                "'\(fault.fault.keyword)' is about messages, and \(links.count == 1 ? "this link passes" : "these links pass") "
                    + "bytes on unread",
                at: reading.place(path / fault.fault.keyword), advice: "latency, blackhole, reset and partition work")
            return false
        }
        let needsHTTP: String? =
            switch fault.fault {
            case .error, .truncate: fault.fault.keyword
            default: fault.only.path == nil ? nil : "path"
            }
        guard let needsHTTP, !links.contains(where: { speaksHTTP($0) }) else { return true }
        let servers = topology.httpServers.map(\.name)
        let place = needsHTTP == "path" ? path / "only" / "path" : path / "link"
        reading.error(
            "'\(needsHTTP)' is about HTTP/1.1, and \(links.count == 1 ? "this link does" : "these links do") not speak it",
            at: reading.has(place) ? reading.place(place) : reading.place(path / fault.fault.keyword),
            advice: servers.isEmpty
                ? "a node with 'feed', or a command with protocol: http, does"
                : "links to \(servers.prefix(12).listed("and")) do")
        return false
    }

    private func speaksHTTP(_ link: NodeLink) -> Bool { topology.httpServers.contains { $0.name == link.server } }

    /// What can be on a link: to a broker go publishes and acks, from it deliveries and confirms; to a server go requests,
    /// from it replies and, over HTTP/1.1, events; datagrams go both ways.
    private func possibleKinds(_ link: NodeLink) -> (up: [MessageKind], down: [MessageKind]) {
        guard let server = topology.node(named: link.server), server.broker == nil else {
            return ([.publish, .ack], [.deliver, .confirm])
        }
        let client = topology.node(named: link.client)
        let isAmongPeers = server.peer != nil && client?.peer?.group == server.peer?.group
        var up: [MessageKind] = isAmongPeers || server.server?.speaks == .udp ? [.datagram] : []
        var down = up
        if let role = server.server, role.via == .grpc, role.speaks == .grpc || role.speaks == .http {
            up.append(.request)
            down += role.speaks == .http ? [.reply, .event] : [.reply]
        }
        return (up, down)
    }

    /// What the workloads at a link's end send and get. A program, or a handler, may do whatever there is.
    private func actualKinds(_ link: NodeLink) -> (up: [MessageKind], down: [MessageKind]) {
        guard let node = topology.node(named: link.client), node.command == nil else { return possibleKinds(link) }
        let server = topology.node(named: link.server)
        if server?.feed != nil {
            let ways = node.watch.filter { $0.to == link.server }.map(\.by)
            let isPushed = ways.contains(.push)
            let possible = possibleKinds(link)
            return (possible.up, possible.down.filter { $0 != .event || isPushed })
        }
        guard server?.broker != nil, node.serve == nil else { return possibleKinds(link) }
        // A call through a queue is a message there, and so is its reply.
        let calls = node.call.contains { $0.via != .grpc }
        let publishes = calls || !node.publish.isEmpty
        let consumes = calls || !node.consume.isEmpty
        return (
            (publishes ? [.publish] : []) + (node.consume.contains { $0.ack == .manual } ? [.ack] : []),
            (consumes ? [.deliver] : []) + (node.publish.contains { $0.confirm != nil } ? [.confirm] : [])
        )
    }
}

extension Topology {
    /// Nodes that answer over HTTP/1.1.
    var httpServers: [Node] { nodes.filter { $0.server?.speaks == .http } }
}
