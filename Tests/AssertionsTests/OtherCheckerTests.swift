import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct QueueCheckerTests {
    private func verdict(_ depth: Condition?, _ consumers: Condition?) -> Verdict {
        var builder = Clusters.ready()
        builder.depth("tasks", ready: 3, consumers: 1)
        builder.finish()
        return builder.one(Clusters.workers(), .queue("tasks", depth: depth, consumers: consumers)).verdict
    }

    @Test func depthAndConsumers() {
        #expect(verdict(Condition(.equal, 3), nil) == .pass)
        #expect(verdict(Condition(.equal, 0), nil) == .fail)
        #expect(verdict(nil, Condition(.greaterOrEqual, 1)) == .pass)
        #expect(verdict(Condition(.equal, 3), Condition(.equal, 2)) == .fail)
        #expect(verdict(nil, nil) == .unknown)
    }

    @Test func aQueueThatNobodyAskedAboutIsUnknown() {
        let builder = Clusters.ready()
        let result = builder.one(Clusters.workers(), .queue("tasks", depth: Condition(.equal, 0), consumers: nil))
        #expect(result.verdict == .unknown)
    }
}

@Suite struct NodeCheckerTests {
    private func verdict(
        state: NodeState? = nil, restarts: Condition? = nil, exitCode: Condition? = nil,
        _ life: (inout HistoryBuilder) -> Void
    ) -> Verdict {
        var builder = HistoryBuilder()
        life(&builder)
        builder.finish()
        builder.node("worker", .exited, incarnation: 9, intended: true, detail: "signal 15")
        return builder.one(
            Clusters.workers(), .node("worker", state: state, restarts: restarts, exitCode: exitCode)
        ).verdict
    }

    @Test func theStateBeforeTheEndCounts() {
        #expect(verdict(state: .running) { $0.node("worker", .running) } == .pass)
        #expect(verdict(state: .ready) { $0.node("worker", .running) } == .pass)
        #expect(verdict(state: .exited) { $0.node("worker", .running) } == .fail)
        #expect(verdict(state: .exited) { $0.node("worker", .exited, detail: "exit 0") } == .pass)
        #expect(verdict(state: .killed) { $0.node("worker", .killed, detail: "signal 9") } == .pass)
    }

    @Test func restartsAreCounted() {
        let twice: (inout HistoryBuilder) -> Void = {
            $0.node("worker", .starting)
            $0.node("worker", .restarting, detail: "exit 1")
            $0.node("worker", .starting, incarnation: 2)
            $0.node("worker", .running, incarnation: 2)
        }
        #expect(verdict(restarts: Condition(.equal, 1), twice) == .pass)
        #expect(verdict(restarts: Condition(.equal, 0), twice) == .fail)
        #expect(verdict(restarts: Condition(.equal, 0)) { $0.node("worker", .running) } == .pass)
    }

    @Test func exitCodes() {
        #expect(
            verdict(exitCode: Condition(.equal, 3)) { $0.node("worker", .failed, detail: "exit 3") } == .pass)
        #expect(
            verdict(exitCode: Condition(.equal, 0)) { $0.node("worker", .failed, detail: "exit 3") } == .fail)
        // It ran to the end, and the run's own stop ended it with SIGTERM.
        #expect(verdict(exitCode: Condition(.equal, 143)) { $0.node("worker", .running) } == .pass)
    }

    @Test func aNodeThatWasNeverSeenIsUnknown() {
        var builder = HistoryBuilder()
        builder.finish()
        let result = builder.one(
            Clusters.workers(), .node("worker", state: .running, restarts: nil, exitCode: nil))
        #expect(result.verdict == .unknown)
    }
}

@Suite struct AliveCheckerTests {
    private func alive(_ topology: Topology, _ life: (inout HistoryBuilder) -> Void) -> AssertionResult? {
        var builder = HistoryBuilder()
        builder.node("worker", .starting)
        builder.node("worker", .running)
        life(&builder)
        builder.finish()
        return Judge.judge(history: builder.history, topology: topology).last { $0.title == "nodes: alive" }
    }

