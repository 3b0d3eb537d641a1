import Foundation
import TestSupport
import Testing

/// Scenarios and scripts against real processes.
@Suite struct ScenarioTests {
    private func run(
        _ yaml: String, files: [String: String] = [:]
    ) async throws -> (OrchBinary.Result, assertions: [[String: Any]]) {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(yaml, to: "t.yaml")
        for (name, text) in files { orch.write(text, to: name) }
        let result = try await orch.run(["up", "t.yaml"])
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        return (result, try orch.report()["assertions"] as! [[String: Any]])
    }

    private static let nodes = """
        seed: 5
        queues: { q: {} }
        nodes:
          broker: { broker: {} }
          a: { publish: { queue: q, count: 60, rate: 200/s, confirm: { timeout: 300ms, attempts: 20 } } }
          b: { replicas: 2, consume: { queue: q, ack: manual }, restart: { mode: always, backoff: 10ms } }

        """

    @Test func eachVerbDoesItsWork() async throws {
        let (result, assertions) = try await run(
            Self.nodes + """
                scenario:
                  - wait: 20ms
                  - note: it begins
                  - fault: { drop: 20%, link: a -> broker, name: loss, settle: 20ms }
                  - wait: { until: { node: a, published: ">=20" }, within: 30s }
                  - clear: loss
                  - wait: { until: { fault: loss }, within: 30s }
                  - kill: b-1
                  - wait: { until: { node: b-1, state: running }, within: 30s }
                  - pause: b-2
                  - wait: { until: { node: b-2, state: paused }, within: 30s }
                  - resume: b-2
                  - restart: b-1
                  - stop: b-1
                  - wait: { until: { node: b-1, state: exited }, within: 30s }
                  - start: b-1
                  - repeat: { times: 2, every: 20ms, steps: [{ publish: { queue: q, body: extra } }] }
                  - wait: { until: { queue: q, depth: 0, consumers: 2 }, within: 30s }
                  - assert: { node: b, state: running, within: 30s }
                  - { note: beside, at: 10ms, every: 20ms, times: 2 }
                assertions:
                  - { delivery: at-least-once, from: a, to: b }
                """)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(assertions.map { $0["assertion"] as? String }.contains("scenario: step 18 assert node: b"))
        #expect(result.output.contains("it begins") && result.output.contains("beside"))
    }

    @Test func aStepThatFailsEndsTheScenarioAndIsAFailedAssertion() async throws {
        let (result, assertions) = try await run(
            Self.nodes + """
                scenario:
                  - wait: { until: { queue: q, depth: 5000 }, within: 100ms }
                  - note: never said
                """)
        #expect(result.code == 1, "\(result.output)")
        let step = try #require(assertions.first { ($0["assertion"] as? String)?.hasPrefix("scenario:") ?? false })
        #expect(step["line"] as? Int == 8 && step["verdict"] as? String == "fail")
        #expect(result.output.contains("scenario: step 1 wait until queue q has depth 5000 within 100ms"))
        #expect(!result.output.contains("never said"))
    }

    @Test func aScriptBreaksAndMends() async throws {
        let script = """
            local loss = fault("drop 30%", { link = "a -> broker", settle = "20ms" })
            wait_until(function() return status("a").published >= 20 end, { within = 30 })
            loss:clear()
            kill("b-" .. random(1, 2))
            wait_until(function() return status("b").state == "running" end, { within = 30 })
            publish { queue = "q", body = "extra", headers = { n = 1 } }
            wait_until(function() return queue("q").depth == 0 end, { within = 30 })
            assert_that("node: broker", { state = "running" })
            """
        let (result, assertions) = try await run(
            Self.nodes + "script: chaos.lua\nassertions: [{ delivery: at-least-once, from: a, to: b }]\n",
            files: ["chaos.lua": script])
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(assertions.count == 2)
        #expect(assertions.last?["assertion"] as? String == "scenario: chaos.lua:8 assert node: broker")
    }

    @Test func stepsReachFeedsServicesAndObjects() async throws {
        let (result, assertions) = try await run(
            """
            seed: 3
            services:
              Calc:
                methods:
                  big:
                    request: { a: int64 }
                    response: { total: int64, many: uint64, list: [int64], small_name: string }
                    handler: return { total = request.a + 1, many = 7, list = { 1, 2 }, small_name = "x" }
            objects:
              Counter:
                state: { total: 0 }
                methods:
                  increment: { returns: int64, handler: "self.total = self.total + 1 return self.total" }
                instances:
                  hits: { host: host-1 }
            feeds:
              news: { append: { body: n $(seq), count: 5, rate: 50/s } }
            nodes:
              directory: { directory: }
              host: { replicas: 2, host: Counter }
              server: { serve: Calc }
              press: { feed: news }
              reader: { watch: { feed: news, by: push } }
              caller: { invoke: { object: hits, method: increment, count: 20, rate: 100/s } }
            scenario:
              - publish: { feed: news, body: extra }
              - wait: { until: { node: reader, viewed: ">=6" }, within: 30s }
              - invoke: { object: hits, method: increment }
              - migrate: hits
                to: host-2
              - wait: { until: { node: caller, called: 20 }, within: 30s }
              - invoke: { object: hits, method: increment, expect: 22 }
              - call: { method: Calc.big, with: { a: 41 }, expect: { total: 42, small_name: x } }
            script: |
              local reply = call("Calc.big", { a = 9007199254740992 })
              assert(reply.total == 9007199254740993 and math.type(reply.total) == "integer")
              assert(reply.many == 7 and math.type(reply.many) == "integer" and reply.list[2] == 2)
              assert(reply.small_name == "x")
            assertions:
              - { feed: exactly-once, of: news, to: reader }
              - { linearizable: hits, model: counter }
              - { calls: exactly-once, method: Counter.increment }
              - { state: hits, is: { total: 22 } }
            """)
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(assertions.allSatisfy { $0["verdict"] as? String == "pass" })
        #expect(result.output.contains("hits moved to host-2"), "\(result.output)")
        // What the steps did is evidence: 20 of the caller's, and 2 of theirs.
        #expect(result.output.contains("22 invocations of 1 object"), "\(result.output)")
    }

