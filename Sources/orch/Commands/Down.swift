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
struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a running cluster: drain, judge, stop. Prints the verdict and exits with its code.")

    @OptionGroup var target: ClusterOption
    @Flag(help: "Print the report as JSON.") var json = false

    func run() async throws {
        let cluster = try await target.connect()
        guard case .ended(let code) = try await cluster.ask(.down) else {
            throw OrchError(.unavailable, "the cluster has ended without a word", advice: "see \(cluster.run.output)")
        }
        await cluster.close()
        try ReportPrinter.print(cluster.run, json: json)
        throw ExitCode(code)
    }
}
