import AMQP
import Broker
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import AMQPClient

/// Our client on our broker, over a real socket.
@Suite struct ConnectionTests {
    private func withBroker(
        _ body: (_ url: AMQPURL, _ loop: any EventLoop) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        var configuration = BrokerConfiguration()
        configuration.port = 0
        let server = try await BrokerServer.start(
            configuration: configuration, group: group, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await body(AMQPURL(port: server.port), group.next())
        await server.shutdown()
    }

    private func channel(_ url: AMQPURL, _ loop: any EventLoop) async throws -> (
        NIOLoopBound<ClientConnection>, NIOLoopBound<ClientChannel>
    ) {
        let connection = try await ClientConnection.connect(to: url, name: "test", on: loop).get()
        return (connection, try await loop.flatSubmit { connection.value.openChannel() }.get())
    }

    @Test func callsAreAnsweredInOrder() async throws {
        try await withBroker { url, loop in
            let (connection, channel) = try await channel(url, loop)
            let declared = try await loop.flatSubmit { channel.value.call(.queueDeclare(.init(queue: "q"))) }.get()
            guard case .queueDeclareOk(let ok) = declared.method else {
                Issue.record("\(declared.method.name)")
                return
            }
            #expect(ok.queue == "q" && ok.messageCount == 0)
            try await loop.flatSubmit { connection.value.close() }.get()
        }
    }

    @Test func aChannelErrorFailsItsCallAndTheConnectionLives() async throws {
        try await withBroker { url, loop in
            let (connection, channel) = try await channel(url, loop)
            await #expect {
                _ = try await loop.flatSubmit { channel.value.call(.queueDeclare(.init(queue: "none", passive: true))) }
                    .get()
            } throws: { error in
                guard case .channelClosed(404, _)? = error as? ClientError else { return false }
                return true
            }
            let other = try await loop.flatSubmit { connection.value.openChannel() }.get()
            _ = try await loop.flatSubmit { other.value.call(.queueDeclare(.init(queue: "q"))) }.get()
        }
    }

    @Test func wrongPasswordsAndVirtualHostsAreToldApart() async throws {
        try await withBroker { url, loop in
            var wrong = url
            wrong.password = "no"
            await #expect(throws: ClientError.self) {
                _ = try await ClientConnection.connect(to: wrong, name: "test", on: loop).get()
            }
            var elsewhere = url
            elsewhere.virtualHost = "none"
            await #expect {
                _ = try await ClientConnection.connect(to: elsewhere, name: "test", on: loop).get()
            } throws: { error in
                guard case .connectionClosed(530, _)? = error as? ClientError else { return false }
                return true
            }
        }
    }

    @Test func nobodyThereIsUnreachable() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        await #expect {
            _ = try await ClientConnection.connect(to: AMQPURL(port: 1), name: "test", on: loop).get()
        } throws: { error in
            guard case .unreachable? = error as? ClientError else { return false }
            return true
        }
    }

    @Test func aPeerThatSaysNothingDoesNotHoldUsForEver() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let silent = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        await #expect(throws: ClientError.self) {
            _ = try await ClientConnection.connect(
                to: AMQPURL(port: silent.localAddress!.port!), name: "test", on: group.next(),
                timeout: .milliseconds(50)
            ).get()
        }
        try await silent.close().get()
    }

    @Test func theEndOfTheBrokerEndsEveryCall() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        var configuration = BrokerConfiguration()
        configuration.port = 0
        let server = try await BrokerServer.start(
            configuration: configuration, group: group, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let loop = group.next()
        let (_, channel) = try await channel(AMQPURL(port: server.port), loop)
        await server.shutdown()
        await #expect(throws: ClientError.self) {
            while true { _ = try await loop.flatSubmit { channel.value.call(.basicQos(.init())) }.get() }
        }
    }
}
