import ClusterModel

/// `faults:`
enum FaultSection {
    struct Draft: Sendable {
        var make: FaultForm.Maker?
        var options = FaultOptions()
        /// What the entry says in the end; `nil` where no fault could be made of it.
        var spec: FaultSpec?
    }

    static let record = Record<Draft>(
        "fault", "One thing that breaks: exactly one fault, and where and when.",
        exactlyOne: FaultForm.all.map(\.keyword), from: Draft()
    ) {
        FaultForm.all.map { Key<Draft>($0.keyword, optional: \.make, $0.format, $0.doc) }
        Key(
            "link", optional: \.options.link, Format<LinkSelector>.link, default: "all",
            "Which links, and which way: `a -> b` is what a sends to b; `a <- b`, `a <-> b`, `all`.")
        Key("only", \.options.only, OnlyKey.format, "Which messages; all conditions must hold.")
        Key(
            "at", optional: \.options.at, Format<Duration>.duration(), default: "0",
            "When it begins, after the workloads have started.")
        Key(
            "failpoint", optional: \.options.failpoint, Format<Failpoint>.word("a step of a migration"),
            "Instead of `at`: it begins when a process comes to this step of a migration, which waits for it.")
        Key(
            "for", optional: \.options.duration, Format<Duration>.duration(allowsZero: false), default: "to the end",
            "How long it lasts.")
        Key(
            "every", optional: \.options.every, Format<Duration>.duration(allowsZero: false), default: "once",
            "It comes again with this period.")
        Key(
            "settle", \.options.settle, settle, default: "1s",
            "When a message that was swallowed is nacked or requeued, so that nobody waits for ever; or `never`.")
        Key("name", optional: \.options.name, Format<String>.words, "For `orch fault rm NAME` and reports.")
        Key(
            "jitter", optional: \.options.jitter, Format<Duration>.duration(), default: "0",
            "A delay varies by this much either way.")
        Key(
            "chance", optional: \.options.chance, Format<Share>.share, default: "100%",
            "The share of messages that is delayed.")
        Key(
            "within", optional: \.options.within, Format<Duration>.duration(allowsZero: false), default: "100ms",
            "How long a message waits to be overtaken at most.")
        Key(
            "signal", optional: \.options.signal, signal,
            default: "KILL", "The signal that kills.")
        Key(
            "status", optional: \.options.status, Format<Int>.integer(400...599), default: "503",
            "The HTTP status with which requests are answered.")
        FaultForm.later.flatMap { Key<Draft>.later($0) }
        Key<Draft>.later("ramp")
    } finish: { draft, entry, reading in
        let forms = FaultForm.all.filter { entry.has($0.keyword) }
        guard forms.count == 1, let form = forms.first else { return }
        check(form, draft.options, entry, reading)
        guard let make = draft.make else { return }
        let options = draft.options
        draft.spec = FaultSpec(
            make(options), link: options.link, only: options.only, at: options.at, for: options.duration,
            every: options.every, failpoint: options.failpoint, settle: options.settle, name: options.name,
            location: reading.location(entry.node.span))
    }

    /// An entry that is broken still has its place in the list, so that the checks that follow count right.
    static let format = Format<[FaultSpec]>(
        "a list of faults",
        schema: ["anyOf": [["type": "array", "items": .shared("fault", record.schema)], ["type": "null"]]]
    ) { node, reading in
        if node.isNull { return [] }
        return Format<[Draft]>.list(of: record.format).read(node, reading)?.compactMap(\.spec)
    }

    static let signal = Format<String>.signal(["KILL", "TERM", "INT", "HUP", "QUIT", "ABRT", "SEGV", "USR1", "USR2"])

    private static let settle = Format<Duration?>.scalar(
        "a time such as 1s, or never", schema: ["type": "string", "examples": ["1s", "never"]]
    ) { text throws(ValueProblem) in text == "never" ? nil : try Units.duration(text) }

    private static func check(
        _ form: FaultForm, _ options: FaultOptions, _ entry: Record<Draft>.Entry, _ reading: Reading
    ) {
        for key in ["link", "only", "for", "settle", "jitter", "chance", "within", "signal", "status"]
        where entry.has(key) && !form.options.contains(key) {
            reading.error("'\(key)' does not go with \(form.keyword)\(why(key, form))", at: entry.place(key))
        }
        for key in ["at", "every"] where entry.has("failpoint") && entry.has(key) {
            reading.error(
                "'failpoint' beside '\(key)': it begins when a migration comes to that step", at: entry.place(key))
        }
        if let every = options.every, let duration = options.duration, duration >= every, form.options.contains("for") {
            reading.error(
                "'for: \(duration.text)' fills all of 'every: \(every.text)': expected a shorter time",
                at: entry.place("for"))
        }
        if options.every != nil, options.duration == nil, form.options.contains("for"), form.keyword != "reset" {
            reading.error(
                "'every' without 'for': it would come again while it is still on; say how long it lasts",
                at: entry.place("every"))
        }
        if form.options.contains("jitter"), entry.has("jitter"),
            case .scalar(let text, _)? = entry[form.keyword]?.value.content, text.contains("..")
        {
            reading.error("'jitter' beside a range of times: expected one of them", at: entry.place("jitter"))
        }
        for kind in options.only.kinds {
            guard let reason = impossible(form.keyword, kind) else { continue }
            let place = entry["only"]?.value.span ?? entry.place("only")
            reading.error("'\(form.keyword)' cannot be about \(kind): \(reason)", at: place)
            break
        }
    }

