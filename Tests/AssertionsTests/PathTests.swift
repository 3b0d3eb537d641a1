import ClusterModel
import History
import Testing

@testable import Assertions

/// The stories that examples tell.
@Suite struct PathTests {
    @Test func aPathTellsEachStepAndTheFaultBehindIt() {
        var builder = Clusters.ready(by: "worker-2")
        builder.fault("drop 30%", link: "producer -> broker")
        builder.fault("drop 50%", link: "worker-1 <-> broker")
        builder.publish("m1", to: "work", fate: .dropped)
        builder.publish("m1", to: "work", key: "k")
        builder.fault("drop 30%", link: "producer -> broker", on: false)
        builder.now += 1_000_000_000
        builder.fault("drop 20%", link: "broker -> worker")
        let dropped = builder.deliver("m1", from: "tasks", to: "worker-2", fate: .dropped)
        builder.settle(dropped, .settled)
        let delivered = builder.deliver("m1", from: "tasks", to: "worker-2", redelivered: true)
        builder.handle(delivered)
        builder.finish()
        let result = builder.one(Clusters.workers(2), .delivery(.atLeastOnce))
        #expect(result.verdict == .unknown)
        let example = result.destinations[0].examples[0]
        #expect(example.kind == .undecided && example.message == "m1")
        #expect(
            example.path.map(\.text) == [
                "published by producer to work; dropped on the link by drop 30%",
                "nacked by the link, for the fault",
                "published by producer to work with key k",
                "confirmed",
                "delivered from queue tasks to worker-2; dropped on the link by drop 20%",
                "given back to the broker by the link, for the fault",
                "redelivered from queue tasks to worker-2",
                "worker-2 began to handle it; no end is recorded",
            ])
        #expect(example.path.map(\.time) == example.path.map(\.time).sorted())
        #expect(example.path[0].time > 0)
    }

    @Test func aPathTellsWhoDiedOnTheWay() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.deliver("m1", from: "tasks", to: "worker")
        builder.node("worker", .killed, intended: true, detail: "signal 9")
        builder.disconnect("worker")
        builder.node("broker", .failed, detail: "exit 3")
        builder.node("broker", .ready, incarnation: 2)
        builder.consume("tasks", by: "worker")
        for _ in 1...2 { builder.work("m1", from: "tasks", by: "worker", redelivered: true) }
        // What comes later has nothing to do with it.
        builder.node("broker", .failed, incarnation: 2, detail: "exit 4")
        builder.finish()
        let path = builder.one(Clusters.workers(), .delivery(.atMostOnce)).destinations[0].examples[0].path
        #expect(
            path.map(\.text).prefix(8) == [
                "published by producer to work", "confirmed", "delivered from queue tasks to worker",
                "worker was ended by a fault or a stop (signal 9)", "the connection of worker to broker was lost",
                "broker died (exit 3)", "broker was started again", "redelivered from queue tasks to worker",
            ])
        #expect(!path.contains { $0.text.contains("exit 4") })
    }

    @Test func atMostTenExamplesOfAKind() {
        var builder = Clusters.ready()
        for n in 1...30 { builder.publish("m\(n)", to: "work") }
        builder.finish()
        let result = builder.one(Clusters.workers(), .delivery(.atLeastOnce))
        #expect(result.destinations[0].counts.lost == 30)
        #expect(result.destinations[0].examples.count == Example.limit)
    }

    @Test func aLongPathIsCut() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        for _ in 1...200 { builder.work("m1", from: "tasks", by: "worker", redelivered: true) }
        builder.finish()
        let path = builder.one(Clusters.workers(), .delivery(.atMostOnce)).destinations[0].examples[0].path
        #expect(path.count == 25)
        #expect(path.contains { $0.text.contains("steps left out") })
    }
}
