import Foundation
import TestSupport
import Testing

/// Topologies that end in each kind of verdict, run with real processes.
@Suite struct VerdictTests {
    private func run(_ yaml: String, _ arguments: String...) async throws -> (OrchBinary.Result, [String: Any]) {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(yaml, to: "t.yaml")
        let result = try await orch.run(["up", "t.yaml"] + arguments)
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        return (result, try orch.report())
    }

    private func assertion(_ report: [String: Any], _ index: Int) -> [String: Any] {
        (report["assertions"] as! [[String: Any]])[index]
    }

    private func counts(_ report: [String: Any], _ index: Int, destination: Int = 0) -> [String: Int] {
        (assertion(report, index)["destinations"] as! [[String: Any]])[destination]["counts"] as! [String: Int]
    }

    @Test(arguments: [
        "pubsub", "routing", "topics", "headers", "work-queue", "durable-restart", "auto-ack-loses",
        "lossy-publisher",
    ])
    func bundledTopologiesPass(name: String) async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let result = try await orch.run("up", "\(OrchBinary.root)/Topologies/\(name).yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("PASS"))
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    private static let lossy = """
        queues: { q: {} }
        nodes:
          broker: { broker: {} }
          a: { publish: { queue: q, count: 200, rate: 2000/s CONFIRM } }
          b: { consume: { queue: q } }
        faults: [{ FAULT, link: a -> broker }]
        assertions:
          - { delivery: at-least-once, from: a, to: b, of: attempted }
          - { delivery: exactly-once, from: a, to: b }
        """

    @Test func aTopologyThatLosesEveryPublishIsUnknown() async throws {
        let yaml = Self.lossy.replacing("CONFIRM", with: "").replacing("FAULT", with: "drop: 100%, settle: 20ms")
            .replacing(", of: attempted", with: "")
        let (result, report) = try await run(yaml)
        #expect(result.code == 2, "\(result.output)")
        #expect(report["verdict"] as? String == "unknown")
        #expect(counts(report, 0)["attempted"] == 200)
        #expect(counts(report, 0)["unconfirmed"] == 200)
        #expect(counts(report, 0)["owed"] == 0 || counts(report, 0)["processed"] == 0)
    }

    @Test func withoutConfirmsLostMessagesAreNamed() async throws {
        let yaml = Self.lossy.replacing("CONFIRM", with: "").replacing("FAULT", with: "drop: 30%, settle: 20ms")
        let (result, report) = try await run(yaml)
        #expect(result.code == 1, "\(result.output)")
        let lost = counts(report, 0)["lost"]!
        #expect((30...90).contains(lost))
        #expect(counts(report, 0)["processed"] == 200 - lost)
        let examples = (assertion(report, 0)["destinations"] as! [[String: Any]])[0]["examples"] as! [Any]
        #expect(!examples.isEmpty)
        let faults = report["faults"] as! [[String: Any]]
        #expect(faults[0]["affected"] as? Int == lost)
        #expect(faults[0]["seen"] as? Int == 200)
    }

    @Test func withConfirmsAndAttemptsNothingIsLost() async throws {
        let yaml = Self.lossy.replacing("CONFIRM", with: ", confirm: {timeout: 30s, attempts: 30}")
            .replacing("FAULT", with: "drop: 30%, settle: 20ms")
        let (result, report) = try await run(yaml)
        #expect(result.code == 0, "\(result.output)")
        #expect(counts(report, 0)["lost"] == 0)
        #expect(counts(report, 0)["acknowledged"] == 200)
    }

    @Test func duplicatesViolateExactlyOnceOnly() async throws {
        let yaml = Self.lossy.replacing("CONFIRM", with: ", confirm: true").replacing("FAULT", with: "duplicate: 20%")
        let (result, report) = try await run(yaml)
        #expect(result.code == 1, "\(result.output)")
        #expect(assertion(report, 0)["verdict"] as? String == "pass")
        #expect(assertion(report, 1)["verdict"] as? String == "fail")
        let faults = report["faults"] as! [[String: Any]]
        #expect(counts(report, 1)["duplicated"] == faults[0]["affected"] as? Int)
    }

    @Test func aQueueBoundToNothingIsUnknown() async throws {
        let (result, report) = try await run(
            """
            exchanges: { e: { type: direct } }
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              a: { publish: { to: e, key: k, count: 20, confirm: true } }
              b: { consume: { queue: q } }
            assertions: [{ delivery: at-least-once, from: a, to: b }]
            """)
        #expect(result.code == 2, "\(result.output)")
        #expect(counts(report, 0)["owed"] == 0)
    }

    @Test func aWorkerThatDiesBeforeItsAckProcessesTwice() async throws {
        let (result, report) = try await run(
            """
            seed: 3
            queues: { q: { durable: true } }
            nodes:
              broker: { broker: {} }
              a: { publish: { queue: q, count: 60, persistent: true, confirm: true } }
              b:
                restart: { mode: always, backoff: 10ms }
                consume: { queue: q, ack: manual, prefetch: 1, fail: 8% }
            assertions:
              - { delivery: at-least-once, from: a, to: b }
              - { delivery: exactly-once, from: a, to: b, expect: violated }
            """)
        #expect(result.code == 0, "\(result.output)")
        #expect(counts(report, 0)["lost"] == 0)
        #expect(counts(report, 1)["duplicated"]! >= 1)
    }

    @Test func everythingSettlesUnderLostDeliveriesAndLostAcks() async throws {
        let (result, report) = try await run(
            """
            queues: { q: {} }
            exchanges: { e: { type: fanout } }
            nodes:
              broker: { broker: {} }
              a: { publish: { to: e, count: 150, confirm: true } }
              b: { consume: { queue: q, bind: e, ack: manual, prefetch: 1 } }
              c: { consume: { bind: e, ack: manual, prefetch: 1 } }
            faults:
              - { drop: 30%, link: "broker -> b", settle: 10ms }
              - { drop: 30%, link: "b -> broker", only: ack, settle: 10ms }
              - { drop: 30%, link: "broker -> c", settle: 10ms }
            assertions:
              - { delivery: at-least-once, from: a, to: b }
              - { delivery: at-least-once, from: a, to: c }
              - { queue: q, depth: 0 }
            """)
        #expect(result.code == 0, "\(result.output)")
        #expect(counts(report, 0)["lost"] == 0)
        #expect(counts(report, 1)["lost"] == 0)
    }

    @Test func connectionFaultsDelayAndDisturbAndLoseNothing() async throws {
        let (result, report) = try await run(
            """
            queues: { q: { durable: true } }
            nodes:
              broker: { broker: {} }
              a: { publish: { queue: q, count: 300, rate: 500/s, confirm: { timeout: 30s, attempts: 20 } } }
              b: { consume: { queue: q, ack: manual, prefetch: 20 } }
            faults:
              - { latency: 20ms, jitter: 10ms, link: a <-> broker, at: 50ms, for: 200ms }
              - { blackhole: true, link: broker -> b, at: 100ms, for: 150ms }
              - { reset: true, link: a <-> broker, at: 350ms }
              - { reset: true, link: b <-> broker, at: 400ms }
              - { pause: b, at: 450ms, for: 100ms }
            assertions:
              - { delivery: at-least-once, from: a, to: b }
              - { order: fifo, from: a, to: b }
              - { log: a, contains: connection lost }
              - { log: b, contains: connection lost }
            """)
        #expect(result.code == 0, "\(result.output)")
        #expect(counts(report, 0)["lost"] == 0)
    }

    @Test func anAnonymousQueueOwesOnlyWhatReachedItWhileItLived() async throws {
        // Some messages are dropped while the queue lives and confirmed when it is gone: never owed and confirmed at once.
        let (result, _) = try await run(
            """
            seed: 7
            nodes:
              broker: { broker: {} }
              p: { publish: { to: amq.fanout, rate: 500/s, count: 300, confirm: { attempts: 10, timeout: 30s } } }
              s: { consume: { bind: amq.fanout } }
            faults:
              - { drop: 30%, link: p -> broker, for: 400ms, settle: 300ms }
              - { pause: s, at: 200ms, for: 20ms }
              - { kill: s, at: 250ms }
            assertions:
              - { delivery: at-most-once, from: p, to: s }
            """)
        #expect(result.code == 0, "\(result.output)")
    }

    @Test func anInterruptedRunPassesNothing() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(
            """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              a: { publish: { queue: q, rate: 200/s, confirm: true } }
              b: { consume: { queue: q } }
            assertions: [{ delivery: at-least-once, from: a, to: b }]
            """, to: "t.yaml")
        let process = try orch.start(["up", "t.yaml"])
        try await Eventually.holds("messages flow") { try await orch.run("ps").output.contains("processed") }
        process.interrupt()
        try await Eventually.holds("it has ended") { !process.isRunning }
        #expect(process.terminationStatus == 130)
        #expect(try orch.report()["verdict"] as? String == "unknown")
    }

    @Test func aQueueIsJudgedBeforeTheEndWhereWithinSaysSo() async throws {
        let (result, _) = try await run(
            """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              a: { publish: { queue: q, count: 50, confirm: true } }
              b: { consume: { queue: q } }
            assertions:
              - { queue: q, depth: 0, within: 20s }
              - { queue: q, depth: 7, within: 200ms, expect: violated }
            """)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.seconds < 20, "it waited although the assertion held")
    }

    @Test func aProgramThatEndsEarlyIsJudgedAndKeepsNobodyWaiting() async throws {
        let (result, _) = try await run(
            """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              setup: { command: [sh, -c, "exit 3"] }
              a: { publish: { queue: q, count: 5, confirm: true }, depends_on: setup }
              b: { consume: { queue: q } }
            assertions:
              - { node: setup, exit: 3 }
              - { delivery: at-least-once, from: a, to: b }
            """)
        #expect(result.code == 0, "\(result.output)")
        #expect(result.seconds < 20)
    }
}
