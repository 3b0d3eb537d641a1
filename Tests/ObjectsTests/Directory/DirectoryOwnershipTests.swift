import ClusterModel
import Objects
import Testing

@Suite("Directory: ownership") struct DirectoryOwnershipTests {
    // MARK: - An owner's death

    struct Death: Sendable, CustomTestStringConvertible {
        var durable: Bool
        var restore: ObjectType.Restore
        var snapshot: Bool
        var standing: ObjectRecord.Standing
        /// Whether others are asked to restore it.
        var asks = false
        var testDescription: String { "durable \(durable), restore \(restore), snapshot \(snapshot)" }
    }

    static let deaths = [
        Death(durable: false, restore: .no, snapshot: false, standing: .gone),
        Death(durable: false, restore: .no, snapshot: true, standing: .gone),
        Death(durable: false, restore: .prepared, snapshot: false, standing: .orphaned),
        Death(durable: false, restore: .elsewhere, snapshot: false, standing: .gone),
        Death(durable: false, restore: .elsewhere, snapshot: true, standing: .orphaned, asks: true),
        Death(durable: true, restore: .no, snapshot: false, standing: .orphaned),
        Death(durable: true, restore: .prepared, snapshot: false, standing: .orphaned),
        Death(durable: true, restore: .elsewhere, snapshot: false, standing: .orphaned),
        Death(durable: true, restore: .elsewhere, snapshot: true, standing: .orphaned, asks: true),
    ]

