import ClusterModel
import Reporting
import Testing

@Suite struct TopologyGraphTests {
    @Test func asciiShowsEveryPath() {
        let text = TopologyGraph.render(Samples.topology, as: .ascii)
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0] == "pubsub: One producer, three subscribers")
        #expect(lines[1] == "broker broker (embedded, kill broker at 300ms)")
        let path = lines.first { $0.hasPrefix("producer ") } ?? ""
        for part in [
            "~ drop 30% at 100ms for 200ms ~", "<logs (fanout)>", "a.#", "[audit (durable)]", "ack", "archive",
        ] {
            #expect(path.contains(part), "\(part)")
        }
        #expect(lines.contains { $0.contains("[3 anonymous]") && $0.hasSuffix("subscriber (3 replicas)") })
        #expect(lines.contains { $0.contains("..>") && $0.hasSuffix("{broker}") })
        #expect(text.allSatisfy { $0.isASCII })
    }

    @Test func mermaidQuotesWhatItMust() {
        let text = TopologyGraph.render(Samples.topology, as: .mermaid)
        #expect(text.hasPrefix("flowchart LR\n"))
        #expect(text.contains("say #quot;hi#quot;.py"))
        #expect(text.contains("|\"a.#35;\"|"))
        #expect(text.contains("drop 30% at 100ms for 200ms"))
        #expect(text.contains("{{\"logs<br>fanout\"}}"))
        #expect(text.contains("linkStyle"))
    }

    @Test func dotQuotesWhatItMust() {
        let text = TopologyGraph.render(Samples.topology, as: .dot)
        #expect(text.hasPrefix("digraph \"pubsub\" {\n") && text.hasSuffix("}\n"))
        #expect(text.contains("say \\\"hi\\\".py"))
        #expect(text.contains("\"exchange:logs\" -> \"queue:audit\" [label=\"a.#\"];"))
        #expect(text.contains("color=red"))
        #expect(text.filter { $0 == "{" }.count == text.filter { $0 == "}" }.count)
    }

    @Test func circlesOfExchangesEnd() {
        let topology = Topology(
            name: "circle",
            exchanges: [
                Exchange(name: "a", kind: .fanout, alternate: "b"), Exchange(name: "b", kind: .fanout, alternate: "a"),
            ], nodes: [Node(name: "broker", broker: BrokerRole())])
        for format in TopologyGraph.Format.allCases {
            #expect(TopologyGraph.render(topology, as: format).contains("a"))
        }
    }

    @Test func anEmptyTopologyIsNoCrash() {
        for format in TopologyGraph.Format.allCases {
            #expect(!TopologyGraph.render(Topology(name: "empty"), as: format).isEmpty)
        }
    }

    @Test func aFaultIsDrawnOnlyWhereItActs() {
        var topology = Samples.topology
        topology.faults = [
            FaultSpec(.drop(Share(0.1)), link: .oneWay(.named("broker"), .named("subscriber-2"))),
            FaultSpec(.drop(Share(0.2)), only: FaultFilter(kinds: [.publish])),
        ]
        let lines = TopologyGraph.render(topology, as: .dot).split(separator: "\n").map(String.init)
        let marked = lines.filter { $0.contains("drop 10%") }
        #expect(marked.count == 1 && marked[0].contains("-> \"node:subscriber\""))
        let publishing = lines.filter { $0.contains("drop 20%") && !$0.contains("node:script") }
        #expect(publishing.count == 1 && publishing[0].contains("\"node:producer\" ->"))
    }

    // MARK: - Calls

    @Test func callersAndServersAreDrawn() {
        let text = TopologyGraph.render(CallSamples.topology, as: .ascii)
        let lines = text.split(separator: "\n").map(String.init)
        let grpc = lines.first { $0.contains("shop.v1.Calculator.suma") } ?? ""
        #expect(grpc.hasPrefix("client "))
        #expect(grpc.hasSuffix("-> server (2 replicas, serves Calculator, port 7000)"))
        #expect(grpc.contains("~ drop 30%, drop 10% only reply ~"))
        let queue = lines.first { $0.contains("Stock.take") } ?? ""
        #expect(queue.contains("[stock]") && queue.contains(" requests -") && queue.hasSuffix("-> back (serves Stock)"))
        #expect(queue.contains("~ drop 20% only publish ~"))
        #expect(lines.contains { $0.contains("..>") && $0.contains("server (2 replicas") })
        #expect(text.allSatisfy { $0.isASCII })
    }

    @Test func callsInTheOtherLanguages() {
        let dot = TopologyGraph.render(CallSamples.topology, as: .dot)
        #expect(
            dot.contains(
                "\"node:client\" -> \"node:server\" "
                    + "[label=\"shop.v1.Calculator.suma\\ndrop 30%\\ndrop 10% only reply\", color=red, fontcolor=red];")
        )
        #expect(dot.contains("\"node:client\" -> \"queue:stock\" [label=\"Stock.take\\ndrop 20% only publish\""))
        #expect(dot.contains("\"queue:stock\" -> \"node:back\" [label=\"requests\"];"))
        #expect(dot.contains("\"node:script\" -> \"node:server\" [style=dashed];"))
        let mermaid = TopologyGraph.render(CallSamples.topology, as: .mermaid)
        #expect(mermaid.contains("-->|\"shop.v1.Calculator.suma<br>drop 30%<br>drop 10% only reply\"|"))
        #expect(mermaid.contains("server<br>2 replicas<br>serves Calculator<br>port 7000"))
    }
}
