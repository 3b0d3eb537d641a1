import ClusterModel
import History
import Testing

@testable import Reporting

/// From evidence to lanes and arrows.
@Suite struct TimelineDataTests {
    /// Evidence, a millisecond apart unless said otherwise.
    private struct Evidence {
        var history = History(sources: [
            EvidenceSource(kind: .orchestrator, name: "orchestrator"), EvidenceSource(kind: .link, name: "links"),
            EvidenceSource(kind: .node, name: "producer"), EvidenceSource(kind: .node, name: "consumer"),
            EvidenceSource(kind: .node, name: "peer-1"), EvidenceSource(kind: .node, name: "peer-2"),
        ])

        mutating func add(_ ms: Int64, _ source: Int, _ event: Event) {
            history.entries.append(.init(time: 5_000_000_000 + ms * 1_000_000, source: source, event: event))
        }

        mutating func connect(_ connection: UInt32, _ client: String, _ server: String) {
            var event = ConnectionOpened()
            event.connection = connection
            event.client = client
            event.server = server
            add(0, 1, .connection(event))
        }

        mutating func publish(_ ms: Int64, _ message: String, stamp: Int64, fate: Fate = .passed) {
            var publish = Publish()
            publish.message = message
            add(ms, 2, .publish(publish))
            var event = Transmission()
            event.stamp = stamp
            event.connection = 1
            event.message = message
            event.exchange = "logs"
            event.key = "a.b"
            event.fate = fate
            add(ms + 1, 1, .transmission(event))
        }

        mutating func deliver(_ ms: Int64, stamp: Int64, fate: Fate = .passed) {
            var event = Delivery()
            event.connection = 2
            event.stamp = stamp
            event.queue = "audit"
            event.fate = fate
            add(ms, 1, .delivery(event))
        }
    }

    private func shown(_ data: TimelineData) -> [String] {
        data.arrows.map { arrow in
            "\(arrow.kind) \(data.id(of: arrow)) \(data.lanes[Int(arrow.from)])>\(data.lanes[Int(arrow.to)]) "
                + "\(arrow.start / 1_000_000)-\(arrow.end / 1_000_000) \(arrow.outcome)"
        }
    }

