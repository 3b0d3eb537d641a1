import ClusterModel
import History
import Testing

@testable import Assertions

/// What links show of programs that record nothing, and what durable servers leave behind.
@Suite struct CallEvidenceTests {
    /// One foreign call with its cell of the table.
    private static func cell(
        _ topology: Topology = CallHistory.foreign, _ build: (inout CallHistory) -> Void
    ) -> (outcome: CallOutcome?, bounds: String, counts: CallCounts) {
        var history = CallHistory()
        build(&history)
        history.finish()
        let counts = history.account(topology).counts
        let outcome: CallOutcome? =
            counts.succeeded > 0
            ? .success
            : counts.executedWithError > 0
                ? .error : counts.notExecuted > 0 ? .notExecuted : counts.unknown > 0 ? .unknown : nil
        return (outcome, "\(counts.executions)…\(counts.executionsAtMost)", counts)
    }

    // MARK: - Foreign clients and servers

    /// The classification of a plain gRPC failure.
    @Test(
        arguments: [
            (0, "", CallOutcome.success, "1…1"), (5, "", .error, "1…1"), (13, "", .error, "1…1"),
            (2, "", .error, "1…1"),
            (12, "", .notExecuted, "0…0"), (14, "", .unknown, "0…1"), (1, "", .unknown, "0…1"),
            (4, "", .unknown, "0…1"),
            (14, "not-executed", .notExecuted, "0…0"), (8, "unknown", .unknown, "0…1"), (14, "executed", .error, "1…1"),
            (200, "", .success, "1…1"), (404, "", .notExecuted, "0…0"), (503, "", .unknown, "0…1"),
            (500, "", .error, "1…1"),
            (99, "", .error, "1…1"),
        ] as [(UInt16, String, CallOutcome, String)])
    func aReplyTellsTheOutcome(_ code: UInt16, _ note: String, _ outcome: CallOutcome, _ bounds: String) {
        let seen = Self.cell { $0.reply($0.request(), code: code, note: note) }
        #expect(seen.outcome == outcome && seen.bounds == bounds)
        #expect(seen.counts.calls == 1 && seen.counts.attempts == 1)
    }

    @Test(arguments: [
        (CallReplyOutcome.refused, CallOutcome.notExecuted, "0…0"), (.resetByServer, .unknown, "0…1"),
        (.resetByClient, .unknown, "0…1"), (.connectionLost, .unknown, "0…1"), (.settled, .unknown, "0…1"),
    ]) func anEndWithoutAReply(_ end: CallReplyOutcome, _ outcome: CallOutcome, _ bounds: String) {
        let seen = Self.cell { $0.reply($0.request(), end) }
        #expect(seen.outcome == outcome && seen.bounds == bounds)
    }

    @Test func aDroppedRequestWasNotExecuted() {
        let open = Self.cell { $0.request(fate: .dropped) }
        #expect(open.outcome == nil && open.bounds == "0…0")
        let settled = Self.cell { $0.reply($0.request(fate: .dropped), .settled, copy: 0) }
        #expect(settled.outcome == .unknown && settled.bounds == "0…0")
        // Whatever number of copies a link claims.
        let lost = Self.cell { $0.reply($0.request(fate: .undeliverable, copies: 1), .refused, copy: 0) }
        #expect(lost.outcome == .notExecuted && lost.bounds == "0…0")
    }

    @Test func aDroppedReplyTellsThatItWasExecutedButNotTheClient() {
        let open = Self.cell { $0.reply($0.request(), fate: .dropped) }
        #expect(open.outcome == nil && open.bounds == "1…1")
        let settled = Self.cell {
            let stamp = $0.request()
            $0.reply(stamp, fate: .dropped)
            $0.reply(stamp, .settled, copy: 0)
        }
        #expect(settled.outcome == .unknown && settled.bounds == "1…1")
        let gone = Self.cell {
            let stamp = $0.request()
            $0.reply(stamp, fate: .undeliverable)
            $0.disconnect()
        }
        #expect(gone.outcome == .unknown && gone.bounds == "1…1")
    }

