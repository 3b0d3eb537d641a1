import ClusterModel
import Protobuf
import Testing

@testable import TopologyDSL

/// What sound services, servers and callers become.
@Suite struct ServiceModelTests {
    private func topology(_ text: String, warnings: [String] = []) throws -> Topology {
        let loaded = TopologyFile.load(text: text, path: "dir/t.yaml")
        #expect(loaded.diagnostics.map(\.message) == warnings, "\(loaded.diagnostics.rendered())")
        return try loaded.get()
    }

    @Test func theShortestService() throws {
        let topology = try topology(DiagnosticTests.services)
        let service = try #require(topology.services.first)
        #expect(service.name == "Calculator" && service.shortName == "Calculator")
        #expect(
            service.schema
                == ProtoSchema(
                    messages: [
                        MessageDefinition(
                            name: "SumaRequest",
                            fields: [
                                FieldDefinition(name: "a", number: 1, type: .int64),
                                FieldDefinition(name: "b", number: 2, type: .int64),
                            ]),
                        MessageDefinition(
                            name: "SumaResponse", fields: [FieldDefinition(name: "total", number: 1, type: .int64)]),
                    ],
                    services: [
                        ServiceDefinition(
                            name: "Calculator",
                            methods: [MethodDefinition(name: "suma", input: "SumaRequest", output: "SumaResponse")])
                    ]))
        #expect(
            service.handlers == [
                ServiceHandler(
                    method: "suma", source: "return { total = request.a + request.b }",
                    location: SourceLocation(file: "dir/t.yaml", line: 7, column: 18))
            ])
        #expect(service.semantics == .atMostOnce && service.retry == RetryPolicy())
        #expect(service.duplicates == DuplicatePolicy() && service.limits == HandlerLimits())
        #expect(topology.node(named: "server")?.serve == ServeRole(services: ["Calculator"]))
        #expect(
            topology.node(named: "client")?.call == [
                CallRole(
                    service: "Calculator", method: "suma", requests: [.table(["a": .int(1), "b": .int(2)])], count: 10,
                    to: "server")
            ])
        #expect(topology.links.map(\.description) == ["client <-> server", "outside <-> server"])
    }

    @Test func everyKindOfType() throws {
        let topology = try topology(
            #"""
            services:
              S:
                package: shop.v1
                messages:
                  Point: { x: double, y: float }
                  Line: { from: Point, to: shop.v1.Point, tags: [string], colour: Colour, deep: M2Request.Inner }
                enums: { Colour: [RED, GREEN] }
                methods:
                  m2:
                    request:
                      a: int64
                      list: repeated string
                      table: "map<string, Point>"
                      perhaps: optional int32
                      when: Timestamp
                      inner: { b: bool, deeper: { c: bytes } }
                      order_lines: [{ sku: string }]
                      kind: { enum: [NONE, SOME] }
                      mode: { enum: { OFF: 0, ON: 3 } }
                      choice: { oneof: { p: Point, q: { z: sint64 }, r: { type: string, number: 1 } } }
                      pinned: { type: fixed64, number: 3 }
                      level: { enum: [LOW], number: 40 }
                      type: { type: string }
                      last: uint32
                    response: Line
                    stream: client
                    handler: return {}
                  n: { request: Empty, response: google.protobuf.Duration, stream: both, handler: "return {}" }
                  o: { handler: "return {}", stream: server }
            nodes:
              server: { serve: S }
            """#)
        let schema = try #require(topology.services.first).schema
        #expect(schema.package == "shop.v1")
        #expect(
            schema.messages.map(\.name)
                == [
                    "Point", "Line", "M2Request", "M2Request.Inner", "M2Request.Inner.Deeper", "M2Request.OrderLines",
                    "M2Request.Q", "M2Request.Type", "ORequest", "OResponse",
                ].map { "shop.v1.\($0)" })
        let request = try #require(schema.message(named: "shop.v1.M2Request"))
        #expect(request.oneofs == ["choice"])
        func field(_ name: String) -> FieldDefinition? { request.field(named: name) }
        #expect(
            request.fields.map { "\($0.name)=\($0.number)" } == [
                "a=2", "list=4", "table=5", "perhaps=6", "when=7", "inner=8", "order_lines=9", "kind=10", "mode=11",
                "p=12", "q=13", "r=1", "pinned=3", "level=40", "type=14", "last=15",
            ])
        #expect(field("list")?.cardinality == .repeated && field("order_lines")?.cardinality == .repeated)
        #expect(field("order_lines")?.type == .message("shop.v1.M2Request.OrderLines"))
        #expect(field("table")?.type == .map(key: .string, value: .message("shop.v1.Point")))
        #expect(field("perhaps")?.cardinality == .optional && field("a")?.cardinality == .implicit)
        #expect(field("when")?.type == .message("google.protobuf.Timestamp"))
        #expect(field("q")?.oneof == 0 && field("a")?.oneof == nil)
        #expect(field("mode")?.type == .enumeration("shop.v1.M2Request.Mode"))
        #expect(schema.enumeration(named: "shop.v1.M2Request.Mode")?.values == [.init("OFF", 0), .init("ON", 3)])
        #expect(schema.message(named: "shop.v1.M2Request.Type")?.fields.map(\.name) == ["type"])
        let line = try #require(schema.message(named: "shop.v1.Line"))
        #expect(line.field(named: "to")?.type == .message("shop.v1.Point"))
        #expect(line.field(named: "colour")?.type == .enumeration("shop.v1.Colour"))
        #expect(line.field(named: "deep")?.type == .message("shop.v1.M2Request.Inner"))
        #expect(
            schema.services == [
                ServiceDefinition(
                    name: "shop.v1.S",
                    methods: [
                        .init(
                            name: "m2", input: "shop.v1.M2Request", output: "shop.v1.Line", clientStreaming: true),
                        .init(
                            name: "n", input: "google.protobuf.Empty", output: "google.protobuf.Duration",
                            clientStreaming: true, serverStreaming: true),
                        .init(name: "o", input: "shop.v1.ORequest", output: "shop.v1.OResponse", serverStreaming: true),
                    ])
            ])
        #expect(throws: Never.self) { try Schema(schema) }
    }

    @Test func theNumbersOfProtocolBuffersAreSteppedOver() {
        var numbers = FieldNumbers([1, 3, 4, 20_000] + Array(6...18_998))
        #expect((0..<5).map { _ in numbers.next() } == [2, 5, 18_999, 20_001, 20_002])
    }

    @Test func semanticsSetTheKnobsThatNobodySets() throws {
        let topology = try topology(
            """
            services:
              A: &a { package: a, methods: { m: { handler: "return {}" } }, semantics: maybe }
              B: { <<: *a, package: b, semantics: at-least-once }
              C: { <<: *a, package: c, retry: { attempts: 5, timeout: 200ms, deadline: 10s, backoff: none } }
              D: { <<: *a, package: d, semantics: at-least-once, duplicates: { on: resend-reply, keep: 1s, capacity: 5, bytes: 1KB, durable: true }, limits: { instructions: 5, memory: 1MiB, time: 5s } }
              E: { <<: *a, package: e, semantics: at-most-once, duplicates: { on: execute }, retry: { backoff: 50ms } }
              F: { <<: *a, package: f, semantics: at-least-once, retry: { attempts: 1 } }
            nodes:
              server: { serve: [A, B, C, D, E, F] }
              caller:
                call:
                  - { method: A.m, semantics: at-most-once }
                  - { method: C.m, semantics: at-least-once }
                  - { method: B.m, semantics: maybe, retry: { timeout: 7s } }
                  - { method: b.B.m, retry: { attempts: 9 } }
                  - { method: F.m, semantics: at-least-once, expect_status: ok }
            """)
        #expect(topology.services.map(\.retry.attempts) == [1, 5, 5, 5, 5, 1])
        #expect(
            topology.services.map(\.duplicates.on) == [.execute, .execute, .execute, .resendReply, .execute, .execute])
        #expect(
            topology.services[2].retry
                == RetryPolicy(
                    timeout: .milliseconds(200), attempts: 5, backoff: .zero...(.zero), deadline: .seconds(10)))
        #expect(
            topology.services[3].duplicates
                == DuplicatePolicy(on: .resendReply, keep: .seconds(1), capacity: 5, bytes: 1_000, durable: true))
        #expect(topology.services[3].limits == HandlerLimits(instructions: 5, memory: 1 << 20, time: .seconds(5)))
        #expect(topology.services[4].retry.backoff == .milliseconds(50)...(.milliseconds(50)))
        let calls = try #require(topology.node(named: "caller")).call
        #expect(calls.map(\.semantics) == [.atMostOnce, .atLeastOnce, .maybe, .atLeastOnce, .atLeastOnce])
        #expect(calls.map(\.retry.attempts) == [5, 5, 1, 9, 1])
        #expect(calls[4].expectStatus == nil)
        #expect(calls[2].retry.timeout == .seconds(7) && calls[1].retry.timeout == .milliseconds(200))
        #expect(calls[3].fullMethod == "b.B.m")
    }

    @Test func everyKeyOfServersAndCallers() throws {
        let topology = try topology(
            #"""
            services:
              S:
                messages: { N: { n: int64 } }
                methods:
                  up: { request: N, response: N, stream: both, handler: "return {}" }
                  one: { request: N, response: N, handler: "return {}" }
            nodes:
              server:
                replicas: 3
                serve:
                  services: [S]
                  tls: { certificate: c.pem, key: k.pem, authority: a.pem }
                  concurrency: 7
                  work: 5ms
                  max_message: 1MiB
                publish: { to: amq.fanout, count: 1 }
              open: { serve: { service: S, port: 50051 } }
              program: { command: [x, "--port=$(port)"], serve: { service: S, listen: 7000 }, replicas: 2 }
              a:
                call:
                  method: S.up
                  with: [{ n: 1 }, { n: $(seq) }]
                  messages: 5
                  count: 3
                  rate: 10/s
                  concurrency: 4
                  loop: open
                  expect: [{ n: 1 }]
                  to: server
                  replica: 2
                  metadata: { who: $(node), n: 5 }
              b: { call: { method: S.one, to: open, expect: { n: "$(seq)" } }, consume: { bind: amq.fanout } }
              c: { call: { method: S.one, to: program, expect_status: not_found } }
              broker: { broker: }
            """#)
        #expect(
            topology.node(named: "server")?.serve
                == ServeRole(
                    services: ["S"], tls: TLSFiles(certificate: "c.pem", key: "k.pem", authority: "a.pem"),
                    concurrency: 7, work: .milliseconds(5), maxMessage: 1 << 20))
        #expect(topology.node(named: "open")?.serve?.port == 50_051)
        #expect(topology.node(named: "program")?.serve == ServeRole(services: ["S"], listen: 7_000))
        #expect(
            topology.node(named: "a")?.call == [
                CallRole(
                    service: "S", method: "up", requests: [.table(["n": .int(1)]), .table(["n": .string("$(seq)")])],
                    messages: 5, count: 3, rate: Rate(perSecond: 10), concurrency: 4, loop: .open,
                    expect: [.table(["n": .int(1)])], to: "server", replica: 2, metadata: ["who": "$(node)", "n": "5"])
            ])
        #expect(topology.node(named: "b")?.call[0].to == "open")
        #expect(topology.node(named: "c")?.call[0].expectStatus == "NOT_FOUND")
    }

    @Test func queuesOfCallsAreThereUndeclared() throws {
        let topology = try topology(
            """
            queues: { declared: { durable: true } }
            services:
              S: { package: p, methods: { m: { handler: "return {}" } } }
              T: { package: q, methods: { m: { handler: "return {}" } } }
            nodes:
              broker: { broker: }
              one: { serve: { service: S, via: queue } }
              two: { serve: { service: T, via: { queue: declared } } }
              three: { serve: { service: T, via: { queue: declared, broker: broker } } }
              a: { call: [{ method: S.m }, { method: T.m }, { method: T.m, to: three }] }
            """)
        #expect(topology.node(named: "one")?.serve?.via == .queue("p.S", broker: "broker"))
        #expect(topology.queues.map(\.name) == ["declared", "p.S"])
        #expect(topology.queues[1].broker == "broker" && !topology.queues[1].durable)
        let calls = try #require(topology.node(named: "a")).call
        #expect(
            calls.map(\.via) == [.queue("p.S", broker: "broker")]
                + Array(repeating: .queue("declared", broker: "broker"), count: 2))
        #expect(calls.map(\.to) == ["one", "two", "three"])
        #expect(topology.node(named: "a")?.brokersUsed == ["broker"])
    }

    @Test func faultsAndAssertionsOnCalls() throws {
        let topology = try topology(
            """
            faults:
              - { drop: 10%, only: { method: Calculator.suma, kind: request }, name: storm, for: 1s }
              - { reorder: 20%, within: 50ms, only: [request, reply] }
              - { reorder: 20% }
              - { corrupt: 1%, link: server -> client }
            assertions:
              - { calls: at-most-once, of: Calculator.suma, from: client, to: server, expect: violated }
              - { calls: maybe }
              - { latency: { of: Calculator, p50: <5ms, p99.9: 50ms, mean: "<=1s", max: ">1us" } }
              - { latency: { p100: <5ms }, method: Calculator.suma, from: outside, to: server }
              - { throughput: ">500/s", method: Calculator }
              - { throughput: 30/m }
              - { availability: ">=99.9%" }
              - { availability: 1 }
              - { recovery: 2s, after: storm, within: 5s }
            """ + "\n" + DiagnosticTests.services)
        #expect(
            topology.faults.map(\.fault) == [
                .drop(Share(0.1)), .reorder(Share(0.2), within: .milliseconds(50)),
                .reorder(Share(0.2), within: Fault.reorderWithin), .corrupt(Share(0.01)),
            ])
        #expect(topology.faults[0].only == FaultFilter(kinds: [.request], method: "Calculator.suma"))
        let suma = CallScope(method: "Calculator.suma")
        #expect(
            topology.assertions.map(\.assertion) == [
                .calls(.atMostOnce, CallScope(method: suma.method, from: "client", to: "server")),
                .calls(.maybe, CallScope()),
                .latency(
                    CallScope(method: "Calculator"),
                    [
                        LatencyBound(.percentile(50), .less, .milliseconds(5)),
                        LatencyBound(.percentile(99.9), .lessOrEqual, .milliseconds(50)),
                        LatencyBound(.mean, .lessOrEqual, .seconds(1)),
                        LatencyBound(.maximum, .greater, .microseconds(1)),
                    ]),
                .latency(
                    CallScope(method: suma.method, from: "outside", to: "server"),
                    [LatencyBound(.percentile(100), .less, .milliseconds(5))]),
                .throughput(CallScope(method: "Calculator"), Condition(.greater, 500)),
                .throughput(CallScope(), Condition(.greaterOrEqual, 0.5)),
                .availability(CallScope(), Condition(.greaterOrEqual, 0.999)),
                .availability(CallScope(), Condition(.greaterOrEqual, 1)),
                .recovery(CallScope(), within: .seconds(2), after: "storm"),
            ])
        #expect(topology.assertions[0].expect == .violated && topology.assertions[8].within == .seconds(5))
    }

    @Test func handlersAreFoundWhereTheyStand() throws {
        let topology = try topology(
            #"""
            services:
              S:
                methods:
                  a:
                    handler: |

                      return { }
                  b: { handler: 'return "$$"' }
                  c:
                handlers:
                  c: return {}
            nodes: { server: { serve: S } }
            """#)
        let handlers = try #require(topology.services.first).handlers
        #expect(handlers.map(\.location.line) == [6, 8, 11])
        #expect(handlers.map(\.location.column) == [1, 21, 10])
        #expect(handlers.map(\.source) == ["\nreturn { }\n", "return \"$\"", "return {}"])
    }

    @Test func typedFaultsKnowMethods() throws {
        let topology = try topology(DiagnosticTests.services)
        let fault = try FaultSyntax.parse(
            words: ["reorder", "20%"], link: "client -> server", only: ["request", "method=Calculator.suma"],
            within: "50ms", topology: topology)
        #expect(fault.fault == .reorder(Share(0.2), within: .milliseconds(50)))
        #expect(fault.only == FaultFilter(kinds: [.request], method: "Calculator.suma"))
        #expect {
            try FaultSyntax.parse(words: ["drop", "20%"], only: ["method=Calculator.sumo"], topology: topology)
        } throws: { error in
            (error as? OrchError)?.message == "'Calculator' has no method 'sumo', did you mean 'suma'?"
        }
    }
}