    private static let died: @Sendable (inout HistoryBuilder) -> Void = {
        $0.node("worker", .killed, detail: "signal 9")
    }

    @Test func aNodeThatDiedOfItselfIsAFinding() {
        let result = alive(Clusters.workers(nil, .delivery(.atLeastOnce)), Self.died)
        #expect(result?.verdict == .fail)
        #expect(result?.explanation.contains("worker died of itself") == true)
    }

    @Test func withoutAssertionsItPassesOnlyIfAllBehaved() {
        #expect(alive(Clusters.workers(), Self.died)?.verdict == .fail)
        let fine = alive(Clusters.workers()) { _ in }
        #expect(fine?.verdict == .pass)
        #expect(fine?.explanation == "no assertions; no node died of itself")
    }

    @Test func withAssertionsAndAllAliveThereIsNothingToSay() {
        #expect(alive(Clusters.workers(nil, .delivery(.atLeastOnce))) { _ in } == nil)
    }

    @Test func whatAFaultOfOursDidIsNoFinding() {
        let result = alive(Clusters.workers()) { $0.node("worker", .killed, intended: true, detail: "signal 9") }
        #expect(result?.verdict == .pass)
    }

    @Test func aRestartPolicyMakesItANote() {
        var topology = Clusters.workers()
        topology.nodes[2].restart = RestartPolicy(mode: .onFailure)
        let result = alive(topology) {
            $0.node("worker", .restarting, detail: "signal 9")
            $0.node("worker", .starting, incarnation: 2)
        }
        #expect(result?.verdict == .pass)
        #expect(result?.explanation.contains("started again") == true)
    }

    @Test func aNodeAssertionSpeaksOfIt() {
        let topology = Clusters.workers(nil, .node("worker", state: .killed, restarts: nil, exitCode: nil))
        #expect(alive(topology, Self.died) == nil)
    }

    @Test func aConfiguredDeathIsNoFinding() {
        var topology = Clusters.workers()
        topology.nodes[2].consume[0].fail = ConsumeRole.Fail(chance: Share(0.1))
        #expect(alive(topology, Self.died)?.verdict == .pass)
    }
}

@Suite struct LogCheckerTests {
    private func result(
        _ contains: String?, _ matches: String?, _ count: Condition, _ lines: [String]?
    ) -> AssertionResult {
        HistoryBuilder().one(
            Clusters.workers(), .log("worker", contains: contains, matches: matches, count: count),
            logs: lines.map { ["worker": $0] } ?? [:])
    }

    @Test func linesAreCounted() {
        let lines = ["started", "done 17", "done 18"]
        #expect(result("done", nil, Condition(.equal, 2), lines).verdict == .pass)
        #expect(result("done", nil, Condition(.equal, 1), lines).verdict == .fail)
        #expect(result(nil, "^done [0-9]+$", Condition(.greaterOrEqual, 1), lines).verdict == .pass)
        #expect(result("error", nil, Condition(.equal, 0), lines).verdict == .pass)
        #expect(result("error", nil, Condition(.equal, 0), []).verdict == .pass)
    }

    @Test func aLogThatWasNotCapturedIsUnknown() {
        #expect(result("done", nil, Condition(.equal, 0), nil).verdict == .unknown)
    }

    @Test func aBadPatternIsUnknown() {
        #expect(result(nil, "(", Condition(.equal, 0), ["x"]).verdict == .unknown)
    }

    @Test func theMissingLogOfAReplicaLeavesItOpen() {
        let result = HistoryBuilder().one(
            Clusters.workers(2), .log("worker", contains: "x", matches: nil, count: Condition(.equal, 1)),
            logs: ["worker-1": ["x"]])
        #expect(result.verdict == .unknown)
    }
}

@Suite struct OrderCheckerTests {
    private static let topology = Clusters.workers()

    @Test func inOrderPasses() {
        var builder = Clusters.ready()
        for n in 1...4 { builder.publish("m\(n)", to: "work") }
        for n in 1...4 { builder.work("m\(n)", from: "tasks", by: "worker") }
        builder.finish()
        #expect(builder.one(Self.topology, .order(from: "producer", to: "worker")).verdict == .pass)
    }

