import ClusterModel
import Testing

@Suite struct PartitionCutTests {
    private func topology(_ count: Int) -> Topology {
        Topology(
            name: "t",
            nodes: [
                Node(name: "peer", replicas: count), Node(name: "broker", broker: BrokerRole()),
                Node(name: "client"),
            ])
    }

    private func cut(_ partition: Partition, _ count: Int, seed: UInt64 = 3) -> Cut {
        topology(count).cut(for: partition, seed: seed, words: "partition \(partition)")
    }

    private func peers(_ count: Int) -> [String] { (1...count).map { "peer-\($0)" } }

    /// Those that each reaches, itself included, where both ways are open.
    private func views(_ cut: Cut, _ names: [String]) -> [Set<String>] {
        names.map { name in Set(names.filter { !cut.cuts(name, $0) && !cut.cuts($0, name) }) }
    }

    private static let shapes: [Partition] = [
        .halves(.named("peer")), .isolate(.named("peer-1")), .bridge(.named("peer")), .majorityRing(.named("peer")),
        .parts([[.named("peer-1")], [.named("peer-2")]]), .oneWay(from: [.named("peer-1")], to: [.named("peer-2")]),
    ]

    @Test(arguments: 2...9) func nobodyIsCutFromItselfAndSeedAndTextDecide(count: Int) {
        for shape in Self.shapes {
            let cut = cut(shape, count)
            #expect(peers(count).allSatisfy { !cut.cuts($0, $0) })
            #expect(cut == self.cut(shape, count))
        }
        let halves = Set((0..<60).map { cut(.halves(.named("peer")), count, seed: $0) })
        #expect(halves.count > 1)
    }

    @Test(arguments: 2...9) func halves(count: Int) {
        let views = views(cut(.halves(.named("peer")), count), peers(count))
        #expect(Set(views).count == 2)
        #expect(Set(views).map(\.count).sorted() == [count / 2, (count + 1) / 2])
        #expect(Set(views).reduce(Set<String>()) { $0.union($1) } == Set(peers(count)))
        // Those who are named in no part talk to everybody.
        let cut = cut(.halves(.named("peer")), count)
        #expect(peers(count).allSatisfy { !cut.cuts($0, "broker") && !cut.cuts("broker", $0) })
    }

    @Test(arguments: 2...9) func isolate(count: Int) {
        let cut = cut(.isolate(.named("peer-1")), count)
        for name in peers(count).dropFirst() + ["broker", "client", "outside"] {
            #expect(cut.cuts("peer-1", name) && cut.cuts(name, "peer-1"))
            #expect(!cut.cuts(name, "broker"))
        }
        // Several that are isolated do not reach each other either.
        let all = self.cut(.isolate(.named("peer")), count)
        #expect(all.cuts("peer-1", "peer-2"))
    }

    @Test(arguments: 2...9) func bridge(count: Int) {
        let views = views(cut(.bridge(.named("peer")), count), peers(count))
        let bridges = views.filter { $0.count == count }
        guard count > 2 else {
            #expect(bridges.count == 2)
            return
        }
        #expect(bridges.count == 1)
        let rest = views.filter { $0.count < count }
        #expect(Set(rest).count == 2)
        #expect(Set(rest).map(\.count).sorted() == [(count - 1) / 2 + 1, count / 2 + 1])
    }

    @Test(arguments: 2...9) func majorityRing(count: Int) {
        let cut = cut(.majorityRing(.named("peer")), count)
        let views = views(cut, peers(count))
        let majority = count / 2 + 1
        // Where an odd number would each need an odd number of partners, one has one more.
        let larger = count % 4 == 3 ? 1 : 0
        #expect(views.count { $0.count == majority } == count - larger)
        #expect(views.count { $0.count == majority + 1 } == larger)
        #expect(Set(views).count == (count == 2 ? 1 : count))
        // What is cut is cut both ways.
        #expect(peers(count).allSatisfy { a in peers(count).allSatisfy { cut.cuts(a, $0) == cut.cuts($0, a) } })
    }

    @Test(arguments: 2...9) func parts(count: Int) {
        let cut = cut(.parts([[.named("peer-1"), .named("client")], [.named("peer-2")]]), count)
        #expect(cut.cuts("peer-1", "peer-2") && cut.cuts("peer-2", "peer-1") && cut.cuts("client", "peer-2"))
        #expect(!cut.cuts("peer-1", "client"))
        #expect(!cut.cuts("broker", "peer-1") && !cut.cuts("peer-2", "broker"))
        if count > 2 { #expect(!cut.cuts("peer-3", "peer-1") && !cut.cuts("peer-2", "peer-3")) }
    }

    @Test func whoIsInTwoPartsTalksToBoth() {
        let cut = cut(.parts([[.named("peer-1"), .named("peer-3")], [.named("peer-2"), .named("peer-3")]]), 3)
        #expect(cut.cuts("peer-1", "peer-2"))
        #expect(!cut.cuts("peer-3", "peer-1") && !cut.cuts("peer-3", "peer-2"))
    }

    @Test(arguments: 2...9) func oneWay(count: Int) {
        let cut = cut(.oneWay(from: [.named("peer-1")], to: [.named("peer"), .named("outside")]), count)
        #expect(cut.cuts("peer-1", "peer-2") && !cut.cuts("peer-2", "peer-1"))
        #expect(cut.cuts("peer-1", "outside") && !cut.cuts("outside", "peer-1"))
        #expect(!cut.cuts("peer-1", "broker"))
    }

    @Test func pairsAreListedAsLongAsTheyAreFew() {
        let topology = topology(3)
        let cut = topology.cut(
            for: .oneWay(from: [.named("peer-1")], to: [.named("peer")]), seed: 1, words: "partition")
        #expect(topology.cutPairs(cut) == ["peer-1>peer-2", "peer-1>peer-3"])
        #expect(cut.pairs(among: ["peer-1", "peer-2", "peer-3"], limit: 1).isEmpty)
    }
}
