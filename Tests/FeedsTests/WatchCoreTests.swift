import ClusterModel
import Testing

@testable import Feeds

@Suite struct WatchCoreTests {
    private typealias Action = WatchCore.Action
    private let ms: Int64 = 1_000_000

    private func core(_ way: WatchWay, from: WatchRole.Start = .start) -> WatchCore {
        WatchCore(
            WatchRole(
                feed: "f", by: way, every: .milliseconds(100), wait: .seconds(30), timeout: .seconds(3), from: from,
                limit: 10))
    }

    private func reply(
        _ items: [UInt64], last: UInt64? = nil, epoch: String? = "e", oldest: UInt64? = nil
    ) -> WatchCore.Reply {
        .init(status: 200, epoch: epoch, oldest: oldest, content: .init(items: items, last: last ?? items.last ?? 0))
    }

    private func poll(_ after: UInt64) -> Action { .request(.init(after: after, limit: 10)) }
    private func longPoll(_ after: UInt64) -> Action { .request(.init(after: after, limit: 10, wait: .seconds(30))) }
    private func stream(_ after: UInt64) -> Action { .request(.init(after: after, limit: 10, isStream: true)) }
    private func event(_ id: UInt64) -> EventStreamParser.Output { .event(.init(data: "x", id: "\(id)")) }

    // MARK: - Polling

    @Test func pollingAsksAgainAfterAPauseAndAtOnceWhileThereIsMore() {
        var core = core(.poll)
        #expect(core.start(now: 0) == [.begin(after: 0), poll(0)])
        #expect(core.wakeUp == 3_000 * ms)
        #expect(core.replied(reply([1, 2], last: 5), now: 10 * ms) == [.show(1), .show(2), poll(2)])
        #expect(core.replied(reply([3, 4, 5]), now: 20 * ms) == [.show(3), .show(4), .show(5)])
        #expect(core.wakeUp == 120 * ms)
        #expect(core.wake(now: 119 * ms) == [])
        #expect(core.wake(now: 120 * ms) == [poll(5)])
        #expect(core.replied(reply([], last: 5), now: 130 * ms) == [])
        #expect(core.wakeUp == 230 * ms)
        #expect(core.last == 5)
        #expect(core.shown == 5)
    }

    @Test func fromNowBeginsAfterTheFeedsLastItem() {
        for way in WatchWay.allCases {
            var core = core(way, from: .now)
            #expect(core.start(now: 0) == [.request(.init(after: 0, limit: 0))])
            // Even if the first question has no answer.
            #expect(core.failed("gone", now: 1) == [.problem("gone")])
            #expect(core.wake(now: 21 * ms) == [.request(.init(after: 0, limit: 0))])
            let actions = core.replied(reply([], last: 57), now: 30 * ms)
            #expect(actions.first == .begin(after: 57))
            #expect(actions.count == 2)
            guard case .request(let query)? = actions.last else { return #expect(Bool(false)) }
            #expect(query.after == 57)
        }
    }

    @Test func nothingIsShownTwiceOrOutOfOrder() {
        var core = core(.poll)
        _ = core.start(now: 0)
        _ = core.replied(reply([1, 2, 3]), now: 0)
        _ = core.wake(now: 100 * ms)
        #expect(core.replied(reply([2, 3, 4]), now: 0) == [.show(4)])
        _ = core.wake(now: 200 * ms)
        #expect(
            core.replied(reply([5, 7, 8]), now: 0) == [.show(5), .problem("item 6 is missing in the answer"), poll(5)])
        #expect(core.replied(reply([8, 7, 6]), now: 0) == [.problem("item 6 is missing in the answer")])
        #expect(core.wakeUp == 20 * ms)
    }

    @Test func whatTheServerHasNoMoreIsLeftOutAndSaid() {
        var core = core(.poll)
        _ = core.start(now: 0)
        #expect(core.replied(reply([4, 5], oldest: 4), now: 0) == [.lost(1...3), .show(4), .show(5)])
        // A header alone proves nothing: the items have to begin there.
        _ = core.wake(now: 100 * ms)
        #expect(core.replied(reply([9], oldest: 8), now: 0) == [.problem("item 6 is missing in the answer")])
    }

