import Foundation
import TestSupport
import Testing

/// A running cluster, from outside: what `ps` says, what a kill does, what is left behind.
@Suite(.serialized) struct LifecycleTests {
    private static let endless = """
        exchanges: { e: { type: fanout } }
        nodes:
          broker: { broker: {} }
          producer: { publish: { to: e, rate: 500/s, confirm: true } }
          subscriber: { replicas: 3, consume: { bind: e } }
        assertions: [{ delivery: at-least-once, from: producer, to: subscriber }]
        """

    private func up(_ orch: OrchBinary, _ yaml: String, name: String = "t") async throws {
        orch.write(yaml, to: "\(name).yaml")
        let result = try await orch.run("up", "-d", "--wait", "--seed", "5", "\(name).yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
    }

    private func nodes(_ orch: OrchBinary, cluster: String? = nil) async throws -> [[String: Any]] {
        let extra = cluster.map { ["--cluster", $0] } ?? []
        let result = try await orch.run(["ps", "--json"] + extra)
        let clusters = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as! [[String: Any]]
        return clusters.flatMap { $0["nodes"] as! [[String: Any]] }
    }

    private func node(_ orch: OrchBinary, _ name: String) async throws -> [String: Any] {
        try await nodes(orch).first { $0["name"] as? String == name } ?? [:]
    }

    @Test func psShowsWhatTheKernelKnowsAndAKillFromOutsideIsAFinding() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await up(orch, Self.endless)
        let pids = try await nodes(orch).compactMap { $0["pid"] as? Int32 }
        #expect(pids.count == 5 && Set(pids).count == 5)
        #expect(Set(pids) == Set(Processes.ofRuns(in: orch.folder)))

        let victim = try #require(try await node(orch, "subscriber-3")["pid"] as? Int32)
        kill(victim, SIGKILL)
        try await Eventually.holds("ps shows the kill") {
            try await node(orch, "subscriber-3")["state"] as? String == "killed"
        }
        let down = try await orch.run("down")
        #expect(down.code == 1, "\(down.output)")
        #expect(down.output.contains("subscriber-3"))
        let report = try orch.report()
        let told = (report["nodes"] as! [[String: Any]]).first { $0["name"] as? String == "subscriber-3" }
        #expect(told?["state"] as? String == "killed")
        #expect(told?["pid"] as? Int32 == victim)
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    @Test func aFaultByCommandCountsAndEndsWithoutATrace() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await up(
            orch,
            """
            drain: 60s
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              producer: { publish: { queue: q, rate: 2000/s } }
              consumer: { consume: { queue: q } }
            assertions: [{ delivery: at-least-once, from: producer, to: consumer, of: attempted }]
            """)
        let started = try await orch.run("fault", "drop", "30%", "--link", "producer -> broker", "--json")
        #expect(started.code == 0, "\(started.errors)")
        func fault() async throws -> (seen: Int, affected: Int) {
            let list = try await orch.run("fault", "list", "--json").output
            let all = try JSONSerialization.jsonObject(with: Data(list.utf8)) as! [[String: Any]]
            return (all[0]["seen"] as! Int, all[0]["affected"] as! Int)
        }
        try await Eventually.holds("10,000 publishes are seen", within: 60) { try await fault().seen >= 10_000 }
        #expect(try await orch.run("fault", "clear").code == 0)
        let cleared = try await fault()
        #expect(abs(Double(cleared.affected) / Double(cleared.seen) - 0.3) < 0.025, "\(cleared)")
        let published = {
            try await node(orch, "producer")["progress"].flatMap { ($0 as? [String: Any])?["published"] as? Int } ?? 0
        }
        let before = try await published()
        try await Eventually.holds("publishing goes on") { try await published() > before + 500 }
        #expect(try await fault() == cleared, "a fault that was cleared touched something")
        let down = try await orch.run("down")
        #expect(down.code == 1, "\(down.output)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    /// Message numbers that the fault of a run dropped.
    private func dropped(_ orch: OrchBinary) async throws -> [Int] {
        try await orch.run("events").output.split(separator: "\n").compactMap { line in
            guard line.contains("\"kind\":\"transmission\""), line.contains("\"fate\":\"dropped\"") else { return nil }
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
            return event["n"] as? Int
        }
    }

    @Test func theSameSeedDropsTheSameMessages() async throws {
        let yaml = """
            queues: { q: {} }
            nodes:
              broker: { broker: {} }
              a: { publish: { queue: q, count: 500 } }
              b: { consume: { queue: q } }
            faults: [{ drop: 30%, link: a -> broker }]
            """
        var runs: [[Int]] = []
        for seed in ["11", "11", "12"] {
            let orch = OrchBinary()
            defer { orch.remove() }
            orch.write(yaml, to: "t.yaml")
            _ = try await orch.run("up", "t.yaml", "--seed", seed)
            runs.append(try await dropped(orch))
        }
        #expect(runs[0].count > 100)
        #expect(runs[0] == runs[1])
        #expect(runs[0] != runs[2])
    }

    @Test func whenTheOrchestratorIsKilledNothingIsLeft() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await up(
            orch,
            Self.endless + """

                faults: [{ pause: subscriber-2 }]
                """)
        try await Eventually.holds("subscriber-2 is paused") {
            try await node(orch, "subscriber-2")["state"] as? String == "paused"
        }
        let list = try await orch.run("ps", "--json").output
        let clusters = try JSONSerialization.jsonObject(with: Data(list.utf8)) as! [[String: Any]]
        let orchestrator = clusters[0]["pid"] as! Int32
        let ports = (clusters[0]["links"] as! [[String: Any]]).map { $0["port"] as! Int }
        let brokerPort = try await node(orch, "broker")["port"] as! Int
        #expect(ports.allSatisfy(Processes.isListening) && Processes.isListening(brokerPort))
        kill(orchestrator, SIGKILL)
        try await Eventually.holds("all processes are gone") { Processes.ofRuns(in: orch.folder).isEmpty }
        // A process that ends gives its memory back, and is not seen any more, before its sockets.
        try await Eventually.holds("no port is left") {
            !ports.contains(where: Processes.isListening) && !Processes.isListening(brokerPort)
        }
    }

