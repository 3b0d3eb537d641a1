import ClusterModel
import NIOCore
import Protobuf
import RPC

/// The directory and the hosts at addresses that are known from the start, for a program that is no node of a cluster.
/// Confined to its event loop.
package final class ObjectWays: ObjectPlaces, ReferenceKeeper.Ways {
    /// For what is said to hosts: an attempt is short, for an invocation waits for it.
    private static let retry = RetryPolicy(
        timeout: .milliseconds(250), attempts: 20, backoff: .milliseconds(5)...(.milliseconds(100)),
        deadline: .seconds(3))

    package let directory: DirectoryClient
    /// Knows the owners of references.
    package weak var resolver: ObjectResolver?
    private let eventLoop: any EventLoop
    private let process: String
    private let incarnation: String
    private let calls: RPCClient
    private let schema: Schema
    private var addresses: [String: GRPCConnectionConfiguration] = [:]
    private var targets: [String: GRPCTarget] = [:]
    private var peers: [String: WireClient] = [:]
    private var clients = 0
    private var closing: EventLoopFuture<Void>?

    /// - Parameters:
    ///   - process: this one, and its life, as `ObjectClient` has them.
    ///   - directory: where it listens.
    /// - Throws: what is wrong with our own messages.
    package init(
        process: String, incarnation: String, directory: GRPCConnectionConfiguration, on eventLoop: any EventLoop
    ) throws {
        self.process = process
        self.incarnation = incarnation
        self.eventLoop = eventLoop
        calls = RPCClient(
            client: process, incarnation: "\(incarnation).d",
            targets: [GRPCTarget(target: "directory", configuration: directory, eventLoop: eventLoop)],
            eventLoop: eventLoop)
        self.directory = try DirectoryClient(calls)
        schema = try HostSchema.make().schema()
    }

    package func add(_ process: String, at address: GRPCConnectionConfiguration) { addresses[process] = address }

    package var processes: [String] { addresses.keys.sorted() }

    // MARK: - ObjectPlaces

    package func target(for process: String, _ ready: @escaping (Result<any CallTransport, Unreachable>) -> Void) {
        ready(connection(process).map { $0 })
    }

    private func connection(_ process: String) -> Result<GRPCTarget, Unreachable> {
        if let known = targets[process] { return .success(known) }
        guard let address = addresses[process] else {
            return .failure(Unreachable("no address was given for the host '\(process)'"))
        }
        let target = GRPCTarget(target: process, configuration: address, eventLoop: eventLoop)
        targets[process] = target
        return .success(target)
    }

    package func lookup(_ object: String, _ completed: @escaping (Result<ObjectRecord?, GRPCStatus>) -> Void) {
        directory.lookup([object]) { result in
            completed(
                result.map { $0.objects.first.flatMap { $0.epoch > 0 ? $0 : nil } }.mapError { $0.status })
        }
    }

    package func close() -> EventLoopFuture<Void> {
        if let closing { return closing }
        // A target that a peer has is closed by it, with the calls that run.
        let rest = targets.filter { peers[$0.key] == nil }.values.map { $0.close() }
        let closing = EventLoopFuture.andAllComplete(
            rest + peers.values.map { $0.client.close() } + [calls.close()], on: eventLoop)
        self.closing = closing
        return closing
    }

    // MARK: - Hosts

    /// Calls a method of a host's own service.
    package func ask<Request: WireMessage, Reply: WireMessage>(
        _ process: String, _ method: String, _ request: Request,
        _ completed: @escaping (Result<Reply, GRPCStatus>) -> Void
    ) {
        guard closing == nil else { return completed(.failure(GRPCStatus(.cancelled, "closed"))) }
        let peer: WireClient
        if let known = peers[process] {
            peer = known
        } else {
            switch connection(process) {
            case .failure(let problem): return completed(.failure(GRPCStatus(.unavailable, problem.reason)))
            case .success(let target):
                peer = WireClient(client([target]), schema, service: HostSchema.service, retry: Self.retry)
                peers[process] = peer
            }
        }
        peer.ask(method, request) { (result: Result<Reply, WireFailure>) in
            completed(result.mapError(\.status))
        }
    }

    /// What a host's reflection says of a type.
    package func describe(
        _ type: String, at process: String, _ completed: @escaping (Result<Schema, RPCError>) -> Void
    ) {
        guard closing == nil, let address = addresses[process] else {
            return completed(.failure(RPCError("UNAVAILABLE", "no address was given for the host '\(process)'")))
        }
        // Of its own: it is closed afterwards.
        let client = client([GRPCTarget(target: process, configuration: address, eventLoop: eventLoop)])
        client.describe(service: type).assumeIsolated().whenComplete { result in
            _ = client.close()
            completed(
                Result { try Schema(ProtoSchema(descriptorSet: try result.get())) }.mapError { error in
                    error as? RPCError ?? RPCError("INTERNAL", "\(process) describes \(type) badly: \(error)")
                })
        }
    }

    private func client(_ targets: [GRPCTarget]) -> RPCClient {
        clients += 1
        return RPCClient(
            client: process, incarnation: "\(incarnation).p\(clients)", targets: targets, eventLoop: eventLoop)
    }

    // MARK: - ReferenceKeeper.Ways

    package func owner(of object: String, _ located: @escaping (Result<String?, Unreachable>) -> Void) {
        guard let resolver else { return located(.failure(Unreachable("closed"))) }
        resolver.owner(of: object, located)
    }

    package func refer(
        _ notice: ReferenceNotice, to process: String,
        _ completed: @escaping (Result<ReferenceAnswers, Unreachable>) -> Void
    ) {
        ask(process, "Refer", notice) { (result: Result<ReferenceAnswers, GRPCStatus>) in
            completed(result.mapError { Unreachable($0.message) })
        }
    }

    package func doubt(_ object: String) { resolver?.doubt(object) }
}