    @Test func timeoutsAndFailuresPauseLongerEachTime() {
        var core = core(.poll)
        _ = core.start(now: 0)
        #expect(core.wake(now: 3_000 * ms) == [.abandon, .problem("no answer within 3s")])
        var now = 3_000 * ms
        for pause in [20, 40, 80, 160, 320, 500, 500] as [Int64] {
            #expect(core.wakeUp == now + pause * ms)
            now += pause * ms
            #expect(core.wake(now: now) == [poll(0)])
            #expect(core.failed("no", now: now) == [.problem("no")])
        }
        now = core.wakeUp!
        _ = core.wake(now: now)
        #expect(core.replied(.init(status: 503), now: now) == [.problem("the server answered 503")])
        now = core.wakeUp!
        _ = core.wake(now: now)
        // An answer that cannot be read is none.
        #expect(core.replied(.init(status: 200), now: now) == [.problem("the answer cannot be read")])
        now = core.wakeUp!
        _ = core.wake(now: now)
        #expect(core.replied(reply([1]), now: now) == [.show(1)])
        _ = core.wake(now: now + 100 * ms)
        _ = core.failed("again", now: now)
        #expect(core.wakeUp == now + 20 * ms)
    }

    @Test func lateAnswersAreNobodys() {
        var core = core(.poll)
        _ = core.start(now: 0)
        _ = core.wake(now: 3_000 * ms)
        #expect(core.replied(reply([1]), now: 3_001 * ms) == [])
        #expect(core.failed("x", now: 3_001 * ms) == [])
    }

    // MARK: - Long polling

    @Test func longPollingAsksAgainAtOnce() {
        var core = core(.longPoll)
        #expect(core.start(now: 0) == [.begin(after: 0), longPoll(0)])
        #expect(core.wakeUp == 33_000 * ms)
        #expect(core.replied(reply([1]), now: 5) == [.show(1), longPoll(1)])
        #expect(core.replied(.init(status: 204, epoch: "e"), now: 30_001 * ms) == [longPoll(1)])
        // One that does not wait is not asked in a loop.
        #expect(core.replied(.init(status: 204, epoch: "e"), now: 30_002 * ms) == [])
        #expect(core.wakeUp == 30_022 * ms)
    }

    // MARK: - Push

    @Test func pushShowsWhatComes() {
        var core = core(.push)
        #expect(core.start(now: 0) == [.begin(after: 0), stream(0)])
        #expect(core.streamOpened(status: 200, epoch: "e", oldest: nil, now: 1 * ms) == [])
        #expect(core.streamed([.comment(" epoch e"), event(1), event(2)], now: 5 * ms) == [.show(1), .show(2)])
        #expect(core.streamed([event(2), event(3)], now: 6 * ms) == [.show(3)])
        // A part of an event is a sign of life, too.
        #expect(core.streamed([], now: 100 * ms) == [])
        #expect(core.wakeUp == 3_100 * ms)
        #expect(core.wake(now: 3_100 * ms) == [.abandon, .problem("no answer within 3s"), stream(3)])
        #expect(core.failed("reset", now: 3_101 * ms) == [.problem("reset")])
        #expect(core.wake(now: 3_121 * ms) == [stream(3)])
    }

