import ArgumentParser
import TopologyDSL

/// `orch schema`
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the JSON Schema of topology files, for editors.",
        discussion: """
            Name it in a file's first line and editors with a YAML language server complete and check it:

              # yaml-language-server: $schema=topology.schema.json
            """)

    @Flag(help: "The schema is JSON in any case.") var json = false

    func run() throws { Terminal.standardOutput.write(TopologySchema.json()) }
}
