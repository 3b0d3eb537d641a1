/// Topologies from different files are compared without the places in those files.
extension Topology {
    /// The same without where anything stood, and without what a script's own file was called.
    package var placeless: Topology {
        var copy = self
        copy.exchanges.forget(\.location)
        copy.queues.forget(\.location)
        copy.services = services.map(\.placeless)
        copy.objects = objects.map { type in
            var copy = type
            copy.location = .init()
            copy.service = type.service.placeless
            copy.instances.forget(\.location)
            return copy
        }
        copy.feeds.forget(\.location)
        copy.groups.forget(\.location)
        copy.nodes.forget(\.location)
        copy.faults.forget(\.location)
        copy.scenario = scenario.map(\.placeless)
        copy.script = script.map { ScenarioScript(name: "", source: $0.source) }
        copy.assertions.forget(\.location)
        return copy
    }
}

extension Service {
    fileprivate var placeless: Service {
        var copy = self
        copy.location = .init()
        copy.handlers.forget(\.location)
        return copy
    }
}

extension ScenarioStep {
    fileprivate var placeless: ScenarioStep {
        var copy = self
        copy.location = .init()
        switch action {
        case .fault(var spec):
            spec.location = .init()
            copy.action = .fault(spec)
        case .assert(var spec):
            spec.location = .init()
            copy.action = .assert(spec)
        case .repeat(var repetition):
            repetition.steps = repetition.steps.map(\.placeless)
            copy.action = .repeat(repetition)
        default: break
        }
        return copy
    }
}

extension Array {
    fileprivate mutating func forget(_ location: WritableKeyPath<Element, SourceLocation>) {
        for index in indices { self[index][keyPath: location] = .init() }
    }
}

extension Topology {
    /// The variable in which a program finds a node: `ORCH_BROKER_URL`, `ORCH_SERVER_ADDRESS`.
    package static func variable(of node: String, _ property: String) -> String {
        "ORCH_" + node.uppercased().map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined() + "_" + property
    }

    /// What to say of a program that never connected to any of its brokers.
    package static func unusedLink(from program: String, to brokers: [String]) -> String {
        let links = brokers.map { "\(program) -> \($0)" }.joined(separator: " or ")
        let broker = brokers.first ?? "broker"
        return
            "no connection came over the link \(links): does it use \(variable(of: broker, "URL")) or $(\(broker).url)?"
    }
}
