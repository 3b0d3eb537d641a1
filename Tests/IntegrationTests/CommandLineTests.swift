import Foundation
import TestSupport
import Testing

/// What people type, and what they get when they mistype.
@Suite struct CommandLineTests {
    private let orch = OrchBinary()

    @Test func aBadFileNamesEveryProblemAndExits65() async throws {
        defer { orch.remove() }
        orch.write(
            """
            exchanges: { logs: { typ: fanout } }
            nodes:
              broker: { broker: {} }
              a: { publish: { to: lgs, count: many } }
            """, to: "bad.yaml")
        let result = try await orch.run("up", "bad.yaml")
        #expect(result.code == 65)
        #expect(result.errors.contains("bad.yaml:1:22: error: "))
        #expect(result.errors.contains("bad.yaml:4:23: error: "))
        #expect(result.errors.contains("did you mean"))
        #expect(!FileManager.default.fileExists(atPath: "\(orch.folder)/.orch"))
    }

    @Test func lettersCaseDoesNotMatter() async throws {
        defer { orch.remove() }
        let result = try await Shell.run(OrchBinary.path, ["validate", "topologies/PUBSUB.yaml"], in: OrchBinary.root)
        #expect(result.code == 0)
        #expect(result.output.contains("Topologies/pubsub.yaml: ok"))
    }

    @Test func wrongUsageExits64() async throws {
        defer { orch.remove() }
        for words in [["up"], ["up", "--nonsense", "x"], ["nonsense"], ["up", "x", "--wait"]] {
            #expect(try await orch.run(words).code == 64, "\(words)")
        }
    }

    @Test func withoutAClusterCommandsSaySo() async throws {
        defer { orch.remove() }
        for words in [["status"], ["down"], ["fault", "list"]] {
            let result = try await orch.run(words)
            #expect(result.code == 69, "\(words)")
            #expect(result.errors.contains("no cluster is running here"))
        }
        #expect(try await orch.run("ps").code == 0)
    }

    @Test func aTakenPortExits69AndLeavesNothing() async throws {
        defer { orch.remove() }
        let other = OrchBinary()
        defer { other.remove() }
        let yaml = """
            nodes:
              broker: { broker: { port: 28672 } }
            """
        other.write(yaml, to: "t.yaml")
        orch.write(yaml, to: "t.yaml")
        #expect(try await other.run("up", "-d", "--wait", "t.yaml").code == 0)
        let result = try await orch.run("up", "t.yaml")
        #expect(result.code == 69)
        #expect(result.errors.contains("28672"))
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        _ = try await other.run("down")
        #expect(!Processes.isListening(28672))
    }