    @Test func aGivenUpCallMayStillBeAnswered() {
        let seen = Self.cell {
            let stamp = $0.request()
            $0.reply(stamp, .resetByClient)
            $0.reply(stamp, fate: .undeliverable)
        }
        #expect(seen.outcome == .unknown && seen.bounds == "1…1")
        let tooLate = Self.cell {
            let stamp = $0.request()
            $0.reply(stamp, fate: .undeliverable)
            $0.reply(stamp, .resetByClient)
        }
        #expect(tooLate.outcome == .unknown && tooLate.bounds == "1…1")
    }

    @Test func copiesAreCountedEach() {
        let both = Self.cell {
            let stamp = $0.request(fate: .duplicated)
            $0.reply(stamp, copy: 1)
            $0.reply(stamp, copy: 2, fate: .dropped)
        }
        #expect(both.outcome == .success && both.bounds == "2…2")
        let one = Self.cell { $0.reply($0.request(fate: .duplicated), copy: 2) }
        #expect(one.outcome == .success && one.bounds == "1…2")
        let refused = Self.cell {
            let stamp = $0.request(fate: .duplicated)
            $0.reply(stamp, copy: 1)
            $0.reply(stamp, .refused, copy: 2, fate: .dropped)
        }
        #expect(refused.outcome == .success && refused.bounds == "1…1")
        // A copy that no link sent is none.
        let forged = Self.cell {
            let stamp = $0.request()
            $0.reply(stamp, copy: 1)
            $0.reply(stamp, copy: 9, fate: .dropped)
        }
        #expect(forged.bounds == "1…1")
    }

    /// A server that takes keys may answer a retry with what it has saved, and need not say so.
    @Test func requestsUnderOneKeyAreAttemptsOfOneCall() {
        let key = CallRequest.keyed("order-7")
        let silent = Self.cell {
            $0.reply($0.request(key), fate: .dropped)
            $0.reply($0.request(key))
        }
        #expect(silent.outcome == .success && silent.bounds == "1…2" && silent.counts.calls == 1)
        let telling = Self.cell {
            $0.reply($0.request(key), fate: .dropped)
            $0.reply($0.request(key), note: "saved")
        }
        #expect(telling.outcome == .success && telling.bounds == "1…1")
        let other = Self.cell {
            $0.reply($0.request(key))
            $0.reply($0.request(CallRequest.keyed("order-8")))
        }
        #expect(other.counts.calls == 2 && other.bounds == "2…2")
    }

    /// A server of the user's that filters duplicates and says so.
    @Test func savedRepliesAreNoExecutions() {
        let seen = Self.cell {
            let stamp = $0.request("py/1/1", fate: .duplicated)
            $0.reply(stamp, note: "executed", copy: 1)
            $0.reply(stamp, note: "saved", copy: 2, fate: .dropped)
        }
        #expect(seen.bounds == "1…1")
        let attached = Self.cell {
            let stamp = $0.request("py/1/1", fate: .duplicated)
            $0.reply(stamp, .connectionLost, copy: 1)
            $0.reply(stamp, note: "attached", copy: 2)
        }
        #expect(attached.outcome == .success && attached.bounds == "1…1")
        // The caller asks again, in a request of its own.
        let again = Self.cell {
            $0.reply($0.request("py/1/1", attempt: 1), note: "executed", fate: .dropped)
            $0.reply($0.request("py/1/1", attempt: 2), note: "saved")
        }
        #expect(again.outcome == .success && again.bounds == "1…1")
        let lost = Self.cell {
            $0.reply($0.request("py/1/1", attempt: 1), .connectionLost)
            $0.reply($0.request("py/1/1", attempt: 2), note: "saved")
        }
        #expect(lost.outcome == .success && lost.bounds == "1…1")
    }

    @Test func aCorruptedReplyMayNotHaveBeenRead() {
        let ok = Self.cell { $0.reply($0.request(), fate: .corrupted) }
        #expect(ok.outcome == .unknown && ok.bounds == "1…1")
        let error = Self.cell { $0.reply($0.request(), code: 5, fate: .corrupted) }
        #expect(error.outcome == .error)
    }

    // MARK: - Several requests of one call

    @Test func requestsWithOneIDAreOneCall() {
        let again = Self.cell {
            $0.reply($0.request("py/1/1", attempt: 1), .resetByClient)
            $0.reply($0.request("py/1/1", attempt: 2))
        }
        #expect(again.outcome == .success && again.bounds == "1…2")
        #expect(again.counts.calls == 1 && again.counts.attempts == 2)
        // Without ids each request is a call.
        let two = Self.cell {
            $0.reply($0.request(), .resetByClient)
            $0.reply($0.request())
        }
        #expect(two.counts.calls == 2 && two.counts.succeeded == 1 && two.counts.unknown == 1)
    }

