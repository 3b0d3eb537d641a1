import AMQP
import ClusterModel
import History
import Testing

@testable import FaultInjection

/// Messages that others overtake, and payloads that change, on AMQP.
@Suite struct ReorderTests {
    private func reorder(_ kind: MessageKind, nth: Int, within: Duration = .milliseconds(100)) -> FaultSpec {
        FaultSpec(.reorder(Share(1), within: within), only: FaultFilter(kinds: [kind], nth: nth))
    }

    @Test func aPublishGoesAfterTheNextAndConfirmsFindTheirOwn() {
        var h = LinkHarness()
        h.confirmSelect()
        h.start(reorder(.publish, nth: 1), .toServer)
        h.publish("a")
        #expect(h.toServer().isEmpty)
        #expect(h.link.unsettled == 1)
        h.publish("b")
        #expect(h.toServer().texts == ["publish b", "publish a"])
        #expect(h.link.unsettled == 0)
        // The broker's first is the client's second.
        h.broker(.basicAck(.init(deliveryTag: 1)))
        #expect(h.toClient().texts == ["ack 2"])
        h.broker(.basicNack(.init(deliveryTag: 2)))
        #expect(h.toClient().texts == ["nack 1"])
        #expect(h.transmissions.map(\.fate) == [.reordered, .passed])
    }

    @Test func nothingOvertakesWithinTheTime() {
        var h = LinkHarness()
        h.start(reorder(.publish, nth: 1, within: .milliseconds(30)), .toServer)
        h.publish("a")
        #expect(h.link.isHolding(.toServer))
        h.advance(by: .milliseconds(29))
        #expect(h.toServer().isEmpty)
        h.advance(by: .milliseconds(1))
        #expect(h.toServer().texts == ["publish a"])
    }

    @Test func noMethodOvertakesAMessage() {
        var h = LinkHarness()
        h.start(reorder(.publish, nth: 1), .toServer)
        h.publish("a")
        h.client(.channelClose(.init(replyCode: 200, replyText: "", classID: 0, methodID: 0)))
        #expect(h.toServer().texts == ["publish a", "channel.close"])
    }

    @Test func aDeliveryGoesAfterTheNextAndAcksFindTheirOwn() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(reorder(.deliver, nth: 1), .toClient)
        h.deliver(1)
        #expect(h.toClient().isEmpty)
        h.deliver(2)
        // The client sees tags in order: its first is the broker's second.
        #expect(h.toClient().texts == ["deliver 1", "deliver 2"])
        h.deliver(3)
        _ = h.toClient()
        #expect(h.deliveries.map(\.fate) == [.passed, .reordered, .passed])
        h.client(.basicAck(.init(deliveryTag: 1)))
        #expect(h.toServer().texts == ["ack 2"])
        h.client(.basicAck(.init(deliveryTag: 3, multiple: true)))
        #expect(h.toServer().texts == ["ack 3 multiple"])
        #expect(h.link.unsettled == 0)
    }

    @Test func multipleDoesNotCoverWhatTheClientGotLater() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(reorder(.deliver, nth: 1), .toClient)
        for tag in UInt64(1)...3 { h.deliver(tag) }
        _ = h.toClient()
        // To the client they are 2, 1, 3: its first two are the broker's 2 and 1, its third is open.
        h.client(.basicAck(.init(deliveryTag: 2, multiple: true)))
        #expect(h.toServer().texts == ["ack 2 multiple"])
        var other = LinkHarness()
        other.consume(autoAck: false)
        // The first two wait for the third; the client sees 3, 1, 2.
        other.start(
            FaultSpec(.reorder(Share(1), within: .seconds(1)), only: FaultFilter(kinds: [.deliver], first: 2)),
            .toClient)
        for tag in UInt64(1)...3 { other.deliver(tag) }
        _ = other.toClient()
        other.client(.basicAck(.init(deliveryTag: 2, multiple: true)))
        #expect(other.toServer().texts == ["ack 1", "ack 3"])
        other.client(.basicAck(.init(deliveryTag: 3)))
        #expect(other.toServer().texts == ["ack 2"])
    }

    @Test func whatWaitsIsNotCovered() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(FaultSpec(.delay(.milliseconds(50), jitter: .zero, Share(1)), only: FaultFilter(nth: 1)), .toClient)
        h.start(reorder(.deliver, nth: 1), .toClient)
        for tag in UInt64(1)...3 { h.deliver(tag) }
        // Overtaken, but not before its delay.
        #expect(h.toClient().texts == ["deliver 1", "deliver 2"])
        h.client(.basicAck(.init(deliveryTag: 2, multiple: true)))
        #expect(h.toServer().texts == ["ack 2", "ack 3"])
        h.advance(by: .milliseconds(50))
        #expect(h.toClient().texts == ["deliver 3"])
    }

    @Test func onlyALaterMessageOvertakes() {
        var h = LinkHarness()
        h.start(FaultSpec(.delay(.milliseconds(10), jitter: .zero, Share(1)), only: FaultFilter(nth: 1)), .toServer)
        h.start(reorder(.publish, nth: 2), .toServer)
        h.publish("a")
        h.publish("b")
        h.advance(by: .milliseconds(10))
        #expect(h.toServer().texts == ["publish a"])
        h.publish("c")
        #expect(h.toServer().texts == ["publish c", "publish b"])
    }

    @Test func corruptFlipsOneBitOfTheBody() {
        for seed in UInt64(1)...30 {
            var h = LinkHarness(seed: seed)
            let fault = h.start(FaultSpec(.corrupt(Share(1))), .toServer)
            h.publish("a", body: "some payload")
            h.publish("b")
            let said = h.toServer()
            // A flipped high bit is no UTF-8 and shows as something else altogether.
            guard case .content(_, _, "a", let body)? = said.first, body != "some payload" else {
                Issue.record("seed \(seed): it came as it was")
                continue
            }
            #expect(fault.counts[.publish]?.seen == 2)
            #expect(fault.counts[.publish]?.affected == 1)
        }
    }

    @Test func acksAreNoConcernOfTheirs() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.deliver(1)
        _ = h.toClient()
        h.start(FaultSpec(.corrupt(Share(1)), only: FaultFilter(kinds: [.ack])), .toServer)
        let fault = h.start(
            FaultSpec(.reorder(Share(1), within: .seconds(1)), only: FaultFilter(kinds: [.ack])), .toServer)
        h.client(.basicAck(.init(deliveryTag: 1)))
        #expect(h.toServer().texts == ["ack 1"])
        #expect(fault.counts[.ack]?.affected == 0)
        #expect(h.settlements.map(\.fate) == [.passed])
    }
}
