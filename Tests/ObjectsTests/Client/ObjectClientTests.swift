import ClusterModel
import NIOCore
import Objects
import Testing

@testable import RPC

@ClientLoop @Suite("Invoking objects", .timeLimit(.minutes(1)))
struct ObjectClientTests {
    private func bench(idleLimit: Int = 100) -> ClientBench {
        let bench = ClientBench(idleLimit: idleLimit)
        bench.places.says("host-a", 1)
        bench.places.add("host-a") { arrival, _ in arrival.succeed() }
        return bench
    }

    @Test func eachObjectHasAnOriginOfItsOwn() async {
        let bench = bench()
        var ids: [String] = []
        for object in ["a", "b", "a"] { ids.append(await bench.invoke(object).id.description) }
        #expect(ids == ["teller-1/7.o1/1", "teller-1/7.o2/1", "teller-1/7.o1/2"])
        #expect(bench.invoked.first == "teller-1/7.o1/1 a /Account/deposit 20")
        #expect(bench.invoked.count == 3)
        #expect(bench.ends.count == 3)
        // One way to the host for all of them.
        #expect(bench.places.asked == ["host-a"])
    }

    @Test func idleProxiesAreBoundedAndOriginsAreNotUsedAgain() async {
        let bench = bench(idleLimit: 2)
        for object in ["a", "b", "a", "c"] { _ = await bench.invoke(object) }
        #expect(bench.client.proxyCount == 2)
        // "b" was used least recently.
        #expect(await bench.invoke("a").id.description == "teller-1/7.o1/3")
        #expect(await bench.invoke("b").id.description == "teller-1/7.o4/1")
        #expect(bench.client.proxyCount == 2)
        #expect(await bench.invoke("c").id.description == "teller-1/7.o5/1")
    }

    @Test func aProxyWithACallInFlightStays() async {
        let bench = ClientBench(idleLimit: 1)
        bench.places.says("host-a", 1)
        var held: [ScriptedHost.Arrival] = []
        bench.places.add("host-a") { arrival, _ in
            if arrival.metadata[ObjectHeader.object] == "slow" { held.append(arrival) } else { arrival.succeed() }
        }
        let slow = bench.begin("slow")
        await ClientLoop.settle()
        for number in 0..<5 { _ = await bench.invoke("o\(number)") }
        #expect(bench.client.proxyCount == 2)
        held.first?.succeed()
        #expect(slow.report?.id.description == "teller-1/7.o1/1")
        #expect(bench.client.proxyCount == 1)
        // It came to rest last.
        let again = bench.client.invoke(
            "slow", path: "/p", message: ByteBuffer(), options: ClientBench.options(1)
        ) { _ in }
        #expect(again.description == "teller-1/7.o1/2")
        _ = bench.client.close()
    }

    @Test func aTargetInTheOptionsDoesNotCount() async {
        let bench = bench()
        var options = ClientBench.options(1)
        options.target = "host-z"
        let report = await withCheckedContinuation { done in
            bench.client.invoke("a", path: "/p", message: ByteBuffer(), options: options) { done.resume(returning: $0) }
        }
        #expect(report.outcome == .success)
    }

    @Test func itsMemoryIsFlat() async {
        let bench = bench(idleLimit: 10)
        for number in 0..<2_000 { _ = await bench.invoke("o\(number)") }
        #expect(bench.client.proxyCount == 10)
    }
}

@Suite("Why an invocation has no result")
struct ObjectFailureTests {
    private func report(_ outcome: CallOutcome, _ trailers: Metadata = Metadata()) -> CallReport {
        var report = CallReport(id: CallID(origin: "c/1", sequence: 1), outcome: outcome)
        report.trailers = trailers
        return report
    }

    @Test func exceptionsArriveAsWhatTheyAre() throws {
        var trailers = Metadata()
        try trailers.add(ObjectHeader.exception, "InsufficientFunds")
        try trailers.add(ObjectHeader.trace, binary: Array("withdraw:3\ntransfer:9: ä".utf8))
        let failure = ObjectFailure(report(.executed(GRPCStatus(.aborted, "balance is 20")), trailers))
        #expect(
            failure
                == .exception(
                    name: "InsufficientFunds", message: "balance is 20", trace: ["withdraw:3", "transfer:9: ä"]))
        #expect(failure?.description == "InsufficientFunds: balance is 20")
        #expect(ObjectFailure(report(.executed(GRPCStatus(.unknown, "nil")))) == .failed(GRPCStatus(.unknown, "nil")))
        #expect(ObjectFailure(report(.success)) == nil)
    }

    @Test func refusalsAreTold() {
        let status = GRPCStatus(.notFound, "x")
        func failure(_ reason: RefusalReason) -> ObjectFailure? {
            ObjectFailure(report(.notExecuted(status, reason: reason.rawValue)))
        }
        #expect(failure(.gone) == .gone)
        #expect(failure(.expired) == .expired)
        #expect(failure(.wrongType) == .wrongType)
        #expect(failure(.overloaded) == .notExecuted(status, reason: "overloaded"))
        // It may have been executed before it went.
        #expect(
            ObjectFailure(report(.unknown(status, reason: "object-gone"))) == .unknown(status, reason: "object-gone"))
        #expect(failure(.gone)?.description.contains("Not executed") == true)
    }
}
