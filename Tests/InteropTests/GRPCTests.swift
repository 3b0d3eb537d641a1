import Foundation
import NIOCore
import Protobuf
import RPC
import TestSupport
import Testing
import TopologyDSL

/// grpcio, as it comes from PyPI, on both sides.
@Suite(.serialized) struct GRPCTests {
    private static let python = "\(OrchBinary.root)/.venv/bin/python"
    private static let programs = "\(OrchBinary.root)/Tests/InteropTests/Programs/grpc"

    static let cases = [
        "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
        "custom_metadata", "status_code_and_message", "special_status_message", "unimplemented_method",
        "unimplemented_service", "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
    ]

    /// A folder with the programs and the stubs that grpcio-tools makes of a `.proto` file.
    private func workshop(_ proto: String, text: String) async throws -> OrchBinary {
        let orch = OrchBinary()
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.programs) where !name.hasPrefix("__") {
            orch.write(try String(contentsOfFile: "\(Self.programs)/\(name)", encoding: .utf8), to: name)
        }
        orch.write(text, to: proto)
        let made = try await Shell.run(
            Self.python, ["-m", "grpc_tools.protoc", "-I.", "--python_out=.", "--grpc_python_out=.", proto],
            in: orch.folder)
        #expect(made.code == 0, "\(made.errors)")
        return orch
    }

    /// The port at which programs outside reach a node of the running cluster.
    private func port(of server: String, _ orch: OrchBinary) async throws -> Int {
        let status = try await orch.run("status", "--json")
        let object = try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as! [String: Any]
        let link = (object["links"] as! [[String: Any]]).first { $0["link"] as? String == "outside -> \(server)" }
        return try #require(link?["port"] as? Int)
    }

    // MARK: - grpcio calls a native service

    @Test func theInteroperabilityCasesPassAgainstANativeService() async throws {
        let proto = try String(contentsOfFile: "\(Self.programs)/interop.proto", encoding: .utf8)
        let orch = try await workshop("interop.proto", text: proto)
        defer { orch.remove() }
        let up = try await orch.run("up", "-d", "--wait", "interop.yaml")
        #expect(up.code == 0, "\(up.output)\(up.errors)")
        let client = try await Shell.run(
            Self.python, ["interop_client.py", "127.0.0.1:\(try await port(of: "server", orch))"], in: orch.folder)
        #expect(
            client.output.split(separator: "\n").map(String.init) == Self.cases.map { "ok \($0)" }, "\(client.errors)")
        #expect(client.code == 0)
        _ = try await orch.run("down")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    @Test func stubsFromOrchProtoReflectionAndHealthWork() async throws {
        let orch = OrchBinary()
        let printed = try await orch.run("proto", "rpc-suma")
        orch.remove()
        #expect(printed.code == 0, "\(printed.errors)")
        let shop = try await workshop("calculator.proto", text: printed.output)
        defer { shop.remove() }
        let topology = "\(OrchBinary.root)/Topologies/rpc-suma.yaml"
        let up = try await shop.run("up", "-d", "--wait", "--keep", topology)
        #expect(up.code == 0, "\(up.output)\(up.errors)")
        let port = try await port(of: "server", shop)
        let result = try await Shell.run(
            Self.python, ["discover.py", "127.0.0.1:\(port)"], in: shop.folder)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("stub: 42"))
        #expect(result.output.contains("health: SERVING"))
        #expect(result.output.contains("unknown service: NOT_FOUND"))
        #expect(result.output.contains("services: Calculator"))
        #expect(result.output.contains("reflected: 42"))
        _ = try await shop.run("down")
    }

    @Test func pythonProgramsUnderFaultsAreJudgedByTheirLinks() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let path = "\(OrchBinary.root)/.venv/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let result = try await orch.run(
            ["up", "\(OrchBinary.root)/Topologies/rpc-python.yaml"], environment: ["PATH": path])
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        let printed = try await orch.run("proto", "rpc-python")
        let committed = try String(
            contentsOfFile: "\(OrchBinary.root)/Topologies/rpc-python/calculator.proto", encoding: .utf8)
        #expect(printed.output == committed, "run: orch proto rpc-python > Topologies/rpc-python/calculator.proto")
    }

    // MARK: - A native client calls grpcio

    @Test func theInteroperabilityCasesPassAgainstGrpcio() async throws {
        let proto = try String(contentsOfFile: "\(Self.programs)/interop.proto", encoding: .utf8)
        let orch = try await workshop("interop.proto", text: proto)
        defer { orch.remove() }
        let server = Process()
        server.executableURL = URL(fileURLWithPath: Self.python)
        server.arguments = ["interop_server.py", "0"]
        server.currentDirectoryURL = URL(fileURLWithPath: orch.folder)
        let log = "\(orch.folder)/server.log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        server.standardOutput = FileHandle(forWritingAtPath: log)
        server.environment = ProcessInfo.processInfo.environment.merging(["PYTHONUNBUFFERED": "1"]) { $1 }
        try server.run()
        defer { if server.isRunning { kill(server.processIdentifier, SIGKILL) } }
        var port = 0
        try await Eventually.holds("grpcio listens") {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            port = text.split(separator: " ").last.flatMap { Int($0.trimmingCharacters(in: .newlines)) } ?? 0
            return port > 0
        }
        let types = try #require(
            TopologyFile.load(path: "\(orch.folder)/interop.yaml", environment: [:]).topology?.services.first?.schema)
        try await InteropCases(connection: NativeCall.connect(port: port), schema: Schema(types)).all()
        kill(server.processIdentifier, SIGKILL)
        try await Eventually.holds("grpcio has ended") { !Processes.isAlive(server.processIdentifier) }
    }
}

