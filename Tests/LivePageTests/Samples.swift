import ClusterModel
import Control
import Synchronization

@testable import LivePage

/// A cluster that is none: it says what it is told to.
final class FakeCluster: PageSource {
    private struct Said {
        var status: ClusterStatus?
        var holdings = Holdings()
        var commands: [[String]] = []
        /// Commands that are given wait for this many `release`s.
        var holds = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let said = Mutex(Said())

    init(_ status: ClusterStatus? = Samples.status()) { said.withLock { $0.status = status } }

    func say(_ status: ClusterStatus?) { said.withLock { $0.status = status } }
    func holdCommands() { said.withLock { $0.holds = true } }
    func release() {
        for one in said.withLock({ said in
            defer { said.held = [] }
            return said.held
        }) { one.resume() }
    }

    var commands: [[String]] { said.withLock { $0.commands } }
    var heldCommands: Int { said.withLock { $0.held.count } }

    func status() async throws -> ClusterStatus {
        guard let status = said.withLock({ $0.status }) else { throw OrchError(.unavailable, "not yet") }
        return status
    }

    func holdings() async throws -> Holdings { said.withLock { $0.holdings } }
    func objects(limit: Int) async throws -> [String: [ObjectDescription]] { [:] }

    func run(_ words: [String]) async -> CommandAnswer {
        said.withLock { $0.commands.append(words) }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isHeld = said.withLock { said in
                if said.holds { said.held.append(continuation) }
                return said.holds
            }
            if !isHeld { continuation.resume() }
        }
        return CommandAnswer(isDone: words.first != "wrong", text: "did \(words.joined(separator: "+"))")
    }

    func check(_ words: [String]) async -> CommandAnswer { CommandAnswer(isDone: words.first != "wrong", text: "") }
}

enum Samples {
    static func status(elapsed: Double = 1, published: Int = 100, padding: Int = 0) -> ClusterStatus {
        var progress = Progress()
        progress.published = published
        return ClusterStatus(
            cluster: "stream", run: "runs/stream", seed: 7, phase: "running", pid: 1, elapsed: elapsed,
            nodes: [
                NodeStatus(
                    name: "producer", node: "producer", role: "publish", pid: 10, state: .running, restarts: 0,
                    detail: "", progress: progress),
                NodeStatus(
                    name: "peer-1", node: "peer", role: "peer", pid: 11, state: .killed, restarts: 1,
                    detail: "signal 9" + String(repeating: "x", count: padding)),
            ],
            links: [
                LinkStatus(
                    link: "producer -> broker", port: 1, connections: 1, publishes: published, deliveries: 0, acks: 0,
                    confirms: 90, toServer: ["drop"])
            ],
            faults: [
                FaultStatus(name: "old", fault: "reset", link: "all", isActive: false, seen: 0, affected: 0),
                FaultStatus(
                    name: "drop", fault: "drop 30%", link: "producer -> broker", isActive: true, seen: 10, affected: 3),
            ])
    }

    static let topology = Topology(
        name: "stream </script><script>alert(1)", description: "& more", seed: 7,
        exchanges: [Exchange(name: "logs", kind: .fanout)],
        nodes: [
            Node(name: "broker", broker: BrokerRole()),
            Node(name: "producer", publish: [PublishRole(exchange: "logs")]),
            Node(name: "subscriber", replicas: 2, consume: [ConsumeRole(bindings: [Binding(exchange: "logs")])]),
        ])
}
