import Assertions
import ClusterModel

/// What the scenario, its script and the commands of one run have come to.
struct ScenarioState {
    /// The verdicts of steps: of those that assert, and of those that failed. At most `limit`; what comes later is not
    /// kept, and a warning says how many.
    private(set) var results: [AssertionResult] = []
    private(set) var unkept = 0
    /// A step has failed: no further one begins.
    var hasFailed = false
    /// By object: why the scenario could not move it.
    var failedMoves: [String: [String]] = [:]
    /// Connections from outside, by broker.
    var publishers: [String: OutsidePublisher] = [:]

    static let limit = 1_000

    mutating func add(_ result: AssertionResult) {
        if results.count < Self.limit { results.append(result) } else { unkept += 1 }
    }

    mutating func takePublishers() -> [OutsidePublisher] {
        defer { publishers = [:] }
        return Array(publishers.values)
    }

    /// What a report says of it besides its verdicts.
    var warnings: [String] {
        let moves = failedMoves.sorted { $0.key < $1.key }.map { object, reasons in
            let times = reasons.count == 1 ? "once" : "\(reasons.count) times"
            return "the scenario failed to move \(object) \(times); the last time: \(reasons.last!)"
        }
        return moves + (unkept > 0 ? ["\(unkept) more verdicts of steps are not shown"] : [])
    }
}

/// What reports call a step: `step 3`, `chaos.lua:12`, and where it stands in the topology file.
struct StepName: Sendable {
    var text: String
    var line: Int
    /// What it asserts stands in the report. What a person types to see how things are does not.
    var isRecorded: Bool

    init(_ text: String, line: Int, isRecorded: Bool = true) {
        self.text = text
        self.line = line
        self.isRecorded = isRecorded
    }
}

/// Makes calls and invocations from outside the cluster.
package protocol ScenarioCallers: Sendable {
    /// - Parameter run: the folder of the running cluster.
    func call(_ call: Verb.Invocation, _ run: RunFolder) async -> VerbResult
    func invoke(_ invocation: Verb.Invocation, _ run: RunFolder) async -> VerbResult
}

/// Runs a topology's script.
package protocol ScenarioScripts: Sendable {
    /// - Parameter perform: does a verb for the line of the script that is given.
    /// - Returns: why it failed; `nil` where it did not, or was cut short.
    func run(
        _ script: ScenarioScript, topology: Topology, seed: UInt64,
        perform: @escaping @Sendable (_ verb: Verb, _ place: String, _ line: Int) async -> VerbResult
    ) async -> String?
}
