import AMQP
import AMQPClient
import Broker
import Logging
import NIOCore
import NIOPosix

/// A broker outside any cluster, with a binding that was made before anybody looked.
struct HiddenBinding {
    let url: String
    private let server: BrokerServer

    init(exchange: String, queue: String, key: String) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        server = try await BrokerServer.start(
            configuration: BrokerConfiguration(), group: group,
            logger: Logger(label: "broker") { _ in SwiftLogNoOpLogHandler() })
        url = "amqp://guest:guest@127.0.0.1:\(server.port)/%2F"
        let loop = group.next()
        let connection = try await ClientConnection.connect(to: AMQPURL(port: server.port), name: "hidden", on: loop)
            .get()
        let channel = try await loop.flatSubmit { connection.value.openChannel() }.get()
        for method: AMQPMethod in [
            .exchangeDeclare(.init(exchange: exchange, type: "direct")), .queueDeclare(.init(queue: queue)),
            .queueBind(.init(queue: queue, exchange: exchange, routingKey: key)),
        ] {
            _ = try await loop.flatSubmit { channel.value.call(method) }.get()
        }
        try await loop.flatSubmit { connection.value.close() }.get()
    }

    func shutdown() async { await server.shutdown() }
}