    @Test(arguments: deaths) func death(_ death: Death) throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a, durable: death.durable, restore: death.restore)
        if death.snapshot { try bench.snapshot("x", a) }
        try bench.passLease(keeping: b)
        #expect(try bench.words("x") == "\(death.standing) a 1 e1")
        #expect(try bench.asked(b) == (death.asks ? ["x"] : []))
        #expect(try bench.fetch("x").epoch == (death.standing == .gone || !death.snapshot ? 0 : 1))
        // The same after a restart, whose time counts from the start.
        try bench.restart()
        try bench.passLease(keeping: b)
        #expect(try bench.words("x") == "\(death.standing) a 1 e1")
        #expect(try bench.asked(b) == (death.asks ? ["x"] : []))
    }

    @Test func theHostItselfClaimsFromItsStore() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a", "1"), try bench.open("b"))
        try bench.register("x", a, durable: true)
        try bench.register("y", a, restore: .prepared)
        #expect(try !bench.claim("x", b, epoch: 1, .store).granted)
        let second = try bench.open("a", "2")
        #expect(try !bench.claim("x", b, epoch: 1, .store).granted)
        #expect(try !bench.claim("x", second, epoch: 0, .store).granted)
        #expect(try !bench.claim("x", second, epoch: 2, .store).granted)
        #expect(try !bench.claim("y", second, epoch: 1, .store).granted)
        #expect(try bench.claim("none", second, epoch: 1, .store).record == nil)
        let fenced = try bench.claim("x", a, epoch: 1, .store)
        #expect(fenced.fenced && !fenced.granted)
        let granted = try bench.claim("x", second, epoch: 1, .store)
        #expect(granted.granted && granted.record?.epoch == 2 && granted.record?.incarnation == "x.1")
        #expect(try bench.words("x") == "owned a 3 e2")
        // Its answer was lost.
        try bench.restart()
        #expect(try bench.claim("x", second, epoch: 1, .store).granted)
        #expect(try bench.words("x") == "owned a 3 e2")
    }

    @Test func anotherHostAdoptsThePreparedCopy() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a", "1"), try bench.open("b"))
        try bench.register("x", a, restore: .prepared)
        try bench.register("y", a, durable: true)
        #expect(try !bench.claim("x", b, epoch: 1, .prepared).granted)
        // The process is another one, but that it is dead is only certain after its time.
        let second = try bench.open("a", "2")
        #expect(try bench.words("x") == "orphaned a 1 e1")
        bench.now += 2_199
        _ = try bench.lease(b)
        _ = try bench.lease(second)
        #expect(try !bench.claim("x", b, epoch: 1, .prepared).granted)
        bench.now += 1
        #expect(try !bench.claim("x", b, epoch: 0, .prepared).granted)
        #expect(try !bench.claim("x", second, epoch: 1, .prepared).granted)
        #expect(try !bench.claim("y", b, epoch: 1, .prepared).granted)
        #expect(try bench.claim("x", b, epoch: 1, .prepared).granted)
        #expect(try bench.words("x") == "owned b 2 e2")
        #expect(try bench.record("x").incarnation == "x.1")
    }

    @Test func whatNobodyAdoptsIsGone() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a, restore: .prepared)
        try bench.register("y", a, durable: true, restore: .prepared)
        try bench.passLease(keeping: b)
        #expect(try bench.words("x") == "orphaned a 1 e1")
        bench.now += 4_999
        #expect(try bench.words("x") == "orphaned a 1 e1")
        bench.now += 1
        #expect(try bench.words("x") == "gone a 1 e1")
        // Its own host may come back for the other one at any time.
        bench.now += 1_000_000
        #expect(try bench.words("y") == "orphaned a 1 e1")
    }

    @Test func hostsAreAskedInTurnToRestore() throws {
        var bench = try DirectoryBench()
        let a = try bench.open("a")
        let others = [try bench.open("b"), try bench.open("c"), try bench.open("d", types: ["Other"])]
        for object in ["w", "x", "y", "z"] {
            try bench.register(object, a, restore: .elsewhere)
            try bench.snapshot(object, a)
        }
        try bench.passLease(keeping: others[0], others[1], others[2])
        // Not who does not know the type.
        #expect(try others.map { try bench.asked($0) } == [["w", "y"], ["x", "z"], []])
        #expect(try !bench.claim("x", others[0], epoch: 1, .snapshot, incarnation: "new").granted)
        #expect(try !bench.claim("x", others[1], epoch: 1, .snapshot).granted)
        #expect(try !bench.claim("x", others[1], epoch: 1, .prepared).granted)
        let granted = try bench.claim("x", others[1], epoch: 1, .snapshot, incarnation: "new")
        #expect(granted.granted && granted.record?.incarnation == "new")
        #expect(try bench.claim("x", others[1], epoch: 1, .snapshot, incarnation: "new").granted)
        #expect(try !bench.claim("x", others[1], epoch: 1, .snapshot, incarnation: "other").granted)
        #expect(try bench.asked(others[1]) == ["z"])
        // The snapshot serves until there is a later one.
        #expect(try bench.fetch("x").epoch == 1)
        // One of them dies too.
        try bench.passLease(keeping: others[0], others[2])
        #expect(try bench.asked(others[0]) == ["w", "y", "x", "z"])
    }

    @Test func whoDoesNotRestoreInTimeIsAskedNoMore() throws {
        var bench = try DirectoryBench()
        let a = try bench.open("a")
        try bench.register("x", a, restore: .elsewhere)
        try bench.snapshot("x", a)
        try bench.passLease()
        #expect(try bench.words("x") == "orphaned a 1 e1")
        // Nobody is there; whoever comes is asked before long.
        let b = try bench.open("b")
        let c = try bench.open("c")
        try bench.passLease(keeping: b, c)
        #expect(try bench.asked(b) == ["x"])
        #expect(try bench.asked(c) == [])
        try bench.passLease(keeping: b, c)
        #expect(try bench.asked(b) == [])
        #expect(try bench.asked(c) == ["x"])
        #expect(try !bench.claim("x", b, epoch: 1, .snapshot, incarnation: "new").granted)
        #expect(try bench.claim("x", c, epoch: 1, .snapshot, incarnation: "new").granted)
    }

    @Test func ofADurableObjectWhoeverComesFirstHasIt() throws {
        for first in ["store", "snapshot"] {
            var bench = try DirectoryBench()
            let (a, b) = (try bench.open("a", "1"), try bench.open("b"))
            try bench.register("x", a, durable: true, restore: .elsewhere)
            try bench.snapshot("x", a)
            try bench.passLease(keeping: b)
            let second = try bench.open("a", "2")
            #expect(try bench.asked(b) == ["x"])
            if first == "store" {
                #expect(try bench.claim("x", second, epoch: 1, .store).granted)
                #expect(try !bench.claim("x", b, epoch: 1, .snapshot, incarnation: "new").granted)
                #expect(try bench.asked(b) == [])
            } else {
                #expect(try bench.claim("x", b, epoch: 1, .snapshot, incarnation: "new").granted)
                #expect(try !bench.claim("x", second, epoch: 1, .store).granted)
            }
        }
    }

    @Test func nobodyIsAskedBeforeTheEarlierLifesTimeIsOver() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a", "1"), try bench.open("b"))
        try bench.register("x", a, restore: .elsewhere)
        try bench.snapshot("x", a)
        let second = try bench.open("a", "2")
        bench.now += 2_199
        #expect(try bench.asked(b) == [])
        _ = try bench.lease(second)
        bench.now += 1
        #expect(try bench.asked(b) == ["x"])
        #expect(try bench.asked(second) == [])
    }

    // MARK: - An owner that is alive

    @Test func anOwnerRenewsItsEpoch() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a)
        #expect(try !bench.claim("x", b, epoch: 1, .renewal).granted)
        #expect(try bench.claim("x", a, epoch: 1, .renewal).granted)
        #expect(try bench.claim("x", a, epoch: 1, .renewal).granted)
        #expect(try bench.words("x") == "owned a 1 e2")
        #expect(try !bench.claim("x", a, epoch: 0, .renewal).granted)
        #expect(try !bench.claim("x", a, epoch: .max, .renewal).granted)
        for ground in [ClaimObject.Ground.store, .prepared, .snapshot] {
            #expect(try !bench.claim("x", a, epoch: 2, ground, incarnation: "i").granted)
        }
    }

    @Test func aSwapGivesTheObjectToTheTargetsSession() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a)
        let reply = try bench.swap("x", a, epoch: 1, to: "b", b)
        #expect(reply.granted && !reply.fenced)
        #expect(reply.record?.owner == "b" && reply.record?.session == b && reply.record?.epoch == 2)
        #expect(reply.record?.incarnation == "x.1")
        // Its answer was lost, and the directory too; then the source dies, and asks again.
        try bench.restart()
        #expect(try bench.swap("x", a, epoch: 1, to: "b", b).granted)
        try bench.passLease(keeping: b)
        let late = try bench.swap("x", a, epoch: 1, to: "b", b)
        #expect(late.granted && late.fenced)
        #expect(try bench.words("x") == "owned b 2 e2")
        // The target's death is another matter.
        try bench.passLease()
        #expect(try bench.swap("x", a, epoch: 1, to: "b", b).record?.standing == .gone)
    }

    @Test func swapsThatAreRefused() throws {
        var bench = try DirectoryBench()
        let (a, b, c) = (try bench.open("a"), try bench.open("b", "1"), try bench.open("c"))
        try bench.register("x", a)
        #expect(try bench.swap("none", a, epoch: 1, to: "b", b).record == nil)
        #expect(try !bench.swap("x", c, epoch: 1, to: "b", b).granted)
        #expect(try !bench.swap("x", a, epoch: 2, to: "b", b).granted)
        #expect(try !bench.swap("x", a, epoch: 1, to: "c", b).granted)
        #expect(try !bench.swap("x", a, epoch: 1, to: "a", a).granted)
        #expect(try !bench.swap("x", a, epoch: 1, to: "b", 99).granted)
        // Another life of the target holds no copy.
        let second = try bench.open("b", "2")
        #expect(try !bench.swap("x", a, epoch: 1, to: "b", b).granted)
        #expect(try bench.words("x") == "owned a 1 e1")
        // The owner has renewed its epoch: a copy of its request that is still on its way is good for nothing.
        #expect(try bench.claim("x", a, epoch: 1, .renewal).granted)
        #expect(try !bench.swap("x", a, epoch: 1, to: "b", second).granted)
        #expect(try bench.words("x") == "owned a 1 e2")
        bench.now += 2_200
        let fenced = try bench.swap("x", a, epoch: 2, to: "b", second)
        #expect(fenced.fenced && !fenced.granted && fenced.record?.standing == .gone)
    }

    @Test func recordsTellSinceWhenAHostOwns() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b", "1"))
        try bench.register("x", a, durable: true)
        #expect(try bench.claim("x", a, epoch: 1, .renewal).record?.since == 1)
        #expect(try bench.swap("x", a, epoch: 2, to: "b", b).record?.since == 3)
        let second = try bench.open("b", "2")
        #expect(try bench.claim("x", second, epoch: 3, .store).record?.since == 3)
        // It never heard of that, and comes again.
        let third = try bench.open("b", "3")
        let granted = try bench.claim("x", third, epoch: 4, .store)
        #expect(granted.record?.epoch == 5 && granted.record?.since == 3)
    }

    @Test func afterASwapTheTargetsDeathCounts() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b", "1"))
        try bench.register("x", a, durable: true)
        #expect(try bench.swap("x", a, epoch: 1, to: "b", b).granted)
        let second = try bench.open("b", "2")
        #expect(try bench.words("x") == "orphaned b 2 e2")
        #expect(try !bench.claim("x", a, epoch: 2, .store).granted)
        #expect(try bench.claim("x", second, epoch: 2, .store).granted)
        try bench.passLease(keeping: second)
        #expect(try bench.words("x") == "owned b 3 e3")
    }
}
