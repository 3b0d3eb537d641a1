import ClusterModel
import Testing

@testable import Membership

@Suite("Finder") struct FinderTests {
    private typealias Network = TalkNetwork<Finder>

    /// Peers `0…n-1`, each with the resource `r0…` and the neighbours that the overlay gives it.
    private func network(_ count: Int, hops: Int, _ overlay: (Int) -> [Int]) -> Network {
        let names = (0..<count).map { "p\($0)" }
        var network = Network(seed: 1)
        for (index, name) in names.enumerated() {
            network.peers[name] = Finder(
                identity(name, of: names), neighbours: count, hops: hops, resources: ["r\(index)"])
            network.views[name] = overlay(index).filter { (0..<count).contains($0) }.map { "p\($0)" }.sorted()
        }
        network.tellMembers()
        return network
    }

    private func find(_ network: inout Network, _ resource: String, number: UInt64 = 1) throws -> PeerAction {
        let result = network.peers["p0"]!.find(
            resource, number: number, timeout: 200 * millisecond, now: network.now)
        let begun = try #require(result)
        #expect(begun.lookup == "p0/1/l\(number)")
        network.perform("p0", begun.actions)
        network.run(for: second)
        let found = network.done.compactMap { item -> PeerAction? in
            if case .found = item.action { item.action } else { nil }
        }
        #expect(found.count == Int(number))
        return try #require(found.last)
    }

    private func asked(_ network: Network) -> Int {
        network.done.count { if case .asked = $0.action { true } else { false } }
    }

    @Test func onALineItGoesAsFarAsTheLimit() throws {
        var network = network(10, hops: 4) { [$0 - 1, $0 + 1] }
        #expect(try find(&network, "r4") == .found(lookup: "p0/1/l1", holder: "p4", hops: 4))
        // Four questions, and the answer straight back.
        #expect(asked(network) == 5)
        #expect(network.datagrams == 5)
        #expect(try find(&network, "r5", number: 2) == .found(lookup: "p0/1/l2", holder: nil, hops: 0))
        // Asked four times, since nobody answered.
        #expect(asked(network) == 5 + 4 * 4)
        #expect(network.peers["p0"]!.openCount == 0)
    }

    @Test func onARingTheNearerWayWins() throws {
        var network = network(9, hops: 4) { [($0 + 8) % 9, ($0 + 1) % 9] }
        #expect(try find(&network, "r7") == .found(lookup: "p0/1/l1", holder: "p7", hops: 2))
        #expect(try find(&network, "r4", number: 2) == .found(lookup: "p0/1/l2", holder: "p4", hops: 4))
    }

    @Test func onAStarItTakesTwoHops() throws {
        var network = network(20, hops: 2) { $0 == 1 ? [0] + Array(2..<20) : [1] }
        #expect(try find(&network, "r1") == .found(lookup: "p0/1/l1", holder: "p1", hops: 1))
        #expect(asked(network) == 2)
        #expect(try find(&network, "r19", number: 2) == .found(lookup: "p0/1/l2", holder: "p19", hops: 2))
        // The hub, its other eighteen, the answer; nobody sends anything back to where it came from.
        #expect(asked(network) == 2 + 1 + 18 + 1)
    }

    @Test func eachPassesAQuestionOnOnce() throws {
        // Everybody knows everybody.
        var network = network(6, hops: 5) { _ in Array(0..<6) }
        #expect(try find(&network, "nothing") == .found(lookup: "p0/1/l1", holder: nil, hops: 0))
        // In each of the four rounds: five questions, each passed on to four.
        #expect(asked(network) == 4 * (5 + 5 * 4))
    }

    @Test func oneFindsItsOwnWithoutAWord() throws {
        var network = network(3, hops: 2) { _ in [0, 1, 2] }
        #expect(try find(&network, "r0") == .found(lookup: "p0/1/l1", holder: "p0", hops: 0))
        #expect(network.datagrams == 0)
    }

