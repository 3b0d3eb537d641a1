import Objects
import Testing

@Suite("Directory: objects") struct DirectoryObjectTests {
    @Test func newOnesBelongToTheSessionAndKnownOnesAreLeftAlone() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        #expect(try bench.words("x") == "none")
        let record = try bench.register("x", a, durable: true)
        #expect(try bench.words("x") == "owned a 1 e1")
        #expect(record.type == "Account" && record.incarnation == "x.1" && record.durable)
        let known = try bench.register("x", b)
        #expect(known == record)
        try bench.restart()
        #expect(try bench.record("x") == record)
    }

    @Test func whatIsGoneStaysGone() throws {
        var bench = try DirectoryBench()
        let first = try bench.open("a", "1")
        try bench.register("x", first)
        let second = try bench.open("a", "2")
        #expect(try bench.register("x", second).standing == .gone)
        try bench.restart()
        #expect(try bench.register("x", second).standing == .gone)
        #expect(try bench.words("x") == "gone a 1 e1")
        for ground in [ClaimObject.Ground.store, .prepared, .snapshot, .renewal] {
            #expect(try !bench.claim("x", second, epoch: 1, ground, incarnation: "i").granted)
        }
    }

    @Test func nothingIsKeptOfGeneratedOnesThatAreGone() throws {
        var bench = try DirectoryBench()
        let session = try bench.open("a")
        try bench.register("x", session, generated: true)
        try bench.register("y", session, durable: true, generated: true)
        try bench.passLease()
        #expect(try bench.words("x") == "none")
        #expect(try bench.words("y") == "orphaned a 1 e1")
        try bench.restart()
        #expect(bench.core.objects.keys.sorted() == ["y"])
    }

    @Test func aSessionThatIsOverRegistersNothing() throws {
        var bench = try DirectoryBench()
        let session = try bench.open("a")
        bench.now += 2_200
        var request = RegisterObjects()
        request.session = session
        request.number = 1
        let reply = try bench.keep(bench.core.register(request, now: bench.now))
        #expect(reply.fenced)
        #expect(try bench.register("x", session).epoch == 0)
    }

    @Test func lateCopiesRegisterAndDropNothing() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a, number: 1)
        // The answer was lost.
        #expect(try bench.register("x", a, number: 1).session == a)
        try bench.drop("x", a, epoch: 1, number: 2)
        #expect(try bench.words("x") == "none")
        #expect(try bench.register("x", a, number: 1).epoch == 0)
        #expect(try bench.register("x", a, number: 2).epoch == 0)
        try bench.restart()
        #expect(try bench.register("x", a, number: 2).epoch == 0)
        // A named object may be there again; the drop of its earlier life does not touch it.
        #expect(try bench.register("x", a, number: 3).epoch == 1)
        try bench.drop("x", a, epoch: 1, number: 2)
        #expect(try bench.words("x") == "owned a 1 e1")
        // Each session has numbers of its own.
        #expect(try bench.register("y", b, number: 1).epoch == 1)
        #expect { try bench.register("z", a, number: 0) } throws: { ($0 as? DirectoryRefusal)?.code == .malformed }
    }

    @Test func onlyTheOwnerDrops() throws {
        var bench = try DirectoryBench()
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a, restore: .elsewhere)
        try bench.snapshot("x", a)
        try bench.drop("x", b, epoch: 1)
        try bench.drop("x", a, epoch: 2)
        #expect(try bench.words("x") == "owned a 1 e1")
        try bench.drop("x", a, epoch: 1)
        #expect(try bench.words("x") == "none")
        #expect(try bench.fetch("x").epoch == 0)
        #expect(bench.core.objects.isEmpty)
        bench.now += 2_200
        #expect(try bench.drop("y", a, epoch: 1).fenced)
    }

    @Test func laterSnapshotsTakeThePlaceOfEarlierOnes() throws {
        var bench = try DirectoryBench { $0.maximumSnapshots = 3 }
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a, restore: .elsewhere)
        #expect(try bench.fetch("x").epoch == 0)
        try bench.snapshot("x", a, number: 2, [2])
        try bench.snapshot("x", a, number: 1, [1])
        #expect(try bench.fetch("x").state == [2])
        // Not the owner's, or not of this epoch.
        try bench.snapshot("x", b, number: 3, [3])
        try bench.snapshot("x", a, epoch: 2, number: 3, [3])
        #expect(try bench.fetch("x").state == [2])
        #expect(try bench.claim("x", a, epoch: 1, .renewal).granted)
        try bench.snapshot("x", a, epoch: 2, number: 1, [4, 5, 6])
        try bench.restart()
        #expect(try bench.fetch("x").state == [4, 5, 6])
        #expect { try bench.snapshot("x", a, epoch: 2, number: 2, [1, 2, 3, 4]) } throws: {
            ($0 as? DirectoryRefusal)?.code == .full
        }
        let tooLong = [UInt8](repeating: 0, count: DirectoryCore.longestSnapshot + 1)
        #expect { try bench.snapshot("x", a, epoch: 2, number: 2, tooLong) } throws: {
            ($0 as? DirectoryRefusal)?.code == .malformed
        }
        bench.now += 2_200
        #expect(try bench.snapshot("x", a, epoch: 2, number: 9).fenced)
    }

    @Test func bounds() throws {
        var bench = try DirectoryBench { $0.maximumObjects = 2 }
        let session = try bench.open("a")
        try bench.register("x", session)
        try bench.register("y", session)
        #expect { try bench.register("z", session) } throws: { ($0 as? DirectoryRefusal)?.code == .full }
        // Known ones take no room.
        #expect(try bench.register("x", session).epoch == 1)
        #expect { try bench.register("no id", session) } throws: { ($0 as? DirectoryRefusal)?.code == .malformed }
        var many = LookupObjects()
        many.objects = Array(repeating: "x", count: DirectoryCore.perRequest + 1)
        #expect(bench.core.lookup(many, now: bench.now).result.isFailure)
        many.objects.removeLast()
        #expect(!bench.core.lookup(many, now: bench.now).result.isFailure)
    }

    @Test func areListedByPages() throws {
        var bench = try DirectoryBench()
        let session = try bench.open("a")
        for number in 1...5 { try bench.register("x\(number)", session) }
        var request = ListObjects()
        request.limit = 2
        var pages: [[String]] = []
        repeat {
            let reply = try bench.keep(bench.core.list(request, now: bench.now))
            pages.append(reply.objects.map(\.object))
            request.after = pages.last?.last ?? ""
            // What is dropped or new in between makes no difference to the others.
            if pages.count == 1 { try bench.drop("x3", session, epoch: 1) }
        } while pages.last?.count == 2
        #expect(pages == [["x1", "x2"], ["x4", "x5"], []])
        try bench.restart()
        request.after = "x2"
        request.limit = 0
        #expect(try bench.keep(bench.core.list(request, now: bench.now)).objects.map(\.object) == ["x4"])
    }
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
