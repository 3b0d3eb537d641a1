import Foundation
import TestSupport
import Testing

/// Programs in Python under test, as somebody writes them who has just begun.
@Suite struct ProgramTests {
    private var environment: [String: String] {
        ["PATH": "\(OrchBinary.root)/.venv/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")]
    }

    private func run(_ program: String, _ topology: String) async throws -> ClusterRun {
        let orch = OrchBinary()
        orch.write(program, to: "program.py")
        return try await ClusterRun(topology, in: orch, environment: environment)
    }

    @Test func whatAnAutomaticAckLeftInTheProgramIsNoPass() async throws {
        let run = try await run(
            """
            import os, pika, time
            channel = pika.BlockingConnection(pika.URLParameters(os.environ['ORCH_BROKER_URL'])).channel()
            channel.basic_consume('q', lambda *rest: time.sleep(0.02), auto_ack=True)
            channel.start_consuming()
            """,
            """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              consumer: { command: [python, program.py], ready: consuming }
              producer: { publish: { queue: q, count: 300, rate: 3000/s, confirm: true } }
            assertions: [{ delivery: at-least-once, from: producer, to: consumer }]
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 2, "\(run.text)")
        #expect(run.text.contains("nothing on the wire proves that 300 deliveries were worked on"), "\(run.text)")
    }

    @Test func afterARestartItIsReadyWhenItConsumesAgain() async throws {
        // It takes a second to consume, and is asked for its readiness at once.
        let run = try await run(
            """
            import os, pika, time
            data = os.environ['ORCH_DATA']
            first = not os.path.exists(data + '/started')
            open(data + '/started', 'a').write('x')
            if not first: time.sleep(1.5)
            channel = pika.BlockingConnection(pika.URLParameters(os.environ['ORCH_BROKER_URL'])).channel()
            print('consumes' if first else 'consumes again')
            channel.basic_consume('q', lambda *rest: None, auto_ack=True)
            channel.start_consuming()
            """,
            """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              consumer: { command: [python, program.py], env: { D: $(data) }, ready: consuming }
              producer: { publish: { queue: q, count: 1 } }
            scenario:
              - { restart: consumer }
              - { assert: { log: consumer, contains: consumes again, count: ">= 1" } }
            assertions: [{ queue: q, depth: 0 }]
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 0, "\(run.text)")
    }

    @Test func aProgramThatNeverConnectsIsToldWhereTo() async throws {
        let run = try await run(
            "import time; print('hello'); time.sleep(60)",
            """
            queues: { q: {} }
            nodes:
              main-bus: { broker: {} }
              consumer: { command: [python, program.py], ready: { consuming: true, timeout: 3s } }
            assertions: [{ delivery: at-least-once, to: consumer }]
            """)
        defer { run.orch.remove() }
        #expect(run.result.code == 69, "\(run.text)")
        #expect(
            run.text.contains(
                "cause: no connection came over the link consumer -> main-bus: does it use ORCH_MAIN_BUS_URL or "
                    + "$(main-bus.url)?"), "\(run.text)")
        #expect(run.text.contains("last line: hello"), "\(run.text)")
    }
}
