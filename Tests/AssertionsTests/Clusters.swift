import ClusterModel
import History

@testable import Assertions

/// The topologies that the tests judge.
enum Clusters {
    /// `producer` → `work` → queue `tasks` → native `worker-1 …`.
    static func workers(_ count: Int? = nil, _ assertions: Assertion...) -> Topology {
        Topology(
            name: "work",
            nodes: [
                Node(name: "broker", broker: BrokerRole()),
                Node(name: "producer", publish: [PublishRole(exchange: "work")]),
                Node(name: "worker", replicas: count, consume: [ConsumeRole(queue: "tasks", ack: .manual)]),
            ], assertions: assertions.map { AssertionSpec($0, location: SourceLocation(file: "t", line: 9, column: 3)) }
        )
    }

    /// The same with a user's program as worker.
    static func programs(_ assertions: Assertion...) -> Topology {
        var topology = workers()
        topology.nodes[2] = Node(name: "worker", command: CommandRole(arguments: ["worker"]))
        topology.assertions = assertions.map { AssertionSpec($0) }
        return topology
    }

    /// `producer` → fanout `logs` → native subscribers, each with its anonymous queue.
    static func fanout(_ replicas: Int, _ assertions: Assertion...) -> Topology {
        Topology(
            name: "pubsub",
            nodes: [
                Node(name: "broker", broker: BrokerRole()),
                Node(name: "producer", publish: [PublishRole(exchange: "logs")]),
                Node(
                    name: "subscriber", replicas: replicas,
                    consume: [ConsumeRole(bindings: [Binding(exchange: "logs")])]),
            ], assertions: assertions.map { AssertionSpec($0) })
    }

    /// A history in which the exchange `work` leads to the queue `tasks`, from which `worker` consumes.
    static func ready(by worker: String = "worker") -> HistoryBuilder {
        var builder = HistoryBuilder()
        builder.exchange("work", "fanout")
        builder.queue("tasks", boundTo: "work")
        builder.consume("tasks", by: worker)
        return builder
    }
}

extension Assertion {
    static func delivery(
        _ guarantee: Guarantee, of basis: Basis = .acknowledged, to: String? = "worker", from: String? = "producer"
    ) -> Assertion {
        .delivery(guarantee, from: from, to: to, of: basis)
    }
}

extension HistoryBuilder {
    /// The verdicts of the three guarantees, weakest promise of delivery first.
    func guarantees(_ topology: Topology, of basis: Assertion.Basis = .acknowledged, to: String? = "worker")
        -> [Verdict]
    {
        var topology = topology
        topology.assertions = Guarantee.allCases.map { AssertionSpec(.delivery($0, of: basis, to: to)) }
        return Judge.judge(history: history, topology: topology).prefix(3).map(\.verdict)
    }

    func counts(_ topology: Topology, of basis: Assertion.Basis = .acknowledged, to: String? = "worker")
        -> DeliveryCounts
    {
        one(topology, .delivery(.exactlyOnce, of: basis, to: to)).destinations.first?.counts ?? DeliveryCounts()
    }

    func one(_ topology: Topology, _ assertion: Assertion, logs: [String: [String]] = [:]) -> AssertionResult {
        var topology = topology
        topology.assertions = [AssertionSpec(assertion)]
        return Judge.judge(history: history, topology: topology, logs: logs)[0]
    }
}
