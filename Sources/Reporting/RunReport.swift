import Assertions
import ClusterModel

/// The outcome of one run, as `--report json=` writes it and the terminal shows it.
package struct RunReport: Sendable, Equatable {
    package struct Node: Sendable, Equatable {
        /// The process: `subscriber-1`.
        package var name: String
        package var pid: Int32
        package var state: NodeState
        package var restarts: Int
        /// `exit 3`, `signal 9`; empty where there is nothing to say.
        package var detail: String

        package init(name: String, pid: Int32, state: NodeState, restarts: Int = 0, detail: String = "") {
            self.name = name
            self.pid = pid
            self.state = state
            self.restarts = restarts
            self.detail = detail
        }
    }

    package struct Tally: Sendable, Equatable {
        /// Messages that passed while the fault was on and that it is about.
        package var seen: Int
        package var affected: Int

        package init(seen: Int = 0, affected: Int = 0) {
            self.seen = seen
            self.affected = affected
        }
    }

    package struct Fault: Sendable, Equatable {
        /// `drop 30%`.
        package var fault: String
        /// `producer -> broker`; empty for faults on processes.
        package var link: String
        package var kinds: [MessageKind: Tally]

        package init(fault: String, link: String, kinds: [MessageKind: Tally] = [:]) {
            self.fault = fault
            self.link = link
            self.kinds = kinds
        }

        package var total: Tally {
            kinds.values.reduce(into: Tally()) {
                $0.seen += $1.seen
                $0.affected += $1.affected
            }
        }
    }

    package var topology: String
    /// The file as the user named it, for the line that says how to replay the run; `nil` where there is none.
    package var file: String?
    package var seed: UInt64
    /// What the file's parameters were.
    package var parameters: [Parameter] = []
    package var duration: Duration
    package var nodes: [Node]
    package var faults: [Fault]
    package var assertions: [AssertionResult]
    package var objects: [ObjectAccount]
    package var feeds: [FeedAccount]
    package var peers: [PeerAccount]
    /// What the evidence lacks, in words (`History.problems`).
    package var problems: [String]
    /// What did not happen as the file says, and is nobody's verdict: a fault that never began.
    package var warnings: [String]
    /// The processes whose work was not done when something else ended the run.
    package var waitedFor: [String]
    /// Ended by Ctrl-C or a signal.
    package var interrupted: Bool

    package init(
        topology: String, file: String? = nil, seed: UInt64, duration: Duration, nodes: [Node] = [],
        faults: [Fault] = [], assertions: [AssertionResult] = [], objects: [ObjectAccount] = [],
        feeds: [FeedAccount] = [], peers: [PeerAccount] = [],
        problems: [String] = [], waitedFor: [String] = [], warnings: [String] = [], interrupted: Bool = false
    ) {
        self.topology = topology
        self.file = file
        self.seed = seed
        self.duration = duration
        self.nodes = nodes
        self.faults = faults
        self.assertions = assertions
        self.objects = objects
        self.feeds = feeds
        self.peers = peers
        self.problems = problems
        self.waitedFor = waitedFor
        self.warnings = warnings
        self.interrupted = interrupted
    }

    /// Fail if any assertion fails, else unknown if any is unknown, else pass.
    package var verdict: Verdict { Judge.overall(assertions) }

    /// The exit code of `orch up` (`language.md`).
    package var exitCode: OrchError.Code? {
        if interrupted { return .interrupted }
        return switch verdict {
        case .pass: nil
        case .fail: .violated
        case .unknown: .unknown
        }
    }
}
