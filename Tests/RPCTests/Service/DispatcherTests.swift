import ClusterModel
import NIOCore
import Protobuf
import Testing

@testable import RPC

@Loop @Suite struct DispatcherTests {
    @Test func aCallIsExecutedAndAnswered() throws {
        let bench = try ServiceBench()
        let (_, answer) = try bench.send("c/1/1", extra: [("x-orch-id", "00000000000000ff")])
        let execution = try #require(bench.open.first)
        #expect(execution.request?["a"] == .int64(20))
        #expect(execution.deadline != nil)
        #expect(answer.words == "open")
        execution.finish(bench.total(42))
        #expect(answer.words == "OK executed")
        #expect(answer.reply.server == "server-1/1.a")
        #expect(try answer.total(bench.schema) == 42)
        #expect(
            bench.started == [
                ExecutionStart(
                    number: 1, call: CallID("c/1/1"), stamp: 255, method: "Calculator/suma", attempt: 1,
                    isDurable: false)
            ])
        #expect(bench.ended.map(\.ending) == [.succeeded])
        // What comes after the end is ignored.
        execution.finish(bench.total(43))
        execution.fail(GRPCStatus(.notFound))
        #expect(answer.messages.count == 1 && bench.ended.count == 1)
        #expect(bench.dispatcher.runningCount == 0)
    }

    @Test func duplicatesAttachAndNobodyCancels() throws {
        let bench = try ServiceBench()
        let (first, firstAnswer) = try bench.send("c/1/1")
        let (_, second) = try bench.send("c/1/1", attempt: 2)
        first?.cancelled(.connectionLost)
        let (third, thirdAnswer) = try bench.send("c/1/1", attempt: 3)
        third?.cancelled(.reset(code: 8))
        #expect(bench.open.count == 1 && bench.cancellations.isEmpty)
        bench.open[0].finish(bench.total(42))
        #expect(second.words == "OK attached")
        #expect(firstAnswer.words == "open" && thirdAnswer.words == "open")
        #expect(try bench.send("c/1/1", attempt: 4).answer.words == "OK saved")
        #expect(bench.started.count == 1)
        #expect(bench.actions == [.attached, .attached, .resent])
        #expect(bench.duplicates.map(\.attempt) == [2, 3, 4])
    }

    @Test func theLossOfEveryConnectionDoesNotCancel() throws {
        let bench = try ServiceBench()
        let (first, _) = try bench.send("c/1/1")
        first?.cancelled(.connectionLost)
        #expect(bench.cancellations.isEmpty)
        bench.open[0].finish(bench.total(1))
        #expect(try bench.send("c/1/1", attempt: 2).answer.words == "OK saved")
    }

    @Test func theResetOfTheLastTransmissionCancels() throws {
        let bench = try ServiceBench()
        let (first, _) = try bench.send("c/1/1")
        let (second, _) = try bench.send("c/1/1", attempt: 2)
        first?.cancelled(.reset(code: 8))
        #expect(bench.cancellations.isEmpty)
        second?.cancelled(.reset(code: 8))
        #expect(bench.cancellations == [.cancelled])
        #expect(bench.ended.map(\.ending) == [.cut])
        // It is over; nobody is told that it was not executed.
        #expect(try bench.send("c/1/1", attempt: 3).answer.words == "CANCELLED saved unknown cancelled")
    }

    @Test func anAttemptsOwnTimeoutDoesNotCancel() throws {
        let bench = try ServiceBench()
        // The client's attempt timed out at the moment when it reset it; its call has 30 s.
        let (first, _) = try bench.send("c/1/1", deadline: 30_000, timeout: .milliseconds(1))
        first?.cancelled(.reset(code: 8))
        let (second, _) = try bench.send("c/1/1", attempt: 2, deadline: 30_000, timeout: .milliseconds(1))
        second?.cancelled(.deadline)
        #expect(bench.cancellations.isEmpty)
        #expect(bench.open.count == 1)
    }

    @Test func aCallWithoutAnIDEndsWithItsTransmission() throws {
        let bench = try ServiceBench()
        let (lost, _) = try bench.send()
        let (reset, _) = try bench.send()
        lost?.cancelled(.connectionLost)
        reset?.cancelled(.reset(code: 8))
        #expect(bench.cancellations == [.connectionLost, .cancelled])
        #expect(bench.dispatcher.runningCount == 0)
    }

    @Test func withoutAFilterDuplicatesAreExecuted() throws {
        let bench = try ServiceBench(DuplicatePolicy(on: .execute))
        try bench.send("c/1/1")
        let (second, _) = try bench.send("c/1/1", attempt: 2)
        #expect(bench.started.count == 2)
        #expect(bench.actions == [.executedAgain])
        second?.cancelled(.connectionLost)
        #expect(bench.cancellations == [.connectionLost])
    }

    @Test func anApplicationsErrorIsSavedToo() throws {
        let bench = try ServiceBench()
        let (_, answer) = try bench.send("c/1/1")
        var trailers = Metadata()
        try trailers.add("why", "no money")
        bench.open[0].fail(GRPCStatus(.failedPrecondition, "no money", details: [1, 2]), trailers: trailers)
        #expect(answer.words == "FAILED_PRECONDITION executed executed")
        let (_, again) = try bench.send("c/1/1", attempt: 2)
        #expect(again.words == "FAILED_PRECONDITION saved executed")
        #expect(again.status?.details == [1, 2])
        #expect(bench.ended.map(\.ending) == [.failed])
    }

    @Test func refusals() throws {
        let bench = try ServiceBench(DuplicatePolicy(capacity: 2))
        #expect(try bench.send("c/1/1", server: "0.z").answer.words == "UNAVAILABLE unknown server-restarted")
        #expect(try bench.send("c/1/1", timeout: .zero).answer.words == "DEADLINE_EXCEEDED not-executed deadline")
        #expect(try bench.send(timeout: .zero).answer.words == "DEADLINE_EXCEEDED not-executed deadline")
        try bench.send("c/1/2", server: "1.a")
        try bench.send("c/1/3")
        #expect(try bench.send("c/1/4").answer.words == "RESOURCE_EXHAUSTED not-executed table-full")
        bench.open[0].finish(bench.total(1))
        #expect(try bench.send("c/1/4", attempt: 2, acknowledged: 3).answer.words == "open")
        #expect(try bench.send("c/1/2", attempt: 2).answer.words == "FAILED_PRECONDITION unknown stale")
        #expect(
            bench.actions == [.serverRestarted, .deadline, .deadline, .tableFull, .stale])
    }

    @Test func whatCannotBeReadIsNotExecuted() throws {
        let bench = try ServiceBench()
        #expect(try bench.send("c/1").answer.words == "INVALID_ARGUMENT not-executed malformed")
        #expect(
            try bench.send(extra: [("x-orch-attempt", "x")]).answer.words == "INVALID_ARGUMENT not-executed malformed")
        #expect(try bench.send(method: "nothing").answer.words == "UNIMPLEMENTED not-executed")
        let open: (String?) throws -> (InboundRequest?, Answer) = { id in
            let answer = Answer()
            let metadata = try bench.metadata(id.map { [("x-orch-call", $0)] } ?? [])
            return (
                bench.dispatcher.open(InboundCall(path: "/Calculator/suma", metadata: metadata, responder: answer)),
                answer
            )
        }
        let (empty, none) = try open("c/1/1")
        empty?.halfClosed()
        #expect(none.words == "INVALID_ARGUMENT not-executed malformed")
        let (twice, two) = try open("c/1/2")
        twice?.received(try bench.pair(1, 2))
        twice?.received(try bench.pair(1, 2))
        twice?.halfClosed()
        #expect(two.words == "INVALID_ARGUMENT not-executed malformed")
        let (garbage, broken) = try open("c/1/3")
        garbage?.received(ByteBuffer(bytes: [0x08]))
        garbage?.halfClosed()
        #expect(broken.words == "INVALID_ARGUMENT not-executed malformed")
        #expect(bench.started.isEmpty && bench.dispatcher.runningCount == 0)
        // An intact copy of what was called not executed is not executed either; a further attempt is.
        #expect(try bench.send("c/1/3").answer.words == "INVALID_ARGUMENT not-executed malformed")
        #expect(try bench.send("c/1/3", attempt: 2).answer.words == "open")
    }

    @Test func callsWaitInOrderAndThenAreRefused() throws {
        let bench = try ServiceBench(concurrency: 1, waiting: 2)
        let answers = try (1...4).map { try bench.send("c/1/\($0)").answer }
        #expect(bench.started.count == 1 && bench.dispatcher.waitingCount == 2)
        #expect(answers[3].words == "RESOURCE_EXHAUSTED not-executed overloaded")
        #expect(try bench.send("c/1/4").answer.words == "RESOURCE_EXHAUSTED not-executed overloaded")
        // A duplicate of one that waits attaches to it.
        let (_, duplicate) = try bench.send("c/1/2", attempt: 2)
        bench.open[0].finish(bench.total(1))
        #expect(bench.started.map { $0.call?.sequence } == [1, 2])
        bench.open[1].finish(bench.total(2))
        #expect(duplicate.words == "OK attached")
        bench.open[2].finish(bench.total(3))
        #expect(answers.prefix(3).map(\.words) == ["OK executed", "OK executed", "OK executed"])
        #expect(bench.dispatcher.runningCount == 0)
        #expect(try bench.send("c/1/4", attempt: 2).answer.words == "open")
    }

    @Test func oneThatIsGivenUpWhileItWaitsIsNotExecuted() throws {
        let bench = try ServiceBench(concurrency: 1, waiting: 2)
        try bench.send("c/1/1")
        let (waiting, _) = try bench.send("c/1/2")
        waiting?.cancelled(.reset(code: 8))
        #expect(bench.dispatcher.waitingCount == 0)
        bench.open[0].finish(bench.total(1))
        #expect(bench.started.count == 1)
    }

    @Test func draining() throws {
        let bench = try ServiceBench()
        let (_, running) = try bench.send("c/1/1")
        var isIdle = false
        bench.dispatcher.drain { isIdle = true }
        #expect(try bench.send("c/1/2").answer.words == "UNAVAILABLE not-executed draining")
        #expect(try bench.send().answer.words == "UNAVAILABLE not-executed draining")
        let (_, duplicate) = try bench.send("c/1/1", attempt: 2)
        #expect(!isIdle)
        bench.open[0].finish(bench.total(1))
        #expect(isIdle)
        #expect([running.words, duplicate.words] == ["OK executed", "OK attached"])
        #expect(try bench.send("c/1/1", attempt: 3).answer.words == "OK saved")
    }

    @Test func theDeadlineStopsTheHandlerAndAnswersAll() async throws {
        let bench = try ServiceBench()
        let (_, first) = try bench.send("c/1/1", timeout: .milliseconds(30))
        let (_, second) = try bench.send("c/1/1", attempt: 2)
        await first.end()
        #expect(first.words == "DEADLINE_EXCEEDED executed unknown deadline")
        #expect(second.words == "DEADLINE_EXCEEDED attached unknown deadline")
        #expect(bench.cancellations == [.deadline])
        #expect(bench.ended.map(\.ending) == [.cut])
        #expect(bench.dispatcher.runningCount == 0)
    }

    @Test func theDeadlineOfOneThatWaits() async throws {
        let bench = try ServiceBench(concurrency: 1)
        try bench.send("c/1/1")
        let (_, waiting) = try bench.send("c/1/2", timeout: .milliseconds(20))
        await waiting.end()
        #expect(waiting.words == "DEADLINE_EXCEEDED not-executed deadline")
        bench.open[0].finish(bench.total(1))
        #expect(bench.started.count == 1)
    }

    @Test func tooManyTransmissionsOfOneCall() throws {
        let bench = try ServiceBench()
        for attempt in 1...4 { try bench.send("c/1/1", attempt: attempt) }
        #expect(try bench.send("c/1/1", attempt: 5).answer.words == "RESOURCE_EXHAUSTED unknown limit")
        bench.open[0].finish(bench.total(1))
        #expect(try bench.send("c/1/1", attempt: 6).answer.words == "OK saved")
    }

    @Test func answersOfTheWrongType() throws {
        let bench = try ServiceBench()
        let (_, answer) = try bench.send("c/1/1")
        bench.open[0].finish(Message(bench.schema.message("Pair")!))
        #expect(answer.words == "INTERNAL executed executed")
        let (_, none) = try bench.send("c/1/2")
        bench.open[1].finish()
        #expect(none.words == "INTERNAL executed executed")
    }

    // MARK: - Streams

    @Test func aStreamIsExecutedOnceAndNotRepeated() throws {
        let bench = try ServiceBench()
        let (_, answer) = try bench.send("c/1/1", method: "count")
        let (_, during) = try bench.send("c/1/1", attempt: 2, method: "count")
        #expect(during.words == "FAILED_PRECONDITION unknown streaming")
        for value in 1...3 { bench.open[0].send(bench.total(Int64(value))) }
        bench.open[0].finish()
        #expect(answer.words == "OK executed" && answer.messages.count == 3)
        #expect(
            try bench.send("c/1/1", attempt: 3, method: "count").answer.words == "FAILED_PRECONDITION unknown streaming"
        )
        #expect(bench.started.count == 1)
        #expect(bench.actions == [.stale, .stale])
    }

    @Test func messagesOfTheClient() throws {
        let bench = try ServiceBench()
        let (request, answer) = try bench.send("c/1/1", method: "sum")
        let execution = try #require(bench.open.first)
        var sum: Int64 = 0
        execution.onMessage = { if case .int64(let a) = $0["a"] { sum += a } }
        execution.onRequestEnd = { execution.finish(bench.total(sum)) }
        for a in 1...4 { request?.received(try bench.pair(Int64(a), 0)) }
        #expect(answer.words == "open")
        request?.halfClosed()
        #expect(try answer.total(bench.schema) == 10)
    }

    @Test func aMalformedMessageEndsAStream() throws {
        let bench = try ServiceBench()
        let (request, answer) = try bench.send("c/1/1", method: "chat")
        bench.open[0].send(bench.total(1))
        request?.received(ByteBuffer(bytes: [0x08]))
        #expect(answer.words == "INVALID_ARGUMENT executed unknown malformed")
        #expect(bench.cancellations.count == 1)
        request?.received(try bench.pair(1, 1))
        request?.halfClosed()
    }

    @Test func aStreamEndsWithItsConnection() throws {
        let bench = try ServiceBench()
        let (request, _) = try bench.send("c/1/1", method: "chat")
        request?.cancelled(.connectionLost)
        #expect(bench.cancellations == [.connectionLost])
        #expect(bench.dispatcher.runningCount == 0)
    }
}
