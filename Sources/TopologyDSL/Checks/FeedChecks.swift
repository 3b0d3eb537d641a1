import ClusterModel

extension Checker {
    /// Fills in whom watchers and appenders of feeds ask.
    mutating func assignFeeds() {
        for index in topology.nodes.indices {
            let node = topology.nodes[index]
            for (number, role) in node.watch.enumerated() {
                let path: Path = ["nodes", node.name, "watch"] / number
                topology.nodes[index].watch[number].to = server(of: role.feed, role.to, for: node, "watch", path)
                check(role, path)
            }
            for (number, role) in node.append.enumerated() {
                topology.nodes[index].append[number].to = server(
                    of: role.feed, role.to, for: node, "append to", appendPath(node, number))
            }
        }
    }

    /// The node that is named, or the only one there is; empty after an error.
    /// - Parameter verb: "'x' would VERB itself".
    private func server(of feed: String, _ name: String, for node: Node, _ verb: String, _ path: Path) -> String {
        guard !feed.isEmpty else { return name }
        let span = reading.place(path / "feed")
        guard topology.feed(named: feed) != nil else {
            missing("feed", feed, among: topology.feeds.map(\.name), at: span)
            return ""
        }
        let servers = topology.nodes.filter { $0.feed?.feeds.contains(feed) == true }
        guard let server = server(name, of: feed, among: servers, path) else { return "" }
        if server.name == node.name {
            reading.error(
                "'\(node.name)' would \(verb) itself: there would be no link between them to break", at: span,
                advice: "make two nodes of it")
        }
        return server.name
    }

    private func server(_ name: String, of feed: String, among servers: [Node], _ path: Path) -> Node? {
        guard !name.isEmpty else {
            // Of a second one there is an error of its own.
            if let server = servers.first { return server }
            if !reading.isBroken(["nodes"]) {
                reading.error(
                    "no node serves the feed '\(feed)'", at: reading.place(path / "feed"),
                    advice: "a node with feed: \(feed)")
            }
            return nil
        }
        if let server = servers.first(where: { $0.name == name }) { return server }
        let span = reading.place(path / "to")
        guard let node = topology.node(named: name) else {
            if let whole = topology.node(ofInstance: name) {
                reading.error(
                    "'\(name)' is one replica: expected a node, did you mean '\(whole.name)'?", at: span)
            } else {
                missing("node", name, among: servers.map(\.name), at: span)
            }
            return nil
        }
        // A program may serve it in a node's place.
        if node.command != nil, node.serve?.speaks == .http { return node }
        if !reading.isBroken(["nodes", name]) {
            reading.error(
                "'\(name)' does not serve the feed '\(feed)'", at: span,
                advice: servers.first.map { "to: \($0.name)" } ?? "a node with feed: \(feed)")
        }
        return nil
    }

    /// Whether the watcher's patience fits the feed's.
    private func check(_ role: WatchRole, _ path: Path) {
        guard let feed = topology.feed(named: role.feed), !reading.isBroken(path),
            !reading.isBroken(["feeds", feed.name])
        else { return }
        if role.by == .push, role.timeout <= feed.heartbeat {
            reading.error(
                "'timeout: \(role.timeout.text)' is not longer than the 'heartbeat: \(feed.heartbeat.text)' of "
                    + "'\(feed.name)': it would give up every connection on which nothing happens",
                at: reading.has(path / "timeout") ? reading.place(path / "timeout") : reading.place(path))
        }
        if role.by == .longPoll, reading.has(path / "wait"), role.wait > feed.wait {
            reading.warning(
                "'wait: \(role.wait.text)' is cut to the 'wait: \(feed.wait.text)' of '\(feed.name)'",
                at: reading.place(path / "wait"))
        }
    }

    /// Whether each feed is served, by one node.
    func checkFeeds() {
        var owners: [String: String] = [:]
        for node in topology.nodes {
            guard let role = node.feed else { continue }
            let path: Path = ["nodes", node.name, "feed"]
            if role.feeds.isEmpty, !reading.isBroken(path) {
                reading.error("no feed: expected at least one", at: reading.place(path))
            }
            for (index, name) in role.feeds.enumerated() where !name.isEmpty {
                let places = [path / "feeds" / index, path / index]
                let span = reading.place(places.first(where: reading.has) ?? path)
                if topology.feed(named: name) == nil {
                    missing("feed", name, among: topology.feeds.map(\.name), at: span)
                } else if let owner = owners.updateValue(node.name, forKey: name) {
                    reading.error(
                        owner == node.name
                            ? "'\(name)' twice"
                            : "'\(owner)' serves '\(name)' already: two servers would number its items differently",
                        at: span, advice: owner == node.name ? nil : "declare a second feed")
                }
            }
        }
        for feed in topology.feeds where owners[feed.name] == nil && !reading.isBroken(["nodes"]) {
            // A program may serve it, which watchers then name.
            if topology.nodes.contains(where: { $0.watch.contains { $0.feed == feed.name && !$0.to.isEmpty } }) {
                continue
            }
            reading.warning("no node serves '\(feed.name)'", at: reading.keyPlace(["feeds", feed.name]))
        }
    }
}
