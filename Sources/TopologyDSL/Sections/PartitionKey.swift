import ClusterModel

/// `partition:` of a fault, and `orch fault partition …`.
enum PartitionKey {
    struct Draft: Sendable {
        var shape: Partition?
        var from: [NodeSelector] = []
        var to: [NodeSelector] = []
    }

    private static let shapes = ["halves", "isolate", "bridge", "majority-ring"]
    private static let expected = "a partition such as [[a, b], [c]], { halves: worker } or { isolate: worker-2 }"

    static let record = Record<Draft>(
        "partition", "How the network falls apart.", exactlyOne: shapes + ["from"], from: Draft()
    ) {
        Key(
            "halves", optional: \.shape, Format<NodeSelector>.nodes.map { .halves($0) },
            "Two halves of these processes, drawn by the seed; of an odd number one is larger.")
        Key(
            "isolate", optional: \.shape, Format<NodeSelector>.nodes.map { .isolate($0) },
            "These processes reach nobody, and nobody reaches them.")
        Key(
            "bridge", optional: \.shape, Format<NodeSelector>.nodes.map { .bridge($0) },
            "Two halves of these processes that reach each other only through one of them.")
        Key(
            "majority-ring", optional: \.shape, Format<NodeSelector>.nodes.map { .majorityRing($0) },
            "Each of these processes reaches a majority of them, and no two the same one.")
        Key(
            "from", \.from, .oneOrMany(.nodes),
            "With `to`: what these send does not arrive there; the way back is open.")
        Key("to", \.to, .oneOrMany(.nodes), "Where it does not arrive.")
    } finish: { draft, entry, reading in
        if entry.has("from") != entry.has("to"), shapes.allSatisfy({ !entry.has($0) }), !entry.hasStrangers {
            let (given, other) = entry.has("from") ? ("from", "to") : ("to", "from")
            if given == "from" {
                reading.error("'from' without 'to': expected both", at: entry.place(given), advice: "add \(other)")
            }
        }
        if entry.has("to"), let shape = shapes.first(where: entry.has) {
            reading.error("'to' beside '\(shape)': it goes with 'from'", at: entry.place("to"))
        }
        for key in ["from", "to"] where entry.has(key) && !reading.isBroken(reading.path / key) {
            if (key == "from" ? draft.from : draft.to).isEmpty {
                reading.error("no process: expected at least one", at: entry.place(key))
            }
        }
    }

    static let format = Format<Partition>(
        expected,
        schema: [
            "anyOf": [
                ["type": "array", "items": part.schema, "minItems": 2], record.definition,
                ["type": "string", "examples": ["a, b | c", "a -> b", "halves of worker", "isolate worker-2"]],
            ]
        ]
    ) { node, reading in
        switch node.content {
        case .sequence: parts(node, reading)
        case .mapping:
            partition(record.read(node, reading))
        case .scalar, .broken: text.read(node, reading)
        }
    }

    private static let part = Format<[NodeSelector]>.oneOrMany(.nodes)

    private static func parts(_ node: YAMLNode, _ reading: Reading) -> Partition? {
        guard let parts = Format<[[NodeSelector]]>.list(of: part).read(node, reading),
            !reading.isBroken(reading.path)
        else { return nil }
        guard parts.count > 1 else {
            reading.error(
                "\(parts.isEmpty ? "no" : "one") part is no partition: expected at least two, as in [[a, b], [c]]",
                at: node.span, advice: "to cut off one process: { isolate: NAME }")
            return nil
        }
        if let empty = parts.firstIndex(where: \.isEmpty) {
            reading.error("an empty part: expected at least one process", at: reading.place(reading.path / empty))
            return nil
        }
        return .parts(parts)
    }

    private static func partition(_ draft: Draft) -> Partition? {
        draft.shape ?? (draft.from.isEmpty || draft.to.isEmpty ? nil : .oneWay(from: draft.from, to: draft.to))
    }

    /// As reports and the command line have it: `a, b | c`, `a -> b`, `halves of worker`, `isolate worker-2`.
    private static let text = Format<Partition>.scalar(expected, schema: ["type": "string"]) {
        text throws(ValueProblem) in
        let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
        if let shape = words.first, shapes.contains(shape) {
            let rest = words.dropFirst().drop { $0 == "of" }.joined(separator: " ")
            guard !rest.isEmpty else {
                throw ValueProblem(
                    "'\(shape)' of which processes? Expected { \(shape): NAME }",
                    advice: "NAME is a node, all its processes"
                )
            }
            let nodes = try NodeSelector.parse(rest)
            return switch shape {
            case "halves": .halves(nodes)
            case "isolate": .isolate(nodes)
            case "bridge": .bridge(nodes)
            default: .majorityRing(nodes)
            }
        }
        if let arrow = text.firstRange(of: "->") {
            return .oneWay(
                from: try selectors(String(text[..<arrow.lowerBound])),
                to: try selectors(String(text[arrow.upperBound...])))
        }
        let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else {
            let near = words.first.map { Suggestion.phrase($0, among: shapes) } ?? ""
            throw ValueProblem("expected \(expected), or 'a, b | c', found '\(shortened(text))'\(near)")
        }
        var selected: [[NodeSelector]] = []
        for part in parts { selected.append(try selectors(part)) }
        return .parts(selected)
    }

    private static func selectors(_ text: String) throws(ValueProblem) -> [NodeSelector] {
        guard !trim(text).isEmpty else { throw ValueProblem("an empty part: expected at least one process") }
        var selectors: [NodeSelector] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            selectors.append(try NodeSelector.parse(String(word)))
        }
        return selectors
    }
}
