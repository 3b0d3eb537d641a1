import ArgumentParser
import ClusterModel
import Reporting

/// `orch graph FILE`
struct Graph: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Draw a topology: nodes, exchanges, queues and links.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case ascii, mermaid, dot }

    @Argument(help: "A topology file, or a bundled topology's name.", completion: TopologyArgument.completion)
    var file: String

    @Option(name: .shortAndLong, help: "ascii, mermaid or dot.") var format = Format.ascii
    @Flag(help: "Print the whole topology as JSON, as it was understood.") var json = false

    func run() throws {
        let (topology, _) = try TopologyArgument.load(file)
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
