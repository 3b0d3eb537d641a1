import ClusterModel

/// The life of one process of the cluster over all its incarnations: which state it is in, and whether an end is followed
/// by another start. A value without clock or processes; the cluster carries its decisions out.
package struct NodeLife: Sendable, Equatable {
    package enum End: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
        /// It could not be started at all.
        case unstartable(String)

        package var text: String {
            switch self {
            case .exited(let code): "exit \(code)"
            case .signalled(let signal): "signal \(signal)"
            case .unstartable(let why): why
            }
        }
    }

    package enum Decision: Sendable, Equatable {
        case restart(after: Duration)
        case stayDown
    }

    /// Why a process is about to end, if it is our doing.
    package enum Intent: Sendable, Equatable {
        /// The run is over.
        case stop
        /// A fault's signal; it then stays down until something starts it. Some signals ask for the end, whatever it
        /// then looks like; of any other only a death by that very signal is the fault's work.
        case fault(signal: Int32, asksForTheEnd: Bool)
        /// A fault that starts it again at once.
        case restart
    }

    package private(set) var state = NodeState.waiting
    package private(set) var incarnation = 0
    package private(set) var pid: Int32?
    package private(set) var end: End?
    /// The last end was our doing.
    package private(set) var wasIntended = false
    /// Starts after the first.
    package var restarts: Int { max(0, incarnation - 1) }
    /// A fault of ours has taken it down, and nothing has started it since.
    package private(set) var isDownByFault = false
    /// It was ready in this life; what came later is judged, and keeps nobody waiting.
    package private(set) var hasBeenReady = false
    private var intent: Intent?
    private var failuresInARow = 0
    private let policy: RestartPolicy

    package init(policy: RestartPolicy) { self.policy = policy }

    package var isAlive: Bool { pid != nil }

    /// There is no process, and none is being made: two at once would be one too many.
    package var canStart: Bool { pid == nil && state != .starting }

    package mutating func starting() {
        incarnation += 1
        state = .starting
        end = nil
        intent = nil
        isDownByFault = false
        wasIntended = false
        hasBeenReady = false
    }

    package mutating func started(pid: Int32) { self.pid = pid }

    /// Its roles are in place.
    package mutating func ready() {
        guard state == .starting else { return }
        state = .ready
        hasBeenReady = true
    }

    /// Its workloads run.
    package mutating func running() {
        guard state == .ready else { return }
        state = .running
        failuresInARow = 0
    }

    package mutating func paused() { if state == .ready || state == .running { state = .paused } }

    package mutating func resumed(running: Bool) { if state == .paused { state = running ? .running : .ready } }

    /// We are about to end it.
    package mutating func ending(_ intent: Intent) {
        self.intent = intent
        if intent == .stop, isAlive { state = .stopping }
    }

    /// It has ended.
    /// - Parameter isOver: the run is ending; nothing is started any more.
    package mutating func ended(_ end: End, isOver: Bool) -> Decision {
        pid = nil
        self.end = end
        if case .fault(let signal, false) = intent, end != .signalled(signal) { intent = nil }
        wasIntended = intent != nil
        switch end {
        case .exited(0): state = .exited
        case .exited, .unstartable: state = .failed
        case .signalled: state = .killed
        }
        switch intent {
        case .stop:
            state = .exited
            return .stayDown
        case .fault where policy.mode == .no || isOver:
            isDownByFault = true
            return .stayDown
        case .restart:
            state = .restarting
            return .restart(after: .zero)
        case .fault, nil: break
        }
        let isFailure = end != .exited(0)
        let isWanted = policy.mode == .always || (policy.mode == .onFailure && isFailure)
        guard isWanted, !isOver, restarts < policy.maximum ?? .max else { return .stayDown }
        if case .unstartable = end { return .stayDown }
        state = .restarting
        failuresInARow += 1
        var pause = policy.backoff
        for _ in 1..<max(failuresInARow, 1) where pause < policy.maximumBackoff { pause = pause * 2 }
        return .restart(after: min(pause, policy.maximumBackoff))
    }
}
