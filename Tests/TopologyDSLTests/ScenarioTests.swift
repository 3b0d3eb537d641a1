import ClusterModel
import Testing

@testable import TopologyDSL

/// What the steps of a scenario become, and what is said of those that are wrong.
@Suite struct ScenarioTests {
    private static let head = """
        queues: { q: {} }
        exchanges: { e: { type: fanout } }
        nodes:
          broker: { broker: {} }
          a: { publish: { queue: q } }
          b: { replicas: 2, consume: { queue: q, bind: e } }

        """

    private func scenario(_ text: String) throws -> [ScenarioStep] {
        let loaded = TopologyFile.load(text: Self.head + text, path: "dir/t.yaml")
        #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics.map(\.message))")
        return try loaded.get().scenario
    }

    @Test func everyVerb() throws {
        let steps = try scenario(
            """
            scenario:
              - wait: 500ms
              - wait: { until: { node: b, processed: ">=3" } }
              - wait: { until: { queue: q, depth: 0, consumers: 2 }, within: 2s }
              - wait: { until: { fault: loss }, within: 1s }
              - wait: { until: { log: b-1, contains: x }, within: 1s }
              - fault: { drop: 30%, link: a -> broker, for: 2s, name: loss }
              - clear: all
              - clear: loss
              - publish: { to: e, body: hi, headers: { n: 1 } }
              - publish: { queue: q }
              - kill: 1 of b
                signal: TERM
              - pause: b-1
              - resume: b-1
              - stop: b
              - start: b
              - restart: b
              - assert: { delivery: at-least-once, from: a, to: b, of: attempted, within: 1s }
              - repeat: { times: 3, every: 1s, steps: [{ note: in }, { repeat: { times: 2, steps: [{ kill: b }] } }] }
              - { note: late, at: 3s, every: 1s, times: 2 }
            """)
        let texts = steps.map(\.action.text)
        #expect(
            texts == [
                "wait 500ms", "wait until processed of b is >=3 within 10s",
                "wait until queue q has depth 0 and consumers 2 within 2s",
                "wait until fault loss has ended within 1s", "wait until the log of b-1 has 'x' within 1s",
                "fault drop 30%", "clear all", "clear loss", "publish to e", "publish to queue q",
                "kill 1 of b with TERM", "pause b-1", "resume b-1", "stop b", "start b", "restart b",
                "assert delivery: at-least-once", "repeat 3 times", "note late",
            ])
        #expect(steps.map(\.location.line) == Array(8...18) + Array(20...27))
        #expect(steps.last?.at == .seconds(3) && steps.last?.times == 2 && steps[0].at == nil)
        guard case .publish(let message) = steps[8].action, case .repeat(let round) = steps[17].action else {
            return #expect(Bool(false), "\(steps)")
        }
        #expect(message == .init(exchange: "e", headers: ["n": .int(1)], body: "hi", broker: "broker"))
        #expect(round.every == .seconds(1) && round.steps.map(\.action.text) == ["note in", "repeat 2 times"])
    }

    @Test(arguments: [
        ("kill: nobody", "there is no node 'nobody'"), ("publish: { to: x }", "there is no exchange 'x'"),
        ("publish: { queue: x }", "there is no queue 'x'"),
        ("publish: { queue: q, key: k }", "'key' with 'queue': the queue's name is the key"),
        ("fault: { drop: 30%, at: 1s }", "'at' in a step's fault: it begins with its step"),
        ("fault: { drop: 30%, link: a -> z }", "there is no node 'z'"),
        ("wait: { until: { queue: z, depth: 1 } }", "there is no queue 'z'"),
        ("wait: { until: { queue: q } }", "'queue' says nothing yet: expected depth or consumers"),
        ("wait: { until: { queue: q, state: running } }", "'state' does not go with queue"),
        ("assert: { node: z, state: running }", "there is no node 'z'"),
        ("{ pause: b, signal: TERM }", "'signal' does not go with pause"),
        ("repeat: { times: 2, steps: [{ kill: z }] }", "there is no node 'z'"),
        ("repeat: { times: 2, steps: [{ kill: b, at: 1s }] }", "'at' in a repetition: its steps follow one another"),
        ("call: { method: S.m }", "there is no service 'S'"), ("jump: 3", "unknown key 'jump' in step"),
    ])
    func whatIsWrongIsSaid(step: String, message: String) {
        let loaded = TopologyFile.load(text: Self.head + "scenario:\n  - \(step)\n", path: "t.yaml")
        let errors = loaded.diagnostics.filter { $0.severity == .error }
        #expect(errors.contains { $0.message.hasPrefix(message) && $0.location.line == 8 }, "\(errors.map(\.message))")
    }

    @Test func whatAStepPassesMustFitItsMethod() {
        func errors(_ step: String) -> [String] {
            let text = """
                services:
                  S: { methods: { m: { request: { a: int64 }, response: { t: int64 }, handler: "return {}" } } }
                objects:
                  O:
                    methods: { m: { params: { b: int64 }, handler: "return" } }
                    instances: { o: { host: h } }
                nodes:
                  s: { serve: S }
                  d: { directory: }
                  h: { host: O }
                scenario:
                  - \(step)
                """
            return TopologyFile.load(text: text, path: "t.yaml").diagnostics.filter { $0.severity == .error }
                .map { "\($0.location.line): \($0.message)" }
        }
        #expect(errors("call: { method: S.m, with: { a: 1 } }").isEmpty)
        #expect(errors("call: { method: S.m, with: { b: 1 } }").first?.hasPrefix("12: 'b' is no field of") == true)
        #expect(errors("call: { method: S.m, with: { a: x } }").first?.hasPrefix("12: ") == true)
        #expect(errors("invoke: { object: o, method: m, with: { b: 1 } }").isEmpty)
        #expect(
            errors("invoke: { object: o, method: m, with: { a: 1 } }").first?.hasPrefix("12: 'a' is no field") == true)
    }

    @Test func whereTheScenarioPublishesBrokersHaveALinkToOutside() throws {
        let outside = NodeLink(client: NodeLink.outside, server: "broker")
        func links(_ text: String) throws -> [NodeLink] {
            try TopologyFile.load(text: Self.head + text, path: "t.yaml").get().links
        }
        #expect(try !links("scenario: [{ note: x }]").contains(outside))
        #expect(try links("scenario: [{ publish: { queue: q } }]").contains(outside))
        #expect(try links("scenario: [{ repeat: { times: 2, steps: [{ publish: { to: e } }] } }]").contains(outside))
        #expect(try links("script: |\n  log('a')\n").contains(outside))
    }

    @Test func anInlineScriptKnowsItsLines() throws {
        let text = "script: |\n  log('a')\n  log('b')\n"
        let script = try #require(try TopologyFile.load(text: Self.head + text, path: "dir/t.yaml").get().script)
        #expect(script.name == "t.yaml" && script.source == "log('a')\nlog('b')\n" && script.firstLine == 8)
        let broken = TopologyFile.load(text: Self.head + "script: |\n  log('a')\n  x = = 1\n", path: "t.yaml")
        #expect(broken.diagnostics.map(\.location.line) == [9])
        #expect(broken.diagnostics[0].message == "Lua: unexpected symbol near '='")
        let missing = TopologyFile.load(text: Self.head + "script: no.lua\n", path: "dir/t.yaml")
        #expect(missing.diagnostics.map(\.message) == ["'dir/no.lua': no such file"])
    }
}
