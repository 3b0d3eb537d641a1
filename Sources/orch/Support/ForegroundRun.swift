import ClusterModel
import LivePage
import Orchestrator
import Reporting
import Suites

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A run that is watched from its beginning to its verdict.
struct ForegroundRun {
    var topology: Topology
    var file: String
    var folder: RunFolder
    var seed: UInt64
    var reports: [ReportTarget]
    var keep: Bool
    /// `--for`
    var runTime: Duration?
    var json: Bool
    /// Whether the end of standard input is the end of the run.
    var untilInputEnds = false
    /// Whether, and how, a page shows it in a browser.
    var page: PageWish?

    /// - Returns: the exit code.
    func run() async throws -> Int32 {
        let terminal = Terminal.standardOutput
        let slash = file.lastIndex(of: "/")
        let here = FileManager.default.currentDirectoryPath
        let typed = slash.map { String(file[..<$0]) } ?? "."
        let directory = typed.hasPrefix("/") ? typed : "\(here)/\(typed)"
        let options = ClusterOptions(
            seed: seed, executable: Executable.path, directory: directory, keep: keep, runTime: runTime,
            models: ScriptedModels(topology), callers: OutsideCallers(), scripts: PlayedScripts())
        let cluster = try Cluster(topology, folder: folder, options: options)
        let received = SignalWatcher.signals()
        let signals = Task { for await _ in received { await cluster.interrupt() } }
        if untilInputEnds { InputWatcher.atEnd { Task { await cluster.interrupt() } } }
        let page: ServedPage?
        do {
            page = try await self.page?.serve(topology, seed: seed, run: folder)
        } catch {
            signals.cancel()
            await cluster.close()
            throw error
        }
        let view = await view(terminal)
        if let page {
            let text = "page  \(page.url)"
            if let view { await view.show(.note(text)) } else { Terminal.standardError.print(text) }
        }
        let showing = Task {
            for await event in cluster.happenings { await view?.show(event) }
        }
        let result: Result<RunReport, any Error>
        do {
            result = .success(try await cluster.run())
        } catch {
            result = .failure(error)
        }
        await showing.value
        await view?.end()
        signals.cancel()
        switch result {
        case .success(var report):
            report.file = file
            report.parameters = topology.params
            let code = report.exitCode?.rawValue ?? 0
            if json {
                terminal.print(report.json())
            } else {
                terminal.print(report.text(width: terminal.width, color: terminal.hasColor))
            }
            let written = Result { try write(report) }
            await page?.end(report.verdict.rawValue, code, report.text(width: 100, color: false))
            await cluster.announce(exitCode: code)
            await cluster.close()
            try written.get()
            return code
        case .failure(let error):
            let code = (error as? OrchError)?.code.rawValue ?? OrchError.Code.internalError.rawValue
            await page?.end("", code, (error as? OrchError)?.sentence ?? "\(error)")
            await cluster.announce(exitCode: code)
            await cluster.close()
            throw error
        }
    }

    private func view(_ terminal: Terminal) async -> (any RunView)? {
        if json { return nil }
        guard terminal.isInteractive else { return PlainView(terminal, topology: topology) }
        let live = LiveView(terminal, topology: topology, seed: seed)
        await live.begin()
        return live
    }

    private func write(_ report: RunReport) throws {
        let text = report.json() + "\n"
        try folder.write(text, to: folder.report)
        try folder.write(report.text(width: 100, color: false) + "\n", to: folder.verdict)
        for target in reports {
            switch target.kind {
            case .json: try folder.write(text, to: target.path)
            case .html: try RunPage(run: folder, report: report.json(), replay: report.replay).write(to: target.path)
            case .junit, .tap: try target.write(suite(report), started: Date.now - report.duration / .seconds(1))
            }
        }
    }

    /// The run as a suite of one, for the forms that CI systems read.
    private func suite(_ report: RunReport) -> SuiteOutcome {
        let code = report.exitCode?.rawValue ?? 0
        let verdict = SuiteVerdict.of(code: code, timedOut: false, interrupted: report.interrupted)
        let seconds = report.duration / .seconds(1)
        let run = SuiteRun(
            seed: seed, verdict: verdict, code: code, seconds: seconds, folder: folder.path,
            summary: RunSummary(json: Data(report.json().utf8)),
            output: verdict == .pass ? "" : report.text(width: 100, color: false))
        let parameters = topology.params.filter(\.isGiven).map { SuiteCase.Assignment($0.name, $0.value) }
        let test = SuiteCase(name: topology.name, path: file, parameters: parameters, seed: seed)
        return SuiteOutcome(
            results: [SuiteResult(test, runs: [run])], wasInterrupted: report.interrupted, seconds: seconds)
    }
}