    @Test func aStepThatExpectsAnotherReplyFails() async throws {
        let (result, _) = try await run(
            """
            services:
              Calc:
                methods:
                  big: { request: { a: int64 }, response: { total: int64 }, handler: "return { total = request.a }" }
            nodes:
              server: { serve: Calc }
              caller: { call: { method: Calc.big, with: { a: 1 }, count: 1 } }
            scenario:
              - call: { method: Calc.big, with: { a: 9007199254740993 }, expect: { total: 9007199254740992 } }
            """)
        #expect(result.code == 1, "\(result.output)\(result.errors)")
        #expect(result.output.contains("the reply was { total: 9007199254740993 }"), "\(result.output)")
    }

    @Test func stepsReachABrokerThatIsNotOurs() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let broker = try orch.start(["broker", "-p", "0", "--json"])
        defer {
            kill(broker.processIdentifier, SIGTERM)
            broker.waitUntilExit()
        }
        var url = ""
        try await Eventually.holds("the broker listens", within: 30) {
            let files = try FileManager.default.contentsOfDirectory(atPath: orch.folder).filter { $0.hasPrefix("out-") }
            guard let file = files.first else { return false }
            let printed = try String(contentsOfFile: "\(orch.folder)/\(file)", encoding: .utf8)
            guard let start = printed.range(of: "amqp://"), printed.contains("}") else { return false }
            url = String(printed[start.lowerBound...].prefix { $0 != "\"" })
            return true
        }
        orch.write(
            """
            queues: { jobs: {}, other: {} }
            nodes:
              broker: { broker: { engine: external, url: "${URL}" } }
              a: { publish: { queue: jobs, count: 20, rate: 200/s, confirm: true } }
              b: { consume: { queue: jobs } }
            scenario:
              - publish: { queue: other, body: one }
              - repeat: { times: 2, steps: [{ publish: { queue: other, body: more } }] }
              - wait: { until: { queue: other, depth: 3 }, within: 30s }
            script: |
              wait_until(function() return status("b").processed == 20 and queue("other").depth == 3 end, { within = 30 })
              local deaf = fault("drop 100%", { link = "outside -> broker", settle = "10ms" })
              assert(not pcall(publish, { queue = "other", body = "lost" }))
              deaf:clear()
              publish { queue = "other", body = "last" }
            assertions:
              - { delivery: exactly-once, from: a, to: b }
              - { queue: other, depth: 4 }
            """, to: "t.yaml")
        let result = try await orch.run(["up", "t.yaml"], environment: ["URL": url])
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        #expect(broker.isRunning)
    }

    @Test func anErrorInLuaPointsAtItsLine() async throws {
        let (result, _) = try await run(
            Self.nodes + "script: |\n  log('one')\n\n  kill('nobody')\n")
        #expect(result.code == 1, "\(result.output)")
        #expect(result.output.contains("t.yaml:10: kill: there is no node 'nobody'"))
    }

    @Test func commandsReachADetachedCluster() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        orch.write(
            """
            queues: { q: {}, other: {} }
            nodes:
              broker: { broker: {} }
              b: { consume: { queue: q } }
            """, to: "t.yaml")
        orch.write("publish { queue = 'other', body = 'x' }\nlog('depth', queue('other').depth)\n", to: "ok.lua")
        orch.write("\nassert_that('queue: other', { depth = 7 })\n", to: "bad.lua")
        let up = try await orch.run("up", "-d", "t.yaml")
        #expect(up.code == 0, "\(up.errors)")
        let ok = try await orch.run("run", "ok.lua")
        #expect(ok.code == 0 && ok.output.contains("depth 1"), "\(ok.output)\(ok.errors)")
        let published = try await orch.run("publish", "hello", "--queue", "other")
        #expect(published.code == 0, "\(published.errors)")
        let held = try await orch.run("assert", "queue: other", "depth=2", "--within", "2s")
        #expect(held.code == 0, "\(held.errors)")
        let bad = try await orch.run("run", "bad.lua")
        #expect(bad.code == 1 && bad.errors.contains("bad.lua:2: assert_that: queue: other"), "\(bad.errors)")
        let down = try await orch.run("down")
        #expect(down.code == 1, "the script's failed assertion counts: \(down.output)")
    }
}
