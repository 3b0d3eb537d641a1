import ClusterModel
import Orchestrator
import Reporting

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
    var json: Bool

    /// - Returns: the exit code.
    func run() async throws -> Int32 {
        let terminal = Terminal.standardOutput
        let slash = file.lastIndex(of: "/")
        let here = FileManager.default.currentDirectoryPath
        let typed = slash.map { String(file[..<$0]) } ?? "."
        let directory = typed.hasPrefix("/") ? typed : "\(here)/\(typed)"
        let options = ClusterOptions(
            seed: seed, executable: Executable.path, directory: directory, keep: keep,
            models: ScriptedModels(topology))
        let cluster = try Cluster(topology, folder: folder, options: options)
        let received = SignalWatcher.signals()
        let signals = Task { for await _ in received { await cluster.interrupt() } }
        let view = await view(terminal)
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
            let code = report.exitCode?.rawValue ?? 0
            if json {
                terminal.print(report.json())
            } else {
                terminal.print(report.text(width: terminal.width, color: terminal.hasColor))
            }
            let written = Result { try write(report) }
            await cluster.announce(exitCode: code)
            await cluster.close()
            try written.get()
            return code
        case .failure(let error):
            let code = (error as? OrchError)?.code.rawValue ?? OrchError.Code.internalError.rawValue
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
        for target in reports { try folder.write(text, to: target.path) }
    }
}
