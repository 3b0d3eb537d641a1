import OrchKit
import Testing
import TopologySamples
import TopologyText

@testable import TopologyDSL

/// What the builder says is what a file says.
@Suite struct BuilderTests {
    @Test func theExampleIsTheFile() throws {
        let topology = Topology("t", seed: 7) {
            Exchange("logs", .fanout)
            Node("broker") { Broker() }
            Node("producer") { Publish(to: "logs", count: 1000, rate: .perSecond(2000), confirm: true) }
            Node("subscriber", replicas: 3) { Consume(bind: ["logs"], fail: .init(0.1)) }
            Fault(.drop(0.3), link: "producer -> broker", at: .milliseconds(100), settle: .after(.milliseconds(50)))
            Assert(.delivery(.atLeastOnce), from: "producer", to: "subscriber")
            Raw("assertions", "{ queue: q, depth: 0 }")
            Raw("queues", "q", "{ bind: logs }")
        }
        let model = try TopologyFile.load(text: topology.yaml, path: "t.yaml").get()
        let file = try TopologyFile.load(
            text: """
                name: t
                seed: 7
                exchanges: { logs: { type: fanout } }
                queues: { q: { bind: logs } }
                nodes:
                  broker: { broker: {} }
                  producer: { publish: { to: logs, count: 1000, rate: 2000/s, confirm: true } }
                  subscriber: { replicas: 3, consume: { bind: logs, fail: 10% } }
                faults: [{ drop: 30%, link: producer -> broker, at: 100ms, settle: 50ms }]
                assertions:
                  - { delivery: at-least-once, from: producer, to: subscriber }
                  - { queue: q, depth: 0 }
                """, path: "t.yaml"
        ).get()
        #expect(model.placeless == file.placeless, "\(topology.yaml)")
    }

    @Test func loopsAndConditionsWork() throws {
        let isLossy = true
        let topology = Topology("t") {
            Exchange("e")
            Node("broker") { Broker() }
            for number in 1...3 { Node("p\(number)") { Publish(to: "e", count: number) } }
            if isLossy { Fault(.drop(0.1)) }
        }
        let model = try TopologyFile.load(text: topology.yaml, path: "t.yaml").get()
        #expect(model.nodes.flatMap(\.publish).map(\.count) == [1, 2, 3])
        #expect(model.faults.map { $0.text } == ["drop 10%"])
    }

    /// A word of every kind, against the file that says the same.
    @Test func theScenarioIsTheFile() throws {
        let topology = Topology("t", params: ["loss": ["0%", "10%"]]) {
            Exchange("e")
            Queue("q")
            Feed("news")
            Node("broker") { Broker() }
            Node("press") { ServeFeed("news") }
            Node("w", replicas: 2) { Consume(queue: "q") }
            Step(.wait(.milliseconds(500)))
            Step(.wait(until: .node("w", is: "running"), within: .seconds(2)))
            Step(.wait(until: .node("w-1", processed: ">=10")))
            Step(.wait(until: .queue("q", depth: 0, consumers: "<3")))
            Step(.wait(until: .log("w", matches: "a+")))
            Step(.fault(Fault(.drop(0.3), link: "w <-> broker", for: .seconds(1), name: "loss")), at: .seconds(1))
            Step(.wait(until: .fault("loss")))
            Step(.clear())
            Step(.clear("loss"))
            Step(.publish(to: "e", key: "k", headers: ["n": 1], body: "x", persistent: true))
            Step(.publish(queue: "q", body: "$(seq)"))
            Step(.publish(feed: "news", body: "y"))
            Step(.kill("1 of w", signal: "TERM"), every: .seconds(1), times: 3)
            Step(.pause("w-1"))
            Step(.resume("w-1"))
            Step(.stop("w"))
            Step(.start("w"))
            Step(.restart("w"))
            Step(.assert(Assert(.queue("q", depth: 0), within: .seconds(1))))
            Step(
                .repeat(times: 3, every: .seconds(1)) {
                    Step(.note("again"))
                    for node in ["w-1", "w-2"] { Step(.kill(node)) }
                })
            Script("log(\"$HOME\")")
        }
        let file = try TopologyFile.load(
            text: """
                name: t
                params: { loss: [0%, 10%] }
                exchanges: { e: {} }
                queues: { q: {} }
                feeds: { news: {} }
                nodes:
                  broker: { broker: {} }
                  press: { feed: news }
                  w: { replicas: 2, consume: { queue: q } }
                scenario:
                  - wait: 500ms
                  - wait: { until: { node: w, state: running }, within: 2s }
                  - wait: { until: { node: w-1, processed: ">=10" } }
                  - wait: { until: { queue: q, depth: 0, consumers: <3 } }
                  - wait: { until: { log: w, matches: a+ } }
                  - fault: { drop: 30%, link: w <-> broker, for: 1s, name: loss }
                    at: 1s
                  - wait: { until: { fault: loss } }
                  - clear: all
                  - clear: loss
                  - publish: { to: e, key: k, headers: { n: 1 }, body: x, persistent: true }
                  - publish: { queue: q, body: $$(seq) }
                  - publish: { feed: news, body: y }
                  - { kill: 1 of w, signal: TERM, every: 1s, times: 3 }
                  - pause: w-1
                  - resume: w-1
                  - stop: w
                  - start: w
                  - restart: w
                  - assert: { queue: q, depth: 0, within: 1s }
                  - repeat: { times: 3, every: 1s, steps: [{ note: again }, { kill: w-1 }, { kill: w-2 }] }
                script: |
                  log("$$HOME")

                """, path: "t.yaml"
        ).get()
        let model = try TopologyFile.load(text: topology.yaml, path: "t.yaml").get()
        #expect(model.placeless == file.placeless, "\(topology.yaml)")
    }

