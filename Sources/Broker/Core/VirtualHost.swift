import AMQP
import NIOCore

/// One namespace of exchanges and queues. Confined to the core's event loop.
///
/// Operations throw the AMQP error to close the channel (or, with a hard code, the connection) with.
final class VirtualHost {
    let name: String
    unowned let core: BrokerCore
    private(set) var exchanges: [String: MessageExchange] = [:]
    private(set) var queues: [String: MessageQueue] = [:]

    private var cache = RouteCache()
    /// Changes whenever a route may have changed.
    private var generation: UInt64 = 1
    private var visits: UInt64 = 0

    init(name: String, core: BrokerCore) {
        self.name = name
        self.core = core
        for (name, type) in [
            ("", ExchangeType.direct), ("amq.direct", .direct), ("amq.fanout", .fanout), ("amq.topic", .topic),
            ("amq.headers", .headers), ("amq.match", .headers),
        ] {
            exchanges[name] = MessageExchange(name: name, type: type, isDurable: true)
        }
    }

    func topologyChanged() {
        generation += 1
        if generation % 64 == 0 { cache.removeAll() }
    }

    // MARK: Lookup

    func exchange(_ name: String) throws(AMQPError) -> MessageExchange {
        guard let exchange = exchanges[name] else { throw .noExchange(name, in: self.name) }
        return exchange
    }

    /// Also refuses a queue that is exclusive to another connection.
    func queue(_ name: String, for session: Session) throws(AMQPError) -> MessageQueue {
        guard let queue = queues[name] else { throw .noQueue(name, in: self.name) }
        if let owner = queue.owner, owner !== session {
            throw .fail(
                .resourceLocked,
                "cannot obtain exclusive access to locked \(queue.label). It could be originally declared on another "
                    + "connection or the exclusive property value does not match that of the original declaration.")
        }
        return queue
    }

    func insert(_ exchange: MessageExchange) {
        exchanges[exchange.name] = exchange
        topologyChanged()
    }

    func insert(_ queue: MessageQueue) {
        queues[queue.name] = queue
        topologyChanged()
    }

    func removeFromTable(_ exchange: MessageExchange) { exchanges[exchange.name] = nil }
    func removeFromTable(_ queue: MessageQueue) { queues[queue.name] = nil }

    // MARK: Routing

    /// Where a message goes; nil if there is no such exchange. SYNTAX_ERROR if a name or the headers are malformed.
    func route(_ message: Message, headers: Range<Int>) throws(AMQPError) -> Route? {
        if let route = cache.find(message.routing, generation: generation) { return route }
        guard let exchangeName = String(validating: message.exchangeBytes, as: UTF8.self),
            let key = String(validating: message.routingKeyBytes, as: UTF8.self)
        else { throw .fail(.syntaxError, "a short string is not valid UTF-8") }
        guard let exchange = exchanges[exchangeName] else { return nil }
        let (queues, routesByKey) = try route(from: exchange, key: key, headers: headers, of: message)
        let route = Route(exchange: exchange, queues: queues, key: message.routing, generation: generation)
        if routesByKey { cache.insert(route) }
        return route
    }

    /// Follows bindings from exchange to exchange, and to the alternate exchange of one that leads nowhere. Each queue
    /// comes once. `routesByKey` tells whether any message with this key takes the same route.
    private func route(
        from start: MessageExchange, key: String, headers: Range<Int>, of message: Message
    ) throws(AMQPError) -> (queues: [MessageQueue], routesByKey: Bool) {
        visits += 1
        let visit = visits
        var found: [MessageQueue] = []
        var routesByKey = true
        var input = RoutingInput(routingKey: key, headers: [:])
        var open = [start]
        start.visit = visit
        func enter(_ exchange: MessageExchange) {
            guard exchange.visit != visit else { return }
            exchange.visit = visit
            open.append(exchange)
        }
        while let exchange = open.popLast() {
            if !exchange.routesByKey, routesByKey {
                routesByKey = false
                input.headers = try message.decodeHeaders(headers)
            }
            var leadsSomewhere = false
            if exchange.isDefault, let queue = queues[key] {
                leadsSomewhere = true
                if queue.visit != visit {
                    queue.visit = visit
                    found.append(queue)
                }
            }
            exchange.match(input) { binding in
                leadsSomewhere = true
                switch binding.destination {
                case .exchange(let next): enter(next)
                case .queue(let queue):
                    guard queue.visit != visit else { return }
                    queue.visit = visit
                    found.append(queue)
                }
            }
            if !leadsSomewhere, let alternate = exchange.alternate, let next = exchanges[alternate] { enter(next) }
        }
        return (found, routesByKey)
    }
}

extension Message {
    /// `range` within the properties, as `PropertyScan` found it.
    fileprivate func decodeHeaders(_ range: Range<Int>) throws(AMQPError) -> FieldTable {
        guard !range.isEmpty else { return [:] }
        var buffer = ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: properties[range]))
        return try FieldTable(decoding: &buffer)
    }
}
