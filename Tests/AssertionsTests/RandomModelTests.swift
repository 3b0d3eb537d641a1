import ClusterModel
import History
import Testing

@testable import Assertions

/// Random histories, judged by the checker and by a naive reading that looks through all events again for every message.
@Suite struct RandomModelTests {
    private static let keys = ["a", "b", "none"]

    /// Two queues behind a direct exchange; a native worker on one, a user's program on the other.
    private static let topology = Topology(
        name: "random",
        nodes: [
            Node(name: "broker", broker: BrokerRole()),
            Node(name: "producer", publish: [PublishRole(exchange: "routes")]),
            Node(name: "native", consume: [ConsumeRole(queue: "a", ack: .manual)]),
            Node(name: "program", command: CommandRole(arguments: ["program"])),
        ])

    private func history(_ generator: inout SeededGenerator) -> HistoryBuilder {
        var builder = HistoryBuilder()
        builder.exchange("routes", "direct")
        builder.queue("a", boundTo: "routes", key: "a")
        builder.queue("b", boundTo: "routes", key: "b")
        builder.consume("a", by: "native")
        builder.consume("b", by: "program")
        var pending: [HistoryBuilder.Delivered] = []
        for _ in 0..<Int.random(in: 1...60, using: &generator) {
            let message = "m\(Int.random(in: 1...12, using: &generator))"
            // A message keeps its key.
            let key = Self.keys[message.utf8.reduce(0) { $0 + Int($1) } % 3]
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                builder.publish(
                    message, to: "routes", key: key, by: Bool.random(using: &generator) ? "producer" : "other",
                    fate: [.passed, .passed, .dropped, .duplicated].randomElement(using: &generator)!,
                    confirm: Bool.random(using: &generator),
                    confirmFate: [.passed, .passed, .dropped].randomElement(using: &generator)!)
            case 4..<8:
                guard let stamp = builder.stamps[message]?.randomElement(using: &generator) else { continue }
                let queue = ["a", "a", "b"].randomElement(using: &generator)!
                let process = queue == "a" ? "native" : "program"
                let delivered = builder.deliver(
                    message, from: queue, to: process,
                    fate: [.passed, .passed, .passed, .dropped, .undeliverable].randomElement(using: &generator)!,
                    redelivered: Bool.random(using: &generator),
                    autoAck: queue == "b" && Bool.random(using: &generator), stamp: stamp)
                if delivered.tag > 0 { pending.append(delivered) }
            default:
                guard let index = pending.indices.randomElement(using: &generator) else { continue }
                let delivered = pending.remove(at: index)
                if delivered.process == "native" {
                    builder.handle(delivered)
                    if Int.random(in: 0..<4, using: &generator) == 0 { continue }
                    let ok = Int.random(in: 0..<3, using: &generator) > 0
                    builder.handled(delivered, ok ? .ok : .fail)
                    builder.settle(delivered, ok ? .acked : .requeued)
                } else {
                    builder.settle(
                        delivered, [.acked, .acked, .requeued, .rejected].randomElement(using: &generator)!,
                        fate: [.passed, .dropped].randomElement(using: &generator)!)
                }
            }
        }
        builder.finish()
        return builder
    }

    @Test func countsAgreeWithANaiveReading() {
        var generator = SeededGenerator(seed: 3, "histories")
        for round in 0..<400 {
            let builder = history(&generator)
            for (to, queue) in [("native", "a"), ("program", "b")] {
                for basis in Assertion.Basis.allCases {
                    let result = builder.one(
                        Self.topology, .delivery(.exactlyOnce, from: "producer", to: to, of: basis))
                    let naive = NaiveModel(builder.history, queue: queue, native: to == "native", of: basis)
                    let seen = result.destinations.first?.counts ?? DeliveryCounts()
                    // A program's queue at which nothing happened is left out.
                    if result.destinations.isEmpty {
                        #expect(naive.counts.owed == 0 && naive.counts.delivered == 0, "round \(round)")
                        continue
                    }
                    #expect(seen == naive.counts, "round \(round), \(to), \(basis)")
                }
            }
        }
    }

    /// Messages go from files straight into the ledger; events in memory take another way to the same verdicts.
    @Test func filesAreJudgedLikeEventsInMemory() throws {
        var generator = SeededGenerator(seed: 5, "files")
        var topology = Self.topology
        topology.assertions = [
            AssertionSpec(.delivery(.exactlyOnce, from: nil, to: nil, of: .attempted)),
            AssertionSpec(.delivery(.atLeastOnce, from: "producer", to: "queue:a", of: .acknowledged)),
            AssertionSpec(.routing(from: nil)), AssertionSpec(.order(from: nil, to: nil)),
        ]
        for round in 0..<300 {
            let builder = history(&generator)
            var history = builder.history
            for index in history.entries.indices {
                // Some without stamps, some without ids, some with headers, some that only nodes know of.
                switch history.entries[index].event {
                case .delivery(var event) where Int.random(in: 0..<5, using: &generator) == 0:
                    event.stamp = 0
                    event.exchange = "routes"
                    event.key = event.queue
                    history.entries[index].event = .delivery(event)
                case .transmission(var event):
                    if Int.random(in: 0..<5, using: &generator) == 0 { event.message = "" }
                    if Int.random(in: 0..<5, using: &generator) == 0 { event.headers = [0, 0, 0, 0] }
                    event.bodyHash = UInt64.random(in: 0...2, using: &generator)
                    event.stamped = Bool.random(using: &generator)
                    history.entries[index].event = .transmission(event)
                default: break
                }
            }
            if round % 3 == 0 {
                history.entries.removeAll {
                    if case .connection = $0.event { Int.random(in: 0..<3, using: &generator) == 0 } else { false }
                }
            }
            let files = try EvidenceFiles(history)
            #expect(files.history.problems == [])
            #expect(files.history.entries == history.entries)
            #expect(
                Judge.judge(history: files.history, topology: topology)
                    == Judge.judge(history: history, topology: topology), "round \(round)")
        }
    }

    /// Many destinations cost what they were owed and got, not messages times destinations.
    @Test func aDestinationTalliesOnlyWhatConcernsIt() {
        var builder = HistoryBuilder()
        builder.exchange("routes", "direct")
        for queue in 0..<50 {
            builder.queue("q\(queue)", boundTo: "routes", key: "k\(queue)")
            builder.consume("q\(queue)", by: "program")
        }
        for message in 0..<500 { builder.publish("producer.1.\(message)", to: "routes", key: "k\(message % 50)") }
        // One that is not owed where it arrives.
        builder.serve("producer.1.1", from: "q0", by: "program")
        builder.finish()
        let ledger = Ledger(builder.history, topology: Self.topology)
        var published = PublishedMessages(ledger, from: nil)
        let sizes = (0..<50).map { queue -> Int in
            let destination = ledger.destinations("queue:q\(queue)", in: Self.topology)[0]
            return DeliveryTally(ledger, destination, of: &published, .attempted).entries.count
        }
        #expect(sizes == [11] + Array(repeating: 10, count: 49))
        #expect(published.count == 500)
    }

    /// Whatever is missing or out of place, a judgement comes out.
    @Test func damagedHistoriesDoNotTrap() {
        var generator = SeededGenerator(seed: 4, "damage")
        var topology = Self.topology
        topology.assertions = [
            AssertionSpec(.delivery(.exactlyOnce, from: nil, to: nil, of: .attempted)),
            AssertionSpec(.delivery(.exactlyOnce, from: "producer", to: "queue:a", of: .acknowledged)),
            AssertionSpec(.routing(from: nil)), AssertionSpec(.order(from: nil, to: nil)),
        ]
        for _ in 0..<400 {
            var history = history(&generator).history
            history.entries.removeAll { _ in Int.random(in: 0..<4, using: &generator) == 0 }
            for _ in 0..<5 where history.entries.count > 1 {
                let a = history.entries.indices.randomElement(using: &generator)!
                let b = history.entries.indices.randomElement(using: &generator)!
                history.entries.swapAt(a, b)
                history.entries[a].source = Int.random(in: 0..<6, using: &generator)
                history.entries.insert(history.entries[b], at: a)
            }
            #expect(Judge.judge(history: history, topology: topology).count >= 4)
        }
    }
}

