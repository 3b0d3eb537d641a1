import Foundation
import TestSupport
import Testing

/// Remote procedure calls between real processes, and what the verdict says of them.
@Suite struct CallTests {
    private func run(_ topology: String, environment: [String: String] = [:]) async throws
        -> (OrchBinary.Result, [[String: Any]], OrchBinary)
    {
        let orch = OrchBinary()
        orch.write(topology, to: "t.yaml")
        let result = try await orch.run(["up", "t.yaml"], environment: environment)
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
        let report = try orch.report()
        return (result, report["assertions"] as? [[String: Any]] ?? [], orch)
    }

    private func counts(_ assertion: [String: Any]) -> [String: Any] {
        (assertion["calls"] as? [String: Any])?["counts"] as? [String: Any] ?? [:]
    }

    private func number(_ assertion: [String: Any], _ name: String) -> Int {
        let value = counts(assertion)[name]
        if let range = value as? [String: Any] { return range["least"] as? Int ?? -1 }
        return value as? Int ?? ((counts(assertion)["duplicates"] as? [String: Any])?[name] as? Int ?? -1)
    }

    @Test(arguments: ["rpc-suma", "rpc-crash", "rpc-streams", "rpc-over-queue", "rpc-replicas"])
    func bundledTopologiesPass(name: String) async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let result = try await orch.run("up", "\(OrchBinary.root)/Topologies/\(name).yaml")
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    private static func counter(_ extra: String, _ assertions: String) -> String {
        """
        seed: 3
        services:
          Counter:
            retry: { timeout: 250ms, attempts: 20, backoff: none }
            \(extra)
            methods:
              increment:
                response: { count: int64 }
                handler: |
                  state.count = (state.count or 0) + 1
                  return { count = state.count }
        nodes:
          server: { serve: Counter }
          client: { call: { method: Counter.increment, count: 100, concurrency: 8 } }
        faults:
          - { drop: 30%, only: [request, reply] }
        assertions:
          - { availability: 100% }
          \(assertions)
        """
    }

    @Test func atMostOnceExecutesEachCallOnceUnderLoss() async throws {
        let (result, assertions, orch) = try await run(Self.counter("", "- { calls: exactly-once }"))
        defer { orch.remove() }
        #expect(result.code == 0, "\(result.output)")
        #expect(number(assertions[1], "executions") == 100)
        #expect(number(assertions[1], "attempts") > 130)
    }

    @Test func executingDuplicatesViolatesAtMostOnce() async throws {
        let (result, assertions, orch) = try await run(
            Self.counter("duplicates: { on: execute }", "- { calls: at-most-once }"))
        defer { orch.remove() }
        #expect(result.code == 1, "\(result.output)")
        #expect(assertions[1]["verdict"] as? String == "fail")
        #expect(number(assertions[1], "executions") > 110)
    }

    @Test func duplicatesAttachToARunningCallAndDoNotCancelIt() async throws {
        let (result, assertions, orch) = try await run(
            """
            services:
              Slow:
                retry: { timeout: 200ms, attempts: 30, backoff: none }
                methods:
                  work: { response: { done: bool }, handler: "sleep('2s') return { done = true }" }
            nodes:
              server: { serve: Slow }
              client: { call: { method: Slow.work, count: 1, expect: { done: true } } }
            faults:
              - { drop: 100%, only: { kind: reply, first: 1 } }
            assertions:
              - { calls: exactly-once }
            """)
        defer { orch.remove() }
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(number(assertions[0], "executions") == 1)
        #expect(number(assertions[0], "attached") >= 5, "\(counts(assertions[0]))")
    }

    @Test func aFullTableRefusesAsNotExecuted() async throws {
        let (result, assertions, orch) = try await run(
            """
            services:
              Slow:
                retry: { timeout: 2s, attempts: 1 }
                duplicates: { capacity: 2 }
                methods:
                  work: { handler: "sleep(400) return {}" }
            nodes:
              server: { serve: Slow }
              client: { call: { method: Slow.work, count: 5, concurrency: 5 } }
            assertions:
              - { calls: at-most-once }
            """)
        defer { orch.remove() }
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(number(assertions[0], "succeeded") == 2, "\(counts(assertions[0]))")
        #expect(number(assertions[0], "not_executed") == 3, "\(counts(assertions[0]))")
        #expect(number(assertions[0], "executions") == 2)
    }

