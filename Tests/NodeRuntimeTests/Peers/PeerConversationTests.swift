import ClusterModel
import Control
import History
import Membership
import Testing

@testable import NodeRuntime

@Suite("Peers: conversation") struct PeerConversationTests {
    private let names = ["peer-1", "peer-2", "peer-3"]
    private let second: Int64 = 1_000_000_000

    @Test func aNodeIsSentToInTurnWithoutOneself() throws {
        var role = PeerRole(group: "g")
        role.send = [SendRole(to: "peer", source: .init(body: "no $(seq) of $(node)", count: 10))]
        let network = try ConversationNetwork(names, ["peer-1": role])
        #expect(network.progress("peer-1").goal == 10)
        #expect(!network.progress("peer-1").isDone)
        network.run(for: second)
        #expect(network.sent("peer-1").isEmpty)
        network.start()
        network.run(for: second)
        let sent = network.sent("peer-1")
        #expect(sent.map(\.message) == (1...10).map { "peer-1/1/m\($0)" })
        #expect(sent.map(\.to) == (1...10).map { $0.isMultiple(of: 2) ? "peer-3" : "peer-2" })
        #expect(sent.allSatisfy { $0.group == "g" && $0.kind == .send })
        #expect(network.handedOver("peer-2").map(\.body) == [1, 3, 5, 7, 9].map { "no \($0) of peer-1" })
        var expected = Progress()
        expected.goal = 10
        expected.published = 10
        expected.confirmed = 10
        expected.isDone = true
        #expect(network.progress("peer-1") == expected)
        #expect(network.progress("peer-3").talked == 5)
        #expect(network.peers["peer-1"]!.survey().unhandled == 0)
    }

    @Test func aRateIsKept() throws {
        var role = PeerRole(group: "g")
        role.send = [SendRole(to: "peer-2", source: .init(count: nil, rate: Rate(perSecond: 10)))]
        let network = try ConversationNetwork(names, ["peer-1": role])
        network.start()
        network.run(for: second - 1)
        #expect(network.sent("peer-1").count == 10)
        #expect(network.progress("peer-1").isDone)
        #expect(network.progress("peer-1").goal == nil)
        network.peers["peer-1"]!.drain()
        network.run(for: second)
        #expect(network.sent("peer-1").count == 10)
        #expect(network.progress("peer-1").confirmed == 10)
    }

    @Test func whoCannotReachAnybodyGivesUp() throws {
        var role = PeerRole(group: "g")
        role.send = [
            SendRole(to: "peer-2", source: .init(count: 3), timeout: .milliseconds(100), attempts: 4)
        ]
        let network = try ConversationNetwork(names, ["peer-1": role])
        network.peers["peer-2"]!.stop(now: 0)
        network.start()
        network.run(for: 100_000_000)
        #expect(network.peers["peer-1"]!.survey().unhandled == 3)
        network.run(for: second)
        #expect(network.progress("peer-1").failed == 3)
        #expect(network.progress("peer-1").isDone)
        #expect(network.peers["peer-1"]!.survey().unhandled == 0)
    }

    @Test func broadcastsMakeEqualSets() throws {
        var role = PeerRole(group: "g")
        role.broadcast = [.init(body: "news $(seq)", count: 300)]
        let network = try ConversationNetwork(names, ["peer-1": role, "peer-2": role])
        network.start()
        #expect(network.sent("peer-1").first?.message == "peer-1/1/b1")
        #expect(network.sent("peer-1").first?.kind == .broadcast)
        let before = network.names.map { network.peers[$0]!.survey().broadcasts["g"] }
        #expect(Set(before).count == 3)
        network.run(for: 5 * second)
        let after = network.names.map { network.peers[$0]!.survey().broadcasts["g"] }
        #expect(Set(after).count == 1)
        #expect(network.progress("peer-3").talked == 600)
        #expect(network.progress("peer-1").published == 300)
        #expect(network.progress("peer-1").isDone)
    }

