import AMQP
import ClusterModel
import History
import NIOCore

@testable import FaultInjection

/// A link machine with both its peers played by the test: it says methods and messages, and reads what comes out.
struct LinkHarness {
    enum Said: Equatable {
        case method(AMQPMethod)
        case content(AMQPMethod, headers: FieldTable?, messageID: String?, body: String)
    }

    var link: AMQPLink
    var now: Int64 = 0
    private var decoders = BothWays(FrameDecoder(maxFrameSize: 0), FrameDecoder(maxFrameSize: 0))
    private var assemblers = BothWays<[UInt16: ContentAssembler]>([:], [:])
    private(set) var events: [Event] = []
    private var lastFault = 0

    init(seed: UInt64 = 7, link: LinkIdentity = LinkIdentity(client: "a", server: "broker"), ordinal: Int = 1) {
        self.link = AMQPLink(
            ConnectionFacts(link: link, id: 1, ordinal: ordinal, seed: seed, stampBase: 5 << 50))
        var header = ByteBuffer()
        ProtocolHeader.encode(into: &header)
        self.link.receive(header, .toServer, now: 0)
        self.link.output.toServer = ByteBuffer()
    }

    // MARK: - Faults

    /// Turns faults on, each in the directions given.
    @discardableResult
    mutating func start(_ spec: FaultSpec, _ directions: Direction...) -> ActiveFault {
        lastFault += 1
        let fault = ActiveFault(id: lastFault, name: "fault-\(lastFault)", spec: spec)
        var faults = link.faults
        for direction in directions.isEmpty ? [.toServer, .toClient] : directions { faults[direction].append(fault) }
        link.apply(faults)
        return fault
    }

    mutating func stop(_ fault: ActiveFault) {
        var faults = link.faults
        faults.toServer.removeAll { $0.id == fault.id }
        faults.toClient.removeAll { $0.id == fault.id }
        link.apply(faults)
    }

    // MARK: - Saying

    mutating func client(_ method: AMQPMethod, channel: UInt16 = 1) { say(method, .toServer, channel) }
    mutating func broker(_ method: AMQPMethod, channel: UInt16 = 1) { say(method, .toClient, channel) }

    mutating func publish(
        _ id: String, exchange: String = "", key: String = "q", headers: FieldTable? = nil, body: String = "",
        mandatory: Bool = false, channel: UInt16 = 1
    ) {
        var properties = BasicProperties()
        properties.messageID = id
        properties.headers = headers
        let method = AMQPMethod.basicPublish(.init(exchange: exchange, routingKey: key, mandatory: mandatory))
        send(method, properties, body, .toServer, channel)
    }

    /// The broker hands a message on as it came to it, stamp included.
    mutating func deliver(
        _ tag: UInt64, stamp: Int64? = nil, id: String = "", consumer: String = "c", redelivered: Bool = false,
        channel: UInt16 = 1
    ) {
        var properties = BasicProperties()
        if !id.isEmpty { properties.messageID = id }
        if let stamp { properties.headers = ["x-orch-id": .int64(stamp)] }
        let method = AMQPMethod.basicDeliver(
            .init(consumerTag: consumer, deliveryTag: tag, redelivered: redelivered, exchange: "", routingKey: "q"))
        send(method, properties, "", .toClient, channel)
    }

    mutating func content(_ method: AMQPMethod, _ properties: BasicProperties, _ direction: Direction) {
        send(method, properties, "", direction, 1)
    }

    mutating func raw(_ bytes: [UInt8], _ direction: Direction) {
        link.receive(ByteBuffer(bytes: bytes), direction, now: now)
        events += link.events
        link.events = []
    }

    mutating func advance(by time: Duration) {
        now += time.nanoseconds
        link.tick(now: now)
        events += link.events
        link.events = []
    }

    /// The client consumes as `c`.
    mutating func consume(autoAck: Bool, channel: UInt16 = 1) {
        client(.basicConsume(.init(queue: "q", consumerTag: "c", noAck: autoAck)), channel: channel)
        broker(.basicConsumeOk(.init(consumerTag: "c")), channel: channel)
        _ = toServer()
        _ = toClient()
    }

