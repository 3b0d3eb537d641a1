import TopologyText

/// Takes messages and routes them to queues.
public struct Exchange: TopologyPart {
    public enum Kind: String, Sendable { case direct, fanout, topic, headers }

    public let section: TopologySection

    /// - Parameters:
    ///   - alternate: the exchange that receives what this one cannot route.
    ///   - arguments: a mapping of further arguments of the declaration.
    ///   - broker: where there are several.
    public init(
        _ name: String, _ kind: Kind = .direct, durable: Bool = false, autoDelete: Bool = false,
        isInternal: Bool = false, alternate: String? = nil, arguments: Value? = nil, broker: String? = nil
    ) {
        var fields = Fields()
        fields.word("type", kind)
        fields.flag("durable", durable)
        fields.flag("auto_delete", autoDelete)
        fields.flag("internal", isInternal)
        fields.text("alternate", alternate)
        fields.value("arguments", arguments)
        fields.text("broker", broker)
        section = TopologySection("exchanges", name, fields)
    }
}

/// From an exchange to a queue. An exchange's name alone is one too: `bind: ["logs"]`.
public struct Binding: Sendable, ExpressibleByStringLiteral {
    let value: TopologyValue

    public init(stringLiteral exchange: String) { self.init(exchange) }

    public init(_ exchange: String, key: String? = nil, arguments: Value? = nil) {
        var fields = Fields()
        fields.text("exchange", exchange)
        fields.text("key", key)
        fields.value("arguments", arguments)
        value = .mapping(fields.entries)
    }
}

/// Keeps messages until a consumer takes them.
public struct Queue: TopologyPart {
    public let section: TopologySection

    public init(
        _ name: String, durable: Bool = false, autoDelete: Bool = false, bind: [Binding] = [], arguments: Value? = nil,
        broker: String? = nil
    ) {
        var fields = Fields()
        fields.flag("durable", durable)
        fields.flag("auto_delete", autoDelete)
        fields.put("bind", bind.isEmpty ? nil : .list(bind.map(\.value)))
        fields.value("arguments", arguments)
        fields.text("broker", broker)
        section = TopologySection("queues", name, fields)
    }
}

/// The node is a message broker: the embedded one, or with `url` one that runs already.
public struct Broker: NodePart {
    public let role: NodeRole

    /// - Parameters:
    ///   - port: a port on 127.0.0.1 for programs outside the cluster.
    ///   - purge: whether queues of an external broker may be emptied before the run.
    public init(url: String? = nil, port: Int? = nil, purge: Bool = false) {
        var fields = Fields()
        fields.text("engine", url == nil ? nil : "external")
        fields.text("url", url)
        fields.number("port", port)
        fields.flag("purge", purge)
        role = NodeRole(key: "broker", value: .mapping(fields.entries))
    }
}

/// Waiting for the broker's confirm of each message: `true`, or how.
public struct Confirm: Sendable, ExpressibleByBooleanLiteral {
    let value: TopologyValue

    public init(booleanLiteral flag: Bool) { value = .word(flag ? "true" : "false") }

    /// - Parameters:
    ///   - attempts: transmissions of one message, the first included.
    ///   - window: messages in flight at most.
    public init(timeout: Duration? = nil, attempts: Int? = nil, window: Int? = nil) {
        var fields = Fields()
        fields.time("timeout", timeout)
        fields.number("attempts", attempts)
        fields.number("window", window)
        value = .mapping(fields.entries)
    }
}

/// The node sends a stream of messages, to an exchange or straight to a queue. Texts are templates: `line $(seq)`.
public struct Publish: NodePart {
    public let role: NodeRole

    /// - Parameters:
    ///   - size: bytes that the body is padded to.
    ///   - count: how many; without end where it is left out.
    public init(
        to exchange: String, key: String? = nil, headers: Value? = nil, body: String? = nil, size: Int? = nil,
        count: Int? = nil, rate: Rate? = nil, mandatory: Bool = false, persistent: Bool = false,
        confirm: Confirm? = nil, broker: String? = nil
    ) {
        var fields = Fields()
        fields.text("to", exchange)
        fields.template("key", key)
        self.init(fields, headers, body, size, count, rate, mandatory, persistent, confirm, broker)
    }

    public init(
        queue: String, headers: Value? = nil, body: String? = nil, size: Int? = nil, count: Int? = nil,
        rate: Rate? = nil, mandatory: Bool = false, persistent: Bool = false, confirm: Confirm? = nil,
        broker: String? = nil
    ) {
        var fields = Fields()
        fields.text("queue", queue)
        self.init(fields, headers, body, size, count, rate, mandatory, persistent, confirm, broker)
    }

    private init(
        _ target: Fields, _ headers: Value?, _ body: String?, _ size: Int?, _ count: Int?, _ rate: Rate?,
        _ mandatory: Bool, _ persistent: Bool, _ confirm: Confirm?, _ broker: String?
    ) {
        var fields = target
        fields.value("headers", headers, isTemplate: true)
        fields.items(body: body, size: size, count: count, rate: rate)
        fields.flag("mandatory", mandatory)
        fields.flag("persistent", persistent)
        fields.put("confirm", confirm?.value)
        fields.text("broker", broker)
        role = NodeRole(key: "publish", value: .mapping(fields.entries))
    }
}

extension Fields {
    /// What streams of items have in common.
    mutating func items(body: String?, size: Int?, count: Int?, rate: Rate?) {
        template("body", body)
        number("size", size)
        number("count", count)
        self.rate("rate", rate)
    }
}

/// The node receives messages, from a queue or from one of its own that is bound to exchanges.
public struct Consume: NodePart {
    public enum Ack: String, Sendable { case auto, manual }

    /// A failure on purpose, before the ack.
    public struct Fail: Sendable {
        public enum Action: String, Sendable { case die, reject }

        let value: TopologyValue

        public init(_ chance: Share, _ action: Action = .die) {
            var fields = Fields()
            fields.share("chance", chance)
            fields.word("action", action)
            value = .mapping(fields.entries)
        }
    }

    public let role: NodeRole

    /// - Parameters:
    ///   - prefetch: unacknowledged messages at most, with `ack: .manual`.
    ///   - work: how long one message takes.
    public init(
        queue: String? = nil, bind: [Binding] = [], ack: Ack? = nil, prefetch: Int? = nil, work: Duration? = nil,
        fail: Fail? = nil, requeue: Bool = true, broker: String? = nil
    ) {
        var fields = Fields()
        fields.text("queue", queue)
        fields.put("bind", bind.isEmpty ? nil : .list(bind.map(\.value)))
        fields.word("ack", ack)
        fields.number("prefetch", prefetch)
        fields.time("work", work)
        fields.put("fail", fail?.value)
        fields.flag("requeue", requeue, unless: true)
        fields.text("broker", broker)
        role = NodeRole(key: "consume", value: .mapping(fields.entries))
    }
}
