import ClusterModel
import Control
import Testing

@testable import Orchestrator

@Suite struct ScenarioScheduleTests {
    private func turns(_ step: ScenarioStep, _ count: Int) -> [ScenarioSchedule.Turn] {
        let schedule = ScenarioSchedule(step)
        return (0..<count).compactMap { schedule.turn($0) }
    }

    @Test func aStepHappensOnceAtItsTime() {
        let turns = turns(.init(.migrate(object: "a", to: ["h-1"]), at: .milliseconds(300), times: 5), 10)
        #expect(turns == [.init(due: .milliseconds(300), action: .migrate(object: "a", to: ["h-1"]))])
    }

    @Test func turnsComeAgainAndTakeTheirTargetsInTurn() {
        let step = ScenarioStep(
            .migrate(object: "a", to: ["h-1", "h-2", "h-3"]), at: .milliseconds(50), every: .milliseconds(100), times: 4
        )
        let turns = turns(step, 10)
        #expect(turns.map(\.due) == [50, 150, 250, 350].map { .milliseconds($0) })
        #expect(
            turns.map(\.action)
                == ["h-1", "h-2", "h-3", "h-1"].map { Verb.migrate(object: "a", to: [$0]) })
    }

    @Test func aStepWithoutEndKeepsNobodyWaiting() {
        let action = Verb.migrate(object: "a", to: ["h"])
        #expect(ScenarioSchedule(.init(action)).isFinite)
        #expect(ScenarioSchedule(.init(action, every: .seconds(1), times: 3)).isFinite)
        let endless = ScenarioSchedule(.init(action, every: .seconds(1), times: .max))
        #expect(!endless.isFinite)
        #expect(endless.turn(1_000_000)?.due == .seconds(1_000_000))
    }

    @Test func nothingIsDoneWithoutATargetOrBeforeTheFirstTurn() {
        #expect(turns(.init(.migrate(object: "a", to: [])), 3).isEmpty)
        #expect(ScenarioSchedule(.init(.migrate(object: "a", to: ["h"]))).turn(-1) == nil)
    }
}

@Suite struct FailpointQueueTests {
    private let faults = [
        FaultSpec(.drop(Share(0.3))),
        FaultSpec(.kill(.named("host-a"), signal: "KILL"), failpoint: .swapping),
        FaultSpec(.pause(.named("host-b")), failpoint: .prepared, location: .init(line: 9)),
        FaultSpec(.kill(.named("host-b"), signal: "KILL"), failpoint: .swapping),
    ]

    @Test func eachFaultBeginsOnceInTheOrderOfTheFile() {
        var queue = FailpointQueue(faults)
        #expect(queue.take(.draining) == nil)
        #expect(queue.take(.swapping) == faults[1])
        #expect(queue.take(.swapping) == faults[3])
        #expect(queue.take(.swapping) == nil)
        #expect(queue.take(.prepared) == faults[2])
        #expect(queue.unused.isEmpty)
    }

    @Test func onlyStepsWithAFaultLeftAreArmed() {
        var queue = FailpointQueue(faults)
        #expect(queue.armed == [.prepared, .swapping])
        _ = queue.take(.swapping)
        #expect(queue.armed == [.prepared, .swapping])
        _ = queue.take(.swapping)
        #expect(queue.armed == [.prepared])
    }

    @Test func thoseThatNeverBeganAreReported() {
        var queue = FailpointQueue(faults)
        _ = queue.take(.swapping)
        _ = queue.take(.swapping)
        #expect(
            queue.warnings == ["the fault 'pause host-b' at prepared (line 9) never began: no process came there"])
        _ = queue.take(.prepared)
        #expect(queue.warnings.isEmpty)
    }
}

@Suite struct HostPollTests {
    @Test func theOwnersAnswerEndsTheWaiting() {
        var poll = HostPoll<MigrationAnswer>(["a", "b", "c"])
        poll.answered("a", .notHere)
        #expect(poll.verdict == nil)
        poll.answered("b", .moved(epoch: 4, pauseNanoseconds: 7))
        #expect(poll.verdict == .moved(epoch: 4, pauseNanoseconds: 7))
        poll.gone("b")
        #expect(poll.verdict == .moved(epoch: 4, pauseNanoseconds: 7))
    }

