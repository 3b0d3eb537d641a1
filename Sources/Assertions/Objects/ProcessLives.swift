import ClusterModel
import History

/// One life of one process.
typealias ProcessLife = CallLedgerBuilder.Life

/// When the lives of processes ended, when they were paused, and when they last said something.
struct ProcessLives: Sendable {
    private struct End: Sendable {
        var incarnation: UInt32
        var time: Int64
    }

    private struct Pause: Sendable {
        var from: Int64
        var to: Int64
    }

    private var ends: [Int32: [End]] = [:]
    private var pauses: [ProcessLife: [Pause]] = [:]
    private var words: [ProcessLife: Int64] = [:]

    init() {}

    /// - Parameter words: the time of the last record of each life.
    init(_ timeline: RunTimeline, _ processes: Interner<String>, words: [ProcessLife: Int64]) {
        self.words = words
        var paused: [Int32: ProcessLife] = [:]
        for change in timeline.changes {
            guard let process = processes.known(change.change.name) else { continue }
            let incarnation = change.change.incarnation
            if let life = paused.removeValue(forKey: process), let last = pauses[life]?.indices.last {
                pauses[life]?[last].to = change.time
            }
            if change.change.state == .paused {
                let life = ProcessLife(process: process, incarnation: incarnation)
                pauses[life, default: []].append(Pause(from: change.time, to: .max))
                paused[process] = life
            }
            // A later life says that the earlier ones have ended.
            let ended = change.change.isEnd ? incarnation : max(incarnation, 1) - 1
            if ended > 0 { ends[process, default: []].append(End(incarnation: ended, time: change.time)) }
        }
    }

    /// When its end was noted; `Int64.max`: it never was.
    func end(of life: ProcessLife) -> Int64 {
        var time = Int64.max
        for end in ends[life.process] ?? [] where end.incarnation >= life.incarnation { time = min(time, end.time) }
        return time
    }

    func lastWord(of life: ProcessLife) -> Int64 { words[life] ?? .min }

    /// The start of the first pause that touches an interval and lasted at least so long.
    func pause(of life: ProcessLife, from: Int64, to: Int64, atLeast length: Int64) -> Int64? {
        pauses[life]?.first { $0.from < to && $0.to > from && $0.to.subtractingSaturated($0.from) >= length }?.from
    }
}
