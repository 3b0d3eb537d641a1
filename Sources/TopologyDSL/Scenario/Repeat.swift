import ClusterModel

extension ScenarioForm {
    /// `repeat: { times: 3, every: 1s, steps: [...] }`
    static let `repeat` = ScenarioForm(
        "repeat", takes: RepeatStep.record.format, "Steps that are done again and again, in order."
    ) { checker, step, path in
        guard case .repeat(var repetition) = step.action else { return step.action }
        repetition.steps = checker.settled(repetition.steps, at: path / "repeat" / "steps")
        return .repeat(repetition)
    } make: { repetition, _ in
        .repeat(repetition)
    }
}

private enum RepeatStep {
    static let record = Record<Verb.Repetition>(
        "repetition", "Steps that are done again and again.", from: .init(times: 1, steps: [])
    ) {
        Key("times", \.times, .integer(1...1_000_000), required: true, "How often.")
        Key(
            "every", optional: \.every, Format<Duration>.duration(allowsZero: false), default: "at once",
            "From the beginning of one round to that of the next, where the round is over by then.")
        Key("steps", \.steps, steps, required: true, "The steps of a round, in order; none of them with `at`.")
    }

    /// Steps hold steps: the schema refers to itself.
    private static let steps = Format<[ScenarioStep]>(
        "a list of steps", schema: ["type": "array", "items": ["$ref": "#/$defs/step"]]
    ) { node, reading in
        let steps = ScenarioSection.format.read(node, reading)
        if case .sequence(let items) = node.content {
            for pair in items.flatMap({ $0.pairs ?? [] }) where pair.key == "at" {
                reading.error("'at' in a repetition: its steps follow one another", at: pair.keySpan)
            }
        }
        return steps
    }
}
