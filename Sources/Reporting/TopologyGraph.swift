import ClusterModel

/// Draws what a topology declares: who publishes to which exchange, what is bound to it, who consumes, who calls whom,
/// who follows which feed, which peers are a group, and which faults are on the way.
package enum TopologyGraph {
    package enum Format: String, Sendable, CaseIterable { case ascii, mermaid, dot }

    /// Nodes, exchanges, queues, bindings, and links with the faults on them. Every line ends in a line feed.
    package static func render(_ topology: Topology, as format: Format) -> String {
        let graph = GraphModel(topology)
        let lines =
            switch format {
            case .ascii: AsciiGraph(graph).lines
            case .mermaid: MermaidGraph(graph).lines
            case .dot: DotGraph(graph).lines
            }
        return lines.map { $0 + "\n" }.joined()
    }
}

/// The vertices and edges of a topology, in the order of the file.
struct GraphModel {
    enum Kind: Equatable {
        case broker, exchange, queue, anonymous, node, program
        /// A group of peers.
        case cloud
    }

    struct Vertex {
        /// Unique: `exchange:logs`.
        var id: String
        var kind: Kind
        var name: String
        /// `fanout`, `durable`, `3 replicas`.
        var details: [String]
        /// The broker that holds it.
        var broker: String?
    }

    struct Edge {
        var from: String
        var to: String
        /// A binding's key, a publisher's key.
        var label: String
        var faults: [String]
        /// A way that nobody declares: what a user's program does.
        var isGuess = false
        var way: Way?
    }

    /// The links that carry what an edge stands for.
    struct Way {
        enum Sender: String { case client, server, both }

        /// A node.
        var client: String
        /// Processes.
        var servers: [String]
        /// What of it passes on these links.
        var kinds: [MessageKind]
        var sends: Sender
    }

    let topology: Topology
    private(set) var vertices: [Vertex] = []
    private(set) var edges: [Edge] = []

    init(_ topology: Topology) {
        self.topology = topology
        for broker in topology.brokers { addBroker(broker) }
        for exchange in topology.exchanges { add(exchange) }
        for queue in topology.queues { add(queue) }
        for node in topology.nodes where node.broker == nil || node.hasWork { add(node) }
        addGroups()
        for exchange in topology.exchanges {
            guard let alternate = exchange.alternate else { continue }
            connect(
                place(exchange.name, exchange.broker), place(alternate, exchange.broker), "what it cannot route", [])
        }
        for queue in topology.queues {
            for binding in queue.bindings { bind(binding, to: "queue:\(queue.name)", queue.broker) }
        }
        for node in topology.nodes {
            addWork(of: node)
            addCalls(of: node)
            addNetwork(of: node)
        }
    }

    func vertex(_ id: String) -> Vertex? { vertices.first { $0.id == id } }

    // MARK: - Vertices

    mutating func add(_ vertex: Vertex) { vertices.append(vertex) }

    private mutating func addBroker(_ node: Node) {
        var details: [String] = []
        switch node.broker?.engine {
        case .embedded?, nil: details.append("embedded")
        case .external?: details.append("external")
        }
        if let port = node.broker?.port { details.append("port \(port)") }
        vertices.append(
            Vertex(id: "broker:\(node.name)", kind: .broker, name: node.name, details: details + troubles(node)))
    }

    private mutating func add(_ exchange: Exchange) {
        var details = [exchange.kind.rawValue]
        if exchange.durable { details.append("durable") }
        if exchange.autoDelete { details.append("auto-delete") }
        if exchange.isInternal { details.append("internal") }
        vertices.append(
            Vertex(
                id: "exchange:\(exchange.name)", kind: .exchange, name: exchange.name, details: details,
                broker: exchange.broker))
    }

    private mutating func add(_ queue: Queue) {
        var details: [String] = []
        if queue.durable { details.append("durable") }
        if queue.autoDelete { details.append("auto-delete") }
        vertices.append(
            Vertex(
                id: "queue:\(queue.name)", kind: .queue, name: queue.name, details: details, broker: queue.broker))
    }

    private mutating func add(_ node: Node) {
        var details: [String] = []
        if let replicas = node.replicas { details.append("\(replicas) replicas") }
        if let arguments = node.command?.arguments { details.append(arguments.joined(separator: " ")) }
        vertices.append(
            Vertex(
                id: "node:\(node.name)", kind: node.command == nil ? .node : .program, name: node.name,
                details: details + Self.serving(node) + Self.offering(node)
                    + (node.broker == nil ? troubles(node) : [])))
    }

    /// Faults on the process itself.
    private func troubles(_ node: Node) -> [String] {
        topology.faults.filter { spec in
            switch spec.fault {
            case .kill(let nodes, _), .pause(let nodes), .restart(let nodes):
                topology.instances(nodes, seed: topology.seed ?? 0, for: spec.text).contains {
                    node.instances.contains($0)
                }
            default: false
            }
        }.map { $0.text + Self.schedule($0) }
    }

    /// The exchange of that name, made a vertex where the file does not declare it.
    private mutating func place(_ exchange: String, _ broker: String) -> String {
        let id = "exchange:\(exchange)"
        if vertex(id) == nil {
            vertices.append(Vertex(id: id, kind: .exchange, name: exchange, details: [], broker: broker))
        }
        return id
    }

