/// A declared cluster: what a topology file says, checked and with its defaults filled in.
package struct Topology: Sendable, Equatable, Codable {
    package var name: String
    package var description: String
    /// The seed that the file gives; a run without one draws one and prints it.
    package var seed: UInt64?
    package var tags: [String]
    /// What was chosen when the file was read, in the order of the file.
    package var params: [Parameter]
    /// How long the destinations that assertions name may take to empty at the end.
    package var drain: Duration
    package var exchanges: [Exchange]
    package var queues: [Queue]
    package var services: [Service]
    package var objects: [ObjectType]
    package var feeds: [Feed]
    package var groups: [PeerGroup]
    package var nodes: [Node]
    package var faults: [FaultSpec]
    package var scenario: [ScenarioStep]
    package var script: ScenarioScript?
    package var assertions: [AssertionSpec]

    package init(
        name: String, description: String = "", seed: UInt64? = nil, tags: [String] = [], drain: Duration = .seconds(5),
        exchanges: [Exchange] = [], queues: [Queue] = [], services: [Service] = [], objects: [ObjectType] = [],
        feeds: [Feed] = [], groups: [PeerGroup] = [], nodes: [Node] = [], faults: [FaultSpec] = [],
        scenario: [ScenarioStep] = [], script: ScenarioScript? = nil, assertions: [AssertionSpec] = [],
        params: [Parameter] = []
    ) {
        self.name = name
        self.description = description
        self.seed = seed
        self.tags = tags
        self.params = params
        self.drain = drain
        self.exchanges = exchanges
        self.queues = queues
        self.services = services
        self.objects = objects
        self.feeds = feeds
        self.groups = groups
        self.nodes = nodes
        self.faults = faults
        self.scenario = scenario
        self.script = script
        self.assertions = assertions
    }

    package func node(named name: String) -> Node? { nodes.first { $0.name == name } }

    package var brokers: [Node] { nodes.filter { $0.broker != nil } }

    /// Nodes that answer over connections of their own.
    package var servers: [Node] { nodes.filter { $0.server?.via == .grpc && $0.server?.speaks != .udp } }

    /// Programs that take datagrams, each client through a link of its own.
    package var datagramServers: [Node] { nodes.filter { $0.server?.speaks == .udp } }

    /// The node that keeps who owns which object.
    package var directory: Node? { nodes.first { $0.directory != nil } }

    package func feed(named name: String) -> Feed? { feeds.first { $0.name == name } }

    package func group(named name: String) -> PeerGroup? { groups.first { $0.name == name } }

    /// The processes that are in a group, in the order of the file.
    package func members(of group: String) -> [String] {
        nodes.filter { $0.peer?.group == group }.flatMap(\.instances)
    }

    package func objectType(named name: String) -> ObjectType? { objects.first { $0.name == name } }

    /// The type of an object that the file names.
    package func objectType(of instance: String) -> ObjectType? {
        objects.first { type in type.instances.contains { $0.name == instance } }
    }

    /// The queues of the file, and those that services are served from and that it does not declare: one for all
    /// replicas, and where there are several also one for each, for calls that must go to the same replica again.
    package var allQueues: [Queue] {
        var all = queues
        for node in nodes {
            guard case .queue(let name, let broker)? = node.serve?.via else { continue }
            let names = [name] + (node.replicas == nil ? [] : node.instances.map { Self.queue(name, of: $0) })
            for name in names where !all.contains(where: { $0.name == name && $0.broker == broker }) {
                all.append(Queue(name: name, broker: broker, location: node.location))
            }
        }
        return all
    }

    /// The queue of one replica.
    package static func queue(_ name: String, of instance: String) -> String { "\(name).\(instance)" }

    /// The nodes that serve each service over connections of their own, by the service's full name.
    package var places: [String: [String]] {
        var places: [String: [String]] = [:]
        for node in servers {
            for service in node.serve?.services ?? [] { places[service, default: []].append(node.name) }
        }
        return places
    }

    package func service(named name: String) -> Service? { services.first { $0.name == name } }
}

/// A value in an AMQP argument table or a message's headers, as YAML can write it.
package indirect enum ArgumentValue: Sendable, Hashable, Codable {
    case string(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case null
    case list([ArgumentValue])
    case table([String: ArgumentValue])
}

package struct Exchange: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable { case direct, fanout, topic, headers }

    package var name: String
    package var kind: Kind
    package var durable: Bool
    package var autoDelete: Bool
    package var isInternal: Bool
    /// The exchange that receives what this one cannot route.
    package var alternate: String?
    package var arguments: [String: ArgumentValue]
    /// The broker node that holds it.
    package var broker: String
    package var location: SourceLocation

    package init(
        name: String, kind: Kind, durable: Bool = false, autoDelete: Bool = false, isInternal: Bool = false,
        alternate: String? = nil, arguments: [String: ArgumentValue] = [:], broker: String = "broker",
        location: SourceLocation = .init()
    ) {
        self.name = name
        self.kind = kind
        self.durable = durable
        self.autoDelete = autoDelete
        self.isInternal = isInternal
        self.alternate = alternate
        self.arguments = arguments
        self.broker = broker
        self.location = location
    }
}

package struct Binding: Sendable, Hashable, Codable {
    package var exchange: String
    package var key: String
    package var arguments: [String: ArgumentValue]

    package init(exchange: String, key: String = "", arguments: [String: ArgumentValue] = [:]) {
        self.exchange = exchange
        self.key = key
        self.arguments = arguments
    }
}

package struct Queue: Sendable, Equatable, Codable {
    package var name: String
    package var durable: Bool
    package var autoDelete: Bool
    package var bindings: [Binding]
    package var arguments: [String: ArgumentValue]
    package var broker: String
    package var location: SourceLocation

    package init(
        name: String, durable: Bool = false, autoDelete: Bool = false, bindings: [Binding] = [],
        arguments: [String: ArgumentValue] = [:], broker: String = "broker", location: SourceLocation = .init()
    ) {
        self.name = name
        self.durable = durable
        self.autoDelete = autoDelete
        self.bindings = bindings
        self.arguments = arguments
        self.broker = broker
        self.location = location
    }
}
