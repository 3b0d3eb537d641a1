import Assertions
import ClusterModel
import Control

/// What a cluster tells those who watch it, as it happens.
package enum ClusterEvent: Sendable {
    case phase(ClusterPhase)
    case node(NodeStatus)
    case log(instance: String, line: String)
    case fault(FaultStatus, on: Bool)
    /// Something that a person should know.
    case note(String)
}

package enum ClusterPhase: String, Sendable {
    case starting, ready, running, draining, stopping, ended
}

/// How a run is wanted.
package struct ClusterOptions: Sendable {
    package var seed: UInt64
    /// The `orch` binary, started again for each native node.
    package var executable: String
    /// The folder of the topology file, for the relative paths in it.
    package var directory: String
    /// How long all nodes may take to become ready.
    package var startTimeout: Duration
    /// Stay up when the workloads have ended, until asked to end.
    package var keep: Bool
    /// The run ends in order after this time, whatever still works; `nil`: when its work is done.
    package var runTime: Duration?
    /// What the judge must know of the types of objects.
    package var models: (any ObjectModels)?
    /// Who makes the calls and invocations of the scenario; without one those steps fail.
    package var callers: (any ScenarioCallers)?
    /// Who runs the topology's script; without one it fails.
    package var scripts: (any ScenarioScripts)?

    package init(
        seed: UInt64, executable: String, directory: String, startTimeout: Duration = .seconds(30), keep: Bool = false,
        runTime: Duration? = nil, models: (any ObjectModels)? = nil, callers: (any ScenarioCallers)? = nil,
        scripts: (any ScenarioScripts)? = nil
    ) {
        self.seed = seed
        self.executable = executable
        self.directory = directory
        self.startTimeout = startTimeout
        self.keep = keep
        self.runTime = runTime
        self.models = models
        self.callers = callers
        self.scripts = scripts
    }
}
