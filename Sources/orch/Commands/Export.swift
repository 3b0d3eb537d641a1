import ArgumentParser
import ClusterModel
import OrchKit
import TopologyDSL

/// `orch export FILE`
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a topology in another form: YAML's normal form, JSON, or Swift.",
        discussion: """
              orch export pubsub            defaults left out, short forms, `${…}` filled in, comments gone
              orch export pubsub --json     the whole model, with every default
              orch export pubsub --swift    source with the builder of OrchKit
              orch export topics --param loss=10%

            The YAML, and what the Swift makes of it, say the same as the file does, but for places in it. Values of \
            `params:` are filled in; the one that was chosen comes first among them.
            """)

    enum Form: String, EnumerableFlag {
        case yaml, json, swift

        static func help(for form: Form) -> ArgumentHelp? {
            switch form {
            case .yaml: "YAML, as short as it can be; unless something else is said."
            case .json: "The model as JSON."
            case .swift: "Swift source."
            }
        }
    }

    @Argument(help: "A topology file, or a bundled topology's name.", completion: TopologyArgument.completion)
    var file: String

    @Option(help: "A parameter of the file, NAME=VALUE. May be given several times.")
    var param: [ParameterArgument] = []

    @Flag(exclusivity: .exclusive) var form = Form.yaml

    func run() throws {
        let topology = try TopologyArgument.load(file, parameters: param).topology
        let terminal = Terminal.standardOutput
        switch form {
        case .yaml: terminal.write(TopologyYAML.text(topology))
        case .json: terminal.print(try JSONOutput.text(topology))
        case .swift:
            do throws(SourceProblem) {
                terminal.write(try SwiftSource.text(TopologyYAML.document(topology)))
            } catch {
                throw OrchError(.badTopology, "\(file) cannot be Swift source: \(error)", advice: "orch export \(file)")
            }
        }
    }
}
