import ClusterModel

/// `feeds:`
enum FeedSection {
    static let record = Record<Feed>(
        "feed", "An ordered list of items that a server holds and watchers follow over HTTP.", from: Feed(name: "")
    ) {
        Key(
            "append", optional: \.append, AppendKey.record.format, default: "nothing",
            "What its server appends by itself.")
        Key(
            "durable", \.durable, .flag, default: "false",
            "Whether its items survive the server's death: an append is answered once it is on disk.")
        Key("keep", \.keep, .integer(1...10_000_000), default: "100000", "Items kept at most; the oldest go first.")
        Key(
            "buffer", \.buffer, .integer(1...1_000_000), default: "1000",
            "Items that may wait for one pushed-to watcher.")
        Key(
            "slow", \.slow, .word("a way with slow watchers"), default: "disconnect",
            "What happens to a watcher whose buffer is full. `drop-oldest`: its oldest items are dropped, and it is told "
                + "which. `disconnect`: its connection is closed, and it may come back after the last item that it has."
        )
        Key(
            "heartbeat", \.heartbeat, .duration(allowsZero: false), default: "1s",
            "The silence after which a pushed-to watcher gets a sign of life, which names the last item.")
        Key(
            "wait", \.wait, .duration(allowsZero: false), default: "60s",
            "The longest that a long poll may wait; a longer one is cut to it.")
    }

    static let format = Format<[Feed]>.entries(
        of: record, of: "feed names", named: \.name, check: { plainNameProblem($0, "a feed") },
        finish: { feed, span, reading in feed.location = reading.location(span) })
}

/// What a stream of items holds, for feeds and broadcasts.
enum AppendKey {
    static let record = Record<AppendSource>("append", "A stream of items.", from: AppendSource()) {
        Key("body", \.body, .template(.message), default: "`item $(seq)`", "The body; a template.")
        Key("size", optional: \.size, Format<Int>.bytes, "What the body is padded to: `64KB`.")
        Key(
            "count", optional: \.count, Format<Int>.integer(1...Int.max), default: "without end", "How many items.")
        Key(
            "rate", optional: \.rate, Format<Rate>.rate, default: "as fast as the feed takes them",
            "How many a second: `500/s`.")
    }
}

/// Letters, digits, `-` and `_`, at most 60 of them.
/// - Parameter what: "'x' cannot be WHAT's name".
func plainNameProblem(_ name: String, _ what: String) -> ValueProblem? {
    guard NodeSelector.isName(name), !name.hasPrefix("-") else {
        return ValueProblem("'\(shortened(name))' cannot be \(what)'s name: expected letters, digits, - and _")
    }
    guard name.count <= 60 else {
        return ValueProblem("'\(shortened(name))' is longer than the 60 letters of \(what)'s name")
    }
    return nil
}
