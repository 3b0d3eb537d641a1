import AMQP
import ClusterModel
import Testing

@testable import FaultInjection

/// Random traffic of a model client and a model broker, through random faults. Whatever happens on the link, both sides
/// see a legal conversation, and in the end everything is settled.
@Suite struct LinkPropertyTests {
    private static let kinds: [[MessageKind]] = [[], [.publish], [.deliver], [.ack], [.confirm]]

    private func randomFault(_ g: inout SeededGenerator) -> (FaultSpec, [Direction]) {
        let share = Share(Double.random(in: 0.1...0.6, using: &g))
        let settle: Duration? = Bool.random(using: &g) ? .milliseconds(Int.random(in: 1...50, using: &g)) : nil
        switch Int.random(in: 0..<5, using: &g) {
        case 0:
            return (
                FaultSpec(
                    .drop(share), only: FaultFilter(kinds: Self.kinds.randomElement(using: &g)!), settle: settle),
                [.toServer, .toClient]
            )
        case 1: return (FaultSpec(.duplicate(share), settle: settle), [.toServer, .toClient])
        case 2:
            let within = Duration.milliseconds(Int.random(in: 1...20, using: &g))
            return (FaultSpec(.reorder(share, within: within)), [.toServer, .toClient])
        case 3: return (FaultSpec(.corrupt(share)), [.toServer, .toClient])
        default:
            return (
                FaultSpec(
                    .delay(.milliseconds(Int.random(in: 1...20, using: &g)), jitter: .zero, share),
                    only: FaultFilter(kinds: Self.kinds.randomElement(using: &g)!), settle: settle),
                [Bool.random(using: &g) ? .toServer : .toClient]
            )
        }
    }

    @Test(arguments: 1...150) func bothSidesSeeALegalConversation(seed: UInt64) {
        var g = SeededGenerator(seed: seed, "property")
        var h = LinkHarness(seed: seed)
        h.confirmSelect()
        h.consume(autoAck: false)
        var client = ModelClient()
        var broker = ModelBroker()
        var faults: [ActiveFault] = []

        func exchange() {
            for said in h.toServer() { broker.hear(said) }
            for said in h.toClient() { client.hear(said) }
        }
        for _ in 0..<400 {
            switch Int.random(in: 0..<10, using: &g) {
            case 0, 1, 2:
                h.publish(client.publish())
            case 3, 4:
                h.deliver(broker.deliver())
            case 5: if let ack = broker.confirm(&g) { h.broker(ack) }
            case 6, 7: if let ack = client.settle(&g) { h.client(ack) }
            case 8: h.advance(by: .milliseconds(Int.random(in: 0...30, using: &g)))
            default:
                if faults.count < 3, Bool.random(using: &g) {
                    let (spec, directions) = randomFault(&g)
                    faults.append(directions.count == 2 ? h.start(spec) : h.start(spec, directions[0]))
                } else if let fault = faults.popLast() {
                    h.stop(fault)
                }
            }
            exchange()
        }
        // The end of a run: faults are lifted, held messages go out, everybody finishes.
        for fault in faults { h.stop(fault) }
        exchange()
        h.advance(by: .seconds(10))
        exchange()
        while let ack = client.settle(&g) {
            h.client(ack)
            exchange()
        }
        while let ack = broker.confirm(&g) {
            h.broker(ack)
            exchange()
        }
        h.advance(by: .seconds(10))
        exchange()

        #expect(client.problems.isEmpty, "seed \(seed): \(client.problems)")
        #expect(broker.problems.isEmpty, "seed \(seed): \(broker.problems)")
        #expect(client.unanswered.isEmpty, "seed \(seed): publishes without an answer \(client.unanswered.sorted())")
        #expect(broker.unsettled.isEmpty, "seed \(seed): deliveries unsettled \(broker.unsettled.sorted())")
        for id in client.acked where !broker.received.contains(id) {
            Issue.record("seed \(seed): \(id) is confirmed and the broker does not have it")
        }
        for tag in broker.acked where !client.ackedDeliveries.contains(tag) {
            Issue.record("seed \(seed): delivery \(tag) was acked, but not by the client")
        }
        #expect(h.link.unsettled == 0)
    }
}

/// A client that publishes with confirms and settles deliveries in every way there is.
private struct ModelClient {
    private var published = 0
    var unanswered: Set<UInt64> = []
    private(set) var acked: Set<String> = []
    /// Broker-side identities of deliveries that it acked; the body of a delivery is not needed, the tag order is.
    private(set) var ackedDeliveries: Set<UInt64> = []
    private var open: [UInt64] = []
    private var identity: [UInt64: UInt64] = [:]
    private var lastTag: UInt64 = 0
    private(set) var problems: [String] = []

