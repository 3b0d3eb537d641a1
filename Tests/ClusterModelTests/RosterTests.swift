import ClusterModel
import Testing

@Suite struct RosterTests {
    private static let topology = Topology(
        name: "t",
        nodes: [
            Node(name: "broker", broker: BrokerRole(port: 5_672)),
            Node(name: "producer", publish: [PublishRole(exchange: "x")], labels: ["lossy"]),
            Node(name: "worker", replicas: 4, consume: [ConsumeRole(queue: "q")], labels: ["lossy"]),
            Node(name: "script", command: CommandRole(arguments: ["run"])),
            Node(name: "none", replicas: 0),
        ])

    @Test func replicasAreNumbered() {
        #expect(
            Self.topology.nodes.map(\.instances) == [
                ["broker"], ["producer"], ["worker-1", "worker-2", "worker-3", "worker-4"], ["script"], [],
            ])
        // One replica that was asked for is numbered, too.
        #expect(Node(name: "a", replicas: 1).instances == ["a-1"])
        #expect(Node(name: "a", replicas: -1).instances == [])
    }

    @Test func selectors() {
        func chosen(_ selector: NodeSelector, seed: UInt64 = 1) -> [String] {
            Self.topology.instances(selector, seed: seed, for: "kill")
        }
        #expect(chosen(.named("worker-2")) == ["worker-2"])
        #expect(chosen(.named("nobody")) == [])
        #expect(chosen(.label("lossy")) == ["producer", "worker-1", "worker-2", "worker-3", "worker-4"])
        #expect(chosen(.count(2, of: "worker")).count == 2)
        #expect(chosen(.count(9, of: "worker")).count == 4)
        #expect(chosen(.share(Share(0.5), of: "worker")).count == 2)
        #expect(chosen(.share(Share(0.01), of: "worker")).count == 1)
        #expect(chosen(.share(Share(0), of: "worker")) == [])
        #expect(chosen(.count(2, of: "worker")) == chosen(.count(2, of: "worker")))
        #expect(Set((0..<50).map { chosen(.count(1, of: "worker"), seed: $0)[0] }).count == 4)
    }

    @Test func linkSelectors() {
        func selects(_ selector: LinkSelector?, _ client: String, toServer: Bool) -> Bool {
            Self.topology.selects(
                selector, client: client, server: "broker", toServer: toServer, seed: 1, words: "drop 30%")
        }
        #expect(selects(nil, "worker-1", toServer: true) && selects(.all, "worker-1", toServer: false))
        let toBroker = LinkSelector.oneWay(.named("worker"), .named("broker"))
        #expect(selects(toBroker, "worker-3", toServer: true))
        #expect(!selects(toBroker, "worker-3", toServer: false))
        #expect(!selects(toBroker, "producer", toServer: true))
        let both = LinkSelector.bothWays(.named("broker"), .named("worker-1"))
        #expect(selects(both, "worker-1", toServer: true) && selects(both, "worker-1", toServer: false))
        #expect(!selects(both, "worker-2", toServer: true))
        let outside = LinkSelector.oneWay(.named("outside"), .named("broker"))
        #expect(selects(outside, "outside", toServer: true))
    }

    @Test func whoTalksToWhom() {
        #expect(
            Self.topology.links.map(\.description) == [
                "producer <-> broker", "worker <-> broker", "script <-> broker", "outside <-> broker",
            ])
    }

    @Test func textsOfFaultsAreCanonical() {
        #expect(FaultSpec(.drop(Share(0.3))).text == "drop 30%")
        #expect(
            FaultSpec(.drop(Share(0.3)), only: FaultFilter(kinds: [.publish, .ack], key: "a.#", nth: 7)).text
                == "drop 30% only publish ack key=a.# nth=7")
        #expect(
            FaultSpec(.delay(.milliseconds(50), jitter: .milliseconds(5), Share(0.5))).text == "delay 50ms ±5ms 50%")
        #expect(FaultSpec(.kill(.count(1, of: "worker"), signal: "KILL")).text == "kill 1 of worker")
        #expect(FaultSpec(.kill(.named("worker"), signal: "TERM")).text == "kill worker TERM")
        // Place and time are no part of the text, and so none of the dice.
        #expect(FaultSpec(.reset, link: .all, at: .seconds(1), for: .seconds(2)).text == "reset")
    }

    @Test func errorsSayWhatWhereWhyAndWhatToDo() {
        let error = OrchError(
            .badTopology, "no exchange 'logs'", at: SourceLocation(file: "a.yaml", line: 3, column: 5),
            cause: "it is not declared", advice: "declare it under `exchanges:`")
        #expect(
            "\(error)"
                == "a.yaml:3:5: error: no exchange 'logs'\n  cause: it is not declared\n  help: declare it under `exchanges:`"
        )
    }
}