/// Counts by going through the whole history for every message: slow, short, and without anything of the checker's.
private struct NaiveModel {
    private(set) var counts = DeliveryCounts()

    init(_ history: History, queue: String, native: Bool, of basis: Assertion.Basis) {
        let events = history.entries.map(\.event)
        var connections: [UInt32: ConnectionOpened] = [:]
        for case .connection(let opened) in events { connections[opened.connection] = opened }
        var transmissions: [Transmission] = []
        for case .transmission(let one) in events where connections[one.connection]?.client == "producer" {
            transmissions.append(one)
        }
        for message in Set(transmissions.map(\.message)) {
            let own = transmissions.filter { $0.message == message }
            count(own, events, queue: queue, native: native, of: basis, connections)
        }
        counts.unexpectedAtMost = counts.unexpected
    }

    private mutating func count(
        _ own: [Transmission], _ events: [Event], queue: String, native: Bool, of basis: Assertion.Basis,
        _ connections: [UInt32: ConnectionOpened]
    ) {
        let isOwed = own[0].key == queue
        let isAcknowledged = own.contains { one in
            events.contains {
                if case .transmissionResult(let result) = $0 {
                    result.stamp == one.stamp && result.outcome == .acked && result.fate == .passed
                } else {
                    false
                }
            }
        }
        var delivered = 0
        var least = 0
        var most = 0
        var rejected = false
        for case .delivery(let one) in events
        where one.queue == queue && own.contains(where: { $0.stamp == one.stamp })
            && (one.fate == .passed || one.fate == .duplicated)
        {
            delivered += 1
            var settled: SettlementOutcome?
            var result: OperationType?
            var began = false
            for event in events {
                switch event {
                case .settlement(let s) where s.connection == one.connection && s.tag == one.tag: settled = s.outcome
                case .handle(let h) where Self.means(h.reference, one, connections): began = true
                case .handleResult(let h) where Self.means(h.reference, one, connections): result = h.type
                default: break
                }
            }
            if settled == .rejected { rejected = true }
            if native {
                least += result == .ok ? 1 : 0
                most += result == .ok || (began && result == nil) ? 1 : 0
            } else {
                least += settled == .acked && !one.autoAck ? 1 : 0
                most += 1
            }
        }
        counts.attempted += 1
        counts.acknowledged += isAcknowledged ? 1 : 0
        counts.owed += isOwed ? 1 : 0
        counts.delivered += delivered > 0 ? 1 : 0
        counts.redelivered += delivered > 1 ? 1 : 0
        counts.processed += least > 0 ? 1 : 0
        counts.processedAtMost += most > 0 ? 1 : 0
        counts.duplicated += least > 1 ? 1 : 0
        counts.duplicatedAtMost += most > 1 ? 1 : 0
        counts.unexpected += delivered > 0 && !isOwed ? 1 : 0
        counts.recovered += !isAcknowledged && least > 0 ? 1 : 0
        counts.unconfirmed += isOwed && !isAcknowledged && least == 0 ? 1 : 0
        counts.rejected += rejected && least == 0 ? 1 : 0
        guard isOwed, isAcknowledged || basis == .attempted, !rejected else { return }
        counts.lost += most == 0 ? 1 : 0
        counts.lostAtMost += least == 0 ? 1 : 0
    }

    private static func means(
        _ reference: DeliveryReference, _ one: Delivery, _ connections: [UInt32: ConnectionOpened]
    ) -> Bool {
        reference.port == connections[one.connection]?.port && reference.channel == one.channel
            && reference.tag == one.tag
    }
}
