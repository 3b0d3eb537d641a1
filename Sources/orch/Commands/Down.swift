import ArgumentParser
import ClusterModel
import Control
import Orchestrator

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `orch down`
struct Down: ClusterCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a running cluster: drain, judge, stop. Prints the verdict and exits with its code.")

    @Argument(help: "The cluster, by its topology's name or its run's; needed where several are running.")
    var name: String?
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print the report as JSON.") var json = false

    func run() async throws {
        var target = target
        target.cluster = name ?? target.cluster
        let cluster = try await target.connect()
        guard case .ended(let code) = try await cluster.ask(.down) else {
            throw OrchError(.unavailable, "the cluster has ended without a word", advice: "see \(cluster.run.output)")
        }
        await cluster.close()
        try ReportPrinter.print(cluster.run, json: json)
        throw ExitCode(code)
    }

    func validate() throws {
        if name != nil, target.cluster != nil { throw ValidationError("NAME and --cluster say the same: give one") }
    }

    func request(_ topology: Topology) throws -> Request { .down }

    func text(_ response: Response, of run: RunFolder, on terminal: Terminal) throws -> String {
        try ReportPrinter.read(run, json: json)
    }
}
