import ClusterModel

/// `params:` of the file.
enum ParamsSection {
    static let countLimit = 32
    static let valueLimit = 100

    static let format = Format<[Parameter]>(
        "a mapping from the names of parameters to their values",
        schema: [
            "type": ["object", "null"], "propertyNames": ["pattern": "^[A-Za-z_][A-Za-z0-9_]*$"],
            "additionalProperties": [
                "anyOf": [
                    scalar, ["type": "array", "minItems": 1, "items": scalar],
                ]
            ],
        ]
    ) { node, reading in
        guard let pairs = node.isNull ? [] : node.pairs else {
            reading.mismatch(node, "a mapping from the names of parameters to their values")
            return nil
        }
        if pairs.count > countLimit {
            reading.error("\(pairs.count) parameters: at most \(countLimit)", at: pairs[countLimit].keySpan)
        }
        return pairs.compactMap { pair in
            reading.at(pair.key, key: pair.keySpan, value: pair.value.span) { parameter(pair, reading) }
        }
    }

    private static let scalar: JSON = ["type": ["string", "number", "boolean"]]
    private static let values = Format<[String]>.oneOrMany(Format<String>.text)

    private static func parameter(_ pair: YAMLNode.Pair, _ reading: Reading) -> Parameter? {
        guard TypeText.isIdentifier(pair.key) else {
            reading.error(
                "'\(shortened(pair.key))' cannot be a parameter's name", at: pair.keySpan,
                advice: "a letter or _, then letters, digits and _")
            return nil
        }
        if case .sequence(let items) = pair.value.content, !(1...valueLimit).contains(items.count) {
            reading.error("expected a value or a list of 1 to \(valueLimit) values", at: pair.value.span)
            return nil
        }
        guard let values = values.read(pair.value, reading), !values.isEmpty else { return nil }
        return Parameter(name: pair.key, values: values)
    }

    /// The parameters of a file with the values that were asked for. What is asked for and is not there is an error.
    static func choose(_ given: [String: String], among parameters: [Parameter], of root: YAMLNode, _ reading: Reading)
        -> [Parameter]
    {
        let names = parameters.map(\.name)
        let section = root.pairs?.first { $0.key == "params" }
        for name in given.keys.sorted() where !names.contains(name) {
            let near = Suggestion.phrase(name, among: names)
            reading.error(
                "the topology has no parameter '\(shortened(name))'\(near)",
                at: section?.keySpan ?? Span(root.span.start, root.span.start + 1),
                advice: names.isEmpty
                    ? "declare it: params: { \(shortened(name)): VALUE }"
                    : near.isEmpty ? "its parameters are \(names.listed("and"))" : nil)
        }
        return parameters.map { Parameter(name: $0.name, values: $0.values, value: given[$0.name]) }
    }
}
