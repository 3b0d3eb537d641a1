import ClusterModel
import NIOCore
import Objects
import RPC
import Testing

/// Invocations through everything but sockets: the test is the hosts and the directory.
@ClientLoop @Suite("Finding an object's owner", .timeLimit(.minutes(1)))
struct ObjectTransportTests {
    private let bench = ClientBench()
    private var places: ScriptedPlaces { bench.places }

    /// Hosts `host-1` to `host-n`; each but the last says that the next one owns the object.
    private func chain(_ count: Int) {
        places.says("host-1", 1)
        for number in 1..<count {
            places.add("host-\(number)") { arrival, _ in arrival.moved(to: "host-\(number + 1)", UInt64(number + 1)) }
        }
        places.add("host-\(count)") { arrival, _ in arrival.succeed() }
    }

    private func arrivals(_ host: String) -> [ScriptedHost.Arrival] { places.hosts[host]?.arrivals ?? [] }

    @Test func theDirectoryIsAskedOnce() async throws {
        chain(1)
        for _ in 0..<3 { #expect(await bench.invoke().words == "success from host-1") }
        #expect(places.lookups == 1)
        #expect(places.asked == ["host-1"])
        let first = try #require(arrivals("host-1").first)
        #expect(first.path == "/Account/deposit")
        #expect(first.message == ByteBuffer(string: "20"))
        #expect(first.metadata[ObjectHeader.object] == "acc-1")
        #expect(first.metadata[ObjectHeader.hops] == "0")
        #expect(first.metadata[ObjectHeader.caller] == "teller-1")
        // The object's, not the host's.
        #expect(first.metadata["x-orch-server"] == "x1")
        #expect(first.metadata["x-orch-call"] == "teller-1/7.o1/1")
    }

    @Test(arguments: [2, 4, 5]) func movedIsFollowedWithinTheAttempt(hosts: Int) async throws {
        chain(hosts)
        let report = await bench.invoke()
        #expect(report.words == "success from host-\(hosts)")
        #expect(report.attempts == 1)
        #expect(places.lookups == 1)
        for number in 1...hosts {
            let arrival = try #require(arrivals("host-\(number)").first)
            #expect(arrival.metadata["x-orch-call"] == report.id.description)
            #expect(arrival.metadata["x-orch-attempt"] == "1")
            #expect(arrival.metadata["x-orch-server"] == "x1")
            #expect(arrival.metadata[ObjectHeader.hops] == "\(number - 1)")
            #expect(arrival.metadata[ObjectHeader.object] == "acc-1")
            #expect(arrival.message == ByteBuffer(string: "20"))
        }
        // What was learned on the way serves the next one.
        #expect(await bench.invoke().words == "success from host-\(hosts)")
        #expect(arrivals("host-1").count == 1)
    }

    @Test func fourHopsAreTheLimitOfAnAttempt() async {
        chain(7)
        let report = await bench.invoke()
        #expect(report.words == "not executed: moved")
        #expect(arrivals("host-5").count == 1)
        #expect(arrivals("host-6").isEmpty)
        // The next attempt begins where this one ended.
        #expect(await bench.invoke().words == "success from host-7")
        #expect(arrivals("host-1").count == 1 && arrivals("host-5").count == 1)
    }

    @Test func theNextAttemptGoesOnWithTheSameCall() async throws {
        chain(6)
        let report = await bench.invoke(attempts: 2)
        #expect(report.words == "success from host-6")
        #expect(report.attempts == 2)
        let last = try #require(arrivals("host-6").first)
        #expect(last.metadata["x-orch-call"] == report.id.description)
        #expect(last.metadata["x-orch-attempt"] == "2")
        #expect(last.metadata[ObjectHeader.hops] == "0")
    }

    @Test func twoHostsThatNameEachOtherEndAtTheDirectory() async {
        places.says("host-a", 5)
        places.add("host-a") { arrival, _ in arrival.moved(to: "host-b", 6) }
        places.add("host-b") { arrival, _ in arrival.moved(to: "host-a", 5) }
        let report = await bench.invoke()
        #expect(report.words == "not executed: moved")
        #expect(arrivals("host-a").count == 1)
        #expect(arrivals("host-b").count == 1)
        #expect(places.lookups == 2)
    }

    @Test func hostsThatGoOnNamingEachOtherAtHigherEpochsEndAtTheLimit() async {
        places.says("host-a", 1)
        var epoch: UInt64 = 1
        for (name, other) in [("host-a", "host-b"), ("host-b", "host-a")] {
            places.add(name) { arrival, _ in
                epoch += 1
                arrival.moved(to: other, epoch)
            }
        }
        #expect(await bench.invoke().words == "not executed: moved")
        #expect(arrivals("host-a").count + arrivals("host-b").count == 5)
    }

    @Test func anOutdatedTombstoneIsCheckedWithTheDirectory() async {
        places.says("host-a", 5)
        places.add("host-a") { [places] arrival, _ in
            places.says("host-c", 7)
            arrival.moved(to: "host-b", 4)
        }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        places.add("host-c") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke().words == "success from host-c")
        #expect(arrivals("host-b").isEmpty)
        #expect(places.lookups == 2)
    }

