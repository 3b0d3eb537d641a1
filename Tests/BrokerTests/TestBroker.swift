import AMQP
import NIOCore
import Testing

@testable import Broker

/// A core without sockets, disk and clock, and clients that talk to its sessions in octets.
final class TestBroker {
    let core: BrokerCore
    var now: UInt64 = 1_000_000_000

    init(_ configure: (inout CoreConfiguration) -> Void = { _ in }) {
        var configuration = CoreConfiguration()
        configure(&configuration)
        core = BrokerCore(configuration: configuration, generator: NameGenerator(state: 1))
    }

    /// A client with an open connection and channel 1.
    func client(capabilities: FieldTable = [:]) throws -> TestClient {
        let client = TestClient(self)
        try client.handshake(capabilities: capabilities)
        client.send(.channelOpen(Channel.Open()))
        #expect(try client.receive() == [.method(1, .channelOpenOk(Channel.OpenOk()))])
        return client
    }

    /// Ends the batch of all connections, as the server does.
    func endBatch() {
        while core.hasTouched { core.finishBatch { if $0.hasParked { $0.resumeDeliveries() } } }
    }

    func advance(seconds: Double) {
        now += UInt64(seconds * 1e9)
        core.tick(now: now)
    }
}

enum Received: Equatable, CustomStringConvertible {
    case method(UInt16, AMQPMethod)
    case content(UInt16, AMQPMethod, BasicProperties, String)
    case heartbeat

    var method: AMQPMethod? {
        switch self {
        case .method(_, let method), .content(_, let method, _, _): method
        case .heartbeat: nil
        }
    }

    var description: String {
        switch self {
        case .method(let channel, let method): "\(channel): \(method)"
        case .content(let channel, let method, _, let body): "\(channel): \(method) \(body)"
        case .heartbeat: "heartbeat"
        }
    }
}

final class TestClient {
    let broker: TestBroker
    let session: Session
    private var decoder = FrameDecoder()
    private var assemblers: [UInt16: ContentAssembler] = [:]

    init(_ broker: TestBroker) {
        self.broker = broker
        session = broker.core.open(now: broker.now)
    }

    func handshake(capabilities: FieldTable = [:], tune: Connection.TuneOk? = nil) throws {
        sendHeader()
        send(.connectionStartOk(startOk(capabilities: capabilities)), channel: 0)
        send(
            .connectionTuneOk(tune ?? Connection.TuneOk(channelMax: 2047, frameMax: 131_072, heartbeat: 60)), channel: 0
        )
        send(.connectionOpen(Connection.Open(virtualHost: "/")), channel: 0)
        let methods = try receive().compactMap(\.method)
        try #require(methods.count == 3)
        #expect(methods.last == .connectionOpenOk(Connection.OpenOk()))
    }

    func startOk(user: String = "guest", password: String = "guest", capabilities: FieldTable = [:])
        -> Connection.StartOk
    {
        Connection.StartOk(
            clientProperties: ["capabilities": .table(capabilities)], mechanism: "PLAIN",
            response: Array("\0\(user)\0\(password)".utf8), locale: "en_US")
    }

    func sendHeader() {
        var buffer = ByteBuffer()
        ProtocolHeader.encode(into: &buffer)
        session.receive(&buffer)
    }

    func send(_ method: AMQPMethod, channel: UInt16 = 1) {
        var buffer = ByteBuffer()
        buffer.writeFrame(method: method, channel: channel)
        session.receive(&buffer)
    }

    func send(bytes: [UInt8]) {
        var buffer = ByteBuffer(bytes: bytes)
        session.receive(&buffer)
    }

    func publish(
        _ body: String, exchange: String = "", key: String, mandatory: Bool = false,
        properties: BasicProperties = BasicProperties(), channel: UInt16 = 1
    ) {
        var buffer = ByteBuffer()
        buffer.writeContent(
            method: .basicPublish(Basic.Publish(exchange: exchange, routingKey: key, mandatory: mandatory)),
            channel: channel, content: Content(properties: properties, body: ByteBuffer(string: body)),
            frameMax: 131_072)
        session.receive(&buffer)
    }

    /// All that the broker has for this client by the end of the batch.
    func receive() throws -> [Received] {
        broker.endBatch()
        decoder.append(session.output)
        session.output = ByteBuffer()
        var result: [Received] = []
        while let frame = try decoder.next() {
            if frame.type == .heartbeat {
                result.append(.heartbeat)
                continue
            }
            switch try assemblers[frame.channel, default: ContentAssembler()].receive(frame) {
            case .method(let method)?: result.append(.method(frame.channel, method))
            case .content(let method, let header, let body)?:
                result.append(.content(frame.channel, method, try header.decodeProperties(), String(buffer: body)))
            case nil: break
            }
        }
        return result
    }

    /// Sends a method and gives its answer, which must be all that comes.
    @discardableResult
    func call(_ method: AMQPMethod, channel: UInt16 = 1) throws -> AMQPMethod {
        send(method, channel: channel)
        let received = try receive()
        try #require(received.count == 1, "\(received)")
        return try #require(received[0].method)
    }

    @discardableResult
    func declare(_ queue: String, durable: Bool = false, arguments: FieldTable = [:]) throws -> String {
        let answer = try call(.queueDeclare(Queue.Declare(queue: queue, durable: durable, arguments: arguments)))
        guard case .queueDeclareOk(let ok) = answer else {
            Issue.record("\(answer)")
            return ""
        }
        return ok.queue
    }

    /// The deliveries that wait, as tag, body and redelivered flag.
    func deliveries() throws -> [Delivered] {
        try receive().compactMap { received in
            guard case .content(_, .basicDeliver(let deliver), _, let body) = received else { return nil }
            return Delivered(tag: deliver.deliveryTag, body: body, isRedelivered: deliver.redelivered)
        }
    }

    /// Bodies in the order of the queue, taken for good.
    func drain(_ queue: String) throws -> [String] {
        var bodies: [String] = []
        while true {
            send(.basicGet(Basic.Get(queue: queue, noAck: true)))
            guard case .content(_, _, _, let body)? = try receive().first else { return bodies }
            bodies.append(body)
        }
    }

    /// The reply code and text of the close that must be all that comes.
    func closed() throws -> (code: UInt16, text: String, isConnection: Bool) {
        let received = try receive()
        switch received.last?.method {
        case .channelClose(let close)?: return (close.replyCode, close.replyText, false)
        case .connectionClose(let close)?: return (close.replyCode, close.replyText, true)
        default:
            Issue.record("no close, but \(received)")
            return (0, "", false)
        }
    }
}

struct Delivered: Equatable {
    var tag: UInt64
    var body: String
    var isRedelivered = false
}