    /// What is in `Exported.swift`: the bundled topologies, and drawn ones with odd values.
    private static let originals: [(name: String, topology: Model)] = {
        let bundled = TopologyFile.bundled(in: repository + "/Topologies").sorted().compactMap { name in
            TopologyFile.load(path: "\(repository)/Topologies/\(name).yaml").topology.map { (name, $0) }
        }
        let drawn = (0..<12 as Range<UInt64>).map { seed in
            var random = RandomTopology(seed: seed)
            return ("random-\(seed)", random.topology())
        }
        return bundled + drawn
    }()

    /// `Exported.swift` is what `orch export --swift` prints, compiled. `ORCH_UPDATE=1` writes it anew.
    @Test func theExportedSourceIsTheCompiledOne() throws {
        var text =
            "// swift-format-ignore-file\nimport OrchKit\n\n/// Topologies as `orch export --swift` prints them. Written by BuilderTests.\nenum Exported {\n"
        for (name, topology) in Self.originals {
            let source = try SwiftSource.expression(TopologyYAML.document(topology))
            text += "    static let \(SwiftSource.identifier(name)) = \(SwiftSource.indented(source).dropFirst(4))\n\n"
        }
        text += "    static let all: [String: Topology] = [\n"
        for (name, _) in Self.originals { text += "        \"\(name)\": \(SwiftSource.identifier(name)),\n" }
        text += "    ]\n}\n"
        let path = repository + "/Tests/OrchKitTests/Exported.swift"
        if isUpdating { write(text, to: path) }
        #expect(contents(of: path) == text, "run ORCH_UPDATE=1 scripts/test --filter BuilderTests, and build again")
    }

    @Test(arguments: originals.map(\.name)) func exportedOnesAreTheFiles(_ name: String) throws {
        let original = try #require(Self.originals.first { $0.name == name }).topology
        let yaml = try #require(Exported.all[name]).yaml
        let loaded = TopologyFile.load(text: yaml, path: "\(repository)/Topologies/exported.yaml")
        #expect(!loaded.diagnostics.hasErrors, "\(loaded.diagnostics.rendered())\n\(yaml)")
        #expect(loaded.topology?.placeless == original.placeless, "\(yaml)")
    }

    /// `Raw` is for what is rare: bundled topologies need none, and of the drawn ones only their odd numbers do.
    @Test func bundledOnesNeedNoRaw() throws {
        for (name, topology) in Self.originals where !name.hasPrefix("random-") {
            let source = try SwiftSource.expression(TopologyYAML.document(topology))
            #expect(!source.contains("Raw("), "\(name): \(source)")
        }
    }

    @Test func theLargestSeedIsWritten() throws {
        let source = try SwiftSource.text(TopologyYAML.document(Model(name: "a b", seed: .max)))
        #expect(source == "import OrchKit\n\nlet aB = Topology(\"a b\", seed: 18446744073709551615) {\n\n}\n")
        let yaml = Topology("t", seed: .max) { Node("p") { Command(["true"]) } }.yaml
        #expect(try TopologyFile.load(text: yaml, path: "t.yaml").get().seed == .max)
    }

    /// What cannot be said is an error, and no other topology.
    @Test func whatHasNoWordsIsRefused() throws {
        var document = TopologyDocument()
        document.sections = [.init("name", .text("t")), .init("drain", .word("soon"))]
        #expect(throws: SourceProblem.self) { try SwiftSource.text(document) }
    }
}
