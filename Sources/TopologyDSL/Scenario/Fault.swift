import ClusterModel

extension ScenarioForm {
    /// `fault: { drop: 30%, link: a -> b, for: 2s }`
    static let fault = ScenarioForm(
        "fault", takes: FaultStep.format,
        "A fault begins, as `faults:` writes it: until its `for:` has passed, it is cleared, or the run ends. The next "
            + "step does not wait for its end."
    ) { checker, step, path in
        if case .fault(let spec) = step.action { checker.check(spec, path / "fault") }
        return step.action
    } make: { spec, _ in
        spec.map { .fault($0) }
    }

    /// `clear: all`, `clear: NAME`
    static let clear = ScenarioForm(
        "clear", takes: .reference("a fault's name, or all"),
        "Faults end: `all`, or the ones of this name. Where none is on, nothing happens."
    ) { name, _ in
        .clear(name == "all" ? nil : name)
    }
}

private enum FaultStep {
    static let format = Format<FaultSpec?>(
        "a fault, as in { drop: 30%, for: 2s }", schema: .shared("fault", FaultSection.record.schema)
    ) { node, reading in
        guard let pairs = node.pairs else {
            reading.mismatch(node, "a fault, as in { drop: 30%, for: 2s }")
            return nil
        }
        for pair in pairs where ["at", "every", "failpoint"].contains(pair.key) {
            reading.error(
                "'\(pair.key)' in a step's fault: it begins with its step", at: pair.keySpan,
                advice: pair.key == "failpoint"
                    ? "such a fault stands under faults:" : "'\(pair.key)' of the step says when")
        }
        return FaultSection.record.read(node, reading).spec
    }
}
