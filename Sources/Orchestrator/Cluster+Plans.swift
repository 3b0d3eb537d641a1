import AMQPClient
import ClusterModel
import Control
import FaultInjection

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a process is told when it starts: its command line, its environment, where it finds the others, its plan.
extension Cluster {
    func process(_ node: Node, _ instance: ClusterPlan.Instance, _ incarnation: Int) throws -> ProcessRunner {
        var environment = [
            Watchdog.mark: folder.path, "ORCH_NODE": instance.name, "ORCH_REPLICA": "\(instance.replica)",
            // Into a pipe Python would keep its lines to itself until it ends.
            "PYTHONUNBUFFERED": "1",
        ]
        for broker in instance.brokers {
            environment[Topology.variable(of: broker, "URL")] = url(of: broker, for: instance.name)?.description
        }
        for server in instance.servers + instance.datagramServers {
            environment[Topology.variable(of: server, "ADDRESS")] = linkPort(instance.name, server).map {
                "127.0.0.1:\($0)"
            }
        }
        if node.command != nil, node.serve != nil { environment["ORCH_PORT"] = try "\(programPort(instance))" }
        if node.command != nil || !node.env.isEmpty { try folder.makeData(of: instance.name) }
        if node.command != nil { environment["ORCH_DATA"] = folder.data(of: instance.name) }
        for (key, text) in node.env { environment[key] = try fill(text, instance, incarnation) }
        guard let command = node.command else {
            return ProcessRunner(
                executable: options.executable,
                arguments: [
                    "node", "--socket", folder.controlSocket, "--instance", instance.name, "--incarnation",
                    "\(incarnation)",
                ],
                environment: environment, directory: nil, log: folder.log(of: instance.name),
                loop: loops.group.next())
        }
        let words = try command.arguments.map { try fill($0, instance, incarnation) }
        let base = options.directory
        let wanted = try command.directory.map { try fill($0, instance, incarnation) }
        let directory = wanted.map { $0.hasPrefix("/") ? $0 : "\(base)/\($0)" } ?? base
        return ProcessRunner(
            executable: words[0], arguments: Array(words.dropFirst()), environment: environment,
            directory: directory, log: folder.log(of: instance.name), loop: loops.group.next())
    }

    /// Fills in `$(broker.url)` and the like, for one start of a process.
    func fill(_ text: String, _ instance: ClusterPlan.Instance, _ incarnation: Int) throws -> String {
        var urls: [String: AMQPURL] = [:]
        for broker in instance.brokers { urls[broker] = url(of: broker, for: instance.name) }
        let node = topology.node(named: instance.node)
        let port = node?.command != nil && node?.serve != nil ? try programPort(instance) : nil
        var values = Template.Values(
            sequence: incarnation, node: instance.name, replica: instance.replica,
            generator: SeededGenerator(seed: options.seed, instance.name, "\(incarnation)", text),
            now: { Int64(time(nil)) * 1_000 }, port: port, data: folder.data(of: instance.name),
            endpoint: { name, endpoint in
                guard let url = urls[name] else {
                    return self.endpoint(endpoint, ofServer: name, for: instance.name)
                }
                return switch endpoint {
                case .url: url.description
                case .address: "\(url.host):\(url.port)"
                case .host: url.host
                case .port: "\(url.port)"
                }
            })
        return try Template(text).text(&values)
    }

    /// Where a process reaches a server, or the first replica of a node that serves: at its own link to it.
    func endpoint(_ endpoint: Template.Endpoint, ofServer name: String, for client: String) -> String? {
        guard let server = topology.instances(named: name).first, let port = linkPort(client, server) else {
            return nil
        }
        let scheme =
            switch topology.node(ofInstance: server)?.server?.speaks {
            case .udp?: "udp"
            case .tcp?: "tcp"
            default: "http"
            }
        return switch endpoint {
        case .url: "\(scheme)://127.0.0.1:\(port)"
        case .address: "127.0.0.1:\(port)"
        case .host: "127.0.0.1"
        case .port: "\(port)"
        }
    }

