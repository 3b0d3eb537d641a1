import ClusterModel

extension ScenarioForm {
    /// `publish: { to: orders, key: eu, body: hello }`
    static let publish = ScenarioForm(
        "publish", takes: PublishStep.record.format,
        "One message to an exchange or a queue, or one item to a feed, from outside the cluster. It is done when the "
            + "broker has confirmed it."
    ) { checker, step, path in
        guard case .publish(let message) = step.action else { return step.action }
        return .publish(checker.settled(message, path / "publish"))
    } make: { draft, _ in
        .publish(draft.message)
    }
}

enum PublishStep {
    struct Draft: Sendable {
        var message = Verb.Publication()
        var queue: String?
    }

    static let record = Record<Draft>(
        "message", "One message, or one item for a feed.", exactlyOne: ["to", "queue", "feed"], from: Draft()
    ) {
        Key("to", \.message.exchange, .reference("an exchange's name"), "The exchange.")
        Key(
            "queue", optional: \.queue, Format<String>.reference("a queue's name"),
            "The queue, reached through the default exchange.")
        Key("feed", optional: \.message.feed, Format<String>.reference("a feed's name"), "The feed, by POST.")
        Key(
            "key", \.message.key, .reference("a routing key").check(BindingKey.routingKeyProblem), default: "\"\"",
            "The routing key.")
        Key("headers", \.message.headers, .arguments(), "Headers of the message.")
        Key("body", \.message.body, .text, default: "empty", "The body.")
        Key("persistent", \.message.persistent, .flag, default: "false", "Whether it survives a broker's restart.")
        Key(
            "broker", \.message.broker, .reference("a broker node's name"), default: "the exchange's or the queue's",
            "The broker.")
    } finish: { draft, entry, reading in
        if let queue = draft.queue {
            if entry.has("key") {
                reading.error("'key' with 'queue': the queue's name is the key", at: entry.place("key"))
            }
            draft.message.key = queue
        }
        for key in ["key", "headers", "persistent", "broker"] where entry.has("feed") && entry.has(key) {
            reading.error(
                "'\(key)' beside 'feed': an item is appended over HTTP, and that belongs to AMQP", at: entry.place(key))
        }
    }
}

extension Checker {
    /// With its broker.
    fileprivate func settled(_ message: Verb.Publication, _ path: Path) -> Verb.Publication {
        var message = message
        let brokers = topology.brokers.map(\.name)
        if let feed = message.feed {
            if topology.feed(named: feed) == nil {
                missing("feed", feed, among: topology.feeds.map(\.name), at: reading.place(path / "feed"))
            }
            return message
        }
        var known: String?
        if message.exchange.isEmpty {
            checkQueue(message.key, at: reading.place(path / "queue"))
            known = topology.allQueues.first { $0.name == message.key }?.broker
        } else if let exchange = exchange(named: message.exchange) {
            known = exchange.broker
        } else if !message.exchange.hasPrefix("amq.") {
            missing(
                "exchange", message.exchange, among: topology.exchanges.map(\.name), at: reading.place(path / "to"))
        }
        if message.broker.isEmpty { message.broker = known ?? brokers.first ?? "" }
        if !brokers.contains(message.broker), !reading.isBroken(["nodes"]) {
            missing("broker", message.broker, among: brokers, at: reading.place(path / "broker"))
        }
        return message
    }
}