    @Test func aLaterOneThatArrivesFirstIsDisorder() {
        var builder = Clusters.ready()
        for n in 1...4 { builder.publish("m\(n)", to: "work") }
        for n in [1, 3, 2, 4] { builder.work("m\(n)", from: "tasks", by: "worker") }
        builder.finish()
        let result = builder.one(Self.topology, .order(from: "producer", to: "worker"))
        #expect(result.verdict == .fail)
        #expect(result.destinations[0].counts.reordered == 1)
        #expect(result.destinations[0].examples.map(\.message) == ["m2"])
    }

    @Test func redeliveriesAndCopiesAreSetAside() {
        var builder = Clusters.ready()
        for n in 1...4 { builder.publish("m\(n)", to: "work") }
        builder.deliver("m1", from: "tasks", to: "worker", fate: .dropped)
        builder.deliver("m2", from: "tasks", to: "worker", fate: .duplicated)
        builder.deliver("m3", from: "tasks", to: "worker")
        builder.deliver("m2", from: "tasks", to: "worker", fate: .duplicated)
        builder.deliver("m1", from: "tasks", to: "worker", redelivered: true)
        builder.deliver("m4", from: "tasks", to: "worker")
        builder.finish()
        #expect(builder.one(Self.topology, .order(from: nil, to: "worker")).verdict == .pass)
    }

    @Test func consumersAndPublishersAreComparedOnTheirOwn() {
        var builder = Clusters.ready(by: "worker-1")
        builder.consume("tasks", by: "worker-2")
        for n in 1...4 { builder.publish("m\(n)", to: "work", by: n % 2 == 0 ? "producer" : "other") }
        builder.work("m2", from: "tasks", by: "worker-1")
        builder.work("m1", from: "tasks", by: "worker-1")
        builder.work("m4", from: "tasks", by: "worker-1")
        builder.work("m3", from: "tasks", by: "worker-2")
        builder.finish()
        #expect(builder.one(Clusters.workers(2), .order(from: nil, to: "worker")).verdict == .pass)
    }

    @Test func aConsumerThatCameBackIsTheSame() {
        var builder = Clusters.ready()
        for n in 1...3 { builder.publish("m\(n)", to: "work") }
        builder.work("m2", from: "tasks", by: "worker")
        builder.disconnect("worker")
        builder.consume("tasks", by: "worker")
        builder.work("m1", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.one(Self.topology, .order(from: nil, to: "worker")).verdict == .fail)
    }

    @Test func oneMessageIsNoOrder() {
        var builder = Clusters.ready()
        builder.publish("m1", to: "work")
        builder.work("m1", from: "tasks", by: "worker")
        builder.finish()
        #expect(builder.one(Self.topology, .order(from: nil, to: nil)).verdict == .unknown)
    }
}

@Suite struct RoutingCheckerTests {
    private static let topology = Clusters.workers()

    private func routing(_ builder: HistoryBuilder) -> AssertionResult {
        builder.one(Self.topology, .routing(from: nil))
    }

    /// Direct exchange `routes` with the queues `a` and `b`, read by `worker`.
    private func routes() -> HistoryBuilder {
        var builder = HistoryBuilder()
        builder.exchange("routes", "direct")
        builder.queue("a", boundTo: "routes", key: "a")
        builder.queue("b", boundTo: "routes", key: "b")
        builder.consume("a", by: "worker")
        builder.consume("b", by: "worker")
        return builder
    }

