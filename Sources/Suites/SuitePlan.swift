/// Hands out the runs of a suite: every topology once, then every topology again, as often as asked. In each round those
/// that run alone come last, so that nobody waits for them but themselves.
package struct SuitePlan: Sendable {
    /// A run to make.
    package struct Turn: Sendable, Equatable {
        /// The place of the topology in `cases`.
        package var index: Int
        /// From 0.
        package var round: Int
        package var seed: UInt64
    }

    /// `--until-failure` without `--repeat` gives up after so many rounds.
    package static let roundLimit = 10_000

    package let cases: [SuiteCase]
    package let rounds: Int
    package let untilFailure: Bool
    package let failFast: Bool
    /// Whether repeats have the first run's seed, and not the ones that follow it.
    package let keepsSeed: Bool
    /// The places of the cases in the order of a round.
    private let order: [Int]
    private var position = 0
    /// Whether the last run that was handed out must have nothing beside it.
    private var isAlone = false
    private var isOver = false
    /// Topologies that need no further run.
    private var settled: Set<Int> = []

    /// - Parameter rounds: `nil`: 1, or with `untilFailure` as many as `roundLimit`.
    package init(
        _ cases: [SuiteCase], rounds: Int? = nil, untilFailure: Bool = false, failFast: Bool = false,
        keepsSeed: Bool = false
    ) {
        self.cases = cases
        self.rounds = min(max(rounds ?? (untilFailure ? Self.roundLimit : 1), 1), Self.roundLimit)
        self.untilFailure = untilFailure
        self.failFast = failFast
        self.keepsSeed = keepsSeed
        order = cases.indices.filter { !cases[$0].runsAlone } + cases.indices.filter { cases[$0].runsAlone }
    }

    /// - Parameter running: how many runs go on.
    /// - Returns: `nil` where there is nothing more to start, or, while runs go on, nothing beside them.
    package mutating func next(beside running: Int = 0) -> Turn? {
        while !isOver, settled.count < cases.count, position < cases.count * rounds {
            let (round, place) = position.quotientAndRemainder(dividingBy: cases.count)
            let index = order[place]
            if !settled.contains(index), running > 0, isAlone || cases[index].runsAlone { return nil }
            position += 1
            guard !settled.contains(index) else { continue }
            isAlone = cases[index].runsAlone
            let seed = cases[index].seed
            return Turn(index: index, round: round, seed: keepsSeed ? seed : seed &+ UInt64(round))
        }
        return nil
    }

    package mutating func ended(_ turn: Turn, _ verdict: SuiteVerdict) {
        // What is wrong with a file is wrong with it the next time.
        if verdict == .invalid { settled.insert(turn.index) }
        if verdict != .pass, untilFailure || failFast { isOver = true }
    }

    /// Nothing more is to be started.
    package mutating func stop() { isOver = true }
}