    /// The client's channel confirms publishes.
    mutating func confirmSelect(channel: UInt16 = 1) {
        client(.confirmSelect(.init()), channel: channel)
        broker(.confirmSelectOk(.init()), channel: channel)
        _ = toServer()
        _ = toClient()
    }

    private mutating func say(_ method: AMQPMethod, _ direction: Direction, _ channel: UInt16) {
        var bytes = ByteBuffer()
        bytes.writeFrame(method: method, channel: channel)
        link.receive(bytes, direction, now: now)
        events += link.events
        link.events = []
    }

    private mutating func send(
        _ method: AMQPMethod, _ properties: BasicProperties, _ body: String, _ direction: Direction, _ channel: UInt16
    ) {
        var bytes = ByteBuffer()
        let header = ContentHeader(bodySize: body.utf8.count, properties: properties)
        bytes.writeContent(
            method: method, channel: channel, header: header, body: ByteBuffer(string: body), frameMax: 131_072)
        link.receive(bytes, direction, now: now)
        events += link.events
        link.events = []
    }

    // MARK: - Hearing

    /// All that has come out for the server since the last look.
    mutating func toServer() -> [Said] { hear(.toServer) }
    mutating func toClient() -> [Said] { hear(.toClient) }

    private mutating func hear(_ direction: Direction) -> [Said] {
        let bytes = link.output[direction]
        link.output[direction] = ByteBuffer()
        guard bytes.readableBytes > 0 else { return [] }
        decoders[direction].append(bytes)
        var said: [Said] = []
        while let frame = try! decoders[direction].next() {
            var assembler = assemblers[direction][frame.channel] ?? ContentAssembler()
            switch try! assembler.receive(frame) {
            case .method(let method): said.append(.method(method))
            case .content(let method, let header, let body):
                let properties = try! header.decodeProperties()
                said.append(
                    .content(
                        method, headers: properties.headers, messageID: properties.messageID,
                        body: String(buffer: body)))
            case nil: break
            }
            assemblers[direction][frame.channel] = assembler
        }
        return said
    }

    // MARK: - Evidence

    var transmissions: [Transmission] {
        events.compactMap { if case .transmission(let event) = $0 { event } else { nil } }
    }
    var deliveries: [Delivery] { events.compactMap { if case .delivery(let event) = $0 { event } else { nil } } }
    var settlements: [Settlement] { events.compactMap { if case .settlement(let event) = $0 { event } else { nil } } }
    var results: [TransmissionResult] {
        events.compactMap { if case .transmissionResult(let event) = $0 { event } else { nil } }
    }
}

extension LinkHarness.Said {
    /// `ack 3`, `ack 3 multiple`, `publish a`, `deliver 2`: enough to compare by.
    var text: String {
        switch self {
        case .method(.basicAck(let m)): "ack \(m.deliveryTag)\(m.multiple ? " multiple" : "")"
        case .method(.basicNack(let m)):
            "nack \(m.deliveryTag)\(m.multiple ? " multiple" : "")\(m.requeue ? " requeue" : "")"
        case .method(.basicReject(let m)): "reject \(m.deliveryTag)\(m.requeue ? " requeue" : "")"
        case .method(let method): method.name
        case .content(.basicPublish, _, let id, _): "publish \(id ?? "?")"
        case .content(.basicDeliver(let m), _, _, _): "deliver \(m.deliveryTag)"
        case .content(let method, _, let id, _): "\(method.name) \(id ?? "?")"
        }
    }
}

extension [LinkHarness.Said] {
    var texts: [String] { map(\.text) }
}

/// Drops every message of these kinds.
func dropAll(_ kinds: MessageKind..., settle: Duration? = .seconds(1)) -> FaultSpec {
    FaultSpec(.drop(Share(1)), only: FaultFilter(kinds: kinds), settle: settle)
}

func dropNth(_ n: Int, _ kind: MessageKind, settle: Duration? = .seconds(1)) -> FaultSpec {
    FaultSpec(.drop(Share(1)), only: FaultFilter(kinds: [kind], nth: n), settle: settle)
}
