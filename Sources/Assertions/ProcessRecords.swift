import ClusterModel
import History

/// One life of one process, as the orchestrator noted it.
struct LifeRecord: Sendable {
    struct Pause: Sendable {
        var from: Int64
        var to: Int64
    }

    var incarnation: UInt32
    /// Its start.
    var from: Int64
    var ready = Int64.max
    /// It was asked to end.
    var stopping = Int64.max
    var to = Int64.max
    /// What was noted of its end.
    var end: NodeChange?
    var pauses: [Pause] = []

    func isAlive(at time: Int64) -> Bool { from <= time && time < to }

    /// It is ready, and neither paused nor about to end.
    func isLive(at time: Int64) -> Bool {
        ready <= time && time < min(to, stopping) && !isPaused(time, time)
    }

    /// It stands still at some moment of an interval.
    func isPaused(_ from: Int64, _ to: Int64) -> Bool { pauses.contains { $0.from <= to && $0.to > from } }

    /// It is ready throughout an interval, and never paused.
    func isLive(_ from: Int64, _ to: Int64) -> Bool {
        ready <= from && min(self.to, stopping) > to && !isPaused(from, to)
    }
}

/// The lives of all processes.
struct ProcessRecords: Sendable {
    private var lives: [String: [LifeRecord]] = [:]

    init() {}

    init(_ timeline: RunTimeline) {
        for change in timeline.changes where change.change.incarnation > 0 { add(change.change, at: change.time) }
    }

    private mutating func add(_ change: NodeChange, at time: Int64) {
        var all = lives[change.name] ?? []
        defer { lives[change.name] = all }
        if all.last?.incarnation ?? 0 < change.incarnation {
            // A later life says that the earlier one has ended.
            if let last = all.indices.last { all[last].to = min(all[last].to, time) }
            all.append(LifeRecord(incarnation: change.incarnation, from: time))
        }
        guard let index = all.lastIndex(where: { $0.incarnation == change.incarnation }), all[index].to == .max else {
            return
        }
        if let pause = all[index].pauses.indices.last, all[index].pauses[pause].to == .max {
            all[index].pauses[pause].to = time
        }
        if change.isEnd {
            all[index].to = time
            all[index].end = change
            return
        }
        switch change.state {
        case .ready, .running: all[index].ready = min(all[index].ready, time)
        case .paused: all[index].pauses.append(LifeRecord.Pause(from: time, to: .max))
        case .stopping: all[index].stopping = min(all[index].stopping, time)
        default: break
        }
    }

    /// In order; empty for a process of which nothing was noted.
    subscript(name: String) -> [LifeRecord] { lives[name] ?? [] }

    func life(_ incarnation: UInt32, of name: String) -> LifeRecord? {
        lives[name]?.first { $0.incarnation == incarnation }
    }

    /// The life that ran at that time.
    func life(of name: String, at time: Int64) -> LifeRecord? {
        guard let life = lives[name]?.last(where: { $0.from <= time }), life.to > time else { return nil }
        return life
    }
}

extension RunTimeline {
    init(_ history: History) {
        begin = history.times?.lowerBound ?? 0
        end = history.times?.upperBound ?? 0
        for entry in history.events("node", "fault", "phase") {
            switch entry.event {
            case .node(let event): changes.append(.init(time: entry.time, change: event))
            case .fault(let event): add(event, at: entry.time)
            case .phase(let event): add(event, at: entry.time)
            default: break
            }
        }
    }

    /// The end of what is judged: the run's own end, or the history's.
    var cut: Int64 { min(closing, end) }

    /// When the drain began; `Int64.max`: it never did.
    var draining: Int64 { drain ?? drained ?? .max }

    func when(_ time: Int64) -> String { Duration.nanoseconds(time.subtractingSaturated(origin)).text }

    func step(_ time: Int64, _ text: String) -> Example.Step {
        Example.Step(time: time.subtractingSaturated(origin), text: text)
    }
}