    /// Each fails for its caller alone, with a status that says why; calls made meanwhile and afterwards succeed.
    @Test func handlersThatMisbehaveHarmNobodyElse() async throws {
        let (result, _, orch) = try await run(
            """
            services:
              Bad:
                retry: { timeout: 8s, attempts: 1 }
                limits: { instructions: 3000000, memory: 8MB, time: 6s }
                methods:
                  loop: { handler: "while true do end" }
                  hog: { handler: "local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end" }
                  throw: { handler: "error('this went wrong')" }
                  wrong: { response: { total: int64 }, handler: "return { total = 'abc' }" }
                  raise: { handler: "raise('NOT_FOUND', 'nobody', { reason = 'none' })" }
                  good: { request: { n: int64 }, response: { n: int64 }, handler: "return { n = request.n }" }
            nodes:
              server: { serve: Bad }
              client:
                call:
                  - { method: Bad.loop, count: 2, expect_status: RESOURCE_EXHAUSTED }
                  - { method: Bad.hog, count: 2, expect_status: RESOURCE_EXHAUSTED }
                  - { method: Bad.throw, count: 2, expect_status: UNKNOWN }
                  - { method: Bad.wrong, count: 2, expect_status: INTERNAL }
                  - { method: Bad.raise, count: 2, expect_status: NOT_FOUND }
                  - { method: Bad.good, with: { n: $(seq) }, expect: { n: $(seq) }, count: 300, rate: 300/s }
            assertions:
              - { availability: 100%, method: Bad.good }
              - { calls: exactly-once }
              - { node: server, restarts: 0 }
            """)
        defer { orch.remove() }
        #expect(result.code == 0, "\(result.output)\(result.errors)")
    }

    @Test func anUnexpectedReplyFailsTheRun() async throws {
        let (result, assertions, orch) = try await run(
            """
            services:
              Calculator:
                methods:
                  suma: { request: { a: int64 }, response: { total: int64 }, handler: "return { total = request.a }" }
            nodes:
              server: { serve: Calculator }
              client: { call: { method: Calculator.suma, with: { a: $(seq) }, count: 3, expect: { total: 2 } } }
            assertions:
              - { calls: exactly-once }
            """)
        defer { orch.remove() }
        #expect(result.code == 1, "\(result.output)")
        #expect(assertions.last?["assertion"] as? String == "replies: as expected")
        #expect(number(assertions[0], "unexpected_replies") == 2, "\(counts(assertions[0]))")
    }

    @Test func handlersCallOtherServices() async throws {
        let (result, assertions, orch) = try await run(
            """
            services:
              Front:
                methods:
                  twice:
                    request: { n: int64 }
                    response: { n: int64 }
                    handler: |
                      local reply = call("Back.add", { a = request.n, b = request.n })
                      return { n = reply.total }
              Back:
                methods:
                  add: { request: { a: int64, b: int64 }, response: { total: int64 },
                         handler: "return { total = request.a + request.b }" }
            nodes:
              front: { serve: Front }
              back: { serve: Back }
              client: { call: { method: Front.twice, with: { n: 21 }, count: 20, expect: { n: 42 } } }
            assertions:
              - { calls: exactly-once, method: Front.twice }
              - { calls: exactly-once, method: Back.add, from: front }
            """)
        defer { orch.remove() }
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(number(assertions[1], "calls") == 20)
    }

    @Test func handlersPublishAndLog() async throws {
        let (result, _, orch) = try await run(
            """
            exchanges: { events: { type: fanout } }
            queues: { audit: { bind: events } }
            services:
              Shop:
                methods:
                  order:
                    request: { id: int64 }
                    response: { ok: bool }
                    handler: |
                      publish("events", "order", "order " .. request.id, { kind = "new" })
                      log("ordered", request.id, metadata["x-who"], method, node, replica, attempt)
                      return { ok = true }
            nodes:
              broker: { broker: {} }
              server: { serve: Shop }
              auditor: { consume: { queue: audit, ack: manual } }
              client: { call: { method: Shop.order, with: { id: $(seq) }, count: 20, metadata: { x-who: me } } }
            assertions:
              - { calls: exactly-once }
              - { availability: 100% }
              - { delivery: exactly-once, to: auditor }
              - { log: server, contains: ordered 7 me Shop.order server 1 1 }
            """)
        defer { orch.remove() }
        #expect(result.code == 0, "\(result.output)\(result.errors)")
    }

    @Test func aCallByHandIsTraced() async throws {
        let orch = OrchBinary()
        defer { orch.remove() }
        let up = try await orch.run(
            "up", "-d", "--wait", "--keep", "\(OrchBinary.root)/Topologies/rpc-suma.yaml")
        #expect(up.code == 0, "\(up.errors)")
        let plain = try await orch.run("call", "Calculator.suma", "a=20", "b=22", "--json")
        #expect(plain.output == "{\"total\":\"42\"}\n", "\(plain.output)\(plain.errors)")
        let traced = try await orch.run("call", "Calculator.suma", "{\"a\": 1, \"b\": 2}", "--trace")
        #expect(traced.output.contains("attempt 1 sent to server"))
        #expect(traced.output.contains("executed reply"))
        let fault = try await orch.run("fault", "drop", "100%", "--only", "request")
        #expect(fault.code == 0, "\(fault.errors)")
        let lost = try await orch.run("call", "Calculator.suma", "a=1", "--timeout", "100ms", "--attempts", "2")
        #expect(lost.code == 2, "\(lost.output)\(lost.errors)")
        let wrong = try await orch.run("call", "Calculator.suma", "c=1")
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("c"))
        _ = try await orch.run("down")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }
}
