import ClusterModel
import Foundation
import History
import NIOCore
import NIOPosix
import Objects
import Protobuf
import RPC
import Storage
import Testing

/// The event loop of everything on a bench.
@globalActor actor HostLoop {
    static let shared = HostLoop()
    static let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    nonisolated var unownedExecutor: UnownedSerialExecutor { HostLoop.eventLoop.executor.asUnownedSerialExecutor() }
}

/// A directory and hosts in one process, over sockets on loopback.
@HostLoop final class HostBench {
    /// One host process, as the others see it.
    @HostLoop final class Node {
        let name: String
        let host: ObjectHost
        let address: GRPCConnectionConfiguration
        let behaviour: GatedBehaviour
        fileprivate let peers: BenchPeers
        fileprivate let references: ReferenceKeeper
        fileprivate let server: RPCServer
        /// The tests' own connection.
        fileprivate let target: GRPCTarget

        fileprivate init(
            _ name: String, _ host: ObjectHost, _ behaviour: GatedBehaviour, _ peers: BenchPeers,
            _ references: ReferenceKeeper, _ server: RPCServer
        ) {
            self.name = name
            self.host = host
            self.behaviour = behaviour
            self.peers = peers
            self.references = references
            self.server = server
            address = GRPCConnectionConfiguration(host: "127.0.0.1", port: Int(server.port))
            target = GRPCTarget(target: name, configuration: address, eventLoop: HostLoop.eventLoop)
        }
    }

    private let directory: DirectoryService
    private let directoryServer: RPCServer
    private(set) var nodes: [Node] = []
    private var stores: [NodeStore] = []
    /// What somebody says to hosts who is none.
    private let stranger: ObjectWays

    private init(_ directory: DirectoryService, _ server: RPCServer) throws {
        self.directory = directory
        directoryServer = server
        stranger = try ObjectWays(
            process: "stranger", incarnation: "1",
            directory: GRPCConnectionConfiguration(host: "127.0.0.1", port: Int(server.port)), on: HostLoop.eventLoop)
    }

    /// Runs a test on a bench of its own.
    /// - Parameters:
    ///   - names: of the hosts, each of which hosts all types.
    ///   - disk: of the first host; the others have none.
    ///   - objects: what the hosts do, one for each.
    static func run(
        _ names: [String] = ["host-a", "host-b"], types: [ObjectType], disk: (any StoreDisk)? = nil,
        _ objects: () -> any ObjectBehaviour,
        _ body: (HostBench) async throws -> Void
    ) async throws {
        let directory = try DirectoryService(.init(), store: nil, on: HostLoop.eventLoop)
        let bench = try HostBench(directory, try await serve("directory", [directory.served]))
        do {
            for name in names {
                try await bench.add(name, names, types, objects(), disk: name == names.first ? disk : nil)
            }
            for node in bench.nodes {
                for other in bench.nodes { node.peers.ways.add(other.name, at: other.address) }
                bench.stranger.add(node.name, at: node.address)
            }
            for node in bench.nodes { try await node.host.start().get() }
            try await body(bench)
        } catch {
            await bench.stop()
            throw error
        }
        await bench.stop()
    }

    private static func serve(_ name: String, _ services: [ServedService]) async throws -> RPCServer {
        let dispatcher = ServiceDispatcher(.init(instance: name, incarnation: "1"), on: HostLoop.eventLoop)
        return try await RPCServer.start(GRPCServerConfiguration(), dispatcher: dispatcher, services: services)
            .get().value
    }

    private func add(
        _ name: String, _ names: [String], _ types: [ObjectType], _ objects: any ObjectBehaviour, disk: (any StoreDisk)?
    ) async throws {
        var store: NodeStore?
        if let disk {
            store = try await NodeStore.open(disk, incarnation: "1", on: HostLoop.eventLoop).get().value
            stores.append(store!)
        }
        let loop = HostLoop.eventLoop
        let ways = try ObjectWays(
            process: name, incarnation: "1",
            directory: GRPCConnectionConfiguration(host: "127.0.0.1", port: Int(directoryServer.port)), on: loop)
        let peers = BenchPeers(name, ways, on: loop)
        let references = ReferenceKeeper(process: name, incarnation: 1, on: loop)
        references.ways = peers
        let behaviour = GatedBehaviour(objects)
        let host = try ObjectHost(
            .init(
                instance: name, incarnation: "1", types: types,
                hosts: Dictionary(uniqueKeysWithValues: types.map { ($0.name, names) })),
            behaviour: behaviour, directory: ways.directory, peers: peers, references: references, store: store,
            on: loop, record: { peers.heard($0) })
        peers.host = host
        let server = try await Self.serve(name, try host.services() + [host.ownService()])
        nodes.append(Node(name, host, behaviour, peers, references, server))
    }

