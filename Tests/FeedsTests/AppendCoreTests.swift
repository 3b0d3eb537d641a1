import ClusterModel
import Testing

@testable import Feeds

@Suite struct AppendCoreTests {
    private let ms: Int64 = 1_000_000
    private let a = AppendCore.Item(key: "n/1/1", body: [1])
    private let b = AppendCore.Item(key: "n/1/2", body: [2])

    private func core(attempts: Int = 3) -> AppendCore { AppendCore(timeout: .seconds(1), attempts: attempts) }

    @Test func oneAfterTheOther() {
        var core = core()
        #expect(core.add(a, now: 0) == [.send(a)])
        #expect(core.add(b, now: 0) == [])
        core.sent()
        #expect(core.attempt == 1)
        #expect(core.ended(.appended(7), now: 5) == [.ended(a, .appended(7)), .send(b)])
        core.sent()
        #expect(core.ended(.refused("no"), now: 5) == [.ended(b, .refused("no"))])
        #expect(core.count == 0)
        #expect(core.wakeUp == nil)
    }

    @Test func theSameItemAgainUntilItIsKnown() {
        var core = core()
        _ = core.add(a, now: 0)
        core.sent()
        #expect(core.wakeUp == 1_000 * ms)
        #expect(core.wake(now: 1_000 * ms) == [.abandon])
        #expect(core.wakeUp == 1_020 * ms)
        #expect(core.wake(now: 1_020 * ms) == [.send(a)])
        core.sent()
        #expect(core.ended(.unsure("503"), now: 1_030 * ms) == [])
        #expect(core.wake(now: 1_070 * ms) == [.send(a)])
        core.sent()
        #expect(core.attempt == 3)
        // No attempt is left.
        #expect(core.ended(.unsure("reset"), now: 1_080 * ms) == [.ended(a, .unknown("reset"))])
    }

    @Test func aRefusalAfterAnAttemptThatMayHaveGotThroughProvesNothing() {
        var core = core()
        _ = core.add(a, now: 0)
        core.sent()
        _ = core.ended(.unsure("reset"), now: 0)
        _ = core.wake(now: 20 * ms)
        core.sent()
        #expect(core.ended(.refused("422"), now: 30 * ms) == [.ended(a, .unknown("422"))])
    }

    @Test func whatNeverLeftIsNoAttemptAndNotForEver() {
        var core = core()
        _ = core.add(a, now: 0)
        var now: Int64 = 0
        var tries = 0
        var actions = core.ended(.unsure("cannot connect"), now: now)
        while actions.isEmpty {
            now = core.wakeUp!
            #expect(core.wake(now: now) == [.send(a)])
            tries += 1
            actions = core.ended(.unsure("cannot connect"), now: now)
        }
        #expect(core.attempt == 0)
        #expect(tries > 3)
        #expect(now >= 4_500 * ms)
        #expect(now < 5_100 * ms)
        #expect(actions == [.ended(a, .refused("cannot connect"))])
    }

    @Test func pacing() {
        var pacer = AppendPacer(AppendSource(count: 3, rate: Rate(perSecond: 10)))
        #expect(pacer.take(now: 0) == nil)
        pacer.start(now: 0)
        #expect(pacer.take(now: 0) == 1)
        #expect(pacer.take(now: 99 * ms) == nil)
        #expect(pacer.due == 100 * ms)
        #expect(pacer.take(now: 250 * ms) == 2)
        #expect(pacer.take(now: 250 * ms) == 3)
        #expect(pacer.take(now: 999 * ms) == nil)
        #expect(!pacer.hasMore)

        // The rest of a schedule, at its rate from its new beginning.
        var rest = AppendPacer(AppendSource(count: 5, rate: Rate(perSecond: 10)), done: 3)
        rest.start(now: 0)
        #expect(rest.take(now: 0) == 4)
        #expect(rest.due == 100 * ms)
        rest.finish()
        #expect(rest.take(now: 999 * ms) == nil)

        var free = AppendPacer(AppendSource())
        free.start(now: 0)
        for number in 1...1_000 { #expect(free.take(now: 0) == number) }
    }
}