    /// What no protocol lets a link do.
    private static func impossible(_ fault: String, _ kind: MessageKind) -> String? {
        switch (fault, kind) {
        case ("duplicate", .ack), ("duplicate", .confirm):
            "a second \(kind) for one message is against AMQP, and the connection would end"
        case ("duplicate", .reply): "a call has one reply, and a second one has no way to come"
        case ("reorder", .ack), ("reorder", .confirm): "it has no order of its own"
        case ("corrupt", .ack), ("corrupt", .confirm): "it has no payload"
        case ("error", let kind) where kind != .request: "it answers requests"
        case ("truncate", let kind) where kind != .reply: "it cuts off the bodies of replies"
        default: nil
        }
    }

    private static func why(_ key: String, _ form: FaultForm) -> String {
        switch (key, form.level) {
        case ("link", .process): ": it is about processes, not links"
        case ("only", .process): ": it is about processes, not messages"
        case ("link", .network): ": it says itself who is cut off from whom"
        case ("only", .network): ": it is about the whole network between its parts"
        case ("status", _): ": it answers no request"
        case ("only", .connection): ": it is about whole connections, not messages"
        case ("settle", _): ": it swallows no message"
        case ("for", .process): ": it happens at one moment"
        case ("signal", _): ": it sends no signal"
        case ("within", _): ": it lets nothing overtake"
        case ("chance", .message): ": its share stands in '\(form.keyword)' itself"
        default: ""
        }
    }
}

/// `only:` of a fault.
enum OnlyKey {
    static let record = Record<FaultFilter>("only", "Which messages of a link.", from: .init()) {
        Key("kind", \.kinds, kinds, "Kinds of message: one or a list.")
        Key("key", optional: \.key, BindingKey.routingKey, "The routing key, or a pattern with `*` and `#`.")
        Key(
            "nth", optional: \.nth, Format<Int>.integer(1...Int.max),
            "Only the n-th of each connection's channel and kind.")
        Key("first", optional: \.first, Format<Int>.integer(1...Int.max), "Only the first n.")
        Key(
            "method", optional: \.method, Format<String>.reference("a method such as Calculator.suma"),
            "Calls of this method, `Calculator.suma`, or of a whole service, `Calculator.*`. Over HTTP/1.1: `GET`, `POST` "
                + "and so on.")
        Key(
            "path", optional: \.path, Format<String>.words.check(pathProblem),
            "Over HTTP/1.1: requests for this path, without its query, and what answers them; `*` stands for any letters."
        )
    } finish: { filter, entry, reading in
        if entry.has("key"), entry.has("method") {
            reading.error(
                "'key' and 'method' in one only: messages have routing keys, and calls have methods",
                at: entry.place("method"))
        }
        if entry.has("key"), entry.has("path") {
            reading.error(
                "'key' and 'path' in one only: messages have routing keys, and requests over HTTP have paths",
                at: entry.place("path"))
        }
        let strangers = filter.kinds.filter { ![.request, .reply, .event].contains($0) }
        if entry.has("path"), !filter.kinds.isEmpty, strangers.count == filter.kinds.count {
            reading.error(
                "'path' and \(strangers.map(\.rawValue).listed()): only requests, replies and events have paths",
                at: entry.place("path"))
        }
        let kinds = filter.kinds.filter { ![.request, .reply, .event].contains($0) }
        if entry.has("method"), !filter.kinds.isEmpty, kinds.count == filter.kinds.count {
            reading.error(
                "'method' and \(kinds.map(\.rawValue).listed()): only requests and replies have methods",
                at: entry.place("method"))
        }
    }

    static let kinds = Format<[MessageKind]>.oneOrMany(.word("a kind of message"))

    @Sendable private static func pathProblem(_ path: String) -> String? {
        if path.contains("?") { return "'\(shortened(path))': the query is no part of what is compared" }
        return path.hasPrefix("/") || path.hasPrefix("*")
            ? nil : "expected a path such as /feeds/news or /feeds/*, found '\(shortened(path))'"
    }

    static let format = Format<FaultFilter>(
        kinds.expected, schema: ["anyOf": .array([kinds.schema, .shared("only", record.schema)])]
    ) { node, reading in
        if case .mapping = node.content { return record.read(node, reading) }
        return kinds.read(node, reading).map { FaultFilter(kinds: $0) }
    }
}
