import AMQP
import ClusterModel
import History
import Testing

@testable import FaultInjection

@Suite struct PublishFaultTests {
    @Test func aPublishPassesWithAStampThatNobodyElseSees() {
        var h = LinkHarness()
        h.publish("m1", headers: ["color": .longString("red")], body: "hello")
        guard case .content(_, let headers, let id, let body)? = h.toServer().first else {
            Issue.record("nothing passed")
            return
        }
        #expect(id == "m1")
        #expect(body == "hello")
        let stamp = h.transmissions[0].stamp
        #expect(headers?["x-orch-id"] == .int64(stamp))
        #expect(headers?["color"] == .longString("red"))

        h.consume(autoAck: true)
        h.deliver(1, stamp: stamp, id: "m1")
        guard case .content(_, let seen, _, _)? = h.toClient().first else {
            Issue.record("nothing delivered")
            return
        }
        #expect(seen == nil)
        #expect(h.deliveries[0].stamp == stamp)
    }

    @Test func aStampOfAnotherRunIsTakenOffAndNotBelieved() {
        var h = LinkHarness()
        h.consume(autoAck: true)
        h.deliver(1, stamp: 6 << 50 | 1)
        #expect(h.deliveries[0].stamp == 0)
        #expect(h.toClient().count == 1)
    }

    @Test func confirmsAreRenumberedAroundADroppedPublish() {
        var h = LinkHarness()
        h.confirmSelect()
        h.start(dropNth(2, .publish, settle: .milliseconds(50)), .toServer)
        for id in ["m1", "m2", "m3"] { h.publish(id) }
        #expect(h.toServer().texts == ["publish m1", "publish m3"])
        h.broker(.basicAck(.init(deliveryTag: 2, multiple: true)))
        // The broker's 1 and 2 are the client's 1 and 3; a multiple up to 3 would confirm what the broker never had.
        #expect(h.toClient().texts == ["ack 1", "ack 3"])
        h.advance(by: .milliseconds(49))
        #expect(h.toClient().isEmpty)
        h.advance(by: .milliseconds(1))
        #expect(h.toClient().texts == ["nack 2"])
        #expect(h.results.map(\.outcome) == [.acked, .acked, .settled])
        h.advance(by: .seconds(10))
        #expect(h.toClient().isEmpty)
    }

    @Test func multipleStaysMultipleWhereNothingIsMissing() {
        var h = LinkHarness()
        h.confirmSelect()
        for id in ["m1", "m2", "m3"] { h.publish(id) }
        h.broker(.basicAck(.init(deliveryTag: 3, multiple: true)))
        #expect(h.toClient().texts == ["ack 3 multiple"])
    }

    @Test func multipleDoesNotCoverWhatWasNackedBefore() {
        var h = LinkHarness()
        h.confirmSelect()
        h.start(dropNth(1, .publish, settle: .milliseconds(1)), .toServer)
        for id in ["m1", "m2", "m3"] { h.publish(id) }
        h.broker(.basicAck(.init(deliveryTag: 1, multiple: false)))
        h.advance(by: .milliseconds(1))
        h.broker(.basicAck(.init(deliveryTag: 2, multiple: false)))
        #expect(h.toClient().texts == ["ack 2", "nack 1", "ack 3"])
    }

    @Test func whatAFaultSwallowedIsSettledWhenItEnds() {
        var h = LinkHarness()
        h.confirmSelect()
        let fault = h.start(dropAll(.publish, settle: nil), .toServer)
        h.publish("m1")
        h.publish("m2")
        h.advance(by: .seconds(100))
        #expect(h.toClient().isEmpty)
        h.stop(fault)
        #expect(h.toClient().texts == ["nack 2 multiple"])
        h.publish("m3")
        #expect(h.toServer().texts == ["publish m3"])
        #expect(fault.counts[.publish]?.affected == 2)
    }

    @Test func aDuplicatedPublishHasOneConfirm() {
        var h = LinkHarness()
        h.confirmSelect()
        h.start(FaultSpec(.duplicate(Share(1)), only: FaultFilter(nth: 1)), .toServer)
        h.publish("m1")
        h.publish("m2")
        #expect(h.toServer().texts == ["publish m1", "publish m1", "publish m2"])
        h.broker(.basicAck(.init(deliveryTag: 1)))
        h.broker(.basicAck(.init(deliveryTag: 2)))
        h.broker(.basicAck(.init(deliveryTag: 3)))
        #expect(h.toClient().texts == ["ack 1", "ack 2"])
        let stamps = Set(h.transmissions.map(\.stamp))
        #expect(stamps.count == 2)
    }

    @Test func aNackOfOneCopyWaitsForTheOther() {
        var h = LinkHarness()
        h.confirmSelect()
        h.start(FaultSpec(.duplicate(Share(1))), .toServer)
        h.publish("m1")
        h.broker(.basicNack(.init(deliveryTag: 1)))
        #expect(h.toClient().isEmpty)
        h.broker(.basicAck(.init(deliveryTag: 2)))
        #expect(h.toClient().texts == ["ack 1"])
    }

