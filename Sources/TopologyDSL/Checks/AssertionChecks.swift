import ClusterModel

extension Checker {
    func check(_ spec: AssertionSpec, _ path: Path) {
        switch spec.assertion {
        case .delivery(let guarantee, let from, let to, let basis):
            checkSource(from, path)
            checkDestination(to, path)
            if guarantee != .atMostOnce, basis == .acknowledged { checkConfirms(from, path) }
        case .routing(let from): checkSource(from, path)
        case .order(let from, let to):
            checkSource(from, path)
            checkDestination(to, path)
        case .queue(let name, _, _):
            if queue(named: name) == nil {
                missing("queue", name, among: topology.queues.map(\.name), at: reading.place(path / "queue"))
            }
        case .node(let name, _, _, _): checkProcess(name, at: reading.place(path / "node"))
        case .log(let name, _, _, _): checkProcess(name, at: reading.place(path / "log"))
        case .calls(_, let scope), .latency(let scope, _), .throughput(let scope, _), .availability(let scope, _):
            check(scope, path)
        case .recovery(let scope, _, let after):
            check(scope, path)
            checkRecovery(after, path)
        case .linearizable, .owner, .collected, .alive, .pause, .state: checkOfObjects(spec.assertion, path)
        case .feed, .converged, .detected, .falseDeaths, .coherent, .found, .messages:
            checkOfNetwork(spec.assertion, path)
        }
    }

    // MARK: Calls

    private func check(_ scope: CallScope, _ path: Path) {
        func place(_ keys: String...) -> Span {
            let paths = keys.flatMap { [path / "latency" / $0, path / $0] }
            return reading.place(paths.first(where: reading.has) ?? path)
        }
        if topology.nodes.allSatisfy({ $0.serve == nil && $0.host == nil }), !reading.isBroken(["nodes"]) {
            let span = reading.place(path)
            reading.error(
                "no node serves anything: there are no calls to judge", at: Span(span.start, span.start + 1))
            return
        }
        if let method = scope.method { checkMethodOrService(method, at: place("method", "of")) }
        if let from = scope.from, from != NodeLink.outside, let node = process(from, at: place("from")),
            node.call.isEmpty, node.serve == nil, node.host == nil, node.command == nil,
            !reading.isBroken(["nodes", node.name])
        {
            reading.error(
                "'\(from)' calls nothing: expected a node with 'call', 'invoke', 'serve', 'host' or 'command', or outside",
                at: place("from"), advice: among { !$0.call.isEmpty })
        }
        if let to = scope.to, let node = process(to, at: place("to")), node.serve == nil, node.host == nil,
            !reading.isBroken(["nodes", node.name])
        {
            reading.error(
                "'\(to)' serves nothing: expected a node with 'serve' or 'host'", at: place("to"),
                advice: among { $0.serve != nil || $0.host != nil })
        }
    }

    private func checkRecovery(_ after: String?, _ path: Path) {
        guard !reading.isBroken(["faults"]) else { return }
        let names = topology.faults.compactMap(\.name)
        if let after, !names.contains(after) {
            let near = Suggestion.phrase(after, among: names)
            reading.error(
                "there is no fault called '\(shortened(after))'\(near)", at: reading.place(path / "after"),
                advice: near.isEmpty ? "a fault gets its name by 'name: \(shortened(after))'" : nil)
        } else if after == nil, topology.faults.isEmpty {
            reading.warning(
                "no fault is declared, so there is nothing to recover from", at: reading.place(path / "recovery"))
        }
    }

    /// A node, or one of its processes.
    func process(_ name: String, at span: Span) -> Node? {
        if let node = topology.node(ofInstance: name) { return node }
        missing(
            "node", name, among: topology.nodes.flatMap { [$0.name] + ($0.replicas == nil ? [] : $0.instances) },
            at: span)
        return nil
    }

    // MARK: Messages

    private func checkSource(_ name: String?, _ path: Path) {
        guard let name, let node = endNode(name, at: reading.place(path / "from")) else { return }
        if node.publish.isEmpty, node.command == nil, !reading.isBroken(["nodes", node.name]) {
            reading.error(
                "'\(name)' publishes nothing: expected a node with 'publish' or 'command'",
                at: reading.place(path / "from"), advice: among { !$0.publish.isEmpty || $0.command != nil })
        }
    }

    private func checkDestination(_ name: String?, _ path: Path) {
        guard let name else { return }
        let span = reading.place(path / "to")
        if name.hasPrefix("queue:") {
            let queueName = String(name.dropFirst("queue:".count))
            if queue(named: queueName) == nil {
                missing("queue", queueName, among: topology.queues.map(\.name), at: span)
            }
            return
        }
        if topology.node(ofInstance: name) == nil, queue(named: name) != nil {
            return reading.error("'\(name)' is a queue, did you mean 'queue:\(name)'?", at: span)
        }
        guard let node = endNode(name, at: span) else { return }
        if node.consume.isEmpty, node.command == nil, !reading.isBroken(["nodes", node.name]) {
            reading.error(
                "'\(name)' receives nothing: expected a node with 'consume' or 'command', or queue:NAME",
                at: span, advice: among { !$0.consume.isEmpty || $0.command != nil })
        }
    }

    func among(_ matches: (Node) -> Bool) -> String? {
        let names = topology.nodes.filter(matches).map(\.name)
        return names.isEmpty ? nil : "there \(names.count == 1 ? "is" : "are") \(names.prefix(12).listed("and"))"
    }

    /// A node by its name; a replica's name is refused, since every replica is judged.
    private func endNode(_ name: String, at span: Span) -> Node? {
        if let node = topology.node(named: name) { return node }
        if let node = topology.node(ofInstance: name) {
            reading.error("'\(name)' is one replica: expected a node, did you mean '\(node.name)'?", at: span)
        } else {
            missing("node", name, among: topology.nodes.map(\.name), at: span)
        }
        return nil
    }

    private func checkProcess(_ name: String, at span: Span) {
        guard let node = topology.node(ofInstance: name) else {
            let names = topology.nodes.flatMap { [$0.name] + ($0.replicas == nil ? [] : $0.instances) }
            return missing("node", name, among: names, at: span)
        }
        if case .external? = node.broker?.engine {
            reading.error("'\(name)' is an external broker, not a process of this cluster", at: span)
        }
    }

    /// What nobody confirms is never acknowledged, and then there is nothing to judge.
    private func checkConfirms(_ from: String?, _ path: Path) {
        let publishers = topology.nodes.filter { (from == nil || $0.name == from) && !$0.publish.isEmpty }
        guard !publishers.isEmpty, topology.nodes.allSatisfy({ $0.command == nil || $0.name != from && from != nil }),
            publishers.allSatisfy({ $0.publish.allSatisfy { $0.confirm == nil } }), !reading.isBroken(["nodes"])
        else { return }
        reading.warning(
            "nothing is ever acknowledged without confirms, so this will be unknown",
            at: reading.place(path / "delivery"),
            advice: "add confirm: true to \(publishers.map(\.name).listed("and")), or of: attempted here")
    }
}
