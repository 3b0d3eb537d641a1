import AMQP
import Testing

@testable import Broker

/// Reply codes and texts, as RabbitMQ 3.10 gives them.
struct ErrorTests {
    private let broker = TestBroker()

    @Test(arguments: [
        (
            AMQPMethod.queueDeclare(Queue.Declare(queue: "no", passive: true)), 404,
            "NOT_FOUND - no queue 'no' in vhost '/'"
        ),
        (
            .exchangeDeclare(Exchange.Declare(exchange: "no", passive: true)), 404,
            "NOT_FOUND - no exchange 'no' in vhost '/'"
        ),
        (.queueBind(Queue.Bind(queue: "q", exchange: "no")), 404, "NOT_FOUND - no exchange 'no' in vhost '/'"),
        (.basicConsume(Basic.Consume(queue: "no")), 404, "NOT_FOUND - no queue 'no' in vhost '/'"),
        (.basicGet(Basic.Get(queue: "no")), 404, "NOT_FOUND - no queue 'no' in vhost '/'"),
        (
            .queueDeclare(Queue.Declare(queue: "amq.x")), 403,
            "ACCESS_REFUSED - queue name 'amq.x' contains reserved prefix 'amq.*'"
        ),
        (
            .exchangeDeclare(Exchange.Declare(exchange: "amq.x", type: "direct")), 403,
            "ACCESS_REFUSED - exchange name 'amq.x' contains reserved prefix 'amq.*'"
        ),
        (
            .exchangeDeclare(Exchange.Declare(exchange: "", type: "direct")), 403,
            "ACCESS_REFUSED - operation not permitted on the default exchange"
        ),
        (
            .queueBind(Queue.Bind(queue: "q", exchange: "", routingKey: "k")), 403,
            "ACCESS_REFUSED - operation not permitted on the default exchange"
        ),
        (
            .exchangeDelete(Exchange.Delete(exchange: "amq.direct")), 403,
            "ACCESS_REFUSED - exchange name 'amq.direct' contains reserved prefix 'amq.*'"
        ),
        (
            .queueDeclare(Queue.Declare(queue: "q", durable: true)), 406,
            "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but current is 'false'"
        ),
        (
            .queueDeclare(Queue.Declare(queue: "q", arguments: ["x-y": 1])), 406,
            "PRECONDITION_FAILED - inequivalent arg 'x-y' for queue 'q' in vhost '/': received the value '1' of type 'long' but current is none"
        ),
        (
            .exchangeDeclare(Exchange.Declare(exchange: "x", type: "fanout")), 406,
            "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'x' in vhost '/': received 'fanout' but current is 'direct'"
        ),
        (
            .queueDelete(Queue.Delete(queue: "q", ifUnused: true)), 406,
            "PRECONDITION_FAILED - queue 'q' in vhost '/' in use"
        ),
        (
            .queueDelete(Queue.Delete(queue: "full", ifEmpty: true)), 406,
            "PRECONDITION_FAILED - queue 'full' in vhost '/' not empty"
        ),
        (
            .exchangeDelete(Exchange.Delete(exchange: "x", ifUnused: true)), 406,
            "PRECONDITION_FAILED - exchange 'x' in vhost '/' in use"
        ),
        (.basicAck(Basic.Ack(deliveryTag: 9)), 406, "PRECONDITION_FAILED - unknown delivery tag 9"),
        (.basicNack(Basic.Nack(deliveryTag: 9, multiple: true)), 406, "PRECONDITION_FAILED - unknown delivery tag 9"),
        (.txCommit(Tx.Commit()), 406, "PRECONDITION_FAILED - channel is not transactional"),
        (
            .queueDeclare(Queue.Declare(queue: "locked", passive: true)), 405,
            "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'locked' in vhost '/'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration."
        ),
        (
            .basicConsume(Basic.Consume(queue: "q", exclusive: true)), 403,
            "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use"
        ),
    ])
    func soft(method: AMQPMethod, code: Int, text: String) throws {
        let client = try prepared()
        client.send(method)
        let closed = try client.closed()
        #expect(closed.code == UInt16(code))
        #expect(closed.text == text)
        #expect(!closed.isConnection)
        // What comes before close-ok is ignored; then the number can be used again.
        client.send(.basicGet(Basic.Get(queue: "q")))
        client.send(.channelCloseOk(Channel.CloseOk()))
        #expect(try client.call(.channelOpen(Channel.Open())) == .channelOpenOk(Channel.OpenOk()))
    }