    @Test func notHereIsForTheDirectory() async {
        places.says("host-a", 5)
        places.add("host-a") { [places] arrival, _ in
            places.says("host-b", 6)
            arrival.refuse(.notHere)
        }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        let report = await bench.invoke()
        #expect(report.words == "success from host-b")
        #expect(report.attempts == 1)
        #expect(arrivals("host-b").first?.metadata[ObjectHeader.hops] == "1")
    }

    @Test func notHereWhereTheDirectoryKnowsNoBetterEndsTheAttempt() async {
        places.says("host-a", 5)
        places.add("host-a") { arrival, number in if number < 3 { arrival.refuse(.notHere) } else { arrival.succeed() }
        }
        #expect(await bench.invoke().words == "not executed: not-here")
        #expect(arrivals("host-a").count == 1)
        // It comes back there: the next attempts find it.
        #expect(await bench.invoke(attempts: 2).words == "success from host-a")
    }

    @Test func notHereWithoutADirectoryEndsTheAttempt() async {
        places.says("host-a", 5)
        places.add("host-a") { [places] arrival, _ in
            places.directory = nil
            arrival.refuse(.notHere)
        }
        #expect(await bench.invoke().words == "not executed: not-here")
        #expect(await bench.invoke().words.hasPrefix("not executed: the directory does not say where acc-1 is"))
        #expect(arrivals("host-a").count == 1)
    }

