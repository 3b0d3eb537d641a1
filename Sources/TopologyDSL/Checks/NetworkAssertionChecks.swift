import ClusterModel

/// Assertions on feeds and peers: whether there is anything to judge.
extension Checker {
    func checkOfNetwork(_ assertion: Assertion, _ path: Path) {
        switch assertion {
        case .feed(_, let feed, let to, _): checkWatchers(of: feed, to, path)
        case .converged(let group, _): checkGroup(group, path, "converged")
        case .detected(let group, _):
            guard checkGroup(group, path, "detected"), reading.source != nil else { return }
            if !mayDie(group) {
                reading.warning(
                    "nothing here kills a peer, so this will be unknown unless orch fault kill does",
                    at: reading.place(path / "detected"), advice: "faults: [{ kill: NAME, at: 1s }]")
            }
        case .falseDeaths(let group, _): checkGroup(group, path, "group")
        case .coherent(let group):
            guard checkGroup(group, path, "coherent"), peers(of: group).allSatisfy({ $0.role.broadcast.isEmpty }) else {
                return
            }
            reading.warning(
                "nobody broadcasts in '\(group)', so this will be unknown", at: reading.place(path / "coherent"),
                advice: "peer: { group: \(group), broadcast: { count: 10 } }")
        case .found(let scope, _, _): checkLookups(scope, path)
        case .messages(_, let from, let to, _): checkSenders(from, to, path)
        default: break
        }
    }

    // MARK: Feeds

    private func checkWatchers(of feed: String?, _ to: String?, _ path: Path) {
        guard !topology.feeds.isEmpty else {
            guard !reading.isBroken(["feeds"]) else { return }
            return nothing("the topology declares no feeds: there is nothing to judge", path)
        }
        if let feed, topology.feed(named: feed) == nil {
            return missing("feed", feed, among: topology.feeds.map(\.name), at: reading.place(path / "of"))
        }
        // A program may watch any; the links see what it gets.
        func watches(_ node: Node) -> Bool {
            node.command != nil || node.watch.contains { feed == nil || $0.feed == feed }
        }
        guard let to else {
            if !topology.nodes.contains(where: watches), !reading.isBroken(["nodes"]) {
                reading.warning(
                    "nobody watches \(feed.map { "'\($0)'" } ?? "a feed"), so this will be unknown",
                    at: reading.place(path / "feed"), advice: "a node with watch: \(feed ?? topology.feeds[0].name)")
            }
            return
        }
        let span = reading.place(path / "to")
        guard let node = process(to, at: span), !watches(node), !reading.isBroken(["nodes", node.name]) else { return }
        reading.error(
            "'\(to)' does not watch \(feed.map { "'\($0)'" } ?? "a feed"): expected a node with 'watch', or a program",
            at: span,
            advice: among(watches))
    }

    // MARK: Peers

    private func peers(of group: String?) -> [(node: Node, role: PeerRole)] {
        topology.nodes.compactMap { node in
            node.peer.flatMap { group == nil || $0.group == group ? (node, $0) : nil }
        }
    }

    /// Whether there is such a group, or any, with members to judge.
    /// - Parameter key: where its name stands.
    @discardableResult
    private func checkGroup(_ group: String?, _ path: Path, _ key: String) -> Bool {
        guard !topology.groups.isEmpty else {
            if !reading.isBroken(["groups"]) {
                nothing("the topology declares no groups: there are no peers to judge", path)
            }
            return false
        }
        let places = [path / key / "group", path / key]
        let span = reading.place(places.first(where: reading.has) ?? path)
        if let group, topology.group(named: group) == nil {
            if !group.isEmpty { missing("group", group, among: topology.groups.map(\.name), at: span) }
            return false
        }
        guard !reading.isBroken(["nodes"]) else { return false }
        let members = peers(of: group).reduce(0) { $0 + $1.node.instances.count }
        if members < 2 {
            reading.warning(
                "\(members == 0 ? "no process is" : "only one process is") a peer"
                    + (group.map { " of '\($0)'" } ?? "") + ", so this will be unknown", at: span)
            return false
        }
        return true
    }

    private func mayDie(_ group: String?) -> Bool {
        let members = Set(peers(of: group).flatMap(\.node.instances))
        return topology.faults.contains { spec in
            switch spec.fault {
            case .kill(let nodes, _), .restart(let nodes), .pause(let nodes):
                topology.instances(nodes, seed: 0, for: spec.text).contains(where: members.contains)
            default: false
            }
        } || reading.isBroken(["faults"])
    }

    private func checkLookups(_ scope: LookupScope, _ path: Path) {
        guard checkGroup(scope.group, path, "group") else { return }
        func looks(_ role: PeerRole) -> Bool {
            (scope.group == nil || role.group == scope.group)
                && role.find.contains { scope.by == nil || $0.by == scope.by }
        }
        let how = scope.by.map { " by \($0.rawValue)" } ?? ""
        if let from = scope.from {
            let span = reading.place(path / "from")
            guard let node = process(from, at: span), !reading.isBroken(["nodes", node.name]),
                !(node.peer.map(looks) ?? false)
            else { return }
            reading.error(
                "'\(from)' looks for nothing\(how): expected a peer with 'find'", at: span,
                advice: among { $0.peer.map(looks) ?? false })
        } else if !peers(of: scope.group).contains(where: { looks($0.role) }) {
            reading.warning(
                "nobody looks for anything\(how), so this will be unknown", at: reading.place(path / "found"),
                advice: "peer: { group: \(scope.group ?? topology.groups[0].name), find: { what: NAME } }")
        }
    }

    private func checkSenders(_ from: String?, _ to: String?, _ path: Path) {
        guard checkGroup(nil, path, "messages") else { return }
        if let from {
            let span = reading.place(path / "from")
            if let node = process(from, at: span), node.peer?.send.isEmpty ?? true,
                !reading.isBroken(["nodes", node.name])
            {
                reading.error(
                    "'\(from)' sends nothing: expected a peer with 'send'", at: span,
                    advice: among { !($0.peer?.send.isEmpty ?? true) })
            }
        } else if peers(of: nil).allSatisfy({ $0.role.send.isEmpty }) {
            reading.warning(
                "no peer sends anything, so this will be unknown", at: reading.place(path / "messages"),
                advice: "peer: { group: \(topology.groups[0].name), send: { to: NAME, count: 10 } }")
        }
        guard let to else { return }
        let span = reading.place(path / "to")
        if let node = process(to, at: span), node.peer == nil, !reading.isBroken(["nodes", node.name]) {
            reading.error("'\(to)' is no peer", at: span, advice: among { $0.peer != nil })
        }
    }

    private func nothing(_ message: String, _ path: Path) {
        let span = reading.place(path)
        reading.error(message, at: Span(span.start, span.start + 1))
    }
}
