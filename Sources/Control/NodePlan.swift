import ClusterModel

/// One replica of a server, as one client reaches it: through the client's own link.
package struct ServerEndpoint: Sendable, Codable, Equatable {
    /// The process: `server-2`.
    package var instance: String
    /// On 127.0.0.1.
    package var port: Int
    package var tls: TLSFiles?

    package init(instance: String, port: Int, tls: TLSFiles? = nil) {
        self.instance = instance
        self.port = port
        self.tls = tls
    }
}

/// Everything that a node process needs to know, sent to it when it says hello.
package struct NodePlan: Sendable, Codable {
    /// The node of the topology, and the process: `worker`, `worker-2`.
    package var node: String
    package var instance: String
    /// The process's number among its replicas, from 1.
    package var replica: Int
    package var incarnation: Int
    package var seed: UInt64
    /// The file that its evidence goes to.
    package var evidence: String
    package var broker: BrokerPlan?
    package var publish: [PublishRole]
    package var consume: [ConsumeRole]
    package var serve: ServeRole?
    package var call: [CallRole]
    /// What it serves, calls, or may call.
    package var services: [Service]
    /// The processes of each node that serves.
    package var replicas: [String: [String]]
    /// The nodes that serve each service, by its full name.
    package var places: [String: [String]]
    /// Replicas of the nodes that it calls, by the node's name, and hosts and the directory, by the process's.
    package var servers: [String: [ServerEndpoint]]
    /// Types of objects, where it hosts or invokes any or is the directory.
    package var objects: [ObjectType]
    package var host: HostRole?
    package var directory: DirectoryRole?
    /// The process that is the directory.
    package var directoryInstance: String?
    /// The processes that can host each type, by its name.
    package var hosts: [String: [String]]
    /// The feeds of the file, where it serves, watches or feeds any.
    package var feeds: [Feed]
    package var feed: FeedRole?
    package var watch: [WatchRole]
    package var append: [AppendRole]
    package var peer: PeerPlan?
    package var names: NamesRole?
    /// The node that serves each feed, by the feed's name.
    package var feedServers: [String: String]
    /// The steps of a migration at which it stops and asks.
    package var failpoints: [Failpoint]
    /// The folder for what must survive it; it may not be there yet.
    package var data: String
    /// Where each broker is reached from this process: an URL that leads through its own link.
    package var endpoints: [String: String]

    /// What a member of a group is told.
    package struct PeerPlan: Sendable, Codable, Equatable {
        package var role: PeerRole
        package var group: PeerGroup
        /// The UDP ports on 127.0.0.1 at which all processes of the group are reached: the links' own, the same for each
        /// member. A datagram that comes from one of them comes from that member.
        package var doorways: [String: Int]
        /// The processes to join through, this one left out.
        package var seeds: [String]
        /// The processes that carry messages for others.
        package var relays: [String]

        package init(
            role: PeerRole, group: PeerGroup, doorways: [String: Int], seeds: [String] = [], relays: [String] = []
        ) {
            self.role = role
            self.group = group
            self.doorways = doorways
            self.seeds = seeds
            self.relays = relays
        }
    }

    package struct BrokerPlan: Sendable, Codable {
        /// 0 for any free port.
        package var port: Int
        /// Where durable things live.
        package var data: String

        package init(port: Int, data: String) {
            self.port = port
            self.data = data
        }
    }

    package init(
        node: String, instance: String, replica: Int, incarnation: Int, seed: UInt64, evidence: String,
        broker: BrokerPlan? = nil, publish: [PublishRole] = [], consume: [ConsumeRole] = [],
        serve: ServeRole? = nil, call: [CallRole] = [], services: [Service] = [],
        places: [String: [String]] = [:], replicas: [String: [String]] = [:], servers: [String: [ServerEndpoint]] = [:],
        objects: [ObjectType] = [], host: HostRole? = nil, directory: DirectoryRole? = nil,
        directoryInstance: String? = nil, hosts: [String: [String]] = [:],
        feeds: [Feed] = [], feedServers: [String: String] = [:], feed: FeedRole? = nil, watch: [WatchRole] = [],
        append: [AppendRole] = [],
        peer: PeerPlan? = nil, names: NamesRole? = nil, failpoints: [Failpoint] = [],
        data: String = "", endpoints: [String: String] = [:]
    ) {
        self.node = node
        self.instance = instance
        self.replica = replica
        self.incarnation = incarnation
        self.seed = seed
        self.evidence = evidence
        self.broker = broker
        self.publish = publish
        self.consume = consume
        self.serve = serve
        self.call = call
        self.services = services
        self.places = places
        self.replicas = replicas
        self.servers = servers
        self.objects = objects
        self.host = host
        self.directory = directory
        self.directoryInstance = directoryInstance
        self.hosts = hosts
        self.feeds = feeds
        self.feedServers = feedServers
        self.feed = feed
        self.watch = watch
        self.append = append
        self.peer = peer
        self.names = names
        self.failpoints = failpoints
        self.data = data
        self.endpoints = endpoints
    }
}
