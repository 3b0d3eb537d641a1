import ClusterModel

extension ScenarioForm {
    /// `wait: 500ms`, `wait: { until: { node: worker, state: running }, within: 2s }`
    static let wait = ScenarioForm(
        "wait", takes: WaitKey.format,
        "A time; or `until:` a condition holds, and no longer than `within:`, which is then a failure."
    ) { checker, step, path in
        if case .waitUntil(let condition, _) = step.action { checker.check(condition, path / "wait" / "until") }
        return step.action
    } make: { verb, _ in
        verb
    }
}

private enum WaitKey {
    struct Draft: Sendable {
        var condition: WaitCondition?
        var within = Duration.seconds(10)
    }

    static let record = Record<Draft>("wait", "A condition, and how long it may take.", from: Draft()) {
        Key("until", \.condition, UntilKey.format, required: true, "What must hold.")
        Key(
            "within", \.within, .duration(allowsZero: false), default: "10s",
            "How long it may take; after that the step has failed.")
    }

    static let format = Format<Verb?>.either(
        Format<Duration>.duration().map { .wait($0) },
        or: record.format.map { draft in draft.condition.map { .waitUntil($0, within: draft.within) } })
}

private enum UntilKey {
    struct Draft: Sendable {
        var node: String?
        var queue: String?
        var fault: String?
        var log: String?
        var state: NodeState?
        var counts: [WaitCondition.Count: Condition] = [:]
        var depth: Condition?
        var consumers: Condition?
        var contains: String?
        var matches: String?
        var count = Condition(.greaterOrEqual, 1)
        var condition: WaitCondition?
    }

    /// The keys that go with each subject; at least one of the first list is needed.
    private static let options: [String: (needed: [String], others: [String])] = [
        "node": (["state"] + WaitCondition.Count.allCases.map(\.rawValue), []),
        "queue": (["depth", "consumers"], []), "fault": ([], []), "log": (["contains", "matches"], ["count"]),
    ]

    static let record = Record<Draft>(
        "condition", "What a step waits for.", exactlyOne: ["node", "queue", "fault", "log"], from: Draft()
    ) {
        Key(
            "node", optional: \.node, Format<String>.reference("a node's name"),
            "A node, or one of its processes, and its `state`, or what it has `published`, `processed`, `called` or "
                + "`viewed`.")
        Key("queue", optional: \.queue, Format<String>.reference("a queue's name"), "A queue's `depth` or `consumers`.")
        Key("fault", optional: \.fault, Format<String>.words, "A fault, by its name, that has ended.")
        Key("log", optional: \.log, Format<String>.reference("a node's name"), "Lines of a node's output.")
        Key("state", optional: \.state, Format<NodeState>.word("a state"), "Of all processes of the node.")
        WaitCondition.Count.allCases.map { count in
            Key<Draft>(
                count.rawValue, optional: \.counts[count], Format<Condition>.condition,
                "How much the processes of the node have \(count.rawValue), together: `\">=100\"`.")
        }
        Key("depth", optional: \.depth, Format<Condition>.condition, "Messages in the queue.")
        Key("consumers", optional: \.consumers, Format<Condition>.condition, "Consumers of the queue.")
        Key("contains", optional: \.contains, Format<String>.words, "The text that lines must contain.")
        Key(
            "matches", optional: \.matches, Format<String>.regularExpression,
            "The regular expression that lines must match somewhere.")
        Key("count", \.count, .condition, default: "`>=1`", "How many such lines.")
    } finish: { draft, entry, reading in
        guard let (subject, keys) = options.first(where: { entry.has($0.key) }) else { return }
        let known = keys.needed + keys.others
        for pair in entry.node.pairs ?? [] where pair.key != subject && !known.contains(pair.key) {
            guard options.values.contains(where: { ($0.needed + $0.others).contains(pair.key) }) else { continue }
            reading.error("'\(pair.key)' does not go with \(subject)", at: pair.keySpan)
        }
        if !keys.needed.isEmpty, !keys.needed.contains(where: entry.has) {
            reading.error("'\(subject)' says nothing yet: expected \(keys.needed.listed())", at: entry.place(subject))
        }
        let given = keys.needed.filter(entry.has)
        if subject == "node" || subject == "log", given.count > 1 {
            reading.error(
                "'\(given[0])' and '\(given[1])' in one condition: expected one of them", at: entry.place(given[1]))
        }
        draft.condition = condition(draft)
    }

    private static func condition(_ draft: Draft) -> WaitCondition? {
        if let node = draft.node {
            if let state = draft.state { return .state(node, state) }
            return draft.counts.first.map { .count(node, $0.key, $0.value) }
        }
        if let queue = draft.queue { return .queue(queue, depth: draft.depth, consumers: draft.consumers) }
        if let fault = draft.fault { return .faultEnded(fault) }
        return draft.log.map { .log($0, contains: draft.contains, matches: draft.matches, count: draft.count) }
    }

    static let format = Format<WaitCondition?>("a condition", schema: record.definition) { node, reading in
        record.read(node, reading).condition
    }
}

extension Checker {
    fileprivate func check(_ condition: WaitCondition, _ path: Path) {
        switch condition {
        case .state(let name, _), .count(let name, _, _): _ = process(name, at: reading.place(path / "node"))
        case .log(let name, _, _, _): _ = process(name, at: reading.place(path / "log"))
        case .queue(let name, _, _): checkQueue(name, at: reading.place(path / "queue"))
        // Commands and scripts give names too.
        case .faultEnded: break
        }
    }

    /// Queues of the file, and those that nodes consume from without it.
    func checkQueue(_ name: String, at span: Span) {
        let names = topology.allQueues.map(\.name) + topology.nodes.flatMap(\.consume).compactMap(\.queue)
        if !names.contains(name) { missing("queue", name, among: topology.queues.map(\.name), at: span) }
    }
}