    @Test func theBestAnswerCounts() {
        // Unknown at first, refused later: still unknown.
        let unknown = Self.cell {
            $0.reply($0.request("p/1/1"), .resetByClient)
            $0.reply($0.request("p/1/1"), .refused)
        }
        #expect(unknown.outcome == .unknown)
        let refused = Self.cell {
            $0.reply($0.request("p/1/1"), .refused)
            $0.reply($0.request("p/1/1"), .refused)
        }
        #expect(refused.outcome == .notExecuted)
        // Refused, and the next one waits.
        let open = Self.cell {
            $0.reply($0.request("p/1/1"), .refused)
            $0.request("p/1/1")
        }
        #expect(open.outcome == nil)
        let gaveUp = Self.cell {
            $0.reply($0.request("p/1/1"), .resetByClient)
            $0.request("p/1/1")
        }
        #expect(gaveUp.outcome == nil)
        let answered = Self.cell {
            $0.reply($0.request("p/1/1"), code: 5)
            $0.request("p/1/1")
        }
        #expect(answered.outcome == .error)
    }

    @Test func aClosedConnectionAnswersNothingMore() {
        let closed = Self.cell {
            $0.request()
            $0.disconnect()
        }
        #expect(closed.outcome == .unknown && closed.bounds == "0…1")
        var history = CallHistory()
        history.request()
        history.finish()
        history.disconnect()
        #expect(history.account(CallHistory.foreign).counts.inFlight == 1)
    }

    /// A native server behind a user's program: the server's own word counts, not the bounds.
    @Test func aNativeServerSpeaksForItself() {
        let byStamp = Self.cell(CallHistory.native) {
            let stamp = $0.request()
            $0.end($0.begin(stamp: stamp))
            $0.reply(stamp, fate: .dropped)
            $0.reply(stamp, .settled, copy: 0)
        }
        #expect(byStamp.outcome == .unknown && byStamp.bounds == "1…1")
        let byID = Self.cell(CallHistory.native) {
            let stamp = $0.request("py/1/1")
            $0.end($0.begin("py/1/1", stamp: stamp))
            $0.reply(stamp)
        }
        #expect(byID.outcome == .success && byID.bounds == "1…1" && byID.counts.unexpectedExecutions == 0)
        // It says OK on the wire, and its own record knows of no execution.
        let lie = Self.cell(CallHistory.native) { $0.reply($0.request()) }
        #expect(lie.outcome == .success && lie.bounds == "0…0")
        let stranger = Self.cell(CallHistory.native) { $0.end($0.begin(stamp: 77)) }
        #expect(stranger.counts.unexpectedExecutions == 1)
    }

    /// A native caller's word counts, and the link's only for its server.
    @Test func aNativeCallerOfAProgram() {
        var topology = CallHistory.native
        topology.nodes[0] = CallHistory.foreign.nodes[0]
        let seen = Self.cell(topology) {
            $0.attempt("c/1/1")
            $0.reply($0.request("c/1/1", attempt: 1), fate: .dropped)
            $0.attempt("c/1/1", 2)
            $0.reply($0.request("c/1/1", attempt: 2), .connectionLost)
            $0.result("c/1/1", .unknown)
        }
        #expect(seen.outcome == .unknown && seen.bounds == "1…2")
        #expect(seen.counts.attempts == 2 && seen.counts.calls == 1)
    }

    /// Who a native caller is, it says itself, whatever its link is called.
    @Test func aNativeCallersNameIsItsOwn() {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.request("c/1/1", attempt: 1, from: "proxy")
        history.execute("c/1/1")
        history.result("c/1/1", .success)
        history.finish()
        #expect(history.one(.calls(.maybe, CallScope(from: "client"))).verdict == .pass)
        history = CallHistory()
        history.attempt("c/1/1")
        history.request("c/1/1", attempt: 1, from: "proxy")
        history.finish()
        #expect(history.one(.calls(.maybe, CallScope(from: "client"))).calls?.counts.inFlight == 1)
    }

