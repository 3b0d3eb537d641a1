import ClusterModel
import Testing

@testable import FaultInjection

@Suite struct FaultScopeTests {
    private static let topology = Topology(
        name: "t",
        nodes: [
            Node(name: "a"), Node(name: "b", replicas: 4, labels: ["lossy"]),
            Node(name: "broker", broker: BrokerRole()),
        ])

    @Test func itSelectsAsTheTopologyDoes() {
        let selectors: [LinkSelector?] = [
            nil, .all, .oneWay(.named("a"), .named("b")), .bothWays(.named("a"), .named("b-2")),
            .oneWay(.count(2, of: "b"), .named("broker")), .bothWays(.label("lossy"), .named("broker")),
            .oneWay(.named("outside"), .named("broker")),
        ]
        let names = Self.topology.nodes.flatMap(\.instances) + ["outside"]
        for selector in selectors {
            let spec = FaultSpec(.drop(Share(0.3)), link: selector)
            let scope = FaultScope(spec, topology: Self.topology, seed: 5)
            for client in names {
                for server in names {
                    let wanted = Self.topology.selects(
                        selector, client: client, server: server, toServer: true, seed: 5, words: spec.text)
                    #expect(scope.includes(client, server) == wanted, "\(client) \(server)")
                }
            }
        }
    }

    @Test func partitionsAreOnWhatTheyCut() {
        let spec = FaultSpec(.partition(.oneWay(from: [.named("a")], to: [.named("b")])))
        let active = ActiveFault(id: 1, name: "p", spec: spec)
        var set = FaultSet()
        set.add(active, FaultScope(spec, topology: Self.topology, seed: 1))
        let faults = set.on(LinkIdentity(client: "b-1", server: "a"))
        #expect(faults.toServer.isEmpty && faults.toClient.map(\.id) == [1])
        let removed = set.remove(1)
        #expect(removed === active)
        #expect(set.faults.isEmpty)
    }

    @Test func processFaultsAreOnNoLink() {
        let scope = FaultScope(FaultSpec(.kill(.named("a"), signal: "KILL")), topology: Self.topology, seed: 1)
        #expect(!scope.includes("a", "b-1"))
    }
}
