import ClusterModel

extension Checker {
    /// Fills in the broker of everything that does not name one.
    mutating func assignBrokers() {
        let brokers = topology.brokers.map(\.name)
        let only = brokers.count == 1 ? brokers[0] : nil
        for index in topology.exchanges.indices {
            let path: Path = ["exchanges", topology.exchanges[index].name]
            topology.exchanges[index].broker = resolve(
                topology.exchanges[index].broker, inferred: only, path, brokers, "exchange")
        }
        for index in topology.queues.indices {
            let queue = topology.queues[index]
            topology.queues[index].broker = resolve(
                queue.broker, inferred: only ?? broker(ofExchangesOf: queue.bindings), ["queues", queue.name], brokers,
                "queue")
        }
        for index in topology.nodes.indices {
            let path: Path = ["nodes", topology.nodes[index].name]
            for (number, role) in topology.nodes[index].publish.enumerated() {
                let inferred =
                    role.exchange.isEmpty
                    ? queue(named: singleDollars(role.key))?.broker : exchange(named: role.exchange)?.broker
                topology.nodes[index].publish[number].broker = resolve(
                    role.broker, inferred: only ?? inferred, publishPath(topology.nodes[index], number), brokers,
                    "publish")
            }
            for (number, role) in topology.nodes[index].consume.enumerated() {
                let inferred = role.queue.flatMap { queue(named: $0)?.broker } ?? broker(ofExchangesOf: role.bindings)
                topology.nodes[index].consume[number].broker = resolve(
                    role.broker, inferred: only ?? inferred, path / "consume" / number, brokers, "consume")
            }
        }
    }

    /// Where a node's n-th workload for a broker stands among all that it publishes.
    func publishPath(_ node: Node, _ number: Int) -> Path { publishPath(node, number) { $0.feed == nil } }

    /// The same for its n-th one for a feed.
    func appendPath(_ node: Node, _ number: Int) -> Path { publishPath(node, number) { $0.feed != nil } }

    private func publishPath(_ node: Node, _ number: Int, _ isMeant: (PublishKey.Draft) -> Bool) -> Path {
        let written = roles[node.name]?.publish ?? []
        let places = written.indices.filter { isMeant(written[$0]) }
        return ["nodes", node.name, "publish"] / (number < places.count ? places[number] : number)
    }

    func exchange(named name: String) -> Exchange? { topology.exchanges.first { $0.name == name } }

    func queue(named name: String) -> Queue? { topology.queues.first { $0.name == name } }

    private func broker(ofExchangesOf bindings: [Binding]) -> String? {
        bindings.lazy.compactMap { exchange(named: $0.exchange)?.broker }.first { !$0.isEmpty }
    }

    /// - Parameter what: the role that needs it, or the kind of thing that lies there.
    func resolve(
        _ written: String, inferred: String?, _ path: Path, _ brokers: [String], _ what: String
    ) -> String {
        if !written.isEmpty {
            if !brokers.contains(written) {
                missing("broker", written, among: brokers, at: reading.place(path / "broker"))
            }
            return written
        }
        if let inferred, !inferred.isEmpty { return inferred }
        let span = reading.keyPlace(path)
        if brokers.isEmpty {
            guard !topology.nodes.contains(where: { reading.isBroken(["nodes", $0.name, "broker"]) }) else { return "" }
            // An exchange without a broker is told of once, at the first of what needs it.
            if ["publish", "consume", "via: queue"].contains(what) {
                reading.error(
                    "'\(what)' needs a broker, and no node is one", at: reading.place(path),
                    advice: "add a node with a broker: nodes: { broker: { broker: {} } }")
            } else if topology.nodes.allSatisfy({ $0.publish.isEmpty && $0.consume.isEmpty }),
                path.parts[1] == (topology.exchanges.first?.name ?? topology.queues.first?.name)
            {
                reading.error("an \(what == "queue" ? "entry" : what) needs a broker, and no node is one", at: span)
            }
            return ""
        }
        if !reading.isBroken(path) {
            reading.error(
                "there are \(brokers.count) brokers: expected 'broker' to say which", at: span,
                advice: "broker: \(brokers.listed())")
        }
        return ""
    }
}
