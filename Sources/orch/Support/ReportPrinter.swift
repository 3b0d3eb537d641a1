import ClusterModel
import Orchestrator

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Prints what a run has left: the verdict in words, or as JSON.
enum ReportPrinter {
    static func print(_ run: RunFolder, json: Bool) throws {
        let path = json ? run.report : run.verdict
        guard let data = FileManager.default.contents(atPath: path) else {
            throw OrchError(
                .unknown, "the run \(run.name) has no verdict",
                advice: "it is still running, or was ended before it could judge")
        }
        Terminal.standardOutput.write(String(decoding: data, as: UTF8.self))
    }
}
