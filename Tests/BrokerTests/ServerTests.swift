import AMQP
import Glibc
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import Broker

/// A plain blocking socket: what clients can do wrong, a library would not let us do.
final class RawSocket {
    private let descriptor: Int32
    private var decoder = FrameDecoder()

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(code == 0)
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    func send(_ method: AMQPMethod, channel: UInt16 = 1) {
        var buffer = ByteBuffer()
        buffer.writeFrame(method: method, channel: channel)
        send(Array(buffer.readableBytesView))
    }

    /// The next method; nil at the end of the connection, or after 5 s without a word.
    func receive() throws -> AMQPMethod? {
        while true {
            while let frame = try decoder.next() {
                guard frame.type == .method else { continue }
                var payload = frame.payload
                return try AMQPMethod(decoding: &payload)
            }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return nil }
            decoder.append(ByteBuffer(bytes: bytes.prefix(count)))
        }
    }

    /// `drip` sends octet by octet.
    func handshake(drip: Bool = false) throws {
        var buffer = ByteBuffer()
        ProtocolHeader.encode(into: &buffer)
        buffer.writeFrame(
            method: .connectionStartOk(
                Connection.StartOk(mechanism: "PLAIN", response: Array("\0guest\0guest".utf8), locale: "en_US")),
            channel: 0)
        buffer.writeFrame(
            method: .connectionTuneOk(Connection.TuneOk(channelMax: 0, frameMax: 131_072, heartbeat: 0)), channel: 0)
        buffer.writeFrame(method: .connectionOpen(Connection.Open(virtualHost: "/")), channel: 0)
        buffer.writeFrame(method: .channelOpen(Channel.Open()), channel: 1)
        let bytes = Array(buffer.readableBytesView)
        if drip { for byte in bytes { send([byte]) } } else { send(bytes) }
        for _ in 0..<4 { _ = try #require(try receive()) }
    }

    /// Whether the connection ends without another method.
    func isClosed() throws -> Bool { try receive() == nil }
}

struct ServerTests {
    private func withBroker(
        handshakeTimeout: TimeAmount = .seconds(10), maxConnections: Int = 100,
        _ body: @escaping @Sendable (BrokerServer) async throws -> Void
    ) async throws {
        var configuration = BrokerConfiguration()
        configuration.handshakeTimeout = handshakeTimeout
        configuration.maxConnections = maxConnections
        let server = try await BrokerServer.start(
            configuration: configuration, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        do {
            try await body(server)
            await server.shutdown()
        } catch {
            await server.shutdown()
            throw error
        }
    }

    @Test func wrongFramesCloseOneConnectionAndNoOther() async throws {
        try await withBroker { server in
            let witness = try RawSocket(port: server.port)
            try witness.handshake()
            for (bytes, code) in [
                (Array(repeating: UInt8(0xFF), count: 3000), 501),
                ([1, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF, 0, 20, 0, 10], 501),
                (frame(3, 1, [1, 2, 3]), 505),
                (frame(1, 9, [0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1, 0]), 504),
            ] as [([UInt8], UInt16)] {
                let client = try RawSocket(port: server.port)
                try client.handshake()
                client.send(bytes)
                guard case .connectionClose(let close)? = try client.receive() else {
                    Issue.record("no close for \(bytes.prefix(8))")
                    continue
                }
                #expect(close.replyCode == code)
            }
            witness.send(.queueDeclare(Queue.Declare(queue: "q")))
            #expect(try witness.receive() == .queueDeclareOk(Queue.DeclareOk(queue: "q")))
        }
    }

    @Test func randomOctetsNeverCrash() async throws {
        try await withBroker { server in
            var generator = NameGenerator(state: 3)
            for round in 0..<200 {
                let client = try RawSocket(port: server.port)
                if round % 2 == 0 { try client.handshake() }
                var bytes = (0..<Int.random(in: 1...400, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                if round % 4 == 0 { bytes = frame(UInt8(1 + round % 3), 1, Array(bytes.prefix(200))) }
                client.send(bytes)
            }
            let witness = try RawSocket(port: server.port)
            try witness.handshake()
        }
    }

    @Test func aDrippingClientIsServed() async throws {
        try await withBroker { server in
            let client = try RawSocket(port: server.port)
            try client.handshake(drip: true)
        }
    }

    @Test func anotherProtocolIsAnsweredAndClosed() async throws {
        try await withBroker { server in
            let client = try RawSocket(port: server.port)
            client.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
            #expect(throws: AMQPError.self) { _ = try client.receive() }
        }
    }

    @Test func whoDoesNotLogInIsClosed() async throws {
        try await withBroker(handshakeTimeout: .milliseconds(100)) { server in
            let silent = try RawSocket(port: server.port)
            let half = try RawSocket(port: server.port)
            half.send(Array("AMQP".utf8))
            #expect(try silent.isClosed())
            #expect(try half.isClosed())
        }
    }

    @Test func connectionsAreBounded() async throws {
        try await withBroker(maxConnections: 2) { server in
            let first = try RawSocket(port: server.port)
            let second = try RawSocket(port: server.port)
            try first.handshake()
            try second.handshake()
            let third = try RawSocket(port: server.port)
            #expect(try third.isClosed())
        }
    }

    @Test func shutdownSaysGoodbye() async throws {
        try await withBroker { server in
            let client = try RawSocket(port: server.port)
            try client.handshake()
            async let closing: Void = server.shutdown()
            guard case .connectionClose(let close)? = try client.receive() else {
                Issue.record("no close")
                return
            }
            #expect(close.replyCode == 320)
            client.send(.connectionCloseOk(Connection.CloseOk()), channel: 0)
            await closing
        }
    }

    @Test func statisticsCount() async throws {
        try await withBroker { server in
            let client = try RawSocket(port: server.port)
            try client.handshake()
            client.send(.queueDeclare(Queue.Declare(queue: "q")))
            _ = try client.receive()
            var buffer = ByteBuffer()
            for _ in 0..<3 {
                buffer.writeContent(
                    method: .basicPublish(Basic.Publish(routingKey: "q")), channel: 1,
                    content: Content(body: ByteBuffer(string: "x")), frameMax: 4096)
            }
            client.send(Array(buffer.readableBytesView))
            client.send(.basicQos(Basic.Qos()))
            _ = try client.receive()
            let statistics = await server.statistics()
            #expect(statistics.queues.map(\.ready) == [3])
            #expect(statistics.published == 3)
            #expect(statistics.connections == 1)
        }
    }
}
