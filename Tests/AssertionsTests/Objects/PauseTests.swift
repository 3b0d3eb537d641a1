import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct PauseTests {
    private static let bound = Condition(.less, 50_000_000)

    private func judge(
        _ name: String? = nil, _ condition: Condition = Self.bound, _ build: (inout ObjectHistory) -> Void
    ) -> AssertionResult {
        var history = ObjectHistory()
        history.change(.created)
        build(&history)
        history.finish()
        return history.one(.pause(name, condition))
    }

    private func account(_ result: AssertionResult) -> ObjectTimesAccount? {
        guard case .times(let account)? = result.measure else { return nil }
        return account
    }

    @Test func everyMigrationIsMeasured() {
        let result = judge { history in
            for epoch in UInt64(1)...20 {
                let (source, target) = epoch % 2 == 1 ? ("host-a", "host-b") : ("host-b", "host-a")
                history.migrate(from: source, to: target, epoch, taking: .milliseconds(Int64(epoch)))
            }
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        let account = account(result)
        #expect(account?.kind == .pause && account?.measured == 20 && account?.abandoned == 0)
        #expect(account?.values.map(\.duration) == [.milliseconds(10), .milliseconds(20), .milliseconds(20)])
    }

    @Test func oneThatTookTooLong() {
        let result = judge { history in
            history.migrate(from: "host-a", to: "host-b", 1)
            history.migrate(from: "host-b", to: "host-a", 2, taking: .milliseconds(50))
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation == "acc-7 stood still for 50ms")
        #expect(result.examples.map(\.kind) == [.slow])
        #expect(result.examples[0].path.map(\.time) == [7_000_000, 57_000_000])
        #expect(
            judge(nil, Condition(.lessOrEqual, 50_000_000)) {
                $0.migrate(from: "host-a", to: "host-b", 1, taking: .milliseconds(50))
            }.verdict == .pass)
    }

    @Test func withoutMigrationsNothingIsKnown() {
        let result = judge { $0.call("client/1/1") }
        #expect(result.verdict == .unknown && result.explanation == "nothing migrated")
    }

    @Test func oneThatWasGivenUpIsListedByItself() {
        func abandoned(_ time: Duration) -> AssertionResult {
            judge { history in
                history.change(.draining, peer: "host-b")
                history.wait(time)
                // The owner may have had its epoch renewed.
                history.change(.resumed, at: "host-a", 2, reason: "drain timeout")
            }
        }
        let short = abandoned(.milliseconds(9))
        #expect(short.verdict == .pass)
        #expect(account(short)?.measured == 0 && account(short)?.values == [])
        #expect(account(short)?.abandoned == 1 && account(short)?.longestAbandoned == .milliseconds(10))
        let long = abandoned(.milliseconds(70))
        #expect(long.verdict == .fail)
        #expect(long.explanation == "acc-7 stood still, for a migration that was given up, for 71ms")
        #expect(long.examples[0].path.last?.text.hasSuffix("(drain timeout)") == true)
    }

    @Test func anOwnersDeathIsNoPause() {
        for end in [
            { (history: inout ObjectHistory) in history.change(.recovered, at: "host-a", 2, life: 2) },
            { (history: inout ObjectHistory) in history.change(.fenced) },
            { (history: inout ObjectHistory) in history.node("host-a", .killed) },
        ] {
            let result = judge { history in
                history.change(.draining, peer: "host-b")
                history.wait(.milliseconds(70))
                end(&history)
                history.wait(.milliseconds(70))
            }
            #expect(result.verdict == .unknown && result.explanation == "no migration ended")
            #expect(result.notes == ["1 migration in which the owner was lost: not judged"])
        }
    }

    @Test func oneThatIsOpenAtTheEnd() {
        func open(_ time: Duration, _ condition: Condition = Self.bound) -> AssertionResult {
            judge(nil, condition) { history in
                history.migrate(from: "host-a", to: "host-b", 1)
                history.change(.draining, at: "host-b", 2, peer: "host-a")
                history.wait(time)
            }
        }
        #expect(open(.milliseconds(10)).verdict == .pass)
        #expect(open(.milliseconds(10)).notes == ["1 migration open at the end: not judged"])
        #expect(open(.milliseconds(60)).verdict == .fail)
        #expect(open(.milliseconds(60)).explanation.hasPrefix("acc-7 still stood still at the end, after 6"))
        #expect(open(.milliseconds(60), Condition(.greater, 1_000_000)).verdict == .pass)
    }

    @Test func selectionAndEvidence() {
        let build: (inout ObjectHistory) -> Void = { history in
            history.migrate("acc-8", from: "host-a", to: "host-b", 1)
            history.migrate(from: "host-a", to: "host-b", 1, taking: .seconds(1))
        }
        #expect(judge("acc-8", Self.bound, build).verdict == .pass)
        #expect(judge("Account", Self.bound, build).verdict == .fail)
        var history = ObjectHistory()
        history.migrate(from: "host-a", to: "host-b", 1)
        #expect(history.one(.pause(nil, Self.bound)).explanation == "the run ended before its drain")
        history.finish()
        history.calls.base.damage("host-a.1: damaged")
        #expect(history.one(.pause(nil, Self.bound)).verdict == .unknown)
    }
}
