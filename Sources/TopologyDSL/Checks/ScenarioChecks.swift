import ClusterModel

extension Checker {
    /// Fills in which processes the steps of the scenario are about. After `assignHosts`.
    mutating func assignSteps() {
        for (index, (step, path)) in located(topology.scenario, \.location, "scenario").enumerated() {
            switch step.action {
            case .migrate(let object, let targets):
                topology.scenario[index].action = .migrate(
                    object: object, to: migration(of: object, to: targets, step, path))
            }
        }
    }
}