    /// The port on which a program that serves is to listen: its own choice, or one that is free now and stays its own.
    func programPort(_ instance: ClusterPlan.Instance) throws -> Int {
        if let known = programPorts[instance.name] { return known }
        let role = topology.node(named: instance.node)?.serve
        let wanted = role?.listen.map { $0 + instance.replica - 1 }
        let port = try wanted ?? FreePort.find(forDatagrams: role?.speaks == .udp)
        programPorts[instance.name] = port
        return port
    }

    func linkPort(_ client: String, _ server: String) -> Int? {
        injector.port(from: client, to: server)
    }

    /// Where a process reaches a broker: at its own link to it.
    func url(of broker: String, for client: String) -> AMQPURL? {
        let identity = LinkIdentity(client: client, server: broker)
        guard let link = injector.links.first(where: { $0.identity == identity }) else { return nil }
        return credentials(of: broker).at(host: "127.0.0.1", port: link.port)
    }

    func credentials(of broker: String) -> AMQPURL {
        if case .external(let text)? = topology.node(ofInstance: broker)?.broker?.engine, let url = AMQPURL(text) {
            return url
        }
        return AMQPURL()
    }

    func nodePlan(_ name: String, _ incarnation: Int) -> NodePlan {
        let instance = plan.instances.first { $0.name == name }!
        let node = topology.node(named: instance.node)!
        var endpoints: [String: String] = [:]
        for broker in instance.brokers { endpoints[broker] = url(of: broker, for: name)?.description }
        var servers: [String: [ServerEndpoint]] = [:]
        func known(_ server: String) -> [ServerEndpoint] {
            topology.instances(named: server).compactMap { replica in
                linkPort(name, replica).map {
                    ServerEndpoint(instance: replica, port: $0, tls: topology.node(ofInstance: replica)?.serve?.tls)
                }
            }
        }
        for role in node.call where role.object == nil { servers[role.to] = known(role.to) }
        for server in topology.followed(by: node) { servers[server] = known(server) }
        // Who has to do with objects knows processes, not nodes.
        for server in topology.objectServers(of: node) { servers[server] = known(server) }
        return NodePlan(
            node: node.name, instance: name, replica: instance.replica, incarnation: incarnation, seed: options.seed,
            evidence: "\(folder.evidence)/\(name).\(incarnation).events",
            broker: node.broker.map { _ in .init(port: 0, data: folder.data(of: name)) }, publish: node.publish,
            consume: node.consume, serve: node.server?.speaks == .grpc ? node.server : nil, call: node.call,
            services: node.server == nil && node.call.isEmpty ? [] : topology.services, places: topology.places,
            replicas: Dictionary(
                uniqueKeysWithValues: topology.nodes.filter { $0.serve != nil }.map { ($0.name, $0.instances) }),
            servers: servers, objects: node.hasToDoWithObjects ? topology.objects : [], host: node.host,
            directory: node.directory, directoryInstance: topology.directory?.instances.first,
            hosts: topology.hostsByType,
            feeds: node.hasToDoWithFeeds ? topology.feeds : [], feedServers: topology.feedServers, feed: node.feed,
            watch: node.watch, append: node.append, peer: peerPlan(name, node), names: node.names,
            failpoints: node.host == nil && node.directory == nil ? [] : failpoints.armed,
            data: folder.data(of: name), endpoints: endpoints)
    }

    func peerPlan(_ name: String, _ node: Node) -> NodePlan.PeerPlan? {
        guard let role = node.peer, let group = topology.group(named: role.group) else { return nil }
        let members = topology.members(of: group.name)
        func processes(_ names: [String]) -> [String] {
            let chosen = names.flatMap { topology.instances(named: $0) }
            return members.filter(chosen.contains)
        }
        return NodePlan.PeerPlan(
            role: role, group: group, doorways: injector.mesh.doorways.filter { members.contains($0.key) },
            seeds: (group.seeds.isEmpty ? members : processes(group.seeds)).filter { $0 != name },
            relays: group.relays.map(processes) ?? members)
    }
}
