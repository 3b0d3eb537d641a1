import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct CollectedTests {
    private func judge(
        _ name: String? = nil, within: Duration = .seconds(2), _ build: (inout ObjectHistory) -> Void
    ) -> AssertionResult {
        var history = ObjectHistory()
        build(&history)
        history.finish()
        return history.one(.collected(name, within: within))
    }

    /// Created and held; then `end` takes the reference away, and it is collected that much later.
    private func collected(
        after time: Duration?, _ end: (inout ObjectHistory) -> Void = { $0.reference(.released) }
    ) -> AssertionResult {
        judge { history in
            history.change(.created)
            history.reference(.listed, at: "host-a")
            history.reference(.held)
            history.wait(.seconds(10))
            end(&history)
            if let time {
                history.wait(time - .milliseconds(1))
                history.change(.collected)
            } else {
                history.wait(.seconds(3))
            }
        }
    }

    @Test func inTime() {
        let result = collected(after: .milliseconds(500))
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(result.notes == ["1 object collected, acc-7 the latest: 500ms after its last reference"])
        guard case .times(let account)? = result.measure else {
            Issue.record("no times")
            return
        }
        #expect(account.kind == .collection && account.measured == 1)
        #expect(account.values.map(\.name) == ["p50", "p99", "max"])
        #expect(account.values.map(\.duration) == Array(repeating: .milliseconds(500), count: 3))
    }

    @Test func tooLateOrNever() {
        let late = collected(after: .milliseconds(2_001))
        #expect(late.verdict == .fail)
        #expect(late.explanation == "acc-7 was collected 2.001s after its last reference")
        #expect(late.examples.map(\.kind) == [.leaked])
        #expect(collected(after: .seconds(2)).verdict == .pass)
        let never = collected(after: nil)
        #expect(never.verdict == .fail)
        #expect(never.explanation.hasPrefix("acc-7 was not collected, although nobody referred to it for 3.0"))
    }

    @Test func aHoldersDeathAndExpiryTakeItsReferenceAway() {
        for end in [
            { (history: inout ObjectHistory) in history.reference(.expired) },
            { (history: inout ObjectHistory) in history.node("client", .killed) },
            // Its next life says that it has ended.
            { (history: inout ObjectHistory) in history.node("client", .starting, life: 2) },
        ] {
            #expect(collected(after: .milliseconds(500), end).verdict == .pass)
            #expect(collected(after: .milliseconds(2_500), end).verdict == .fail)
            #expect(collected(after: nil, end).verdict == .fail)
        }
    }

    @Test func theLastHolderCounts() {
        let result = judge { history in
            history.change(.created)
            history.reference(.held, by: "client")
            history.reference(.held, by: "other")
            history.reference(.released, by: "client")
            history.wait(.seconds(5))
            history.reference(.released, by: "other")
            history.wait(.seconds(1))
            history.change(.collected)
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
    }

    @Test func theEndOfTheRunMayComeTooEarly() {
        let result = judge { history in
            history.change(.created)
            history.reference(.held)
            history.reference(.released)
            history.wait(.seconds(1))
        }
        #expect(result.verdict == .unknown)
        #expect(result.explanation == "no object was without references for long enough")
        #expect(result.notes == ["1 object without references for less than 2s at the end: not judged"])
        // What the run's own end takes away was not lost before it.
        let held = judge { history in
            history.change(.created)
            history.reference(.held)
            history.wait(.seconds(5))
            history.calls.base.phase(.stop)
            history.node("client", .exited)
            history.wait(.seconds(5))
            history.change(.ended)
        }
        #expect(held.verdict == .unknown && held.explanation == "no object lost its last reference")
        #expect(held.notes == ["1 object still referred to at the end"])
    }

    // MARK: - Never held

    @Test func fromItsCreatorsEndOn() {
        func never(after time: Duration) -> AssertionResult {
            judge { history in
                let number = history.begin("client/1/1", in: "acc-1")
                history.change(.created)
                history.wait(.seconds(3))
                history.end(number)
                history.wait(time)
                history.change(.collected)
            }
        }
        #expect(never(after: .seconds(1)).verdict == .pass)
        #expect(never(after: .seconds(2)).verdict == .fail)
        let open = judge { history in
            _ = history.begin("client/1/1", in: "acc-1")
            history.change(.created)
            history.wait(.seconds(5))
        }
        #expect(open.verdict == .unknown)
    }

    /// The owner's list tells of a holder that died before it could say that it held anything.
    @Test func oneThatOnlyTheOwnerKnew() {
        func build(_ end: @escaping (inout ObjectHistory) -> Void) -> AssertionResult {
            judge { history in
                history.change(.created)
                history.reference(.listed, at: "host-a")
                history.wait(.seconds(5))
                end(&history)
                history.wait(.seconds(1))
                history.change(.collected)
            }
        }
        #expect(build { $0.node("client", .killed) }.verdict == .pass)
        #expect(build { $0.reference(.lapsed, at: "host-a") }.verdict == .pass)
        #expect(build { $0.reference(.unlisted, at: "host-a") }.verdict == .pass)
    }

    // MARK: - While held

    @Test func notWhileHeld() {
        let result = judge { history in
            history.change(.created)
            history.reference(.held, by: "client")
            history.reference(.held, by: "other")
            history.reference(.released, by: "client")
            history.wait(.seconds(1))
            history.change(.collected)
            history.wait(.seconds(1))
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation == "acc-7 was collected after 1.005s, while other held a reference")
        #expect(result.examples.map(\.kind) == [.takenAway])
        #expect(result.examples[0].path.map(\.text).contains("other holds a reference"))
    }

    /// Expiries and deaths are noted a little late: a quarter of the lease, a second at most.
    @Test func whatIsNotedLate() {
        func build(_ time: Duration, _ end: @escaping (inout ObjectHistory) -> Void) -> Verdict {
            judge { history in
                history.change(.created)
                history.reference(.held)
                history.wait(.seconds(5))
                history.change(.collected)
                history.wait(time)
                end(&history)
            }.verdict
        }
        #expect(build(.milliseconds(900)) { $0.reference(.expired) } == .pass)
        #expect(build(.milliseconds(1_100)) { $0.reference(.expired) } == .fail)
        #expect(build(.milliseconds(900)) { $0.node("client", .killed) } == .pass)
        #expect(build(.milliseconds(1_100)) { $0.node("client", .killed) } == .fail)
        // It said something in between: it lived.
        #expect(
            build(.milliseconds(500)) {
                $0.invoke("client/1/1", to: "host-a")
                $0.node("client", .killed)
            } == .fail)
        #expect(build(.milliseconds(1)) { $0.reference(.released) } == .fail)
    }

    @Test func aLongPauseMayCostTheLease() {
        func build(_ pause: Duration, _ end: @escaping (inout ObjectHistory) -> Void) -> Verdict {
            judge { history in
                history.change(.created)
                history.reference(.held)
                history.node("client", .paused)
                history.wait(.milliseconds(500))
                history.change(.collected)
                history.wait(pause)
                history.node("client", .running)
                history.wait(.seconds(2))
                end(&history)
            }.verdict
        }
        #expect(build(.seconds(5)) { $0.reference(.expired) } == .pass)
        #expect(build(.seconds(5)) { _ in } == .pass)
        // The lease is 4 s; half of it is renewed in any case.
        #expect(build(.seconds(1)) { $0.reference(.expired) } == .fail)
        #expect(build(.seconds(5)) { $0.reference(.released) } == .fail)
    }

    // MARK: - Roots, and those that went otherwise

    @Test func namesAreRoots() {
        let result = judge { history in
            history.change(.created, "acc-1")
            history.wait(.seconds(5))
        }
        #expect(result.verdict == .unknown && result.explanation == "no object lost its last reference")
        let taken = judge { history in
            history.change(.created, "acc-1")
            history.change(.collected, "acc-1")
        }
        #expect(taken.verdict == .fail)
        #expect(taken.explanation == "acc-1 was collected after 2ms, although it has a name")
    }

    @Test func oneThatWasLostWithItsOwner() {
        let died = judge { history in
            history.change(.created)
            history.reference(.held)
            history.reference(.released)
            history.node("host-a", .killed)
            history.wait(.seconds(5))
        }
        #expect(died.verdict == .unknown)
        #expect(died.notes == ["1 object lost with the owner before the time was up: not judged"])
        // After the time it is too late for an excuse.
        let late = judge { history in
            history.change(.created)
            history.reference(.held)
            history.reference(.released)
            history.wait(.seconds(3))
            history.node("host-a", .killed)
        }
        #expect(late.verdict == .fail)
        // A new owner has the whole time.
        func recovered(_ time: Duration) -> Verdict {
            judge { history in
                history.change(.created)
                history.reference(.held)
                history.reference(.released)
                history.node("host-a", .killed)
                history.wait(.seconds(5))
                history.change(.recovered, at: "host-a", 2, life: 2)
                history.wait(time)
            }.verdict
        }
        #expect(recovered(.seconds(1)) == .unknown && recovered(.seconds(3)) == .fail)
    }

    @Test func movingIsNoExcuse() {
        let result = judge { history in
            history.change(.created)
            history.reference(.held)
            history.reference(.released)
            history.migrate(from: "host-a", to: "host-b", 1)
            history.wait(.seconds(3))
        }
        #expect(result.verdict == .fail)
    }

    @Test func selectionAndEvidence() {
        let build: (inout ObjectHistory) -> Void = { history in
            history.change(.created, "acc-8")
            history.reference(.held, "acc-8")
            history.reference(.released, "acc-8")
            history.change(.collected, "acc-8")
            history.change(.created)
            history.reference(.held)
            history.reference(.released)
            history.wait(.seconds(5))
        }
        #expect(judge("acc-8", build).verdict == .pass)
        #expect(judge("Account", build).verdict == .fail)
        #expect(judge("Basket", build).explanation == "there was no object of type Basket")
        var history = ObjectHistory()
        build(&history)
        #expect(history.one(.collected("acc-8", within: .seconds(2))).explanation == "the run ended before its drain")
        history.finish()
        history.calls.base.damage("client.1: damaged")
        // The reference that was held may be in what is missing.
        #expect(history.one(.collected("acc-7", within: .seconds(2))).verdict == .unknown)
    }
}
