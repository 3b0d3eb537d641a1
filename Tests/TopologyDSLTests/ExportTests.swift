import ClusterModel
import Testing
import TopologySamples

@testable import TopologyDSL

/// What the writer writes, the reader reads as the same topology.
@Suite struct ExportTests {
    /// Reads what was written; the file's name must not matter.
    private func read(_ text: String) throws -> Topology {
        let loaded = TopologyFile.load(text: text, path: "\(repository)/Topologies/exported.yaml")
        #expect(!loaded.diagnostics.hasErrors, "\(loaded.diagnostics.rendered())\n\(text)")
        return try loaded.get()
    }

    private func roundTrip(_ topology: Topology) throws {
        let text = TopologyYAML.text(topology)
        let again = try read(text)
        #expect(again.placeless == topology.placeless, "\(text)")
        #expect(TopologyYAML.text(again) == text)
    }

    @Test(arguments: TopologyFile.bundled(in: repository + "/Topologies"))
    func bundledOnesStayTheSame(_ name: String) throws {
        try roundTrip(try TopologyFile.load(path: "\(repository)/Topologies/\(name).yaml").get())
    }

    @Test func whatIsDefaultIsLeftOut() throws {
        let topology = try TopologyFile.load(path: "\(repository)/Topologies/pubsub.yaml").get()
        let text = TopologyYAML.text(topology)
        #expect(text.contains("  subscriber: { consume: { bind: logs }, replicas: 3 }"), "\(text)")
        #expect(!text.contains("mandatory") && !text.contains("requeue") && !text.contains("drain"))
    }

    /// Quantities that three decimals cannot hold, and texts that YAML, `${…}` or `$$` could take for something else.
    @Test func awkwardValuesSurvive() throws {
        var topology = Topology(
            name: "yes", description: "a: b # c\n$HOME ${HOME} $$ \"'\\ \u{85}\t", drain: .nanoseconds(1_234_567_891))
        topology.exchanges = [
            Exchange(
                name: "123", kind: .headers,
                arguments: [
                    "a": .string("1"), "b": .string("null"), "c": .double(1e20), "d": .null, "e": .string(""),
                    "f": .list([.bool(true), .string("true"), .table([:])]), "g": .string("${X}"), "h": .int(-5),
                ])
        ]
        topology.nodes = [
            Node(name: "broker", broker: BrokerRole()),
            Node(
                name: "p",
                publish: [
                    PublishRole(
                        exchange: "123", key: "#", headers: ["x": .string("$(seq)$$")], body: "- x",
                        rate: Rate(perSecond: 1 / 3))
                ]),
        ]
        topology.faults = [FaultSpec(.drop(Share(0.123456789)), at: .nanoseconds(1_000_000_001))]
        try roundTrip(topology)
    }

    @Test(arguments: 0..<120 as Range<UInt64>) func randomOnesStayTheSame(_ seed: UInt64) throws {
        var random = RandomTopology(seed: seed)
        let topology = random.topology()
        // The reader fills in what belongs together; from there on nothing may change.
        let loaded = TopologyFile.load(text: TopologyYAML.text(topology), path: "random.yaml")
        #expect(!loaded.diagnostics.hasErrors, "\(loaded.diagnostics.rendered())\n\(TopologyYAML.text(topology))")
        #expect(loaded.topology?.placeless == topology.placeless, "\(TopologyYAML.text(topology))")
    }

    @Test func everySortOfTypeSurvives() throws {
        let topology = try read(
            """
            services:
              shop.v1.Calc:
                messages:
                  Money: { units: int64, currency: { enum: [EUR, USD] } }
                  Odd: { a: { type: int64, number: 5 }, b: { enum: { X: 0, Y: 7 }, number: 9 } }
                enums: { Colour: [RED, GREEN] }
                methods:
                  pay:
                    request: { amount: Money, lines: [{ text: string, price: Money }], by: { oneof: { card: string, cash: bool } } }
                    response: { ok: bool, at: Timestamp, tags: "map<string, Colour>", note: optional string }
                    handler: |
                      -- $HOME
                      return { ok = true }
                  list: { request: Money, response: Odd, stream: server, handler: 'send({ a = 1 })' }
                semantics: maybe
                retry: { timeout: 1500us, backoff: none }
                limits: { memory: 64KiB, time: 1s }
            nodes:
              server: { serve: { service: Calc, work: 1ms } }
              client: { call: { method: Calc.pay, with: { amount: { units: 5 } }, count: 3, retry: { attempts: 3 } } }
            assertions: [{ latency: { p99.95: <50ms, mean: ">1us" }, of: Calc.pay }, { availability: ">=99.99%" }]
            """)
        try roundTrip(topology)
    }
}