    @Test func onlyWhatWasNotExecutedIsSentOn() async {
        places.says("host-a", 1)
        places.add("host-a") { arrival, _ in
            arrival.refuse(.moved, [(ObjectHeader.owner, "host-b"), (ObjectHeader.epoch, "2")], outcome: .unknown)
        }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke().words == "unknown: moved")
        #expect(arrivals("host-b").isEmpty)
    }

    @Test func anObjectThatIsGoneIsNotCalledAgain() async {
        for answer in [nil, record("host-a", 3, .gone)] {
            places.directory = { .success(answer) }
            let report = await bench.invoke(attempts: 5)
            #expect(report.words == "not executed: object-gone")
            #expect(report.outcome.status.code == .notFound)
            #expect(report.attempts == 1)
            #expect(ObjectFailure(report) == .gone)
        }
        #expect(places.asked.isEmpty)
    }

    @Test func anObjectMayTurnOutToBeGoneOnTheWay() async {
        places.says("host-a", 1)
        places.add("host-a") { [places] arrival, _ in
            places.says("host-a", 1, .gone)
            arrival.refuse(.notHere)
        }
        #expect(await bench.invoke(attempts: 5).words == "not executed: object-gone")
        #expect(arrivals("host-a").count == 1)
        // And one that may have been executed before is not called *not executed*.
        places.says("host-b", 1)
        places.add("host-b") { [places] arrival, _ in
            places.says("host-b", 1, .gone)
            arrival.refuse(.store, outcome: .unknown)
            bench.resolver.forget("acc-1", epoch: .max)
        }
        #expect(await bench.invoke(attempts: 5).words == "unknown: object-gone")
    }

    @Test func anOrphanIsWaitedFor() async {
        places.says("host-a", 3, .orphaned)
        #expect(await bench.invoke().words == "not executed: nobody serves acc-1 now: the lease of host-a is over")
        places.says("host-b", 4)
        places.add("host-b") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke().words == "success from host-b")
    }

    @Test func aHostThatCannotBeReachedIsLookedUpAgain() async {
        chain(1)
        #expect(await bench.invoke().words == "success from host-1")
        places.hosts["host-1"]?.isReachable = false
        places.says("host-2", 2)
        places.add("host-2") { arrival, _ in arrival.succeed() }
        let report = await bench.invoke(attempts: 2)
        #expect(report.words == "success from host-2")
        #expect(places.lookups == 2)
    }

    @Test func aHostThatCannotBeReachedOnTheWayIsNotExecuted() async {
        chain(2)
        places.hosts["host-2"]?.isReachable = false
        #expect(await bench.invoke().words == "not executed: connection refused")
        // The tombstone is not believed for ever: the directory has the word.
        places.says("host-3", 3)
        places.add("host-3") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke().words == "success from host-3")
        #expect(arrivals("host-1").count == 1)
        // And a process that nobody knows.
        places.says("host-9", 4)
        bench.client.announce("acc-1", owner: "host-9", epoch: 4)
        #expect(await bench.invoke().words == "not executed: no process host-9")
    }

    @Test func whatWasLostBeforeItWasSentIsLookedUpAgain() async {
        places.says("host-1", 1)
        places.add("host-1") { arrival, _ in arrival.lost(.connectionLost, wasSent: false) }
        places.add("host-2") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke().words == "not executed: lost")
        places.says("host-2", 2)
        #expect(await bench.invoke().words == "success from host-2")
        #expect(arrivals("host-1").count == 1)
    }

    @Test(arguments: [RefusalReason.lease, .draining]) func anOwnerInDoubtIsCheckedMeanwhile(reason: RefusalReason)
        async
    {
        places.says("host-a", 1)
        places.add("host-a") { [places] arrival, _ in
            places.says("host-b", 2)
            arrival.refuse(reason)
        }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke().words == "not executed: \(reason.rawValue)")
        await ClientLoop.settle()
        #expect(await bench.invoke().words == "success from host-b")
        #expect(arrivals("host-a").count == 1)
    }

    @Test func anOwnerInDoubtIsStillBelievedWhereTheDirectoryIsAway() async {
        places.says("host-a", 1)
        places.add("host-a") { [places] arrival, number in
            places.directory = nil
            if number == 1 { arrival.lost(.connectionLost, wasSent: true) } else { arrival.succeed() }
        }
        #expect(await bench.invoke(attempts: 2).words == "success from host-a")
        #expect(places.lookups > 1)
    }

    @Test func aSilentOwnersSuccessorIsFound() async throws {
        places.says("host-a", 1)
        // It has been stopped: it never answers.
        places.add("host-a") { _, _ in }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        let transport = ObjectTransport("acc-1", caller: "teller-1", bench.resolver)
        var streams: [any CallStream] = []
        func transmit(attempt: Int) async throws {
            var metadata = Metadata()
            try metadata.add("x-orch-attempt", "\(attempt)")
            #expect(await ready(transport) == "x1")
            let stream = transport.start(path: "/p", metadata: metadata, timeout: nil, delegate: Ear())
            stream.send(ByteBuffer(), endOfStream: true)
            streams.append(stream)
            await ClientLoop.settle()
        }
        try await transmit(attempt: 1)
        #expect(places.lookups == 1)
        places.says("host-b", 2)
        try await transmit(attempt: 2)
        #expect(places.lookups == 2)
        try await transmit(attempt: 3)
        #expect(arrivals("host-a").count == 2)
        #expect(arrivals("host-b").count == 1)
    }

    @Test func answersTeachTheEpoch() async {
        places.says("host-a", 3)
        places.add("host-a") { arrival, number in
            if number == 1 {
                arrival.succeed([(ObjectHeader.epoch, "9")])
            } else {
                arrival.moved(to: "host-b", 8)
            }
        }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke().words == "success from host-a")
        // By now 8 is out of date.
        #expect(await bench.invoke().words == "not executed: moved")
        #expect(arrivals("host-b").isEmpty)
    }

    @Test func announcementsAreFollowedIfTheyAreLater() async {
        chain(1)
        places.add("host-2") { arrival, _ in arrival.succeed() }
        bench.client.announce("acc-1", owner: "host-2", epoch: 9)
        #expect(await bench.invoke().words == "success from host-1")
        bench.client.announce("acc-1", owner: "host-2", epoch: 1)
        #expect(await bench.invoke().words == "success from host-1")
        bench.client.announce("acc-1", owner: "host-2", epoch: 2)
        #expect(await bench.invoke().words == "success from host-2")
        #expect(places.lookups == 1)
    }

    @Test func fromASnapshotItIsAnotherObjectToACallThatMayHaveRun() async throws {
        places.says("host-a", 1)
        places.add("host-a") { [places] arrival, _ in
            places.says("host-b", 2, incarnation: "x2")
            arrival.refuse(.notHere)
        }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        #expect(await bench.invoke(attempts: 2).words == "success from host-b")
        #expect(arrivals("host-b").map { $0.metadata["x-orch-server"] } == ["x2"])
        #expect(arrivals("host-b").map { $0.metadata["x-orch-attempt"] } == ["2"])
    }

    // MARK: - One transmission

    private func ready(_ transport: ObjectTransport) async -> String? {
        await withCheckedContinuation { done in
            transport.prepare(handshake: true) { done.resume(returning: try? $0.get()) }
        }
    }

    private func start(_ timeout: UInt64? = nil) async -> (ear: Ear, stream: any CallStream) {
        let transport = ObjectTransport("acc-1", caller: "teller-1", bench.resolver)
        _ = await ready(transport)
        let ear = Ear()
        let stream = transport.start(path: "/p", metadata: Metadata(), timeout: timeout, delegate: ear)
        stream.send(ByteBuffer(string: "20"), endOfStream: true)
        return (ear, stream)
    }

    @Test func theTimeoutShrinksFromHopToHop() async {
        places.says("host-1", 1)
        for number in 1...3 {
            places.add("host-\(number)") { [bench] arrival, _ in
                bench.pass(.milliseconds(300))
                arrival.moved(to: "host-\(number + 1)", UInt64(number + 1))
            }
        }
        places.add("host-4") { arrival, _ in arrival.succeed() }
        let (ear, _) = await start(1_000_000_000)
        await ClientLoop.settle()
        #expect(ear.events == ["from host-4", "serverStatus OK"])
        let timeouts = (1...4).map { arrivals("host-\($0)").first?.timeout }
        #expect(timeouts == [1_000_000_000, 700_000_000, 400_000_000, 100_000_000])
        // Without time left, the last refusal stands.
        places.says("host-1", 1)
        bench.resolver.forget("acc-1", epoch: .max)
        let (late, _) = await start(500_000_000)
        await ClientLoop.settle()
        #expect(late.ending?.trailers["x-orch-reason"] == "moved")
        #expect(arrivals("host-3").count == 1)
    }

    @Test func aCancelledTransmissionGoesNowhere() async {
        places.says("host-a", 1)
        places.add("host-a") { [places] arrival, _ in
            places.isHeld = true
            arrival.refuse(.notHere)
        }
        places.add("host-b") { arrival, _ in arrival.succeed() }
        let (ear, stream) = await start()
        await ClientLoop.settle()
        #expect(places.lookups == 2 && ear.ending == nil)
        stream.cancel()
        #expect(ear.ending?.origin == .cancelled)
        // Whoever had it has refused it.
        #expect(ear.ending?.wasSent == false)
        places.says("host-b", 2)
        places.answer()
        await ClientLoop.settle()
        #expect(arrivals("host-b").isEmpty)
        #expect(ear.events.count == 1)
    }

    @Test func cancellingReachesTheHost() async {
        places.says("host-a", 1)
        places.add("host-a") { _, _ in }
        let (ear, stream) = await start()
        await ClientLoop.settle()
        stream.cancel()
        stream.cancel()
        #expect(arrivals("host-a").first?.isCancelled == true)
        #expect(ear.events == ["cancelled CANCELLED"])
        #expect(ear.ending?.wasSent == true)
    }

    @Test func aCallCancelledWhileItLooksIsNotExecuted() async {
        places.isHeld = true
        let invoked = bench.begin()
        await ClientLoop.settle()
        #expect(places.lookups == 1)
        _ = bench.client.close()
        #expect(invoked.report?.words == "not executed: cancelled")
        places.says("host-a", 1)
        places.answer()
        #expect(await bench.invoke().words == "not executed: closed")
    }

    @Test func lookupsOfOneObjectAreOne() async {
        chain(1)
        places.isHeld = true
        let begun = [bench.begin(), bench.begin()]
        await ClientLoop.settle()
        #expect(places.lookups == 1)
        places.answer()
        await ClientLoop.settle()
        #expect(begun.map { $0.report?.words } == ["success from host-1", "success from host-1"])
        #expect(places.asked == ["host-1"])
    }

    @Test func theRefusalsOwnHeadersAreNotTold() async throws {
        places.says("host-a", 1)
        var refused = Metadata()
        try refused.add("note", "from a")
        var accepted = Metadata()
        try accepted.add("note", "from b")
        places.add("host-a") { arrival, _ in
            var trailers = ReplyHeader(outcome: .notExecuted, reason: "moved").metadata
            try? trailers.add(ObjectHeader.owner, "host-b")
            try? trailers.add(ObjectHeader.epoch, "2")
            arrival.finish(
                ClientStreamEnding(
                    GRPCStatus(.unavailable), trailers: trailers, origin: .serverStatus, wasSent: true),
                initial: refused)
        }
        places.add("host-b") { arrival, _ in
            arrival.finish(
                ClientStreamEnding(.ok, origin: .serverStatus, wasSent: true), message: ByteBuffer(string: "reply"),
                initial: accepted)
        }
        let (ear, _) = await start()
        await ClientLoop.settle()
        #expect(ear.events == [#"initial ["from b"]"#, "reply", "serverStatus OK"])
    }

    @Test func aStreamIsNotSentOn() async {
        chain(2)
        let transport = ObjectTransport("acc-1", caller: "teller-1", bench.resolver)
        _ = await ready(transport)
        let ear = Ear()
        let stream = transport.start(path: "/p", metadata: Metadata(), timeout: nil, delegate: ear)
        stream.send(ByteBuffer(string: "1"), endOfStream: false)
        stream.send(ByteBuffer(string: "2"), endOfStream: true)
        await ClientLoop.settle()
        #expect(ear.ending?.trailers["x-orch-reason"] == "moved")
        #expect(arrivals("host-2").isEmpty)
    }

    @Test func maybeHasOneAttemptAndItsHops() async {
        chain(3)
        let report = await bench.invoke(semantics: .maybe)
        #expect(report.words == "success from host-3")
        #expect(arrivals("host-1").first?.metadata["x-orch-server"] == nil)
    }
}
