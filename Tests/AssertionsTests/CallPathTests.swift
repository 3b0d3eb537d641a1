import ClusterModel
import History
import Testing

@testable import Assertions

/// The stories that examples tell of calls.
@Suite struct CallPathTests {
    @Test func aPathTellsEachStepAndTheFaultBehindIt() {
        var history = CallHistory()
        history.base.fault("drop 30% only request", link: "client -> server")
        history.base.fault("drop 30% only reply", link: "client <-> server")
        history.base.fault("drop 5%", link: "other -> server")
        history.base.fault("drop 7%", link: "server -> client")
        history.attempt("client/1/1")
        history.request("client/1/1", attempt: 1, fate: .dropped)
        history.attempt("client/1/1", 2)
        let second = history.request("client/1/1", attempt: 2)
        let number = history.begin("client/1/1", stamp: second, attempt: 2)
        history.duplicate("client/1/1", .attached, attempt: 3)
        history.end(number)
        history.reply(second, note: "executed", fate: .dropped)
        history.begin("client/1/1", attempt: 4)
        history.result("client/1/1", .unknown, code: 4, reason: "timeout")
        history.finish()
        let example = history.result(.atMostOnce).examples[0]
        #expect(example.kind == .executedAgain && example.message == "client/1/1")
        #expect(
            example.path.map(\.text) == [
                "client sent attempt 1 to server",
                "request of attempt 1 to server seen on the link; dropped on the link by drop 30% only request",
                "client sent attempt 2 to server",
                "request of attempt 2 to server seen on the link",
                "server began to execute it (attempt 2)",
                "server let attempt 3 wait for the execution that was running",
                "the execution at server ended well",
                "server replied OK (executed) to the request of attempt 2; dropped on the link by "
                    + "drop 30% only reply or drop 7%",
                "server began to execute it (attempt 4); no end is recorded",
                "outcome at client: unknown (DEADLINE_EXCEEDED, timeout)",
            ])
        #expect(example.path.map(\.time) == example.path.map(\.time).sorted())
    }

    /// The end of a fault is noted before it takes effect.
    @Test func whatWasLostAfterTheFaultsWasLostByTheLastOfThem() {
        var history = CallHistory()
        history.base.fault("drop 10%", link: "client -> server")
        history.base.fault("drop 10%", link: "client -> server", on: false)
        history.base.now += 1_000_000_000
        history.base.fault("drop 20%", link: "client -> server")
        history.base.fault("drop 20%", link: "client -> server", on: false)
        history.base.now += 50_000_000
        history.attempt("client/1/1")
        history.request("client/1/1", attempt: 1, fate: .dropped)
        history.execute("client/1/1", times: 2)
        let path = history.result(.atMostOnce).examples[0].path.map(\.text)
        #expect(path.contains("request of attempt 1 to server seen on the link; dropped on the link by drop 20%"))
    }

    @Test(arguments: [
        (DuplicateAction.resent, "server answered attempt 2 with the saved reply"),
        (.stale, "server refused attempt 2 as stale"),
        (.tableFull, "server refused attempt 2: its table of replies was full"),
        (.serverRestarted, "server refused attempt 2: it expects an earlier life of the server"),
        (.deadline, "server did not execute attempt 2: past its deadline"),
        (.overloaded, "server refused attempt 2: too much to do"),
        (.recovered, "server found the saved reply when it started again"),
    ]) func duplicates(_ action: DuplicateAction, _ text: String) {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.duplicate("c/1/1", action)
        history.execute("c/1/1", times: 2)
        #expect(history.result(.atMostOnce).examples[0].path.map(\.text).contains(text))
    }

    @Test(arguments: [
        (CallReplyOutcome.finished, "server replied NOT_FOUND to the request"),
        (.resetByServer, "server reset the request"), (.resetByClient, "client gave up on the request"),
        (.connectionLost, "the connection was lost under the request"), (.refused, "server refused the request unseen"),
        (.settled, "the link itself answered the request, for the fault"),
    ]) func replies(_ end: CallReplyOutcome, _ text: String) {
        var history = CallHistory()
        history.reply(history.request(), end, code: 5)
        history.reply(history.request(), .resetByClient)
        history.finish()
        let result = history.one(.availability(CallScope(), Condition(.equal, 1)), CallHistory.foreign)
        #expect(result.examples[0].path.map(\.text).contains(text))
        #expect(result.examples[0].message == "request 1")
    }

    @Test func outcomes() {
        func last(_ build: (inout CallHistory) -> Void) -> String? {
            var history = CallHistory()
            history.attempt("c/1/1")
            history.execute("c/1/1", times: 2)
            build(&history)
            history.finish()
            return history.result(.exactlyOnce).examples.first?.path.last?.text
        }
        #expect(last { $0.result("c/1/1", .success) } == "outcome at client: success")
        #expect(
            last { $0.result("c/1/1", .success, unexpected: true) }
                == "outcome at client: success, but not the reply that it expects")
        #expect(
            last { $0.result("c/1/1", .error, code: 9, reason: "no money") }
                == "outcome at client: executed with an error (FAILED_PRECONDITION, no money)")
        #expect(last { $0.result("c/1/1", .notExecuted) } == "outcome at client: not executed")
        #expect(
            last { $0.base.node("client", .killed, detail: "signal 9") }
                == "client ended and never learned the outcome")
    }

    @Test func durableExecutionsTellWhatBecameOfThem() {
        func text(_ build: (inout CallHistory) -> Void) -> String {
            var history = CallHistory()
            history.attempt("c/1/1")
            history.begin("c/1/1", durable: true)
            build(&history)
            history.execute("c/1/1", times: 2)
            history.finish()
            return history.result(.atMostOnce).examples[0].path[1].text
        }
        let began = "server began to execute it (attempt 1); no end is recorded"
        #expect(text { _ in } == "\(began), and nothing tells whether it was committed")
        #expect(text { $0.duplicate("c/1/1", .recovered, life: 2) } == "\(began), but its commit was found later")
        #expect(
            text { $0.base.node("server", .ready, incarnation: 2) } == "\(began), nor any commit: it had no effect")
    }

    @Test func executionsThatDidNotEndWell() {
        var history = CallHistory()
        history.attempt("c/1/1")
        history.end(history.begin("c/1/1"), .fail, code: 9)
        history.end(history.begin("c/1/1"), .info, code: 1)
        history.finish()
        let path = history.result(.atMostOnce).examples[0].path.map(\.text)
        #expect(path.contains("the execution at server ended with FAILED_PRECONDITION"))
        #expect(path.contains("the execution at server was stopped part-way (CANCELLED)"))
    }

    @Test func anExecutionOfNobodys() {
        var history = CallHistory()
        history.end(history.begin(stamp: 77))
        history.finish()
        let example = history.result(.maybe).examples[0]
        #expect(example.message == "(unknown)")
        #expect(example.path.map(\.text).contains("nobody was seen to call it"))
    }
}