    @Test(arguments: [
        (AMQPMethod.basicConsume(Basic.Consume(queue: "q", consumerTag: "taken")), 530),
        (.channelOpen(Channel.Open()), 504),
        (.basicRecover(Basic.Recover(requeue: false)), 540),
        (.basicQos(Basic.Qos(prefetchSize: 1)), 540),
        (.exchangeDeclare(Exchange.Declare(exchange: "y", type: "strange")), 503),
        (.queueDeclare(Queue.Declare(queue: "y", arguments: ["x-message-ttl": 1])), 540),
        (.queueDeclare(Queue.Declare(queue: "y", arguments: ["x-queue-type": "quorum"])), 540),
        (.basicGetEmpty(Basic.GetEmpty()), 503),
    ])
    func hard(method: AMQPMethod, code: Int) throws {
        let client = try prepared()
        let other = try broker.client()
        client.send(method)
        let closed = try client.closed()
        #expect(closed.code == UInt16(code))
        #expect(closed.isConnection)
        #expect(try other.drain("full") == ["a"])
        client.send(.connectionCloseOk(Connection.CloseOk()), channel: 0)
        #expect(client.session.state == .finished)
    }

    /// A consumed queue q, an exchange x with a binding, a queue `full` with a message, `locked` of another connection.
    private func prepared() throws -> TestClient {
        let client = try broker.client()
        try client.declare("q")
        try client.declare("full")
        client.publish("a", key: "full")
        try client.call(.exchangeDeclare(Exchange.Declare(exchange: "x", type: "direct")))
        try client.call(.queueBind(Queue.Bind(queue: "q", exchange: "x", routingKey: "k")))
        try client.call(.basicConsume(Basic.Consume(queue: "q", consumerTag: "taken")))
        let owner = try broker.client()
        try owner.call(.queueDeclare(Queue.Declare(queue: "locked", exclusive: true)))
        return client
    }

