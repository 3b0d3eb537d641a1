import ArgumentParser
import ClusterModel
import Reporting

/// `orch graph [FILE]`
struct Graph: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw a topology: nodes, exchanges, queues and links; or who can reach whom.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case ascii, mermaid, dot }

    @Argument(
        help: "A topology file, or a bundled topology's name; the running cluster's unless given.",
        completion: TopologyArgument.completion)
    var file: String?

    @Option(help: "A parameter of the file, NAME=VALUE. May be given several times.") var param: [ParameterArgument] =
        []
    @Option(name: .shortAndLong, help: "ascii, mermaid or dot.") var format = Format.ascii
    @Flag(help: "Show who can open a connection to whom: what `inbound:` lets in.") var reachability = false
    @Flag(help: "Print the whole topology as JSON, as it was understood; or the reachability.") var json = false

    @OptionGroup var target: ClusterOption

    func validate() throws {
        if file == nil, !param.isEmpty { throw ValidationError("--param goes with a file") }
        if file != nil, target.cluster != nil { throw ValidationError("a file and --cluster exclude each other") }
    }

    private func load() async throws -> Topology {
        if let file { return try TopologyArgument.load(file, parameters: param).topology }
        let cluster = try await target.connect()
        await cluster.close()
        return try cluster.topology()
    }

    func run() async throws {
        let topology = try await load()
        if reachability {
            let matrix = ReachabilityMatrix(topology)
            let terminal = Terminal.standardOutput
            if json { terminal.print(matrix.json) } else { terminal.write(matrix.text(colour: terminal.hasColor)) }
            return
        }
        if json {
            Terminal.standardOutput.print(try JSONOutput.text(topology))
            return
        }
        let kind: TopologyGraph.Format =
            switch format {
            case .ascii: .ascii
            case .mermaid: .mermaid
            case .dot: .dot
            }
        Terminal.standardOutput.print(TopologyGraph.render(topology, as: kind))
    }
}
