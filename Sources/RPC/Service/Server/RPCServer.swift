import NIOCore
import Protobuf

/// A gRPC server with call semantics: the services it is given, and its own (`orch.v1.Session`, health, reflection).
/// Confined to its event loop, which carries all connections.
package final class RPCServer {
    package let dispatcher: ServiceDispatcher
    package let health = HealthService()
    package private(set) var port: UInt16 = 0
    private let reflection = ReflectionService()
    private var server: GRPCServer?

    private init(_ dispatcher: ServiceDispatcher) { self.dispatcher = dispatcher }

    /// Listens. Fails with what the socket says, or `SchemaError`.
    /// - Parameter dispatcher: on the event loop where this is called; its services are added here.
    package static func start(
        _ configuration: GRPCServerConfiguration, dispatcher: ServiceDispatcher, services: [ServedService]
    ) -> EventLoopFuture<NIOLoopBound<RPCServer>> {
        let eventLoop = dispatcher.eventLoop
        let server = RPCServer(dispatcher)
        do throws(SchemaError) {
            try server.add(services)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        let bound = NIOLoopBound(server, eventLoop: eventLoop)
        return GRPCServer.start(configuration, group: eventLoop) { bound.value.dispatcher.open($0) }
            .hop(to: eventLoop)
            .map { listening in
                bound.value.server = listening
                bound.value.port = listening.port
                return bound
            }
    }

    private func add(_ services: [ServedService]) throws(SchemaError) {
        let own = [
            try SessionService.make(), try health.makeService(), try reflection.makeService(version: "v1"),
            try reflection.makeService(version: "v1alpha"),
        ]
        for service in services + own {
            dispatcher.add(service)
            reflection.add(service)
            health.set(service.name, .serving)
        }
    }

    /// Refuses new calls, lets those that run end, and closes what is left after `grace`.
    package func shutDown(grace: TimeAmount) -> EventLoopFuture<Void> {
        dispatcher.drain()
        health.shutDown()
        return server?.shutDown(grace: grace) ?? dispatcher.eventLoop.makeSucceededVoidFuture()
    }
}