    private func stop() async {
        for node in nodes {
            node.behaviour.release()
            try? await node.host.stop(movingWithin: 0).get()
            node.references.stop()
        }
        directory.stop()
        try? await stranger.close().get()
        for node in nodes {
            try? await node.target.close().get()
            try? await node.peers.ways.close().get()
            try? await node.server.shutDown(grace: .zero).get()
        }
        for store in stores { try? await store.close().get() }
        try? await directoryServer.shutDown(grace: .zero).get()
    }

    subscript(name: String) -> Node { nodes.first { $0.name == name }! }

    /// A program that invokes objects of this cluster.
    func cluster() async throws -> ObjectCluster {
        try await ObjectCluster.connect(
            directory: "127.0.0.1:\(directoryServer.port)",
            hosts: Dictionary(uniqueKeysWithValues: nodes.map { ($0.name, "127.0.0.1:\($0.address.port)") }))
    }

    func migrate(_ object: String, to target: String) async throws {
        let owner = try #require(nodes.first { $0.host.has(object) })
        let result = await withCheckedContinuation { (done: CheckedContinuation<MigrationResult?, Never>) in
            owner.host.migrate(object, to: target) { done.resume(returning: $0) }
        }
        guard case .moved? = result else { throw BenchFailure(description: "\(object): \(String(describing: result))") }
    }

    /// Another process says that it is this host: the directory ends the session of the one that is.
    func supersede(_ name: String) async {
        var request = OpenSession()
        request.host = name
        request.incarnation = "another"
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            stranger.directory.open(request, within: .seconds(10)) { _ in done.resume() }
        }
    }

    /// Waits for what a host has to record.
    func event(at name: String, _ isIt: @escaping (Event) -> Bool, after begin: () -> Void) async {
        let peers = self[name].peers
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            peers.heard = { event in
                guard isIt(event) else { return }
                peers.heard = { _ in }
                done.resume()
            }
            begin()
        }
    }

    // MARK: - By hand

    /// A request as anybody could send it.
    struct Request {
        var path: String
        var object: String?
        var call: CallID?
        var attempt: UInt32 = 1
        var server: String?
        var message: [UInt8] = []
    }

    struct Answer: Sendable, Equatable {
        var code: GRPCCode
        var reason: String?
        var isExecuted: Bool
        var origin: ReplyOrigin?
        var owner: String?
        var message: [UInt8]
    }

    final class Transmission: ClientStreamDelegate {
        fileprivate var header = ReplyHeader()
        fileprivate var owner: String?
        fileprivate var message: [UInt8] = []
        fileprivate(set) var answer: Answer?
        fileprivate var told: ((Answer) -> Void)?

        init() {}
        func received(initialMetadata: Metadata) { header.read(initialMetadata) }
        func received(_ message: ByteBuffer) { self.message = Array(message.readableBytesView) }
        func finished(_ ending: ClientStreamEnding) {
            header.read(ending.trailers)
            let answer = Answer(
                code: ending.status.code, reason: header.reason, isExecuted: header.outcome != .notExecuted,
                origin: header.reply, owner: ending.trailers[ObjectHeader.owner], message: message)
            self.answer = answer
            told?(answer)
        }
    }

    /// Sends a request whose answer `end` gives.
    func begin(_ request: Request, to name: String) async throws -> Transmission {
        let target = self[name].target
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            target.prepare(handshake: false) { done.resume(with: $0.map { _ in }) }
        }
        var metadata = Metadata()
        if let call = request.call {
            CallHeader(id: call, attempt: request.attempt, server: request.server).write { name, value in
                try? metadata.add(name, value)
            }
        }
        if let object = request.object { try metadata.add(ObjectHeader.object, object) }
        let transmission = Transmission()
        target.start(path: request.path, metadata: metadata, timeout: nil, delegate: transmission)
            .send(ByteBuffer(bytes: request.message), endOfStream: true)
        return transmission
    }

    func end(of transmission: Transmission) async -> Answer {
        if let answer = transmission.answer { return answer }
        return await withCheckedContinuation { done in transmission.told = { done.resume(returning: $0) } }
    }

    /// The one that is answered first; those that were begun together may arrive in any order.
    func first(of transmissions: [Transmission]) async -> Int {
        if let index = transmissions.firstIndex(where: { $0.answer != nil }) { return index }
        return await withCheckedContinuation { done in
            for (index, transmission) in transmissions.enumerated() {
                transmission.told = { _ in
                    for other in transmissions { other.told = nil }
                    done.resume(returning: index)
                }
            }
        }
    }

    func send(_ request: Request, to name: String) async throws -> Answer {
        await end(of: try await begin(request, to: name))
    }

    /// What the host's own service says to a stranger.
    func ask<Request: WireMessage, Reply: WireMessage>(
        _ name: String, _ method: String, _ request: Request, _ reply: Reply.Type = Reply.self
    ) async throws -> Reply {
        try await withCheckedContinuation { (done: CheckedContinuation<Result<Reply, GRPCStatus>, Never>) in
            stranger.ask(name, method, request) { done.resume(returning: $0) }
        }.get()
    }
}

