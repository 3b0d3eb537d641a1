import ClusterModel

extension Checker {
    /// Whether what the steps of the scenario are about is there; fills in which processes objects go to.
    mutating func checkSteps() { topology.scenario = settled(topology.scenario, at: ["scenario"]) }

    func settled(_ steps: [ScenarioStep], at section: Path) -> [ScenarioStep] {
        located(steps, \.location, at: section).map { step, path in settled(step, path) }
    }

    func settled(_ step: ScenarioStep, _ path: Path) -> ScenarioStep {
        var step = step
        if let form = ScenarioForm.named(step.action.keyword) { step.action = form.check(self, step, path) }
        return step
    }
}
