import ArgumentParser
import ClusterModel
import Orchestrator
import Reporting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `orch report`
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the verdict of the last run, or of one by its name; or write it as a page.",
        discussion: """
              orch report                         the last run's verdict
              orch report --html run.html         one file for a browser, with every message in it
              orch report --compare RUN RUN       the numbers of two runs, side by side
            """)

    @Argument(help: "A run's name, as in .orch/runs/; the newest is the default. With --compare: two.")
    var runs: [String] = []
    @Flag(help: "Print JSON.") var json = false
    @Option(help: ArgumentHelp("Write the run as one HTML file that needs nothing else.", valueName: "file"))
    var html: String?
    @Flag(help: "Show two runs side by side.") var compare = false

    func validate() throws {
        if compare {
            if runs.count != 2 { throw ValidationError("--compare wants the names of two runs") }
            if json || html != nil { throw ValidationError("--compare prints text only") }
        } else if runs.count > 1 {
            throw ValidationError("one run, or two with --compare")
        }
        if json && html != nil { throw ValidationError("--json and --html exclude each other") }
    }

    func run() async throws {
        if compare {
            let (first, second) = (try await folder(runs[0]), try await folder(runs[1]))
            let terminal = Terminal.standardOutput
            let comparison = try RunComparison(
                (name: first.name, json: try ReportPrinter.read(first, json: true)),
                (name: second.name, json: try ReportPrinter.read(second, json: true)))
            terminal.write(comparison.text(width: terminal.width, color: terminal.hasColor))
            return
        }
        let run = try await folder(runs.first)
        guard let html else { return try ReportPrinter.print(run, json: json) }
        var report = try ReportPrinter.read(run, json: true)
        while report.last?.isNewline == true { report.removeLast() }
        try RunPage(run: run, report: report).write(to: html)
        Terminal.standardOutput.print("\(run.name) is in \(html)")
    }

    private func folder(_ name: String?) async throws -> RunFolder {
        var target = ClusterOption()
        target.cluster = name
        return try await RunChoice.choose(target).run
    }
}
