import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct ObjectAliveTests {
    private func judge(_ name: String? = nil, _ build: (inout ObjectHistory) -> Void) -> AssertionResult {
        var history = ObjectHistory()
        history.change(.created)
        build(&history)
        history.finish()
        return history.one(.alive(name))
    }

    private func told(_ reason: String, by client: String = "client", _ history: inout ObjectHistory) {
        history.invoke("\(client)/1/1", by: client, to: "host-a")
        history.calls.result("\(client)/1/1", .notExecuted, code: 5, reason: reason, by: client)
    }

    @Test func heldAndThere() {
        let result = judge { history in
            history.reference(.held)
            history.call("client/1/1")
            history.reference(.released)
            history.change(.collected)
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(result.notes == ["1 object referred to"])
    }

    @Test func withoutReferencesNothingIsKnown() {
        let result = judge { told("object-gone", &$0) }
        #expect(result.verdict == .unknown && result.explanation == "nobody ever held a reference")
        // What only the owner lists may not have arrived.
        #expect(judge { $0.reference(.listed, at: "host-a") }.verdict == .unknown)
    }

    @Test func collectedWhileHeld() {
        let result = judge { history in
            history.reference(.held)
            history.wait(.seconds(1))
            history.change(.collected)
            history.wait(.seconds(2))
            history.reference(.released)
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation == "acc-7 was collected after 1.003s, while client held a reference")
        #expect(result.examples.map(\.kind) == [.takenAway])
    }

    @Test func goneWhileAnybodyHeldIt() {
        let result = judge { history in
            history.reference(.held, by: "other")
            told("object-gone", &history)
            history.wait(.seconds(2))
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation == "acc-7 was gone for client after 5ms, while other held a reference")
        #expect(
            result.examples[0].path.map(\.text) == [
                "created at host-a, epoch 1", "other holds a reference",
                "outcome of client/1/1 at client: not_executed (object-gone)",
            ])
        // Afterwards, and before, it may be gone.
        let after = judge { history in
            history.reference(.held, by: "other")
            history.reference(.released, by: "other")
            told("object-gone", &history)
        }
        #expect(after.verdict == .pass)
        let before = judge { history in
            told("object-gone", &history)
            history.reference(.held, by: "other")
        }
        #expect(before.verdict == .pass)
        // Let go while the invocation was on its way.
        let between = judge { history in
            history.reference(.held, by: "other")
            history.invoke("client/1/1", to: "host-a")
            history.reference(.released, by: "other")
            history.calls.result("client/1/1", .notExecuted, code: 5, reason: "object-gone")
        }
        #expect(between.verdict == .pass)
        let since = judge { history in
            history.invoke("client/1/1", to: "host-a")
            history.reference(.held, by: "other")
            history.calls.result("client/1/1", .notExecuted, code: 5, reason: "object-gone")
            history.wait(.seconds(2))
        }
        #expect(since.verdict == .pass)
    }

    @Test func otherFailuresSayNothing() {
        #expect(
            judge { history in
                history.reference(.held)
                told("timeout", &history)
            }.verdict == .pass)
    }

    /// Another's reference says nothing of one's own.
    @Test func expiredIsAboutTheCallersOwnReference() {
        let others = judge { history in
            history.reference(.held, by: "other")
            told("object-expired", &history)
            history.wait(.seconds(2))
        }
        #expect(others.verdict == .pass)
        let own = judge { history in
            history.reference(.held)
            told("object-expired", &history)
            history.wait(.seconds(2))
            history.call("client/1/2")
        }
        #expect(own.verdict == .fail)
        #expect(own.explanation == "acc-7 had expired for client after 5ms, while client held a reference")
    }

    @Test func aNameRefersAllTheTime() {
        var history = ObjectHistory()
        history.change(.created, "acc-1")
        history.finish()
        #expect(history.one(.alive("acc-1")).verdict == .pass)
        history = ObjectHistory()
        history.change(.created, "acc-1")
        history.node("host-a", .killed)
        history.invoke("client/1/1", "acc-1", to: "host-a")
        history.calls.result("client/1/1", .notExecuted, code: 5, reason: "OBJECT_GONE")
        history.finish()
        let result = history.one(.alive("acc-1"))
        #expect(result.verdict == .fail)
        #expect(result.explanation == "acc-1 was gone for client after 5ms, although it has a name")
    }

    @Test func onlyTheObjectsThatItIsAbout() {
        let build: (inout ObjectHistory) -> Void = { history in
            history.reference(.held)
            history.change(.collected)
            history.wait(.seconds(2))
            history.change(.created, "acc-8")
            history.reference(.held, "acc-8")
        }
        #expect(judge("acc-8", build).verdict == .pass)
        #expect(judge("Account", build).verdict == .fail)
        #expect(judge("Basket", build).verdict == .unknown)
    }
}
