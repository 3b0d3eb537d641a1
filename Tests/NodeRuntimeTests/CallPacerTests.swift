import ClusterModel
import Testing

@testable import NodeRuntime

@Suite struct CallPacerTests {
    private func pacer(
        count: Int? = nil, rate: Double? = nil, concurrency: Int = 1, loop: CallRole.Loop = .closed
    ) -> CallPacer {
        CallPacer(
            CallRole(
                service: "S", method: "m", count: count, rate: rate.map { Rate(perSecond: $0) },
                concurrency: concurrency, loop: loop, to: "server"))
    }

    private func drain(_ pacer: inout CallPacer, at now: Int64) -> [CallPacer.Start] {
        var starts: [CallPacer.Start] = []
        while starts.count < 1_000, let start = pacer.next(now: now) { starts.append(start) }
        return starts
    }

    @Test func nothingBeginsBeforeTheStart() {
        var pacer = pacer(count: 2, concurrency: 2)
        #expect(pacer.next(now: 5) == nil)
        #expect(pacer.wakeUp(now: 5) == nil)
        pacer.start(now: 5)
        #expect(drain(&pacer, at: 5).map(\.sequence) == [1, 2])
    }

    @Test func aClosedLoopWaitsForAnswers() {
        var pacer = pacer(count: 3, concurrency: 2)
        pacer.start(now: 0)
        #expect(drain(&pacer, at: 0).map(\.sequence) == [1, 2])
        #expect(pacer.wakeUp(now: 0) == nil)
        pacer.callEnded()
        // A call that had to wait is due when it begins.
        #expect(drain(&pacer, at: 70) == [.init(sequence: 3, due: 70)])
        #expect(!pacer.isDone)
        pacer.callEnded()
        pacer.callEnded()
        #expect(pacer.isDone)
        #expect(pacer.ended == 3)
    }

    @Test func anOpenLoopOwesItsCallsAtTheirTime() {
        var pacer = pacer(rate: 1_000, concurrency: 2, loop: .open)
        pacer.start(now: 100)
        #expect(drain(&pacer, at: 100) == [.init(sequence: 1, due: 100)])
        #expect(pacer.wakeUp(now: 100) == 1_000_100)
        #expect(drain(&pacer, at: 1_000_099).isEmpty)
        #expect(drain(&pacer, at: 5_000_000) == [.init(sequence: 2, due: 1_000_100)])
        pacer.callEnded()
        // Late, and it counts from when it was due.
        #expect(drain(&pacer, at: 5_000_000) == [.init(sequence: 3, due: 2_000_100)])
    }

    @Test func afterFinishNothingBegins() {
        var pacer = pacer(concurrency: 1)
        pacer.start(now: 0)
        #expect(pacer.next(now: 0) != nil)
        pacer.finish()
        pacer.callEnded()
        #expect(pacer.next(now: 1) == nil)
        #expect(pacer.isDone)
    }
}
