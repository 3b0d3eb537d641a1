import ArgumentParser
import ClusterModel
import History
import Orchestrator

/// `orch events`
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a run's evidence as JSON lines, in the order of time.",
        discussion: "The fields are described in docs/evidence.md. Times are nanoseconds since the first event.")

    @Argument(help: "A run's name, as in .orch/runs/; the running or newest one is the default.") var run: String?
    @Flag(help: "Events are JSON in any case.") var json = false

    func run() async throws {
        var target = ClusterOption()
        target.cluster = run
        let folder = try await RunChoice.choose(target).run
        let history = History.read(folder.evidenceFiles)
        for problem in history.problems { Terminal.standardError.print("warning: \(problem)") }
        let start = history.entries.first?.time ?? 0
        var text = ""
        for entry in history.entries {
            let source = history.sources[entry.source]
            let name = source.incarnation > 1 ? "\(source.name).\(source.incarnation)" : source.name
            text += EventJSON.line(entry.event, time: entry.time - start, source: name) + "\n"
            if text.utf8.count > 65_536 {
                Terminal.standardOutput.write(text)
                text = ""
            }
        }
        Terminal.standardOutput.write(text)
    }
}
