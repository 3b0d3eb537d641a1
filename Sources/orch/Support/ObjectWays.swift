import ClusterModel
import Control
import NIOCore
import Objects
import RPC

/// Where a program that is not in the cluster reaches its hosts and its directory.
struct OutsidePlaces: Sendable {
    /// By process.
    var hosts: [String: ServerEndpoint] = [:]
    var directory: ServerEndpoint

    static func find(_ cluster: RunningCluster, _ topology: Topology) async throws -> OutsidePlaces {
        guard let node = topology.directory else {
            throw OrchError(.usage, "'\(topology.name)' has no directory, and so no objects")
        }
        guard let directory = try await endpoints(of: node.name, cluster).first else {
            throw OrchError(.unavailable, "the directory cannot be reached")
        }
        var places = OutsidePlaces(directory: directory)
        for node in topology.nodes where node.host != nil {
            for endpoint in try await endpoints(of: node.name, cluster) { places.hosts[endpoint.instance] = endpoint }
        }
        return places
    }

    private static func endpoints(of node: String, _ cluster: RunningCluster) async throws -> [ServerEndpoint] {
        guard case .endpoints(let endpoints) = try await cluster.ask(.resolve(server: node, client: NodeLink.outside))
        else { throw OrchError(.internalError, "the cluster answered something else") }
        return endpoints
    }
}

/// The ways of a command to objects. Confined to its event loop.
final class ObjectWays: ObjectPlaces {
    private static let process = "orch-invoke"
    private let places: OutsidePlaces
    private let eventLoop: any EventLoop
    private let directory: DirectoryClient
    private var targets: [String: GRPCTarget] = [:]

    init(_ places: OutsidePlaces, _ eventLoop: any EventLoop) throws {
        self.places = places
        self.eventLoop = eventLoop
        var generator = SystemRandomNumberGenerator()
        let target = GRPCTarget(
            target: places.directory.instance, configuration: .init(places.directory), eventLoop: eventLoop)
        directory = try DirectoryClient(
            RPCClient(
                client: Self.process, incarnation: String(generator.next() as UInt64, radix: 36), targets: [target],
                eventLoop: eventLoop))
    }

    func transport(to object: String) -> ObjectTransport {
        ObjectTransport(object, caller: Self.process, ObjectResolver(self, eventLoop: eventLoop))
    }

    func target(for process: String, _ ready: @escaping (Result<any CallTransport, Unreachable>) -> Void) {
        guard let endpoint = places.hosts[process] else {
            return ready(.failure(Unreachable("there is no host '\(process)'")))
        }
        let target =
            targets[process]
            ?? GRPCTarget(target: process, configuration: .init(endpoint), eventLoop: eventLoop)
        targets[process] = target
        ready(.success(target))
    }

    func lookup(_ object: String, _ completed: @escaping (Result<ObjectRecord?, GRPCStatus>) -> Void) {
        directory.lookup([object]) { result in
            completed(
                result.map { $0.objects.first.flatMap { $0.epoch > 0 ? $0 : nil } }.mapError(\.status))
        }
    }

    func close() -> EventLoopFuture<Void> {
        EventLoopFuture.andAllComplete(targets.values.map { $0.close() }, on: eventLoop)
    }
}
