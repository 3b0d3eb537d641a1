import NIOCore
import Testing

@testable import AMQP

/// Whole frames as pika 1.4.4 marshals them.
@Suite struct FixtureTests {
    struct Fixture: Sendable, CustomTestStringConvertible {
        var channel: UInt16
        var method: AMQPMethod
        var hex: String
        var testDescription: String { method.name }
    }

    static let methods: [Fixture] = [
        Fixture(
            channel: 1,
            method: .basicPublish(.init(exchange: "orders", routingKey: "eu.new", mandatory: true)),
            hex: """
                01000100000015003c00280000066f72646572730665752e6e657701ce
                """),
        Fixture(
            channel: 2,
            method: .queueDeclare(
                .init(
                    queue: "q", durable: true, autoDelete: true,
                    arguments: ["x-max-length": .int32(10), "x-queue-type": "quorum"])),
            hex: """
                010002000000370032000a000001710a0000002a0c782d6d61782d6c656e677468490000000a0c782d71756575652d74
                797065530000000671756f72756dce
                """),
        Fixture(
            channel: 0,
            method: .connectionTuneOk(.init(channelMax: 2047, frameMax: 131_072, heartbeat: 60)),
            hex: """
                0100000000000c000a001f07ff00020000003cce
                """),
        Fixture(
            channel: 0,
            method: .connectionStartOk(
                .init(
                    clientProperties: ["product": "Pika"], mechanism: "PLAIN", response: Array("\0guest\0guest".utf8),
                    locale: "en_US")),
            hex: """
                01000000000035000a000b000000110770726f64756374530000000450696b6105504c41494e0000000c006775657374
                00677565737405656e5f5553ce
                """),
        Fixture(
            channel: 3,
            method: .basicNack(.init(deliveryTag: 513, multiple: true, requeue: false)),
            hex: """
                0100030000000d003c0078000000000000020101ce
                """),
        Fixture(
            channel: 3,
            method: .basicConsume(.init(queue: "q", consumerTag: "ct", exclusive: true)),
            hex: """
                01000300000010003c0014000001710263740400000000ce
                """),
        Fixture(
            channel: 3,
            method: .basicDeliver(.init(consumerTag: "ct", deliveryTag: 7, redelivered: true, routingKey: "q")),
            hex: """
                01000300000013003c003c026374000000000000000701000171ce
                """),
        Fixture(
            channel: 0,
            method: .connectionClose(
                .init(replyCode: 320, replyText: "CONNECTION_FORCED - bye", classID: 10, methodID: 40)),
            hex: """
                01000000000022000a0032014017434f4e4e454354494f4e5f464f52434544202d20627965000a0028ce
                """),
        Fixture(
            channel: 0,
            method: .connectionOpen(.init(virtualHost: "/")),
            hex: """
                01000000000008000a0028012f0000ce
                """),
        Fixture(
            channel: 1,
            method: .confirmSelect(.init(noWait: true)),
            hex: """
                010001000000050055000a01ce
                """),
        Fixture(
            channel: 0,
            method: .connectionBlocked(.init(reason: "low on memory")),
            hex: """
                01000000000012000a003c0d6c6f77206f6e206d656d6f7279ce
                """),
        Fixture(
            channel: 1,
            method: .exchangeUnbind(
                .init(destination: "d", source: "s", routingKey: "k", arguments: ["a": .int32(1)])),
            hex: """
                0100010000001800280028000001640173016b000000000701614900000001ce
                """),
        Fixture(
            channel: 1,
            method: .basicGetOk(.init(deliveryTag: 1, exchange: "e", routingKey: "r", messageCount: 9)),
            hex: """
                01000100000015003c00470000000000000001000165017200000009ce
                """),
        Fixture(
            channel: 1,
            method: .channelOpenOk(.init()),
            hex: """
                010001000000080014000b00000000ce
                """),
    ]

    @Test(arguments: methods)
    func `methods are written and read as pika writes them`(fixture: Fixture) throws {
        let wire = ByteBuffer(hex: fixture.hex)
        #expect(ByteBuffer(writing: { $0.writeFrame(method: fixture.method, channel: fixture.channel) }) == wire)

        var decoder = FrameDecoder()
        decoder.append(wire)
        let frame = try #require(try decoder.next())
        #expect(frame.type == .method)
        #expect(frame.channel == fixture.channel)
        var payload = frame.payload
        #expect(try AMQPMethod(decoding: &payload) == fixture.method)
    }

    static let properties = BasicProperties(
        contentType: "application/json", contentEncoding: "gzip",
        headers: [
            "n": .int32(1), "big": .int64(1 << 40), "s": "é", "b": true, "l": ["x", .void], "t": ["k": .int32(-1)],
            "x": .byteArray([0xFF, 0]),
        ],
        deliveryMode: 2, priority: 7, correlationID: "c", replyTo: "amq.rabbitmq.reply-to", expiration: "60000",
        messageID: "m-1", timestamp: 1_700_000_000, type: "T", userID: "guest", appID: "app", clusterID: "cl")

    @Test func `a content header carries all properties as pika writes them`() throws {
        let wire = ByteBuffer(
            hex: """
                020001000000a9003c00000000000000000005fffc106170706c69636174696f6e2f6a736f6e04677a69700000004601
                6e4900000001036269676c000001000000000001735300000002c3a901627401016c4100000007530000000178560174
                4600000007016b49ffffffff01787800000002ff000207016315616d712e7261626269746d712e7265706c792d746f05
                3630303030036d2d31000000006553f10001540567756573740361707002636cce
                """)
        var decoder = FrameDecoder()
        decoder.append(wire)
        var payload = try #require(try decoder.next()).payload
        let header = try ContentHeader(decoding: &payload)
        #expect(header.classID == 60)
        #expect(header.bodySize == 5)
        #expect(try header.decodeProperties() == Self.properties)
        #expect(ContentHeader(bodySize: 5, properties: Self.properties) == header)
        #expect(HeaderStamp.messageID(of: header.properties) == "m-1")
        #expect(HeaderStamp.deliveryMode(of: header.properties) == 2)
    }

    @Test func `a publish is method, header and body`() {
        let written = ByteBuffer { buffer in
            buffer.writeContent(
                method: .basicPublish(.init(exchange: "orders", routingKey: "eu.new", mandatory: true)), channel: 1,
                content: Content(body: ByteBuffer(string: "hello")), frameMax: 131_072)
        }
        #expect(
            written
                == ByteBuffer(
                    hex: """
                        01000100000015003c00280000066f72646572730665752e6e657701ce
                        0200010000000e003c000000000000000000050000ce
                        0300010000000568656c6c6fce
                        """))
    }

    @Test func `a heartbeat is eight octets`() {
        #expect(ByteBuffer(writing: { $0.writeHeartbeat() }) == ByteBuffer(hex: "08000000000000ce"))
    }
}
