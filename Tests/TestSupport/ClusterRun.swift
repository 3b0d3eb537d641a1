import Foundation

/// A topology that was run to its verdict, and its report.
package struct ClusterRun {
    package var result: OrchBinary.Result
    package var report: [String: Any]
    package var orch: OrchBinary

    /// - Parameter environment: besides that of the tests.
    package init(
        _ topology: String, in orch: OrchBinary = OrchBinary(), environment: [String: String] = [:]
    ) async throws {
        self.orch = orch
        orch.write(topology, to: "t.yaml")
        result = try await orch.run(["up", "t.yaml"], environment: environment)
        report = (try? orch.report()) ?? [:]
    }

    package var text: String { result.output + result.errors }
    package var assertions: [[String: Any]] { report["assertions"] as? [[String: Any]] ?? [] }

    /// Processes of the run that still live.
    package var leftovers: [String] { Processes.ofRuns(in: orch.folder).map { "\($0)" } }

    /// The first assertion whose name begins like this.
    package func assertion(_ name: String) -> [String: Any]? {
        assertions.first { ($0["assertion"] as? String)?.hasPrefix(name) ?? false }
    }

    package func verdict(_ name: String) -> String? { assertion(name)?["verdict"] as? String }
}
