import ClusterModel

/// `publish:` of a node.
enum PublishKey {
    struct Draft: Sendable {
        var role = PublishRole(exchange: "", broker: "")
        var queue: String?
        /// With `feed`; then `role.exchange` is what stands after `to`.
        var feed: String?
        var append = AppendRole(feed: "")
    }

    static let record = Record<Draft>(
        "publish", "A stream of messages, or of items for a feed.", exactlyOne: ["to", "queue", "feed"],
        secondMeaning: ["to": "feed"], from: Draft()
    ) {
        Key(
            "to", \.role.exchange, .reference("an exchange's name"),
            "The exchange. With `feed`: the node that serves it, where that is not clear.")
        Key(
            "queue", optional: \.queue, Format<String>.reference("a queue's name"),
            "The queue, reached through the default exchange.")
        Key(
            "feed", optional: \.feed, Format<String>.reference("a feed's name"),
            "The feed, to which items are appended over HTTP, each once, however often it has to ask.")
        Key(
            "key", \.role.key, Format<String>.template(.message).check(BindingKey.routingKeyProblem), default: "\"\"",
            "The routing key; a template.")
        Key("headers", \.role.headers, .arguments(.message), "Headers of each message; texts are templates.")
        Key(
            "body", \.role.body, .template(.message), default: "`message $(seq)`, `item $(seq)` for a feed",
            "The body; a template.")
        Key("size", optional: \.role.size, Format<Int>.bytes, "What the body is padded to: `64KB`.")
        Key(
            "count", optional: \.role.count, Format<Int>.integer(1...Int.max), default: "without end",
            "How many messages.")
        Key(
            "rate", optional: \.role.rate, Format<Rate>.rate, default: "as fast as the broker takes them",
            "How many a second: `500/s`.")
        Key("mandatory", \.role.mandatory, .flag, default: "false", "Whether the broker returns what it cannot route.")
        Key(
            "persistent", \.role.persistent, .flag, default: "false",
            "Whether messages survive a broker's restart, in durable queues.")
        Key(
            "confirm", \.role.confirm, confirm, default: "false",
            "Whether it waits for the broker's confirm of each message; what fails is published again, up to `attempts`."
        )
        Key("broker", \.role.broker, .reference("a broker node's name"), default: "the exchange's", "The broker.")
        Key(
            "timeout", \.append.timeout, .duration(allowsZero: false), default: "1s",
            "With `feed`: how long an attempt may take.")
        Key(
            "attempts", \.append.attempts, .integer(1...1_000_000), default: "10",
            "With `feed`: attempts at most, the first included.")
    } finish: { draft, entry, reading in
        if entry.has("feed") { return finishAppend(&draft, entry, reading) }
        for key in ["timeout", "attempts"] where entry.has(key) {
            reading.error(
                "'\(key)' without 'feed': a broker's confirms are waited for by 'confirm'", at: entry.place(key),
                advice: "confirm: { timeout: 1s, attempts: 10 }")
        }
        guard let queue = draft.queue else { return }
        if entry.has("key") {
            reading.error("'key' with 'queue': the queue's name is the key", at: entry.place("key"))
        }
        // The key is a template; the name is not.
        draft.role.key = queue.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }

    private static func finishAppend(_ draft: inout Draft, _ entry: Record<Draft>.Entry, _ reading: Reading) {
        for key in ["key", "headers", "mandatory", "persistent", "broker"] where entry.has(key) {
            reading.error(
                "'\(key)' beside 'feed': an item is appended over HTTP, and that belongs to AMQP", at: entry.place(key))
        }
        if entry.has("confirm") {
            reading.error(
                "'confirm' beside 'feed': an append is answered anyway, and repeated until it is",
                at: entry.place("confirm"), advice: "timeout: 1s and attempts: 10 say how often")
        }
        draft.append.feed = draft.feed ?? ""
        draft.append.to = draft.role.exchange
        draft.append.source = AppendSource(size: draft.role.size, count: draft.role.count, rate: draft.role.rate)
        if entry.has("body") { draft.append.source.body = draft.role.body }
    }

    static let confirmRecord = Record<PublishRole.Confirm>("confirm", "How confirms are waited for.", from: .init()) {
        Key("timeout", \.timeout, .duration(allowsZero: false), default: "5s", "After that a transmission has failed.")
        Key(
            "attempts", \.attempts, .integer(1...1_000_000), default: "1",
            "Transmissions of one message, the first included.")
        Key("window", \.window, .integer(1...1_000_000), default: "200", "Messages in flight at most.")
    }

    private static let confirm = Format<PublishRole.Confirm?>.either(
        Format<Bool>.flag.map { $0 ? PublishRole.Confirm() : nil }, or: confirmRecord.format.optional)
}
