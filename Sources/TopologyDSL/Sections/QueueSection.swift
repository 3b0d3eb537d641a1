import ClusterModel

/// `queues:`
enum QueueSection {
    static let record = Record<Queue>(
        "queue", "Keeps messages until a consumer takes them.", from: Queue(name: "", broker: "")
    ) {
        Key("durable", \.durable, .flag, default: "false", "Whether it is there after the broker has restarted.")
        Key("auto_delete", \.autoDelete, .flag, default: "false", "Whether it goes with its last consumer.")
        Key("bind", \.bindings, BindingKey.format, "Which messages reach it; one binding or a list.")
        Key("arguments", \.arguments, .arguments(), "Further arguments of the declaration, handed to the broker.")
        Key(
            "broker", \.broker, .reference("a broker node's name"), default: "the only one", "The broker that holds it."
        )
    }

    static let format = Format<[Queue]>.entries(
        of: record, of: "queue names", named: \.name, check: EntityName.problem
    ) { queue, span, reading in queue.location = reading.location(span) }
}

/// `bind:` of a queue or a consumer.
enum BindingKey {
    static let record = Record<Binding>(
        "binding", "From an exchange to a queue.", from: Binding(exchange: "")
    ) {
        Key("exchange", \.exchange, .reference("an exchange's name"), required: true, "Where the messages come from.")
        Key(
            "key", \.key, routingKey, default: "\"\"",
            "The binding key: a routing key, or a pattern on a topic exchange. `#` and `*` need quotes: `\"#\"`, "
                + "`\"*.orange.*\"`.")
        Key(
            "arguments", \.arguments, .arguments(),
            "On a headers exchange: the headers to match, and `x-match: all|any`.")
    }

    static let format = Format<[Binding]>.oneOrMany(
        Format<Binding>.either(
            Format<String>.reference("an exchange's name").map { Binding(exchange: $0) }, or: record.format))

    static let routingKey = Format<String>.text.check(routingKeyProblem)

    @Sendable static func routingKeyProblem(_ key: String) -> String? {
        key.utf8.count > 255 ? "a routing key of \(key.utf8.count) bytes; AMQP allows 255" : nil
    }
}