/// A disk in memory that takes its time when it is told to.
final class GatedDisk: StoreDisk, @unchecked Sendable {
    // Everything is under the lock.
    private let gate = NSCondition()
    private var isHeld = false

    func hold() { gate.withLock { isHeld = true } }

    func release() {
        gate.withLock { isHeld = false }
        gate.broadcast()
    }

    func open(incarnation: String) throws(StoreFailure) -> StoredState { StoredState() }

    func write(_ group: [StoreOperation]) throws(StoreFailure) {
        gate.lock()
        while isHeld { gate.wait() }
        gate.unlock()
    }

    func close() {}
}

struct BenchFailure: Error, CustomStringConvertible { var description: String }

/// Holds invocations that have begun, if it is told to.
final class GatedBehaviour: ObjectBehaviour {
    var isHeld = false
    private let objects: any ObjectBehaviour
    private var held: [Invocation] = []
    /// That have begun.
    private(set) var count = 0

    init(_ objects: any ObjectBehaviour) { self.objects = objects }

    func release() {
        isHeld = false
        let all = held
        held = []
        for invocation in all { objects.start(invocation) }
    }

    func make(_ type: ObjectType, state: [UInt8]?, fields: [String: ArgumentValue]) throws -> AnyObject {
        try objects.make(type, state: state, fields: fields)
    }

    func encode(_ live: AnyObject) throws -> [UInt8] { try objects.encode(live) }
    func references(in state: [UInt8]) -> Set<ObjectReference> { objects.references(in: state) }
    func json(_ state: [UInt8]) -> String { objects.json(state) }

    func start(_ invocation: Invocation) {
        count += 1
        if isHeld { held.append(invocation) } else { objects.start(invocation) }
    }
}

private final class BenchPeers: ObjectPeers, ReferenceKeeper.Ways {
    let ways: ObjectWays
    weak var host: ObjectHost?
    var heard: (Event) -> Void = { _ in }
    private let name: String
    private let resolver: ObjectResolver

    init(_ name: String, _ ways: ObjectWays, on eventLoop: any EventLoop) {
        self.name = name
        self.ways = ways
        resolver = ObjectResolver(ways, eventLoop: eventLoop)
        ways.resolver = resolver
    }

    func prepare(
        at process: String, _ transfer: ObjectTransfer,
        _ completed: @escaping (Result<TransferAnswer, GRPCStatus>) -> Void
    ) { ways.ask(process, "Prepare", transfer, completed) }

    func tell(
        _ process: String, _ notice: OwnershipNotice,
        _ completed: @escaping (Result<Acknowledgement, GRPCStatus>) -> Void
    ) { ways.ask(process, "Tell", notice, completed) }

    func owner(of object: String, _ located: @escaping (Result<String?, Unreachable>) -> Void) {
        if host?.has(object) ?? false { located(.success(name)) } else { ways.owner(of: object, located) }
    }

    func refer(
        _ notice: ReferenceNotice, to process: String,
        _ completed: @escaping (Result<ReferenceAnswers, Unreachable>) -> Void
    ) {
        if process == name, let host { return completed(.success(host.referred(notice))) }
        ways.refer(notice, to: process, completed)
    }

    func doubt(_ object: String) { ways.doubt(object) }
}
