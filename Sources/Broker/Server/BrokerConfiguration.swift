import AMQP
import NIOCore

/// How a broker is started. The defaults are those of a local RabbitMQ, but for the port and the data, which is lost at
/// the end.
package struct BrokerConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 lets the system choose; see `BrokerServer.port`.
    package var port = 0
    /// Where durable exchanges and queues and persistent messages are kept; made if missing. Nil: in memory, so that
    /// they live as long as the process.
    package var dataDirectory: String?
    /// Password by name.
    package var users = ["guest": "guest"]
    package var vhosts = ["/"]
    /// Octets of messages in memory above which publishers are stopped, until it is below 9/10. Nil: 40% of the
    /// machine's memory, at most 1 GiB.
    package var memoryLimit: Int?
    /// Proposed to clients, in seconds; 0 for no heartbeats.
    package var heartbeat: UInt16 = 60
    /// Octets of a message's body; larger ones are refused with PRECONDITION_FAILED.
    package var maxMessageSize = AMQPLimits.bodySize
    /// From accept to connection.open.
    package var handshakeTimeout = TimeAmount.seconds(10)
    /// Connections at a time; more are closed as soon as they are accepted.
    package var maxConnections = 10_000
    /// Random for nil; makes the server-made names repeatable.
    package var seed: UInt64?

    package init() {}
}

/// A moment of a broker, by virtual host and name.
package struct BrokerStatistics: Sendable, Equatable {
    package struct Queue: Sendable, Equatable {
        package var vhost: String
        package var name: String
        package var isDurable: Bool
        package var ready: Int
        package var unacked: Int
        package var consumers: Int
        /// Since the start: put in; delivered, with repetitions; acknowledged, dropped, or delivered under automatic
        /// ack.
        package var published: UInt64
        package var delivered: UInt64
        package var settled: UInt64
    }

    package struct Exchange: Sendable, Equatable {
        package var vhost: String
        package var name: String
        package var type: String
        package var bindings: Int
        /// Messages from clients since the start.
        package var published: UInt64
    }

    package var queues: [Queue] = []
    package var exchanges: [Exchange] = []
    package var connections = 0
    /// Since the start.
    package var connectionsOpened: UInt64 = 0
    package var published: UInt64 = 0
    package var unroutable: UInt64 = 0
    /// Octets of messages held.
    package var memory = 0
    /// Publishers are stopped for lack of memory.
    package var isBlocked = false
}

extension BrokerCore {
    var statistics: BrokerStatistics {
        var result = BrokerStatistics()
        for vhost in vhosts.values.sorted(by: { $0.name < $1.name }) {
            for queue in vhost.queues.values.sorted(by: { $0.name < $1.name }) {
                result.queues.append(
                    BrokerStatistics.Queue(
                        vhost: vhost.name, name: queue.name, isDurable: queue.isDurable, ready: queue.ready.count,
                        unacked: queue.unacked, consumers: queue.consumers.count, published: queue.published,
                        delivered: queue.delivered, settled: queue.settled))
            }
            for exchange in vhost.exchanges.values.sorted(by: { $0.name < $1.name }) {
                result.exchanges.append(
                    BrokerStatistics.Exchange(
                        vhost: vhost.name, name: exchange.name, type: exchange.type.rawValue,
                        bindings: exchange.bindings.count, published: exchange.published))
            }
        }
        result.connections = sessions.count
        result.connectionsOpened = connectionsOpened
        result.published = published
        result.unroutable = unroutable
        result.memory = memory
        result.isBlocked = isAlarmed
        return result
    }
}
