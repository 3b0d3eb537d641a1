import ArgumentParser
import ClusterModel
import TopologyDSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `orch validate FILE…`
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check topology files and report every problem with its place.",
        discussion: "Exits 65 if any file has an error. Warnings alone are fine.")

    @Argument(help: "Topology files, or bundled topologies' names.", completion: TopologyArgument.completion)
    var files: [String]

    @Option(help: "A parameter of the file, NAME=VALUE. May be given several times.") var param: [ParameterArgument] =
        []
    @Flag(help: "Print the problems as JSON.") var json = false

    func run() throws {
        var all: [Diagnostic] = []
        let terminal = Terminal.standardOutput
        let parameters = try param.byName()
        for file in files {
            do {
                let path = try TopologyFile.resolve(file, folders: TopologyArgument.folders)
                let loaded = TopologyFile.load(
                    path: path, environment: ProcessInfo.processInfo.environment, parameters: parameters)
                all += loaded.diagnostics
                if let topology = loaded.topology, !json {
                    let processes = topology.nodes.flatMap(\.instances).count
                    terminal.print(
                        "\(path): ok (\(processes) processes, \(topology.links.count) links, "
                            + "\(topology.faults.count) faults, \(topology.assertions.count) assertions)")
                }
            } catch {
                all.append(
                    Diagnostic(error.message, at: SourceLocation(file: file, line: 1, column: 1), advice: error.advice))
            }
        }
        if json {
            terminal.print(all.jsonText)
        } else if !all.isEmpty {
            let error = Terminal.standardError
            error.print(all.rendered(colour: error.hasColor))
        }
        if all.hasErrors { throw ExitCode(OrchError.Code.badTopology.rawValue) }
    }
}
