import ArgumentParser
import ClusterModel
import TopologyDSL

/// `orch assert`
struct AssertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assert",
        abstract: "Judge an assertion about a running cluster now.",
        discussion: """
              orch assert 'delivery: at-least-once' --from producer --to worker --within 2s
              orch assert 'queue: jobs' depth=0 --within 5s
              orch assert 'node: worker' state=running

            What has not been processed yet is no loss while the run goes on: nobody knows. The run's own verdict stays \
            as it is; with --record this one stands in its report too. Exit codes: 0 it holds, 1 it does not, 2 nobody \
            knows.
            """)

    @Argument(help: "The assertion, as the file would have it.") var assertion: String
    @Argument(help: "key=value for its further keys.") var options: [String] = []
    @Option(help: "The node that sends or calls.") var from: String?
    @Option(help: "The node that receives or serves, or queue:NAME.") var to: String?
    @Option(help: "How long it may take to hold: 2s.") var within: String?
    @Flag(help: "Let the verdict stand in the run's report, and count there.") var record = false
    @OptionGroup var target: ClusterOption

    func run() async throws {
        let cluster = try await target.connect()
        var pairs = [VerbSyntax.pair(assertion)]
        for case (let key, let value?) in [("from", from), ("to", to), ("within", within)] {
            pairs.append((key, .text(value)))
        }
        for word in options {
            guard let sign = word.firstIndex(of: "=") else { throw ValidationError("'\(word)' is not key=value") }
            pairs.append((String(word[..<sign]), .text(String(word[word.index(after: sign)...]))))
        }
        let verb = try VerbSyntax.parse([("assert", .table(pairs))], topology: cluster.topology())
        try await cluster.carryOut(verb, "orch", isRecorded: record)
        Terminal.standardOutput.print("it holds")
    }
}
