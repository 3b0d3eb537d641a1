import Foundation
import OrchKit

/// Runs a cluster for the time of a test: starts it, waits until its workloads run, and ends it whatever the body does:
/// also where it throws, where the test's time limit passes, and where the process of the tests dies.
///
///     @Test func survivesLoss() async throws {
///         let report = try await withCluster(topology) { cluster in
///             try await cluster.fault("drop 30%", link: "producer -> broker", for: .seconds(1))
///             try await cluster.wait { $0.faults.contains { $0.affected > 10 } }
///             return try await cluster.finish()
///         }
///         #expect(report.verdict == .pass)
///     }
///
/// - Parameters:
///   - folder: where the topology's file stands while it runs, and its relative paths start; a temporary folder where it
///     is left out.
///   - seed: of all chance; the topology's, or a drawn one, where it is left out.
///   - params: values of the topology's parameters.
///   - keep: whether it stays up after its workloads have ended, until `finish`.
///   - orch: the program. Otherwise it is `ORCH` of the environment, or the one on `PATH`.
/// - Throws: `OrchFailure` where it cannot be started; what the body throws, once the cluster is gone.
public func withCluster<Result>(
    _ topology: Topology, in folder: String? = nil, seed: UInt64? = nil, params: [String: String] = [:],
    keep: Bool = true, orch: String? = nil, isolation: isolated (any Actor)? = #isolation,
    _ body: (Cluster) async throws -> Result
) async throws -> Result {
    let home = folder.map { URL(fileURLWithPath: $0) } ?? FileManager.default.temporaryDirectory
    let file = home.appendingPathComponent(".orch-\(UUID().uuidString).yaml").path
    do {
        try topology.yaml.write(toFile: file, atomically: true, encoding: .utf8)
    } catch {
        throw OrchFailure("cannot write the topology to \(home.path): \(error)")
    }
    defer { try? FileManager.default.removeItem(atPath: file) }
    return try await withCluster(file: file, seed: seed, params: params, keep: keep, orch: orch, body)
}

/// The same for a topology file.
/// - Parameter file: from the working folder of the tests; or a bundled topology's name.
public func withCluster<Result>(
    file: String, seed: UInt64? = nil, params: [String: String] = [:], keep: Bool = true, orch: String? = nil,
    isolation: isolated (any Actor)? = #isolation, _ body: (Cluster) async throws -> Result
) async throws -> Result {
    try Task.checkCancellation()
    // Commands run in a folder of their own.
    let isFile = FileManager.default.fileExists(atPath: file)
    let path = isFile ? URL(fileURLWithPath: file).path : file
    let run = try Run(path, seed: seed, params: params, keep: keep, orch: orch)
    do {
        let result = try await body(try await run.start())
        await run.end()
        return result
    } catch {
        await run.end()
        throw error
    }
}
