import ClusterModel
import History
import Testing

@testable import Assertions

/// Native callers and servers: what both say of each call.
@Suite struct CallCheckerTests {
    @Test func aCallExecutedOnceSatisfiesAll() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.finish()
        #expect(history.verdicts() == [.pass, .pass, .pass, .pass])
        let result = history.result(.exactlyOnce)
        #expect(result.explanation == "" && result.examples == [])
        #expect(result.calls?.table[.success, .one] == 1)
    }

    @Test func executedAgain() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 2)
        history.call("c/1/2", .success, executed: 1)
        history.finish()
        #expect(history.verdicts() == [.pass, .pass, .fail, .fail])
        let result = history.result(.atMostOnce)
        #expect(result.explanation == "1 call executed more than once")
        #expect(result.examples.map(\.kind) == [.executedAgain])
        #expect(result.examples[0].message == "c/1/1")
        #expect(result.calls?.counts.executedAgain == 1)
        #expect(result.calls?.counts.executions == 3)
    }

    @Test func answeredWithoutExecution() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 0)
        history.call("c/1/2", .error, executed: 0)
        history.finish()
        #expect(history.verdicts() == [.fail, .fail, .fail, .fail])
        #expect(history.result(.maybe).explanation == "2 calls answered although never executed")
        #expect(history.result(.maybe).examples.map(\.kind) == [.missing, .missing])
    }

    @Test func notExecutedButExecuted() {
        var history = CallHistory()
        history.call("c/1/1", .notExecuted, executed: 1)
        history.finish()
        #expect(history.verdicts() == [.fail, .fail, .fail, .fail])
        #expect(history.result(.atMostOnce).examples.map(\.kind) == [.contradicted])
        #expect(
            history.result(.atMostOnce).explanation
                == "1 call executed although the caller was told that it was not")
    }

    @Test func notExecutedIsHonest() {
        var history = CallHistory()
        history.call("c/1/1", .notExecuted, executed: 0)
        history.finish()
        #expect(history.verdicts() == [.pass, .pass, .pass, .fail])
        #expect(history.result(.exactlyOnce).explanation == "1 call not executed, as the caller was told")
        // Its own word is proof enough.
        history.base.damage("server.1: damaged")
        #expect(history.verdicts() == [.unknown, .unknown, .unknown, .fail])
    }

    /// The weak guarantees allow anything where nobody knows the outcome; that alone proves nothing.
    @Test func unknownOutcomes() {
        var history = CallHistory()
        history.call("c/1/1", .unknown, executed: 1)
        history.finish()
        #expect(history.verdicts() == [.unknown, .unknown, .pass, .unknown])
        #expect(
            history.result(.maybe).explanation
                == "no caller learned an outcome, and maybe allows anything then")
        #expect(history.result(.exactlyOnce).explanation == "1 caller never learned the outcome")

        history = CallHistory()
        history.call("c/1/1", .unknown, executed: 0)
        history.call("c/1/2", .unknown, executed: 2)
        history.call("c/1/3", .success, executed: 1)
        history.finish()
        #expect(history.verdicts() == [.pass, .pass, .fail, .fail])
        #expect(
            history.result(.exactlyOnce).explanation == "1 call executed more than once, 1 call never executed")
        let table = history.account().table
        #expect(table[.unknown, .none] == 1 && table[.unknown, .two] == 1 && table[.success, .one] == 1)
    }

    @Test func anApplicationsErrorIsAnExecution() {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.end(history.begin("c/1/1"), .fail, code: 9)
        history.result("c/1/1", .error, code: 9, reason: "balance too low")
        history.finish()
        #expect(history.verdicts() == [.pass, .pass, .pass, .pass])
        #expect(history.account().counts.executedWithError == 1)
    }

    /// Cancelled part-way, and never seen to end: executed all the same, in part.
    @Test func unfinishedExecutionsCount() {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.end(history.begin("c/1/1"), .info, code: 4)
        history.begin("c/1/1")
        history.result("c/1/1", .unknown)
        history.finish()
        #expect(history.account().table[.unknown, .two] == 1)
        #expect(history.result(.atMostOnce).verdict == .fail)
    }

    // MARK: - Nothing to judge

    @Test func withoutCallsNothingIsKnown() {
        var history = CallHistory()
        history.finish()
        #expect(history.verdicts() == [.unknown, .unknown, .unknown, .unknown])
        #expect(history.result(.maybe).explanation == "no call was made")
        history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.finish()
        let result = history.one(.calls(.maybe, CallScope(method: "Calculator.resta")))
        #expect(result.verdict == .unknown && result.explanation == "no call that it is about was made")
    }

    @Test func missingEvidenceProvesNoAbsence() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 0)
        history.call("c/1/2", .success, executed: 1)
        history.finish()
        history.base.damage("server.1: damaged")
        #expect(history.verdicts() == [.unknown, .unknown, .unknown, .unknown])
        history.call("c/1/3", .success, executed: 2)
        #expect(history.verdicts() == [.unknown, .unknown, .fail, .fail])
    }

    @Test func aRunThatWasCutPassesNothing() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        #expect(history.verdicts() == [.unknown, .unknown, .unknown, .unknown])
        #expect(history.result(.maybe).explanation == "the run ended before its drain")
        // A copy of it may still be on its way.
        history.call("c/1/2", .unknown, executed: 0)
        #expect(history.result(.exactlyOnce).verdict == .unknown)
        history.call("c/1/3", .success, executed: 2)
        #expect(history.verdicts() == [.unknown, .unknown, .fail, .fail])
    }

    // MARK: - In flight

    @Test func whatIsInFlightIsNotJudged() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.call("c/1/2", nil, executed: 1)
        history.finish()
        #expect(history.verdicts() == [.pass, .pass, .pass, .pass])
        let result = history.result(.atMostOnce)
        #expect(result.calls?.counts.inFlight == 1)
        #expect(result.notes == ["1 call in flight when the run was cut: not judged"])
        #expect(result.calls?.table[nil, .one] == 1)
        // What was executed twice has been executed twice.
        history = CallHistory()
        history.call("c/1/2", nil, executed: 2)
        history.finish()
        #expect(history.verdicts() == [.unknown, .unknown, .fail, .fail])
        #expect(history.result(.maybe).explanation == "no call has ended")
    }

    /// At the end of each run its processes end.
    @Test func aCallerThatTheRunStoppedIsNotDead() {
        var history = CallHistory()
        history.call("c/1/1", nil, executed: 1)
        history.finish()
        history.base.node("client", .exited, intended: true)
        #expect(history.account().counts.inFlight == 1)
    }

    /// What the run's own end does to a call is nobody's failure; an answer that comes then is one all the same.
    @Test func resultsAfterTheStop() {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.attempt("c/1/2")
        history.attempt("c/1/3")
        history.execute("c/1/3")
        history.finish()
        history.result("c/1/1", .unknown, reason: "draining")
        history.result("c/1/2", .notExecuted)
        history.result("c/1/3", .success)
        let counts = history.account().counts
        #expect(counts.inFlight == 2 && counts.succeeded == 1)
    }

    @Test(arguments: [NodeState.killed, .failed, .exited]) func aCallerThatDiedNeverLearnsTheOutcome(_ state: NodeState)
    {
        var history = CallHistory()
        history.call("c/1/1", nil, executed: 1)
        history.base.node("client", state, detail: "signal 9")
        history.call("c/2/1", .success, executed: 1)
        history.finish()
        let counts = history.account().counts
        #expect(counts.unknown == 1 && counts.inFlight == 0)
        #expect(history.verdicts() == [.pass, .pass, .pass, .unknown])
    }

    /// The next life of a caller does not end the first one's calls again, and has its own.
    @Test func livesOfACallerAreToldApart() {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.base.node("client", .restarting, detail: "signal 9")
        history.base.node("client", .running, incarnation: 2)
        history.attempt("c/2/1", life: 2)
        history.finish()
        let counts = history.account().counts
        #expect(counts.unknown == 1 && counts.inFlight == 1)
    }

    @Test func theFirstResultCounts() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.result("c/1/1", .unknown)
        history.finish()
        #expect(history.account().counts.succeeded == 1)
    }

    // MARK: - Executions of nobody's

    @Test func executionsOfNoKnownCall() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.execute("forged/1/1")
        history.finish()
        #expect(history.verdicts() == [.fail, .fail, .fail, .fail])
        let result = history.result(.maybe)
        #expect(result.explanation == "1 execution of calls that nobody was seen to make")
        #expect(result.calls?.counts.unexpectedExecutions == 1)
        #expect(result.calls?.counts.executions == 1)
        #expect(result.examples.map(\.kind) == [.unexpected])
        #expect(result.examples[0].message == "forged/1/1")
        // Another method's is not this one's.
        #expect(
            history.one(.calls(.maybe, CallScope(method: "Calculator.resta"))).calls?.counts.unexpectedExecutions == 0)
        #expect(history.one(.calls(.maybe, CallScope(to: "other"))).calls?.counts.unexpectedExecutions == 0)
        #expect(history.one(.calls(.maybe, CallScope(to: "server"))).calls?.counts.unexpectedExecutions == 1)
        history.base.damage("client.1: damaged")
        #expect(history.verdicts() == [.unknown, .unknown, .unknown, .unknown])
    }

    /// A server behind a queue may be called by a program that says nothing of its calls.
    @Test func executionsThatTellNothing() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.execute("")
        history.finish()
        #expect(history.result(.maybe).verdict == .fail)
        var topology = CallHistory.native
        topology.nodes[0].serve?.via = .queue("calls", broker: "broker")
        let result = history.result(.maybe, topology)
        #expect(result.verdict == .unknown && result.calls?.counts.unexpectedExecutions == 0)
        #expect(result.explanation == "1 execution told nothing of their call")
    }

    // MARK: - Counts

    @Test func whatServersDidWithDuplicates() {
        var history = CallHistory()
        history.attempt("c/1/1")
        let number = history.begin("c/1/1")
        history.attempt("c/1/1", 2)
        let actions: [DuplicateAction] = [
            .attached, .attached, .resent, .stale, .tableFull, .serverRestarted, .deadline, .overloaded, .recovered,
        ]
        for action in actions { history.duplicate("c/1/1", action) }
        history.end(number)
        history.result("c/1/1", .success, unexpected: true)
        // A duplicate of a call that nobody made is no call.
        history.duplicate("d/1/1", .stale)
        history.finish()
        let counts = history.account().counts
        let named = Dictionary(uniqueKeysWithValues: counts.named.map { ($0.name, $0.value) })
        #expect(
            named == [
                "calls": 1, "succeeded": 1, "executed_with_error": 0, "not_executed": 0, "unknown": 0, "in_flight": 0,
                "attempts": 2, "executions": 1, "executed_again": 0, "attached": 2, "resent": 1, "stale": 1,
                "table_full": 1, "server_restarted": 1, "deadline": 1, "overloaded": 1, "unexpected_replies": 1,
                "unexpected_executions": 0,
            ])
    }

    @Test func scopes() {
        var history = CallHistory()
        history.attempt("a/1/1", by: "client", to: "server-1", method: "shop.v1.Calculator/suma")
        history.result("a/1/1", .success)
        history.execute("a/1/1", at: "server-1")
        history.attempt("b/1/1", by: "other", to: "server-2", method: "shop.v1.Calculator/resta")
        history.result("b/1/1", .unknown, by: "other")
        history.finish()
        var topology = CallHistory.native
        topology.nodes[0].replicas = 2
        func calls(_ scope: CallScope) -> Int {
            history.one(.calls(.maybe, scope), topology).calls!.counts.calls
        }
        #expect(calls(CallScope()) == 2)
        #expect(calls(CallScope(method: "Calculator")) == 2)
        #expect(calls(CallScope(method: "Calculator.suma")) == 1)
        #expect(calls(CallScope(method: "shop.v1.Calculator.resta")) == 1)
        #expect(calls(CallScope(from: "client")) == 1)
        #expect(calls(CallScope(to: "server")) == 2)
        #expect(calls(CallScope(to: "server-2")) == 1)
        #expect(calls(CallScope(from: "client", to: "server-2")) == 0)
        let methods = history.one(.calls(.maybe, CallScope()), topology).calls!.methods
        #expect(methods.map(\.name) == ["shop.v1.Calculator.suma", "shop.v1.Calculator.resta"])
        #expect(methods.map(\.counts.succeeded) == [1, 0])
        #expect(methods.map { $0.table[.unknown, .none] } == [0, 1])
        #expect(history.one(.calls(.maybe, CallScope(method: "Calculator.suma")), topology).calls!.methods == [])
    }

    @Test func aCallThroughAQueueNeedsNoLink() {
        var history = CallHistory()
        history.attempt("c/1/1", to: "calls")
        history.execute("c/1/1")
        history.result("c/1/1", .success)
        history.finish()
        var topology = CallHistory.native
        topology.nodes[0].serve?.via = .queue("calls", broker: "broker")
        let result = history.one(.calls(.exactlyOnce, CallScope(to: "server")), topology)
        #expect(result.verdict == .pass && result.calls?.counts.calls == 1)
    }

    @Test func atMostTenExamplesOfAKind() {
        var history = CallHistory()
        for n in 1...30 {
            history.call("c/1/\(n)", .success, executed: 2)
            history.call("d/1/\(n)", .success, executed: 0)
        }
        history.finish()
        let examples = history.result(.atMostOnce).examples
        #expect(examples.count { $0.kind == .executedAgain } == Example.limit)
        #expect(examples.count { $0.kind == .missing } == Example.limit)
    }

    @Test func repliesThatNobodyExpects() {
        var history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.finish()
        #expect(
            !Judge.judge(history: history.history, topology: CallHistory.native).contains {
                $0.title == "replies: as expected"
            })
        history = CallHistory()
        history.call("c/1/1", .success, executed: 1)
        history.attempt("c/1/2")
        history.execute("c/1/2")
        history.result("c/1/2", .success, unexpected: true)
        history.finish()
        let results = Judge.judge(history: history.history, topology: CallHistory.native)
        let found = results.first { $0.title == "replies: as expected" }
        #expect(found?.verdict == .fail)
        #expect(found?.explanation == "1 of 2 replies was not as `expect:` says")
        #expect(found?.examples.map(\.message) == ["c/1/2"])
    }
}
