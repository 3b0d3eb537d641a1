import ClusterModel
import NIOCore
import Objects
import Protobuf
import RPC
import Testing

/// Two hosts and a caller over gRPC on loopback.
@ClientLoop @Suite("Invoking objects over the wire", .timeLimit(.minutes(1)))
struct ObjectWireTests {
    private final class Hosts: ObjectPlaces {
        var servers: [String: RPCServer] = [:]
        var owner = "host-a"
        var epoch: UInt64 = 1
        private(set) var lookups = 0
        private var targets: [GRPCTarget] = []
        private(set) var executions: [String] = []
        let schema: Schema

        init() throws {
            let number = [FieldDefinition(name: "value", number: 1, type: .int64)]
            schema = try Schema(
                ProtoSchema(
                    messages: [
                        MessageDefinition(name: "DepositRequest", fields: number),
                        MessageDefinition(name: "DepositResponse", fields: number),
                    ],
                    services: [
                        ServiceDefinition(
                            name: "Account",
                            methods: [
                                MethodDefinition(name: "deposit", input: "DepositRequest", output: "DepositResponse")
                            ])
                    ]))
        }

        @ClientLoop func serve(_ name: String) async throws {
            let dispatcher = ServiceDispatcher(
                ServiceDispatcher.Configuration(instance: name, incarnation: "1"), on: ClientLoop.eventLoop)
            let service = ServedService(
                schema, name: "Account", duplicates: DuplicatePolicy(on: .execute),
                handlers: ["deposit": ClosureHandler { [unowned self] in deposit($0, at: name) }])
            servers[name] = try await RPCServer.start(
                GRPCServerConfiguration(), dispatcher: dispatcher, services: [service]
            ).get().value
        }

        private func deposit(_ execution: Execution, at name: String) {
            var trailers = Metadata()
            try? trailers.add(ObjectHeader.epoch, String(epoch))
            guard name == owner else {
                try? trailers.add(ObjectHeader.owner, owner)
                return execution.fail(
                    GRPCStatus(RefusalReason.moved.code), trailers: trailers, outcome: .notExecuted, reason: .moved)
            }
            let header = [
                name, execution.metadata[ObjectHeader.object], execution.metadata[ObjectHeader.hops],
                execution.metadata["x-orch-call"], execution.metadata["x-orch-server"],
            ]
            executions.append(header.map { $0 ?? "-" }.joined(separator: " "))
            var reply = Message(execution.method.output)
            try? reply.set("value", .int64(42))
            execution.finish(reply, trailers: trailers)
        }

        func target(for process: String, _ ready: @escaping (Result<any CallTransport, Unreachable>) -> Void) {
            guard let server = servers[process] else { return ready(.failure(Unreachable("no process \(process)"))) }
            let target = GRPCTarget(
                target: process, configuration: .init(host: "127.0.0.1", port: Int(server.port)),
                eventLoop: ClientLoop.eventLoop)
            targets.append(target)
            ready(.success(target))
        }

        func lookup(_ object: String, _ completed: @escaping (Result<ObjectRecord?, GRPCStatus>) -> Void) {
            lookups += 1
            completed(.success(record(owner, epoch)))
        }

        func close() -> EventLoopFuture<Void> {
            EventLoopFuture.andAllComplete(targets.map { $0.close() }, on: ClientLoop.eventLoop)
        }
    }

    @Test func aCallFollowsItsObject() async throws {
        let hosts = try Hosts()
        try await hosts.serve("host-a")
        try await hosts.serve("host-b")
        let client = ObjectClient(
            process: "teller-1", incarnation: "7", ObjectResolver(hosts, eventLoop: ClientLoop.eventLoop))
        func deposit() async -> CallReport {
            await withCheckedContinuation { done in
                client.invoke(
                    "acc-1", path: "/Account/deposit", message: ByteBuffer(), options: ClientBench.options(1)
                ) { done.resume(returning: $0) }
            }
        }
        for (owner, epoch) in [("host-a", 1), ("host-b", 2), ("host-b", 2), ("host-a", 3)] as [(String, UInt64)] {
            hosts.owner = owner
            hosts.epoch = epoch
            #expect(await deposit().outcome == .success)
        }
        #expect(
            hosts.executions == [
                "host-a acc-1 0 teller-1/7.o1/1 x1", "host-b acc-1 1 teller-1/7.o1/2 x1",
                "host-b acc-1 0 teller-1/7.o1/3 x1", "host-a acc-1 1 teller-1/7.o1/4 x1",
            ])
        #expect(hosts.lookups == 1)
        // Its owner ends, and it is found elsewhere.
        try await hosts.servers["host-a"]?.shutDown(grace: .seconds(1)).get()
        hosts.owner = "host-b"
        hosts.epoch = 4
        let report = await withCheckedContinuation { done in
            client.invoke(
                "acc-1", path: "/Account/deposit", message: ByteBuffer(), options: ClientBench.options(3)
            ) { done.resume(returning: $0) }
        }
        #expect(report.outcome == .success)
        #expect(hosts.executions.last?.hasPrefix("host-b acc-1 0 ") == true)
        try await client.close().get()
        try await hosts.servers["host-b"]?.shutDown(grace: .seconds(1)).get()
    }
}
