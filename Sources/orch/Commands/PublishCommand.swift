import ArgumentParser
import ClusterModel
import Control
import Orchestrator
import TopologyDSL

/// `orch publish`
struct PublishCommand: ClusterCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish one message to a running cluster, from outside.",
        discussion: """
              orch publish hello --to orders --key eu
              orch publish hello --queue jobs --header kind=test
              orch publish hello --feed news

            It goes through the link outside -> broker, and is done when the broker has confirmed it. Exit codes: 0 it is \
            confirmed, 1 it is not.
            """)

    @Argument(help: "The body.") var body: String
    @Option(help: "The exchange.") var to: String?
    @Option(help: "The queue.") var queue: String?
    @Option(help: "The feed.") var feed: String?
    @Option(help: "The routing key.") var key: String?
    @Option(help: "A header: name=value.") var header: [String] = []
    @Flag(help: "It survives a broker's restart.") var persistent = false
    @OptionGroup var target: ClusterOption

    func request(_ topology: Topology) throws -> Request {
        var pairs: [(key: String, value: VerbSyntax.Value)] = [("body", .text(body))]
        for case (let key, let value?) in [("to", to), ("queue", queue), ("feed", feed), ("key", key)] {
            pairs.append((key, .text(value)))
        }
        let headers = try header.map { word -> (key: String, value: VerbSyntax.Value) in
            guard let sign = word.firstIndex(of: "=") else { throw ValidationError("'\(word)' is not name=value") }
            return (String(word[..<sign]), .text(String(word[word.index(after: sign)...])))
        }
        if !headers.isEmpty { pairs.append(("headers", .table(headers))) }
        if persistent { pairs.append(("persistent", .bool(true))) }
        let verb = try VerbSyntax.parse([("publish", .table(pairs))], topology: topology)
        return .perform(verb, step: "orch", line: 0)
    }

    func text(_ response: Response, of run: RunFolder, on terminal: Terminal) throws -> String {
        guard case .performed(let result) = response else {
            throw OrchError(.internalError, "the cluster answered something else")
        }
        try result.check()
        return ""
    }
}
