import ClusterModel
import Testing

@testable import Membership

@Suite("Broadcaster") struct BroadcasterTests {
    private typealias Network = TalkNetwork<Broadcaster>

    private static let settings = Broadcaster.Settings(
        gossip: 50 * millisecond, fanout: 3, repair: 500 * millisecond)

    private func network(_ names: [String], seed: UInt64 = 1) -> Network {
        var network = Network(seed: seed)
        for name in names {
            network.peers[name] = Broadcaster(identity(name, of: names, seed: seed), Self.settings)
        }
        network.tellMembers()
        return network
    }

    private func broadcast(_ network: inout Network, _ peer: String, _ body: [UInt8] = [7]) throws -> String {
        let result = network.peers[peer]!.broadcast(body, now: network.now)
        let begun = try #require(result)
        network.perform(peer, begun.actions)
        return begun.message
    }

    /// All have all, each handed over once, with its own items left out.
    private func expectAll(
        _ network: Network, _ items: Set<String>, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) {
        for name in network.names {
            let arrived = network.handedOver(name)
            let own = items.filter { $0.hasPrefix("\(name)/1/") }
            #expect(Set(arrived) == items.subtracting(own), sourceLocation: sourceLocation)
            #expect(arrived.count == Set(arrived).count, sourceLocation: sourceLocation)
            #expect(network.peers[name]!.count == items.count, sourceLocation: sourceLocation)
        }
        #expect(Set(network.peers.values.map(\.digest)).count == 1, sourceLocation: sourceLocation)
    }

    @Test func anItemReachesEverybody() throws {
        var network = network(["a", "b", "c", "d", "e"])
        let item = try broadcast(&network, "b")
        #expect(item == "b/1/b1")
        network.run(for: 300 * millisecond)
        expectAll(network, [item])
        #expect(network.ways("a").count == 1)
    }

    /// The acceptance of the peers: 5 of them, 1,000 items, partitions coming and going.
    @Test(arguments: 1...6) func partitionsComeAndGo(seed: UInt64) throws {
        let names = ["a", "b", "c", "d", "e"]
        var network = network(names, seed: seed)
        network.loss = 0.2
        network.duplication = 0.1
        network.delay = millisecond...(30 * millisecond)
        var generator = SeededGenerator(seed: seed, "partitions")
        var items: Set<String> = []
        for round in 0..<50 {
            if round.isMultiple(of: 5) {
                let left = Set(names.shuffled(using: &generator).prefix(Int.random(in: 0...4, using: &generator)))
                network.isCut = { left.contains($0) != left.contains($1) }
                for name in names {
                    network.views[name] = names.filter { left.contains($0) == left.contains(name) }
                }
                network.tellMembers()
            }
            for _ in 0..<20 {
                items.insert(try broadcast(&network, names.randomElement(using: &generator)!))
            }
            network.run(for: 100 * millisecond)
        }
        #expect(items.count == 1_000)
        network.isCut = { _, _ in false }
        network.views = [:]
        network.tellMembers()
        network.run(for: 10 * second)
        expectAll(network, items)
    }

    @Test func aHealedPartitionIsRepairedWithinBounds() throws {
        let names = ["a", "b", "c", "d", "e"]
        var network = network(names)
        let left: Set<String> = ["a", "b"]
        network.isCut = { left.contains($0) != left.contains($1) }
        for name in names { network.views[name] = names.filter { left.contains($0) == left.contains(name) } }
        network.tellMembers()
        var items: Set<String> = []
        for _ in 0..<100 {
            for _ in 0..<5 { items.insert(try broadcast(&network, "a", Array(repeating: 1, count: 200))) }
            for _ in 0..<5 { items.insert(try broadcast(&network, "c", Array(repeating: 2, count: 200))) }
            network.run(for: 50 * millisecond)
        }
        network.isCut = { _, _ in false }
        network.views = [:]
        network.tellMembers()
        network.run(for: 3 * second)
        expectAll(network, items)
        #expect(network.largest <= BroadcastWords.packet + 10)
        // The answer to one digest, and a digest of its own.
        #expect(network.largestBurst <= Broadcaster.repairSize * 11 / 10 + BroadcastWords.packet)
    }

