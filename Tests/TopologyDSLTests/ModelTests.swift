import ClusterModel
import Testing

@testable import TopologyDSL

/// What sound files become.
@Suite struct ModelTests {
    private func topology(_ text: String, _ environment: [String: String] = [:]) throws -> Topology {
        let loaded = TopologyFile.load(text: text, path: "dir/some.thing.yaml", environment: environment)
        #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics.rendered())")
        return try loaded.get()
    }

    @Test func defaultsAndName() throws {
        let topology = try topology(DiagnosticTests.cluster)
        #expect(topology.name == "some.thing")
        #expect(topology.drain == .seconds(5))
        #expect(topology.seed == nil)
        #expect(topology.node(named: "producer")?.publish == [PublishRole(exchange: "amq.fanout")])
        #expect(topology.node(named: "broker")?.broker == BrokerRole())
    }

    @Test func everyKeyGoesWhereItBelongs() throws {
        let topology = try topology(
            #"""
            name: all
            description: everything
            seed: 0xFF
            tags: fast
            drain: 1m
            x-defaults: &defaults { ack: manual, prefetch: 5 }
            exchanges:
              e: { type: topic, durable: true, auto_delete: true, internal: true, alternate: amq.fanout, arguments: { a: 1 } }
              f:
            queues:
              q:
                durable: true
                auto_delete: true
                bind: [amq.fanout, { exchange: e, key: "#", arguments: { n: 1.5, l: [a, null, true], t: { x: "1" } } }]
                arguments: { x-max-length: 10 }
            nodes:
              bus: { broker: { port: 5672 }, restart: always }
              p:
                publish:
                  - queue: q
                    headers: { a: 1, b: "1", c: x $(seq), d: true }
                    body: "{}"
                    size: 1KiB
                    count: 5
                    rate: 30/m
                    mandatory: true
                    persistent: true
                    confirm: { timeout: 1s, attempts: 5, window: 1 }
                  - { to: f, key: k.$(random 1 3), confirm: false }
              c:
                replicas: 2
                consume: { <<: *defaults, queue: q, work: 5ms, fail: 10%, requeue: false, prefetch: 6 }
                labels: [a, b]
              x:
                command: python3 w.py $(random 1 2) $(bus.url)
                cwd: sub
                ready: { exec: [true], timeout: 1s, interval: 10ms }
                restart: { policy: on-failure, backoff: 1s..2s, max: 3 }
                depends_on: bus
                env: { A: $(node), B: 5 }
                stop: { signal: SIGINT, timeout: 0 }
            faults:
              - { delay: 20ms..80ms, chance: 50%, link: c <- bus, only: { kind: [deliver], key: a, nth: 7 }, every: 2s, for: 1s }
              - { reset: , link: outside -> bus, name: r }
              - { drop: 5%, settle: never }
              - { pause: c-1, for: 1s, at: 0s }
            assertions:
              - { delivery: exactly-once, of: attempted, from: p, to: queue:q, expect: violated }
              - { queue: q, depth: <10, consumers: 2, within: 5s }
              - { node: c-2, state: exited, exit: 0, restarts: "!=1" }
              - { log: x, matches: "^a.*$", count: 3 }
              - { order: fifo, from: x, to: x }
            """#)
        #expect(topology.seed == 255 && topology.tags == ["fast"] && topology.drain == .seconds(60))
        let e = topology.exchanges[0]
        #expect(e.kind == .topic && e.durable && e.autoDelete && e.isInternal && e.alternate == "amq.fanout")
        #expect(e.arguments == ["a": .int(1)] && e.broker == "bus")
        #expect(topology.exchanges[1].kind == .direct)
        let q = topology.queues[0]
        #expect(q.durable && q.autoDelete && q.arguments == ["x-max-length": .int(10)] && q.broker == "bus")
        #expect(
            q.bindings == [
                Binding(exchange: "amq.fanout"),
                Binding(
                    exchange: "e", key: "#",
                    arguments: [
                        "n": .double(1.5), "l": .list([.string("a"), .null, .bool(true)]),
                        "t": .table(["x": .string("1")]),
                    ]),
            ])
        #expect(topology.nodes[0].broker?.port == 5_672 && topology.nodes[0].restart.mode == .always)
        #expect(
            topology.nodes[1].publish == [
                PublishRole(
                    exchange: "", key: "q",
                    headers: ["a": .int(1), "b": .string("1"), "c": .string("x $(seq)"), "d": .bool(true)], body: "{}",
                    size: 1_024, count: 5, rate: Rate(perSecond: 0.5), mandatory: true, persistent: true,
                    confirm: .init(timeout: .seconds(1), attempts: 5, window: 1), broker: "bus"),
                PublishRole(exchange: "f", key: "k.$(random 1 3)", broker: "bus"),
            ])
        #expect(
            topology.nodes[2].consume == [
                ConsumeRole(
                    queue: "q", ack: .manual, prefetch: 6, work: .milliseconds(5), fail: .init(chance: Share(0.1)),
                    requeue: false, broker: "bus")
            ])
        #expect(topology.nodes[2].labels == ["a", "b"])
        let x = topology.nodes[3]
        #expect(
            x.command?.arguments == ["python3", "w.py", "$(random 1 2)", "$(bus.url)"] && x.command?.directory == "sub")
        #expect(x.command?.ready == ReadinessProbe(.exec(["true"]), timeout: .seconds(1), interval: .milliseconds(10)))
        #expect(
            x.restart == RestartPolicy(mode: .onFailure, backoff: .seconds(1), maximumBackoff: .seconds(2), maximum: 3))
        #expect(x.dependsOn == ["bus"] && x.env == ["A": "$(node)", "B": "5"])
        #expect(x.stop == StopPolicy(signal: "INT", timeout: .zero))
        #expect(
            topology.faults.map(\.fault) == [
                .delay(.milliseconds(50), jitter: .milliseconds(30), Share(0.5)), .reset, .drop(Share(0.05)),
                .pause(.named("c-1")),
            ])
        #expect(topology.faults[0].only == FaultFilter(kinds: [.deliver], key: "a", nth: 7))
        #expect(
            topology.faults[0].every == .seconds(2) && topology.faults[2].settle == nil
                && topology.faults[1].name == "r")
        #expect(
            topology.assertions.map(\.assertion) == [
                .delivery(.exactlyOnce, from: "p", to: "queue:q", of: .attempted),
                .queue("q", depth: Condition(.less, 10), consumers: Condition(.equal, 2)),
                .node("c-2", state: .exited, restarts: Condition(.notEqual, 1), exitCode: Condition(.equal, 0)),
                .log("x", contains: nil, matches: "^a.*$", count: Condition(.equal, 3)), .order(from: "x", to: "x"),
            ])
        #expect(topology.assertions[0].expect == .violated && topology.assertions[1].within == .seconds(5))
        #expect(
            topology.links.map(\.description) == ["p <-> bus", "c <-> bus", "x <-> bus", "outside <-> bus"])
    }

    @Test func wordsThatOtherReadersTakeForBooleans() throws {
        let topology = try topology(
            "tags: [yes, no, on, off, y, n]\nnodes: { broker: { broker: {}, restart: no }, on: { consume: { bind: amq.fanout } } }"
        )
        #expect(topology.tags == ["yes", "no", "on", "off", "y", "n"])
        #expect(topology.nodes.map(\.name) == ["broker", "on"])
    }

    @Test func environmentIsTextAndNeverSyntax() throws {
        let topology = try topology(
            #"""
            name: $$-${A}
            description: ${B:-x ${A:-deep}} ${C-unset} $${A} $(seq) $5
            seed: ${SEED}
            # ${NOT_SET:?in a comment}
            nodes:
              broker: { broker: {} }
              p: { publish: { to: amq.fanout, body: "${A} $$(seq) $(seq) $$", count: "${SEED}" } }
              x: { command: [sh, -c, 'echo $$HOME ${A} $HOME $${X}'] }
            """#, ["A": "$(x) {b: *c} $$", "SEED": "7", "B": ""])
        #expect(topology.name == "$-$(x) {b: *c} $$")
        #expect(topology.description == "x $(x) {b: *c} $$ unset ${A} $(seq) $5")
        #expect(topology.seed == 7 && topology.nodes[1].publish[0].count == 7)
        var values = Template.Values(
            sequence: 3, node: "p", replica: 1, generator: SeededGenerator(seed: 1), now: { 0 })
        #expect(try Template(topology.nodes[1].publish[0].body).text(&values) == "$(x) {b: *c} $$ $(seq) 3 $")
        let command = try #require(topology.nodes[2].command)
        #expect(try Template(command.arguments[2]).text(&values) == "echo $HOME $(x) {b: *c} $$ $HOME ${X}")
    }

    @Test func unsetVariablesWarnAndGoOn() throws {
        let loaded = TopologyFile.load(text: "description: a${NOPE}b\n" + DiagnosticTests.cluster, path: "t")
        #expect(loaded.topology?.description == "ab")
        #expect(loaded.diagnostics.map(\.severity) == [.warning])
        #expect(loaded.diagnostics.first?.location.column == 15)
    }

    @Test func severalBrokersAreInferred() throws {
        let topology = try topology(
            """
            exchanges: { here: { broker: one }, there: { broker: two } }
            queues: { q: { bind: there } }
            nodes:
              one: { broker: }
              two: { broker: }
              p: { publish: [{ to: here }, { queue: q }] }
              c: { consume: [{ bind: here }, { queue: q }] }
            """)
        #expect(topology.queues[0].broker == "two")
        #expect(topology.nodes[2].publish.map(\.broker) == ["one", "two"])
        #expect(topology.nodes[3].consume.map(\.broker) == ["one", "two"])
        #expect(topology.nodes[3].brokersUsed == ["one", "two"])
    }

    @Test func rendersWithTheCaretUnderItsPlace() {
        let diagnostic = Diagnostic(
            "there is no exchange 'log', did you mean 'logs'?",
            at: SourceLocation(file: "a.yaml", line: 12, column: 10), length: 3, advice: "look again",
            related: [.init(location: SourceLocation(file: "a.yaml", line: 3, column: 1), message: "it was here")],
            line: "\t日本 {to: log}")
        #expect(
            diagnostic.rendered() == """
                a.yaml:12:10: error: there is no exchange 'log', did you mean 'logs'?
                   12 | \t日本 {to: log}
                      | \t          ^~~
                      a.yaml:3:1: it was here
                      help: look again
                """)
        #expect(diagnostic.rendered(colour: true).contains("\u{1B}[1;31merror:\u{1B}[0m"))
        #expect(
            diagnostic.jsonText
                == #"{"severity":"error","file":"a.yaml","line":12,"column":10,"length":3,"message":"there is no exchange 'log', did you mean 'logs'?","advice":"look again","related":[{"line":3,"column":1,"message":"it was here"}]}"#
        )
        let long = Diagnostic(
            "x", at: SourceLocation(file: "a", line: 1, column: 5_000), line: String(repeating: "é", count: 9_999))
        let lines = long.rendered().split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { $0.count < 140 })
        #expect(lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) } ?? 0 < 120)
        #expect(Diagnostic("no such file", at: SourceLocation(file: "a")).rendered() == "a: error: no such file")
        let escape = Diagnostic("x", at: SourceLocation(file: "a", line: 1, column: 1), line: "\u{1B}[31m")
        #expect(!escape.rendered().contains("\u{1B}"))
    }
}
