import Assertions
import ClusterModel
import Reporting

/// Reports and topologies that the tests print.
enum Samples {
    static func counts(_ change: (inout DeliveryCounts) -> Void = { _ in }) -> DeliveryCounts {
        var counts = DeliveryCounts()
        counts.attempted = 1_000
        counts.acknowledged = 1_000
        counts.owed = 1_000
        counts.delivered = 1_000
        counts.processed = 1_000
        counts.processedAtMost = 1_000
        change(&counts)
        return counts
    }

    static let example = Example(
        kind: .lost, message: "producer.1.17",
        path: [
            .init(time: 102_300_000, text: "published by producer to logs"),
            .init(time: 103_100_000, text: "confirmed"),
            .init(
                time: 104_000_000,
                text: "delivered from queue amq.gen-2 to subscriber-2; dropped on the link by drop 30%"),
        ])

    static let passing = AssertionResult(
        title: "delivery: at-least-once", verdict: .pass, from: "producer", to: "subscriber", line: 27,
        destinations: (1...3).map { DestinationResult(to: "subscriber-\($0)", verdict: .pass, counts: counts()) })

    static let failing = AssertionResult(
        title: "delivery: exactly-once", verdict: .fail, from: "producer", to: "subscriber", line: 30,
        destinations: [
            DestinationResult(to: "subscriber-1", verdict: .pass, counts: counts()),
            DestinationResult(
                to: "subscriber-2", verdict: .fail,
                counts: counts {
                    $0.processed = 997
                    $0.processedAtMost = 999
                    $0.lost = 1
                    $0.lostAtMost = 3
                },
                examples: [example], notes: ["2 deliveries may or may not have been processed"]),
        ], explanation: "subscriber-2: 1 of 1000 acknowledged messages lost")

    static let report = RunReport(
        topology: "pubsub", file: "topologies/pubsub.yaml", seed: 7, duration: .milliseconds(1_610),
        nodes: [
            .init(name: "producer", pid: 4_241, state: .exited),
            .init(name: "subscriber-1", pid: 4_242, state: .exited, restarts: 0),
            .init(name: "subscriber-2", pid: 4_243, state: .killed, restarts: 1, detail: "signal 9"),
        ],
        faults: [
            .init(fault: "drop 30%", link: "producer -> broker", kinds: [.publish: .init(seen: 412, affected: 121)])
        ], assertions: [passing, failing])

    static let topology = Topology(
        name: "pubsub", description: "One producer, three subscribers", seed: 7,
        exchanges: [Exchange(name: "logs", kind: .fanout)],
        queues: [Queue(name: "audit", durable: true, bindings: [Binding(exchange: "logs", key: "a.#")])],
        nodes: [
            Node(name: "broker", broker: BrokerRole()),
            Node(name: "producer", publish: [PublishRole(exchange: "logs", count: 1_000)]),
            Node(name: "subscriber", replicas: 3, consume: [ConsumeRole(bindings: [Binding(exchange: "logs")])]),
            Node(name: "archive", consume: [ConsumeRole(queue: "audit", ack: .manual)]),
            Node(name: "script", command: CommandRole(arguments: ["python3", "say \"hi\".py"])),
        ],
        faults: [
            FaultSpec(
                .drop(Share(0.3)), link: .oneWay(.named("producer"), .named("broker")), at: .milliseconds(100),
                for: .milliseconds(200)),
            FaultSpec(.kill(.named("broker"), signal: "KILL"), at: .milliseconds(300)),
        ])
}
