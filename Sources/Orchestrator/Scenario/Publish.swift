import AMQP
import AMQPClient
import ClusterModel
import FaultInjection
import NIOCore
import NIOPosix

/// `publish`: from the orchestrator, through the link `outside -> broker`, where faults touch it as they touch any client.
extension Cluster {
    /// For the broker's confirm, or the server's answer.
    private static let patience = Duration.seconds(5)

    func publish(_ message: Verb.Publication) async -> VerbResult {
        if let feed = message.feed { return await post(message.body, to: feed) }
        do {
            let publisher = try await publisher(to: message.broker)
            let problem = try await publisher.publish(message, within: Self.patience)
            guard let problem else { return VerbResult() }
            scenario.publishers[message.broker] = nil
            await publisher.close()
            return .failed(problem)
        } catch {
            scenario.publishers[message.broker] = nil
            return .failed("the broker '\(message.broker)' cannot be reached: \(error)")
        }
    }

    private func publisher(to broker: String) async throws -> OutsidePublisher {
        if let known = scenario.publishers[broker] {
            if await known.isOpen { return known }
            await known.close()
        }
        let link = try await link(NodeLink.outside, broker)
        var url = AMQPURL(port: link.port)
        if let port = brokerPorts[broker] {
            link.lead(to: try SocketAddress(ipAddress: "127.0.0.1", port: port))
        } else if case .external(let text)? = topology.node(ofInstance: broker)?.broker?.engine,
            let external = AMQPURL(text)
        {
            link.lead(to: try SocketAddress.makeAddressResolvingHost(external.host, port: external.port))
            url = external.at(host: "127.0.0.1", port: link.port)
        }
        let made = try await OutsidePublisher.open(url, on: loops.group.next())
        scenario.publishers[broker] = made
        return made
    }

    private func post(_ body: String, to feed: String) async -> VerbResult {
        guard let node = topology.nodes.first(where: { $0.feed?.feeds.contains(feed) == true }),
            let server = node.instances.first
        else { return .failed("no node serves the feed '\(feed)'") }
        do {
            let endpoint = try await endpoint(of: server, for: NodeLink.outside)
            let request = FeedPost(feed: feed, body: body, port: endpoint.port)
            return await request.send(on: loops.group.next(), within: Self.patience)
        } catch {
            return .failed("'\(server)' cannot be reached: \(error)")
        }
    }
}

/// A connection that publishes and waits for confirms, one message at a time.
actor OutsidePublisher {
    private let loop: any EventLoop
    private let connection: NIOLoopBound<ClientConnection>
    private let channel: NIOLoopBound<ClientChannel>
    private let confirms: NIOLoopBound<Confirms>

    static func open(_ url: AMQPURL, on loop: any EventLoop) async throws -> OutsidePublisher {
        let connection = try await ClientConnection.connect(to: url, name: "orch scenario", on: loop).get()
        let channel = try await loop.flatSubmit { connection.value.openChannel() }.get()
        let confirms = try await loop.submit {
            let confirms = Confirms()
            channel.value.delegate = confirms
            return NIOLoopBound(confirms, eventLoop: loop)
        }.get()
        _ = try await loop.flatSubmit { channel.value.call(.confirmSelect(.init())) }.get()
        return OutsidePublisher(loop, connection, channel, confirms)
    }

    private init(
        _ loop: any EventLoop, _ connection: NIOLoopBound<ClientConnection>, _ channel: NIOLoopBound<ClientChannel>,
        _ confirms: NIOLoopBound<Confirms>
    ) {
        self.loop = loop
        self.connection = connection
        self.channel = channel
        self.confirms = confirms
    }

    var isOpen: Bool {
        get async {
            let (loop, channel) = (loop, channel)
            return (try? await loop.submit { channel.value.failure == nil }.get()) ?? false
        }
    }

    /// - Returns: what went wrong; `nil` where the broker has confirmed it.
    func publish(_ message: Verb.Publication, within limit: Duration) async throws -> String? {
        let (loop, channel, confirms) = (loop, channel, confirms)
        let headers = message.headers.isEmpty ? nil : FieldTable(arguments: message.headers)
        return try await loop.flatSubmit {
            let promise = loop.makePromise(of: String?.self)
            let alarm = loop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) {
                confirms.value.settle("the broker did not confirm it within \(limit.text)")
            }
            confirms.value.waiting.append(promise)
            promise.futureResult.whenComplete { _ in alarm.cancel() }
            var properties = BasicProperties()
            properties.headers = headers
            properties.deliveryMode = message.persistent ? 2 : nil
            let body = ByteBuffer(string: message.body)
            channel.value.publish(
                .init(exchange: message.exchange, routingKey: message.key, mandatory: true),
                ContentHeader(bodySize: body.readableBytes, properties: properties), body)
            channel.value.flush()
            if let failure = channel.value.failure { confirms.value.settle("\(failure)") }
            return promise.futureResult
        }.get()
    }

    func close() async {
        let connection = connection
        try? await loop.flatSubmit { connection.value.close() }.get()
    }
}

/// What the broker says of what was published.
private final class Confirms: ClientChannelDelegate {
    var waiting: [EventLoopPromise<String?>] = []
    private var returned: String?

    func settle(_ problem: String?) {
        let all = waiting
        waiting = []
        for promise in all { promise.succeed(problem) }
    }

    func confirmed(_ tag: UInt64, multiple: Bool, nack: Bool) {
        settle(nack ? "the broker refused it" : returned)
        returned = nil
    }

    func returned(_ method: Basic.Return, _ header: ContentHeader) {
        returned = "no queue takes it: the broker returned it (\(method.replyText))"
    }

    func ended(_ error: ClientError) { settle("\(error)") }
    func delivered(_ delivery: Basic.Deliver, _ header: ContentHeader, _ body: ByteBuffer) {}
    func cancelled(_ consumerTag: String) {}
    func batchEnded() {}
}
