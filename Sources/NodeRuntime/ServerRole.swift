import ClusterModel
import Control
import NIOCore
import Protobuf
import RPC

/// What a process serves besides its services: its objects, its directory, its names. On the event loop.
protocol ServerPart: AnyObject {
    /// Whether it has something that must survive the process.
    var needsStore: Bool { get }
    /// - Parameter store: where the process has one.
    func services(_ store: NodeStore?, _ dispatcher: ServiceDispatcher) throws -> [ServedService]
    /// The process listens at this port; succeeds when the part is in place.
    func start(port: Int) -> EventLoopFuture<Void>
    func report(_ progress: inout Progress)
    /// The run is about to end: nobody needs what is here any more.
    func drain()
    /// What is begun and not ended.
    var pendingCount: Int { get }
    func stop() -> EventLoopFuture<Void>
}

/// `serve:` — answers calls with the handlers of its services, and carries the other parts of a process that serves.
final class ServerRole: Workload, ObjectControl {
    /// For calls that run when the node is told to stop.
    private static let grace = TimeAmount.milliseconds(500)

    private let context: NodeContext
    private let role: ServeRole
    private let incarnation: String
    private let witness: ServiceWitness
    private let neighbours: Neighbours
    private let services: [Service]
    private let schemas: [String: Schema]
    private let parts: [any ServerPart]
    private var store: NodeStore?
    private var dispatcher: ServiceDispatcher?
    private var server: RPCServer?
    private var queue: QueueServer?

    init(_ context: NodeContext, _ role: ServeRole) throws {
        self.context = context
        self.role = role
        witness = ServiceWitness(context)
        neighbours = context.neighbours
        services = context.plan.services.filter { role.services.contains($0.name) }
        schemas = try Dictionary(uniqueKeysWithValues: services.map { ($0.name, try Schema($0.schema)) })
        // Unlike that of any other life, even in another run.
        var generator = SystemRandomNumberGenerator()
        incarnation = "\(context.plan.incarnation).\(String(generator.next() as UInt64, radix: 36))"
        var parts: [any ServerPart] = []
        // The directory first: the process's own objects ask it.
        if let role = context.plan.directory { parts.append(DirectoryPart(context, role)) }
        if let role = context.plan.host { parts.append(try HostPart(context, role, incarnation: incarnation)) }
        if let role = context.plan.names { parts.append(try NamesPart(context, role)) }
        self.parts = parts
    }

    // MARK: - Workload