    mutating func queue(_ name: String, _ broker: String) -> String {
        let id = "queue:\(name)"
        if vertex(id) == nil {
            vertices.append(Vertex(id: id, kind: .queue, name: name, details: [], broker: broker))
        }
        return id
    }

    // MARK: - Edges

    mutating func connect(
        _ from: String, _ to: String, _ label: String, _ faults: [String], isGuess: Bool = false, way: Way? = nil
    ) {
        if edges.contains(where: { $0.from == from && $0.to == to && $0.label == label }) { return }
        edges.append(Edge(from: from, to: to, label: label, faults: faults, isGuess: isGuess, way: way))
    }

    private mutating func bind(_ binding: Binding, to queue: String, _ broker: String) {
        let arguments = binding.arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
        let label = ([binding.key] + arguments).filter { !$0.isEmpty }.joined(separator: " ")
        connect(place(binding.exchange, broker), queue, label, [])
    }

    private mutating func addWork(of node: Node) {
        let id = "node:\(node.name)"
        for role in node.publish {
            let faults = faults(node, [role.broker], kinds: Self.toBroker, toServer: true)
            let way = Way(client: node.name, servers: [role.broker], kinds: [.publish], sends: .client)
            if role.exchange.isEmpty {
                connect(id, queue(role.key, role.broker), "", faults, way: way)
            } else {
                connect(id, place(role.exchange, role.broker), role.key, faults, way: way)
            }
        }
        for (index, role) in node.consume.enumerated() {
            let faults = faults(node, [role.broker], kinds: Self.fromBroker, toServer: false)
            let source: String
            if let name = role.queue {
                source = queue(name, role.broker)
            } else {
                source = "anonymous:\(node.name):\(index)"
                let count = node.instances.count
                vertices.append(
                    Vertex(
                        id: source, kind: .anonymous, name: count == 1 ? "anonymous" : "\(count) anonymous",
                        details: [],
                        broker: role.broker))
            }
            for binding in role.bindings { bind(binding, to: source, role.broker) }
            connect(
                source, id, role.ack == .manual ? "ack" : "", faults,
                way: Way(client: node.name, servers: [role.broker], kinds: [.deliver], sends: .server))
        }
        guard node.command != nil else { return }
        for broker in topology.brokers {
            let both =
                faults(node, [broker.name], kinds: Self.toBroker, toServer: true)
                + faults(node, [broker.name], kinds: Self.fromBroker, toServer: false)
            var seen: Set<String> = []
            connect(
                id, "broker:\(broker.name)", "", both.filter { seen.insert($0).inserted }, isGuess: true,
                way: Way(client: node.name, servers: [broker.name], kinds: [.publish, .deliver], sends: .both))
        }
    }

    private static let toBroker: [MessageKind] = [.publish, .ack]
    private static let fromBroker: [MessageKind] = [.deliver, .confirm]

    /// The faults that the file schedules on what a node sends to a server or broker, or gets from it.
    /// - Parameters:
    ///   - servers: its replicas.
    ///   - kinds: what passes there; a message fault without `only:` touches all that carries data.
    func faults(_ node: Node, _ servers: [String], kinds: [MessageKind], toServer: Bool) -> [String] {
        topology.faults.filter { spec in
            guard spec.fault.level != .process else { return false }
            if spec.fault.level == .message, !spec.only.kinds.isEmpty,
                !spec.only.kinds.contains(where: { kinds.contains($0) })
            {
                return false
            }
            if case .partition(let partition) = spec.fault {
                let cut = topology.cut(for: partition, seed: topology.seed ?? 0, words: spec.text)
                return node.instances.contains { client in
                    servers.contains { toServer ? cut.cuts(client, $0) : cut.cuts($0, client) }
                }
            }
            return node.instances.contains { client in
                servers.contains {
                    client != $0
                        && topology.selects(
                            spec.link, client: client, server: $0, toServer: toServer, seed: topology.seed ?? 0,
                            words: spec.text)
                }
            }
        }.map { $0.text + Self.schedule($0) }
    }

    static func schedule(_ spec: FaultSpec) -> String {
        var text = ""
        if let at = spec.at { text += " at \(at.text)" }
        if let duration = spec.duration { text += " for \(duration.text)" }
        if let every = spec.every { text += " every \(every.text)" }
        return text
    }
}

extension ArgumentValue {
    /// As YAML would have it on one line.
    var text: String {
        switch self {
        case .string(let value): value
        case .int(let value): "\(value)"
        case .double(let value): trimmed(value)
        case .bool(let value): "\(value)"
        case .null: "null"
        case .list(let items): "[\(items.map(\.text).joined(separator: ", "))]"
        case .table(let fields):
            "{\(fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }.joined(separator: ", "))}"
        }
    }
}

extension Node {
    /// It does something besides being a broker.
    fileprivate var hasWork: Bool {
        !publish.isEmpty || !consume.isEmpty || server != nil || !call.isEmpty || !watch.isEmpty || !append.isEmpty
            || peer != nil
    }
}
