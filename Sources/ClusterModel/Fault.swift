/// One entry under `faults:`, or one `orch fault …`: what breaks, where, and when.
package struct FaultSpec: Sendable, Equatable, Codable {
    package var fault: Fault
    /// For faults on links; `nil` is `all`.
    package var link: LinkSelector?
    package var only: FaultFilter
    /// After the workloads have started; `nil` is at once.
    package var at: Duration?
    /// `nil`: until the end of the run, or until it is cleared.
    package var duration: Duration?
    /// Repeats with this period, counted from `at`.
    package var every: Duration?
    /// Instead of `at`: as soon as a process comes to this step of a migration, which waits until the fault is on.
    package var failpoint: Failpoint?
    /// The wait after which a swallowed message is settled; `nil` is never (`settle: never`).
    package var settle: Duration?
    /// For `orch fault rm`; drawn from the fault's text where none is given.
    package var name: String?
    package var location: SourceLocation

    package init(
        _ fault: Fault, link: LinkSelector? = nil, only: FaultFilter = .init(), at: Duration? = nil,
        for duration: Duration? = nil, every: Duration? = nil, failpoint: Failpoint? = nil,
        settle: Duration? = .seconds(1), name: String? = nil,
        location: SourceLocation = .init()
    ) {
        self.fault = fault
        self.link = link
        self.only = only
        self.at = at
        self.duration = duration
        self.every = every
        self.failpoint = failpoint
        self.settle = settle
        self.name = name
        self.location = location
    }

    /// The canonical text, without place and schedule: `drop 30%`. It seeds the fault's dice.
    package var text: String { fault.text + only.text }
}

package enum Fault: Sendable, Hashable, Codable {
    // Messages.
    case drop(Share)
    case duplicate(Share)
    case delay(Duration, jitter: Duration, Share)
    /// A message waits until a later one of its kind has overtaken it, or the time has passed.
    case reorder(Share, within: Duration)
    /// One bit of the payload is flipped.
    case corrupt(Share)
    /// A request over HTTP is answered by the link, with this status; the server does not see it.
    case error(Share, status: Int)
    /// A reply over HTTP ends in the middle of its body, and its connection with it.
    case truncate(Share)
    // Connections.
    case latency(Duration, jitter: Duration)
    case reset
    case blackhole
    // The network.
    case partition(Partition)
    // Processes.
    case kill(NodeSelector, signal: String)
    case pause(NodeSelector)
    case restart(NodeSelector)

    /// How long a message waits to be overtaken where nothing else is said.
    package static let reorderWithin = Duration.milliseconds(100)

    package enum Level: String, Sendable { case message, connection, network, process }

    package var level: Level {
        switch self {
        case .drop, .duplicate, .delay, .reorder, .corrupt, .error, .truncate: .message
        case .latency, .reset, .blackhole: .connection
        case .partition: .network
        case .kill, .pause, .restart: .process
        }
    }

    /// The word that names it in files, on the command line and in reports.
    package var keyword: String {
        switch self {
        case .drop: "drop"
        case .duplicate: "duplicate"
        case .delay: "delay"
        case .reorder: "reorder"
        case .corrupt: "corrupt"
        case .error: "error"
        case .truncate: "truncate"
        case .latency: "latency"
        case .reset: "reset"
        case .blackhole: "blackhole"
        case .partition: "partition"
        case .kill: "kill"
        case .pause: "pause"
        case .restart: "restart"
        }
    }

    package var text: String {
        switch self {
        case .drop(let share), .duplicate(let share), .corrupt(let share), .truncate(let share):
            "\(keyword) \(share)"
        case .error(let share, let status): "error \(share) status \(status)"
        case .partition(let partition): "partition \(partition)"
        case .reorder(let share, let within):
            "reorder \(share)" + (within == Fault.reorderWithin ? "" : " within \(within.text)")
        case .delay(let time, let jitter, let share):
            "delay \(time.text)" + (jitter > .zero ? " ±\(jitter.text)" : "")
                + (share.fraction < 1 ? " \(share)" : "")
        case .latency(let time, let jitter): "latency \(time.text)" + (jitter > .zero ? " ±\(jitter.text)" : "")
        case .reset, .blackhole: keyword
        case .kill(let nodes, let signal): "kill \(nodes)" + (signal == "KILL" ? "" : " \(signal)")
        case .pause(let nodes), .restart(let nodes): "\(keyword) \(nodes)"
        }
    }
}

/// A message's kind, on any protocol.
package enum MessageKind: String, Sendable, Hashable, Codable, CaseIterable {
    case publish, deliver, ack, confirm, request, reply
    /// A server-sent event.
    case event
    case datagram

    /// Whether a message fault without `only:` touches it: what carries data.
    package var carriesData: Bool { self != .ack && self != .confirm }
}

/// `only:` — which messages of a link a fault is about. All parts that are given must match.
package struct FaultFilter: Sendable, Hashable, Codable {
    package var kinds: [MessageKind]
    /// A routing key, word for word, or a topic pattern (`*`, `#`).
    package var key: String?
    /// Of calls: `Calculator.suma`, `Calculator/suma`, a whole path, or `Calculator.*`. Of requests over HTTP/1.1: `GET`.
    package var method: String?
    /// Of requests over HTTP/1.1: the path without its query, word for word or with `*` for any letters.
    package var path: String?
    package var nth: Int?
    package var first: Int?

    package init(
        kinds: [MessageKind] = [], key: String? = nil, method: String? = nil, path: String? = nil, nth: Int? = nil,
        first: Int? = nil
    ) {
        self.kinds = kinds
        self.key = key
        self.method = method
        self.path = path
        self.nth = nth
        self.first = first
    }

    package var text: String {
        var parts: [String] = kinds.map(\.rawValue)
        if let key { parts.append("key=\(key)") }
        if let method { parts.append("method=\(method)") }
        if let path { parts.append("path=\(path)") }
        if let nth { parts.append("nth=\(nth)") }
        if let first { parts.append("first=\(first)") }
        return parts.isEmpty ? "" : " only \(parts.joined(separator: " "))"
    }
}

/// `worker`, `worker-2`, `2 of worker`, `50% of worker`, `label:x`.
package enum NodeSelector: Sendable, Hashable, Codable, CustomStringConvertible {
    case named(String)
    case count(Int, of: String)
    case share(Share, of: String)
    case label(String)

    package var description: String {
        switch self {
        case .named(let name): name
        case .count(let count, let name): "\(count) of \(name)"
        case .share(let share, let name): "\(share) of \(name)"
        case .label(let label): "label:\(label)"
        }
    }
}

/// Which direction of which links. `outside` names programs that are not in the cluster.
package enum LinkSelector: Sendable, Hashable, Codable, CustomStringConvertible {
    case all
    /// What the first sends to the second.
    case oneWay(NodeSelector, NodeSelector)
    case bothWays(NodeSelector, NodeSelector)

    package var description: String {
        switch self {
        case .all: "all"
        case .oneWay(let a, let b): "\(a) -> \(b)"
        case .bothWays(let a, let b): "\(a) <-> \(b)"
        }
    }
}
