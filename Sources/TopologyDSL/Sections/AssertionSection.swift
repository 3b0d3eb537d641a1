import ClusterModel

/// `assertions:`
enum AssertionSection {
    struct Draft: Sendable {
        var make: AssertionForm.Maker?
        var options = AssertionOptions()
        /// Several things, and which one depends on the assertion.
        var of: String?
        /// The same: of a node, or an object's.
        var state: YAMLNode?
        var spec: AssertionSpec?
    }

    static let record = Record<Draft>(
        "assertion", "One thing that must hold.", exactlyOne: AssertionForm.all.map(\.keyword),
        secondMeaning: ["state": "node"], from: Draft()
    ) {
        AssertionForm.all.map { form in
            form.keyword == "state"
                ? Key<Draft>("state", optional: \.state, state(form), form.doc)
                : Key<Draft>(form.keyword, optional: \.make, form.format, form.doc)
        }
        Key(
            "from", optional: \.options.from, Format<String>.reference("a node's name"), default: "any",
            "The node that sends or calls, with all its replicas. Calls come from `outside` too.")
        Key(
            "to", optional: \.options.to, Format<String>.reference("a node's name, or queue:NAME"),
            default: "any", "The node that receives or serves, with all its replicas; or `queue:NAME`.")
        Key(
            "of", optional: \.of, of, default: "acknowledged",
            "With `delivery` and `messages`: which messages must arrive, those that the broker, or the receiving peer, "
                + "confirmed, or all that were `attempted`. With assertions on calls: another word for `method`. With "
                + "`feed`: the feed's name, all feeds unless it is given.")
        Key(
            "method", optional: \.options.method, Format<String>.reference("a method such as Calculator.suma"),
            default: "any", "The method that is called, `Calculator.suma`, or a whole service, `Calculator`.")
        Key(
            "after", optional: \.options.after, Format<String>.reference("a fault's name"), default: "each fault",
            "The fault, by its `name`.")
        Key(
            "depth", optional: \.options.depth, Format<Condition>.condition,
            "Messages in the queue: `0`, `<10`, `\">=1\"`.")
        Key("consumers", optional: \.options.consumers, Format<Condition>.condition, "Consumers of the queue.")
        Key(
            "restarts", optional: \.options.restarts, Format<Condition>.condition,
            "How often they were started again, in all.")
        Key("exit", optional: \.options.exit, Format<Condition>.condition, "The exit status.")
        Key("contains", optional: \.options.contains, Format<String>.words, "The text that lines must contain.")
        Key(
            "matches", optional: \.options.matches, Format<String>.regularExpression,
            "The regular expression that lines must match somewhere.")
        Key("count", \.options.count, .condition, default: "`>=1`", "How many such lines.")
        Key(
            "object", optional: \.options.object, Format<String>.reference("an object's name, or an object type's"),
            default: "all", "The object, or all of a type.")
        Key(
            "model", \.options.model, .word("a model"), default: "methods",
            "What the invocations are compared with: the type's own `methods`, run one after the other; a `register` "
                + "(`read` or `get`, `write` or `set`); a `counter`, whose replies are totals; a `queue` (`enqueue` or "
                + "`put`, `dequeue` or `take`).")
        Key("is", \.options.fields, .arguments(), "The fields of the object's state that count, and their values.")
        Key(
            "fresh", \.options.fresh, LatencyKey.bounds("fresh"),
            "How long after its append an item is seen at most: `{ p99: <500ms }`.")
        Key(
            "group", optional: \.options.group, Format<String>.reference("a group's name"), default: "all",
            "The group of peers.")
        Key(
            "by", optional: \.options.by, Format<LookupWay>.word("a way to look"), default: "any",
            "Lookups by the name service, or by asking neighbours.")
        Key(
            "hops", optional: \.options.hops, Format<Condition>.condition, "How far each answered lookup went: `<=3`.")
        Key(
            "expect", \.options.expect, .word("an expectation"), default: "holds",
            "`violated` turns it around: it fails if nothing goes wrong.")
        Key(
            "within", optional: \.options.within, Format<Duration>.duration(allowsZero: false), default: "at the end",
            "It is judged as soon as it holds, at the latest this long after the workloads have started. With `converged` "
                + "and `detected`: how soon after each change, and required; they are judged at the end.")
    } finish: { draft, entry, reading in
        let forms = AssertionForm.all.filter { form in
            entry.has(form.keyword) && !(form.keyword == "state" && entry.has("node"))
        }
        guard forms.count == 1, let form = forms.first else { return }
        let options = Set(AssertionForm.all.flatMap(\.options))
        for pair in entry.node.pairs ?? []
        where options.contains(pair.key) && !form.options.contains(pair.key) && pair.key != form.keyword {
            let taken = form.options.isEmpty ? "" : ": it takes \(form.options.listed("and"))"
            reading.error("'\(pair.key)' does not go with \(form.keyword)\(taken)", at: pair.keySpan)
        }
        if !form.needs.isEmpty, !form.needs.contains(where: entry.has) {
            reading.error(
                "'\(form.keyword)' says nothing yet: expected \(form.needs.listed())", at: entry.place(form.keyword))
        }
        if entry.has("contains"), entry.has("matches") {
            reading.error("'contains' and 'matches' in one assertion: expected one of them", at: entry.place("matches"))
        }
        if form.options.contains("of") { readOf(&draft, form, entry, reading) }
        readState(&draft, form, entry, reading)
        if form.isBounded { checkBound(form, entry, reading) }
        guard let make = draft.make else { return }
        draft.spec = AssertionSpec(
            make(draft.options), expect: draft.options.expect, within: form.isBounded ? nil : draft.options.within,
            location: reading.location(entry.node.span))
    }

