import ClusterModel
import Control
import History
import Membership
import NIOCore
import NIOPosix
import RPC
import Testing

@testable import NodeRuntime

/// The event loop of the tests that need one.
@globalActor actor PeerLoop {
    static let shared = PeerLoop()
    static let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    nonisolated var unownedExecutor: UnownedSerialExecutor { PeerLoop.eventLoop.executor.asUnownedSerialExecutor() }
}

/// Clients and name service over gRPC on loopback.
@PeerLoop @Suite("Peers: names", .timeLimit(.minutes(1))) struct NamesTests {
    private final class Host: PeerHost {
        var joined: [[String]] = []
        var live: [String] = []
        func perform(_ actions: [PeerAction]) {}
        func wake() {}
        func join(_ names: [String]) { joined.append(names) }
    }

    private final class Client {
        let host = Host()
        let names: NamesClient
        var asked: [String] = []

        init(_ name: String, life: UInt64 = 1, port: Int, resources: [String]) {
            let loop = PeerLoop.eventLoop
            var note: (String, String) -> Void = { _, _ in }
            names = NamesClient(
                on: loop, process: name, life: life, group: "g", description: ["node": "peer"],
                resolve: { loop.makeSucceededFuture(ServerEndpoint(instance: "names", port: port)) },
                makeClient: { endpoint, observer in
                    let target = GRPCTarget(
                        target: endpoint.instance, configuration: .init(endpoint), eventLoop: loop)
                    let client = RPCClient(
                        client: name, incarnation: "\(life)", targets: [target], eventLoop: loop)
                    client.observer = observer
                    return client
                }, asked: { note($0, $1) }, log: { _ in })
            note = { [unowned self] lookup, service in asked.append("\(lookup) to \(service)") }
            names.start(host: host, resources: resources)
        }

        func lookup(
            _ resource: String, within time: Duration = .seconds(20), isolation: isolated (any Actor)? = #isolation
        ) async -> String? {
            await withCheckedContinuation { done in
                names.lookup(resource, lookup: "x/1/l1", within: time) { done.resume(returning: $0) }
            }
        }
    }

    private final class Server {
        let service: NamesService
        let server: RPCServer
        var answered: [String] = []

        init(_ service: NamesService, _ server: RPCServer) {
            self.service = service
            self.server = server
            service.answered = { [unowned self] lookup, asker in answered.append("\(lookup) to \(asker)") }
        }

        func kill(isolation: isolated (any Actor)? = #isolation) async throws {
            try await server.shutDown(grace: .zero).get()
        }
    }

    private func server(
        port: Int = 0, lease: Duration = .milliseconds(200), clock: @escaping () -> Int64 = MonotonicClock.now
    ) async throws -> Server {
        let service = try NamesService(lease: lease, clock: clock)
        let dispatcher = ServiceDispatcher(
            .init(instance: "names", incarnation: "1"), store: nil, on: PeerLoop.eventLoop)
        var configuration = GRPCServerConfiguration()
        configuration.port = port
        let server = try await RPCServer.start(
            configuration, dispatcher: dispatcher, services: [service.served]
        ).get().value
        return Server(service, server)
    }

    private func list(_ server: Server) async throws -> [String] {
        let endpoint = ServerEndpoint(instance: "names", port: Int(server.server.port))
        return try await NamesReader.list(endpoint, limit: 100).map {
            "\($0.kind.rawValue) \($0.entryName) \($0.holder)"
        }
    }

    /// Asks again until it is so; the suite's time limit ends it.
    private func until(
        _ server: Server, _ wanted: [String]
    ) async throws {
        while try await list(server) != wanted { try await pause() }
    }

    private func pause() async throws {
        try Task.checkCancellation()
        try await PeerLoop.eventLoop.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
    }

    @Test func entriesComeAndGoAndAreFound() async throws {
        let server = try await server(lease: .seconds(5))
        let port = Int(server.server.port)
        let a = Client("a", port: port, resources: ["song"])
        let b = Client("b", port: port, resources: [])
        try await until(server, ["member a a", "member b b", "resource song a"])
        #expect(await b.lookup("song") == "a")
        #expect(await b.lookup("nothing") == nil)
        // An attempt that was not answered in time is made again.
        #expect(Set(b.asked) == ["x/1/l1 to names"] && b.asked.count >= 2)
        #expect(Set(server.answered) == ["x/1/l1 to b"] && server.answered.count >= 2)
        // Both learn of each other, whoever was first, and never of themselves.
        while a.host.joined.isEmpty || b.host.joined.isEmpty { try await pause() }
        #expect(a.host.joined.allSatisfy { $0 == ["b"] })
        #expect(b.host.joined.allSatisfy { $0 == ["a"] })
        a.names.stop()
        try await until(server, ["member b b"])
        b.names.stop()
        try await until(server, [])
        try await server.kill()
    }

    @Test func entriesComeBackWhenTheServiceDoes() async throws {
        let first = try await server(lease: .seconds(1))
        let port = Int(first.server.port)
        let client = Client("a", port: port, resources: ["song"])
        try await until(first, ["member a a", "resource song a"])
        try await first.kill()
        #expect(await client.lookup("song", within: .milliseconds(30)) == nil)
        let second = try await server(port: port, lease: .seconds(1))
        try await until(second, ["member a a", "resource song a"])
        #expect(await client.lookup("song") == "a")
        client.names.stop()
        try await second.kill()
    }

    @Test func whoSaysNothingIsForgotten() async throws {
        var now: Int64 = 5
        let server = try await server(clock: { now })
        let lease = try await register("ghost", at: Int(server.server.port))
        #expect(lease.lease == 200_000_000 && !lease.unknown)
        now += 199_999_999
        #expect(try await list(server) == ["member ghost ghost"])
        now += 1
        #expect(try await list(server) == [])
        try await server.kill()
    }

    private func register(_ name: String, at port: Int) async throws -> NamesLease {
        let target = GRPCTarget(
            target: "names", configuration: .init(ServerEndpoint(instance: "names", port: port)),
            eventLoop: PeerLoop.eventLoop)
        let client = RPCClient(client: name, incarnation: "1", targets: [target], eventLoop: PeerLoop.eventLoop)
        let wire = WireClient(
            client, try NamesMethod.schema(), service: NamesMethod.service, retry: RetryPolicy(deadline: .seconds(20)))
        var request = RegisterNames()
        request.holder = name
        request.life = 1
        request.entries = [NameEntry(.init(kind: .member, group: "g", name: name, holder: name))]
        let answer = await withCheckedContinuation {
            (done: CheckedContinuation<Result<NamesLease, GRPCStatus>, Never>) in
            wire.ask(NamesMethod.register.rawValue, request) { (result: Result<NamesLease, GRPCStatus>) in
                done.resume(returning: result)
            }
        }
        try await client.close().get()
        return try answer.get()
    }
}
