import ArgumentParser
import ClusterModel
import Control
import Orchestrator
import TopologyDSL

/// `orch kill|pause|resume|stop|start|restart NODE`: the steps of a scenario of that name, as commands.
protocol ProcessCommand: ClusterCommand {
    static var verb: String { get }
    /// What is said of the nodes when it is done.
    static var participle: String { get }
    var nodes: [String] { get }
    var options: [(key: String, value: VerbSyntax.Value)] { get }
}

extension ProcessCommand {
    var options: [(key: String, value: VerbSyntax.Value)] { [] }

    private var words: String { nodes.joined(separator: " ") }

    func request(_ topology: Topology) throws -> Request {
        let verb = try VerbSyntax.parse([(Self.verb, .text(words))] + options, topology: topology)
        return .perform(verb, step: "orch", line: 0)
    }

    func text(_ response: Response, of run: RunFolder, on terminal: Terminal) throws -> String {
        guard case .performed(let result) = response else {
            throw OrchError(.internalError, "the cluster answered something else")
        }
        try result.check()
        return "\(words) \(nodes.count == 1 ? "is" : "are") \(Self.participle)"
    }
}

struct Kill: ProcessCommand {
    static let verb = "kill"
    static let participle = "killed"
    static let configuration = CommandConfiguration(
        abstract: "Kill processes of a running cluster.",
        discussion: """
              orch kill worker-2
              orch kill 2 of worker --signal TERM

            They stay down, unless the node's `restart` policy brings them back; `orch start` does. `orch fault kill` is the \
            same as a fault.
            """)

    @Argument(help: "A node (all its processes), a process, or a choice: 1 of worker, 50% of worker.")
    var nodes: [String]
    @Option(help: "TERM, INT, HUP…; KILL unless given.") var signal: String?
    @OptionGroup var target: ClusterOption

    var options: [(key: String, value: VerbSyntax.Value)] { signal.map { [("signal", .text($0))] } ?? [] }
}

struct Pause: ProcessCommand {
    static let verb = "pause"
    static let participle = "paused"
    static let configuration = CommandConfiguration(
        abstract: "Pause processes of a running cluster (SIGSTOP), until `orch resume`.")

    @Argument(help: "A node, a process, or a choice: 1 of worker.") var nodes: [String]
    @OptionGroup var target: ClusterOption
}

struct Resume: ProcessCommand {
    static let verb = "resume"
    static let participle = "going on"
    static let configuration = CommandConfiguration(abstract: "Let paused processes go on.")

    @Argument(help: "A node, a process, or a choice: 1 of worker.") var nodes: [String]
    @OptionGroup var target: ClusterOption
}

struct Stop: ProcessCommand {
    static let verb = "stop"
    static let participle = "stopped"
    static let configuration = CommandConfiguration(
        abstract: "Ask processes of a running cluster to end, and leave them down.")

    @Argument(help: "A node, a process, or a choice: 1 of worker.") var nodes: [String]
    @OptionGroup var target: ClusterOption
}

struct Start: ProcessCommand {
    static let verb = "start"
    static let participle = "up"
    static let configuration = CommandConfiguration(
        abstract: "Start processes of a running cluster that are down; returns when they are at work.")

    @Argument(help: "A node, a process, or a choice: 1 of worker.") var nodes: [String]
    @OptionGroup var target: ClusterOption
}

struct Restart: ProcessCommand {
    static let verb = "restart"
    static let participle = "up again"
    static let configuration = CommandConfiguration(
        abstract: "End processes of a running cluster and start them again; returns when they are at work.")

    @Argument(help: "A node, a process, or a choice: 1 of worker.") var nodes: [String]
    @OptionGroup var target: ClusterOption
}
