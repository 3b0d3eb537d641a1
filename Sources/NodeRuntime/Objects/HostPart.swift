import ClusterModel
import Control
import NIOCore
import Objects
import RPC

/// `host:` — a server of objects.
final class HostPart: ServerPart, ObjectControl {
    /// What moves away when the node is told to stop has so long for it.
    private static let grace: Int64 = 1_500_000_000
    /// Bytes that all objects of the process may have, as Lua keeps them.
    private static let memory = 2 << 30

    private let context: NodeContext
    private let role: HostRole
    private let scripts: ObjectScripts
    private let incarnation: String
    private var host: ObjectHost?
    private var isLast = false

    init(_ context: NodeContext, _ role: HostRole, incarnation: String) throws {
        self.context = context
        self.role = role
        self.incarnation = incarnation
        let types = context.plan.objects.filter { role.types.contains($0.name) }
        var limits = HandlerLimits()
        for type in types {
            limits.instructions = max(limits.instructions, type.service.limits.instructions)
            limits.memory = max(limits.memory, type.service.limits.memory)
        }
        scripts = try ObjectScripts(
            NodeScripts(context, limits: limits, memory: Self.memory, neighbours: context.neighbours), types: types)
    }

    private var types: [ObjectType] { context.plan.objects.filter { role.types.contains($0.name) } }

    var needsStore: Bool { types.contains(where: \.durable) }

    func services(_ store: NodeStore?, _ dispatcher: ServiceDispatcher) throws -> [ServedService] {
        let network = context.objects
        let host = try ObjectHost(
            ObjectHost.Configuration(
                instance: context.plan.instance, incarnation: incarnation, types: types, hosts: context.plan.hosts,
                work: role.work),
            behaviour: scripts, directory: network.directory, peers: network, references: network.references,
            store: store, on: context.eventLoop, record: { [recorder = context.recorder] in recorder.record($0) })
        host.failpoint = { [unowned context] in context.failpoint($0, object: $1, $2) }
        host.log = { [log = context.log] in log($0) }
        host.announced = { [unowned network] in network.announce($0, owner: $1, epoch: $2) }
        scripts.host = host
        network.host = host
        self.host = host
        return try host.services() + [host.ownService()]
    }

    func start(port: Int) -> EventLoopFuture<Void> {
        context.port = port
        guard let host else { return context.eventLoop.makeSucceededVoidFuture() }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return host.start().map {
            let this = bound.value
            this.context.log("hosting \(this.role.types.joined(separator: ", "))")
        }
    }

    func report(_ progress: inout Progress) {
        progress.executed += host?.executed ?? 0
        progress.filtered += host?.filtered ?? 0
    }

    func drain() { isLast = true }

    var pendingCount: Int { host?.pendingCount ?? 0 }

    func stop() -> EventLoopFuture<Void> {
        // At the end of a run the other hosts stop too.
        host?.stop(movingWithin: isLast ? 0 : Self.grace) ?? context.eventLoop.makeSucceededVoidFuture()
    }

    // MARK: - ObjectControl

    func migrate(object: String, to target: String, answer: @escaping (MigrationAnswer) -> Void) {
        guard let host else { return answer(.notHere) }
        host.migrate(object, to: target) { result in
            switch result {
            case nil: answer(.notHere)
            case .moved(let epoch, let pause)?: answer(.moved(epoch: epoch, pauseNanoseconds: pause))
            case .failed(let reason)?: answer(.failed(reason: reason))
            }
        }
    }

    func describe(limit: Int, object: String?, answer: @escaping ([ObjectDescription]) -> Void) {
        let all = host?.describe(object, limit: limit) ?? []
        answer(
            all.map {
                ObjectDescription(
                    object: $0.reference.object, type: $0.reference.type, epoch: $0.epoch, incarnation: $0.incarnation,
                    phase: $0.phase, mailbox: $0.mailbox, holders: $0.holders, reason: $0.reason, durable: $0.durable,
                    state: $0.state)
            })
    }
}
