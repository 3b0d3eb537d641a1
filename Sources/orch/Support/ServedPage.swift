import ClusterModel
import Control
import LivePage
import Orchestrator
import TopologyDSL

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

/// `--ui`, and what goes with it.
struct PageWish: Sendable {
    /// 0: any free one.
    var port = 0
    var open = false

    /// - Parameter isOwner: the page is the run's own, and found by its folder.
    /// - Throws: `OrchError` (`unavailable`) where the port is taken.
    func serve(_ topology: Topology, seed: UInt64, run: RunFolder, isOwner: Bool = true) async throws -> ServedPage {
        let source = RunSource(run: run)
        let processes = topology.nodes.flatMap(\.instances)
        let director = PageDirector(
            source, logs: LogTail(processes.map { (node: $0, path: run.log(of: $0)) }),
            hasHosts: topology.nodes.contains { $0.host != nil })
        let model = PageModel(topology, seed: seed, run: run.name, faults: FaultSyntax.ofLinks)
        let server = try await PageServer.start(port: port, page: model.page(), director: director)
        let page = ServedPage(server: server, run: run)
        if isOwner { try PageAddress.write(server.url, run) }
        if open { PageAddress.open(server.url) }
        return page
    }
}

/// The live page of one run, while it is served.
struct ServedPage: Sendable {
    let server: PageServer
    let run: RunFolder

    var url: String { server.url }

    /// The run is over: browsers are told how it came out, and the port is free again.
    func end(_ verdict: String, _ code: Int32, _ text: String) async {
        unlink(run.page)
        await server.end(
            PageEnd(
                verdict: verdict, exitCode: code, text: text,
                report: "orch report \(ShellText.quoted(run.name)) --html \(ShellText.quoted(run.name + ".html"))"))
    }
}

/// Where a run's live page is, for who starts it in the background and for `orch ui`.
enum PageAddress {
    /// For its owner only: the token in it is a key.
    static func write(_ url: String, _ run: RunFolder) throws {
        let descriptor = CloseOnExec.ownFile(run.page, appends: false)
        guard descriptor >= 0 else {
            throw OrchError(.unavailable, "cannot write \(run.page)", cause: String(cString: strerror(errno)))
        }
        Terminal(descriptor: descriptor).write(url + "\n")
        close(descriptor)
    }

    static func read(_ run: RunFolder) -> String? {
        guard let data = FileManager.default.contents(atPath: run.page) else { return nil }
        let text = String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// In the user's browser; where there is none, the printed address has to do.
    static func open(_ url: String) {
        #if os(macOS)
            let words = ["/usr/bin/open", url]
        #else
            let words = ["/usr/bin/env", "xdg-open", url]
        #endif
        _ = try? DetachedProcess.start(words[0], Array(words.dropFirst()), output: "/dev/null")
    }
}

/// A cluster through its control socket: one connection for each kind of question, since each answers one at a time.
actor RunSource: PageSource {
    private let run: RunFolder
    private var connections: [String: RunningCluster] = [:]

    init(run: RunFolder) { self.run = run }

    func status() async throws -> ClusterStatus {
        guard case .status(let status) = try await ask(.status) else { throw Self.nonsense }
        return status
    }

    func holdings() async throws -> Holdings {
        guard case .holdings(let holdings) = try await ask(.holdings) else { throw Self.nonsense }
        return holdings
    }

    func objects(limit: Int) async throws -> [String: [ObjectDescription]] {
        try await with("objects") { try await $0.objects(limit: limit, object: nil) }
    }

    private func ask(_ request: Request) async throws -> Response {
        try await with("\(request)") { try await $0.ask(request) }
    }

    /// - Parameter use: names the connection.
    private func with<Answer: Sendable>(
        _ use: String, _ body: (RunningCluster) async throws -> Answer
    ) async throws -> Answer {
        let cluster: RunningCluster
        if let known = connections[use] {
            cluster = known
        } else {
            cluster = try await RunningCluster.connect(to: run)
            connections[use] = cluster
        }
        do {
            return try await body(cluster)
        } catch {
            connections[use] = nil
            await cluster.close()
            throw error
        }
    }

    func close() async {
        for cluster in connections.values { await cluster.close() }
        connections = [:]
    }

    private static let nonsense = OrchError(.internalError, "the cluster answered something else")

    // MARK: - Commands

    nonisolated func run(_ words: [String]) async -> CommandAnswer {
        await answer(words) { command, cluster in try await command.ask(cluster, for: .none) }
    }

    nonisolated func check(_ words: [String]) async -> CommandAnswer {
        await answer(words) { command, cluster in
            defer { Task { await cluster.close() } }
            _ = try command.request(cluster.topology())
            return ""
        }
    }

    private nonisolated func answer(
        _ words: [String], _ body: (any ClusterCommand, RunningCluster) async throws -> String
    ) async -> CommandAnswer {
        do {
            let parsed = try OrchCommand.parseAsRoot(words)
            guard let command = parsed as? any ClusterCommand else {
                throw OrchError(
                    .usage, "that is for a shell",
                    advice: "here are fault, kill, pause, resume, stop, start, restart, "
                        + "migrate, publish and down")
            }
            let cluster = try await RunningCluster.connect(to: run)
            if let name = command.target.cluster, !cluster.matches(name) {
                await cluster.close()
                throw OrchError(.usage, "this page is about \(cluster.run.name), and not '\(name)'")
            }
            return CommandAnswer(isDone: true, text: try await body(command, cluster))
        } catch let error as OrchError {
            return CommandAnswer(isDone: false, text: error.sentence)
        } catch let failure as VerbFailure {
            return CommandAnswer(isDone: false, text: "error: \(failure.reason)")
        } catch {
            return CommandAnswer(isDone: false, text: OrchCommand.fullMessage(for: error))
        }
    }
}
