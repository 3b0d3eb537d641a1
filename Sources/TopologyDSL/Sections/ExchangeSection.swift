import ClusterModel

/// `exchanges:`
enum ExchangeSection {
    static let record = Record<Exchange>(
        "exchange", "Takes messages and routes them to queues.", from: Exchange(name: "", kind: .direct, broker: "")
    ) {
        Key(
            "type", \.kind, .word("an exchange type"), default: "direct",
            "`direct`: the routing key equals the binding's. `fanout`: every binding. `topic`: patterns of words, where "
                + "`*` is one word and `#` any number. `headers`: the binding's arguments.")
        Key("durable", \.durable, .flag, default: "false", "Whether it is there after the broker has restarted.")
        Key("auto_delete", \.autoDelete, .flag, default: "false", "Whether it goes with its last binding.")
        Key("internal", \.isInternal, .flag, default: "false", "Whether only other exchanges may publish to it.")
        Key(
            "alternate", optional: \.alternate, Format<String>.reference("an exchange's name"),
            "The exchange that receives what this one cannot route.")
        Key("arguments", \.arguments, .arguments(), "Further arguments of the declaration, handed to the broker.")
        Key(
            "broker", \.broker, .reference("a broker node's name"), default: "the only one", "The broker that holds it."
        )
    }

    static let format = Format<[Exchange]>.entries(
        of: record, of: "exchange names", named: \.name, check: EntityName.problem
    ) { exchange, span, reading in exchange.location = reading.location(span) }
}

/// Names of exchanges and queues.
enum EntityName {
    /// What every broker has. The default exchange routes by queue name and takes no bindings.
    static let predeclared: [String: Exchange.Kind] = [
        "": .direct, "amq.direct": .direct, "amq.fanout": .fanout, "amq.topic": .topic, "amq.headers": .headers,
        "amq.match": .headers,
    ]

    static func problem(_ name: String) -> ValueProblem? {
        if name.isEmpty { return ValueProblem("a name cannot be empty") }
        if name.utf8.count > 255 { return ValueProblem("'\(shortened(name))' is longer than the 255 bytes of AMQP") }
        if name.hasPrefix("amq.") {
            return ValueProblem(
                "'\(shortened(name))': names that start with amq. belong to the broker",
                advice: predeclared[name] == nil ? nil : "every broker has it; it needs no declaration")
        }
        return nil
    }
}
