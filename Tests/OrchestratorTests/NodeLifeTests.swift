import ClusterModel
import Testing

@testable import Orchestrator

@Suite struct NodeLifeTests {
    private func running(_ policy: RestartPolicy = .init()) -> NodeLife {
        var life = NodeLife(policy: policy)
        life.starting()
        life.started(pid: 42)
        life.ready()
        life.running()
        return life
    }

    @Test func oneThatIsBeingMadeIsNotMadeAgain() {
        var life = NodeLife(policy: .init(mode: .always))
        life.starting()
        #expect(!life.canStart)
        life.started(pid: 7)
        #expect(!life.canStart)
        _ = life.ended(.signalled(9), isOver: false)
        #expect(life.canStart)
        life.starting()
        #expect(!life.canStart)
    }

    @Test func aLifeFromStartToStop() {
        var life = NodeLife(policy: .init())
        #expect(life.state == .waiting)
        life.starting()
        life.started(pid: 42)
        #expect(life.state == .starting && life.pid == 42 && life.incarnation == 1)
        life.running()
        #expect(life.state == .starting, "a node that is not ready runs nothing")
        life.ready()
        life.running()
        #expect(life.state == .running)
        life.ending(.stop)
        #expect(life.state == .stopping)
        #expect(life.ended(.signalled(15), isOver: true) == .stayDown)
        #expect(life.state == .exited && life.wasIntended && life.restarts == 0)
    }

    @Test func deathByItselfIsNotIntended() {
        var life = running()
        #expect(life.ended(.signalled(9), isOver: false) == .stayDown)
        #expect(life.state == .killed)
        #expect(!life.wasIntended && !life.isDownByFault)
        #expect(life.end?.text == "signal 9")
    }

    @Test func deathByAFaultIsIntendedAndStaysUntilBroughtBack() {
        var life = running()
        life.ending(.fault(signal: 9, asksForTheEnd: true))
        #expect(life.ended(.signalled(9), isOver: false) == .stayDown)
        #expect(life.wasIntended && life.isDownByFault)
        life.starting()
        #expect(!life.isDownByFault && life.incarnation == 2 && life.restarts == 1)
    }

    @Test func aSignalThatIsSurvivedExcusesNoLaterEnd() {
        var life = running()
        life.ending(.fault(signal: 10, asksForTheEnd: false))
        #expect(life.ended(.exited(3), isOver: false) == .stayDown)
        #expect(!life.wasIntended && !life.isDownByFault && life.state == .failed)
        var killed = running()
        killed.ending(.fault(signal: 10, asksForTheEnd: false))
        _ = killed.ended(.signalled(10), isOver: false)
        #expect(killed.wasIntended)
        var polite = running()
        polite.ending(.fault(signal: 15, asksForTheEnd: true))
        _ = polite.ended(.exited(0), isOver: false)
        #expect(polite.wasIntended)
    }

    @Test func aFaultAndARestartPolicyStartItAgain() {
        var life = running(.init(mode: .always, backoff: .milliseconds(70)))
        life.ending(.fault(signal: 9, asksForTheEnd: true))
        #expect(life.ended(.signalled(9), isOver: false) == .restart(after: .milliseconds(70)))
        #expect(life.state == .restarting && life.wasIntended)
    }

    @Test(arguments: [
        (RestartPolicy.Mode.no, NodeLife.End.exited(1), false), (.no, .exited(0), false),
        (.onFailure, .exited(1), true), (.onFailure, .exited(0), false), (.onFailure, .signalled(11), true),
        (.always, .exited(0), true), (.always, .unstartable("no such file"), false),
    ])
    func policiesDecide(mode: RestartPolicy.Mode, end: NodeLife.End, restarts: Bool) {
        var life = running(.init(mode: mode))
        let decision = life.ended(end, isOver: false)
        #expect((decision != .stayDown) == restarts)
    }

    @Test func nothingIsStartedWhenTheRunIsOver() {
        var life = running(.init(mode: .always))
        #expect(life.ended(.signalled(9), isOver: true) == .stayDown)
    }

    @Test func pausesDoubleUpToTheirMaximumAndStartOverAfterARun() {
        var life = NodeLife(
            policy: .init(mode: .always, backoff: .milliseconds(100), maximumBackoff: .milliseconds(350)))
        var pauses: [Duration] = []
        for _ in 0..<4 {
            life.starting()
            life.started(pid: 1)
            if case .restart(let pause) = life.ended(.exited(1), isOver: false) { pauses.append(pause) }
        }
        #expect(pauses == [.milliseconds(100), .milliseconds(200), .milliseconds(350), .milliseconds(350)])
        life.starting()
        life.started(pid: 1)
        life.ready()
        life.running()
        #expect(life.ended(.exited(1), isOver: false) == .restart(after: .milliseconds(100)))
    }

    @Test func restartsEndAtTheirMaximum() {
        var life = NodeLife(policy: .init(mode: .always, maximum: 2))
        var starts = 0
        repeat {
            life.starting()
            life.started(pid: 1)
            starts += 1
        } while life.ended(.exited(1), isOver: false) != .stayDown
        #expect(starts == 3)
    }

    @Test func aRestartFaultNeedsNoPolicy() {
        var life = running()
        life.ending(.restart)
        #expect(life.ended(.exited(0), isOver: false) == .restart(after: .zero))
    }
}

@Suite struct ClusterPlanTests {
    private let topology = Topology(
        name: "t",
        nodes: [
            Node(name: "broker", broker: .init()),
            Node(name: "worker", replicas: 2, consume: [.init(queue: "q")]),
            Node(name: "boss", publish: [.init(exchange: "")], dependsOn: ["worker"]),
            Node(name: "tool", command: .init(arguments: ["true"])),
        ])

    @Test func everyProcessComesAfterItsBrokerAndItsDependencies() {
        let plan = ClusterPlan(topology)
        #expect(plan.instances.map(\.name) == ["broker", "worker-1", "worker-2", "boss", "tool"])
        #expect(
            plan.instances.map(\.after) == [
                [], ["broker"], ["broker"], ["broker", "worker-1", "worker-2"], ["broker"],
            ])
        #expect(plan.instances.map(\.brokers) == [[], ["broker"], ["broker"], ["broker"], ["broker"]])
    }

    @Test func brokersStopLast() {
        let layers = ClusterPlan(topology).stopLayers
        #expect(layers.first == ["boss"])
        #expect(layers.last == ["broker"])
        #expect(layers.flatMap { $0 }.count == 5)
    }

    @Test func hostsOfObjectsStopTogetherBetweenTheirCallersAndTheDirectory() {
        let plan = ClusterPlan(
            Topology(
                name: "t",
                nodes: [
                    Node(name: "directory", directory: .init()),
                    Node(name: "host", replicas: 2, host: .init(types: ["A"])),
                    Node(name: "other", host: .init(types: ["A"])),
                    Node(name: "client", call: [.init(service: "A", method: "m", object: "a")]),
                ]))
        #expect(
            plan.instances.map(\.servers) == [
                [], ["directory", "host-2", "other"], ["directory", "host-1", "other"],
                ["directory", "host-1", "host-2"], ["directory", "host-1", "host-2", "other"],
            ])
        #expect(plan.stopLayers == [["client"], ["host-1", "host-2", "other"], ["directory"]])
    }
}
