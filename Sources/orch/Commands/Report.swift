import ArgumentParser
import ClusterModel
import Orchestrator

/// `orch report`
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the verdict of the last run, or of one by its name.")

    @Argument(help: "A run's name, as in .orch/runs/; the newest is the default.") var run: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var target = ClusterOption()
        target.cluster = run
        try ReportPrinter.print(try await RunChoice.choose(target).run, json: json)
    }
}
