import ClusterModel
import History
import Testing

@testable import Assertions

/// What the wire alone proves, excludes, and leaves open.
@Suite struct BoundsTests {
    // MARK: - A user's program under manual ack

    @Test func ackedIsProcessed() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        builder.serve("m1", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .pass, .pass])
    }

    @Test func neverDeliveredIsLost() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        builder.publish("m2", to: "work", native: false)
        builder.serve("m2", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .fail, .fail])
    }

    @Test func deliveredAndNotAckedIsUnknown() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        builder.publish("m2", to: "work", native: false)
        builder.serve("m1", from: "tasks", by: "worker")
        builder.deliver("m2", from: "tasks", to: "worker")
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .unknown, .unknown])
        let counts = builder.counts(Clusters.programs())
        #expect(counts.lost == 0 && counts.lostAtMost == 1)
        #expect(counts.processed == 1 && counts.processedAtMost == 2 && counts.delivered == 2)
    }

    /// The worker died after its work, or before it: nobody can tell.
    @Test func redeliveredAfterADeathIsUnknown() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        builder.deliver("m1", from: "tasks", to: "worker")
        builder.disconnect("worker")
        builder.consume("tasks", by: "worker")
        builder.serve("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.unknown, .pass, .unknown])
        let counts = builder.counts(Clusters.programs())
        #expect(counts.duplicated == 0 && counts.duplicatedAtMost == 1 && counts.redelivered == 1)
    }

    @Test func ackedTwiceIsDuplicated() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        builder.serve("m1", from: "tasks", by: "worker")
        builder.serve("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.fail, .pass, .fail])
    }

    /// The ack counts where the program sent it, not where the broker got it.
    @Test func anAckThatAFaultDroppedStillProvesTheWork() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        let first = builder.deliver("m1", from: "tasks", to: "worker")
        builder.settle(first, fate: .dropped)
        builder.settle(first, .settled)
        builder.serve("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.fail, .pass, .fail])
    }

    @Test func aDroppedDeliveryIsNone() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        let dropped = builder.deliver("m1", from: "tasks", to: "worker", fate: .dropped)
        builder.settle(dropped, .settled)
        builder.serve("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .pass, .pass])
        let counts = builder.counts(Clusters.programs())
        #expect(counts.delivered == 1 && counts.redelivered == 0)
    }

    @Test func aDuplicatedDeliveryThatWasAckedTwiceIsDuplicated() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        let first = builder.deliver("m1", from: "tasks", to: "worker", fate: .duplicated)
        let second = builder.deliver("m1", from: "tasks", to: "worker", fate: .duplicated)
        builder.settle(first)
        builder.settle(second)
        builder.finish()
        #expect(builder.guarantees(Clusters.programs()) == [.fail, .pass, .fail])
    }

    // MARK: - Automatic ack

    private func automatic(_ end: (inout HistoryBuilder) -> Void) -> HistoryBuilder {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work", native: false)
        builder.deliver("m1", from: "tasks", to: "worker", autoAck: true)
        end(&builder)
        return builder
    }

    @Test func underAutomaticAckAnOrderlyEndProvesTheWork() {
        let builder = automatic {
            $0.disconnect("worker", orderly: true)
            $0.finish()
        }
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .pass, .pass])
    }

    @Test func underAutomaticAckABrokenConnectionProvesNothing() {
        let builder = automatic {
            $0.disconnect("worker")
            $0.finish()
        }
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .unknown, .unknown])
    }

    @Test func anEndThatTheBrokerAskedForProvesNothing() {
        let builder = automatic {
            $0.disconnect("worker", orderly: true, by: "server")
            $0.finish()
        }
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .unknown, .unknown])
    }

    @Test func theRunsOwnStopProvesNothing() throws {
        let builder = automatic {
            $0.finish()
            $0.disconnect("worker")
            $0.node("worker", .exited, intended: true, detail: "signal 15")
        }
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .unknown, .unknown])
        let result = builder.one(Clusters.programs(), .delivery(.atLeastOnce)).destinations[0]
        let note = try #require(result.notes.first)
        #expect(note.hasPrefix("automatic ack: nothing on the wire proves that 1 delivery was worked on"))
        let path = result.examples[0].path.map(\.text)
        #expect(
            path.suffix(2) == [
                "the connection of worker to broker was lost", "worker ended when the run did (signal 15)",
            ])
    }

    @Test func aProgramThatClosesWhenTheRunStopsItHasProvedItsWork() {
        let builder = automatic {
            $0.finish()
            $0.disconnect("worker", orderly: true)
            $0.node("worker", .exited, intended: true, detail: "signal 15")
        }
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .pass, .pass])
    }

    @Test func aProgramThatHadToBeKilledAtTheEndProvesNothing() {
        let builder = automatic {
            $0.finish()
            $0.disconnect("worker")
            $0.node("worker", .exited, intended: true, detail: "signal 9")
        }
        #expect(builder.guarantees(Clusters.programs()) == [.pass, .unknown, .unknown])
    }

    // MARK: - Native consumers

    @Test func killedAfterTheWorkAndBeforeTheAckIsDuplicated() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        let first = builder.deliver("m1", from: "tasks", to: "worker")
        builder.handle(first)
        builder.handled(first)
        builder.disconnect("worker")
        builder.consume("tasks", by: "worker")
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.fail, .pass, .fail])
    }

    @Test func killedInTheMiddleOfTheWorkIsOpen() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        let first = builder.deliver("m1", from: "tasks", to: "worker")
        builder.handle(first)
        builder.disconnect("worker")
        builder.consume("tasks", by: "worker")
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.unknown, .pass, .unknown])
    }

    @Test func deliveredAndNeverBegunIsNotProcessed() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.deliver("m1", from: "tasks", to: "worker")
        builder.disconnect("worker")
        builder.consume("tasks", by: "worker")
        builder.work("m1", from: "tasks", by: "worker", redelivered: true)
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
    }

    /// Ports come back; the newest connection with a port is the one that a node means.
    @Test func aPortThatIsUsedAgainNamesTheNewestConnection() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        for message in ["m1", "m2"] {
            let process = message
            var opened = ConnectionOpened()
            opened.connection = message == "m1" ? 101 : 102
            opened.client = "worker"
            opened.server = "broker"
            opened.port = 50_000
            builder.add(.connection(opened), by: HistoryBuilder.links)
            var delivery = Delivery()
            delivery.connection = opened.connection
            delivery.channel = 1
            delivery.tag = 1
            delivery.stamp = builder.stamps[process]![0]
            delivery.queue = "tasks"
            builder.add(.delivery(delivery), by: HistoryBuilder.links)
            var handle = Handle()
            handle.reference = DeliveryReference(port: 50_000, channel: 1, tag: 1)
            var result = HandleResult()
            result.reference = handle.reference
            builder.add(.handle(handle), by: EvidenceSource(kind: .node, name: "worker"))
            builder.add(.handleResult(result), by: EvidenceSource(kind: .node, name: "worker"))
        }
        builder.finish()
        #expect(builder.guarantees(Clusters.workers()) == [.pass, .pass, .pass])
    }
}