/// gRPC's interoperability cases, as the native client plays them.
private struct InteropCases {
    let connection: NIOLoopBound<GRPCConnection>
    let schema: Schema

    private static let service = "/grpc.testing.TestService"
    private static let sizesIn = [27182, 8, 1828, 45904]
    private static let sizesOut = [31415, 9, 2653, 58979]

    private func message(_ type: String, _ fields: Untyped) throws -> [UInt8] {
        let type = try #require(schema.message("grpc.testing.\(type)"))
        return try Message(type, fields, rules: .script).encoded
    }

    private func read(_ type: String, _ bytes: [UInt8]) throws -> Untyped {
        let type = try #require(schema.message("grpc.testing.\(type)"))
        return try Message.decode(bytes, as: type).untyped
    }

    private func payload(_ size: Int) -> Untyped { ["body": .bytes(Array(repeating: 0, count: size))] }

    private func bodySize(_ reply: Untyped) -> Int? {
        if case .bytes(let bytes)? = reply["payload"]?["body"] { bytes.count } else { nil }
    }

    private func start(_ method: String, metadata: Metadata = Metadata(), timeout: UInt64? = 10_000_000_000)
        async throws -> NativeCall
    {
        try await NativeCall.start(connection, "\(Self.service)/\(method)", metadata: metadata, timeout: timeout)
    }

    private func call(_ method: String, _ requests: [[UInt8]], metadata: Metadata = Metadata()) async throws
        -> NativeCall.Outcome
    {
        let call = try await start(method, metadata: metadata)
        for request in requests { try await call.send(request) }
        try await call.halfClose()
        return await call.outcome()
    }

    func all() async throws {
        try await unary()
        try await streaming()
        try await pingPong()
        try await metadata()
        try await statuses()
        try await cancellation()
        try await timeout()
    }

    /// empty_unary, large_unary
    private func unary() async throws {
        let empty = try await call("EmptyCall", [[]])
        #expect(empty.ending.status.isOK && empty.messages == [[]])
        let large = try await call(
            "UnaryCall", [try message("SimpleRequest", ["response_size": 314_159, "payload": payload(271_828)])])
        #expect(large.ending.status.isOK)
        #expect(bodySize(try read("SimpleResponse", try #require(large.messages.first))) == 314_159)
    }

