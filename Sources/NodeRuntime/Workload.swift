import ClusterModel
import Control
import History
import NIOCore

/// What the roles of one process share. It belongs to the process's event loop.
final class NodeContext {
    let plan: NodePlan
    let eventLoop: any EventLoop
    let recorder: Recorder
    let log: NodeLog

    init(plan: NodePlan, eventLoop: any EventLoop, recorder: Recorder, log: NodeLog) {
        self.plan = plan
        self.eventLoop = eventLoop
        self.recorder = recorder
        self.log = log
    }

    /// What `$(…)` stands for in this process. Each use has its own stream of chance.
    func values(for use: String) -> Template.Values {
        Template.Values(
            sequence: 0, node: plan.instance, replica: plan.replica,
            generator: SeededGenerator(seed: plan.seed, plan.instance, "\(plan.incarnation)", use),
            now: WallClock.milliseconds, endpoint: { _, _ in nil })
    }
}

/// A role of a native node: it publishes or consumes. All calls come on the event loop.
protocol Workload: AnyObject {
    /// Connects and prepares; the future succeeds once, when the role is in place.
    func prepare() -> EventLoopFuture<Void>
    /// All nodes are ready.
    func run()
    /// The run is draining: nothing new is begun, what is in flight is finished.
    func drain()
    /// Adds its numbers.
    func report(_ progress: inout Progress)
    /// What it has left to do.
    func survey() -> EventLoopFuture<Survey>
    /// Ends in order: no new work, what is in hand is finished where that takes no waiting.
    func stop() -> EventLoopFuture<Void>
}
