import ClusterModel

/// `broker:` of a node.
enum BrokerKey {
    enum Engine: String, Sendable, CaseIterable { case embedded, external }

    struct Draft: Sendable {
        var engine = Engine.embedded
        var url: String?
        var port: Int?
        var purge = false
    }

    static let record = Record<Draft>("broker", "A message broker.", from: Draft()) {
        Key(
            "engine", \.engine,
            .word(
                "an engine",
                later: [
                    "rabbitmq":
                        "engine rabbitmq is not there yet: start one with scripts/rabbitmq, and use engine: external with its url"
                ]), default: "embedded",
            "`embedded`: our own broker, a process of its own. `external`: one that runs already, at `url`.")
        Key(
            "url", optional: \.url, Format<String>.words.check(urlProblem),
            "Where the external broker is: `amqp://user:password@host:port/vhost`.")
        Key(
            "port", optional: \.port, Format<Int>.integer(1...65_535),
            "A port on 127.0.0.1 for programs outside the cluster: the link `outside -> NAME`.")
        Key(
            "purge", \.purge, .flag, default: "false",
            "Whether declared queues of an external broker may be emptied before the run; a full one is refused otherwise."
        )
    } finish: { draft, entry, reading in
        if draft.engine == .external, !entry.has("url") {
            reading.error(
                "engine: external without its url", at: entry.place("engine"),
                advice: "url: amqp://guest:guest@localhost:5672/")
        }
        if draft.engine == .embedded, entry["engine"]?.value.isBroken != true {
            let written: String? = if case .scalar(let text, _)? = entry["engine"]?.value.content { text } else { nil }
            for key in ["url", "purge"] where entry.has(key) && (written ?? "embedded") == "embedded" {
                reading.error("'\(key)' belongs to engine: external", at: entry.place(key))
            }
        }
    }

    static func role(_ draft: Draft) -> BrokerRole {
        BrokerRole(
            engine: draft.engine == .external ? .external(url: draft.url ?? "") : .embedded, port: draft.port,
            purge: draft.purge)
    }

    @Sendable private static func urlProblem(_ url: String) -> String? {
        if url.hasPrefix("amqps://") { return "amqps:// is not supported by this version of orch: expected amqp://" }
        guard url.hasPrefix("amqp://"), url.utf8.count > 7 else {
            return "expected a url such as amqp://guest:guest@localhost:5672/, found '\(shortened(url))'"
        }
        return nil
    }
}
