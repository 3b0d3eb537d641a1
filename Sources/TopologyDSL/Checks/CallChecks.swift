import ClusterModel

extension Checker {
    /// Fills in what nodes call, and where. After `assignServers`.
    mutating func assignCalls() {
        var values: [String: ValueCheck] = [:]
        for index in topology.nodes.indices {
            let node = topology.nodes[index]
            for (number, draft) in (roles[node.name]?.call ?? []).enumerated() {
                let path: Path = ["nodes", node.name, "call"] / number
                var role = draft.role
                role.requests = draft.requests ?? [.table([:])]
                if !draft.method.isEmpty,
                    let (service, method) = method(draft.method, at: reading.place(path / "method"))
                {
                    if topology.objectType(named: service.name) != nil {
                        reading.error(
                            "'\(service.name)' is an object type, not a service", at: reading.place(path / "method"),
                            advice: "invoke: { object: NAME, method: \(method.name) }")
                        continue
                    }
                    role.service = service.name
                    role.method = method.name
                    role.semantics = draft.semantics ?? service.semantics
                    role.retry = draft.retry.applied(
                        to: service.retry, role.semantics == service.semantics ? nil : role.semantics)
                    assignServer(of: service, to: &role, from: node, path)
                    checkStreams(role, method, path)
                    let check = values[service.name] ?? ValueCheck(service.schema, reading)
                    values[service.name] = check
                    check.check(role.requests, as: method.input, path / "with")
                    if let expected = role.expect { check.check(expected, as: method.output, path / "expect") }
                }
                topology.nodes[index].call.append(role)
            }
        }
    }

    private func assignServer(of service: Service, to role: inout CallRole, from node: Node, _ path: Path) {
        let servers = topology.nodes.filter { $0.serve?.services.contains(service.name) == true }
        let span = reading.place(path / "to")
        guard let server = server(role.to, of: service, among: servers, path) else { return }
        if server.name == node.name {
            let isNamed = reading.has(path / "to")
            reading.error(
                "'\(node.name)' would call itself: there would be no link between them to break",
                at: isNamed ? span : reading.keyPlace(["nodes", node.name, "call"]), advice: "make two nodes of it")
        }
        role.to = server.name
        role.via = server.serve?.via ?? .grpc
        guard let replica = role.replica else { return }
        let place = reading.place(path / "replica")
        if role.via != .grpc {
            reading.error("'replica' of '\(server.name)', which takes calls from a queue: nobody can choose", at: place)
        } else if replica > server.instances.count {
            let count = server.instances.count
            reading.error(
                "replica \(replica) of '\(server.name)': it has only \(count) process\(count == 1 ? "" : "es")",
                at: place)
        }
    }

    /// The node that is named, or the only one there is.
    private func server(_ name: String, of service: Service, among servers: [Node], _ path: Path) -> Node? {
        guard name.isEmpty else {
            let span = reading.place(path / "to")
            if let node = servers.first(where: { $0.name == name }) { return node }
            if let node = topology.node(named: name) {
                if !reading.isBroken(["nodes", name]) {
                    reading.error(
                        "'\(name)' does not serve '\(service.name)'", at: span,
                        advice: servers.isEmpty ? nil : "to: \(servers.map(\.name).listed())")
                }
                return reading.isBroken(["nodes", name]) ? node : nil
            }
            if let node = topology.node(ofInstance: name) {
                let number = name.dropFirst(node.name.count + 1)
                reading.error(
                    "'\(name)' is one replica: expected a node", at: span,
                    advice: "write to: \(node.name), and replica: \(number)")
            } else {
                missing("node", name, among: servers.map(\.name), at: span)
            }
            return nil
        }
        let span = reading.place(path / "method")
        guard let first = servers.first else {
            if !reading.isBroken(["nodes"]) {
                reading.error(
                    "no node serves '\(service.name)'", at: span, advice: "a node with serve: \(service.shortName)")
            }
            return nil
        }
        // Who takes from one queue is one server to its callers.
        guard
            first.serve?.via != .grpc && servers.allSatisfy({ $0.serve?.via == first.serve?.via })
                || servers.count == 1
        else {
            reading.error(
                "\(servers.map(\.name).listed("and")) serve '\(service.name)': expected 'to' to say which", at: span,
                advice: "to: \(servers.map(\.name).listed())")
            return nil
        }
        return first
    }

    private func checkStreams(_ role: CallRole, _ method: MethodDefinition, _ path: Path) {
        let name = role.fullMethod
        if role.via != .grpc, method.clientStreaming || method.serverStreaming {
            reading.error(
                "'\(name)' streams, and '\(role.to)' takes calls from a queue: they have one request and one reply",
                at: reading.place(path / "method"))
        }
        if !method.clientStreaming {
            if role.requests.count != 1, !reading.isBroken(path / "with") {
                reading.error(
                    "\(role.requests.count) requests: '\(name)' takes one, a mapping", at: reading.place(path / "with"))
            }
            if role.messages != nil {
                reading.error(
                    "'messages' of '\(name)': it takes one request", at: reading.keyPlace(path / "messages"),
                    advice: "in the service, stream: client or both")
            }
        } else if let messages = role.messages {
            if role.requests.isEmpty {
                reading.error(
                    "'messages' without a request: there is nothing to repeat", at: reading.keyPlace(path / "messages"))
            } else if messages < role.requests.count {
                reading.error(
                    "\(messages) messages of the \(role.requests.count) requests under 'with'",
                    at: reading.place(path / "messages"))
            }
        }
        if !method.serverStreaming, let expected = role.expect, expected.count != 1, !reading.isBroken(path / "expect")
        {
            reading.error(
                "\(expected.count) replies: '\(name)' has one, a mapping", at: reading.place(path / "expect"))
        }
    }
}
