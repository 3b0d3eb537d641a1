import ArgumentParser
import ClusterModel
import Suites
import TopologyDSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `orch test [PATH…]`
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run many topologies and judge each: for CI.",
        discussion: """
            PATH is a file, a bundled topology's name, a pattern in quotes, or a folder with all topologies below it; \
            without one, the folder Topologies, or else the working folder. Each run is a process of its own with a \
            folder of its own. Topologies tagged slow are run with --slow, or when named as a file.

              orch test                                     everything below Topologies
              orch test Topologies --tags rpc -j 2          those with a tag, two at a time
              orch test lossy.yaml --matrix loss=0%,30%     one run for each value of a parameter
              orch test lossy.yaml --repeat 20 --fail-fast  20 seeds; stops at the first that does not pass
              orch test --report junit=out.xml,html=out.html

            Exit codes: 0 all pass, 1 one is violated, flaky or over its time, 2 one is unknown, 64 nothing to run, \
            65 a file has errors, 69 a run could not be started, 70 a run broke, 130 interrupted.
            """)

    enum Annotations: String, ExpressibleByArgument, CaseIterable { case github, none }

    @Argument(help: "Files, bundled topologies' names, patterns or folders.", completion: TopologyArgument.completion)
    var paths: [String] = []

    @Option(help: "Only those with one of these tags: a,b.") var tags: String?
    @Option(help: "Only those whose name or path contains this text.") var filter: String?
    @Flag(help: "Those tagged slow as well.") var slow = false
    @Option(name: .customShort("j"), help: "So many at a time. Default: one a core, at most 16.") var jobs: Int?
    @Option(help: "The seed of the first run of each; otherwise the file's, or drawn.") var seed: UInt64?
    @Option(name: .customLong("repeat"), help: "Run each so often, every time with the next seed.") var rounds: Int?
    @Flag(help: "With --repeat: the same seed every time.") var sameSeed = false
    @Flag(help: "Repeat until one does not pass, at most --repeat times, or 10,000.") var untilFailure = false
    @Flag(help: "Start nothing more after the first that does not pass.") var failFast = false
    @Option(help: "A run that takes longer is ended.") var timeout = "60s"
    @Option(help: "Run with each of these values of a parameter: NAME=A,B. Several make every combination.")
    var matrix: [String] = []
    @Flag(help: "Run with every value that the files list for their parameters.") var allParams = false
    @Option(help: "The engine that brokers must have: embedded.") var engine: String?
    @Option(help: "Write the outcome: junit=, json=, tap= or html=FILE; a list, or several times.")
    var report: [String] = []
    @Option(help: "github: mark the lines of files. Default: github where GITHUB_ACTIONS is true, else none.")
    var annotations: Annotations?
    @Flag(help: "Print the outcome as JSON and nothing else.") var json = false

    func validate() throws {
        if let jobs, !(1...64).contains(jobs) { throw ValidationError("-j: expected 1 to 64") }
        if let rounds, !(1...SuitePlan.roundLimit).contains(rounds) {
            throw ValidationError("--repeat: expected 1 to \(SuitePlan.roundLimit)")
        }
        if sameSeed, rounds == nil, !untilFailure { throw ValidationError("--same-seed goes with --repeat") }
        if let engine, engine != "embedded" {
            throw ValidationError(
                "--engine \(engine): orch starts only the embedded broker. For a broker that runs already, make its "
                    + "url a parameter: broker: { engine: external, url: ${url} }, and --matrix url=amqp://…")
        }
        for text in matrix where SuiteMatrix.Axis(text) == nil {
            throw ValidationError("--matrix \(text): expected NAME=A,B")
        }
        _ = try limit
        _ = try ReportTarget.parse(report)
    }

    private var limit: Duration {
        get throws {
            guard let time = try? Units.duration(timeout), time > .zero else {
                throw ValidationError("--timeout \(timeout): expected a time such as 60s or 2m")
            }
            return time
        }
    }

    func run() async throws {
        let selection = SuiteSelection(
            tags: tags?.split(separator: ",").map(String.init) ?? [], filter: filter ?? "", takesSlow: slow, seed: seed,
            matrix: try SuiteMatrix(axes: matrix.compactMap(SuiteMatrix.Axis.init), takesAll: allParams))
        let selected = try selection.select(try TopologyFinder.find(paths))
        if engine != nil { try refuseOtherEngines(selected) }
        let plan = SuitePlan(
            selected.cases, rounds: rounds, untilFailure: untilFailure, failFast: failFast, keepsSeed: sameSeed)
        let annotates = (annotations ?? Self.defaultAnnotations) == .github
        let view = SuiteView(
            json ? nil : .standardOutput, cases: selected.cases, rounds: plan.rounds, annotates: annotates)
        let runner = SuiteRunner(
            plan, invalid: selected.invalid, jobs: jobs ?? Self.defaultJobs, limit: try limit, view: view,
            children: try SuiteChildren())
        let received = SignalWatcher.signals()
        let signals = Task { for await _ in received { await runner.interrupt() } }
        let started = Date()
        let outcome = await runner.run(leftOut: selected.leftOut)
        signals.cancel()
        if json { Terminal.standardOutput.write(try SuiteJSON.text(outcome)) }
        for target in try ReportTarget.parse(report) { try target.write(outcome, started: started) }
        throw ExitCode(outcome.exitCode?.rawValue ?? 0)
    }

    /// Most topologies wait most of the time: for timeouts, for faults to end, for the pace of their publishers. Those
    /// whose verdict says how long something took run alone all the same.
    private static var defaultJobs: Int { max(1, min(ProcessInfo.processInfo.activeProcessorCount, 16)) }

    private static var defaultAnnotations: Annotations {
        ProcessInfo.processInfo.environment["GITHUB_ACTIONS"] == "true" ? .github : .none
    }

    private func refuseOtherEngines(_ selected: SuiteSelection.Selected) throws {
        for (index, test) in selected.cases.enumerated() where selected.invalid[index] == nil {
            let loaded = TopologyFile.load(
                path: test.path, environment: ProcessInfo.processInfo.environment,
                parameters: Dictionary(test.parameters.map { ($0.name, $0.value) }) { $1 })
            let other = loaded.topology?.brokers.first { $0.broker.map { $0.engine != .embedded } ?? false }
            if let other {
                throw OrchError(
                    .usage, "--engine embedded: the broker '\(other.name)' of \(test.path) is an external one",
                    advice: "make its engine a parameter of the file, or leave the file out")
            }
        }
    }
}
