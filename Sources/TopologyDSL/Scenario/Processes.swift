import ClusterModel

extension ScenarioForm {
    /// The verbs about processes, all with a node selector: `kill: worker-1`, `stop: 2 of worker`.
    static let processes: [ScenarioForm] = [
        process(
            "kill", options: ["signal"],
            "Processes are killed, as by the fault; what their `restart:` says holds. It is done when they are gone."
        ) { .kill($0, signal: $1.signal ?? "KILL") },
        process("pause", "Processes stand still.") { nodes, _ in .pause(nodes) },
        process("resume", "Processes that stand still go on.") { nodes, _ in .resume(nodes) },
        process("stop", "Processes are asked to end, and stay down until they are started.") { nodes, _ in
            .stop(nodes)
        },
        process("start", "Processes that are down are started. It is done when they are ready.") { nodes, _ in
            .start(nodes)
        },
        process("restart", "Processes are ended in order and started again. It is done when they are ready.") {
            nodes, _ in .restart(nodes)
        },
    ]

    private static func process(
        _ keyword: String, options: [String] = [], _ doc: String,
        make: @escaping @Sendable (NodeSelector, ScenarioOptions) -> Verb
    ) -> ScenarioForm {
        ScenarioForm(keyword, takes: .nodes, options: options, doc) { checker, step, path in
            switch step.action {
            case .kill(let nodes, _), .pause(let nodes), .resume(let nodes), .stop(let nodes), .start(let nodes),
                .restart(let nodes):
                checker.checkProcesses(nodes, at: checker.reading.place(path / keyword))
            default: break
            }
            return step.action
        } make: {
            make($0, $1)
        }
    }
}
