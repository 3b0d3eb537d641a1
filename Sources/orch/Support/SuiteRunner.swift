import ClusterModel
import Orchestrator
import Suites

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Makes the runs of a suite, so many at a time.
actor SuiteRunner {
    private var plan: SuitePlan
    /// Of files with errors, by the case's place: they are told of, not run.
    private let invalid: [Int: [SuiteProblem]]
    private let jobs: Int
    private let limit: Duration
    private let view: SuiteView
    private let children: SuiteChildren
    private var results: [SuiteResult]
    private var interrupts = 0

    init(
        _ plan: SuitePlan, invalid: [Int: [SuiteProblem]], jobs: Int, limit: Duration, view: SuiteView,
        children: SuiteChildren
    ) {
        self.plan = plan
        self.invalid = invalid
        self.jobs = jobs
        self.limit = limit
        self.view = view
        self.children = children
        results = plan.cases.map { SuiteResult($0) }
    }

    /// The first time everything that runs is asked to end, the second time it is killed.
    func interrupt() {
        interrupts += 1
        plan.stop()
        children.signalAll(interrupts == 1 ? SIGINT : SIGKILL)
    }

    private var isInterrupted: Bool { interrupts > 0 }

    func run(leftOut: Int) async -> SuiteOutcome {
        let clock = ContinuousClock()
        let started = clock.now
        await view.begin()
        await withTaskGroup(of: (SuitePlan.Turn, SuiteRun).self) { group in
            var count = 0
            while true {
                while count < jobs, let turn = plan.next(beside: count) {
                    count += 1
                    await view.began(turn)
                    group.addTask { (turn, await self.make(turn)) }
                }
                guard let (turn, run) = await group.next() else { break }
                count -= 1
                plan.ended(turn, run.verdict)
                results[turn.index].runs.append(run)
                await view.ended(turn, run)
            }
        }
        let outcome = SuiteOutcome(
            results: results, leftOut: leftOut, wasInterrupted: isInterrupted,
            seconds: (clock.now - started) / .seconds(1))
        await view.end(outcome)
        return outcome
    }

    private func make(_ turn: SuitePlan.Turn) async -> SuiteRun {
        let test = plan.cases[turn.index]
        if let problems = invalid[turn.index] {
            return SuiteRun(
                seed: turn.seed, verdict: .invalid, code: OrchError.Code.badTopology.rawValue, problems: problems)
        }
        let clock = ContinuousClock()
        let started = clock.now
        do {
            let folder = try RunFolder.create(
                in: FileManager.default.currentDirectoryPath, topology: test.name)
            try? FileManager.default.copyItem(atPath: test.path, toPath: folder.topology)
            if isInterrupted {
                return SuiteRun(seed: turn.seed, verdict: .interrupted, code: OrchError.Code.interrupted.rawValue)
            }
            var words = ["up", test.path, "--seed", "\(turn.seed)", "--run-folder", folder.path, "--until-input-ends"]
            for parameter in test.parameters { words += ["--param", parameter.description] }
            let ending = try await children.run(words, in: folder, limit: limit)
            return told(turn, ending, folder, seconds: (clock.now - started) / .seconds(1))
        } catch {
            let error = error as? OrchError
            return SuiteRun(
                seed: turn.seed, verdict: .error, code: (error?.code ?? .internalError).rawValue,
                seconds: (clock.now - started) / .seconds(1), message: error?.message ?? "cannot be started")
        }
    }

    /// What a run that has ended has to say for itself.
    private func told(
        _ turn: SuitePlan.Turn, _ ending: SuiteChildren.Ending, _ folder: RunFolder, seconds: Double
    ) -> SuiteRun {
        let verdict = SuiteVerdict.of(code: ending.code, timedOut: ending.timedOut, interrupted: isInterrupted)
        var run = SuiteRun(
            seed: turn.seed, verdict: verdict, code: ending.code, seconds: seconds, folder: folder.path)
        if verdict == .pass {
            // Passes of later rounds leave nothing: a suite that runs all night must not fill the disk.
            if turn.round > 0 {
                try? FileManager.default.removeItem(atPath: folder.path)
                run.folder = nil
                return run
            }
        } else {
            run.output = tail(of: folder.output)
        }
        run.summary = FileManager.default.contents(atPath: folder.report).flatMap(RunSummary.init)
        if verdict != .pass { run.lastLines = lastLines(of: run.summary?.nodes ?? [], folder) }
        switch verdict {
        case .timeout:
            let names = run.summary?.waitedFor ?? []
            run.message =
                "did not end within \(decimals(limit / .seconds(1), 1)) s (--timeout)"
                + (names.isEmpty ? "" : ": waiting for \(names.prefix(5).joined(separator: ", "))")
                + (names.count > 5 ? " and \(names.count - 5) more" : "")
        case .invalid:
            run.problems = [
                SuiteProblem(file: plan.cases[turn.index].path, line: 0, column: 0, message: "the file has errors")
            ]
        case .error where ending.code >= 128: run.message = "orch up was ended by signal \(ending.code - 128)"
        case .error: run.message = "orch up came to no verdict: exit code \(ending.code)"
        default: break
        }
        return run
    }

    /// The last five lines of each of the first five that died and printed anything.
    private func lastLines(of nodes: [RunSummary.Node], _ folder: RunFolder) -> [(node: String, lines: [String])] {
        let printed = nodes.lazy.filter(\.hasDied).map { node in
            let lines = self.tail(of: folder.log(of: node.name)).split(whereSeparator: \.isNewline)
            return (node: node.name, lines: lines.suffix(5).map { String($0.prefix(200)) })
        }
        return Array(printed.filter { !$0.lines.isEmpty }.prefix(5))
    }

    private static let tailLimit = 16 * 1_024

    private func tail(of path: String) -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: Self.tailLimit)
        let count = pread(file, &bytes, bytes.count, max(0, size - off_t(Self.tailLimit)))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
