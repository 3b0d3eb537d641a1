import ClusterModel
import History

/// Messages from native publishers through a direct exchange to queues with a native worker each, every one confirmed,
/// handled and acknowledged: eight events a message, in batches as links see them.
struct MessageHistory {
    /// What is wrong with every thousandth message; the broker's doing, so that no link knows of it.
    enum Mistake: Int, CaseIterable { case lost, doubled, swapped, misrouted }

    var messages: Int
    var queues = 4
    var publishers = 2
    var mistakes: [Mistake] = []
    /// Nothing that was published arrives.
    var losesAll = false
    /// How often each message is given back and delivered again.
    var requeues = 0
    var batch = 20

    private struct Sent {
        var number: Int
        var queue: Int
        var stamp: Int64
        var id: String
    }

    var topology: Topology {
        var nodes = [Node(name: "broker", broker: BrokerRole())]
        nodes.append(Node(name: "producer", replicas: publishers, publish: [PublishRole(exchange: "work")]))
        for queue in 0..<queues {
            nodes.append(Node(name: "worker\(queue)", consume: [ConsumeRole(queue: "tasks\(queue)", ack: .manual)]))
        }
        let assertions: [Assertion] = [
            .delivery(.exactlyOnce, from: "producer", to: nil, of: .acknowledged), .routing(from: nil),
            .order(from: nil, to: nil),
        ]
        return Topology(name: "messages", nodes: nodes, assertions: assertions.map { AssertionSpec($0) })
    }

    func write(to folder: EvidenceFolder) throws {
        try declare(in: folder)
        let names = (1...publishers).map { "producer-\($0)" }
        let nodes = try names.map { try folder.witness($0) }
        let workers = try (0..<queues).map { try folder.witness("worker\($0)") }
        let links = [try folder.witness("links-1", .link), try folder.witness("links-2", .link)]
        var tags = [UInt64](repeating: 0, count: queues)
        var sequences = [Int](repeating: 0, count: publishers)
        var done = 0
        while done < messages {
            let publisher = (done / batch) % publishers
            let count = min(batch, messages - done)
            var sent = (0..<count).map { index -> Sent in
                sequences[publisher] += 1
                let sequence = sequences[publisher]
                return Sent(
                    number: done + index, queue: (done + index) % queues,
                    stamp: 4_406_772_235_650_465_792 | Int64(publisher + 1) << 28 | Int64(sequence),
                    id: "\(names[publisher]).1.\(sequence)")
            }
            done += count
            publish(sent, by: nodes[publisher], publisher, over: links[0], sequences[publisher] - count, folder)
            if losesAll { continue }
            for mistake in mistakes { make(mistake, &sent) }
            for round in 0...requeues {
                deliver(sent, to: workers, over: links[1], &tags, round: round, folder)
            }
        }
        try folder.end()
    }

    private func declare(in folder: EvidenceFolder) throws {
        try folder.running(["broker"])
        let links = try folder.witness("links-1", .link)
        let other = try folder.witness("links-2", .link)
        var sequence: UInt32 = 0
        func declare(_ operation: Declaration.Operation, _ name: String, _ source: String, _ key: String) throws {
            sequence += 1
            for type in [OperationType.invoke, .ok] {
                var event = Declaration()
                event.sequence = sequence
                event.type = type
                event.operation = operation
                event.broker = "broker"
                event.name = name
                event.other = source
                event.key = key
                folder.now += 1_000
                folder.record(.declaration(event), by: try folder.orchestrator())
            }
        }
        try declare(.declareExchange, "work", "direct", "")
        for queue in 0..<queues {
            try declare(.declareQueue, "tasks\(queue)", "", "")
            try declare(.bindQueue, "tasks\(queue)", "work", "k\(queue)")
        }
        for publisher in 1...publishers {
            folder.connection(UInt32(publisher), "producer-\(publisher)", "broker", on: links)
        }
        for queue in 0..<queues {
            let number = UInt32(100 + queue)
            folder.connection(number, "worker\(queue)", "broker", on: other)
            for type in [OperationType.invoke, .ok] {
                var event = Declaration()
                event.connection = number
                event.channel = 1
                event.sequence = 1
                event.type = type
                event.operation = .consume
                event.broker = "broker"
                event.name = "tasks\(queue)"
                event.other = "ctag"
                folder.now += 1_000
                folder.record(.declaration(event), by: other)
            }
        }
        try folder.running((1...publishers).map { "producer-\($0)" } + (0..<queues).map { "worker\($0)" })
        try folder.phase(.run)
    }