    @Test func lostQuestionsAreAskedAgain() throws {
        var network = network(2, hops: 2) { _ in [0, 1] }
        network.isCut = { _, to in to == "p1" }
        let result = network.peers["p0"]!.find("r1", number: 1, timeout: 200 * millisecond, now: 0)
        let begun = try #require(result)
        network.perform("p0", begun.actions)
        network.run(for: 120 * millisecond)
        network.isCut = { _, _ in false }
        network.run(for: second)
        #expect(
            network.done.last
                == .init(
                    peer: "p0", time: 152 * millisecond, action: .found(lookup: "p0/1/l1", holder: "p1", hops: 1)))
    }

    /// With k neighbours each, h hops reach everybody in a group of k^h.
    @Test(arguments: [2, 3, 4], [5, 7, 17, 27, 64, 81, 200]) func theOverlayReachesAll(fanout: Int, count: Int) {
        let names = (0..<count).map { "p\($0)" }.sorted()
        var reach = 1
        var hops = 0
        while reach < count {
            reach *= fanout
            hops += 1
        }
        var edges: [String: [String]] = [:]
        for name in names {
            edges[name] = Finder.neighbours(of: name, among: names.filter { $0 != name }, count: fanout)
            #expect(edges[name]!.count <= fanout)
            #expect(!edges[name]!.contains(name))
            #expect(Set(edges[name]!).count == edges[name]!.count)
        }
        for name in names {
            var known: Set = [name]
            var edge = [name]
            for _ in 0..<hops {
                edge = edge.flatMap { edges[$0]! }.filter { known.insert($0).inserted }
            }
            #expect(known.count == count)
        }
    }

    /// What docs/peers.md says of the cost.
    @Test func inAGroupOf64() throws {
        let names = (0..<64).map { "p\($0)" }
        var network = Network(seed: 1)
        for name in names {
            network.peers[name] = Finder(
                identity(name, of: names), neighbours: 3, hops: 4, resources: ["r\(name.dropFirst())"])
        }
        network.tellMembers()
        var hops = 0
        for index in 1..<64 {
            guard case .found(_, "p\(index)"?, let far) = try find(&network, "r\(index)", number: UInt64(index)) else {
                Issue.record("r\(index) was not found")
                return
            }
            #expect((1...4).contains(far))
            hops += far
        }
        #expect((3.0...3.5).contains(Double(hops) / 63))
        #expect((85...110).contains(asked(network) / 63))
    }

    @Test func withOneNeighbourEachItIsARing() {
        let names = ["a", "b", "c", "d"]
        #expect(
            names.map { name in Finder.neighbours(of: name, among: names.filter { $0 != name }, count: 1) }
                == [["b"], ["c"], ["d"], ["a"]])
    }

    /// One hop further.
    private func sent(_ words: FinderWords) -> [UInt8] {
        var words = words
        words.hop += 1
        return words.encoded
    }

    @Test func whatItRemembersIsBounded() {
        let names = ["a", "b", "c"]
        var finder = Finder(identity("a", of: names), neighbours: 2, hops: 3, resources: [])
        _ = finder.membersChanged(["b", "c"], now: 0)
        for number in UInt64(1)...20_000 {
            let words = FinderWords(
                asker: "b", life: 1, number: number, hop: 1, content: .question("x", round: 0))
            let actions = finder.receive(words.encoded, from: "b", now: 0)
            #expect(actions == [.asked(lookup: "b/1/l\(number)", to: "c"), .send(.lookup, sent(words), to: "c")])
        }
        #expect(finder.rememberedCount == Finder.memory)
        var number: UInt64 = 0
        while finder.openCount < Finder.openLimit {
            number += 1
            let begun = finder.find("x", number: number, timeout: 1, now: 0)
            #expect(begun != nil)
        }
        let refused = finder.find("x", number: number + 1, timeout: 1, now: 0)
        #expect(refused == nil)
    }
}
