import ClusterModel

/// One topology of a suite with one choice of its parameters.
package struct SuiteCase: Sendable, Equatable {
    /// The topology's name.
    package var name: String
    /// Its file, as it was found.
    package var path: String
    /// Those that were chosen for it; empty where the file's own defaults stand.
    package var parameters: [Assignment]
    /// The seed of the first run.
    package var seed: UInt64
    /// Whether nothing may run beside it.
    package var runsAlone: Bool

    /// `loss=10%`
    package struct Assignment: Sendable, Hashable, CustomStringConvertible {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        package var description: String { "\(name)=\(value)" }
    }

    package init(
        name: String, path: String, parameters: [Assignment] = [], seed: UInt64 = 0, runsAlone: Bool = false
    ) {
        self.name = name
        self.path = path
        self.parameters = parameters
        self.seed = seed
        self.runsAlone = runsAlone
    }

    /// `pubsub [loss=10%, count=5]`
    package var title: String {
        parameters.isEmpty ? name : "\(name) [\(parameters.map(\.description).joined(separator: ", "))]"
    }

    /// The command that does a run again; for a file with errors, the one that shows them.
    package func replay(_ run: SuiteRun) -> String {
        let given = parameters.map { " --param \(ShellText.quoted($0.description))" }.joined()
        if run.verdict == .invalid { return "orch validate \(ShellText.quoted(path))\(given)" }
        return "orch up \(ShellText.quoted(path))\(given) --seed \(run.seed)"
    }
}

extension Topology {
    /// Whether a run of it must have the machine to itself: its verdict says how long something took, or it uses what
    /// there is only once, a port of its choice or a broker that is not ours.
    package var runsAlone: Bool { isJudgedByTime || nodes.contains(where: \.usesWhatIsThereOnce) }

    private var isJudgedByTime: Bool {
        assertions.contains { spec in
            switch spec.assertion {
            case .latency, .throughput, .recovery, .pause: true
            case .feed(_, _, _, let fresh): !fresh.isEmpty
            default: false
            }
        }
    }
}

extension Node {
    fileprivate var usesWhatIsThereOnce: Bool {
        if case .external? = broker?.engine { return true }
        return broker?.port != nil || server?.port != nil || serve?.listen != nil
    }
}
