import AMQP
import NIOCore
import Testing

@testable import Broker

/// Publishing, consuming and settling, on the pure core.
struct BasicTests {
    private let broker = TestBroker()

    private func consume(_ client: TestClient, _ queue: String, tag: String = "c", noAck: Bool = false) throws {
        client.send(.basicConsume(Basic.Consume(queue: queue, consumerTag: tag, noAck: noAck)))
    }

    @Test func aMessageArrivesAsItWasSent() throws {
        let client = try broker.client()
        let queue = try client.declare("")
        #expect(queue.hasPrefix("amq.gen-"))
        let properties = BasicProperties(contentType: "a/b", headers: ["k": ["v", 1]], messageID: "m")
        client.publish("body", key: queue, properties: properties)
        client.send(.basicGet(Basic.Get(queue: "")))
        #expect(
            try client.receive() == [
                .content(1, .basicGetOk(Basic.GetOk(deliveryTag: 1, routingKey: queue)), properties, "body")
            ])
        client.send(.basicGet(Basic.Get(queue: "")))
        #expect(try client.receive() == [.method(1, .basicGetEmpty(Basic.GetEmpty()))])
    }

    @Test func largeBodiesAreCutToTheClientsFrames() throws {
        let client = TestClient(broker)
        try client.handshake(tune: Connection.TuneOk(channelMax: 1, frameMax: 4096, heartbeat: 0))
        try client.call(.channelOpen(Channel.Open()))
        try client.declare("q")
        let body = String(repeating: "0123456789", count: 1000)
        var buffer = ByteBuffer()
        buffer.writeContent(
            method: .basicPublish(Basic.Publish(routingKey: "q")), channel: 1,
            content: Content(body: ByteBuffer(string: body)), frameMax: 4096)
        // One octet at a time: where a frame is cut must not matter.
        for octet in buffer.readableBytesView { client.send(bytes: [octet]) }
        client.send(.basicGet(Basic.Get(queue: "q")))
        broker.endBatch()
        var decoder = FrameDecoder(maxFrameSize: 4096)
        decoder.append(client.session.output)
        var assembler = ContentAssembler()
        var received: ByteBuffer?
        while let frame = try decoder.next() {
            if case .content(_, _, let body)? = try assembler.receive(frame) { received = body }
        }
        #expect(received.map { String(buffer: $0) } == body)
    }

    @Test func requeueGoesBackToItsPlaceAndIsMarked() throws {
        let client = try broker.client()
        try client.declare("q")
        for body in ["a", "b", "c", "d"] { client.publish(body, key: "q") }
        for _ in 0..<3 { client.send(.basicGet(Basic.Get(queue: "q"))) }
        _ = try client.receive()
        client.send(.basicReject(Basic.Reject(deliveryTag: 2, requeue: true)))
        client.send(.basicNack(Basic.Nack(deliveryTag: 3, multiple: true, requeue: true)))
        try consume(client, "q")
        #expect(
            try client.deliveries() == [
                Delivered(tag: 4, body: "a", isRedelivered: true), Delivered(tag: 5, body: "b", isRedelivered: true),
                Delivered(tag: 6, body: "c", isRedelivered: true), Delivered(tag: 7, body: "d"),
            ])
    }

    @Test func rejectWithoutRequeueDrops() throws {
        let client = try broker.client()
        try client.declare("q")
        client.publish("a", key: "q")
        client.send(.basicGet(Basic.Get(queue: "q")))
        client.send(.basicReject(Basic.Reject(deliveryTag: 1, requeue: false)))
        _ = try client.receive()
        #expect(try client.drain("q") == [])
        #expect(broker.core.memory == 0)
    }

    @Test func closingAChannelRequeuesInOrder() throws {
        let client = try broker.client()
        try client.declare("q")
        for body in ["a", "b", "c"] { client.publish(body, key: "q") }
        try consume(client, "q")
        #expect(try client.deliveries().map(\.body) == ["a", "b", "c"])
        client.send(.basicAck(Basic.Ack(deliveryTag: 2)))
        try client.call(.channelClose(Channel.Close(replyCode: 200)))
        try client.call(.channelOpen(Channel.Open()))
        try consume(client, "q")
        #expect(
            try client.deliveries() == [
                Delivered(tag: 1, body: "a", isRedelivered: true), Delivered(tag: 2, body: "c", isRedelivered: true),
            ])
    }

    /// What one channel of a dying connection gives back must not reach the next channel of the same connection.
    @Test func aDyingConnectionIsNotDeliveredTo() throws {
        let dying = try broker.client()
        try dying.declare("q")
        dying.send(.channelOpen(Channel.Open()), channel: 2)
        dying.send(.basicQos(Basic.Qos(prefetchCount: 1)))
        try consume(dying, "q")
        for body in ["a", "b", "c"] { dying.publish(body, key: "q") }
        dying.send(.basicConsume(Basic.Consume(queue: "q", consumerTag: "d")), channel: 2)
        #expect(broker.core.statistics.queues[0].delivered == 3)
        dying.session.disconnected()
        #expect(broker.core.statistics.queues[0].delivered == 3)
        let next = try broker.client()
        try consume(next, "q")
        #expect(try next.deliveries().map(\.body) == ["a", "b", "c"])
    }

    @Test func prefetchIsForEachConsumer() throws {
        let client = try broker.client()
        try client.declare("q")
        client.send(.basicQos(Basic.Qos(prefetchCount: 2)))
        try consume(client, "q", tag: "one")
        try consume(client, "q", tag: "two")
        for body in 0..<6 { client.publish("\(body)", key: "q") }
        #expect(try client.deliveries().map(\.body) == ["0", "1", "2", "3"])
        client.send(.basicAck(Basic.Ack(deliveryTag: 1)))
        #expect(try client.deliveries().map(\.body) == ["4"])
        client.send(.basicAck(Basic.Ack(deliveryTag: 0, multiple: true)))
        #expect(try client.deliveries().map(\.body) == ["5"])
    }

    @Test func globalPrefetchIsForTheChannel() throws {
        let client = try broker.client()
        try client.declare("q")
        client.send(.basicQos(Basic.Qos(prefetchCount: 3, global: true)))
        try consume(client, "q", tag: "one")
        try consume(client, "q", tag: "two")
        for body in 0..<6 { client.publish("\(body)", key: "q") }
        #expect(try client.deliveries().count == 3)
        client.send(.basicAck(Basic.Ack(deliveryTag: 2)))
        #expect(try client.deliveries().map(\.body) == ["3"])
    }

    @Test func consumersTakeTurns() throws {
        let client = try broker.client()
        try client.declare("q")
        for tag in ["a", "b", "c"] { try consume(client, "q", tag: tag, noAck: true) }
        for body in 0..<6 { client.publish("\(body)", key: "q") }
        let tags = try client.receive().compactMap { received -> String? in
            if case .basicDeliver(let deliver)? = received.method { deliver.consumerTag } else { nil }
        }
        #expect(tags == ["a", "b", "c", "a", "b", "c"])
    }

    @Test func channelFlowStopsDeliveries() throws {
        let client = try broker.client()
        try client.declare("q")
        try consume(client, "q", noAck: true)
        client.send(.channelFlow(Channel.Flow(active: false)))
        client.publish("a", key: "q")
        #expect(try client.deliveries().isEmpty)
        client.send(.channelFlow(Channel.Flow(active: true)))
        #expect(try client.deliveries().map(\.body) == ["a"])
    }

    @Test func anUnwritableConnectionIsSkippedAndResumed() throws {
        let slow = try broker.client()
        let quick = try broker.client()
        try slow.declare("q")
        try consume(slow, "q", noAck: true)
        try consume(quick, "q", noAck: true)
        _ = try slow.receive()
        slow.session.isWritable = false
        for body in 0..<4 { slow.publish("\(body)", key: "q") }
        #expect(try quick.deliveries().count == 4)
        quick.session.isWritable = false
        slow.publish("4", key: "q")
        #expect(try quick.deliveries().isEmpty)
        slow.session.isWritable = true
        slow.session.resumeDeliveries()
        #expect(try slow.deliveries().map(\.body) == ["4"])
    }

    @Test func outputOfDeliveriesIsBounded() throws {
        let client = try broker.client()
        try client.declare("q")
        let body = String(repeating: "x", count: 100_000)
        for _ in 0..<20 { client.publish(body, key: "q") }
        try consume(client, "q", noAck: true)
        #expect(client.session.output.readableBytes < broker.core.configuration.outputLimit + 101_000)
    }

    @Test func confirmsComeAfterTheReturn() throws {
        let client = try broker.client()
        try client.call(.confirmSelect(Confirm.Select()))
        try client.declare("q")
        client.publish("a", key: "q")
        client.publish("b", key: "nowhere", mandatory: true)
        client.publish("c", key: "nowhere")
        #expect(
            try client.receive() == [
                .content(
                    1, .basicReturn(Basic.Return(replyCode: 312, replyText: "NO_ROUTE", routingKey: "nowhere")),
                    BasicProperties(), "b"),
                .method(1, .basicAck(Basic.Ack(deliveryTag: 3, multiple: true))),
            ])
    }

    @Test func recoverRedelivers() throws {
        let client = try broker.client()
        try client.declare("q")
        try consume(client, "q")
        client.publish("a", key: "q")
        #expect(try client.deliveries() == [Delivered(tag: 1, body: "a")])
        client.send(.basicRecover(Basic.Recover(requeue: true)))
        #expect(try client.deliveries() == [Delivered(tag: 2, body: "a", isRedelivered: true)])
    }

    @Test func transactionsHappenAtCommit() throws {
        let client = try broker.client()
        let other = try broker.client()
        try client.declare("q")
        try client.call(.txSelect(Tx.Select()))
        client.publish("a", key: "q")
        #expect(try other.drain("q") == [])
        try client.call(.txCommit(Tx.Commit()))
        #expect(broker.core.statistics.queues[0].ready == 1)
        client.send(.basicGet(Basic.Get(queue: "q")))
        client.send(.basicAck(Basic.Ack(deliveryTag: 1)))
        client.publish("b", key: "q")
        client.send(.txRollback(Tx.Rollback()))
        _ = try client.receive()
        #expect(broker.core.statistics.queues[0].unacked == 1)
        client.send(.basicAck(Basic.Ack(deliveryTag: 1)))
        try client.call(.txCommit(Tx.Commit()))
        #expect(broker.core.memory == 0)
    }

    @Test func routesFollowExchangesAndAlternates() throws {
        let client = try broker.client()
        try client.declare("q")
        try client.declare("rest")
        try client.call(
            .exchangeDeclare(Exchange.Declare(exchange: "a", type: "topic", arguments: ["alternate-exchange": "c"])))
        try client.call(.exchangeDeclare(Exchange.Declare(exchange: "b", type: "direct")))
        try client.call(.exchangeDeclare(Exchange.Declare(exchange: "c", type: "fanout")))
        try client.call(.exchangeBind(Exchange.Bind(destination: "b", source: "a", routingKey: "k.#")))
        try client.call(.exchangeBind(Exchange.Bind(destination: "a", source: "b", routingKey: "k.1")))
        try client.call(.queueBind(Queue.Bind(queue: "q", exchange: "b", routingKey: "k.1")))
        try client.call(.queueBind(Queue.Bind(queue: "q", exchange: "a", routingKey: "k.*")))
        try client.call(.queueBind(Queue.Bind(queue: "rest", exchange: "c")))
        client.publish("once", exchange: "a", key: "k.1")
        client.publish("rest", exchange: "a", key: "z")
        #expect(try client.drain("q") == ["once"])
        #expect(try client.drain("rest") == ["rest"])
        // The remembered route must not outlive its binding.
        try client.call(.queueUnbind(Queue.Unbind(queue: "q", exchange: "b", routingKey: "k.1")))
        try client.call(.queueUnbind(Queue.Unbind(queue: "q", exchange: "a", routingKey: "k.*")))
        client.publish("none", exchange: "a", key: "k.1")
        #expect(try client.drain("q") == [])
    }

    @Test func autoDeleteFollowsTheLast() throws {
        let client = try broker.client(capabilities: ["consumer_cancel_notify": true])
        try client.call(.queueDeclare(Queue.Declare(queue: "q", autoDelete: true)))
        try client.call(.exchangeDeclare(Exchange.Declare(exchange: "x", type: "fanout", autoDelete: true)))
        try client.call(.queueBind(Queue.Bind(queue: "q", exchange: "x")))
        try client.call(.basicConsume(Basic.Consume(queue: "q", consumerTag: "c")))
        try client.call(.basicCancel(Basic.Cancel(consumerTag: "c")))
        #expect(broker.core.statistics.queues.isEmpty)
        #expect(!broker.core.statistics.exchanges.contains { $0.name == "x" })
    }

    @Test func consumersAreToldThatTheirQueueIsGone() throws {
        let told = try broker.client(capabilities: ["consumer_cancel_notify": true])
        let untold = try broker.client()
        try told.declare("q")
        try told.call(.basicConsume(Basic.Consume(queue: "q", consumerTag: "c")))
        try untold.call(.basicConsume(Basic.Consume(queue: "q", consumerTag: "c")))
        try untold.call(.queueDelete(Queue.Delete(queue: "q")))
        #expect(try told.receive() == [.method(1, .basicCancel(Basic.Cancel(consumerTag: "c", noWait: true)))])
    }

    @Test func publishersStopAtTheMemoryLimit() throws {
        let broker = TestBroker { $0.memoryLimit = 10_000 }
        let publisher = try broker.client(capabilities: ["connection.blocked": true])
        let consumer = try broker.client()
        try consumer.declare("q")
        for _ in 0..<3 { publisher.publish(String(repeating: "x", count: 4000), key: "q") }
        #expect(
            try publisher.receive() == [.method(0, .connectionBlocked(Connection.Blocked(reason: "low on memory")))])
        #expect(!publisher.session.wantsRead)
        #expect(consumer.session.wantsRead)
        #expect(try consumer.drain("q").count == 3)
        #expect(try publisher.receive() == [.method(0, .connectionUnblocked(Connection.Unblocked()))])
        #expect(publisher.session.wantsRead)
    }
}
