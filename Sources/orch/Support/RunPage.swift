import ClusterModel
import History
import Orchestrator
import Reporting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Makes the HTML report of a run from what its folder holds.
struct RunPage {
    var run: RunFolder
    /// `RunReport.json()`.
    var report: String
    /// How to run it again; `nil`: with the copy of the file in the folder.
    var replay: String?

    /// The most that is read of one node's log, from its end.
    private static let logLimit = 256 * 1024

    /// - Throws: `OrchError` where the plan is missing or the file cannot be written.
    func write(to path: String) throws {
        let topology = try run.plannedTopology()
        let processes = topology.nodes.flatMap(\.instances)
        let timeline = TimelineData(History.read(run.evidenceFiles), processes: processes)
        let page = HTMLReport(
            run: run.name, report: report, topology: topology, timeline: timeline,
            logs: processes.map { HTMLReport.Log(node: $0, text: Self.tail(run.log(of: $0))) },
            replay: try replay ?? "orch up \(run.topology) --seed \(run.plannedSeed())")
        try run.write(page.text(), to: path)
    }

    private static func tail(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let wanted = min(max(0, size), logLimit)
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, wanted, off_t(size - wanted)))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
