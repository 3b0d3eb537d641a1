import Objects
import Testing

@Suite("What a process believes of objects' places")
struct ObjectCacheTests {
    private func believing(_ owner: String, _ epoch: UInt64) -> ObjectCache {
        var cache = ObjectCache()
        cache.learned("a", owner: owner, epoch: epoch, incarnation: "x")
        return cache
    }

    @Test func onlyGrowingEpochsAreFollowed() {
        var cache = believing("host-a", 5)
        cache.learned("a", owner: "host-b", epoch: 4, incarnation: "y")
        cache.learned("a", owner: "host-c", epoch: 5, incarnation: "y")
        #expect(cache.belief(of: "a") == .init(owner: "host-a", epoch: 5, incarnation: "x"))
        cache.learned("a", owner: "host-d", epoch: 6, incarnation: "y")
        #expect(cache.belief(of: "a") == .init(owner: "host-d", epoch: 6, incarnation: "y"))
    }

    @Test func theIncarnationStaysWhereNobodySaysAnother() {
        var cache = believing("host-a", 1)
        cache.learned("a", owner: "host-b", epoch: 2, incarnation: nil)
        #expect(cache.belief(of: "a") == .init(owner: "host-b", epoch: 2, incarnation: "x"))
        // Without one it could not be called.
        cache.learned("b", owner: "host-b", epoch: 2, incarnation: nil)
        #expect(cache.belief(of: "b") == nil)
    }

    @Test func aLaterBeliefIsNotForgotten() {
        var cache = believing("host-a", 5)
        cache.forget("a", epoch: 4)
        #expect(cache.belief(of: "a") != nil)
        cache.forget("a", epoch: 5)
        #expect(cache.belief(of: "a") == nil)
    }

    @Test func whatWasNotAskedForInALongTimeGoesFirst() {
        var cache = ObjectCache(limit: 100)
        cache.learned("kept", owner: "h", epoch: 1, incarnation: "x")
        var isKept = true
        var largest = 0
        for number in 0..<10_000 {
            cache.learned("o\(number)", owner: "h", epoch: 1, incarnation: "x")
            isKept = isKept && cache.belief(of: "kept") != nil
            largest = max(largest, cache.count)
        }
        #expect(isKept)
        #expect(largest <= 100)
        #expect(cache.belief(of: "o9990") != nil)
        #expect(cache.belief(of: "o9000") == nil)
    }

    @Test func anOldBeliefDoesNotComeBack() {
        var cache = ObjectCache(limit: 4)
        cache.learned("a", owner: "host-a", epoch: 1, incarnation: "x")
        cache.learned("b", owner: "host-a", epoch: 1, incarnation: "x")
        // "a" is of the old generation now, and is learned anew.
        cache.learned("a", owner: "host-b", epoch: 2, incarnation: "x")
        cache.forget("a", epoch: 2)
        #expect(cache.belief(of: "a") == nil)
    }
}

@Suite("Where a transmission goes on to")
struct ObjectHopsTests {
    private let start = ObjectHops(.init(owner: "host-a", epoch: 5, incarnation: "x1"))

    @Test func growingEpochsAreFollowedFourTimes() {
        var hops = start
        for epoch in 6...9 as ClosedRange<UInt64> {
            #expect(hops.moved(to: "host-\(epoch)", epoch: epoch) == .send)
            #expect(hops.owner == "host-\(epoch)" && hops.epoch == epoch)
        }
        #expect(hops.count == 4)
        #expect(hops.moved(to: "host-b", epoch: 10) == .end)
        #expect(hops.notHere() == .end)
        #expect(hops.owner == "host-9")
    }

    @Test(arguments: [("host-b", 5), ("host-b", 4), (nil, 6), ("", 6), ("host-b", nil)] as [(String?, UInt64?)])
    func anythingElseIsForTheDirectory(owner: String?, epoch: UInt64?) {
        var hops = start
        #expect(hops.moved(to: owner, epoch: epoch) == .ask)
        #expect(hops == start)
    }

    @Test(
        arguments: [
            (record("host-b", 6), .send), (record("host-a", 6), .send), (record("host-b", 5), .send),
            (record("host-a", 5), .end), (record("host-b", 4), .end), (record("host-b", 6, .orphaned), .end),
            (record("host-b", 6, incarnation: "x2"), .end), (record("host-a", 5, .gone), .gone), (nil, .gone),
        ] as [(ObjectRecord?, ObjectHops.Action)])
    func theDirectorysAnswer(record: ObjectRecord?, action: ObjectHops.Action) {
        var hops = start
        #expect(hops.notHere() == .ask)
        #expect(hops.answered(record) == action)
        #expect(hops.count == (action == .send ? 1 : 0))
        #expect(hops.owner == (action == .send ? record?.owner : "host-a"))
    }
}