    @Test func exactlyTheQueuesOwedPasses() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "a")
        builder.work("m1", from: "a", by: "worker")
        builder.publish("m2", to: "routes", key: "b")
        builder.work("m2", from: "b", by: "worker")
        builder.publish("m3", to: "routes", key: "c")
        builder.finish()
        #expect(routing(builder).verdict == .pass)
    }

    @Test func oneTooFewFails() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "a")
        builder.work("m1", from: "a", by: "worker")
        builder.publish("m2", to: "routes", key: "a")
        builder.finish()
        let result = routing(builder)
        #expect(result.verdict == .fail)
        #expect(result.destinations[0].examples.map(\.kind) == [.missing])
    }

    @Test func oneTooManyFails() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "a")
        builder.work("m1", from: "a", by: "worker")
        builder.work("m1", from: "b", by: "worker")
        builder.finish()
        #expect(routing(builder).verdict == .fail)
    }

    @Test func twiceIntoOneQueueFails() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "a")
        builder.work("m1", from: "a", by: "worker")
        builder.work("m1", from: "a", by: "worker")
        builder.finish()
        #expect(routing(builder).verdict == .fail)
    }

    @Test func faultsAreNoFaultOfTheBroker() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "a", fate: .dropped)
        builder.publish("m2", to: "routes", key: "a")
        // Dropped after the broker: it did reach the queue.
        builder.deliver("m2", from: "a", to: "worker", fate: .dropped)
        builder.publish("m3", to: "routes", key: "a", fate: .duplicated)
        builder.work("m3", from: "a", by: "worker")
        builder.work("m3", from: "a", by: "worker")
        builder.finish()
        #expect(routing(builder).verdict == .pass)
    }

    @Test func leftoversShowWhatAQueueWithoutConsumersGot() {
        var builder = HistoryBuilder()
        builder.exchange("work", "fanout")
        builder.queue("tasks", boundTo: "work")
        builder.publish("m1", to: "work")
        builder.publish("m2", to: "work")
        builder.finish()
        builder.depth("tasks", ready: 2)
        builder.leftover("m1", in: "tasks")
        builder.leftover("m2", in: "tasks")
        #expect(routing(builder).verdict == .pass)
    }

    @Test func aQueueOfWhichNothingCouldBeSeenIsUnknown() {
        var builder = HistoryBuilder()
        builder.exchange("work", "fanout")
        builder.queue("tasks", boundTo: "work")
        builder.publish("m1", to: "work")
        builder.finish()
        let result = routing(builder)
        #expect(result.verdict == .unknown)
        #expect(result.explanation.contains("queue:tasks"))
    }

    @Test func aQueueFoundEmptyAlthoughItWasOwedFails() {
        var builder = HistoryBuilder()
        builder.exchange("work", "fanout")
        builder.queue("tasks", boundTo: "work")
        builder.publish("m1", to: "work")
        builder.finish()
        builder.depth("tasks", ready: 0)
        #expect(routing(builder).verdict == .fail)
    }

    @Test func withoutAWordFromTheBrokerNothingIsMissing() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "a")
        builder.work("m1", from: "a", by: "worker")
        builder.publish("m2", to: "routes", key: "a", confirm: false)
        builder.finish()
        #expect(routing(builder).verdict == .unknown)
        // Something later on the channel that the broker dealt with proves that it had it.
        var later = routes()
        later.publish("m2", to: "routes", key: "a", confirm: false)
        later.publish("m3", to: "routes", key: "a", confirm: false)
        later.work("m3", from: "a", by: "worker")
        later.finish()
        #expect(routing(later).verdict == .fail)
    }

    @Test func nothingSentIsUnknown() {
        var builder = routes()
        builder.finish()
        #expect(routing(builder).verdict == .unknown)
    }

    @Test func whatWentWithItsQueueIsNotJudged() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "a")
        builder.work("m1", from: "a", by: "worker")
        builder.publish("m2", to: "routes", key: "a")
        builder.declare(.deleteQueue, "a")
        builder.finish()
        #expect(routing(builder).verdict == .pass)
    }

    @Test func aQueueThatWentBeforeAnythingWasSeenIsUnknown() {
        var builder = routes()
        builder.publish("m1", to: "routes", key: "b")
        builder.work("m1", from: "b", by: "worker")
        builder.publish("m2", to: "routes", key: "a")
        builder.declare(.deleteQueue, "a")
        builder.finish()
        #expect(routing(builder).verdict == .unknown)
    }

    @Test func anExchangeThatNobodyDeclaredIsUnknown() {
        var builder = routes()
        builder.publish("m1", to: "elsewhere")
        builder.finish()
        #expect(routing(builder).verdict == .unknown)
    }
}
