import ArgumentParser
import ClusterModel
import Orchestrator

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `orch logs`
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what nodes printed, of the running cluster or of the last run.")

    @Argument(help: "Nodes (all their replicas) or processes; none means all.")
    var nodes: [String] = []

    @Flag(name: .shortAndLong, help: "Go on as lines come, until the run ends.")
    var follow = false

    @OptionGroup var target: ClusterOption
    @Flag(help: "Print each line as a JSON object.") var json = false

    func run() async throws {
        let (run, isRunning) = try await RunChoice.choose(target)
        let topology = try run.plannedTopology()
        let all = topology.nodes.flatMap(\.instances)
        let chosen =
            try nodes.isEmpty
            ? all
            : nodes.flatMap { name in
                let instances = topology.instances(named: name)
                guard !instances.isEmpty else {
                    throw OrchError(
                        .usage, "there is no node '\(name)' in \(topology.name)",
                        advice: "the nodes are \(topology.nodes.map(\.name).joined(separator: ", "))")
                }
                return instances
            }
        var readers = chosen.map { LogReader(instance: $0, path: run.log(of: $0)) }
        let width = chosen.map(\.count).max() ?? 0
        let terminal = Terminal.standardOutput
        let palette: [Terminal.Style] = [.cyan, .magenta, .blue, .green, .yellow]
        while true {
            // Looked at before reading, so that the last lines of a run that ends meanwhile are read.
            let goesOn = follow && isRunning && FileManager.default.fileExists(atPath: run.controlSocket)
            for index in readers.indices {
                for line in readers[index].newLines(isLast: !goesOn) {
                    let name = readers[index].instance
                    if json {
                        terminal.print(try JSONOutput.line(["node": name, "line": line]))
                    } else {
                        let padding = String(repeating: " ", count: width - name.count)
                        terminal.print(
                            terminal.styled(name + padding, palette[index % palette.count])
                                + terminal.styled(" | ", .dim) + (terminal.isInteractive ? Terminal.tamed(line) : line))
                    }
                }
            }
            guard goesOn else { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// Reads a growing file line by line.
private struct LogReader {
    let instance: String
    let path: String
    private var offset: UInt64 = 0
    private var rest: [UInt8] = []

    init(instance: String, path: String) {
        self.instance = instance
        self.path = path
    }

    /// - Parameter isLast: a line that nothing ends counts too.
    mutating func newLines(isLast: Bool) -> [String] {
        guard let bytes = FilePart.read(path, from: offset) else { return [] }
        offset += UInt64(bytes.count)
        rest += bytes
        var lines: [String] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest.removeSubrange(...end)
        }
        if isLast, !rest.isEmpty {
            lines.append(String(decoding: rest, as: UTF8.self))
            rest = []
        }
        return lines
    }
}

/// Which run a command is about: the running one, or else the last.
enum RunChoice {
    static func choose(_ target: ClusterOption) async throws -> (run: RunFolder, isRunning: Bool) {
        let running = await RunningCluster.all()
        for cluster in running { await cluster.close() }
        let chosen = running.filter { target.cluster == nil || $0.matches(target.cluster!) }
        if let one = chosen.last { return (one.run, true) }
        let here = RunFolder.base ?? "."
        if let name = target.cluster {
            guard let run = RunFolder.all(in: here).last(where: { $0.name == name || $0.name.hasSuffix("-\(name)") })
            else { throw OrchError(.usage, "there is no run '\(name)' here") }
            return (run, false)
        }
        guard let run = RunFolder.latest(in: here) else {
            throw OrchError(.unavailable, "there is no run here", advice: "start one with: orch up FILE")
        }
        return (run, false)
    }
}
