import Objects
import RPC
import Storage
import Testing

@Suite("Directory: sessions") struct DirectorySessionTests {
    @Test func lastsForTheLeaseAndTheMarginAndThenNeverAgain() throws {
        var bench = try DirectoryBench()
        let session = try bench.open("a")
        #expect(session == 1)
        #expect(try bench.lease(session).lease == 2_000)
        bench.now += 2_199
        #expect(bench.core.nextExpiry == 12_200)
        #expect(try bench.isAlive(session))
        bench.now += 2_200
        #expect(try !bench.isAlive(session))
        #expect(bench.core.sessionCount == 0)
        // The same life of the host opens another one.
        #expect(try bench.open("a") == 2)
        #expect(try !bench.isAlive(session))
    }

    @Test func aLaterLifeWithoutAStoreKnowsNoneOfTheEarlierOnes() throws {
        var bench = try DirectoryBench { $0.firstSession = 1_000 }
        let session = try bench.open("a")
        #expect(session == 1_000)
        bench.configuration.firstSession = 2_000
        bench.core = DirectoryCore(bench.configuration, now: bench.now)
        #expect(try bench.open("b") == 2_000)
        #expect(try !bench.isAlive(session))
        // With its store, it goes on where it was, or above.
        bench.configuration.firstSession = 1_500
        try bench.restart()
        #expect(try bench.open("c") > 2_000)
    }

    @Test func isOpenedOnceALife() throws {
        var bench = try DirectoryBench()
        #expect(try bench.open("a") == 1)
        #expect(try bench.open("b") == 2)
        #expect(try bench.open("a") == 1)
        bench.now += 2_000
        #expect(try bench.open("a") == 1)
        bench.now += 2_000
        // Opening counts as a word.
        #expect(try bench.isAlive(1))
        #expect(try !bench.isAlive(2))
    }

    @Test func anotherLifeEndsItAtOnce() throws {
        var bench = try DirectoryBench()
        #expect(try bench.open("a", "1") == 1)
        #expect(try bench.open("a", "2") == 2)
        #expect(try !bench.isAlive(1))
        // A late copy of the first life's request does not end the second's session.
        #expect(try bench.open("a", "1") == 0)
        try bench.restart()
        #expect(try bench.open("a", "1") == 0)
        #expect(try bench.isAlive(2))
        // But nobody is turned away for ever.
        bench.now += 2_200
        #expect(try bench.open("a", "1") == 3)
        #expect(try bench.open("a", "2") == 0)
        bench.now += 2_200
        #expect(try bench.open("a", "2") == 4)
    }

    @Test func numbersAreNotUsedAgainAfterARestart() throws {
        var bench = try DirectoryBench()
        _ = try bench.open("a", "1")
        _ = try bench.open("a", "2")
        try bench.passLease()
        #expect(try !bench.isAlive(2))
        try bench.restart()
        #expect(try bench.open("a", "3") == 3)
    }

    @Test func aRestartCountsAllAsJustHeardOf() throws {
        var bench = try DirectoryBench()
        let session = try bench.open("a")
        bench.now += 100_000
        try bench.restart()
        bench.now += 2_199
        #expect(try bench.isAlive(session))
        #expect(try bench.open("a") == session)
        try bench.restart()
        bench.now += 2_200
        #expect(try !bench.isAlive(session))
    }

    @Test func aDirectoryThatWasAwayEndsNothing() throws {
        var bench = try DirectoryBench { $0.attention = 1_000 }
        let session = try bench.open("a")
        try bench.register("x", session)
        bench.now += 60_000
        #expect(try bench.words("x") == "owned a 1 e1")
        for _ in 1...5 {
            bench.now += 400
            try bench.keep(bench.core.expire(now: bench.now))
        }
        #expect(try bench.words("x") == "owned a 1 e1")
        bench.now += 200
        #expect(try bench.words("x") == "gone a 1 e1")
    }

    @Test func whatWaitsToBeAdoptedIsNotLostWhileTheDirectoryIsAway() throws {
        var bench = try DirectoryBench { $0.attention = 2_500 }
        let (a, b) = (try bench.open("a"), try bench.open("b"))
        try bench.register("x", a, restore: .prepared)
        try bench.passLease(keeping: b)
        #expect(try bench.words("x") == "orphaned a 1 e1")
        bench.now += 100_000
        #expect(try bench.claim("x", b, epoch: 1, .prepared).granted)
    }

    @Test func aClockThatStepsBackStandsStill() throws {
        var bench = try DirectoryBench()
        let session = try bench.open("a")
        bench.now -= 5_000
        #expect(try bench.isAlive(session))
        let other = try bench.open("b")
        bench.now += 5_000 + 2_199
        #expect(try bench.isAlive(session))
        #expect(try bench.isAlive(other))
    }

    @Test func malformedNamesAndTooManyAreRefused() throws {
        var bench = try DirectoryBench { $0.maximumSessions = 2 }
        #expect { try bench.open("a b") } throws: { ($0 as? DirectoryRefusal)?.code == .malformed }
        #expect { try bench.open("a", "") } throws: { ($0 as? DirectoryRefusal)?.code == .malformed }
        _ = try bench.open("a")
        _ = try bench.open("b")
        #expect { try bench.open("c") } throws: { ($0 as? DirectoryRefusal)?.code == .full }
        #expect(try bench.open("a", "2") == 3)
        // Those whose time is over make room.
        bench.now += 2_200
        #expect(try bench.open("c") == 4)
    }

    @Test func damagedRecordsAreNotLoaded() throws {
        let storage = try DirectoryStorage()
        for key in ["object/x", "session/1", "snapshot/x", "next"] {
            let damaged = [DirectoryStorage.prefix + key.utf8: [0xFF] as [UInt8]]
            #expect(throws: StoreFailure.self) { try storage.changes(damaged) }
        }
        let unknown = [DirectoryStorage.prefix + "thing".utf8: [] as [UInt8]]
        #expect(throws: StoreFailure.self) { try storage.changes(unknown) }
    }
}
