import ClusterModel
import History
import Testing

@testable import Assertions

/// Each word of `docs/verdicts.md` on delivery with a history that shows it, and one that does not.
@Suite struct DeliveryTests {
    @Test func everythingDeliveredOncePasses() {
        var builder = Clusters.ready()
        for n in 1...3 {
            builder.publish("m\(n)", to: "work")
            builder.work("m\(n)", from: "tasks", by: "worker")
        }
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
        let counts = builder.counts(Clusters.workers())
        #expect(counts.attempted == 3 && counts.acknowledged == 3 && counts.owed == 3)
        #expect(counts.delivered == 3 && counts.processed == 3 && counts.unconfirmed == 0 && counts.recovered == 0)
        #expect(counts.bounds.isEmpty)
    }

    @Test func acknowledgedAndNeverProcessedIsLost() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .fail, .fail])
        let result = builder.one(Clusters.workers(), .delivery(.atLeastOnce))
        #expect(result.destinations[0].counts.lost == 1)
        #expect(result.destinations[0].examples.map(\.message) == ["m2"])
        #expect(result.destinations[0].examples[0].kind == .lost)
        #expect(result.explanation == "1 of 2 acknowledged messages lost")
    }

    /// While the run goes on: it may still come.
    @Test func whatIsNotProcessedYetIsNotLost() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        let spec = AssertionSpec(.delivery(.atLeastOnce, from: nil, to: nil, of: .acknowledged))
        func judged(isLive: Bool) -> AssertionResult {
            Judge.judgeNow(spec, history: builder.history, topology: Clusters.workers(), isLive: isLive)
        }
        #expect(judged(isLive: true).verdict == .unknown)
        #expect(judged(isLive: true).explanation == "1 of 1 acknowledged message not processed yet")
        #expect(judged(isLive: true).destinations[0].examples[0].kind == .undecided)
        #expect(judged(isLive: false).verdict == .fail)
    }

    @Test func processedTwiceIsDuplicated() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.fail, .pass, .fail])
        let counts = builder.counts(Clusters.workers())
        #expect(counts.duplicated == 1 && counts.redelivered == 1 && counts.processed == 1)
    }

    @Test func redeliveredButProcessedOnceIsNotDuplicated() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        let first = builder.deliver("m1", from: "tasks", to: "worker")
        builder.handle(first)
        builder.handled(first, .fail, reason: "requeued")
        builder.settle(first, .requeued)
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
        #expect(builder.counts(Clusters.workers()).redelivered == 1)
    }

    @Test func deliveredButNeverAttemptedIsUnexpected() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.work("ghost", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.fail, .fail, .fail])
        #expect(builder.counts(Clusters.workers()).unexpected == 1)
    }

    @Test func deliveredWhereItWasNotOwedIsUnexpected() {
        var builder = Clusters.ready()
        builder.exchange("other", "fanout")
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.publish("m2", to: "other")
        builder.work("m2", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.fail, .fail, .fail])
        #expect(
            builder.one(Clusters.workers(), .delivery(.atLeastOnce)).destinations[0].examples[0].kind == .unexpected)
    }

    @Test func messagesOfOthersAreNotJudged() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.publish("x1", to: "work", by: "stranger")
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
        #expect(builder.one(Clusters.workers(), .delivery(.atLeastOnce, from: nil)).verdict == .fail)
    }

    @Test func unconfirmedIsShownAndNotLost() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.publish("m2", to: "work", fate: .dropped)
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
        #expect(builder.counts(Clusters.workers()).unconfirmed == 1)
        // Of all that was attempted it is lost.
        #expect(builder.guarantees(Clusters.workers(), of: .attempted) == [.pass, .fail, .fail])
        let lost = builder.one(Clusters.workers(), .delivery(.atLeastOnce, of: .attempted))
        #expect(lost.destinations[0].examples.map(\.message) == ["m2"])
    }

    @Test func notAcknowledgedButProcessedIsRecovered() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", confirmFate: .dropped)
        builder.publish("m2", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.work("m2", from: "tasks", by: "worker")
        builder.finish()
        let counts = builder.counts(Clusters.workers())
        #expect(counts.recovered == 1 && counts.acknowledged == 1 && counts.unconfirmed == 0)
    }

    @Test func aRepeatedPublishIsOneMessage() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", fate: .dropped)
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.finish()
        let counts = builder.counts(Clusters.workers())
        #expect(counts.attempted == 1 && counts.acknowledged == 1 && counts.processed == 1)
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
    }

    @Test func withoutAnIDEachTransmissionIsAMessage() {
        var builder = Clusters.ready()
        let first = builder.publish("", to: "work", native: false)
        builder.publish("", to: "work", native: false)
        for stamp in [first, first + 1] {
            let delivered = builder.deliver("", from: "tasks", to: "worker", stamp: stamp)
            builder.handle(delivered)
            builder.handled(delivered)
        }
        builder.finish()
        #expect(builder.counts(Clusters.workers()).attempted == 2)
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
    }

    @Test func rejectedIsCountedAndNotLost() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        builder.work("m2", from: "tasks", by: "worker")
        let delivered = builder.deliver("m1", from: "tasks", to: "worker")
        builder.handle(delivered)
        builder.handled(delivered, .fail, reason: "rejected")
        builder.settle(delivered, .rejected)
        builder.finish()
        let counts = builder.counts(Clusters.workers())
        #expect(counts.rejected == 1 && counts.lost == 0)
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
    }

    @Test func aRejectThatTheBrokerNeverSawLosesNothingYet() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        let delivered = builder.deliver("m1", from: "tasks", to: "worker")
        builder.handle(delivered)
        builder.handled(delivered, .fail, reason: "rejected")
        builder.settle(delivered, .rejected, fate: .dropped)
        builder.finish()
        // The program threw it away, whatever the broker knows.
        #expect(builder.counts(Clusters.workers()).rejected == 1)
    }

    @Test func purgedIsCountedAndNotLost() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        builder.declare(.purge, "tasks") { $0.count = 2 }
        builder.publish("m3", to: "work")
        builder.finish()
        let counts = builder.counts(Clusters.workers())
        #expect(counts.purged == 2 && counts.lost == 1)
        #expect(builder.guarantees(Clusters.workers())[1] == .fail)
    }

    @Test func everyAnonymousQueueIsADestination() {
        var builder = HistoryBuilder()
        builder.exchange("logs", "fanout")
        for n in 1...3 { builder.anonymousQueue("amq.gen-\(n)", of: "subscriber-\(n)", boundTo: "logs") }
        builder.publish("m1", to: "logs")
        builder.work("m1", from: "amq.gen-1", by: "subscriber-1")
        builder.work("m1", from: "amq.gen-3", by: "subscriber-3")
        builder.finish()
        let result = builder.one(Clusters.fanout(3), .delivery(.atLeastOnce, to: "subscriber"))
        #expect(result.verdict == .fail)
        #expect(result.destinations.map(\.to) == ["subscriber-1", "subscriber-2", "subscriber-3"])
        #expect(result.destinations.map(\.verdict) == [.pass, .fail, .pass])
        #expect(result.explanation == "subscriber-2: 1 of 1 acknowledged message lost")
        let third = builder.one(Clusters.fanout(3), .delivery(.atLeastOnce, to: "subscriber-3"))
        #expect(third.verdict == .pass)
    }

    @Test func aKilledSubscriberLosesWhatItHadNotProcessed() {
        var builder = HistoryBuilder()
        builder.exchange("logs", "fanout")
        builder.anonymousQueue("amq.gen-1", of: "subscriber-1", boundTo: "logs")
        builder.publish("m1", to: "logs")
        builder.publish("m2", to: "logs")
        builder.work("m1", from: "amq.gen-1", by: "subscriber-1")
        builder.node("subscriber-1", .killed, detail: "signal 9")
        builder.disconnect("subscriber-1")
        // Nobody owes it what was published after its queue had gone.
        builder.publish("m3", to: "logs")
        builder.finish()
        let counts = builder.counts(Clusters.fanout(1), to: "subscriber")
        #expect(counts.owed == 2 && counts.lost == 1 && counts.attempted == 3)
        #expect(builder.guarantees(Clusters.fanout(1), to: "subscriber") == [.pass, .fail, .fail])
    }

    /// Dropped while the queue was there, confirmed when it was gone: no transmission was both owed and acknowledged.
    @Test func aConfirmOfAnotherTransmissionOwesNothing() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", fate: .dropped)
        // A later confirm on the channel ends the first transmission's time before the binding's.
        builder.publish("m0", to: "work")
        builder.work("m0", from: "tasks", by: "worker")
        builder.declare(.unbindQueue, "tasks", "work")
        builder.publish("m1", to: "work")
        builder.confirmedByNode("m1", by: "producer")
        builder.publish("m2", to: "work")
        builder.finish()
        let result = builder.one(Clusters.workers(), .delivery(.atLeastOnce))
        #expect(result.verdict != .fail, "\(result.explanation)")
        #expect(result.destinations.first?.counts.owed == 2)
        #expect(result.destinations.first?.counts.lost == 0)
    }
}
