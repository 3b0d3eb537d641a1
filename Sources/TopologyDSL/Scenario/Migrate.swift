import ClusterModel

extension ScenarioForm {
    /// `migrate: acc-1`
    static let migrate = ScenarioForm(
        "migrate", takes: .reference("an object's name"), options: ["to"], needs: ["to"],
        "An object moves to another host, with its state. That it cannot be moved is told as a warning, and ends nothing."
    ) { checker, step, path in
        guard case .migrate(let object, let targets) = step.action else { return step.action }
        return .migrate(object: object, to: checker.migration(of: object, to: targets, step, path))
    } make: {
        .migrate(object: $0, to: $1.to)
    }
}

extension Checker {
    /// The processes that the object goes to, one after the other.
    func migration(of name: String, to written: [String], _ step: ScenarioStep, _ path: Path) -> [String] {
        let object = instance(name, at: reading.place(path / "migrate"))
        var targets: [String] = []
        for (index, target) in written.enumerated() {
            targets += hosts(target, of: object?.type, at: reading.place(path / "to" / index))
        }
        if targets.count > 1, step.every == nil, !reading.isBroken(path) {
            reading.error(
                "\(targets.count) processes, and one move: expected 'every' and 'times'",
                at: reading.keyPlace(path / "to"), advice: "every: 500ms, times: \(targets.count)")
        }
        if written.isEmpty, reading.has(path / "to"), !reading.isBroken(path / "to") {
            reading.error("expected at least one process", at: reading.place(path / "to"))
        }
        return targets
    }

    /// The processes that a name means, all of which must be able to host the type.
    private func hosts(_ name: String, of type: ObjectType?, at span: Span) -> [String] {
        guard let node = topology.node(ofInstance: name) else {
            missing("node", name, among: processNames(of: hostNodes), at: span)
            return []
        }
        guard checkHost(node, name, of: type, at: span) else { return [] }
        return topology.instances(named: name)
    }
}
