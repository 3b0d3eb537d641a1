import ClusterModel
import NIOCore
import NIOPosix
import Protobuf
import Testing

@testable import RPC

/// Client and server over gRPC on loopback.
@Loop @Suite(.timeLimit(.minutes(1))) struct WireTests {
    private let patience = RetryPolicy(timeout: .seconds(30), attempts: 2)
    private var patient: CallOptions { CallOptions(semantics: .maybe, retry: patience) }

    private func connect(_ server: RPCServer, client name: String = "c") -> RPCClient {
        let target = GRPCTarget(
            target: "server-1",
            configuration: GRPCConnectionConfiguration(host: "127.0.0.1", port: Int(server.port)),
            eventLoop: Loop.eventLoop)
        return RPCClient(client: name, incarnation: "1", targets: [target], eventLoop: Loop.eventLoop)
    }

    private func serve(_ bench: ServiceBench, _ service: ServedService) async throws -> RPCServer {
        try await RPCServer.start(GRPCServerConfiguration(), dispatcher: bench.dispatcher, services: [service]).get()
            .value
    }

    private func call(
        _ client: RPCClient, _ path: String, _ message: ByteBuffer, _ options: CallOptions? = nil
    ) async -> CallReport {
        await withCheckedContinuation { done in
            client.call(path: path, message: message, options: options ?? CallOptions(retry: patience)) {
                done.resume(returning: $0)
            }
        }
    }

    private func suma(_ bench: ServiceBench) -> ServedService {
        ServedService(
            bench.schema, name: "Calculator",
            handlers: [
                "suma": ClosureHandler { execution in
                    guard case .int64(let a) = execution.request?["a"], case .int64(let b) = execution.request?["b"]
                    else {
                        return execution.fail(GRPCStatus(.internalError))
                    }
                    if a < 0 { return execution.fail(GRPCStatus(.outOfRange, "a is negative: ä\n")) }
                    execution.finish(bench.total(a + b))
                }
            ])
    }

    @Test func aCallOverTheWire() async throws {
        let bench = try ServiceBench()
        let server = try await serve(bench, suma(bench))
        let client = connect(server)
        let report = await call(client, "/Calculator/suma", try bench.pair(20, 22))
        #expect(report.outcome == .success)
        #expect(report.header == ReplyHeader(server: "server-1/1.a", reply: .executed))
        let total = try Message(try #require(report.messages.first), as: #require(bench.schema.message("Total")))
        #expect(total["total"] == .int64(42))
        // The handshake is no evidence, and its incarnation went with the call.
        #expect(bench.started.map(\.method) == ["Calculator/suma"])
        let failed = await call(client, "/Calculator/suma", try bench.pair(-1, 22))
        #expect(failed.outcome == .executed(GRPCStatus(.outOfRange, "a is negative: ä\n")))
        let missing = await call(client, "/Calculator/other", ByteBuffer())
        guard case .notExecuted = missing.outcome else {
            Issue.record("\(missing.outcome)")
            return
        }
        try await server.shutDown(grace: .seconds(1)).get()
        try await client.close().get()
    }

    @Test func aMessageThatTheTransportRefusesIsNotCalledExecuted() async throws {
        let bench = try ServiceBench()
        var configuration = GRPCServerConfiguration()
        configuration.limits.maximumMessageSize = 1_000
        let server = try await RPCServer.start(
            configuration, dispatcher: bench.dispatcher, services: [suma(bench)]
        ).get().value
        let client = connect(server)
        let report = await call(
            client, "/Calculator/suma", ByteBuffer(repeating: 0, count: 2_000),
            CallOptions(
                retry: RetryPolicy(timeout: .seconds(30), attempts: 2, backoff: .zero...(.milliseconds(1)))))
        #expect(bench.started.isEmpty)
        if case .executed = report.outcome { Issue.record("\(report.outcome)") }
        try await server.shutDown(grace: .seconds(1)).get()
        try await client.close().get()
    }

    @Test func theStubLearnsTheTypesAndCalls() async throws {
        let bench = try ServiceBench()
        let server = try await serve(bench, suma(bench))
        let stub = try await ServiceStub.connect(
            port: Int(server.port), service: "Calculator", policy: .init(timeout: .seconds(30)))
        #expect(try await stub.call("suma", ["a": 20, "b": 22])["total"]?.int == 42)
        await #expect(throws: RPCError("OUT_OF_RANGE", "a is negative: ä\n")) { try await stub.call("suma", ["a": -1]) }
        await #expect { try await stub.call("suma", ["c": 1]) } throws: {
            ($0 as? RPCError)?.name == "INVALID_ARGUMENT" && ($0 as? RPCError)?.outcome == .notExecuted
        }
        await #expect(throws: RPCError.self) { try await stub.call("count") }
        await stub.close()
        await #expect { try await ServiceStub.connect(port: Int(server.port), service: "Nothing") } throws: {
            ($0 as? RPCError)?.name == "NOT_FOUND"
        }
        await #expect(throws: RPCError.self) {
            try await ServiceStub.connect(port: Int(server.port), service: "Calculator", client: "a/b")
        }
        try await server.shutDown(grace: .seconds(1)).get()
        await #expect { try await ServiceStub.connect(port: Int(server.port), service: "Calculator") } throws: {
            ($0 as? RPCError)?.outcome == .notExecuted
        }
    }

    @Test func healthIsToldAndWatched() async throws {
        let bench = try ServiceBench()
        let server = try await serve(bench, suma(bench))
        let client = connect(server)
        let schema = try Schema(HealthService.schema)
        let type = try #require(schema.message("grpc.health.v1.HealthCheckResponse"))
        func request(_ service: String) throws -> ByteBuffer {
            let type = try #require(schema.message("grpc.health.v1.HealthCheckRequest"))
            return ByteBuffer(bytes: try Message(type, ["service": .string(service)]).encoded)
        }
        func status(_ buffer: ByteBuffer?) throws -> Value? { try buffer.map { try Message($0, as: type) }?["status"] }
        let maybe = patient
        let whole = await call(client, "/grpc.health.v1.Health/Check", try request(""), maybe)
        #expect(try status(whole.messages.first) == .enumeration(1))
        let one = await call(client, "/grpc.health.v1.Health/Check", try request("Calculator"), maybe)
        #expect(try status(one.messages.first) == .enumeration(1))
        let none = await call(client, "/grpc.health.v1.Health/Check", try request("Nothing"), maybe)
        #expect(none.outcome.status.code == .notFound)

        let watch = Watch()
        let stream = client.stream(path: "/grpc.health.v1.Health/Watch", options: maybe, delegate: watch)
        stream.send(try request("Calculator"))
        stream.halfClose()
        await watch.messages(1)
        server.health.set("Calculator", .notServing)
        await watch.messages(2)
        #expect(try watch.received.map { try status($0) } == [.enumeration(1), .enumeration(2)])
        // A watcher does not hold up the end.
        try await server.shutDown(grace: .seconds(5)).get()
        await watch.end()
        #expect(watch.report?.outcome.status.code == .unavailable)
        try await client.close().get()
    }

    @Test(arguments: ["v1", "v1alpha"])
    func reflectionDescribesTheServices(version: String) async throws {
        let bench = try ServiceBench()
        let server = try await serve(bench, suma(bench))
        let client = connect(server)
        let schema = try Schema(reflectionSchema(version: version))
        let package = "grpc.reflection.\(version)"
        let request = try #require(schema.message("\(package).ServerReflectionRequest"))
        let response = try #require(schema.message("\(package).ServerReflectionResponse"))
        let watch = Watch()
        let stream = client.stream(
            path: "/\(package).ServerReflection/ServerReflectionInfo", options: patient,
            delegate: watch)
        for question: Untyped in [
            ["list_services": ""], ["file_containing_symbol": "Calculator.suma"],
            ["file_by_filename": "nothing.proto"], ["all_extension_numbers_of_type": "Pair"],
        ] {
            stream.send(ByteBuffer(bytes: try Message(request, question).encoded))
        }
        stream.halfClose()
        await watch.end()
        #expect(watch.report?.outcome == .success)
        let answers = try watch.received.map { try Message($0, as: response).untyped }
        try #require(answers.count == 4)
        guard case .list(let services) = answers[0]["list_services_response"]?["service"] else {
            Issue.record("\(answers[0])")
            return
        }
        #expect(
            services.map { $0["name"] } == [
                "Calculator", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection", "orch.v1.Session",
            ])
        guard case .list(let files) = answers[1]["file_descriptor_response"]?["file_descriptor_proto"],
            case .bytes(let file) = files.first
        else {
            Issue.record("\(answers[1])")
            return
        }
        #expect(answers[1]["original_request"]?["file_containing_symbol"] == "Calculator.suma")
        // A set of one file.
        let found = try ProtoSchema(descriptorSet: [0x0A] + varint(file.count) + file)
        #expect(found.services.map(\.name) == ["Calculator"])
        #expect(answers[2]["error_response"]?["error_code"] == 5)
        #expect(answers[3]["error_response"]?["error_code"] == 5)
        try await server.shutDown(grace: .seconds(1)).get()
        try await client.close().get()
    }

    private func varint(_ value: Int) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }

    @Test func swiftClosuresCarryOutMethods() async throws {
        let registry = ServiceRegistry()
        registry.register("Calculator.suma") { request, context in
            if request["a"]?.int == 0 { throw RPCError("NOT_FOUND", "nothing to add") }
            let old = try await context.get("sum").map { Int64(String(decoding: $0, as: UTF8.self)) ?? 0 } ?? 0
            let sum = old + (request["a"]?.int ?? 0) + (request["b"]?.int ?? 0)
            try await context.put("sum", Array("\(sum)".utf8))
            return ["total": .int(sum)]
        }
        let store = try await NodeStore.open(FakeDisk(), incarnation: "1.a", on: Loop.eventLoop).get().value
        let bench = try ServiceBench(DuplicatePolicy(durable: true), store: store, registry: registry)
        for (call, total) in [(1, 42), (2, 84)] as [(Int, Int64)] {
            let (_, answer) = try bench.send("c/1/\(call)")
            await answer.end()
            #expect(answer.words == "OK executed")
            #expect(try answer.total(bench.schema) == total)
        }
        #expect(bench.dispatcher.runningCount == 0)
    }

    @Test func aClosureThatIsCancelledHoldsItsPlaceUntilItReturns() async throws {
        let registry = ServiceRegistry()
        let (stream, feed) = AsyncStream<Void>.makeStream()
        registry.register("Calculator.suma") { _, _ in
            // Deaf to its cancellation.
            await Task { for await _ in stream { break } }.value
            return ["total": 1]
        }
        let bench = try ServiceBench(concurrency: 1, registry: registry)
        let (first, _) = try bench.send("c/1/1")
        first?.cancelled(.reset(code: 8))
        #expect(bench.ended.map(\.ending) == [.cut])
        #expect(bench.dispatcher.runningCount == 1)
        try bench.send("c/1/2")
        #expect(bench.started.count == 1)
        feed.finish()
        await withCheckedContinuation { done in bench.dispatcher.drain { done.resume() } }
        #expect(bench.started.count == 2)
    }
}

/// A stream's caller.
final class Watch: StreamingCallDelegate {
    private(set) var received: [ByteBuffer] = []
    private(set) var report: CallReport?
    private var waiting: [(Int, CheckedContinuation<Void, Never>)] = []

    func becameWritable() {}
    func received(_ message: ByteBuffer) {
        received.append(message)
        wake()
    }
    func ended(_ report: CallReport) {
        self.report = report
        wake()
    }

    private func wake() {
        let all = waiting
        waiting = all.filter { $0.0 > received.count && report == nil }
        for waiter in all where waiter.0 <= received.count || report != nil { waiter.1.resume() }
    }

    func messages(_ count: Int, isolation: isolated (any Actor)? = #isolation) async {
        if received.count < count, report == nil { await withCheckedContinuation { waiting.append((count, $0)) } }
    }

    func end(isolation: isolated (any Actor)? = #isolation) async { await messages(.max) }
}
