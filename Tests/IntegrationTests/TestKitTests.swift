import Foundation
import OrchKit
import OrchTestKit
import Synchronization
import TestSupport
import Testing

/// Real clusters through the library that users have.
@Suite(.serialized) struct TestKitTests {
    private static let stream = Topology("stream", seed: 5, drain: .seconds(30)) {
        Exchange("e", .fanout)
        Queue("jobs")
        Node("broker") { Broker() }
        Node("producer") {
            Publish(to: "e", rate: .perSecond(500), confirm: Confirm(timeout: .milliseconds(200), attempts: 20))
        }
        Node("subscriber", replicas: 2) { Consume(bind: ["e"]) }
        Assert(.delivery(.atLeastOnce), from: "producer", to: "subscriber")
    }

    private struct Stop: Error {}

    /// The processes of a running cluster.
    private func processes(_ cluster: Cluster) async throws -> [Int32] {
        try await cluster.status().nodes.compactMap(\.pid)
    }

    @Test func faultsCountAndTheReportTells() async throws {
        let report = try await withCluster(Self.stream, orch: OrchBinary.path) { cluster in
            #expect(cluster.seed == 5)
            try await cluster.fault("drop 30%", link: "producer -> broker", name: "loss")
            try await cluster.wait { status in status.faults.contains { $0.affected >= 20 } }
            try await cluster.clear("loss")
            #expect(try await cluster.status().faults.allSatisfy { !$0.isActive })
            let report = try await cluster.finish()
            // Asked again, it is the same one.
            #expect(try await cluster.finish().assertion("delivery")?.counts == report.assertion("delivery")?.counts)
            return report
        }
        #expect(report.verdict == .pass)
        let delivery = try #require(report.assertion("delivery"))
        #expect(delivery.count("lost") == 0 && delivery.count("delivered") > 20, "\(delivery)")
        #expect(report.faults.contains { $0.fault == "drop 30%" && $0.affected >= 20 })
        #expect(report.nodes.count == 4)
    }

    @Test func processesStopAndStart() async throws {
        try await withCluster(Self.stream, orch: OrchBinary.path) { cluster in
            try await cluster.pause("subscriber-2")
            #expect(try await cluster.status().node("subscriber-2")?.state == "paused")
            try await cluster.resume("subscriber-2")
            #expect(try await cluster.status().node("subscriber-2")?.state == "running")
            try await cluster.stop("subscriber-1")
            #expect(try await cluster.status().node("subscriber-1")?.state == "exited")
            try await cluster.start("subscriber-1")
            #expect(try await cluster.status().node("subscriber-1")?.state == "running")
            let before = try #require(try await cluster.status().node("producer")?.pid)
            try await cluster.kill("producer")
            #expect(!Processes.isAlive(before))
            #expect(try await cluster.status().node("producer")?.state == "killed")
            let failure = await #expect(throws: OrchFailure.self) { try await cluster.start("nobody\"") }
            #expect(failure?.code == 1 && failure?.output.contains("nobody\"") == true, "\(failure!)")
        }
    }

    @Test func messagesAreSentAndAssertionsJudged() async throws {
        // Nothing is under way while it is judged: what links have seen may be written later than what nodes have.
        let quiet = Topology("quiet", seed: 2) {
            Exchange("e", .fanout)
            Queue("jobs")
            Node("broker") { Broker() }
            Node("subscriber") { Consume(bind: ["e"]) }
            Assert(.delivery(.atLeastOnce, of: .attempted), to: "subscriber")
        }
        let report = try await withCluster(quiet, orch: OrchBinary.path) { cluster in
            let empty = try await cluster.judge("queue: jobs", ["depth": "0"])
            #expect(empty.holds, "\(empty)")
            try await cluster.publish("--json", queue: "jobs", headers: ["kind": "test"])
            let full = try await cluster.judge("queue: jobs", ["depth": "0"])
            #expect(full.verdict == .fail && !full.holds && !full.reason.isEmpty, "\(full)")
            try await cluster.publish("hello", to: "e")
            try await cluster.wait { $0.total("subscriber", \.processed) > 0 }
            #expect(try await cluster.run(script: "log(\"a\")\nlog(queue(\"jobs\").depth)\n") == ["a", "1"])
            return try await cluster.finish()
        }
        #expect(report.verdict == .pass, "a judgement is an answer, and no verdict")
    }

    /// Losses have names and paths.
    @Test func aViolatedAssertionHasExamples() async throws {
        let lossy = Topology("lossy", seed: 3, drain: .milliseconds(500)) {
            Exchange("e", .fanout)
            Node("broker") { Broker() }
            Node("producer") { Publish(to: "e", count: 200, confirm: true) }
            Node("subscriber") { Consume(bind: ["e"]) }
            Fault(.drop(0.2), link: "broker -> subscriber", only: .init([.deliver]))
            Assert(.delivery(.atLeastOnce), from: "producer", to: "subscriber")
        }
        let report = try await withCluster(lossy, keep: false, orch: OrchBinary.path) { try await $0.finish() }
        #expect(report.verdict == .fail)
        let delivery = try #require(report.assertion("delivery"))
        #expect(delivery.verdict == .fail && delivery.count("lost") > 0, "\(delivery)")
        let example = try #require(delivery.examples.first { $0.kind == "lost" })
        #expect(example.message.hasPrefix("producer.") && !example.path.isEmpty, "\(example)")
    }

