import ClusterModel

/// `feed:` of a node.
enum FeedKey {
    private static let names = Format<[String]>.oneOrMany(.reference("a feed's name"))

    static let record = Record<FeedRole>("feed server", "It serves feeds over HTTP.", from: FeedRole(feeds: [])) {
        Key("feeds", \.feeds, names, required: true, "The feeds: one or a list.")
        Key(
            "port", optional: \.port, Format<Int>.integer(1...65_535),
            "A port on 127.0.0.1 for curl, browsers and other programs outside the cluster: the link `outside -> NAME`."
        )
    }

    static let format = Format<FeedRole>(
        "a feed's name, a list of them, or a mapping", schema: ["anyOf": .array([names.schema, record.definition])]
    ) { node, reading in
        if case .mapping = node.content { return record.read(node, reading) }
        return names.read(node, reading).map { FeedRole(feeds: $0) }
    }
}

/// `watch:` of a node.
enum WatchKey {
    static let record = Record<WatchRole>("watch", "It follows a feed.", from: WatchRole(feed: "")) {
        Key("feed", \.feed, .reference("a feed's name"), required: true, "The feed.")
        Key(
            "by", \.by, .word("a way to watch"), default: "push",
            "How it learns of new items. `poll`: it asks, and asks again after `every`. `long-poll`: it asks, and the "
                + "answer waits until there is something. `push`: it leaves a connection open and is told.")
        Key("to", \.to, .reference("a node's name"), default: "the node that serves it", "The node to ask.")
        Key("every", \.every, .duration(), default: "100ms", "The pause between two polls.")
        Key(
            "wait", \.wait, .duration(allowsZero: false), default: "30s",
            "How long a long poll waits for an item; at most the feed's `wait`.")
        Key(
            "timeout", \.timeout, .duration(allowsZero: false), default: "3s",
            "How long after that (or, pushed to, after the last sign of life) it gives a request up and asks anew.")
        Key(
            "from", \.from, .word("a start"), default: "start",
            "`start`: with the first item that the server still has. `now`: with the first one after its first question."
        )
        Key("limit", \.limit, .integer(1...100_000), default: "1000", "Items of one answer at most.")
    } finish: { role, entry, reading in
        guard !reading.isBroken(reading.path / "by") else { return }
        for (key, way) in [("every", WatchWay.poll), ("wait", .longPoll)] where entry.has(key) && role.by != way {
            reading.warning(
                "'\(key)' has no effect with by: \(role.by.rawValue)", at: entry.place(key),
                advice: "add by: \(way.rawValue)")
        }
    }

    static let format = Format<WatchRole>.either(
        Format<String>.reference("a feed's name").map { WatchRole(feed: $0) }, or: record.format)
}
