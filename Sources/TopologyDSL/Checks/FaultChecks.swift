import ClusterModel

extension Checker {
    /// Whether the nodes and links of a fault are there.
    func check(_ fault: FaultSpec, _ path: Path) {
        switch fault.fault {
        case .kill(let nodes, _), .pause(let nodes), .restart(let nodes):
            checkProcesses(nodes, at: reading.place(path / fault.fault.keyword))
        case .drop, .duplicate, .delay, .reorder, .corrupt, .error, .truncate, .latency, .reset, .blackhole:
            checkLinks(fault, path)
        case .partition(let partition): check(partition, path)
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
        if Self.verbs.contains(pattern) {
            if topology.httpServers.isEmpty, !reading.isBroken(["nodes"]) {
                reading.error("'\(pattern)' is a method of HTTP/1.1, and no node serves that", at: span)
            }
            return
        }
        if !topology.httpServers.isEmpty, !pattern.contains("."), !pattern.contains("/"),
            let verb = Suggestion.nearest(pattern, among: Self.verbs)
        {
            return reading.error("there is no method '\(shortened(pattern))', did you mean '\(verb)'?", at: span)
        }
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

    func checkProcesses(_ selector: NodeSelector, at span: Span) {
        if case .named(NodeLink.outside) = selector {
            return reading.error("'outside' stands for programs that are not in the cluster", at: span)
        }
        guard let names = nodes(selector, at: span) else { return }
        for case .external in names.compactMap({ topology.node(named: $0)?.broker?.engine }) {
            return reading.error("an external broker is not a process of this cluster", at: span)
        }
    }

    /// The names of the nodes that are meant; `nil` after an error.
    func nodes(_ selector: NodeSelector, at span: Span) -> Set<String>? {
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
}
