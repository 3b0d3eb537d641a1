import ClusterModel
import Control
import DequeModule
import History
import NIOCore

/// What the roles of one process share. It belongs to the process's event loop.
final class NodeContext {
    let plan: NodePlan
    let eventLoop: any EventLoop
    let recorder: Recorder
    let log: NodeLog
    let control: ControlClient
    /// Whom its scripts may call, and where they may publish.
    private(set) lazy var neighbours = Neighbours(self)
    /// Objects, wherever they are.
    private(set) lazy var objects = ObjectNetwork(self)
    /// Where this process itself listens; 0: nowhere.
    var port = 0
    /// Those who wait for where a server is, in the order of their questions.
    private var questions: Deque<EventLoopPromise<[ServerEndpoint]>> = []
    private var stops: FailpointStops

    init(plan: NodePlan, eventLoop: any EventLoop, recorder: Recorder, log: NodeLog, control: ControlClient) {
        self.plan = plan
        self.eventLoop = eventLoop
        self.recorder = recorder
        self.log = log
        self.control = control
        stops = FailpointStops(armed: plan.failpoints)
    }

    /// Where this process reaches the replicas of a node that serves.
    func resolve(_ server: String) -> EventLoopFuture<[ServerEndpoint]> {
        if let known = plan.servers[server] { return eventLoop.makeSucceededFuture(known) }
        let promise = eventLoop.makePromise(of: [ServerEndpoint].self)
        questions.append(promise)
        control.send(.request(.resolve(server: server, client: plan.instance)))
        return promise.futureResult
    }

    /// The cluster's answer to the oldest question.
    func resolved(_ response: Response) {
        guard let promise = questions.popFirst() else { return }
        switch response {
        case .endpoints(let endpoints): promise.succeed(endpoints)
        case .failed(let message, _): promise.fail(OrchError(.unavailable, message))
        default: promise.fail(OrchError(.internalError, "the cluster answered something else"))
        }
    }

    // MARK: - Failpoints

    /// Goes on when nothing holds it here: at once, or once the fault that waits for this step is in force.
    func failpoint(_ point: Failpoint, object: String, _ goOn: @escaping () -> Void) {
        guard let id = stops.arrive(point, goOn) else { return goOn() }
        control.send(.atFailpoint(id: id, point, object: object))
    }

    /// The cluster's answer to an arrival.
    func proceed(_ id: Int) { stops.leave(id)?() }

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