    func prepare() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return openStore().flatMapThrowing {
            let this = bound.value
            let dispatcher = this.makeDispatcher()
            let own = try this.parts.flatMap { try $0.services(this.store, dispatcher) }
            return NIOLoopBound((dispatcher, try this.makeServices() + own), eventLoop: bound.eventLoop)
        }.flatMap { made in
            let this = bound.value
            let (dispatcher, services) = made.value
            this.dispatcher = dispatcher
            switch this.role.via {
            case .grpc:
                return this.listen(dispatcher, services).flatMap { bound.value.startParts() }
            case .queue(let name, let broker): return this.consume(name, broker, dispatcher, services)
            }
        }
    }

    private func openStore() -> EventLoopFuture<Void> {
        guard services.contains(where: \.duplicates.durable) || parts.contains(where: \.needsStore) else {
            return context.eventLoop.makeSucceededVoidFuture()
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return NodeStore.open(
            SQLiteDisk(directory: context.plan.data), incarnation: incarnation, on: context.eventLoop
        ).map { bound.value.store = $0.value }
    }

    private func makeDispatcher() -> ServiceDispatcher {
        var configuration = ServiceDispatcher.Configuration(
            instance: context.plan.instance, incarnation: incarnation)
        configuration.concurrency = role.concurrency
        configuration.waiting = role.concurrency * 10
        let dispatcher = ServiceDispatcher(configuration, store: store, on: context.eventLoop)
        dispatcher.observer = witness
        return dispatcher
    }

    private func makeServices() throws -> [ServedService] {
        var limits = HandlerLimits()
        for service in services {
            limits.instructions = max(limits.instructions, service.limits.instructions)
            limits.memory = max(limits.memory, service.limits.memory)
        }
        let scripts = NodeScripts(context, limits: limits, neighbours: neighbours)
        return try services.map { service in
            var handlers: [String: any MethodHandler] = [:]
            for handler in service.handlers {
                handlers[handler.method] = try scripts.handler(handler, limits: service.limits, work: role.work)
            }
            return ServedService(
                try schemas[service.name] ?? Schema(service.schema), name: service.name,
                duplicates: service.duplicates, handlers: handlers)
        }
    }

    private func listen(_ dispatcher: ServiceDispatcher, _ services: [ServedService]) -> EventLoopFuture<Void> {
        var configuration = GRPCServerConfiguration()
        configuration.limits.maximumMessageSize = role.maxMessage
        if let tls = role.tls {
            configuration.tls = ServerTLS(certificateFile: tls.certificate, keyFile: tls.key)
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return RPCServer.start(configuration, dispatcher: dispatcher, services: services).map { server in
            let this = bound.value
            this.server = server.value
            if !this.role.services.isEmpty { this.context.log("serving \(this.role.services.joined(separator: ", "))") }
            this.context.control.send(.listening(port: Int(server.value.port)))
        }
    }

    /// One after the other.
    private func startParts() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound((self, parts), eventLoop: context.eventLoop)
        let none = context.eventLoop.makeSucceededVoidFuture()
        return parts.indices.reduce(none) { before, index in
            before.flatMap {
                let (this, parts) = bound.value
                return parts[index].start(port: Int(this.server?.port ?? 0))
            }
        }
    }

    private func consume(
        _ name: String, _ broker: String, _ dispatcher: ServiceDispatcher, _ services: [ServedService]
    ) -> EventLoopFuture<Void> {
        do {
            for service in services + [try SessionService.make()] { dispatcher.add(service) }
            let queue = try QueueServer(
                context, dispatcher, services: schemas, queue: name, broker: broker, concurrency: role.concurrency)
            self.queue = queue
            context.log("serving \(role.services.joined(separator: ", ")) from the queue \(name)")
            return queue.start()
        } catch {
            return context.eventLoop.makeFailedFuture(error)
        }
    }

    func run() {}
    func drain() { for part in parts { part.drain() } }

    func report(_ progress: inout Progress) {
        progress.executed += witness.executed
        progress.filtered += witness.filtered
        for part in parts { part.report(&progress) }
    }

    func survey() -> EventLoopFuture<Survey> {
        let own = (dispatcher?.runningCount ?? 0) + (dispatcher?.waitingCount ?? 0)
        let count = parts.reduce(own) { $0 + $1.pendingCount }
        return context.eventLoop.makeSucceededFuture(Survey(unhandled: count, queued: 0))
    }

    func stop() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        // While everything is still there: objects may have to leave.
        let parted = EventLoopFuture.andAllComplete(parts.map { $0.stop() }, on: loop)
        let stopped = parted.flatMap {
            bound.value.server?.shutDown(grace: Self.grace) ?? loop.makeSucceededVoidFuture()
        }
        return stopped.flatMap { bound.value.queue?.stop() ?? loop.makeSucceededVoidFuture() }
            .flatMap { bound.value.neighbours.close() }
            .flatMap { bound.value.store?.close() ?? loop.makeSucceededVoidFuture() }
    }

    // MARK: - ObjectControl

    func migrate(object: String, to target: String, answer: @escaping (MigrationAnswer) -> Void) {
        guard let part = objectPart else { return answer(.notHere) }
        part.migrate(object: object, to: target, answer: answer)
    }

    func describe(limit: Int, object: String?, answer: @escaping ([ObjectDescription]) -> Void) {
        guard let part = objectPart else { return answer([]) }
        part.describe(limit: limit, object: object, answer: answer)
    }

    private var objectPart: (any ObjectControl)? { parts.lazy.compactMap { $0 as? any ObjectControl }.first }
}
