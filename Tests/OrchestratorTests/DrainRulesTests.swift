import ClusterModel
import Control
import Testing

@testable import Orchestrator

@Suite struct DrainRulesTests {
    private static let topology = Topology(
        name: "t", feeds: [Feed(name: "news")],
        groups: [PeerGroup(name: "ring", names: "registry")],
        nodes: [
            Node(name: "server", feed: FeedRole(feeds: ["news"])),
            Node(name: "watcher", replicas: 2, watch: [WatchRole(feed: "news", to: "server")]),
            Node(name: "writer", append: [AppendRole(feed: "news", to: "server")]),
            Node(name: "peer", replicas: 3, peer: PeerRole(group: "ring")),
            Node(name: "registry", names: NamesRole()),
        ])

    private func survey(feeds: UInt64? = nil, views: UInt64? = nil, broadcasts: UInt64? = nil, unhandled: Int = 0)
        -> Survey
    {
        var survey = Survey(unhandled: unhandled)
        survey.feeds["news"] = feeds
        survey.views["news"] = views
        survey.broadcasts["ring"] = broadcasts
        return survey
    }

    private func undrained(_ surveys: [String: Survey]) -> [String] { DrainRules(Self.topology).undrained(surveys) }

    @Test func watchersThatAreBehindAreNotDrained() {
        #expect(
            undrained(["server": survey(feeds: 5), "watcher-1": survey(views: 5), "watcher-2": survey(views: 4)])
                == ["watcher-2"])
        #expect(undrained(["server": survey(feeds: 5), "watcher-1": survey()]) == ["watcher-1"])
        #expect(undrained(["server": survey(feeds: 0), "watcher-1": survey()]).isEmpty)
        // Without its server a watcher owes nothing, and nobody waits for a dead one.
        #expect(undrained(["watcher-1": survey(views: 4)]).isEmpty)
        #expect(undrained(["server": survey(feeds: 5)]).isEmpty)
        // One that lives and does not say what it holds leaves open what is missing.
        let watcher = ["watcher-1": survey(views: 4)]
        #expect(DrainRules(Self.topology).undrained(watcher, silent: ["server", "watcher-2"]) == ["watcher-1"])
        #expect(DrainRules(Self.topology).undrained(watcher, silent: ["writer"]).isEmpty)
    }

    @Test func groupsWhoseMembersDifferAreNotDrained() {
        #expect(
            undrained(["peer-1": survey(broadcasts: 7), "peer-2": survey(broadcasts: 8)]) == ["ring"])
        #expect(undrained(["peer-1": survey(broadcasts: 7), "peer-2": survey(broadcasts: 7)]).isEmpty)
        #expect(undrained(["peer-1": survey(broadcasts: 7), "peer-2": survey()]) == ["ring"])
        #expect(undrained(["peer-1": survey(), "peer-2": survey(unhandled: 1)]) == ["ring"])
    }

    @Test func whoCanBeAsked() {
        let asked = Self.topology.nodes.filter(\.answersSurveys).map(\.name)
        #expect(asked == ["server", "watcher", "writer", "peer", "registry"])
        #expect(!Node(name: "x", command: CommandRole(arguments: ["x"])).answersSurveys)
    }

    @Test func nobodyWaitsForTheNameServiceAndItIsStoppedLast() {
        let plan = ClusterPlan(Self.topology)
        #expect(plan.instances.allSatisfy { $0.after.isEmpty })
        #expect(plan.instances.filter { $0.node == "peer" }.allSatisfy { $0.servers == ["registry"] })
        let layers = plan.stopLayers
        func layer(_ name: String) -> Int { layers.firstIndex { $0.contains(name) }! }
        #expect(layer("peer-1") < layer("registry"))
        #expect(layer("watcher-1") < layer("server") && layer("writer") < layer("server"))
    }

    @Test func programsHaveLinksToWhatTakesDatagrams() {
        let topology = Topology(
            name: "t",
            nodes: [
                Node(
                    name: "dns", replicas: 2, serve: ServeRole(services: [], speaks: .udp),
                    command: CommandRole(arguments: ["x"])),
                Node(name: "client", command: CommandRole(arguments: ["x"])),
                Node(name: "peer", peer: PeerRole(group: "g")),
            ])
        let plan = ClusterPlan(topology)
        let client = plan.instances.first { $0.name == "client" }!
        #expect(client.datagramServers == ["dns-1", "dns-2"] && client.after == ["dns-1", "dns-2"])
        #expect(client.servers.isEmpty)
        #expect(plan.instances.first { $0.name == "dns-1" }!.datagramServers == ["dns-2"])
        #expect(plan.instances.first { $0.name == "peer" }!.datagramServers.isEmpty)
    }

    @Test func rolesHaveTheirWords() {
        #expect(Self.topology.nodes.map(\.roleName) == ["feed", "watch", "publish", "peer", "names"])
    }
}