    @Test func aGapIsFetchedAgain() {
        var core = core(.push)
        _ = core.start(now: 0)
        _ = core.streamOpened(status: 200, epoch: "e", oldest: nil, now: 0)
        #expect(
            core.streamed([event(1), event(3), event(4)], now: 0)
                == [.show(1), .abandon, .problem("item 2 did not come"), stream(1)])
        _ = core.streamOpened(status: 200, epoch: "e", oldest: nil, now: 0)
        let gap = EventStreamParser.Output.event(.init(type: "gap", data: "{}", id: "1"))
        #expect(
            core.streamed([event(2), gap, event(9)], now: 0)
                == [.show(2), .abandon, .problem("the server dropped items for this watcher"), stream(2)])
        // Unless they are gone.
        #expect(core.streamOpened(status: 200, epoch: "e", oldest: 8, now: 0) == [.lost(3...7)])
        #expect(core.streamed([event(8)], now: 0) == [.show(8)])
    }

    @Test func aLostTailIsNoticedByTheSecondSignOfLife() {
        var core = core(.push)
        _ = core.start(now: 0)
        _ = core.streamOpened(status: 200, epoch: "e", oldest: nil, now: 0)
        _ = core.streamed([event(1)], now: 0)
        #expect(core.streamed([.comment(" last 1"), .comment(" last 1")], now: 0) == [])
        #expect(core.streamed([.comment(" last 2")], now: 0) == [])
        #expect(core.streamed([.comment(" last 2")], now: 0) == [.abandon, .problem("item 2 did not come"), stream(1)])
        // Who gets nothing this way is more patient the next time.
        _ = core.streamOpened(status: 200, epoch: "e", oldest: nil, now: 0)
        for _ in 1...3 { #expect(core.streamed([.comment(" last 2")], now: 0) == []) }
        #expect(core.streamed([.comment(" last 2")], now: 0).first == .abandon)
        #expect(core.wake(now: core.wakeUp!) == [stream(1)])
        _ = core.streamOpened(status: 200, epoch: "e", oldest: nil, now: 0)
        #expect(core.streamed([event(2), .comment(" last 3")], now: 0) == [.show(2)])
        #expect(core.streamed([.comment(" last 3")], now: 0).first == .abandon)
    }

    @Test func anotherEpochBeginsAtItsBeginning() {
        var poller = core(.poll)
        _ = poller.start(now: 0)
        _ = poller.replied(reply([1, 2, 3]), now: 0)
        _ = poller.wake(now: 100 * ms)
        #expect(poller.replied(reply([4, 5], epoch: "f"), now: 0) == [.newEpoch("f"), poll(0)])
        #expect(poller.replied(reply([1], epoch: "f"), now: 0) == [.show(1)])

        var waiter = core(.longPoll)
        _ = waiter.start(now: 0)
        _ = waiter.replied(reply([1, 2]), now: 0)
        #expect(waiter.replied(.init(status: 204, epoch: "f"), now: 0) == [.newEpoch("f"), longPoll(0)])

        var pushed = core(.push)
        _ = pushed.start(now: 0)
        _ = pushed.streamOpened(status: 200, epoch: "e", oldest: nil, now: 0)
        _ = pushed.streamed([event(1)], now: 0)
        _ = pushed.failed("ended", now: 0)
        #expect(
            pushed.streamOpened(status: 200, epoch: "f", oldest: nil, now: 0) == [.abandon, .newEpoch("f"), stream(0)])
    }

    /// Whatever a server says, in any order: items are shown once, in order and without gaps but those it is told of.
    @Test func anyAnswers() {
        for seed in 1...400 as ClosedRange<UInt64> {
            var random = SplitMix(seed: seed)
            var core = core(WatchWay.allCases.randomElement(using: &random)!)
            var now: Int64 = 0
            var next: UInt64 = 1
            var asked = 0
            var actions = core.start(now: now)
            for _ in 0..<200 {
                for action in actions {
                    switch action {
                    case .show(let item):
                        #expect(item == next)
                        next = item + 1
                    case .lost(let range):
                        #expect(range.lowerBound == next)
                        next = range.upperBound + 1
                    case .newEpoch: next = 1
                    case .request: asked += 1
                    case .begin, .abandon, .problem: break
                    }
                }
                now += Int64.random(in: 0...(40 * ms), using: &random)
                let numbers = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    UInt64.random(in: 1...30, using: &random)
                }
                let epoch = Int.random(in: 0..<40, using: &random) == 0 ? "f" : "e"
                let oldest = Bool.random(using: &random) ? nil : UInt64.random(in: 1...30, using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0:
                    actions = core.replied(reply(numbers.sorted(), last: 30, epoch: epoch, oldest: oldest), now: now)
                case 1: actions = core.streamOpened(status: 200, epoch: epoch, oldest: oldest, now: now)
                case 2: actions = core.streamed(numbers.map { event($0) } + [.comment(" last 12")], now: now)
                case 3: actions = core.failed("x", now: now)
                case 4: actions = core.replied(.init(status: [204, 304, 500].randomElement(using: &random)!), now: now)
                default: actions = core.wakeUp.map { core.wake(now: max(now, $0)) } ?? []
                }
                // It always has something to do next.
                #expect(core.wakeUp != nil)
            }
            #expect(asked > 1)
        }
    }
}
