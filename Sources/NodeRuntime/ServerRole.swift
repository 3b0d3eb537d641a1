import ClusterModel
import Control
import NIOCore
import Protobuf
import RPC

/// `serve:` — answers calls with the handlers of its services.
final class ServerRole: Workload {
    /// For calls that run when the node is told to stop.
    private static let grace = TimeAmount.milliseconds(500)

    private let context: NodeContext
    private let role: ServeRole
    private let incarnation: String
    private let witness: ServiceWitness
    private let neighbours: Neighbours
    private let services: [Service]
    private let schemas: [String: Schema]
    private var store: NodeStore?
    private var dispatcher: ServiceDispatcher?
    private var server: RPCServer?
    private var queue: QueueServer?

    init(_ context: NodeContext, _ role: ServeRole) throws {
        self.context = context
        self.role = role
        witness = ServiceWitness(context)
        neighbours = Neighbours(context)
        services = context.plan.services.filter { role.services.contains($0.name) }
        schemas = try Dictionary(uniqueKeysWithValues: services.map { ($0.name, try Schema($0.schema)) })
        // Unlike that of any other life, even in another run.
        var generator = SystemRandomNumberGenerator()
        incarnation = "\(context.plan.incarnation).\(String(generator.next() as UInt64, radix: 36))"
    }

    // MARK: - Workload

    func prepare() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return openStore().flatMapThrowing {
            let this = bound.value
            return NIOLoopBound((this.makeDispatcher(), try this.makeServices()), eventLoop: bound.eventLoop)
        }.flatMap { made in
            let this = bound.value
            let (dispatcher, services) = made.value
            this.dispatcher = dispatcher
            switch this.role.via {
            case .grpc: return this.listen(dispatcher, services)
            case .queue(let name, let broker): return this.consume(name, broker, dispatcher, services)
            }
        }
    }

    private func openStore() -> EventLoopFuture<Void> {
        guard services.contains(where: \.duplicates.durable) else {
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
            this.context.log("serving \(this.role.services.joined(separator: ", "))")
            this.context.control.send(.listening(port: Int(server.value.port)))
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
    func drain() {}

    func report(_ progress: inout Progress) {
        progress.executed += witness.executed
        progress.filtered += witness.filtered
    }

    func survey() -> EventLoopFuture<Survey> {
        let count = (dispatcher?.runningCount ?? 0) + (dispatcher?.waitingCount ?? 0)
        return context.eventLoop.makeSucceededFuture(Survey(unhandled: count, queued: 0))
    }

    func stop() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let stopped = server?.shutDown(grace: Self.grace) ?? loop.makeSucceededVoidFuture()
        return stopped.flatMap { bound.value.queue?.stop() ?? loop.makeSucceededVoidFuture() }
            .flatMap { bound.value.neighbours.close() }
            .flatMap { bound.value.store?.close() ?? loop.makeSucceededVoidFuture() }
    }
}
