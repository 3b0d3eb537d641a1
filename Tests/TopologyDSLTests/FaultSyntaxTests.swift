import ClusterModel
import Testing

@testable import TopologyDSL

/// Faults as they are typed in a shell.
@Suite struct FaultSyntaxTests {
    private let topology: Topology
    init() throws { topology = try TopologyFile.load(text: DiagnosticTests.cluster, path: "t.yaml").get() }

    @Test func reads() throws {
        let drop = try FaultSyntax.parse(
            words: ["drop", "30%"], link: "worker <- broker", only: ["deliver", "key=a.#", "first=3"], for: "2s",
            settle: "never", name: "mine", topology: topology)
        #expect(
            drop
                == FaultSpec(
                    .drop(Share(0.3)), link: .oneWay(.named("broker"), .named("worker")),
                    only: FaultFilter(kinds: [.deliver], key: "a.#", first: 3), for: .seconds(2), settle: nil,
                    name: "mine"))
        #expect(drop.text == "drop 30% only deliver key=a.# first=3")
        let kill = try FaultSyntax.parse(words: ["kill", "1", "of", "worker"], signal: "SIGTERM", topology: topology)
        #expect(kill.fault == .kill(.count(1, of: "worker"), signal: "TERM"))
        #expect(try FaultSyntax.parse(words: ["kill 1 of worker"], topology: topology).fault.text == "kill 1 of worker")
        #expect(try FaultSyntax.parse(words: ["reset"], topology: topology).fault == .reset)
        #expect(
            try FaultSyntax.parse(words: ["delay", "20ms..80ms"], chance: "50%", topology: topology).fault
                == .delay(.milliseconds(50), jitter: .milliseconds(30), Share(0.5)))
        #expect(
            try FaultSyntax.parse(words: ["latency", "10ms"], jitter: "2ms", topology: topology).fault
                == .latency(.milliseconds(10), jitter: .milliseconds(2)))
        #expect(
            try FaultSyntax.parse(words: ["drop", "1%"], only: ["ack,confirm"], topology: topology).only.kinds
                == [.ack, .confirm])
    }

    /// The same text seeds the same dice, whichever way it came.
    @Test func isTheSameAsInAFile() throws {
        let file = try TopologyFile.load(
            text: "faults: [{ drop: 0.3, link: producer -> broker, only: publish }]\n" + DiagnosticTests.cluster,
            path: "t"
        ).get()
        var typed = try FaultSyntax.parse(
            words: ["drop", "30%"], link: "producer -> broker", only: ["publish"], topology: topology)
        typed.location = file.faults[0].location
        #expect(file.faults == [typed])
    }

    @Test(
        arguments: [
            (
                [],
                "expected a fault: drop, duplicate, delay, reorder, corrupt, latency, reset, blackhole, kill, pause or restart"
            ),
            (["dorp", "3%"], "unknown fault 'dorp', did you mean 'drop'?"),
            (["limit", "3%"], "'limit' is not supported by this version of orch"),
            (["drop"], "expected a share such as 30% or 0.3, found nothing"),
            (["drop", "30"], "30 is outside of 0 to 1, did you mean 30%?"),
            (["kill", "nobody"], "there is no node 'nobody'"),
            (["reset", "now"], "expected true or false, found 'now'"),
        ] as [([String], String)]) func refuses(_ words: [String], _ message: String)
    {
        #expect {
            try FaultSyntax.parse(words: words, topology: topology)
        } throws: { error in
            let error = error as? OrchError
            return error?.message == message && error?.code == .usage && error?.location == nil
        }
    }

    @Test func reportsEverythingAtOnce() {
        #expect {
            try FaultSyntax.parse(words: ["drop", "30%"], link: "a", only: ["ak"], for: "2", topology: topology)
        } throws: { error in
            (error as? OrchError)?.message.split(separator: "\n").count == 3
        }
        #expect {
            try FaultSyntax.parse(words: ["drop", "30%"], link: "producer -> worker", topology: topology)
        } throws: { error in
            (error as? OrchError)?.advice == "the links are producer <-> broker, worker <-> broker"
        }
        #expect {
            try FaultSyntax.parse(words: ["duplicate", "30%"], only: ["ack"], topology: topology)
        } throws: { error in
            (error as? OrchError)?.message.contains("is against AMQP") == true
        }
    }
}
