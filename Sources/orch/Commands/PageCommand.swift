import ArgumentParser
import ClusterModel
import Control
import LivePage
import Orchestrator

/// `orch ui`
struct PageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ui",
        abstract: "Show a running cluster in the browser, and break it from there.",
        discussion: """
              orch ui                 prints the page's address, and serves it until the run ends or Ctrl-C
              orch ui --open          opens it too

            Every click there shows the command that does the same. Where the cluster was started with --ui, its own page is \
            named. Only this machine can reach it, and only with the token in its address.
            """)

    @Option(name: .customLong("ui-port"), help: "The page's port; any free one unless given.") var port: Int?
    @Flag(help: "Open the page in a browser.") var open = false
    @OptionGroup var target: ClusterOption

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--ui-port is at most 65535") }
    }

    func run() async throws {
        let cluster = try await target.connect()
        let terminal = Terminal.standardOutput
        if let url = PageAddress.read(cluster.run) {
            await cluster.close()
            terminal.print(url)
            if open { PageAddress.open(url) }
            return
        }
        let wish = PageWish(port: port ?? 0, open: open)
        let page = try await wish.serve(cluster.topology(), seed: cluster.status.seed, run: cluster.run, isOwner: false)
        terminal.print(page.url)
        let received = SignalWatcher.signals()
        let isEnded = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in received { return false }
                return false
            }
            group.addTask {
                // The connection is the cluster's life.
                await cluster.waitForEnd()
                return true
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        guard isEnded else { return await page.server.stop() }
        let text = (try? ReportPrinter.read(cluster.run, json: false)) ?? "The run has left no verdict."
        await page.end(try verdict(of: cluster.run), 0, text)
        terminal.print("\(cluster.status.cluster) has ended: orch report \(cluster.run.name)")
    }

    private func verdict(of run: RunFolder) throws -> String {
        struct Outcome: Decodable { var verdict: String }
        guard let json = try? ReportPrinter.read(run, json: true) else { return "" }
        return (try? JSONOutput.read(Outcome.self, json).verdict) ?? ""
    }
}
