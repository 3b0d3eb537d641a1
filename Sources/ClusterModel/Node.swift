/// One entry under `nodes:`. It stands for `replicas` processes, named `name` or `name-1 … name-n`.
package struct Node: Sendable, Equatable, Codable {
    package var name: String
    /// `nil` where the file does not say: one process, called by the plain name.
    package var replicas: Int?
    package var broker: BrokerRole?
    package var publish: [PublishRole]
    package var consume: [ConsumeRole]
    package var serve: ServeRole?
    package var call: [CallRole]
    package var host: HostRole?
    package var directory: DirectoryRole?
    package var feed: FeedRole?
    package var watch: [WatchRole]
    package var append: [AppendRole]
    package var peer: PeerRole?
    package var names: NamesRole?
    package var command: CommandRole?
    /// Who may open connections to it.
    package var inbound: InboundRule
    /// Where the links that lead to it have their ports; `nil`: anywhere.
    package var ports: ClosedRange<Int>?
    package var restart: RestartPolicy
    /// Nodes that must be ready before this one starts.
    package var dependsOn: [String]
    package var env: [String: String]
    package var labels: [String]
    package var stop: StopPolicy
    package var location: SourceLocation

    package init(
        name: String, replicas: Int? = nil, broker: BrokerRole? = nil, publish: [PublishRole] = [],
        consume: [ConsumeRole] = [], serve: ServeRole? = nil, call: [CallRole] = [], host: HostRole? = nil,
        directory: DirectoryRole? = nil, feed: FeedRole? = nil, watch: [WatchRole] = [], append: [AppendRole] = [],
        peer: PeerRole? = nil, names: NamesRole? = nil, command: CommandRole? = nil, inbound: InboundRule = .allow,
        ports: ClosedRange<Int>? = nil, restart: RestartPolicy = .init(),
        dependsOn: [String] = [], env: [String: String] = [:], labels: [String] = [], stop: StopPolicy = .init(),
        location: SourceLocation = .init()
    ) {
        self.name = name
        self.replicas = replicas
        self.broker = broker
        self.publish = publish
        self.consume = consume
        self.serve = serve
        self.call = call
        self.host = host
        self.directory = directory
        self.feed = feed
        self.watch = watch
        self.append = append
        self.peer = peer
        self.names = names
        self.command = command
        self.inbound = inbound
        self.ports = ports
        self.restart = restart
        self.dependsOn = dependsOn
        self.env = env
        self.labels = labels
        self.stop = stop
        self.location = location
    }

    /// Whether it has a workload that ends by itself.
    package var hasFiniteWork: Bool {
        publish.contains { $0.count != nil } || call.contains { $0.count != nil }
            || append.contains { $0.source.count != nil } || (peer?.hasFiniteWork ?? false)
    }

    /// What it listens for: its services, and its objects, its directory or its names beside them; or its feeds.
    package var server: ServeRole? {
        if let serve { return serve }
        if let feed { return ServeRole(services: [], speaks: .http, port: feed.port) }
        return host != nil || directory != nil || names != nil ? ServeRole(services: []) : nil
    }

    /// Whether its processes are reached over datagrams.
    package var takesDatagrams: Bool { peer != nil || serve?.speaks == .udp }

    /// The names of its processes, in order.
    package var instances: [String] {
        guard let replicas else { return [name] }
        return (0..<max(replicas, 0)).map { "\(name)-\($0 + 1)" }
    }

    /// The brokers that its workloads talk to; a command node may talk to any.
    package var brokersUsed: [String] {
        var seen: [String] = []
        let vias = [serve?.via].compactMap { $0 } + call.map(\.via)
        let queues = vias.compactMap { if case .queue(_, let broker) = $0 { broker } else { nil } }
        for name in publish.map(\.broker) + consume.map(\.broker) + queues where !seen.contains(name) {
            seen.append(name)
        }
        return seen
    }
}

package struct BrokerRole: Sendable, Equatable, Codable {
    package enum Engine: Sendable, Hashable, Codable {
        /// Our own broker, in a process of its own.
        case embedded
        /// A broker that somebody else runs.
        case external(url: String)
    }

    package var engine: Engine
    /// A fixed port on loopback for programs outside the cluster (the link `outside -> NAME`).
    package var port: Int?
    /// Whether declared queues of an external broker may be emptied before the run.
    package var purge: Bool

    package init(engine: Engine = .embedded, port: Int? = nil, purge: Bool = false) {
        self.engine = engine
        self.port = port
        self.purge = purge
    }
}