    @Test func aProgramThatIsNotThereExits69() async throws {
        defer { orch.remove() }
        orch.write(
            """
            nodes:
              broker: { broker: {} }
              tool: { command: [no-such-program-anywhere] }
            """, to: "t.yaml")
        let result = try await orch.run("up", "t.yaml")
        #expect(result.code == 69)
        #expect(result.errors.contains("no-such-program-anywhere"))
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    /// Two that never end by themselves: `--for` ends one in order, and `down NAME` the other.
    @Test func aRunWithoutAnEndOfItsOwnIsEndedInOrder() async throws {
        defer { orch.remove() }
        orch.write(Self.endless, to: "t.yaml")
        let short = try await orch.run("up", "t.yaml", "--for", "1s")
        #expect(short.code == 0, "\(short.output)\(short.errors)")
        #expect(short.output.contains("✔ delivery: at-least-once") && !short.output.contains("interrupted"))
        #expect(try await orch.run("up", "-d", "--wait", "t.yaml", "--for", "soon").code == 64)

        #expect(try await orch.run("up", "-d", "--wait", "t.yaml").code == 0)
        let drawn = try await orch.run("graph", "--format", "dot")
        #expect(drawn.code == 0 && drawn.output.contains("producer"), "\(drawn.errors)")
        let run = try #require(
            FileManager.default.contentsOfDirectory(atPath: "\(orch.folder)/.orch/runs").filter { $0 != "latest" }.max()
        )
        let down = try await orch.run("down", run)
        #expect(down.code == 0 && down.output.contains("✔ delivery: at-least-once"), "\(down.output)\(down.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    /// A question about a running cluster is no verdict, unless it is asked for as one.
    @Test(arguments: [false, true]) func aTypedAssertionCountsOnlyWhereItIsRecorded(isRecorded: Bool) async throws {
        defer { orch.remove() }
        orch.write(Self.endless, to: "t.yaml")
        #expect(try await orch.run("up", "-d", "--wait", "t.yaml").code == 0)
        let wrong = ["assert", "node: consumer", "state=killed"] + (isRecorded ? ["--record"] : [])
        #expect(try await orch.run(wrong).code == 1)
        let down = try await orch.run("down")
        #expect(down.code == (isRecorded ? 1 : 0), "\(down.output)")
        #expect(down.output.contains("assert node: consumer") == isRecorded, "\(down.output)")
    }

    private static let endless = """
        seed: 7
        nodes:
          broker: { broker: {} }
          producer: { publish: { to: amq.fanout, rate: 100/s, confirm: true } }
          consumer: { consume: { bind: amq.fanout } }
        assertions:
          - { delivery: at-least-once, from: producer, to: consumer }
        """

    @Test func logsAreWholeDownToTheLastLine() async throws {
        defer { orch.remove() }
        orch.write(
            """
            nodes:
              broker: { broker: {} }
              tool: { command: [sh, -c, "for i in $$(seq 1 2000); do echo line $i; done; printf 'the end'"] }
            assertions:
              - { log: tool, contains: line, count: 2000 }
              - { log: tool, contains: the end, count: 1 }
              - { node: tool, state: exited, exit: 0 }
            """, to: "t.yaml")
        let result = try await orch.run("up", "t.yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        let logs = try await orch.run("logs", "tool").output.split(separator: "\n")
        #expect(logs.count == 2001)
        #expect(logs.last == "tool | the end")
    }

    @Test func graphsSchemaAndCompletionsArePrinted() async throws {
        defer { orch.remove() }
        let pubsub = "\(OrchBinary.root)/Topologies/pubsub.yaml"
        for format in ["ascii", "mermaid", "dot"] {
            let result = try await orch.run("graph", pubsub, "--format", format)
            #expect(result.code == 0)
            #expect(result.output.contains("producer") && result.output.contains("logs"))
        }
        let schema = try await orch.run("schema").output
        #expect(try JSONSerialization.jsonObject(with: Data(schema.utf8)) is [String: Any])
        let committed = try String(
            contentsOfFile: "\(OrchBinary.root)/Topologies/topology.schema.json", encoding: .utf8)
        #expect(schema == committed, "run: orch schema > Topologies/topology.schema.json")
        for shell in ["bash", "zsh", "fish"] {
            #expect(try await orch.run("--generate-completion-script", shell).output.contains("orch"))
        }
    }

    @Test func theReportHasTheShapeThatIsPromised() async throws {
        defer { orch.remove() }
        let result = try await orch.run(
            "up", "\(OrchBinary.root)/Topologies/routing.yaml", "--seed", "99", "--report", "json=out.json", "--json")
        #expect(result.code == 0)
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(orch.folder)/out.json"))
        let report = try JSONSerialization.jsonObject(with: file) as! [String: Any]
        #expect(report["topology"] as? String == "routing")
        #expect(report["seed"] as? Int == 99)
        #expect(report["verdict"] as? String == "pass")
        #expect(report["duration_s"] is Double)
        #expect((report["nodes"] as? [[String: Any]])?.count == 4)
        let printed = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as! [String: Any]
        #expect(printed["verdict"] as? String == "pass")
    }
}
