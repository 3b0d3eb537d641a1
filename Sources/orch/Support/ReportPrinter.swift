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
        Terminal.standardOutput.write(try read(run, json: json))
    }

    /// - Throws: `OrchError` (`unknown`) where the run was not judged.
    static func read(_ run: RunFolder, json: Bool) throws -> String {
        let path = json ? run.report : run.verdict
        guard let data = FileManager.default.contents(atPath: path) else {
            throw OrchError(
                .unknown, "the run \(run.name) has no verdict",
                advice: "it is still running, or was ended before it could judge")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
