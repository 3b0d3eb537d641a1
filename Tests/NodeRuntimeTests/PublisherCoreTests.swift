import ClusterModel
import Testing

@testable import NodeRuntime

@Suite struct PublisherCoreTests {
    private func core(
        count: Int? = nil, rate: Double? = nil, confirm: PublishRole.Confirm? = nil
    ) -> PublisherCore {
        PublisherCore(
            PublishRole(
                exchange: "e", count: count, rate: rate.map { Rate(perSecond: $0) }, confirm: confirm))
    }

    private func drain(_ core: inout PublisherCore, at now: Int64) -> [PublisherCore.Send] {
        var sends: [PublisherCore.Send] = []
        while sends.count < 1_000, let send = core.next(now: now) { sends.append(send) }
        return sends
    }

    @Test func nothingGoesOutBeforeTheStartOrWithoutAConnection() {
        var core = core(count: 3)
        #expect(core.next(now: 0) == nil)
        core.connected()
        #expect(core.next(now: 0) == nil)
        core.start(now: 10)
        #expect(drain(&core, at: 10).map(\.sequence) == [1, 2, 3])
        #expect(core.isDone)
    }

    @Test func aRatePacesFromTheStart() {
        var core = core(rate: 1_000)
        core.connected()
        core.start(now: 0)
        #expect(drain(&core, at: 0).count == 1)
        #expect(core.wakeUp(now: 0) == 1_000_000)
        #expect(drain(&core, at: 999_999).isEmpty)
        #expect(drain(&core, at: 5_000_000).count == 5)
    }

    @Test func theWindowBoundsWhatIsInFlight() {
        var core = core(count: 10, confirm: .init(window: 4))
        core.connected()
        core.start(now: 0)
        #expect(drain(&core, at: 0).count == 4)
        #expect(core.answered(2, multiple: true, nack: false).map(\.sequence) == [1, 2])
        #expect(drain(&core, at: 0).map(\.sequence) == [5, 6])
        #expect(core.answered(3, multiple: false, nack: false).map(\.sequence) == [3])
        #expect(!core.isDone)
    }

    @Test func anAnswerForNothingIsIgnored() {
        var core = core(count: 1, confirm: .init())
        core.connected()
        core.start(now: 0)
        _ = drain(&core, at: 0)
        #expect(core.answered(7, multiple: false, nack: false).isEmpty)
        #expect(core.answered(1, multiple: false, nack: false) == [.init(sequence: 1, outcome: .done)])
        #expect(core.answered(1, multiple: false, nack: false).isEmpty)
        #expect(core.confirmed == 1)
    }

    @Test func aNackIsSentAgainWhileAttemptsAreLeft() {
        var core = core(count: 1, confirm: .init(attempts: 2))
        core.connected()
        core.start(now: 0)
        #expect(drain(&core, at: 0) == [.init(sequence: 1, attempt: 1)])
        #expect(core.answered(1, multiple: false, nack: true).isEmpty)
        #expect(drain(&core, at: 0) == [.init(sequence: 1, attempt: 2)])
        #expect(core.answered(2, multiple: false, nack: true) == [.init(sequence: 1, outcome: .refused)])
        #expect(core.isDone && core.failed == 1)
    }

    @Test func silenceIsUnknownAfterTheLastAttempt() {
        var core = core(count: 1, confirm: .init(timeout: .seconds(1), attempts: 2))
        core.connected()
        core.start(now: 0)
        _ = drain(&core, at: 0)
        #expect(core.wakeUp(now: 0) == 1_000_000_000)
        #expect(core.expire(now: 999_999_999).isEmpty)
        #expect(core.expire(now: 1_000_000_000).isEmpty)
        #expect(drain(&core, at: 1_000_000_000) == [.init(sequence: 1, attempt: 2)])
        #expect(core.expire(now: 2_000_000_000) == [.init(sequence: 1, outcome: .unknown)])
        // A late answer to the first transmission changes nothing.
        #expect(core.answered(1, multiple: false, nack: false).isEmpty)
        #expect(core.isDone)
    }

    @Test func aLostConnectionRepeatsWhatWasInFlightOnTheNextOne() {
        var core = core(count: 3, confirm: .init(attempts: 5))
        core.connected()
        core.start(now: 0)
        _ = drain(&core, at: 0)
        _ = core.answered(1, multiple: false, nack: false)
        #expect(core.disconnected().isEmpty)
        #expect(core.next(now: 0) == nil)
        core.connected()
        #expect(drain(&core, at: 0) == [.init(sequence: 2, attempt: 2), .init(sequence: 3, attempt: 2)])
        #expect(core.answered(2, multiple: true, nack: false).map(\.sequence) == [2, 3])
        #expect(core.isDone && core.published == 3 && core.confirmed == 3)
    }

    @Test func withoutAttemptsALostConnectionLeavesTheOutcomeUnknown() {
        var core = core(count: 1, confirm: .init(attempts: 1))
        core.connected()
        core.start(now: 0)
        _ = drain(&core, at: 0)
        #expect(core.disconnected() == [.init(sequence: 1, outcome: .unknown)])
        #expect(core.isDone)
    }
}
