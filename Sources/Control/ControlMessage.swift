import ClusterModel

/// What travels over the control socket, one JSON object a line. Nodes and commands speak on the same socket; the first
/// message of a connection tells which it is.
package enum ControlMessage: Sendable, Codable {
    // From a node.
    case hello(instance: String, incarnation: Int, pid: Int32)
    /// A broker or a server listens on this port.
    case listening(port: Int)
    /// It takes datagrams at this port, and sends them from there.
    case listeningDatagrams(port: Int)
    /// Its roles are in place.
    case ready
    case progress(Progress)
    /// The answer to `survey`.
    case surveyed(id: Int, Survey)
    /// The answer to `migrate`.
    case migrated(id: Int, MigrationAnswer)
    /// A part of the answer to `describeObjects`.
    case objects(id: Int, [ObjectDescription], more: Bool)
    /// It waits at an armed step of a migration until it is told to proceed.
    case atFailpoint(id: Int, Failpoint, object: String)
    /// It cannot do its work; it exits next.
    case failed(message: String)

    // To a node.
    case plan(NodePlan)
    /// All nodes are ready: workloads start.
    case run
    /// The run is draining: publishers begin no further message.
    case drain
    /// What is left to do?
    case survey(id: Int)
    /// Move an object, if it is yours, to another process.
    case migrate(id: Int, object: String, to: String)
    /// Tell of so many of your objects at most, those with names first; or of this one.
    case describeObjects(id: Int, limit: Int, object: String?)
    /// The answer to `atFailpoint`.
    case proceed(id: Int)
    case stop

    // From and to a command.
    case request(Request)
    case response(Response)
}

/// How far the workloads of a process are.
package struct Progress: Sendable, Codable, Equatable {
    /// Messages published, confirmed, and given up.
    package var published = 0
    package var confirmed = 0
    package var failed = 0
    /// Messages to publish and calls to make; `nil` without end.
    package var goal: Int?
    package var received = 0
    package var processed = 0
    /// Calls that have ended, by what came of them.
    package var called = 0
    package var callsInFlight = 0
    package var succeeded = 0
    package var uncertain = 0
    /// Executions begun, and duplicates that were not executed.
    package var executed = 0
    package var filtered = 0
    /// Items appended to feeds here, and items shown to watchers.
    package var appended = 0
    package var viewed = 0
    /// Members that a peer holds to be alive, itself included; `nil` where it is none.
    package var members: Int?
    /// Messages that were handed over here, from peers; lookups that have ended.
    package var talked = 0
    package var lookups = 0
    /// What the links counted of a program: deliveries, its acks, and its requests and their replies. `nil`: of a native
    /// node nothing is counted so.
    package var seen: Seen?

    package struct Seen: Sendable, Codable, Equatable {
        package var delivered = 0
        package var acked = 0
        package var requests = 0
        package var replies = 0
        package init() {}
    }

    /// All finite workloads of the process have ended.
    package var isDone = false

    package init() {}

    /// Things done towards the goal. What peers send and look for, and what is appended elsewhere, counts as published.
    package var done: Int { published + called }
}

/// What a process has left to do, for the drain.
package struct Survey: Sendable, Codable, Equatable {
    /// Deliveries received and not yet handled.
    package var unhandled = 0
    /// Messages in its anonymous queues, by the broker's count; `nil` where the broker did not say.
    package var queued: Int?
    /// The last item of each feed that it serves.
    package var feeds: [String: UInt64] = [:]
    /// The last item of each feed that it watches, as far as it has come.
    package var views: [String: UInt64] = [:]
    /// What a peer has of its group's broadcasts: equal numbers, equal sets.
    package var broadcasts: [String: UInt64] = [:]
    /// Whom a peer holds to be alive in its group: equal numbers, equal views.
    package var members: [String: UInt64] = [:]
    /// Whom a peer suspects, or holds to be dead: so many at most.
    package var suspects: [String] = []

    package static let suspectLimit = 64

    package init(unhandled: Int = 0, queued: Int? = nil) {
        self.unhandled = unhandled
        self.queued = queued
    }
}

/// What a command asks of a running cluster.
package enum Request: Sendable, Codable {
    case status
    /// Answers when every node is ready, or cannot become so.
    case awaitReady
    case startFault(FaultSpec)
    case listFaults
    /// Where `client` (a process, or `outside`) reaches the replicas of a server (a node or one process).
    case resolve(server: String, client: String)
    /// Ends all faults, or the ones of these names.
    case clearFaults(names: [String]?)
    /// Moves an object to a process that hosts.
    case migrate(object: String, to: String)
    /// What queues and processes hold.
    case holdings
    /// Objects of every host, so many of each at most, those with names first; or this one.
    case objects(limit: Int, object: String?)
    /// Does what a step of a scenario would.
    /// - Parameters:
    ///   - step: what reports call it, and the line where it is written; 0 where it is typed.
    ///   - isRecorded: what it asserts stands in the report.
    case perform(Verb, step: String, line: Int, isRecorded: Bool = true)
    /// Ends the run: drains, judges, and brings everything down.
    case down
}

