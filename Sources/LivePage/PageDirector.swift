import ClusterModel
import Control
import NIOCore

/// Looks at the cluster a few times a second while somebody watches, and tells every browser.
///
/// The next look begins when the one before has been answered, so a cluster that is busy is asked less often; browsers
/// wait for the cluster, and the cluster for none of them.
package actor PageDirector {
    private struct Seat {
        var spectator = Spectator()
        var waiting: CheckedContinuation<ByteBuffer?, Never>?
    }

    private let source: any PageSource
    private let hasHosts: Bool
    private var logs: LogTail
    private var rates = RateMeter()
    private var holdings = Holdings()
    private var objects: [String: [ObjectDescription]] = [:]
    /// A slower question is on its way.
    private var isAsking = false
    private var looks = 0
    private var seats: [Int: Seat] = [:]
    private var lastSeat = 0
    /// For browsers that come later.
    private var state: ByteBuffer?
    private var lines: [LogTail.Line] = []
    private var commands: [CommandEntry] = []
    private var end: ByteBuffer?
    private var lastCommand = 0
    /// Commands that are under way, and who waits for what comes of them.
    private var pending: [Int: CheckedContinuation<CommandAnswer, Never>] = [:]
    private var running = 0
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant

    /// Between looks; what is slower to know is asked for every few looks.
    package static let pause = Duration.milliseconds(250)
    private static let slowly = 4
    /// Looks without news after which a sign of life is sent.
    private static let heartbeat = 40
    package static let seatLimit = 16
    package static let commandLimit = 8
    private static let objectLimit = 200

    /// - Parameter hasHosts: whether there may be objects to ask for.
    package init(_ source: any PageSource, logs: LogTail, hasHosts: Bool) {
        self.source = source
        self.logs = logs
        self.hasHosts = hasHosts
        started = clock.now
    }

    /// Looks until the task is cancelled or the run has ended.
    package func run() async {
        while !Task.isCancelled, end == nil {
            if !seats.isEmpty { await look() }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// One look, told to all.
    package func look() async {
        looks += 1
        tell(logs.next())
        if looks % Self.slowly == 1 { askSlowly() }
        if let status = try? await source.status(), end == nil {
            rates.note(PageState.counters(of: status), at: seconds)
            let seen = PageJSON.encode(PageState(status, holdings: holdings, objects: objects, rates: rates))
            state = seen
            for id in seats.keys { seats[id]!.spectator.show(state: seen) }
        }
        for id in Array(seats.keys) { give(id, alive: looks % Self.heartbeat == 0) }
    }

    private var seconds: Double {
        let time = clock.now - started
        return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
    }

    private func askSlowly() {
        guard !isAsking else { return }
        isAsking = true
        Task {
            async let held = source.holdings()
            if hasHosts, let found = try? await source.objects(limit: Self.objectLimit) { objects = found }
            if let held = try? await held { holdings = held }
            isAsking = false
        }
    }

    private func tell(_ new: [LogTail.Line]) {
        guard !new.isEmpty else { return }
        lines = (lines + new).suffix(Spectator.lineLimit)
        for id in seats.keys { seats[id]!.spectator.show(lines: new) }
    }

    // MARK: - Browsers

    /// A browser begins to watch: it is told first how things stand.
    /// - Returns: `nil` where there is no room.
    package func sit() -> Int? {
        guard seats.count < Self.seatLimit else { return nil }
        lastSeat += 1
        var seat = Seat()
        for command in commands { seat.spectator.show(command: command) }
        seat.spectator.show(lines: lines)
        if let state { seat.spectator.show(state: state) }
        if let end { seat.spectator.show(end: end) }
        seats[lastSeat] = seat
        return lastSeat
    }

    /// The next piece for a browser, when it has taken the one before; `nil` at the end.
    package func next(_ id: Int) async -> ByteBuffer? {
        if let piece = seats[id]?.spectator.take() { return piece }
        guard seats[id] != nil, end == nil else { return nil }
        return await withCheckedContinuation { seats[id]!.waiting = $0 }
    }

    package func leave(_ id: Int) { seats.removeValue(forKey: id)?.waiting?.resume(returning: nil) }

    package var watchers: Int { seats.count }
    /// Octets that wait for browsers.
    package var backlog: Int { seats.values.reduce(0) { $0 + $1.spectator.size } }

    private func give(_ id: Int, alive: Bool = false) {
        guard let waiting = seats[id]?.waiting else { return }
        guard let piece = seats[id]!.spectator.take() ?? (alive ? ByteBuffer(string: ": still here\n\n") : nil)
        else { return }
        seats[id]!.waiting = nil
        waiting.resume(returning: piece)
    }

    // MARK: - Commands

    /// Carries out a command that was given on a page, and shows it on all of them.
    /// - Parameter text: `orch fault drop 30%`.
    package func perform(_ text: String) async -> CommandAnswer {
        guard running < Self.commandLimit else {
            return CommandAnswer(isDone: false, text: "\(running) commands are running: wait for one to end")
        }
        running += 1
        lastCommand += 1
        var entry = CommandEntry(number: lastCommand, command: text, outcome: .running, text: "")
        note(entry)
        let answer: CommandAnswer
        do throws(OrchError) {
            let words = try Self.words(text)
            answer = await withCheckedContinuation { continuation in
                pending[entry.number] = continuation
                let (source, number) = (source, entry.number)
                Task { self.answered(number, await source.run(words)) }
            }
        } catch {
            answer = CommandAnswer(isDone: false, text: error.sentence)
        }
        running -= 1
        entry.outcome = answer.isDone ? .done : .failed
        entry.text = answer.text
        note(entry)
        return answer
    }

    private func answered(_ number: Int, _ answer: CommandAnswer) {
        pending.removeValue(forKey: number)?.resume(returning: answer)
    }

    package func check(_ text: String) async -> CommandAnswer {
        do throws(OrchError) {
            return await source.check(try Self.words(text))
        } catch {
            return CommandAnswer(isDone: false, text: error.sentence)
        }
    }

    /// What follows `orch`.
    private static func words(_ text: String) throws(OrchError) -> [String] {
        var words = try CommandWords.split(text)
        if words.first == "orch" { words.removeFirst() }
        guard !words.isEmpty else { throw OrchError(.usage, "there is no command", advice: "orch fault drop 30%") }
        return words
    }

    private func note(_ entry: CommandEntry) {
        commands.removeAll { $0.number == entry.number }
        commands = (commands + [entry]).suffix(Spectator.commandLimit)
        for id in Array(seats.keys) {
            seats[id]!.spectator.show(command: entry)
            give(id)
        }
    }

    // MARK: - The end

    /// The run is over: a last look at the logs, and the verdict. Who comes later is told the same.
    package func finish(_ outcome: PageEnd) {
        guard end == nil else { return }
        tell(logs.next())
        let last = PageJSON.encode(outcome)
        end = last
        // The one that has ended the run, most likely: its browser must not wait for a server that is gone.
        for number in Array(pending.keys) { answered(number, CommandAnswer(isDone: true, text: "the run has ended")) }
        for id in Array(seats.keys) {
            seats[id]!.spectator.show(end: last)
            give(id)
        }
    }

    /// Nobody is told anything any more.
    package func close() {
        for id in Array(seats.keys) { leave(id) }
    }
}

extension OrchError {
    /// In lines, as a terminal shows it: `error: …`, `help: …`.
    package var sentence: String {
        "error: \(message)" + (cause.map { "\n  cause: \($0)" } ?? "") + (advice.map { "\n  help: \($0)" } ?? "")
    }
}
