import ClusterModel

/// `latency:` of an assertion: bounds by measure, and which calls.
enum LatencyKey {
    struct Draft: Sendable {
        var bounds: [LatencyBound] = []
        var method: String?
        var from: String?
        var to: String?
    }

    private static let expected = "bounds such as { p50: <5ms, p99: <50ms }"

    static let format = Format<Draft>(
        expected,
        schema: [
            "type": "object",
            "properties": [
                "of": ["type": "string"], "method": ["type": "string"], "from": ["type": "string"],
                "to": ["type": "string"], "mean": bound.schema, "max": bound.schema, "p50": bound.schema,
                "p99": bound.schema,
            ],
            "patternProperties": .object([("^p[0-9.]+$", bound.schema)]), "additionalProperties": false,
        ]
    ) { node, reading in
        guard let pairs = node.pairs else {
            reading.mismatch(node, expected)
            return nil
        }
        var draft = Draft()
        for pair in pairs {
            reading.at(pair.key, key: pair.keySpan, value: pair.value.span) { read(pair, &draft, reading) }
        }
        if draft.bounds.isEmpty, !reading.isBroken(reading.path) {
            reading.error("'latency' says nothing yet: expected \(expected)", at: node.span)
        }
        return draft.bounds.isEmpty ? nil : draft
    }

    /// Bounds alone.
    /// - Parameter key: the key that holds them.
    static func bounds(_ key: String) -> Format<[LatencyBound]> {
        Format(
            expected,
            schema: [
                "type": "object",
                "properties": ["mean": bound.schema, "max": bound.schema, "p50": bound.schema, "p99": bound.schema],
                "patternProperties": .object([("^p[0-9.]+$", bound.schema)]), "additionalProperties": false,
            ]
        ) { node, reading in
            guard let pairs = node.pairs else {
                reading.mismatch(node, expected)
                return nil
            }
            var bounds: [LatencyBound] = []
            for pair in pairs {
                reading.at(pair.key, key: pair.keySpan, value: pair.value.span) {
                    guard let measure = measure(pair.key) else {
                        return reading.error(
                            "unknown key '\(shortened(pair.key))' in \(key)"
                                + Suggestion.phrase(pair.key, among: ["mean", "max", "p50", "p99"]), at: pair.keySpan,
                            advice: "it takes percentiles such as p50, p99 and p99.9, mean and max")
                    }
                    guard let bound = bound.read(pair.value, reading) else { return }
                    bounds.append(LatencyBound(measure, bound.op, bound.time))
                }
            }
            if bounds.isEmpty, !reading.isBroken(reading.path) {
                reading.error("'\(key)' says nothing yet: expected \(expected)", at: node.span)
            }
            return bounds.isEmpty ? nil : bounds
        }
    }

    private static func read(_ pair: YAMLNode.Pair, _ draft: inout Draft, _ reading: Reading) {
        let name = Format<String>.reference("a name")
        switch pair.key {
        case "of", "method":
            if draft.method != nil {
                reading.error("'method' and 'of' in one assertion: they mean the same", at: pair.keySpan)
            }
            draft.method = name.read(pair.value, reading)
        case "from": draft.from = name.read(pair.value, reading)
        case "to": draft.to = name.read(pair.value, reading)
        default:
            guard let measure = measure(pair.key) else {
                let near = Suggestion.phrase(pair.key, among: ["mean", "max", "method", "from", "to", "p50", "p99"])
                reading.error(
                    "unknown key '\(shortened(pair.key))' in latency\(near)", at: pair.keySpan,
                    advice: "it takes percentiles such as p50, p99 and p99.9, mean and max; of, from and to")
                return
            }
            guard let bound = bound.read(pair.value, reading) else { return }
            draft.bounds.append(LatencyBound(measure, bound.op, bound.time))
        }
    }

    /// `p99.9`, `mean`, `max`.
    private static func measure(_ key: String) -> LatencyBound.Measure? {
        switch key {
        case "mean", "average", "avg": return .mean
        case "max", "maximum": return .maximum
        case "median": return .percentile(50)
        default:
            guard key.hasPrefix("p"), let value = try? Units.condition(String(key.dropFirst())), value.op == .equal,
                value.bound > 0, value.bound <= 100
            else { return nil }
            return .percentile(value.bound)
        }
    }

    struct Bound: Sendable {
        var op: Condition.Operator
        var time: Duration
    }

    /// A time alone is what it may be at most.
    static let bound = Format<Bound>.scalar(
        "a bound such as <50ms",
        schema: .text(pattern: "(<|<=|>|>=)? *[0-9].*", examples: ["<50ms", "<=1s"])
    ) { text throws(ValueProblem) in
        let (op, rest) = Units.bound(text, default: .lessOrEqual)
        guard op != .equal, op != .notEqual else {
            throw ValueProblem("expected a bound such as <50ms, found '\(shortened(text))'")
        }
        return Bound(op: op, time: try Units.duration(rest))
    }
}

extension Format where Value == Condition {
    /// Calls a second. A number alone is what it must be at least.
    static var throughput: Format {
        .scalar(
            "a bound such as \">=500/s\"",
            schema: .text(pattern: "(<|<=|>|>=)? *[0-9._]+( */ *(ms|s|m|min|h))?", examples: [">=500/s", "500"])
        ) { text throws(ValueProblem) in
            let (op, rest) = Units.bound(text, default: .greaterOrEqual)
            if rest.contains("/") { return Condition(op, try Units.rate(rest).perSecond) }
            guard let number = try? Units.condition(rest), number.op == .equal, number.bound >= 0 else {
                throw ValueProblem("expected a bound such as >=500/s, found '\(shortened(text))'")
            }
            return Condition(op, number.bound)
        }
    }

    /// A share of calls. A share alone is what it must be at least.
    static var availability: Format {
        .scalar(
            "a bound such as \">=99.9%\"",
            schema: .text(pattern: "(<|<=|>|>=|=|==|!=)? *[0-9._]+%?", examples: [">=99.9%", "100%"])
        ) { text throws(ValueProblem) in
            let (op, rest) = Units.bound(text, default: .greaterOrEqual)
            return Condition(op, try Units.share(rest).fraction)
        }
    }
}