    @Test func nobodyOwnsIt() {
        var poll = HostPoll<MigrationAnswer>(["a", "b"])
        poll.answered("a", .notHere)
        poll.answered("stranger", .moved(epoch: 1, pauseNanoseconds: 0))
        poll.answered("b", .notHere)
        #expect(poll.verdict == .failed(reason: "no host owns it"))
    }

    @Test func whoDiesCannotBeWaitedFor() {
        var poll = HostPoll<MigrationAnswer>(["a", "b"])
        poll.gone("b")
        #expect(poll.verdict == nil)
        poll.answered("a", .notHere)
        #expect(poll.verdict == .failed(reason: "b ended before it answered"))
    }

    @Test func descriptionsComeInParts() {
        let one = ObjectDescription(object: "x", type: "T", epoch: 1)
        let two = ObjectDescription(object: "y", type: "T", epoch: 2)
        var poll = ObjectPoll(["a", "b"])
        poll.answered("a", [one], more: true)
        poll.answered("b", [one], more: true)
        #expect(!poll.isOver && poll.answers.isEmpty)
        poll.answered("a", [two], more: false)
        poll.gone("b")
        #expect(poll.isOver)
        #expect(poll.answers == ["a": [one, two]], "half an answer is none")
    }
}

@Suite struct ObjectPlanTests {
    private let topology = Topology(
        name: "t",
        objects: [
            ObjectType(
                service: Service(name: "Account", schema: .init()), instances: [.init(name: "acc-1", host: "host-1")])
        ],
        nodes: [
            Node(name: "directory", directory: .init()),
            Node(name: "host", replicas: 2, host: .init(types: ["Account"])),
            Node(name: "spare", host: .init(types: ["Account", "Till"])),
            Node(name: "boss", call: [.init(service: "Account", method: "deposit", object: "acc-1")]),
            Node(name: "other"),
        ], assertions: [AssertionSpec(.state("acc-2", [:]))])

    @Test func typesAreHostedByProcesses() {
        #expect(topology.hostsByType == ["Account": ["host-1", "host-2", "spare"], "Till": ["spare"]])
    }

    @Test func whoInvokesNeedsAllHostsAndAHostTheDirectory() {
        let servers = Dictionary(uniqueKeysWithValues: ClusterPlan(topology).instances.map { ($0.name, $0.servers) })
        #expect(servers["boss"] == ["directory", "host-1", "host-2", "spare"])
        #expect(servers["host-2"] == ["directory", "host-1", "spare"])
        #expect(servers["directory"] == [] && servers["other"] == [])
    }

    @Test func theDirectoryStopsAfterTheHostsAndThemAfterTheCallers() {
        let layers = ClusterPlan(topology).stopLayers
        func layer(_ name: String) -> Int { layers.firstIndex { $0.contains(name) }! }
        #expect(layer("boss") < layer("host-1") && layer("boss") < layer("spare"))
        #expect(layer("host-2") < layer("directory"))
    }

    @Test func rolesAreNamed() {
        #expect(topology.nodes.map(\.roleName) == ["directory", "host", "host", "invoke", ""])
        let both = Node(
            name: "n",
            call: [.init(service: "S", method: "m", to: "s"), .init(service: "Account", method: "m", object: "a")],
            host: .init(types: []))
        #expect(both.roleName == "host, call, invoke")
    }

    @Test func statesAreWantedOfWhatTheFileNames() {
        #expect(ObjectNames.wanted(in: topology) == ["acc-1", "acc-2"])
    }
}

@Suite struct ObjectMessageTests {
    private func roundTrip(_ message: ControlMessage) throws -> ControlMessage {
        var line = try ControlCoding.line(message)
        let length = line.readableBytes
        let slice = line.readSlice(length: length - 1)!
        #expect(line.readableBytes == 1, "a line ends with a line feed")
        return try ControlCoding.message(slice)
    }