    mutating func publish() -> String {
        published += 1
        unanswered.insert(UInt64(published))
        return "m\(published)"
    }

    mutating func hear(_ said: LinkHarness.Said) {
        switch said {
        case .method(.basicAck(let m)): answer(m.deliveryTag, m.multiple, isAck: true)
        case .method(.basicNack(let m)): answer(m.deliveryTag, m.multiple, isAck: false)
        case .content(.basicDeliver(let m), _, let id, _):
            if m.deliveryTag != lastTag + 1 { problems.append("delivery tag \(m.deliveryTag) after \(lastTag)") }
            lastTag = m.deliveryTag
            open.append(m.deliveryTag)
            identity[m.deliveryTag] = UInt64(id ?? "") ?? 0
        default: break
        }
    }

    private mutating func answer(_ tag: UInt64, _ multiple: Bool, isAck: Bool) {
        let tags = multiple ? unanswered.filter { $0 <= tag } : [tag]
        if !unanswered.contains(tag) { problems.append("an answer for \(tag), which waits for none") }
        for tag in tags {
            unanswered.remove(tag)
            if isAck { acked.insert("m\(tag)") }
        }
    }

    mutating func settle(_ g: inout SeededGenerator) -> AMQPMethod? {
        guard !open.isEmpty else { return nil }
        let index = open.indices.randomElement(using: &g)!
        let tag = open[index]
        switch Int.random(in: 0..<5, using: &g) {
        case 0:
            for each in open[...index] { ackedDeliveries.insert(identity[each]!) }
            open.removeSubrange(...index)
            return .basicAck(.init(deliveryTag: tag, multiple: true))
        case 1:
            for each in open { ackedDeliveries.insert(identity[each]!) }
            open = []
            return .basicAck(.init(deliveryTag: 0, multiple: true))
        case 2:
            open.remove(at: index)
            return .basicReject(.init(deliveryTag: tag, requeue: true))
        case 3:
            open.removeSubrange(...index)
            return .basicNack(.init(deliveryTag: tag, multiple: true, requeue: true))
        default:
            ackedDeliveries.insert(identity[tag]!)
            open.remove(at: index)
            return .basicAck(.init(deliveryTag: tag))
        }
    }
}

/// A broker that counts publishes and deliveries as AMQP does and takes settlements literally.
private struct ModelBroker {
    private(set) var received: Set<String> = []
    private var publishes: UInt64 = 0
    private var unconfirmed: [UInt64] = []
    private var lastDelivery: UInt64 = 0
    var unsettled: Set<UInt64> = []
    private(set) var acked: Set<UInt64> = []
    private(set) var problems: [String] = []

    /// The id of a delivery is its tag here.
    mutating func deliver() -> (tag: UInt64, id: String) {
        lastDelivery += 1
        unsettled.insert(lastDelivery)
        return (lastDelivery, "\(lastDelivery)")
    }

    mutating func confirm(_ g: inout SeededGenerator) -> AMQPMethod? {
        guard !unconfirmed.isEmpty else { return nil }
        let index = unconfirmed.indices.randomElement(using: &g)!
        let tag = unconfirmed[index]
        let multiple = Bool.random(using: &g)
        if multiple { unconfirmed.removeSubrange(...index) } else { unconfirmed.remove(at: index) }
        return Int.random(in: 0..<8, using: &g) == 0
            ? .basicNack(.init(deliveryTag: tag, multiple: multiple))
            : .basicAck(.init(deliveryTag: tag, multiple: multiple))
    }

    mutating func hear(_ said: LinkHarness.Said) {
        switch said {
        case .content(.basicPublish, _, let id, _):
            publishes += 1
            unconfirmed.append(publishes)
            received.insert(id ?? "?")
        case .method(.basicAck(let m)): settle(m.deliveryTag, m.multiple, isAck: true)
        case .method(.basicNack(let m)): settle(m.deliveryTag, m.multiple, isAck: false)
        case .method(.basicReject(let m)): settle(m.deliveryTag, false, isAck: false)
        default: break
        }
    }

    private mutating func settle(_ tag: UInt64, _ multiple: Bool, isAck: Bool) {
        if !unsettled.contains(tag) { problems.append("unknown delivery tag \(tag)") }
        for each in multiple ? unsettled.filter({ $0 <= tag }) : [tag] {
            unsettled.remove(each)
            if isAck { acked.insert(each) }
        }
    }
}

extension LinkHarness {
    fileprivate mutating func deliver(_ delivery: (tag: UInt64, id: String)) { deliver(delivery.tag, id: delivery.id) }
}