    @Test func boundsDecideWhatTheyCan() {
        var history = CallHistory()
        history.reply(history.request("p/1/1"))
        history.reply(history.request("p/1/1"), .resetByClient)
        history.finish()
        #expect(history.verdicts(CallHistory.foreign) == [.pass, .pass, .unknown, .unknown])
        let result = history.result(.atMostOnce, CallHistory.foreign)
        #expect(result.explanation == "the executions of 1 call are not known exactly")
        #expect(result.calls?.table[.success, .undecided] == 1)
        #expect(result.calls?.counts.bounds.map(\.most) == [2])
        #expect(result.examples.map(\.kind) == [.undecided])
        history = CallHistory()
        for _ in 0..<2 { history.reply(history.request("p/1/1")) }
        history.finish()
        #expect(history.verdicts(CallHistory.foreign) == [.pass, .pass, .fail, .fail])
    }

    /// In flight it is not judged, unless it may have been executed twice by now.
    @Test func callsInFlightWithTwoCopies() {
        var history = CallHistory()
        history.reply(history.request())
        history.request()
        history.finish()
        #expect(history.verdicts(CallHistory.foreign) == [.pass, .pass, .pass, .pass])
        history.request(fate: .duplicated)
        #expect(history.verdicts(CallHistory.foreign) == [.pass, .pass, .unknown, .unknown])
        #expect(history.result(.atMostOnce, CallHistory.foreign).examples.map(\.kind) == [.undecided])
    }

    // MARK: - Durable servers

    private static func durable(_ build: (inout CallHistory) -> Void) -> String {
        var history = CallHistory()
        history.attempt("c/1/1")
        build(&history)
        history.result("c/1/1", .unknown)
        history.finish()
        let counts = history.account().counts
        return "\(counts.executions)…\(counts.executionsAtMost)"
    }

    @Test func aDurableExecutionCountsWhenItIsCommitted() {
        #expect(Self.durable { $0.end($0.begin("c/1/1", durable: true)) } == "1…1")
        #expect(Self.durable { $0.end($0.begin("c/1/1", durable: true), .fail, code: 9) } == "1…1")
        #expect(Self.durable { $0.end($0.begin("c/1/1", durable: true), .info) } == "0…1")
        // It never came back: who knows.
        #expect(Self.durable { $0.begin("c/1/1", durable: true) } == "0…1")
    }

    @Test func aRestartTellsWhatWasCommitted() {
        let recovered = Self.durable {
            $0.begin("c/1/1", durable: true)
            $0.duplicate("c/1/1", .recovered, life: 2)
            $0.duplicate("c/1/1", .resent, life: 2)
        }
        #expect(recovered == "1…1")
        // It began to serve again, and its list does not have it.
        let lost = Self.durable {
            $0.begin("c/1/1", durable: true)
            $0.base.node("server", .ready, incarnation: 2)
        }
        #expect(lost == "0…0")
        let again = Self.durable {
            $0.begin("c/1/1", durable: true)
            $0.end($0.begin("c/1/1", life: 2, durable: true), life: 2)
        }
        #expect(again == "1…1")
        // It is starting; its list may still come.
        let starting = Self.durable {
            $0.begin("c/1/1", durable: true)
            $0.base.node("server", .starting, incarnation: 2)
        }
        #expect(starting == "0…1")
        // Another process's list says nothing.
        let other = Self.durable {
            $0.begin("c/1/1", durable: true)
            $0.duplicate("c/1/1", .recovered, at: "other", life: 2)
        }
        #expect(other == "0…1")
    }

    /// The first life did not commit it; the second did, as the third found.
    @Test func theNextLifeIsTheOneThatTells() {
        let seen = Self.durable {
            $0.begin("c/1/1", durable: true)
            $0.begin("c/1/1", life: 2, durable: true)
            $0.duplicate("c/1/1", .recovered, life: 3)
        }
        #expect(seen == "1…1")
    }

    @Test func withoutDurabilityTheStartCounts() {
        let seen = Self.durable {
            $0.begin("c/1/1")
            $0.base.node("server", .ready, incarnation: 2)
        }
        #expect(seen == "1…1")
    }

    /// An execution of nobody's that had no effect is none.
    @Test func strangersWithoutEffect() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.begin("d/1/1", durable: true)
        history.base.node("server", .ready, incarnation: 2)
        history.finish()
        #expect(history.result(.atMostOnce).verdict == .pass)
    }
}