    @Test func oneComparisonServesBoth() throws {
        var a = Broadcaster(identity("a", of: ["a", "b"]), Self.settings)
        var b = Broadcaster(identity("b", of: ["a", "b"]), Self.settings)
        _ = a.broadcast([1], now: 0)
        _ = b.broadcast([2], now: 0)
        _ = a.membersChanged(["b"], now: 0)
        // The news themselves get lost.
        let said = a.tick(now: 50 * millisecond)
        let question = try #require(said.last)
        guard case .send(_, let digest, "b") = question else {
            Issue.record("no digest: \(question)")
            return
        }
        var toA: [[UInt8]] = []
        for action in b.receive(digest, from: "a", now: 0) {
            if case .send(_, let payload, "a") = action { toA.append(payload) }
        }
        // What a lacks, and b's own digest, for what it lacks itself.
        #expect(toA.count == 2)
        for payload in toA {
            for action in a.receive(payload, from: "b", now: 0) {
                guard case .send(_, let payload, "b") = action else { continue }
                let taken = b.receive(payload, from: "a", now: 0)
                #expect(taken.count == 1)
            }
        }
        #expect(a.count == 2)
        #expect(a.digest == b.digest)
        // And then there is nothing to say.
        let more = a.tick(now: 2 * second)
        let later = try #require(more.last)
        guard case .send(_, let again, _) = later else {
            Issue.record("no digest: \(later)")
            return
        }
        let answer = b.receive(again, from: "a", now: 0)
        #expect(answer.isEmpty)
    }

    /// Nobody is told that it is back: the rare repair with those who are held to be dead finds it.
    @Test func whoIsForgottenByAllIsFound() throws {
        let names = ["a", "b", "c"]
        var network = network(names)
        for name in ["a", "b"] { network.views[name] = ["a", "b"] }
        network.views["c"] = ["c"]
        network.tellMembers()
        let items: Set = [try broadcast(&network, "a"), try broadcast(&network, "c")]
        network.run(for: 30 * second)
        expectAll(network, items)
    }

    @Test func whoComesLateGetsAll() throws {
        let names = ["a", "b", "c"]
        var network = network(names)
        network.peers["c"] = nil
        network.tellMembers()
        var items: Set<String> = []
        for number in 0..<500 {
            // Some that are larger than a packet.
            items.insert(
                try broadcast(&network, "a", Array(repeating: 1, count: number.isMultiple(of: 50) ? 3_000 : 20)))
            network.run(for: 10 * millisecond)
        }
        network.peers["c"] = Broadcaster(identity("c", of: names), Self.settings)
        network.tellMembers()
        network.run(for: 2 * second)
        expectAll(network, items)
    }

    @Test func theItemsOfAnEarlierLifeComeBack() throws {
        var network = network(["a", "b"])
        let first = try broadcast(&network, "a")
        network.run(for: second)
        network.peers["a"] = Broadcaster(identity("a", of: ["a", "b"], life: 2), Self.settings)
        network.tellMembers()
        network.run(for: 3 * second)
        #expect(network.handedOver("a") == [first])
        let next = try broadcast(&network, "a")
        #expect(next == "a/2/b1")
        network.run(for: second)
        #expect(network.handedOver("b") == [first, next])
        #expect(network.peers["a"]!.digest == network.peers["b"]!.digest)
    }

    @Test func whatDoesNotFitInOneDigestIsComparedInParts() throws {
        let names = (0..<300).map { "peer-of-a-large-group-\($0)" }
        var a = Broadcaster(identity("a", of: names + ["a", "b"]), Self.settings)
        let b = Broadcaster(identity("b", of: names + ["a", "b"]), Self.settings)
        for name in names {
            let item = BroadcastItem(stream: .init(origin: name, life: 1), number: 1, body: [1])
            let words = BroadcastWords.items([item], isRepair: true, hasMore: false)
            _ = a.receive(words.encoded, from: name, now: 0)
        }
        var network = Network(seed: 1)
        network.peers = ["a": a, "b": b]
        network.tellMembers()
        network.run(for: 60 * second)
        #expect(network.peers["a"]!.digest == network.peers["b"]!.digest)
        #expect(network.handedOver("b").count == 300)
        #expect(network.largest <= BroadcastWords.packet + 100)
    }

