import ArgumentParser
import Assertions
import ClusterModel
import Orchestrator
import Reporting
import TopologyDSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `orch up FILE`
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a cluster, run what its file schedules, judge it, bring it down.",
        discussion: """
            One process a node, a link between every two that talk. When the finite workloads and the scheduled faults \
            have ended, faults are lifted, queues drained, assertions judged. A topology with no end runs until Ctrl-C \
            or `orch down`.

              orch up topologies/pubsub.yaml        letters' case does not matter
              orch up pubsub --seed 42              the same dice as another run's
              orch up -d pubsub --wait              in the background; returns when all nodes are ready
              orch up pubsub --report json=out.json the outcome, for programs

            A run keeps its files in .orch/runs/…; `latest` there points to the newest.
            """)

    @Argument(help: "A topology file, or a bundled topology's name.", completion: TopologyArgument.completion)
    var file: String

    @Flag(name: [.customShort("d"), .long], help: "Run in the background.")
    var detach = false

    @Flag(help: "With -d: return when every node is ready.")
    var wait = false

    @Option(help: "The seed of all chance; printed in every report.")
    var seed: UInt64?

    @Option(help: "Write the outcome: json=FILE. May be given several times.")
    var report: [ReportTarget] = []

    @Flag(help: "Keep the cluster up when its workloads have ended, until Ctrl-C or `orch down`.")
    var keep = false

    @Flag(help: "Print the verdict as JSON and nothing else.")
    var json = false

    /// Where a detached cluster's own process keeps its files; set by `-d`, not by people.
    @Option(help: .hidden)
    var runFolder: String?

    func validate() throws {
        if wait && !detach { throw ValidationError("--wait goes with -d") }
    }

    func run() async throws {
        let (topology, path) = try TopologyArgument.load(file)
        let seed = seed ?? topology.seed ?? UInt64.random(in: 1...999_999)
        let folder: RunFolder
        if let runFolder {
            folder = RunFolder(path: runFolder)
        } else {
            folder = try RunFolder.create(in: FileManager.default.currentDirectoryPath, topology: topology.name)
            try? FileManager.default.copyItem(atPath: path, toPath: folder.topology)
        }
        if detach {
            try await DetachedRun(folder: folder, arguments: arguments(path, seed, folder)).start(
                topology: topology, wait: wait, json: json)
            return
        }
        let code = try await ForegroundRun(
            topology: topology, file: path, folder: folder, seed: seed, reports: report, keep: keep, json: json
        ).run()
        throw ExitCode(code)
    }

    /// The command line of the process in the background.
    private func arguments(_ path: String, _ seed: UInt64, _ folder: RunFolder) -> [String] {
        var words = ["up", path, "--seed", "\(seed)", "--run-folder", folder.path]
        for target in report { words += ["--report", "\(target.kind.rawValue)=\(target.path)"] }
        if keep { words.append("--keep") }
        return words
    }
}

/// `json=FILE`
struct ReportTarget: ExpressibleByArgument {
    enum Kind: String { case json }

    var kind: Kind
    var path: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), let kind = Kind(rawValue: String(argument[..<equals])) else {
            return nil
        }
        path = String(argument[argument.index(after: equals)...])
        guard !path.isEmpty else { return nil }
        self.kind = kind
    }
}