    private func publish(
        _ sent: [Sent], by node: Recorder, _ publisher: Int, over link: Recorder, _ before: Int,
        _ folder: EvidenceFolder
    ) {
        for one in sent {
            var event = Publish()
            event.message = one.id
            event.exchange = "work"
            event.key = "k\(one.queue)"
            folder.now += 400
            folder.record(.publish(event), by: node)
        }
        folder.now += 50_000
        for (index, one) in sent.enumerated() {
            var event = Transmission()
            event.stamp = one.stamp
            event.connection = UInt32(publisher + 1)
            event.channel = 1
            event.n = UInt64(before + index + 1)
            event.message = one.id
            event.exchange = "work"
            event.key = "k\(one.queue)"
            event.size = 100
            event.confirming = true
            folder.record(.transmission(event), by: link)
        }
        folder.now += 50_000
        for one in sent { folder.record(.transmissionResult(.init(stamp: one.stamp, outcome: .acked)), by: link) }
        folder.now += 50_000
        for one in sent {
            var event = PublishResult()
            event.message = one.id
            event.reason = "confirmed"
            folder.now += 400
            folder.record(.publishResult(event), by: node)
        }
    }

    private func make(_ mistake: Mistake, _ sent: inout [Sent]) {
        guard let index = sent.firstIndex(where: { $0.number % 1_000 == 250 * mistake.rawValue }) else { return }
        switch mistake {
        case .lost: sent.remove(at: index)
        case .doubled: sent.insert(sent[index], at: index + 1)
        case .swapped: if index + queues < sent.count { sent.swapAt(index, index + queues) }
        case .misrouted: sent[index].queue = (sent[index].queue + 1) % queues
        }
    }

    private func deliver(
        _ sent: [Sent], to workers: [Recorder], over link: Recorder, _ tags: inout [UInt64], round: Int,
        _ folder: EvidenceFolder
    ) {
        folder.now += 50_000
        var references: [DeliveryReference] = []
        for one in sent {
            tags[one.queue] += 1
            let connection = UInt32(100 + one.queue)
            references.append(
                DeliveryReference(port: UInt16(30_000 + connection), channel: 1, tag: tags[one.queue]))
            var event = Delivery()
            event.connection = connection
            event.channel = 1
            event.tag = tags[one.queue]
            event.stamp = one.stamp
            event.message = one.id
            event.queue = "tasks\(one.queue)"
            event.exchange = "work"
            event.key = "k\(one.queue)"
            event.redelivered = round > 0
            event.n = tags[one.queue]
            folder.record(.delivery(event), by: link)
        }
        folder.now += 50_000
        let isLast = round == requeues
        for (one, reference) in zip(sent, references) {
            var handle = Handle()
            handle.reference = reference
            handle.message = one.id
            handle.queue = "tasks\(one.queue)"
            handle.redelivered = round > 0
            folder.now += 400
            folder.record(.handle(handle), by: workers[one.queue])
            var result = HandleResult()
            result.reference = reference
            result.type = isLast ? .ok : .fail
            result.reason = isLast ? "" : "requeued"
            folder.now += 400
            folder.record(.handleResult(result), by: workers[one.queue])
        }
        folder.now += 50_000
        for (one, reference) in zip(sent, references) {
            var event = Settlement()
            event.connection = UInt32(100 + one.queue)
            event.channel = 1
            event.tag = reference.tag
            event.stamp = one.stamp
            event.outcome = isLast ? .acked : .requeued
            folder.record(.settlement(event), by: link)
        }
    }
}
