import ClusterModel

extension Checker {
    /// Whether the nodes and links of a fault are there.
    func check(_ fault: FaultSpec, _ path: Path) {
        switch fault.fault {
        case .kill(let nodes, _), .pause(let nodes), .restart(let nodes):
            checkProcesses(nodes, at: reading.place(path / fault.fault.keyword))
        case .drop, .duplicate, .delay, .reorder, .corrupt, .latency, .reset, .blackhole:
            checkLinks(fault, path)
        }
        if let failpoint = fault.failpoint { check(failpoint, path) }
        if let method = fault.only.method { checkMethods(method, at: reading.place(path / "only" / "method")) }
    }

    /// Whether anything migrates.
    private func check(_ failpoint: Failpoint, _ path: Path) {
        let span = reading.place(path / "failpoint")
        if hostNodes.isEmpty {
            if !reading.isBroken(["nodes"]) {
                reading.error("no node hosts objects: no migration comes to '\(failpoint)'", at: span)
            }
        } else if topology.objects.allSatisfy({ $0.follow == nil && $0.onStop == .end }), topology.scenario.isEmpty,
            !reading.isBroken(["scenario"]), reading.source != nil
        {
            reading.warning(
                "nothing here migrates an object, so only orch migrate comes to '\(failpoint)'", at: span,
                advice: "scenario: [{ migrate: NAME, to: HOST, at: 1s }]")
        }
    }

    /// `Calculator.suma`, `Calculator/suma`, `/Calculator/suma`, `Calculator.*`.
    private func checkMethods(_ pattern: String, at span: Span) {
        let name = pattern.dropPrefix("/").split(separator: "/", omittingEmptySubsequences: false).joined(
            separator: ".")
        if ["grpc.", "orch."].contains(where: name.hasPrefix) { return }
        if name.hasSuffix(".*") {
            _ = service(String(name.dropLast(2)), at: span)
        } else if let named = callables.first(where: { $0.name == name || $0.shortName == name }) {
            let what = topology.objectType(named: named.name) == nil ? "a service" : "an object type"
            reading.error("'\(name)' is \(what), did you mean '\(name).*'?", at: span)
        } else {
            _ = method(name, at: span)
        }
    }

    private func checkProcesses(_ selector: NodeSelector, at span: Span) {
        if case .named(NodeLink.outside) = selector {
            return reading.error("'outside' stands for programs that are not in the cluster", at: span)
        }
        guard let names = nodes(selector, at: span) else { return }
        for case .external in names.compactMap({ topology.node(named: $0)?.broker?.engine }) {
            return reading.error("an external broker is not a process of this cluster", at: span)
        }
    }

    /// The names of the nodes that are meant; `nil` after an error.
    private func nodes(_ selector: NodeSelector, at span: Span) -> Set<String>? {
        switch selector {
        case .label(let label):
            let nodes = topology.nodes.filter { $0.labels.contains(label) }
            if nodes.isEmpty {
                missing("label", label, among: Set(topology.nodes.flatMap(\.labels)).sorted(), at: span)
                return nil
            }
            return Set(nodes.map(\.name))
        case .named(let name):
            if let node = topology.node(ofInstance: name) { return [node.name] }
            return missingNode(name, at: span)
        case .count(let count, let name):
            guard let node = topology.node(named: name) else { return missingNode(name, at: span) }
            if count > node.instances.count {
                let processes = node.instances.count == 1 ? "1 process" : "\(node.instances.count) processes"
                reading.error("\(count) of \(name): it has only \(processes)", at: span)
                return nil
            }
            return [name]
        case .share(_, let name):
            return topology.node(named: name) == nil ? missingNode(name, at: span) : [name]
        }
    }

    private func missingNode(_ name: String, at span: Span) -> Set<String>? {
        missing(
            "node", name, among: topology.nodes.flatMap { [$0.name] + ($0.replicas == nil ? [] : $0.instances) },
            at: span)
        return nil
    }

    // MARK: Links

    private func checkLinks(_ fault: FaultSpec, _ path: Path) {
        let span = reading.place(path / "link")
        let ends: (NodeSelector, NodeSelector)
        var isOneWay = false
        switch fault.link ?? .all {
        case .all:
            if topology.links.isEmpty, !reading.isBroken(["nodes"]) {
                reading.error("no two nodes talk, so there is no link to break", at: span)
            } else if fault.fault.level == .message, !reading.isBroken(path) {
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
                                ? "; a broker with a 'port' has one to outside" : "")))
        }
        guard fault.fault.level == .message, !reading.isBroken(path) else { return }
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

    /// To a broker go publishes and acks, from it deliveries and confirms; to a server go requests, from it replies.
    private func possibleKinds(_ link: NodeLink) -> (up: [MessageKind], down: [MessageKind]) {
        topology.node(named: link.server)?.broker == nil
            ? ([.request], [.reply]) : ([.publish, .ack], [.deliver, .confirm])
    }

    /// What the workloads at a link's end send and get. A program, or a handler, may do whatever there is.
    private func actualKinds(_ link: NodeLink) -> (up: [MessageKind], down: [MessageKind]) {
        guard topology.node(named: link.server)?.broker != nil, let node = topology.node(named: link.client),
            node.command == nil, node.serve == nil
        else { return possibleKinds(link) }
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
