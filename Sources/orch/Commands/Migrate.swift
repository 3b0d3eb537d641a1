import ArgumentParser
import ClusterModel
import Control
import Orchestrator

/// `orch migrate`
struct Migrate: ClusterCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move an object of a running cluster to another host.",
        discussion: """
              orch migrate acc-1 --to host-b
              orch migrate orch://Account/acc-1 --to host-2

            Exit codes: 0 it was moved, 64 no such host, 69 it was not moved, or nobody knows.
            """)

    @Argument(help: "The object: its name or a reference.") var object: String
    @Option(help: "The process that is to own it.") var to: String
    @OptionGroup var target: ClusterOption
    @Flag(help: "Print JSON.") var json = false

    private struct Move: Encodable {
        var object: String
        var owner: String
        var epoch: UInt64
        var pause: Double

        private enum CodingKeys: String, CodingKey {
            case object, owner, epoch
            case pause = "pause_ms"
        }
    }

    func request(_ topology: Topology) throws -> Request {
        .migrate(object: try ObjectArgument.parse(object).object, to: to)
    }

    func text(_ response: Response, of run: RunFolder, on terminal: Terminal) throws -> String {
        let object = try ObjectArgument.parse(object).object
        switch response {
        case .migrated(.moved(let epoch, let pause)):
            return json
                ? try JSONOutput.line(Move(object: object, owner: to, epoch: epoch, pause: Double(pause) / 1e6))
                : "\(object) is owned by \(to) at epoch \(epoch); it paused for \(Duration.nanoseconds(pause).text)"
        case .migrated(.failed(let reason)):
            throw OrchError(
                .unavailable, "\(object) was not moved to \(to)", cause: reason,
                advice: "see who owns it, and what it is doing, with: orch objects \(object)")
        default: throw OrchError(.internalError, "the cluster answered something else")
        }
    }
}