    @Test func aDuplicatedPublishIsReturnedOnce() {
        var h = LinkHarness()
        h.start(FaultSpec(.duplicate(Share(1))), .toServer)
        h.publish("m1", mandatory: true)
        guard case .content(_, let headers, _, _)? = h.toServer().first else { return }
        var properties = BasicProperties()
        properties.headers = headers
        properties.messageID = "m1"
        let method = AMQPMethod.basicReturn(.init(replyCode: 312, replyText: "NO_ROUTE", exchange: "", routingKey: "q"))
        h.content(method, properties, .toClient)
        h.content(method, properties, .toClient)
        #expect(h.toClient().texts == ["basic.return m1"])
    }

    @Test func aDroppedConfirmIsSettledByANack() {
        var h = LinkHarness()
        h.confirmSelect()
        h.start(dropNth(2, .confirm, settle: .milliseconds(5)), .toClient)
        for id in ["m1", "m2", "m3"] { h.publish(id) }
        h.broker(.basicAck(.init(deliveryTag: 3, multiple: true)))
        #expect(h.toClient().texts == ["ack 1", "ack 3"])
        h.advance(by: .milliseconds(5))
        #expect(h.toClient().texts == ["nack 2"])
    }

    @Test func aDelayHoldsBackTheRestOfItsChannelAndNoOther() {
        var h = LinkHarness()
        h.start(FaultSpec(.delay(.milliseconds(20), jitter: .zero, Share(1)), only: FaultFilter(nth: 1)), .toServer)
        h.publish("m1")
        h.publish("m2")
        h.client(.queueDeclare(.init(queue: "x")))
        h.publish("other", channel: 2)
        // The first of channel 2 is delayed as well: dice are a channel's own.
        #expect(h.toServer().isEmpty)
        h.publish("another", channel: 2)
        h.advance(by: .milliseconds(19))
        #expect(h.toServer().isEmpty)
        h.advance(by: .milliseconds(1))
        #expect(
            h.toServer().texts == ["publish m1", "publish m2", "queue.declare", "publish other", "publish another"])
    }

    @Test func theEndOfTheConnectionWaitsForWhatIsHeld() {
        var h = LinkHarness()
        h.start(FaultSpec(.delay(.milliseconds(20), jitter: .zero, Share(1))), .toServer)
        h.publish("m1")
        h.client(.connectionClose(.init(replyCode: 200, replyText: "bye")), channel: 0)
        #expect(h.toServer().isEmpty)
        h.advance(by: .milliseconds(20))
        #expect(h.toServer().texts == ["publish m1", "connection.close"])
    }

    @Test func aKeyNarrowsAFault() {
        var h = LinkHarness()
        let fault = h.start(FaultSpec(.drop(Share(1)), only: FaultFilter(key: "log.#")), .toServer)
        h.publish("m1", key: "log.error")
        h.publish("m2", key: "audit")
        h.publish("m3", key: "log")
        #expect(h.toServer().texts == ["publish m2"])
        #expect(fault.counts[.publish]?.seen == 2)
    }

    @Test func anUntouchedLinkRepeatsEveryByteOfWhatItCannotRead() {
        var h = LinkHarness()
        let garbage: [UInt8] = [9, 9, 9, 9, 1, 2, 3]
        h.raw(garbage, .toServer)
        h.raw([4, 5], .toServer)
        #expect(Array(h.link.output.toServer.readableBytesView) == garbage + [4, 5])
    }

    @Test func aMethodInTheMidstOfAMessageReachesTheBrokerAsItWasSent() {
        var h = LinkHarness()
        var bytes = [UInt8](repeating: 0, count: 0)
        var buffer = NIOBuffer.frames([
            .basicPublish(.init(exchange: "", routingKey: "q")), .queueDeclare(.init(queue: "x")),
        ])
        bytes += buffer.readBytes(length: buffer.readableBytes)!
        h.raw(bytes, .toServer)
        #expect(Array(h.link.output.toServer.readableBytesView) == bytes)
    }
}

@Suite struct TransactionTests {
    @Test func aCommitConfirmsARollbackRefusesAndDropsPassThemBy() {
        var h = LinkHarness()
        h.client(.txSelect(.init()))
        h.broker(.txSelectOk(.init()))
        h.start(FaultSpec(.drop(Share(1))), .toServer)
        _ = h.toServer()
        h.publish("m1")
        h.client(.txCommit(.init()))
        #expect(h.toServer().texts == ["publish m1", "tx.commit"])
        h.broker(.txCommitOk(.init()))
        h.publish("m2")
        h.client(.txRollback(.init()))
        h.broker(.txRollbackOk(.init()))
        #expect(h.results.map(\.outcome) == [.acked, .nacked])
        #expect(h.results.map(\.stamp) == h.transmissions.map(\.stamp))
    }
}
