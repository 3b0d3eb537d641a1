import ClusterModel
import Suites

/// What a suite shows while it runs: a line for each run that has ended, with the reasons under those that did not
/// pass. On a terminal the runs that go on are drawn below, one line each.
actor SuiteView {
    private let terminal: Terminal
    /// Where there is none, nothing is shown.
    private let isSilent: Bool
    private let text: SuiteText
    private let cases: [SuiteCase]
    private let isLive: Bool
    private let annotates: Bool
    private let clock = ContinuousClock()
    private var running: [(turn: SuitePlan.Turn, since: ContinuousClock.Instant)] = []
    private var ended = 0
    private var drawn = 0
    private var painter: Task<Void, Never>?

    /// - Parameter annotates: whether GitHub's workflow commands are printed as well.
    init(_ shown: Terminal?, cases: [SuiteCase], rounds: Int, annotates: Bool) {
        let terminal = shown ?? .standardError
        self.terminal = terminal
        isSilent = shown == nil
        self.cases = cases
        self.annotates = annotates
        isLive = shown?.isInteractive ?? false
        text = SuiteText(cases: cases, rounds: rounds) { text, tone in
            switch tone {
            case .good: terminal.styled(text, .green)
            case .bad: terminal.styled(text, .red)
            case .doubtful: terminal.styled(text, .yellow)
            case .dim: terminal.styled(text, .dim)
            case .bold: terminal.styled(text, .bold)
            }
        }
    }

    func begin() {
        guard isLive else { return }
        terminal.write("\u{1B}[?25l")
        painter = Task { [weak self] in
            while !Task.isCancelled {
                await self?.paint([])
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    func began(_ turn: SuitePlan.Turn) { running.append((turn, clock.now)) }

    func ended(_ turn: SuitePlan.Turn, _ run: SuiteRun) {
        running.removeAll { $0.turn == turn }
        ended += 1
        let test = cases[turn.index]
        var lines = [text.line(test, run, round: turn.round)] + text.details(test, run).map(Terminal.tamed)
        if annotates { lines += GitHubAnnotations.lines(test, run) }
        paint(lines)
    }

    func end(_ outcome: SuiteOutcome) {
        painter?.cancel()
        running = []
        var lines = annotates ? outcome.results.compactMap(GitHubAnnotations.flaky) : []
        lines += [""] + text.summary(outcome)
        paint(lines)
        drawn = 0
        if isLive { terminal.write("\u{1B}[?25h") }
    }

    /// Everything goes out in one write, so that nothing flickers.
    private func paint(_ lines: [String]) {
        var output = drawn > 0 ? "\u{1B}[\(drawn)A\r\u{1B}[J" : ""
        for line in lines { output += line + "\n" }
        drawn = 0
        if isLive {
            let room = max(1, terminal.height - 4)
            let shown = running.prefix(room).map { turn, since in
                let elapsed = decimals((clock.now - since) / .seconds(1), 1)
                let title = String(cases[turn.index].title.prefix(max(10, terminal.width - 40)))
                return "\(terminal.styled("◌ running", .cyan))     \(title)"
                    + terminal.styled("  seed \(turn.seed)  \(elapsed) s", .dim)
            }
            if !shown.isEmpty {
                output += (shown + [terminal.styled("  \(ended) ended", .dim)]).joined(separator: "\n") + "\n"
                drawn = shown.count + 1
            }
        }
        if !output.isEmpty, !isSilent { terminal.write(output) }
    }
}
