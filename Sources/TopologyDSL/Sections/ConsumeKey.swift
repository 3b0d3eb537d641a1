import ClusterModel

/// `consume:` of a node.
enum ConsumeKey {
    static let record = Record<ConsumeRole>(
        "consume", "A consumer on a queue.", from: ConsumeRole(broker: "")
    ) {
        Key(
            "queue", optional: \.queue, Format<String>.reference("a queue's name"),
            default: "an anonymous one, exclusive, named by the broker", "The queue.")
        Key(
            "bind", \.bindings, BindingKey.format,
            "Bindings of the queue; one or a list. An exchange's name alone will do.")
        Key(
            "ack", \.ack, .word("a way to acknowledge"), default: "auto",
            "`auto`: a message counts as done once it is sent. `manual`: once it has been worked on.")
        Key(
            "prefetch", \.prefetch, .integer(0...65_535), default: "0, without limit",
            "Unacknowledged messages at most, with `ack: manual`.")
        Key("work", \.work, .duration(), default: "0", "How long one message takes.")
        Key(
            "fail", optional: \.fail, fail,
            "A seeded share of messages at which it fails before the ack: `10%`, or `{chance: 10%, action: reject}`.")
        Key("requeue", \.requeue, .flag, default: "true", "Whether a rejected message goes back to its queue.")
        Key("broker", \.broker, .reference("a broker node's name"), default: "the queue's", "The broker.")
        Key<ConsumeRole>.later("handler")
    } finish: { role, entry, reading in
        guard role.ack == .auto, !reading.isBroken(reading.path / "ack") else { return }
        if entry.has("prefetch") {
            reading.warning(
                "'prefetch' has no effect with ack: auto", at: entry.place("prefetch"), advice: "add ack: manual")
        }
        if role.fail?.action == .reject {
            reading.error(
                "action: reject needs ack: manual: what is acknowledged cannot be rejected", at: entry.place("fail"))
        }
    }

    static let failRecord = Record<ConsumeRole.Fail>(
        "fail", "A failure on purpose.", from: .init(chance: Share(0))
    ) {
        Key("chance", \.chance, .share, required: true, "The share of messages.")
        Key(
            "action", \.action, .word("an action"), default: "die",
            "`die`: the process ends. `reject`: the message is rejected.")
    }

    private static let fail = Format<ConsumeRole.Fail>.either(
        Format<Share>.share.map { .init(chance: $0) }, or: failRecord.format)
}
