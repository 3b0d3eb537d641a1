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

    // MARK: - Feeds and peers

    private static let network: Topology = {
        let server = Node(name: "server", feed: FeedRole(feeds: ["news"], port: 8090))
        let reader = Node(
            name: "reader", replicas: 2, watch: [WatchRole(feed: "news", by: .longPoll, to: "server")])
        let writer = Node(name: "writer", append: [AppendRole(feed: "news", to: "server")])
        let names = Node(name: "names", names: NamesRole())
        let peer = Node(
            name: "peer", replicas: 3,
            peer: PeerRole(
                group: "friends", send: [SendRole(to: "alice")], broadcast: [AppendSource()], share: ["song"],
                find: [FindRole(what: "song")]))
        let alice = Node(
            name: "alice", peer: PeerRole(group: "friends"), inbound: InboundRule(.deny, except: [.named("peer-1")]),
            ports: 7000...7009)
        let program = Node(
            name: "program", serve: ServeRole(services: [], speaks: .udp), command: CommandRole(arguments: ["x"]))
        return Topology(
            name: "network", feeds: [Feed(name: "news")], groups: [PeerGroup(name: "friends", names: "names")],
            nodes: [server, reader, writer, names, peer, alice, program],
            faults: [
                FaultSpec(.drop(Share(0.1)), only: FaultFilter(kinds: [.event])),
                FaultSpec(.drop(Share(0.2)), only: FaultFilter(kinds: [.datagram])),
                FaultSpec(.partition(.parts([[.named("alice")], [.named("peer")]]))),
            ])
    }()

    @Test func feedsAndTheirWatchersAreDrawn() {
        let lines = TopologyGraph.render(Self.network, as: .ascii).split(separator: "\n").map(String.init)
        let way = lines.first { $0.contains("news by long-poll") } ?? ""
        #expect(way.hasPrefix("server (feeds news, port 8090) "))
        #expect(way.contains("~ drop 10% only event ~") && way.hasSuffix("-> reader (2 replicas)"))
        let append = lines.first { $0.hasPrefix("writer ") } ?? ""
        #expect(append.contains("append to news") && append.hasSuffix("-> server (feeds news, port 8090)"))
    }

    @Test func peersAreOneCloud() {
        let text = TopologyGraph.render(Self.network, as: .ascii)
        let lines = text.split(separator: "\n").map(String.init)
        let peer = lines.first { $0.hasPrefix("peer ") } ?? ""
        #expect(peer.contains("send to alice, broadcast, share song, find"))
        #expect(peer.contains("drop 20% only datagram, partition alice | peer"))
        #expect(peer.hasSuffix("-> ((friends (4 peers)))"))
        #expect(lines.contains { $0.hasPrefix("alice (closed but to peer-1, ports 7000-7009) ") })
        #expect(lines.contains { $0.hasSuffix("> names (name service)") && $0.contains("names") && !$0.contains("~") })
        #expect(lines.contains { $0.contains("program (x, speaks udp)") })
        #expect(text.allSatisfy { $0.isASCII })
    }

    @Test func aPartitionIsDrawnOnlyWhereItCuts() {
        var topology = Self.network
        for (partition, expected) in [
            (Partition.isolate(.named("reader-1")), 1), (.oneWay(from: [.named("server")], to: [.named("reader")]), 1),
            (.oneWay(from: [.named("reader")], to: [.named("alice")]), 0), (.halves(.named("peer")), 1),
            (.parts([[.named("writer"), .named("reader")], [.named("server")]]), 2),
            (.parts([[.named("writer"), .named("server")], [.named("reader")]]), 1),
        ] {
            topology.faults = [FaultSpec(.partition(partition))]
            let lines = TopologyGraph.render(topology, as: .dot).split(separator: "\n")
            #expect(lines.count { $0.contains("partition") } == expected, "\(partition)")
        }
    }

    @Test func networksAreDrawnInEachLanguage() {
        let mermaid = TopologyGraph.render(Self.network, as: .mermaid)
        #expect(mermaid.contains("((\"friends<br>4 peers\"))") && mermaid.contains("news by long-poll"))
        let dot = TopologyGraph.render(Self.network, as: .dot)
        #expect(dot.contains("\"group:friends\" [label=\"friends\\n4 peers\", shape=ellipse, style=dashed];"))
        #expect(dot.contains("\"node:alice\" -> \"group:friends\""))
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