    @Test func aMessageGoesFromItsPublisherThroughTheBrokerToItsConsumer() {
        var evidence = Evidence()
        evidence.connect(1, "producer", "broker")
        evidence.connect(2, "consumer", "broker")
        evidence.publish(10, "producer.1.7", stamp: 70)
        evidence.add(12, 1, .transmissionResult(.init(stamp: 70, outcome: .acked)))
        evidence.deliver(15, stamp: 70)
        evidence.publish(20, "producer.1.8", stamp: 80, fate: .dropped)
        let data = TimelineData(evidence.history, processes: ["broker", "consumer", "idle", "producer"])
        // As messages go, whatever the order in the file.
        #expect(data.lanes == ["producer", "broker", "idle", "consumer"])
        #expect(
            shown(data) == [
                "publish producer.1.7 producer>broker 10-11 arrived",
                "deliver producer.1.7 broker>consumer 11-15 arrived",
                "confirm producer.1.7 broker>producer 12-12 arrived",
                "publish producer.1.8 producer>broker 20-21 lost",
            ])
        #expect(data.labels == ["logs a.b", "acked", "audit"])
        #expect(data.end == 21_000_000 && data.leftOut.isEmpty)
        #expect(data.plots.map(\.name) == ["messages", "publish to delivery"])
    }

    @Test func aCallIsARequestAndAReply() {
        var evidence = Evidence()
        evidence.connect(1, "producer", "consumer")
        var attempt = CallAttempt()
        attempt.call = "producer/1/4"
        evidence.add(5, 2, .call(attempt))
        var request = CallRequest()
        request.stamp = 9
        request.connection = 1
        request.call = attempt.call
        request.method = "Calculator/suma"
        evidence.add(6, 1, .callRequest(request))
        var execution = Execution()
        execution.number = 3
        execution.stamp = 9
        evidence.add(8, 3, .execution(execution))
        var result = ExecutionResult()
        result.number = 3
        evidence.add(20, 3, .executionResult(result))
        var reply = CallReply()
        reply.stamp = 9
        reply.fate = .dropped
        evidence.add(21, 1, .callReply(reply))
        var ended = CallResult()
        ended.call = attempt.call
        evidence.add(25, 2, .callResult(ended))
        let data = TimelineData(evidence.history)
        #expect(
            shown(data) == [
                "request producer/1/4 producer>consumer 5-8 arrived",
                "reply producer/1/4 consumer>producer 20-21 lost",
            ])
        #expect(data.plots.map(\.name) == ["calls", "call latency"])
        #expect(data.plots[1].lines[0].values.compactMap(\.self) == [20], "20 ms from call to result")
    }

    @Test func feedsAndPeersHaveTheirArrows() {
        var evidence = Evidence()
        var append = FeedAppend()
        append.feed = "news"
        append.item = 12
        evidence.add(1, 2, .feedAppend(append))
        var view = FeedView()
        view.feed = "news"
        view.item = 12
        evidence.add(4, 3, .feedView(view))
        for (message, ms) in [("peer-1/1/m1", Int64(5)), ("peer-1/1/m2", 6)] {
            var send = PeerSend()
            send.message = message
            send.to = "peer-2"
            evidence.add(ms, 4, .peerSend(send))
        }
        var receipt = PeerReceipt()
        receipt.message = "peer-1/1/m1"
        receipt.from = "peer-1"
        evidence.add(9, 5, .peerReceipt(receipt))
        evidence.add(10, 1, .datagram(Datagram()))
        let data = TimelineData(evidence.history)
        #expect(
            shown(data) == [
                "feed news 12 producer>consumer 0-3 arrived", "peer peer-1/1/m1 peer-1>peer-2 4-8 arrived",
                "peer peer-1/1/m2 peer-1>peer-2 5-5 lost",
            ])
        #expect(data.leftOut == ["1 datagrams are not drawn; the messages that they carried are"])
    }

    @Test func spansEndWithWhatEndsThemOrWithTheRun() {
        var evidence = Evidence()
        var fault = FaultChange()
        fault.text = "drop 30%"
        fault.link = "producer -> broker"
        evidence.add(0, 0, .phase(Phase()))
        evidence.add(10, 0, .fault(fault))
        fault.on = false
        evidence.add(30, 0, .fault(fault))
        fault.on = true
        evidence.add(40, 0, .fault(fault))
        var change = ObjectChange()
        change.object = "hits"
        change.change = .created
        evidence.add(41, 2, .objectChange(change))
        change.change = .moved
        evidence.add(45, 2, .objectChange(change))
        change.change = .activated
        evidence.add(46, 3, .objectChange(change))
        evidence.add(50, 0, .phase(Phase()))
        let data = TimelineData(evidence.history)
        #expect(data.faults.map { [$0.start, $0.end].map { $0 / 1_000_000 } } == [[10, 30], [40, 50]])
        #expect(data.owners.map(\.text) == ["producer", "consumer"])
        #expect(data.owners.map { [$0.start, $0.end].map { $0 / 1_000_000 } } == [[41, 45], [46, 50]])
    }

    /// An id is kept as a text and a number; it must come back as it was.
    @Test(arguments: [
        "", "7", "0", "00", "a", "a7", "a0", "a00", "a007", "x.1.4294967295", "a99999999999", "9999999999",
    ])
    func idsComeBackAsTheyWere(id: String) {
        var evidence = Evidence()
        var send = PeerSend()
        send.message = id
        send.to = "peer-2"
        evidence.add(0, 4, .peerSend(send))
        let data = TimelineData(evidence.history)
        #expect(data.arrows.map { data.id(of: $0) } == [id])
    }

    @Test func whatIsTooMuchIsThinnedByWholeLivesAndSaid() {
        var evidence = Evidence()
        evidence.connect(1, "producer", "broker")
        evidence.connect(2, "consumer", "broker")
        for n in 1...2_000 {
            evidence.publish(Int64(n), "m\(n)", stamp: Int64(n), fate: n % 100 == 0 ? .dropped : .passed)
            if n % 100 != 0 { evidence.deliver(Int64(n) + 1, stamp: Int64(n)) }
        }
        let data = TimelineData(evidence.history, limit: 500)
        #expect(data.arrows.count <= 500 && data.arrows.count > 150)
        #expect(data.arrows.count { $0.outcome == .lost } == 20, "all trouble is there")
        var hops: [String: Int] = [:]
        for arrow in data.arrows { hops[data.id(of: arrow), default: 0] += 1 }
        #expect(hops.allSatisfy { id, count in count == (Int(id.dropFirst())! % 100 == 0 ? 1 : 2) })
        #expect(data.leftOut.first?.hasPrefix("\(data.arrows.count) of 3980 hops are drawn: every message") == true)
    }
}
