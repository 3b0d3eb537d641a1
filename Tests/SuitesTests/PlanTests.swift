import ClusterModel
import Testing

@testable import Suites

/// Which runs a suite makes, and when it stops.
@Suite struct PlanTests {
    private let two = [
        SuiteCase(name: "a", path: "a.yaml", seed: 5), SuiteCase(name: "b", path: "b.yaml", seed: .max),
    ]

    private func all(_ plan: SuitePlan) -> [SuitePlan.Turn] {
        var plan = plan
        var turns: [SuitePlan.Turn] = []
        while let turn = plan.next() { turns.append(turn) }
        return turns
    }

    private func turn(_ plan: inout SuitePlan) throws -> SuitePlan.Turn {
        let next = plan.next()
        return try #require(next)
    }

    @Test func everyTopologyOnceAndThenAgainWithTheNextSeed() {
        let turns = all(SuitePlan(two, rounds: 2))
        #expect(
            turns == [
                .init(index: 0, round: 0, seed: 5), .init(index: 1, round: 0, seed: .max),
                .init(index: 0, round: 1, seed: 6), .init(index: 1, round: 1, seed: 0),
            ])
        #expect(all(SuitePlan(two, rounds: 3, keepsSeed: true)).map(\.seed) == [5, .max, 5, .max, 5, .max])
        #expect(all(SuitePlan(two)).count == 2)
        #expect(all(SuitePlan([])).isEmpty)
    }

    @Test func whatRunsAloneHasNothingBesideIt() throws {
        var cases = two + [SuiteCase(name: "c", path: "c.yaml", seed: 1)]
        cases[0].runsAlone = true
        var plan = SuitePlan(cases, rounds: 2)
        var order: [Int] = []
        var refused: [Int] = []
        var running = 0
        while order.count < 6 {
            if let turn = plan.next(beside: running) {
                order.append(turn.index)
                running += 1
            } else {
                refused.append(running)
                running -= 1
            }
            try #require(running >= 0)
        }
        #expect(order == [1, 2, 0, 1, 2, 0])
        // b and c run together; before and after a, everything has ended.
        #expect(refused == [2, 1, 1, 2, 1])
    }

    @Test func whatIsThereOnceOrTellsTimeRunsAlone() {
        func runsAlone(_ change: (inout Topology) -> Void) -> Bool {
            var topology = Topology(name: "t", nodes: [Node(name: "n")])
            change(&topology)
            return topology.runsAlone
        }
        #expect(!runsAlone { _ in })
        #expect(
            !runsAlone {
                $0.assertions = [
                    AssertionSpec(.owner(nil)), AssertionSpec(.feed(.exactlyOnce, feed: nil, to: nil, fresh: [])),
                ]
            })
        #expect(runsAlone { $0.assertions = [AssertionSpec(.recovery(CallScope(), within: .seconds(1), after: nil))] })
        #expect(runsAlone { $0.nodes[0].broker = BrokerRole(port: 5672) })
        #expect(runsAlone { $0.nodes[0].broker = BrokerRole(engine: .external(url: "amqp://h")) })
        #expect(!runsAlone { $0.nodes[0].broker = BrokerRole() })
        #expect(runsAlone { $0.nodes[0].feed = FeedRole(feeds: ["f"], port: 8090) })
    }

    @Test func itStopsWhereItIsToldTo() throws {
        for (untilFailure, failFast) in [(true, false), (false, true)] {
            var plan = SuitePlan(two, rounds: 5, untilFailure: untilFailure, failFast: failFast)
            let first = try turn(&plan)
            plan.ended(first, .pass)
            let second = try turn(&plan)
            plan.ended(second, .fail)
            let third = plan.next()
            #expect(third == nil)
        }
        var plan = SuitePlan(two, rounds: 5)
        let first = try turn(&plan)
        plan.ended(first, .fail)
        _ = try turn(&plan)
        plan.stop()
        let last = plan.next()
        #expect(last == nil)
        #expect(SuitePlan(two, untilFailure: true).rounds == SuitePlan.roundLimit)
    }

    @Test func anInvalidFileIsTriedOnce() throws {
        var plan = SuitePlan(two, rounds: 3)
        let first = try turn(&plan)
        plan.ended(first, .invalid)
        var rest: [Int] = []
        while let turn = plan.next() { rest.append(turn.index) }
        #expect(rest == [1, 1, 1])
    }

    @Test func aMatrixIsEveryCombinationTheLastParameterFastest() throws {
        let parameters = [
            Parameter(name: "loss", values: ["0%", "10%"]), Parameter(name: "count", values: ["1", "2", "3"]),
        ]
        func titles(_ matrix: SuiteMatrix) throws -> [String] {
            try matrix.combinations(of: parameters).map { $0.map(\.description).joined(separator: " ") }
        }
        #expect(try titles(SuiteMatrix()) == [""])
        let axis = try #require(SuiteMatrix.Axis("loss=5%,a=b"))
        #expect(try titles(SuiteMatrix(axes: [axis])) == ["loss=5%", "loss=a=b"])
        #expect(
            try titles(SuiteMatrix(axes: [axis], takesAll: true)) == [
                "loss=5% count=1", "loss=5% count=2", "loss=5% count=3", "loss=a=b count=1", "loss=a=b count=2",
                "loss=a=b count=3",
            ])
        for wrong in ["loss", "=1", "loss=", "loss=1,,2"] { #expect(SuiteMatrix.Axis(wrong) == nil) }
        #expect(try SuiteMatrix(axes: [axis]).strangers(among: ["count"]) == ["loss"])
        #expect(throws: OrchError.self) { try SuiteMatrix(axes: [axis, axis]) }
        let many = (0..<5).map { Parameter(name: "p\($0)", values: (0..<10).map(String.init)) }
        let matrix = try SuiteMatrix(takesAll: true)
        #expect(throws: OrchError.self) { try matrix.combinations(of: many) }
    }

    @Test func theReplayIsACommandThatAShellUnderstands() {
        let test = SuiteCase(
            name: "x", path: "my files/x.yaml", parameters: [.init("a", "it's"), .init("b", "30%")], seed: 1)
        #expect(
            test.replay(Samples.run(.fail, seed: 9))
                == #"orch up 'my files/x.yaml' --param 'a=it'\''s' --param b=30% --seed 9"#)
        #expect(test.replay(Samples.run(.invalid)).hasPrefix("orch validate 'my files/x.yaml' --param "))
        #expect(test.title == "x [a=it's, b=30%]")
    }
}