    @Test func theDigestTellsSetsApart() {
        var generator = SeededGenerator(seed: 3, "digests")
        var seen: [UInt64: Set<UInt64>] = [:]
        for _ in 0..<500 {
            var numbers = Set<UInt64>()
            for _ in 0..<8 { numbers.insert(UInt64.random(in: 1...9, using: &generator)) }
            var store = BroadcastStore()
            for number in numbers.shuffled(using: &generator) {
                _ = store.insert(.init(stream: .init(origin: "a", life: 1), number: number, body: []))
            }
            if let other = seen[store.digest] { #expect(other == numbers) }
            seen[store.digest] = numbers
        }
        #expect(Set(seen.values).count == seen.count)
        var one = BroadcastStore()
        var other = BroadcastStore()
        _ = one.insert(.init(stream: .init(origin: "a", life: 1), number: 1, body: []))
        _ = other.insert(.init(stream: .init(origin: "a", life: 2), number: 1, body: []))
        #expect(one.digest != other.digest)
    }

    @Test func theStoreForgetsBodiesAndNeverNumbers() {
        var limits = BroadcastStore.Limits()
        limits.bodies = 100
        limits.ranges = 10
        limits.streams = 2
        var store = BroadcastStore(limits)
        func insert(_ stream: BroadcastStream, _ number: UInt64) -> Bool {
            store.insert(.init(stream: stream, number: number, body: [1]))
        }
        let stream = BroadcastStream(origin: "a", life: 1)
        for number in UInt64(1)...1_000 { #expect(insert(stream, number)) }
        #expect(store.bodyCount == 100)
        #expect(store.streams[stream]?.bodies.count == 100)
        #expect(store.streams[stream]?.keptFrom == 901)
        #expect(store.count == 1_000)
        #expect(!insert(stream, 3))
        // Gaps are bounded, and what makes none is still taken.
        var taken = 0
        for number in stride(from: UInt64(2_000), to: 3_000, by: 2) {
            if insert(stream, number) { taken += 1 }
        }
        #expect(taken == 9)
        #expect(insert(stream, 1_001))
        #expect(!insert(.init(origin: "b", life: 1), 1))
    }

    @Test func ownItemsWaitForRumoursToGetOut() throws {
        var network = network(["a", "b"])
        var count = 0
        while network.peers["a"]!.canBroadcast {
            _ = try broadcast(&network, "a")
            count += 1
        }
        #expect(count == Broadcaster.ownLimit)
        let refused = network.peers["a"]!.broadcast([], now: network.now)
        #expect(refused == nil)
        network.run(for: 200 * millisecond)
        #expect(network.peers["a"]!.canBroadcast)
        network.run(for: 3 * second)
        #expect(network.handedOver("b").count == count)
    }

    @Test func aRumourIsToldSoManyTimesAndNoMore() {
        let names = (0..<20).map { "p\($0)" }
        var peer = Broadcaster(identity("p0", of: names), Self.settings)
        _ = peer.membersChanged(names.filter { $0 != "p0" }, now: 0)
        _ = peer.broadcast([1], now: 0)
        var told: [[String]] = []
        for time in stride(from: Int64(0), through: second, by: Int(50 * millisecond)) {
            var targets: [String] = []
            for action in peer.tick(now: time) {
                guard case .send(_, let payload, let to) = action, case .items? = BroadcastWords(payload) else {
                    continue
                }
                targets.append(to)
            }
            if !targets.isEmpty { told.append(targets) }
        }
        // Twice log2 of 20, in threes, and to three different ones each time.
        #expect(told.map(\.count) == [3, 3, 3, 3])
        #expect(told.allSatisfy { Set($0).count == 3 })
    }
}
