import ClusterModel
import Control

/// All that the page shows of a running cluster, at one moment. Bounded: of each list so many rows at most.
package struct PageState: Sendable, Encodable, Equatable {
    package struct Node: Sendable, Encodable, Equatable {
        var name: String
        var node: String
        var role: String
        var pid: Int32?
        var state: NodeState
        var restarts: Int
        /// How it ended: `signal 9`.
        var detail: String
        var port: Int?
        var progress: String
        /// Things done a second.
        var rate: Double
        /// Deliveries that it has not handled, and messages in its anonymous queues.
        var waiting: Int?
        /// Peers that suspect it, or hold it to be dead.
        var suspectedBy: [String]
        /// The last item of each feed: that it serves, that it has seen.
        var feeds: [String: UInt64]
        var views: [String: UInt64]
    }

    package struct Link: Sendable, Encodable, Equatable {
        var client: String
        var server: String
        var connections: Int
        /// By kind of message; those that there were.
        var counts: [String: Int]
        var rates: [String: Double]
        /// The names of the faults on what each end sends.
        var toServer: [String]
        var toClient: [String]
    }

    package struct Fault: Sendable, Encodable, Equatable {
        var name: String
        var fault: String
        var link: String
        var isActive: Bool
        var seen: Int
        var affected: Int
    }

    package struct Object: Sendable, Encodable, Equatable {
        var object: String
        var type: String
        var owner: String
        var epoch: UInt64
        var phase: String
        var mailbox: Int
        var alive: String
        var state: String
    }

    package var phase: String
    /// Seconds.
    package var elapsed: Double
    package var nodes: [Node]
    package var links: [Link]
    package var faults: [Fault]
    package var queues: [QueueStatus]
    package var objects: [Object]
    /// Rows that have been left out.
    package var leftOut: Int

    /// Rows of one list, and characters of an object's state.
    package static let rowLimit = 1_000
    package static let faultLimit = 100
    package static let stateLimit = 160

    package init(
        _ status: ClusterStatus, holdings: Holdings = .init(), objects found: [String: [ObjectDescription]] = [:],
        rates: RateMeter = .init()
    ) {
        phase = status.phase
        elapsed = status.elapsed
        var suspects: [String: [String]] = [:]
        for (name, survey) in holdings.surveys.sorted(by: { $0.key < $1.key }) {
            for suspect in survey.suspects { suspects[suspect, default: []].append(name) }
        }
        nodes = status.nodes.prefix(Self.rowLimit).map { node in
            let survey = holdings.surveys[node.name]
            return Node(
                name: node.name, node: node.node, role: node.role, pid: node.pid, state: node.state,
                restarts: node.restarts, detail: node.detail, port: node.port, progress: node.progress?.text ?? "",
                rate: tenths(rates.rate(Self.key(of: node))), waiting: survey.map { $0.unhandled + ($0.queued ?? 0) },
                suspectedBy: suspects[node.name] ?? [], feeds: survey?.feeds ?? [:], views: survey?.views ?? [:])
        }
        links = status.links.prefix(Self.rowLimit).map { link in
            let ends = Self.ends(of: link)
            let counts = link.counts.filter { $0.value > 0 }
            return Link(
                client: ends.client, server: ends.server, connections: link.connections, counts: counts,
                rates: counts.keys.reduce(into: [:]) { result, kind in
                    let rate = tenths(rates.rate(Self.key(of: link, kind)))
                    if rate > 0 { result[kind] = rate }
                }, toServer: link.toServer, toClient: link.toClient)
        }
        // What is on first, and of what was the newest.
        let shown = status.faults.filter(\.isActive) + status.faults.filter { !$0.isActive }.reversed()
        faults = shown.prefix(Self.faultLimit).map {
            Fault(
                name: $0.name, fault: $0.fault, link: $0.link, isActive: $0.isActive, seen: $0.seen,
                affected: $0.affected)
        }
        queues = holdings.queues
        let all = found.sorted { $0.key < $1.key }.flatMap { host, list in list.map { (host, $0) } }
        objects = all.prefix(Self.rowLimit).map { Object($1, owner: $0) }.sorted { $0.object < $1.object }
        leftOut =
            max(0, status.nodes.count - Self.rowLimit) + max(0, status.links.count - Self.rowLimit)
            + max(0, all.count - Self.rowLimit)
    }

    /// The counters whose rates are shown.
    package static func counters(of status: ClusterStatus) -> [String: Int] {
        var counters: [String: Int] = [:]
        for node in status.nodes { counters[key(of: node)] = node.progress?.everything ?? 0 }
        for link in status.links { for (kind, count) in link.counts { counters[key(of: link, kind)] = count } }
        return counters
    }

    private static func key(of node: NodeStatus) -> String { "node \(node.name)" }
    private static func key(of link: LinkStatus, _ kind: String) -> String { "\(kind) \(link.link)" }

    private static func ends(of link: LinkStatus) -> (client: String, server: String) {
        let words = link.link.split(separator: " ")
        return (String(words.first ?? ""), String(words.last ?? ""))
    }
}

private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

extension PageState.Object {
    fileprivate init(_ description: ObjectDescription, owner: String) {
        object = description.object
        type = description.type
        self.owner = owner
        epoch = description.epoch
        phase = description.phase
        mailbox = description.mailbox
        alive = description.reason
        let text = description.state ?? ""
        state = text.count > PageState.stateLimit ? text.prefix(PageState.stateLimit) + "…" : text
    }
}

extension LinkStatus {
    /// By kind of message.
    fileprivate var counts: [String: Int] {
        let all: [(MessageKind, Int)] = [
            (.publish, publishes), (.deliver, deliveries), (.ack, acks), (.confirm, confirms), (.request, requests),
            (.reply, replies), (.event, events), (.datagram, datagrams),
        ]
        return Dictionary(uniqueKeysWithValues: all.map { ($0.0.rawValue, $0.1) })
    }
}

extension Progress {
    fileprivate var everything: Int { done + processed + executed + appended + viewed + talked }
}
