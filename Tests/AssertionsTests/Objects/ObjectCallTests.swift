import ClusterModel
import History
import Testing

@testable import Assertions

/// `calls:` and the account of objects, over invocations.
@Suite struct ObjectCallTests {
    private func verdict(_ history: ObjectHistory, _ method: String? = nil) -> AssertionResult {
        history.one(.calls(.exactlyOnce, CallScope(method: method)))
    }

    @Test func invocationsAreCalls() {
        var history = ObjectHistory()
        history.change(.created)
        history.call("client/1/1")
        history.migrate(from: "host-a", to: "host-b", 1)
        history.call("client/1/2", at: "host-b", 2)
        history.finish()
        let result = verdict(history, "Account.deposit")
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(result.calls?.counts.calls == 2 && result.calls?.counts.executions == 2)
        #expect(verdict(history, "Account").calls?.counts.calls == 2)
        #expect(verdict(history, "Account.withdraw").verdict == .unknown)
        #expect(history.one(.calls(.exactlyOnce, CallScope(to: "host-b"))).calls?.counts.calls == 1)
    }

    @Test func oneExecutionAtEachOfTwoHostsIsTwo() {
        var history = ObjectHistory()
        history.invoke("client/1/1", to: "host-a")
        history.execute("client/1/1", at: "host-a", 1)
        history.execute("client/1/1", at: "host-b", 2)
        history.calls.result("client/1/1", .success)
        history.finish()
        let result = history.one(.calls(.atMostOnce, CallScope()))
        #expect(result.verdict == .fail)
        #expect(result.calls?.table[.success, .two] == 1)
    }

    /// A host records what it executes: what came to it and was not executed was not executed.
    @Test func aRequestAtTheWrongHostIsNoExecution() {
        var history = ObjectHistory()
        history.invoke("client/1/1", to: "host-b")
        history.calls.request("client/1/1", attempt: 1, to: "host-b", method: "Account/deposit")
        history.calls.request("client/1/1", attempt: 1, to: "host-a", method: "Account/deposit")
        history.execute("client/1/1", at: "host-a", 1)
        history.calls.result("client/1/1", .success)
        history.finish()
        let result = verdict(history)
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(result.calls?.counts.executionsAtMost == 1)
    }

    @Test func whatDiedBeforeItsCommitHadNoEffect() {
        var history = ObjectHistory()
        history.invoke("client/1/1", to: "host-a")
        _ = history.begin("client/1/1", at: "host-a", 1, durable: true)
        history.node("host-a", .killed)
        history.node("host-a", .starting, life: 2)
        history.change(.recovered, at: "host-a", 2, life: 2)
        history.node("host-a", .ready, life: 2)
        history.end(history.begin("client/1/1", at: "host-a", 2, life: 2, durable: true), life: 2)
        history.calls.result("client/1/1", .success)
        history.finish()
        #expect(verdict(history).verdict == .pass)
        #expect(verdict(history).calls?.table[.success, .one] == 1)
    }

    // MARK: - What reports say of objects

    @Test func theAccountOfObjects() {
        var history = ObjectHistory()
        history.change(.created, "acc-1")
        history.call("client/1/1", "acc-1")
        history.migrate("acc-1", from: "host-a", to: "host-b", 1)
        history.call("client/1/2", "acc-1", at: "host-b", 2)
        history.change(.created, "acc-8")
        history.change(.collected, "acc-8")
        history.change(.created, "acc-9", at: "host-b")
        history.migrate("acc-9", from: "host-b", to: "host-a", 1)
        history.finish()
        history.state(#"{"balance":2}"#, of: "acc-1", at: "host-b", 2)
        #expect(
            ObjectAccount.list(history.calls.history) == [
                ObjectAccount(
                    object: "acc-1", type: "Account", owner: "host-b", epoch: 2, migrations: 1, executions: 2,
                    state: #"{"balance":2}"#),
                ObjectAccount(object: "acc-9", type: "Account", owner: "host-a", epoch: 2, migrations: 1),
            ])
    }

    /// A million objects that come and go must not be a million lines.
    @Test func theAccountIsBounded() {
        var history = ObjectHistory()
        for number in 0..<(ObjectAccount.limit + 5) { history.change(.created, "o-\(number)") }
        #expect(ObjectAccount.list(history.calls.history).count == ObjectAccount.limit)
    }

    // MARK: - Damage

    /// Whatever is missing or out of place, a judgement comes out.
    @Test func damagedHistoriesDoNotTrap() {
        let assertions: [Assertion] = [
            .owner(nil), .owner("acc-7"), .collected(nil, within: .seconds(1)), .alive(nil), .alive("Account"),
            .pause(nil, Condition(.less, 1)), .state("acc-7", ["a": .int(1)]), .calls(.exactlyOnce, CallScope()),
        ]
        for seed in UInt64(0)..<200 {
            var chance = SeededGenerator(seed: seed, "damage")
            var history = ObjectHistory()
            for step in UInt64(1)...30 {
                let host = ["host-a", "host-b"].randomElement(using: &chance)!
                let epoch = UInt64.random(in: 0...4, using: &chance)
                switch Int.random(in: 0..<6, using: &chance) {
                case 0: history.call("client/1/\(step)", at: host, epoch)
                case 1: history.migrate(from: host, to: "host-c", epoch)
                case 2:
                    let kind = ReferenceChangeKind(rawValue: UInt8.random(in: 0...5, using: &chance))!
                    history.reference(kind, by: ["client", "other"].randomElement(using: &chance)!)
                    history.reference(kind, at: host)
                case 3:
                    history.change(
                        ObjectChangeKind(rawValue: UInt8.random(in: 0...9, using: &chance))!, at: host, epoch)
                case 4:
                    history.node(
                        host, NodeState.allCases.randomElement(using: &chance)!,
                        life: UInt32.random(in: 0...3, using: &chance))
                default: history.state(#"{"a":\#(step)}"#)
                }
            }
            history.finish()
            var damaged = history.calls.history
            damaged.entries.shuffle(using: &chance)
            damaged.entries.removeFirst(Int.random(in: 0..<damaged.entries.count, using: &chance))
            for index in damaged.entries.indices where Int.random(in: 0..<8, using: &chance) == 0 {
                damaged.entries[index].time = [.min, .max, 0, -1].randomElement(using: &chance)!
            }
            for index in damaged.entries.indices where Int.random(in: 0..<20, using: &chance) == 0 {
                damaged.entries[index].source = 99
            }
            var topology = ObjectHistory.topology
            topology.assertions = assertions.map { AssertionSpec($0) }
            #expect(Judge.judge(history: damaged, topology: topology).count >= assertions.count)
            #expect(ObjectAccount.list(damaged).count <= 1)
        }
    }
}
