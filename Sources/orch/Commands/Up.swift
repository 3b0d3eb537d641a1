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
              orch up pubsub --keep --ui --open     a page in the browser to watch it and to break it

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

    @Option(help: "A parameter of the file, NAME=VALUE. May be given several times.")
    var param: [ParameterArgument] = []

    @Option(help: "Write the outcome: junit=, json=, tap= or html=FILE; a list, or several times.")
    var report: [String] = []

    @Flag(help: "Keep the cluster up when its workloads have ended, until Ctrl-C or `orch down`.")
    var keep = false

    @Option(name: .customLong("for"), help: "End the run in order after this time, whatever still works: 30s.")
    var time: String?

    @Flag(help: "Print the verdict as JSON and nothing else.")
    var json = false

    @Flag(help: "Serve a page that shows the cluster alive, and takes commands; its address is printed.")
    var ui = false

    @Option(help: "The page's port; any free one unless given.") var uiPort: Int?

    @Flag(help: "Open the page in a browser.") var open = false

    /// Where a detached cluster's own process keeps its files; set by `-d`, not by people.
    @Option(help: .hidden)
    var runFolder: String?

    /// Standard input is a pipe from whoever started us; when it closes, the run is over. Set by `orch test`.
    @Flag(help: .hidden)
    var untilInputEnds = false

    func validate() throws {
        _ = try runTime
        _ = try ReportTarget.parse(report)
        if keep && time != nil { throw ValidationError("--keep and --for exclude each other") }
        if wait && !detach { throw ValidationError("--wait goes with -d") }
        if !ui, uiPort != nil || open { throw ValidationError("--ui-port and --open go with --ui") }
        if let uiPort, !(0...65_535).contains(uiPort) { throw ValidationError("--ui-port is at most 65535") }
    }

    private var runTime: Duration? {
        get throws {
            guard let time else { return nil }
            guard let limit = try? Units.duration(time), limit > .zero else {
                throw ValidationError("--for \(time): expected a time such as 30s or 2m")
            }
            return limit
        }
    }

    func run() async throws {
        let (topology, path) = try TopologyArgument.load(file, parameters: param)
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
                topology: topology, wait: wait, json: json, page: ui, open: open)
            return
        }
        let code = try await ForegroundRun(
            topology: topology, file: path, folder: folder, seed: seed, reports: try ReportTarget.parse(report),
            keep: keep,
            runTime: try runTime,
            json: json,
            untilInputEnds: untilInputEnds, page: ui ? PageWish(port: uiPort ?? 0, open: open) : nil
        ).run()
        throw ExitCode(code)
    }

    /// The command line of the process in the background.
    private func arguments(_ path: String, _ seed: UInt64, _ folder: RunFolder) -> [String] {
        var words = ["up", path, "--seed", "\(seed)", "--run-folder", folder.path]
        for parameter in param { words += ["--param", "\(parameter.name)=\(parameter.value)"] }
        for text in report { words += ["--report", text] }
        if keep { words.append("--keep") }
        if let time { words += ["--for", time] }
        if ui { words.append("--ui") }
        if let uiPort { words += ["--ui-port", "\(uiPort)"] }
        return words
    }
}
