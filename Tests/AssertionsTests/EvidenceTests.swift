import ClusterModel
import History
import Testing

@testable import Assertions

/// No verdict without evidence, and none better than the evidence.
@Suite struct EvidenceTests {
    @Test func nothingPublishedIsUnknown() {
        var builder = Clusters.ready()
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.unknown, .unknown, .unknown])
        #expect(builder.one(Clusters.workers(), .delivery(.atLeastOnce)).explanation == "nothing was published")
    }

    @Test func everyPublishDroppedIsUnknown() {
        var builder = Clusters.ready()
        for n in 1...5 { builder.publish("m\(n)", to: "work", fate: .dropped) }
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.unknown, .unknown, .unknown])
        #expect(builder.one(Clusters.workers(), .delivery(.atLeastOnce)).explanation == "nothing was acknowledged")
    }

    @Test func aQueueBoundToNothingIsUnknown() {
        var builder = HistoryBuilder()
        builder.exchange("work", "fanout")
        builder.queue("tasks")
        builder.consume("tasks", by: "worker")
        builder.publish("m1", to: "work")
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.unknown, .unknown, .unknown])
        #expect(builder.one(Clusters.workers(), .delivery(.atLeastOnce)).explanation == "nothing was owed")
    }

    @Test func withoutConfirmsNothingIsAcknowledged() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", confirm: false)
        builder.work("m1", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .unknown, .unknown])
        #expect(builder.guarantees(Clusters.workers(), of: .attempted) == [.pass, .pass, .pass])
        #expect(builder.counts(Clusters.workers()).recovered == 1)
    }

    @Test func aConsumerThatNeverConsumedIsUnknown() {
        var builder = HistoryBuilder()
        builder.exchange("logs", "fanout")
        builder.publish("m1", to: "logs")
        builder.finish()
        let result = builder.one(Clusters.fanout(2), .delivery(.atLeastOnce, to: "subscriber"))
        #expect(result.verdict == .unknown)
        #expect(result.explanation.contains("has consumed from no queue"))
    }

    @Test func whatCouldNotBeEmptiedIsUnknown() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.finish(undrained: ["tasks"])
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .unknown, .unknown])
    }

    @Test func aProvenDuplicateStaysOneInWhatCouldNotBeEmptied() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish(undrained: ["worker"])
        #expect(builder.guarantees(Clusters.workers()) == [.fail, .unknown, .fail])
    }

    @Test func aRunWithoutDrainPassesNothing() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        #expect(builder.guarantees(Clusters.workers()) == [.unknown, .unknown, .unknown])
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        #expect(builder.guarantees(Clusters.workers()) == [.fail, .unknown, .fail])
    }

    @Test func damagedEvidencePassesNothingAndKeepsWhatIsProven() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.finish()
        builder.depth("tasks")
        var history = builder.history
        history.problems = ["links.orchev: cut short"]
        let topology = Clusters.workers(
            nil, .delivery(.atLeastOnce), .delivery(.atMostOnce), .routing(from: nil), .order(from: nil, to: nil),
            .queue("tasks", depth: Condition(.equal, 0), consumers: nil))
        for result in Judge.judge(history: history, topology: topology) {
            #expect(result.verdict == .unknown, "\(result.title)")
        }
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        history.entries = builder.history.entries
        #expect(Judge.judge(history: history, topology: topology).map(\.verdict)[1] == .fail)
    }

    @Test func messagesPublishedDuringTheDrainAreNotJudgedAsLost() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.phase(.drain)
        builder.publish("m2", to: "work")
        builder.phase(.drained)
        builder.phase(.stop)
        let result = builder.one(Clusters.workers(), .delivery(.atLeastOnce))
        #expect(result.verdict == .pass)
        #expect(result.destinations[0].notes.contains { $0.contains("after the drain began") })
    }

    @Test func expectViolatedTurnsTheVerdictAround() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        var topology = Clusters.workers()
        topology.assertions = [AssertionSpec(.delivery(.atLeastOnce), expect: .violated)]
        // Without a drain nothing is decided, and what is unknown stays unknown.
        #expect(Judge.judge(history: builder.history, topology: topology)[0].outcome == .unknown)
        builder.finish()
        let result = Judge.judge(history: builder.history, topology: topology)[0]
        #expect(result.verdict == .fail && result.outcome == .pass)
        topology.assertions = [AssertionSpec(.delivery(.atMostOnce), expect: .violated)]
        #expect(Judge.judge(history: builder.history, topology: topology)[0].outcome == .fail)
    }

    @Test func withinIsJudgedOverWhatThereIs() {
        var builder = Clusters.ready()
        let spec = AssertionSpec(.delivery(.atLeastOnce), within: .seconds(1))
        func now() -> Verdict {
            Judge.judgeNow(spec, history: builder.history, topology: Clusters.workers()).verdict
        }
        #expect(now() == .unknown)
        builder.publish("m1", to: "work")
        #expect(now() == .fail)
        builder.work("m1", from: "tasks", by: "worker")
        #expect(now() == .pass)
    }

    @Test func theWorstVerdictCounts() {
        #expect(Verdict.combined([.pass, .unknown, .fail]) == .fail)
        #expect(Verdict.combined([.pass, .unknown]) == .unknown)
        #expect(Verdict.combined([.pass, .pass]) == .pass)
        #expect(Verdict.combined([]) == .unknown)
    }

    @Test func aMessageThatNeverReachedTheLinkIsAttempted() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        var publish = Publish()
        publish.message = "m2"
        publish.exchange = "work"
        builder.add(.publish(publish), by: EvidenceSource(kind: .node, name: "producer"))
        builder.finish()
        let counts = builder.counts(Clusters.workers(), of: .attempted)
        #expect(counts.attempted == 2 && counts.unconfirmed == 1 && counts.lost == 1)
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
    }

    // MARK: - Identity without stamps

    @Test func withoutStampsTheMessageIDTells() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false) { $0.stamped = false }
        builder.publish("m2", to: "work", native: false) { $0.stamped = false }
        builder.settle(builder.deliver("m2", from: "tasks", to: "worker", stamp: 0) { $0.exchange = "work" })
        builder.finish()
        let result = builder.one(Clusters.programs(), .delivery(.atLeastOnce))
        #expect(result.destinations[0].counts.lost == 1)
        #expect(result.destinations[0].examples[0].message == "m1")
        #expect(result.destinations[0].notes.contains { $0.contains("message id") })
    }

    @Test func withoutStampAndIDBodiesAreCountedAsAMultiset() {
        var builder = Clusters.ready()
        for _ in 1...3 {
            builder.publish("", to: "work", native: false) {
                $0.stamped = false
                $0.bodyHash = 77
            }
        }
        for again in [false, true, false] {
            let delivered = builder.deliver("", from: "tasks", to: "worker", redelivered: again, stamp: 0) {
                $0.exchange = "work"
                $0.bodyHash = 77
            }
            builder.settle(delivered, again ? .acked : .acked)
        }
        builder.finish()
        let result = builder.one(Clusters.programs(), .delivery(.atLeastOnce))
        #expect(result.destinations[0].counts.lost == 1 && result.destinations[0].counts.processed == 2)
        #expect(result.destinations[0].notes.contains { $0.contains("told apart by body") })
    }

    @Test func aBodyThatNobodyPublishedIsUnexpected() {
        var builder = Clusters.ready()
        builder.publish("", to: "work", native: false) {
            $0.stamped = false
            $0.bodyHash = 77
        }
        for hash: UInt64 in [77, 78, 77] {
            builder.settle(
                builder.deliver("", from: "tasks", to: "worker", stamp: 0) {
                    $0.exchange = "work"
                    $0.bodyHash = hash
                })
        }
        builder.finish()
        // One of another body, and one copy too many.
        #expect(builder.counts(Clusters.programs()).unexpected == 2)
    }
}
