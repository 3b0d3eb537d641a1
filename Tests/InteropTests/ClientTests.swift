import Foundation
import TestSupport
import Testing

/// Clients that are not ours, unmodified, on the embedded broker and through faulty links.
@Suite struct ClientTests {
    private static let python = "\(OrchBinary.root)/.venv/bin/python"
    private var environment: [String: String] {
        ["PATH": "\(OrchBinary.root)/.venv/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")]
    }

    @Test func theUserProgramTopologyPasses() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let result = try await orch.run(
            ["up", "\(OrchBinary.root)/Topologies/user-program.yaml"], environment: environment)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    private static let producer = """
        import os, pika
        connection = pika.BlockingConnection(pika.URLParameters(os.environ['ORCH_BROKER_URL']))
        channel = connection.channel()
        CONFIRM
        for n in range(200):
            properties = pika.BasicProperties(headers={'n': n, 'nested': {'a': [1, 'x', None, True]}}, PROPERTIES)
            channel.basic_publish('', 'q', b'body %d' % n, properties)
        connection.close()
        """

    private static let consumer = """
        import os, pika, time
        connection = pika.BlockingConnection(pika.URLParameters(os.environ['ORCH_BROKER_URL']))
        channel = connection.channel()
        channel.basic_qos(prefetch_count=10)
        pending = [0]
        def work(channel, method, properties, body):
            assert 'x-orch-id' not in (properties.headers or {}), properties.headers
            assert properties.headers['nested'] == {'a': [1, 'x', None, True]}, properties.headers
            ACK
        channel.basic_consume('q', work, auto_ack=AUTO)
        print('consuming', flush=True)
        channel.start_consuming()
        """

    private func run(
        _ orch: OrchBinary, confirm: String = "channel.confirm_delivery()", properties: String = "", ack: String,
        auto: Bool = false, faults: String, assertions: String
    ) async throws -> (OrchBinary.Result, [String: Any]) {
        orch.write(
            Self.producer.replacing("CONFIRM", with: confirm).replacing("PROPERTIES", with: properties),
            to: "producer.py")
        orch.write(
            Self.consumer.replacing("ACK", with: ack).replacing("AUTO", with: auto ? "True" : "False"),
            to: "consumer.py")
        orch.write(
            """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              consumer: { command: [python, consumer.py], ready: { log: consuming } }
              producer: { command: [python, producer.py], depends_on: consumer }
            faults: \(faults)
            assertions: \(assertions)
            """, to: "t.yaml")
        let result = try await orch.run(["up", "t.yaml"], environment: environment)
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        return (result, try orch.report())
    }

    private func counts(_ report: [String: Any]) -> [String: Int] {
        let assertion = (report["assertions"] as! [[String: Any]])[0]
        return (assertion["destinations"] as! [[String: Any]])[0]["counts"] as! [String: Int]
    }

    @Test func pikaThroughLostDeliveriesAndAcksLosesNothing() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let (result, report) = try await run(
            orch, ack: "channel.basic_ack(method.delivery_tag, multiple=True)",
            faults: """
                [{ drop: 30%, link: "broker -> consumer", settle: 20ms }, \
                { drop: 30%, link: "consumer -> broker", only: ack, settle: 20ms }]
                """,
            assertions: "[{ delivery: at-least-once, from: producer, to: consumer }]")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(counts(report)["attempted"] == 200 && counts(report)["lost"] == 0)
    }

    @Test func pikaWithoutConfirmsUnderDropLosesAttemptedMessages() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let (result, report) = try await run(
            orch, confirm: "", ack: "channel.basic_ack(method.delivery_tag)",
            faults: "[{ drop: 30%, link: \"producer -> broker\" }]",
            assertions: "[{ delivery: at-least-once, from: producer, to: consumer, of: attempted }]")
        #expect(result.code == 1, "\(result.output)\(result.errors)")
        #expect((30...90).contains(counts(report)["lost"]!), "\(counts(report))")
    }

    @Test func pikaThatDiesBeforeItsAckIsUnknownForExactlyOnce() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(
            Self.producer.replacing("CONFIRM", with: "channel.confirm_delivery()").replacing("PROPERTIES", with: ""),
            to: "producer.py")
        orch.write(
            Self.consumer.replacing("AUTO", with: "False").replacing(
                "ACK",
                with: """
                    if properties.headers['n'] == 50 and not method.redelivered:
                            os.kill(os.getpid(), 9)
                        channel.basic_ack(method.delivery_tag)
                    """), to: "consumer.py")
        orch.write(
            """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              consumer: { command: [python, consumer.py], ready: { log: consuming }, restart: always }
              producer: { command: [python, producer.py], depends_on: consumer }
            assertions:
              - { delivery: at-least-once, from: producer, to: consumer }
              - { delivery: exactly-once, from: producer, to: consumer }
            """, to: "t.yaml")
        let result = try await orch.run(["up", "t.yaml"], environment: environment)
        #expect(result.code == 2, "\(result.output)\(result.errors)")
        let assertions = try orch.report()["assertions"] as! [[String: Any]]
        #expect(assertions[0]["verdict"] as? String == "pass")
        #expect(assertions[1]["verdict"] as? String == "unknown")
    }

    @Test func amqpToolsPublishAndConsumeOnTheBrokerAlone() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let process = try orch.start(["broker", "--port", "28673"])
        defer { process.terminate() }
        try await Eventually.holds("the broker listens") { Processes.isListening(28673) }
        let url = "amqp://guest:guest@127.0.0.1:28673"
        #expect(try await Shell.run("amqp-declare-queue", ["-u", url, "-q", "tools"]).code == 0)
        let published = try await Shell.run("amqp-publish", ["-u", url, "-r", "tools", "-b", "hello from amqp-tools"])
        #expect(published.code == 0, "\(published.errors)")
        let got = try await Shell.run("amqp-consume", ["-u", url, "-q", "tools", "-c", "1", "cat"])
        #expect(got.code == 0 && got.output == "hello from amqp-tools", "\(got.errors)")
        let none = try await Shell.run("amqp-get", ["-u", url, "-q", "tools"])
        #expect(none.code == 2)
        #expect(try await Shell.run("amqp-delete-queue", ["-u", url, "-q", "tools"]).code == 0)
    }

    @Test func aBrokerKilledAtRandomMomentsKeepsWhatItConfirmed() async throws {
        let program = "\(OrchBinary.root)/Tests/InteropTests/Programs/crash-broker.py"
        let result = try await Shell.run(Self.python, [program, OrchBinary.path, "8", "1"])
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("0 lost"))
    }
}
