import AMQP
import ClusterModel
import History
import Testing

@testable import FaultInjection

@Suite struct DeliveryFaultTests {
    @Test func aDroppedDeliveryGoesBackToItsQueueAfterAWhile() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropNth(2, .deliver, settle: .milliseconds(30)), .toClient)
        for tag in 1...3 { h.deliver(UInt64(tag)) }
        #expect(h.toClient().texts == ["deliver 1", "deliver 2"])
        h.advance(by: .milliseconds(30))
        #expect(h.toServer().texts == ["reject 2 requeue"])
        #expect(h.deliveries.map(\.fate) == [.passed, .dropped, .passed])
        #expect(h.settlements.map(\.outcome) == [.settled])
    }

    @Test func underAutomaticAckADroppedDeliveryIsGone() {
        var h = LinkHarness()
        h.consume(autoAck: true)
        h.start(dropNth(1, .deliver, settle: .milliseconds(30)), .toClient)
        h.deliver(1)
        h.deliver(2)
        h.advance(by: .seconds(5))
        #expect(h.toServer().isEmpty)
        #expect(h.toClient().texts == ["deliver 1"])
    }

    @Test(arguments: [false, true]) func multipleDoesNotSettleWhatTheClientNeverSaw(zero: Bool) {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropNth(2, .deliver), .toClient)
        for tag in 1...4 { h.deliver(UInt64(tag)) }
        #expect(h.toClient().texts == ["deliver 1", "deliver 2", "deliver 3"])
        h.client(.basicAck(.init(deliveryTag: zero ? 0 : 3, multiple: true)))
        #expect(h.toServer().texts == ["ack 1", "ack 3", "ack 4"])
        h.advance(by: .seconds(1))
        #expect(h.toServer().texts == ["reject 2 requeue"])
    }

    @Test func multipleStaysMultipleBelowAGap() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropNth(3, .deliver), .toClient)
        for tag in 1...4 { h.deliver(UInt64(tag)) }
        h.client(.basicAck(.init(deliveryTag: 3, multiple: true)))
        #expect(h.toServer().texts == ["ack 2 multiple", "ack 4"])
    }

    @Test func aCopyHasATagOfItsOwnAndIsSettledOnce() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(FaultSpec(.duplicate(Share(1)), only: FaultFilter(nth: 1)), .toClient)
        h.deliver(1)
        h.deliver(2)
        #expect(h.toClient().texts == ["deliver 1", "deliver 2", "deliver 3"])
        h.client(.basicAck(.init(deliveryTag: 2)))
        #expect(h.toServer().texts == ["ack 1"])
        h.client(.basicReject(.init(deliveryTag: 1, requeue: true)))
        #expect(h.toServer().isEmpty)
        h.client(.basicAck(.init(deliveryTag: 3)))
        #expect(h.toServer().texts == ["ack 2"])
    }

    @Test func aDroppedAckIsSettledByARequeue() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropNth(1, .ack, settle: .milliseconds(10)), .toServer)
        h.deliver(1)
        h.deliver(2)
        h.client(.basicAck(.init(deliveryTag: 1)))
        h.client(.basicAck(.init(deliveryTag: 2)))
        #expect(h.toServer().texts == ["ack 2"])
        h.advance(by: .milliseconds(10))
        #expect(h.toServer().texts == ["reject 1 requeue"])
    }

    @Test func aMultipleAckLosesSomeOfItsDeliveriesOnly() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropNth(2, .ack), .toServer)
        for tag in 1...3 { h.deliver(UInt64(tag)) }
        h.client(.basicAck(.init(deliveryTag: 3, multiple: true)))
        #expect(h.toServer().texts == ["ack 1", "ack 3"])
    }

    @Test func anUnknownTagReachesTheBrokerAsUnknown() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropNth(1, .deliver), .toClient)
        h.deliver(1)
        h.deliver(2)
        h.deliver(3)
        h.client(.basicAck(.init(deliveryTag: 1)))
        #expect(h.toServer().texts == ["ack 2"])
        // The client's 1 is settled; a plain 1 would hit the delivery that it never saw.
        h.client(.basicAck(.init(deliveryTag: 1)))
        guard case .method(.basicAck(let ack))? = h.toServer().first else {
            Issue.record("the broker heard nothing")
            return
        }
        #expect(ack.deliveryTag > 1_000_000)
    }

    @Test func withoutRenumberingAnUnknownTagIsPassedAsItIs() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.deliver(1)
        h.client(.basicAck(.init(deliveryTag: 5)))
        #expect(h.toServer().texts == ["ack 5"])
    }

    @Test func aDroppedGetAnswersThatTheQueueIsEmpty() {
        var h = LinkHarness()
        h.start(dropAll(.deliver, settle: .milliseconds(1)), .toClient)
        h.client(.basicGet(.init(queue: "q")))
        var properties = BasicProperties()
        properties.messageID = "m"
        h.content(
            .basicGetOk(.init(deliveryTag: 1, exchange: "", routingKey: "q", messageCount: 0)), properties, .toClient)
        #expect(h.toClient().texts == ["basic.get-empty"])
        _ = h.toServer()
        h.advance(by: .milliseconds(1))
        #expect(h.toServer().texts == ["reject 1 requeue"])
        #expect(h.deliveries[0].queue == "q")
    }

    @Test func recoverForgetsWhatWasSwallowed() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropNth(1, .deliver), .toClient)
        h.deliver(1)
        h.deliver(2)
        _ = h.toClient()
        h.client(.basicRecover(.init(requeue: true)))
        _ = h.toServer()
        h.advance(by: .seconds(5))
        #expect(h.toServer().isEmpty)
        #expect(h.link.unsettled == 0)
    }

    @Test func aDelayedDeliveryIsNotCoveredByMultiple() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(FaultSpec(.delay(.milliseconds(9), jitter: .zero, Share(1)), only: FaultFilter(nth: 2)), .toClient)
        for tag in 1...3 { h.deliver(UInt64(tag)) }
        #expect(h.toClient().texts == ["deliver 1"])
        h.client(.basicAck(.init(deliveryTag: 0, multiple: true)))
        #expect(h.toServer().texts == ["ack 1"])
        h.advance(by: .milliseconds(9))
        #expect(h.toClient().texts == ["deliver 2", "deliver 3"])
        #expect(h.deliveries.map(\.fate) == [.passed, .delayed, .passed])
    }

    @Test func theQueueOfADeliveryIsThatOfItsConsumer() {
        var h = LinkHarness()
        h.client(.queueDeclare(.init(exclusive: true)))
        h.broker(.queueDeclareOk(.init(queue: "amq.gen-1")))
        h.client(.basicConsume(.init(queue: "", noAck: true)))
        h.broker(.basicConsumeOk(.init(consumerTag: "server-made")))
        h.deliver(1, consumer: "server-made")
        #expect(h.deliveries[0].queue == "amq.gen-1")
        #expect(h.deliveries[0].autoAck)
    }

    @Test func aClosedChannelForgetsEverything() {
        var h = LinkHarness()
        h.consume(autoAck: false)
        h.start(dropAll(.deliver), .toClient)
        h.deliver(1)
        h.client(.channelClose(.init(replyCode: 200, replyText: "")))
        h.broker(.channelCloseOk(.init()))
        _ = h.toServer()
        h.advance(by: .seconds(5))
        #expect(h.toServer().isEmpty)
    }
}