    @Test func aResourceIsFoundByNeighbours() throws {
        var role = PeerRole(group: "g", share: ["song-$(replica)"])
        let sharers = role
        role.find = [FindRole(what: "song-$(seq)", count: 4, timeout: .milliseconds(400))]
        let network = try ConversationNetwork(names, ["peer-1": role, "peer-2": sharers, "peer-3": sharers])
        var shared = ResourceChange()
        shared.group = "g"
        shared.resource = "song-2"
        #expect(network.events["peer-2"] == [.resourceChange(shared)])
        network.start()
        // One at a time.
        network.run(for: 1_500_000)
        #expect(network.lookups("peer-1").map(\.resource) == ["song-1", "song-2"])
        network.run(for: second)
        #expect(network.lookups("peer-1").map(\.lookup) == (1...4).map { "peer-1/1/l\($0)" })
        #expect(network.lookups("peer-1").allSatisfy { $0.by == .neighbours && $0.group == "g" })
        #expect(
            network.found("peer-1") == [
                .found(lookup: "peer-1/1/l1", holder: "peer-1", hops: 0),
                .found(lookup: "peer-1/1/l2", holder: "peer-2", hops: 1),
                .found(lookup: "peer-1/1/l3", holder: "peer-3", hops: 1),
                .found(lookup: "peer-1/1/l4", holder: nil, hops: 0),
            ])
        #expect(network.progress("peer-1").lookups == 4)
        #expect(network.progress("peer-1").isDone)
    }

    /// Answers when it is told to.
    private final class Service: PeerNames {
        var resources: [String] = []
        var open: [(resource: String, lookup: String, completed: (String?) -> Void)] = []
        var isStopped = false

        func start(host: (any PeerHost)?, resources: [String]) { self.resources = resources }
        func lookup(
            _ resource: String, lookup: String, within time: Duration, _ completed: @escaping (String?) -> Void
        ) { open.append((resource, lookup, completed)) }
        func stop() { isStopped = true }
    }

    @Test func aResourceIsFoundByNames() throws {
        var role = PeerRole(group: "g", share: ["own"])
        role.find = [
            FindRole(what: "song", by: .names, count: 2), FindRole(what: "own", by: .names, count: 1),
        ]
        let service = Service()
        let network = try ConversationNetwork(names, ["peer-1": role], services: ["peer-1": service])
        #expect(service.resources == ["own"])
        network.start()
        #expect(service.open.map(\.lookup) == ["peer-1/1/l1"])
        // Its own resource it need not ask for.
        #expect(network.found("peer-1") == [.found(lookup: "peer-1/1/l2", holder: "peer-1", hops: 0)])
        #expect(network.lookups("peer-1").map(\.by) == [.names, .names])
        #expect(network.peers["peer-1"]!.survey().unhandled == 1)
        service.open[0].completed("peer-3")
        network.run(for: second)
        #expect(service.open.map(\.lookup) == ["peer-1/1/l1", "peer-1/1/l3"])
        service.open[1].completed(nil)
        #expect(
            network.found("peer-1") == [
                .found(lookup: "peer-1/1/l2", holder: "peer-1", hops: 0),
                .found(lookup: "peer-1/1/l1", holder: "peer-3", hops: 1),
                .found(lookup: "peer-1/1/l3", holder: nil, hops: 0),
            ])
        #expect(network.progress("peer-1").isDone)
        network.peers["peer-1"]!.stop(now: network.now)
        #expect(service.isStopped)
    }

    @Test func withoutANameServiceThereIsNoLookupByIt() {
        var role = PeerRole(group: "g")
        role.find = [FindRole(what: "song", by: .names)]
        #expect(throws: OrchError.self) { try ConversationNetwork(names, ["peer-1": role]) }
    }

    @Test func whatIsTooLargeIsToldAndTheRestGoesOn() throws {
        var role = PeerRole(group: "g")
        role.send = [SendRole(to: "peer-2", source: .init(size: 60_000, count: 1))]
        role.broadcast = [.init(size: 60_000, count: 1), .init(body: "small", count: 1)]
        let network = try ConversationNetwork(names, ["peer-1": role])
        network.start()
        network.run(for: second)
        #expect(network.logs.count == 2)
        #expect(network.progress("peer-1").failed == 2)
        #expect(network.progress("peer-1").published == 3)
        #expect(network.progress("peer-1").isDone)
        #expect(network.handedOver("peer-2").map(\.body) == ["small"])
    }

    @Test func whoWouldOnlySendToItselfSendsNothing() throws {
        var role = PeerRole(group: "g")
        role.send = [SendRole(to: "peer-1", source: .init(count: 5))]
        let network = try ConversationNetwork(names, ["peer-1": role])
        network.start()
        network.run(for: second)
        #expect(network.sent("peer-1").isEmpty)
        #expect(network.progress("peer-1").isDone)
        #expect(network.progress("peer-1").goal == 0)
    }

    @Test func processesOfANode() {
        let others = ["a", "peer-10", "peer-2", "peer-x", "peers-1"]
        #expect(SendWork.processes("peer", others) == ["peer-2", "peer-10"])
        #expect(SendWork.processes("a", others) == ["a"])
        #expect(SendWork.processes("peer-2", others) == ["peer-2"])
        #expect(SendWork.processes("nobody", others) == [])
    }
}
