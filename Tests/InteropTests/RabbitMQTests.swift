import Foundation
import TestSupport
import Testing

/// The same files against Debian's RabbitMQ, in one changed line.
@Suite(.serialized) struct RabbitMQTests {
    private static let port = 28680

    @Test(arguments: ["pubsub", "routing", "topics", "headers", "work-queue"])
    func bundledTopologiesPassOnRabbitMQ(name: String) async throws {
        let script = "\(OrchBinary.root)/scripts/rabbitmq"
        let environment = ["RMQ_PORT": "\(Self.port)"]
        let started = try await Shell.run(script, ["start"], environment: environment)
        #expect(started.code == 0, "\(started.output)\(started.errors)")
        let orch = OrchBinary()
        defer { orch.remove() }
        let file = try String(contentsOfFile: "\(OrchBinary.root)/Topologies/\(name).yaml", encoding: .utf8)
        let pattern = try Regex(#"broker:\s*\{\}"#)
        let external = "broker: { engine: external, url: \"amqp://guest:guest@127.0.0.1:\(Self.port)/\" }"
        let changed = file.replacing(pattern, with: external)
        #expect(changed != file, "the file has no embedded broker to replace")
        orch.write(changed, to: "\(name).yaml")
        let result = try await orch.run("up", "\(name).yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        let left = try await Shell.run(script, ["ctl", "list_queues", "name"], environment: environment).output
        #expect(left.split(separator: "\n").filter { $0 != "name" }.isEmpty, "left on the broker: \(left)")
        if name == "work-queue" { _ = try await Shell.run(script, ["stop"], environment: environment) }
    }
}