    @Test func grandchildrenOfProgramsGoWithTheOrchestrator() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await up(
            orch,
            """
            nodes:
              broker: { broker: {} }
              tool:
                command: [sh, -c, "setsid sleep 1000 & sleep 1000 & echo started; exec sleep 1000"]
                ready: { log: started }
            """)
        try await Eventually.holds("all sleeps run") { Processes.ofRuns(in: orch.folder).count >= 4 }
        let list = try await orch.run("ps", "--json").output
        let clusters = try JSONSerialization.jsonObject(with: Data(list.utf8)) as! [[String: Any]]
        kill(clusters[0]["pid"] as! Int32, SIGKILL)
        try await Eventually.holds("all processes are gone") { Processes.ofRuns(in: orch.folder).isEmpty }
    }

    @Test func grandchildrenOfProgramsGoAtTheEndOfARun() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        try await up(
            orch,
            """
            nodes:
              broker: { broker: {} }
              tool:
                command: [sh, -c, "setsid sleep 1000 & sleep 1000 & echo started; exec sleep 1000"]
                ready: { log: started }
            """)
        _ = try await orch.run("down")
        try await Eventually.holds("all processes are gone") { Processes.ofRuns(in: orch.folder).isEmpty }
    }

    @Test(arguments: [0, 60, 200, 700]) func ctrlCEndsSoonAndTellsWhatIsKnown(milliseconds: Int) async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(Self.endless, to: "t.yaml")
        let process = try orch.start(["up", "t.yaml"])
        try await Eventually.holds("a run folder") {
            FileManager.default.fileExists(atPath: "\(orch.folder)/.orch/runs/latest/plan.json")
        }
        try await ContinuousClock().sleep(for: .milliseconds(milliseconds))
        process.interrupt()
        try await Eventually.holds("it has ended") { !process.isRunning }
        #expect(process.terminationStatus == 130)
        #expect(try orch.report()["verdict"] != nil)
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    @Test func twoClustersRunSideBySide() async throws {
        let one = OrchBinary()
        defer { one.remove() }
        try await up(one, Self.endless, name: "one")
        try await up(one, Self.endless, name: "two")
        let ambiguous = try await one.run("status")
        #expect(ambiguous.code == 64)
        #expect(ambiguous.errors.contains("--cluster"))
        #expect(try await nodes(one).count == 10)
        #expect(try await nodes(one, cluster: "one").count == 5)
        let first = try await one.run("down", "--cluster", "one")
        #expect(first.code == 0, "\(first.output)\(first.errors)")
        #expect(try await nodes(one).count == 5)
        let second = try await one.run("down")
        #expect(second.code == 0, "\(second.output)\(second.errors)")
        #expect(Processes.ofRuns(in: one.folder).isEmpty)
    }

    @Test func aDeepFolderIsNoHindrance() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let deep = orch.folder + String(repeating: "/a-folder-with-a-long-name", count: 8)
        try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
        try Self.endless.replacing("rate: 500/s", with: "count: 50").write(
            toFile: "\(deep)/t.yaml", atomically: true, encoding: .utf8)
        let result = try await Shell.run(OrchBinary.path, ["up", "t.yaml"], in: deep)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
    }
}