    /// Its `within` stands in it, or beside it.
    private static func checkBound(_ form: AssertionForm, _ entry: Record<Draft>.Entry, _ reading: Reading) {
        let inner = entry[form.keyword]?.value.pairs?.first { $0.key == "within" }
        if let inner, entry.has("within") {
            reading.error(
                "'within' twice in one assertion", at: entry.place("within"),
                related: (inner.keySpan, "the first is here"))
        } else if inner == nil, !entry.has("within") {
            reading.error(
                "'\(form.keyword)' without 'within': expected how soon, as in within: 5s", at: entry.place(form.keyword)
            )
        }
    }

    private static let basis = Format<Assertion.Basis>.word("a basis")

    private static let of = Format<String>(
        basis.expected + ", or a method, or a feed",
        schema: ["anyOf": .array([basis.schema, ["type": "string", "examples": ["Calculator.suma"]]])],
        read: Format<String>.reference("\(basis.expected), or a method, or a feed").read)

    private static let nodeState = Format<NodeState>.word("a state")

    /// Read once it is clear whose.
    private static func state(_ form: AssertionForm) -> Format<YAMLNode> {
        Format(
            "\(form.format.expected), or \(nodeState.expected)",
            schema: ["anyOf": .array([nodeState.schema, form.format.schema])]
        ) { node, _ in node }
    }

    private static func readState(
        _ draft: inout Draft, _ form: AssertionForm, _ entry: Record<Draft>.Entry, _ reading: Reading
    ) {
        guard let pair = entry["state"], ["node", "state"].contains(form.keyword) else { return }
        reading.at("state", key: pair.keySpan, value: pair.value.span) {
            if form.keyword == "node" {
                draft.options.state = nodeState.read(pair.value, reading)
            } else {
                draft.make = form.format.read(pair.value, reading)
            }
        }
    }

    /// A basis, or a method.
    private static func readOf(
        _ draft: inout Draft, _ form: AssertionForm, _ entry: Record<Draft>.Entry, _ reading: Reading
    ) {
        guard let pair = entry["of"] else { return }
        if form.keyword == "feed" {
            draft.options.feed = draft.of
            return
        }
        guard form.options.contains("method") else {
            if let basis = basis.read(pair.value, reading) { draft.options.of = basis }
            return
        }
        if let method = entry["method"] {
            reading.error(
                "'method' and 'of' in one assertion: they mean the same", at: pair.keySpan,
                related: (method.keySpan, "'method' is here"))
        }
        draft.options.method = draft.of
    }

    static let format = Format<[AssertionSpec]>(
        "a list of assertions",
        schema: ["anyOf": [["type": "array", "items": .shared("assertion", record.schema)], ["type": "null"]]]
    ) { node, reading in
        if node.isNull { return [] }
        return Format<[Draft]>.list(of: record.format).read(node, reading)?.compactMap(\.spec)
    }
}