/// A finite or endless stream of messages. Texts may hold `$(seq)` and the like; see `Template`.
package struct PublishRole: Sendable, Equatable, Codable {
    /// Waiting for the broker's confirm of each message.
    package struct Confirm: Sendable, Hashable, Codable {
        /// How long to wait before a transmission counts as failed.
        package var timeout: Duration
        /// Transmissions of one message, the first included.
        package var attempts: Int
        /// Messages in flight at most.
        package var window: Int

        package init(timeout: Duration = .seconds(5), attempts: Int = 1, window: Int = 200) {
            self.timeout = timeout
            self.attempts = attempts
            self.window = window
        }
    }

    /// The exchange; empty for the default one, which routes by queue name.
    package var exchange: String
    /// The routing key; the queue's name where the file says `queue:`.
    package var key: String
    package var headers: [String: ArgumentValue]
    package var body: String
    /// Bytes that the body is padded to.
    package var size: Int?
    /// `nil`: without end.
    package var count: Int?
    /// `nil`: as fast as the broker takes them.
    package var rate: Rate?
    package var mandatory: Bool
    package var persistent: Bool
    package var confirm: Confirm?
    package var broker: String

    package init(
        exchange: String, key: String = "", headers: [String: ArgumentValue] = [:], body: String = "message $(seq)",
        size: Int? = nil, count: Int? = nil, rate: Rate? = nil, mandatory: Bool = false, persistent: Bool = false,
        confirm: Confirm? = nil, broker: String = "broker"
    ) {
        self.exchange = exchange
        self.key = key
        self.headers = headers
        self.body = body
        self.size = size
        self.count = count
        self.rate = rate
        self.mandatory = mandatory
        self.persistent = persistent
        self.confirm = confirm
        self.broker = broker
    }
}

package struct ConsumeRole: Sendable, Equatable, Codable {
    package enum Ack: String, Sendable, Codable, CaseIterable { case auto, manual }
    /// What a configured failure does, always before the ack.
    package enum FailAction: String, Sendable, Codable, CaseIterable { case die, reject }
    package struct Fail: Sendable, Hashable, Codable {
        package var chance: Share
        package var action: FailAction

        package init(chance: Share, action: FailAction = .die) {
            self.chance = chance
            self.action = action
        }
    }

    /// `nil`: an anonymous queue of its own, named by the broker, exclusive, gone with the consumer.
    package var queue: String?
    /// Bindings of the anonymous queue (or further ones of the named queue).
    package var bindings: [Binding]
    package var ack: Ack
    /// Unacknowledged deliveries at most (manual ack); 0 is without limit.
    package var prefetch: Int
    /// How long the handling of one message takes.
    package var work: Duration
    package var fail: Fail?
    /// Whether a rejected message goes back to its queue.
    package var requeue: Bool
    package var broker: String

    package init(
        queue: String? = nil, bindings: [Binding] = [], ack: Ack = .auto, prefetch: Int = 0,
        work: Duration = .zero, fail: Fail? = nil, requeue: Bool = true, broker: String = "broker"
    ) {
        self.queue = queue
        self.bindings = bindings
        self.ack = ack
        self.prefetch = prefetch
        self.work = work
        self.fail = fail
        self.requeue = requeue
        self.broker = broker
    }
}

/// The user's own program.
package struct CommandRole: Sendable, Equatable, Codable {
    package var arguments: [String]
    /// Relative to the topology file's folder.
    package var directory: String?
    /// `nil`: ready as soon as it has started.
    package var ready: ReadinessProbe?

    package init(arguments: [String], directory: String? = nil, ready: ReadinessProbe? = nil) {
        self.arguments = arguments
        self.directory = directory
        self.ready = ready
    }
}

package struct ReadinessProbe: Sendable, Equatable, Codable {
    package enum Kind: Sendable, Equatable, Codable {
        /// A line of its output contains this text.
        case log(String)
        /// A GET of this URL answers 2xx.
        case http(String)
        /// A connection to `host:port` succeeds.
        case tcp(String)
        /// This command exits 0.
        case exec([String])
        /// It has a consumer on its broker (seen by the link: consume-ok).
        case consuming
    }

    package var kind: Kind
    package var timeout: Duration
    package var interval: Duration

    package init(_ kind: Kind, timeout: Duration = .seconds(30), interval: Duration = .milliseconds(50)) {
        self.kind = kind
        self.timeout = timeout
        self.interval = interval
    }
}

package struct RestartPolicy: Sendable, Hashable, Codable {
    package enum Mode: String, Sendable, Codable, CaseIterable {
        case no
        case onFailure = "on-failure"
        case always
    }

    package var mode: Mode
    /// The wait before the first restart; it doubles with each up to `maximumBackoff`.
    package var backoff: Duration
    package var maximumBackoff: Duration
    /// Restarts at most; `nil` without limit.
    package var maximum: Int?

    package init(
        mode: Mode = .no, backoff: Duration = .milliseconds(100), maximumBackoff: Duration = .seconds(5),
        maximum: Int? = nil
    ) {
        self.mode = mode
        self.backoff = backoff
        self.maximumBackoff = maximumBackoff
        self.maximum = maximum
    }
}

package struct StopPolicy: Sendable, Hashable, Codable {
    /// The signal that asks, by name: `TERM`, `INT`, `HUP`, `QUIT`, `KILL`.
    package var signal: String
    /// After that, SIGKILL.
    package var timeout: Duration

    package init(signal: String = "TERM", timeout: Duration = .seconds(2)) {
        self.signal = signal
        self.timeout = timeout
    }
}
