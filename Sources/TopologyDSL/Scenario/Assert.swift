import ClusterModel

extension ScenarioForm {
    /// `assert: { delivery: at-least-once, from: a, to: b, within: 2s }`
    static let assert = ScenarioForm(
        "assert", takes: AssertStep.format,
        "An assertion, as `assertions:` writes it, about what has happened so far. `within:` counts from this step: it is "
            + "judged again and again until it holds. Its verdict stands in the report beside the others."
    ) { checker, step, path in
        if case .assert(let spec) = step.action { checker.check(spec, path / "assert") }
        return step.action
    } make: { spec, _ in
        spec.map { .assert($0) }
    }
}

private enum AssertStep {
    static let format = Format<AssertionSpec?>(
        "an assertion", schema: .shared("assertion", AssertionSection.record.schema)
    ) { node, reading in AssertionSection.record.read(node, reading).spec }
}