package enum Response: Sendable, Codable {
    case status(ClusterStatus)
    case ready
    case faults([FaultStatus])
    case endpoints([ServerEndpoint])
    case migrated(MigrationAnswer)
    case performed(VerbResult)
    case holdings(Holdings)
    /// By the process that owns them; hosts that did not answer are missing. A part of the answer.
    case objects([String: [ObjectDescription]], more: Bool)
    /// The run has ended with this exit code.
    case ended(exitCode: Int32)
    case failed(message: String, exitCode: Int32)
}

package struct ClusterStatus: Sendable, Codable, Equatable {
    package var cluster: String
    package var run: String
    package var seed: UInt64
    package var phase: String
    package var pid: Int32
    /// Seconds since the workloads started.
    package var elapsed: Double
    package var nodes: [NodeStatus]
    package var links: [LinkStatus]
    package var faults: [FaultStatus]

    package init(
        cluster: String, run: String, seed: UInt64, phase: String, pid: Int32, elapsed: Double, nodes: [NodeStatus],
        links: [LinkStatus], faults: [FaultStatus]
    ) {
        self.cluster = cluster
        self.run = run
        self.seed = seed
        self.phase = phase
        self.pid = pid
        self.elapsed = elapsed
        self.nodes = nodes
        self.links = links
        self.faults = faults
    }
}

/// What lies in a cluster's queues, and what its processes have before them. Who does not answer within a second is missing.
package struct Holdings: Sendable, Codable, Equatable {
    /// Named queues, so many at most.
    package var queues: [QueueStatus]
    /// By process, so many at most.
    package var surveys: [String: Survey]

    package static let queueLimit = 200
    package static let surveyLimit = 200

    package init(queues: [QueueStatus] = [], surveys: [String: Survey] = [:]) {
        self.queues = queues
        self.surveys = surveys
    }
}

package struct QueueStatus: Sendable, Codable, Equatable {
    package var name: String
    package var broker: String
    /// Messages that wait for a consumer.
    package var ready: Int
    package var consumers: Int

    package init(name: String, broker: String, ready: Int, consumers: Int) {
        self.name = name
        self.broker = broker
        self.ready = ready
        self.consumers = consumers
    }
}

package struct NodeStatus: Sendable, Codable, Equatable {
    package var name: String
    package var node: String
    package var role: String
    package var pid: Int32?
    package var state: NodeState
    package var restarts: Int
    /// `exit 3`, `signal 9`.
    package var detail: String
    /// Where a broker listens.
    package var port: Int?
    package var progress: Progress?

    package init(
        name: String, node: String, role: String, pid: Int32?, state: NodeState, restarts: Int, detail: String,
        port: Int? = nil, progress: Progress? = nil
    ) {
        self.name = name
        self.node = node
        self.role = role
        self.pid = pid
        self.state = state
        self.restarts = restarts
        self.detail = detail
        self.port = port
        self.progress = progress
    }
}

package struct LinkStatus: Sendable, Codable, Equatable {
    package var link: String
    package var port: Int
    package var connections: Int
    package var publishes: Int
    package var deliveries: Int
    package var acks: Int
    package var confirms: Int
    package var requests: Int
    package var replies: Int
    package var events: Int
    package var datagrams: Int
    /// The names of the faults that are on what the client sends, and on what the server sends.
    package var toServer: [String]
    package var toClient: [String]

    package init(
        link: String, port: Int, connections: Int, publishes: Int, deliveries: Int, acks: Int, confirms: Int,
        requests: Int = 0, replies: Int = 0, events: Int = 0, datagrams: Int = 0, toServer: [String] = [],
        toClient: [String] = []
    ) {
        self.link = link
        self.port = port
        self.connections = connections
        self.publishes = publishes
        self.deliveries = deliveries
        self.acks = acks
        self.confirms = confirms
        self.requests = requests
        self.replies = replies
        self.events = events
        self.datagrams = datagrams
        self.toServer = toServer
        self.toClient = toClient
    }
}

package struct FaultStatus: Sendable, Codable, Equatable {
    package var name: String
    package var fault: String
    package var link: String
    package var isActive: Bool
    package var seen: Int
    package var affected: Int

    package init(name: String, fault: String, link: String, isActive: Bool, seen: Int, affected: Int) {
        self.name = name
        self.fault = fault
        self.link = link
        self.isActive = isActive
        self.seen = seen
        self.affected = affected
    }
}