    /// client_streaming, server_streaming, empty_stream
    private func streaming() async throws {
        let sum = try await call(
            "StreamingInputCall",
            try Self.sizesIn.map { try message("StreamingInputCallRequest", ["payload": payload($0)]) })
        #expect(
            try read("StreamingInputCallResponse", try #require(sum.messages.first))["aggregated_payload_size"]
                == 74_922)
        let parameters = Untyped.list(Self.sizesOut.map { ["size": .int(Int64($0))] })
        let replies = try await call(
            "StreamingOutputCall", [try message("StreamingOutputCallRequest", ["response_parameters": parameters])])
        #expect(replies.ending.status.isOK)
        #expect(try replies.messages.map { bodySize(try read("StreamingOutputCallResponse", $0)) } == Self.sizesOut)
        let nothing = try await call("FullDuplexCall", [])
        #expect(nothing.ending.status.isOK && nothing.messages.isEmpty)
    }

    private func duplexRequest(_ size: Int, sending: Int = 8, after microseconds: Int = 0) throws -> [UInt8] {
        try message(
            "StreamingOutputCallRequest",
            [
                "response_parameters": [["size": .int(Int64(size)), "interval_us": .int(Int64(microseconds))]],
                "payload": payload(sending),
            ])
    }

    /// ping_pong
    private func pingPong() async throws {
        let call = try await start("FullDuplexCall")
        for (sending, size) in zip(Self.sizesIn, Self.sizesOut) {
            try await call.send(try duplexRequest(size, sending: sending))
            let reply = try #require(await call.message())
            #expect(bodySize(try read("StreamingOutputCallResponse", reply)) == size)
        }
        try await call.halfClose()
        let end = await call.outcome()
        #expect(end.ending.status.isOK && end.messages.isEmpty)
    }

    /// custom_metadata
    private func metadata() async throws {
        var sent = Metadata()
        try sent.add("x-grpc-test-echo-initial", "test_initial_metadata_value")
        try sent.add("x-grpc-test-echo-trailing-bin", binary: [0xAB, 0xAB, 0xAB])
        let unary = try await call(
            "UnaryCall", [try message("SimpleRequest", ["response_size": 314_159, "payload": payload(271_828)])],
            metadata: sent)
        let duplex = try await call("FullDuplexCall", [try duplexRequest(314_159, sending: 271_828)], metadata: sent)
        for outcome in [unary, duplex] {
            #expect(outcome.ending.status.isOK)
            #expect(outcome.headers["x-grpc-test-echo-initial"] == "test_initial_metadata_value")
            #expect(outcome.ending.trailers.binary("x-grpc-test-echo-trailing-bin") == [0xAB, 0xAB, 0xAB])
        }
    }

    /// status_code_and_message, special_status_message, unimplemented_method, unimplemented_service
    private func statuses() async throws {
        for text in ["test status message", "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"] {
            let status: Untyped = ["code": 2, "message": .string(text)]
            let unary = try await call("UnaryCall", [try message("SimpleRequest", ["response_status": status])])
            let duplex = try await call(
                "FullDuplexCall", [try message("StreamingOutputCallRequest", ["response_status": status])])
            for outcome in [unary, duplex] {
                #expect(outcome.ending.status == GRPCStatus(.unknown, text, details: outcome.ending.status.details))
                #expect(outcome.ending.origin == .serverStatus)
            }
        }
        let method = try await call("UnimplementedCall", [[]])
        #expect(method.ending.status.code == .unimplemented)
        let other = try await NativeCall.start(connection, "/grpc.testing.UnimplementedService/UnimplementedCall")
        try await other.send([], last: true)
        #expect(await other.outcome().ending.status.code == .unimplemented)
    }

    /// cancel_after_begin, cancel_after_first_response
    private func cancellation() async throws {
        let begun = try await start("StreamingInputCall")
        try await begun.cancel()
        #expect(await begun.outcome().ending.status.code == .cancelled)
        let answered = try await start("FullDuplexCall")
        try await answered.send(try duplexRequest(31_415, sending: 27_182))
        #expect(await answered.message() != nil)
        try await answered.cancel()
        #expect(await answered.outcome().ending.status.code == .cancelled)
    }

    /// timeout_on_sleeping_server
    private func timeout() async throws {
        let call = try await start("FullDuplexCall", timeout: 500_000_000)
        try await call.send(try duplexRequest(1, sending: 27_182, after: 5_000_000))
        #expect(await call.outcome().ending.status.code == .deadlineExceeded)
    }
}