    @Test func callsAndInvocationsAnswer() async throws {
        let topology = Topology("objects", seed: 1) {
            Service("Calc") {
                Method(
                    "add", request: ["a": "int64", "b": "int64"], response: ["sum": "int64"],
                    handler: "return { sum = request.a + request.b }")
            }
            ObjectType("Counter", state: ["n": 0], instances: [Instance("c", host: "host-1")]) {
                ObjectMethod(
                    "add", params: ["by": "int64"], returns: "int64",
                    handler: "self.n = self.n + params.by\nreturn self.n")
            }
            Node("server") { Serve("Calc") }
            Node("directory") { Directory() }
            Node("host", replicas: 2) { Host("Counter") }
            Assert(.singleOwner())
        }
        try await withCluster(topology, orch: OrchBinary.path) { cluster in
            #expect(try await cluster.call("Calc.add", #"{"a": 1, "b": 2}"#).contains("3"))
            #expect(try await cluster.invoke("c", "add", #"{"by": 5}"#).contains("5"))
            try await cluster.migrate("c", to: "host-2")
            #expect(try await cluster.invoke("c", "add", #"{"by": 2}"#).contains("7"))
            let failure = await #expect(throws: OrchFailure.self) { try await cluster.call("Calc.mul") }
            #expect(failure?.output.contains("mul") == true)
            #expect(try await cluster.finish().verdict == .pass)
        }
    }

    // MARK: Ends

    @Test func nothingIsLeftAfterAThrow() async throws {
        let pids = Mutex<[Int32]>([])
        await #expect(throws: Stop.self) {
            try await withCluster(Self.stream, orch: OrchBinary.path) { cluster in
                let found = try await self.processes(cluster)
                pids.withLock { $0 = found }
                throw Stop()
            }
        }
        let found = pids.withLock { $0 }
        #expect(found.count == 4)
        #expect(found.filter(Processes.isAlive).isEmpty)
    }

    /// As a time limit of Swift Testing does it: the task is cancelled, wherever it is.
    @Test func nothingIsLeftAfterACancellation() async throws {
        let pids = AsyncStream.makeStream(of: [Int32].self)
        let test = Task {
            try await withCluster(Self.stream, orch: OrchBinary.path) { cluster in
                pids.continuation.yield(try await self.processes(cluster))
                try await cluster.wait(within: .seconds(60)) { _ in false }
            }
        }
        var found: [Int32] = []
        for await pids in pids.stream {
            found = pids
            break
        }
        #expect(found.count == 4)
        test.cancel()
        await #expect(throws: CancellationError.self) { try await test.value }
        #expect(found.filter(Processes.isAlive).isEmpty)
    }

    /// A node that is never ready: the cancellation comes while it starts.
    @Test func aStartIsCancelledToo() async throws {
        let folder = OrchBinary().folder
        let slow = Topology("slow") {
            Node("program") {
                Command(["sh", "-c", "echo $$$$ > \(folder)/pid; exec sleep 600"], ready: .log("never"))
            }
        }
        let test = Task {
            try await withCluster(slow, orch: OrchBinary.path) { _ in Issue.record("it is not ready") }
        }
        var pid: Int32?
        try await Eventually.holds("the program runs") {
            let text = (try? String(contentsOfFile: "\(folder)/pid", encoding: .utf8)) ?? ""
            pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
            return pid != nil
        }
        test.cancel()
        await #expect(throws: CancellationError.self) { try await test.value }
        #expect(!Processes.isAlive(try #require(pid)))
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: What is wrong

    @Test func aBadTopologySaysWhereAndStartsNothing() async throws {
        let broken = Topology("broken") { Node("p") { Publish(to: "nowhere", count: 1) } }
        let failure = await #expect(throws: OrchFailure.self) {
            try await withCluster(broken, orch: OrchBinary.path) { _ in }
        }
        #expect(failure?.code == 65)
        #expect(failure?.output.contains("nowhere") == true, "\(String(describing: failure))")
    }

    @Test func relativePathsStartAtTheFolder() async throws {
        let orch = OrchBinary()
        orch.write("echo here", to: "hello.sh")
        let topology = Topology("programs", params: ["word": ["a", "b"]]) {
            Node("program") { Command(["sh", "hello.sh"], ready: .log("here")) }
            Node("other") { Command(["sh", "-c", "echo ${word}; exec sleep 600"], ready: .log("c")) }
            Assert(.node("program", state: "exited"))
        }
        try await withCluster(topology, in: orch.folder, params: ["word": "c"], orch: OrchBinary.path) { cluster in
            let here = try await cluster.log(of: "program")
            let word = try await cluster.log(of: "other")
            #expect(here == ["here"] && word == ["c"])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: orch.folder) == ["hello.sh"])
        orch.remove()
    }
}
