import ClusterModel

extension Checker {
    /// Processes of one cluster.
    private static let processLimit = 10_000

    func checkNames() {
        if topology.nodes.isEmpty, !reading.isBroken(["nodes"]), reading.has(["nodes"]) {
            reading.error("no node: expected at least one", at: reading.keyPlace(["nodes"]))
        }
        let processes = topology.nodes.reduce(0) { $0 + ($1.replicas ?? 1) }
        guard processes <= Self.processLimit else {
            return reading.error(
                "\(processes) processes: more than \(Self.processLimit)", at: reading.keyPlace(["nodes"]))
        }
        var owners: [String: String] = [:]
        for node in topology.nodes where node.replicas == nil { owners[node.name] = node.name }
        for node in topology.nodes where node.replicas != nil {
            for instance in node.instances {
                guard let other = owners[instance] else {
                    owners[instance] = node.name
                    continue
                }
                reading.error(
                    "'\(instance)' is a node, and a replica of '\(node.name)'", at: reading.keyPlace(["nodes", other]),
                    related: (reading.keyPlace(["nodes", node.name]), "'\(node.name)' is here"))
            }
            // `worker` is what stands for all replicas.
            if let other = owners[node.name], other != node.name {
                reading.error(
                    "'\(node.name)' is a node, and a replica of '\(other)'", at: reading.keyPlace(["nodes", node.name]))
            }
        }
        let servers = topology.servers + topology.datagramServers
        var variables: [String: String] = [:]
        for broker in topology.brokers + servers.filter({ $0.broker == nil }) {
            let variable = Self.variable(of: broker.name, broker.broker == nil ? "ADDRESS" : "URL")
            if let first = variables[variable] {
                reading.error(
                    "'\(broker.name)' and '\(first)' would share the variable \(variable)",
                    at: reading.keyPlace(["nodes", broker.name]))
            }
            variables[variable] = broker.name
        }
    }

    /// `ORCH_BROKER_URL` for the broker `broker`, `ORCH_SERVER_ADDRESS` for the server `server`.
    static func variable(of node: String, _ property: String) -> String {
        "ORCH_" + String(node.uppercased().map { $0 == "-" ? "_" : $0 }) + "_" + property
    }

    /// `$(broker.url)` and `$(port)` in commands, environments and probes.
    func checkEndpoints() {
        for node in topology.nodes {
            let path: Path = ["nodes", node.name]
            for name in node.env.keys.sorted() { checkEndpoints(node.env[name] ?? "", of: node, path / "env" / name) }
            guard let command = node.command else { continue }
            for (index, word) in command.arguments.enumerated() {
                checkEndpoints(word, of: node, path / "command" / index)
            }
            if let directory = command.directory { checkEndpoints(directory, of: node, path / "cwd") }
            switch command.ready?.kind {
            case .http(let url): checkEndpoints(url, of: node, path / "ready" / "http")
            case .tcp(let address): checkEndpoints(address, of: node, path / "ready" / "tcp")
            case .exec(let words):
                for (index, word) in words.enumerated() {
                    checkEndpoints(word, of: node, path / "ready" / "exec" / index)
                }
            case .log, .consuming, nil: break
            }
        }
    }

    private func checkEndpoints(_ text: String, of owner: Node, _ path: Path) {
        guard let template = try? Template(text) else { return }
        if template.pieces.contains(.ownPort), owner.command == nil || owner.serve == nil,
            !reading.isBroken(["nodes", owner.name, "serve"]), !reading.isBroken(["nodes", owner.name, "protocol"])
        {
            reading.error(
                "$(port) has no value here: it is where a program with 'serve' or 'protocol' listens",
                at: reading.place(path))
        }
        for (name, endpoint) in template.endpoints {
            // A server may be meant with all its replicas, or one of them.
            guard let node = topology.node(named: name) ?? topology.node(ofInstance: name) else {
                let offering = topology.brokers + topology.servers + topology.datagramServers
                missing("node", name, among: offering.map(\.name), at: reading.place(path))
                continue
            }
            if node.broker == nil, node.server?.via != .grpc, !reading.isBroken(["nodes", node.name]) {
                reading.error(
                    "$(\(name).\(endpoint)): '\(name)' is no broker and no server, and only they have endpoints",
                    at: reading.place(path))
            }
        }
    }
}
