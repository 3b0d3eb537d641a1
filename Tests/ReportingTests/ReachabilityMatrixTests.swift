import ClusterModel
import Reporting
import Testing

@Suite struct ReachabilityMatrixTests {
    private func topology(relays: [String]? = nil) -> Topology {
        Topology(
            name: "t", groups: [PeerGroup(name: "g", relays: relays)],
            nodes: [
                Node(name: "open", peer: PeerRole(group: "g")),
                Node(name: "one", peer: PeerRole(group: "g"), inbound: InboundRule(.deny)),
                Node(name: "two", peer: PeerRole(group: "g"), inbound: InboundRule(.deny)),
                Node(name: "friend", peer: PeerRole(group: "g"), inbound: InboundRule(.deny, except: [.named("two")])),
                Node(name: "broker", broker: BrokerRole()),
                Node(name: "producer", publish: [PublishRole(exchange: "x")]),
            ])
    }

    @Test func whoReachesWhom() {
        let matrix = ReachabilityMatrix(topology())
        #expect(matrix.reach(from: "one", to: "open") == .open)
        #expect(matrix.reach(from: "open", to: "one") == .answers)
        #expect(matrix.reach(from: "one", to: "two") == .closed && matrix.reach(from: "two", to: "one") == .closed)
        #expect(matrix.reach(from: "two", to: "friend") == .open)
        #expect(matrix.reach(from: "producer", to: "broker") == .open)
        #expect(matrix.reach(from: "broker", to: "producer") == .answers)
        #expect(matrix.reach(from: "producer", to: "open") == .none)
        #expect(matrix.reach(from: "open", to: "open") == .none)
    }

    @Test func closedPairsHaveRelays() {
        #expect(
            ReachabilityMatrix(topology()).closedPairs == [
                .init(peers: ["one", "two"], through: ["open"]), .init(peers: ["one", "friend"], through: ["open"]),
            ])
        // Whoever may carry messages must reach both.
        #expect(ReachabilityMatrix(topology(relays: ["friend"])).closedPairs.map(\.through) == [[], []])
        #expect(ReachabilityMatrix(topology(relays: ["open"])).closedPairs.map(\.through) == [["open"], ["open"]])
    }

    @Test func theTextIsPlainAndAligned() {
        let lines = ReachabilityMatrix(topology()).text(colour: false).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        #expect(lines[0] == "          open  one  two  friend  broker  producer")
        #expect(lines[1] == "open             ○    ○     ○       ·        ·")
        #expect(lines[2] == "one        ●          ✗     ✗       ·        ·")
        #expect(lines[6] == "producer   ·     ·    ·     ·       ●")
        #expect(lines.contains("one and two: through open"))
        #expect(lines.allSatisfy { !$0.contains("\u{1B}") && !$0.hasSuffix(" ") })
        #expect(ReachabilityMatrix(topology()).text(colour: true).contains("\u{1B}[32m"))
        #expect(ReachabilityMatrix(topology(relays: [])).text(colour: false).contains("one and two: by nobody"))
    }

    @Test func manyProcessesHaveNumbers() {
        let many = Topology(
            name: "t", groups: [PeerGroup(name: "g")],
            nodes: [Node(name: "peer", replicas: 12, peer: PeerRole(group: "g"))])
        let lines = ReachabilityMatrix(many).text(colour: false).split(separator: "\n").map(String.init)
        #expect(lines[0].hasSuffix("   1   2   3   4   5   6   7   8   9  10  11  12"))
        #expect(lines[12].hasPrefix("12 peer-12   ●"))
        #expect(lines[1].hasPrefix("1 peer-1         ●"))
    }

    @Test func jsonSaysTheSame() {
        let json = ReachabilityMatrix(topology()).json
        #expect(
            json.hasPrefix(#"{"processes":["open","one","two","friend","broker","producer"],"reach":[{"from":"open","#))
        #expect(json.contains(#"{"from":"open","to":"one","reach":"answers"}"#))
        #expect(json.contains(#""closed":[{"peers":["one","two"],"through":["open"]}"#))
        #expect(!json.contains("none"))
    }

    @Test func nothingIsNoCrash() {
        #expect(ReachabilityMatrix(Topology(name: "empty")).text(colour: false) == "no processes\n")
    }
}