    @Test func publishErrors() throws {
        var client = try broker.client()
        client.publish("a", exchange: "no", key: "k")
        #expect(try client.closed() == (404, "NOT_FOUND - no exchange 'no' in vhost '/'", false))
        client = try broker.client()
        try client.call(.exchangeDeclare(Exchange.Declare(exchange: "i", type: "fanout", internal: true)))
        client.publish("a", exchange: "i", key: "k")
        #expect(
            try client.closed() == (403, "ACCESS_REFUSED - cannot publish to internal exchange 'i' in vhost '/'", false)
        )
        client = try broker.client()
        client.send(.basicPublish(Basic.Publish(routingKey: "k", immediate: true)))
        #expect(try client.closed() == (540, "NOT_IMPLEMENTED - immediate=true", true))
        client = try broker.client()
        client.publish("a", key: "k", properties: BasicProperties(userID: "other"))
        #expect(try client.closed().code == 406)
        client = try broker.client()
        client.publish("a", key: "k", properties: BasicProperties(expiration: "1"))
        #expect(try client.closed().code == 540)
    }

    @Test func txAndConfirmsDoNotMix() throws {
        let client = try broker.client()
        try client.call(.confirmSelect(Confirm.Select()))
        client.send(.txSelect(Tx.Select()))
        #expect(try client.closed() == (406, "PRECONDITION_FAILED - cannot switch from confirm to tx mode", false))
    }

    @Test func tooLargeAMessageClosesTheChannelAtItsHeader() throws {
        let client = try broker.client()
        client.send(.basicPublish(Basic.Publish(routingKey: "k")))
        client.send(bytes: frame(2, 1, [0, 60, 0, 0, 0, 0, 0, 0, 0x08, 0, 0, 1, 0, 0]))
        #expect(
            try client.closed()
                == (
                    406, "PRECONDITION_FAILED - message size 134217729 is larger than configured max size 134217728",
                    false
                ))
        client.send(bytes: frame(3, 1, [1, 2, 3]))
        #expect(try client.receive() == [])
    }

    @Test(
        arguments: [
            ([9, 0, 0, 0, 0, 0, 0, 0xCE], 501),
            ([1, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF], 501),
            ([1, 0, 1, 0, 0, 0, 4, 0, 20, 0, 10, 0], 501),
            (frame(2, 1, [0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 505),
            (frame(3, 1, [1]), 505),
            (frame(1, 1, [0, 60]), 502),
            (frame(1, 1, [0, 99, 0, 99]), 540),
            (frame(1, 1, [0, 60, 0, 40, 0, 0, 200, 1]), 502),
            (frame(1, 7, [0, 60, 0, 40, 0, 0, 0, 0, 0]), 504),
            (frame(3, 0, [1]), 505),
            (frame(1, 0, [0, 20, 0, 10, 0]), 504),
        ] as [([UInt8], Int)])
    func garbage(bytes: [UInt8], code: Int) throws {
        let client = try broker.client()
        let other = try broker.client()
        client.send(bytes: bytes)
        #expect(try client.closed().code == UInt16(code))
        #expect(client.session.state == .closing)
        #expect(try other.declare("still-works") == "still-works")
    }

    @Test func anotherProtocolIsAnsweredWithOurs() {
        let client = TestClient(broker)
        client.send(bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8))
        #expect(Array(client.session.output.readableBytesView) == ProtocolHeader.bytes)
        #expect(client.session.state == .finished)
    }

    @Test func refusedLogins() throws {
        for capability in [true, false] {
            let client = TestClient(broker)
            client.sendHeader()
            let capabilities: FieldTable = ["authentication_failure_close": .bool(capability)]
            client.send(
                .connectionStartOk(client.startOk(password: "wrong", capabilities: capabilities)), channel: 0)
            if capability {
                #expect(try client.closed().code == 403)
            } else {
                #expect(client.session.state == .finished)
            }
        }
    }

    @Test func unknownVirtualHost() throws {
        let client = TestClient(broker)
        client.sendHeader()
        client.send(.connectionStartOk(client.startOk()), channel: 0)
        client.send(.connectionTuneOk(Connection.TuneOk(channelMax: 0, frameMax: 0, heartbeat: 0)), channel: 0)
        client.send(.connectionOpen(Connection.Open(virtualHost: "nope")), channel: 0)
        let closed = try client.closed()
        #expect(closed.code == 530)
        #expect(closed.text == "NOT_ALLOWED - vhost nope not found")
    }

    @Test func nothingBeforeTheLogin() throws {
        let client = TestClient(broker)
        client.sendHeader()
        client.send(.connectionOpen(Connection.Open(virtualHost: "/")), channel: 0)
        #expect(try client.closed().code == 503)
    }

    @Test func channelMaxIsKept() throws {
        let client = TestClient(broker)
        try client.handshake(tune: Connection.TuneOk(channelMax: 2, frameMax: 4096, heartbeat: 0))
        try client.call(.channelOpen(Channel.Open()), channel: 1)
        try client.call(.channelOpen(Channel.Open()), channel: 2)
        client.send(.channelOpen(Channel.Open()), channel: 3)
        #expect(try client.closed().code == 530)
    }

    @Test func heartbeatsBothWays() throws {
        let client = TestClient(broker)
        try client.handshake(tune: Connection.TuneOk(channelMax: 2, frameMax: 4096, heartbeat: 10))
        broker.advance(seconds: 1)
        broker.advance(seconds: 6)
        #expect(try client.receive() == [.heartbeat])
        client.send(bytes: frame(8, 0, []))
        broker.advance(seconds: 10)
        broker.advance(seconds: 10)
        #expect(client.session.state == .open)
        broker.advance(seconds: 11)
        #expect(client.session.state == .finished)
    }

    @Test func handshakesHaveADeadline() {
        let client = TestClient(broker)
        client.sendHeader()
        broker.advance(seconds: 9)
        #expect(client.session.state == .awaitingStartOk)
        broker.advance(seconds: 2)
        #expect(client.session.state == .finished)
    }
}

func frame(_ type: UInt8, _ channel: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [type, 0, channel, 0, 0, 0, UInt8(payload.count)] + payload + [0xCE]
}