    private let description = ObjectDescription(
        object: "acc-1", type: "Account", epoch: .max, incarnation: "i", phase: "draining", mailbox: 3,
        holders: ["host-b/1"], reason: "named", durable: true, state: #"{"name":"a\"/\n"}"#)

    @Test func messagesSurviveTheSocket() throws {
        guard case .migrate(7, "acc-1", "host-b") = try roundTrip(.migrate(id: 7, object: "acc-1", to: "host-b")),
            case .describeObjects(1, 5, nil) = try roundTrip(.describeObjects(id: 1, limit: 5, object: nil)),
            case .describeObjects(1, 5, "x") = try roundTrip(.describeObjects(id: 1, limit: 5, object: "x")),
            case .proceed(9) = try roundTrip(.proceed(id: 9)),
            case .atFailpoint(2, .swapped, "acc-1") = try roundTrip(.atFailpoint(id: 2, .swapped, object: "acc-1")),
            case .request(.migrate("a", "b")) = try roundTrip(.request(.migrate(object: "a", to: "b"))),
            case .request(.objects(3, nil)) = try roundTrip(.request(.objects(limit: 3, object: nil)))
        else {
            Issue.record("a message came back as something else")
            return
        }
    }

    @Test(arguments: [
        MigrationAnswer.notHere, .moved(epoch: .max, pauseNanoseconds: 1_200_000), .failed(reason: "drain timeout"),
    ])
    func answersSurviveTheSocket(answer: MigrationAnswer) throws {
        guard case .migrated(4, let one) = try roundTrip(.migrated(id: 4, answer)),
            case .response(.migrated(let other)) = try roundTrip(.response(.migrated(answer)))
        else {
            Issue.record("an answer came back as something else")
            return
        }
        #expect(one == answer && other == answer)
    }

    @Test func descriptionsSurviveTheSocket() throws {
        guard case .objects(4, let list, true) = try roundTrip(.objects(id: 4, [description], more: true)),
            case .response(.objects(let byHost, false)) = try roundTrip(
                .response(.objects(["host-a": [description]], more: false)))
        else {
            Issue.record("descriptions came back as something else")
            return
        }
        #expect(list == [description] && byHost == ["host-a": [description]])
    }

    @Test func plansSurviveTheSocket() throws {
        var plan = NodePlan(node: "host", instance: "host-1", replica: 1, incarnation: 1, seed: 1, evidence: "e")
        plan.objects = [ObjectType(service: Service(name: "Account", schema: .init()))]
        plan.host = HostRole(types: ["Account"])
        plan.directory = DirectoryRole()
        plan.directoryInstance = "directory"
        plan.hosts = ["Account": ["host-1"]]
        plan.failpoints = Failpoint.allCases
        guard case .plan(let back) = try roundTrip(.plan(plan)) else {
            Issue.record("a plan came back as something else")
            return
        }
        #expect(back.objects == plan.objects && back.host == plan.host && back.directory == plan.directory)
        #expect(back.directoryInstance == "directory" && back.hosts == plan.hosts)
        #expect(back.failpoints == plan.failpoints)
    }

    @Test func manyAndLargeDescriptionsFitTheLinesLimit() throws {
        let nasty = String(repeating: #"\"/"#, count: ObjectDescription.stateLimit / 3)
        var list = (0..<40).map { ObjectDescription(object: "o\($0)", type: "T", epoch: 1, state: nasty) }
        list += (0..<20_000).map { ObjectDescription(object: "p\($0)", type: "Type", epoch: 1, reason: "held by x/1") }
        let parts = list.parts
        #expect(parts.flatMap { $0 } == list)
        #expect(list.allSatisfy { $0.object.hasPrefix("p") || $0.state != nil })
        for part in parts {
            #expect(
                try ControlCoding.line(.response(.objects(["host": part], more: true))).readableBytes
                    < ControlCoding.lineLimit)
        }
        #expect(parts.count > 3)
        #expect([ObjectDescription]().parts == [[]], "an answer there must be")
    }

    @Test func aStateThatIsTooLongIsLeftOut() {
        func state(_ length: Int) -> String? {
            ObjectDescription(object: "o", type: "T", epoch: 1, state: String(repeating: "x", count: length)).state
        }
        #expect(state(ObjectDescription.stateLimit)?.utf8.count == ObjectDescription.stateLimit)
        #expect(state(ObjectDescription.stateLimit + 1) == nil)
    }
}
