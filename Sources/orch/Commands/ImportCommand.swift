import ArgumentParser
import ClusterModel
import Importing
import TopologyDSL

/// `orch import …`
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a topology of another system's file.",
        discussion: """
            The topology goes to standard output, or to a file with -o. What was not carried over, and why, is told on \
            standard error, each at its line.

              rabbitmqctl export_definitions defs.json
              orch import defs.json -o shop.yaml
              orch import compose.yaml -o shop.yaml
              orch import rabbitmq defs.json --vhost shop -o shop.yaml

            Exit codes: 0 there is a topology, 64 the output file is there already, 65 the file cannot be imported.
            """,
        subcommands: [Whatever.self, RabbitMQ.self, Compose.self, AsyncAPI.self], defaultSubcommand: Whatever.self)

    struct Whatever: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "file", abstract: "From any of these, told apart by what is in it.")

        @Argument(
            help: "RabbitMQ's definitions, a compose file or an AsyncAPI document.",
            completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String
        @OptionGroup var output: ImportOutput

        func run() throws {
            try output.write(from: file) { file throws(YAMLFile.Problems) in try ForeignFormat(of: file).run(file) }
        }
    }

    struct RabbitMQ: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rabbitmq",
            abstract: "From RabbitMQ's definitions: exchanges, queues and bindings of one virtual host.")

        @Argument(
            help: "The JSON of rabbitmqctl export_definitions, or of the management page's Download.",
            completion: .file(extensions: ["json"]))
        var file: String
        @Option(help: "The virtual host; the only one that holds something, or /, is the default.") var vhost: String?
        @OptionGroup var output: ImportOutput

        func run() throws {
            try output.write(from: file) { file throws(YAMLFile.Problems) in
                try RabbitMQImporter.run(file, vhost: vhost)
            }
        }
    }

    struct Compose: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "compose",
            abstract: "From a compose file: services with a command become nodes, RabbitMQ becomes a broker.")

        @Argument(help: "A compose file.", completion: .file(extensions: ["yaml", "yml"]))
        var file: String
        @OptionGroup var output: ImportOutput

        func run() throws {
            try output.write(from: file) { file throws(YAMLFile.Problems) in try ComposeImporter.run(file) }
        }
    }

    struct AsyncAPI: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "asyncapi",
            abstract: "From an AsyncAPI 3 document with AMQP bindings: channels, and who sends and receives.")

        @Argument(help: "An AsyncAPI document, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String
        @OptionGroup var output: ImportOutput

        func run() throws {
            try output.write(from: file) { file throws(YAMLFile.Problems) in try AsyncAPIImporter.run(file) }
        }
    }
}

/// Where an imported topology goes.
struct ImportOutput: ParsableArguments {
    @Option(name: .shortAndLong, help: "The file to write; standard output is the default.") var output: String?
    @Flag(help: "Write over a file that is there.") var force = false
    @Flag(help: "Print the list of what was not carried over as JSON lines.") var json = false

    private struct Line: Encodable {
        var file: String
        var line: Int
        var column: Int
        var what: String
        var names: [String]
        var why: String
    }

    func write(from path: String, _ make: (YAMLFile) throws(YAMLFile.Problems) -> Imported) throws {
        let error = Terminal.standardError
        let imported: Imported
        do throws(YAMLFile.Problems) {
            imported = try make(try YAMLFile(path: path))
        } catch {
            let terminal = Terminal.standardError
            terminal.print(error.diagnostics.rendered(colour: terminal.hasColor))
            throw ExitCode(OrchError.Code.badTopology.rawValue)
        }
        if let output {
            try NewFile.write(imported.text, to: output, force: force)
            Terminal.standardOutput.print("\(output) is written; orch up \(output) runs it")
        } else {
            Terminal.standardOutput.write(imported.text)
        }
        guard !imported.leftOut.isEmpty else { return }
        if json {
            for item in imported.leftOut {
                let place = item.location
                error.print(
                    try JSONOutput.line(
                        Line(
                            file: place.file, line: place.line, column: place.column, what: item.what,
                            names: item.names,
                            why: item.why)))
            }
            return
        }
        error.print(error.styled("not carried over:", .bold))
        for item in imported.leftOut { error.print("  \(item.text)") }
    }
}
