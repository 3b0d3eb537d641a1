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

    private func network() throws -> Topology {
        try TopologyFile.load(text: DiagnosticTests.network, path: "t.yaml").get()
    }

    @Test func readsPartitions() throws {
        let topology = try network()
        func partition(_ words: String...) throws -> Partition? {
            let spec = try FaultSyntax.parse(words: ["partition"] + words, topology: topology)
            guard case .partition(let partition) = spec.fault else { return nil }
            // What a report prints may be typed again.
            #expect(try FaultSyntax.parse(words: [spec.fault.text], topology: topology).fault == spec.fault)
            return partition
        }
        #expect(try partition("halves", "peer") == .halves(.named("peer")))
        #expect(try partition("halves", "of", "peer") == .halves(.named("peer")))
        #expect(try partition("isolate", "peer-3") == .isolate(.named("peer-3")))
        #expect(try partition("isolate 1 of peer") == .isolate(.count(1, of: "peer")))
        #expect(try partition("bridge", "peer") == .bridge(.named("peer")))
        #expect(try partition("majority-ring", "peer") == .majorityRing(.named("peer")))
        #expect(
            try partition("peer-1, names | peer-2|server")
                == .parts([[.named("peer-1"), .named("names")], [.named("peer-2")], [.named("server")]]))
        #expect(try partition("peer-1 -> peer-2") == .oneWay(from: [.named("peer-1")], to: [.named("peer-2")]))
        let spec = try FaultSyntax.parse(words: ["partition", "halves", "peer"], for: "2s", topology: topology)
        #expect(spec == FaultSpec(.partition(.halves(.named("peer"))), for: .seconds(2)))
    }

    @Test func readsFaultsOnHTTP() throws {
        let topology = try network()
        let error = try FaultSyntax.parse(
            words: ["error", "20%"], link: "reader -> server", only: ["path=/feeds/*", "method=GET"], status: "500",
            topology: topology)
        #expect(error.text == "error 20% status 500 only method=GET path=/feeds/*")
        #expect(error.fault == .error(Share(0.2), status: 500))
        #expect(
            try FaultSyntax.parse(words: ["error", "1%"], topology: topology).fault == .error(Share(0.01), status: 503))
        #expect(try FaultSyntax.parse(words: ["truncate", "1%"], topology: topology).fault == .truncate(Share(0.01)))
        #expect(
            try FaultSyntax.parse(words: ["drop", "1%"], only: ["event,datagram"], topology: topology).only.kinds
                == [.event, .datagram])
    }

    @Test(
        arguments: [
            (
                ["partition"], nil,
                "expected a partition such as [[a, b], [c]], { halves: worker } or { isolate: worker-2 }, found nothing"
            ),
            (["partition", "halves"], nil, "'halves' of which processes? Expected { halves: NAME }"),
            (["partition", "isolate", "bob"], nil, "there is no node 'bob'"),
            (["partition", "peer-1 | peer-1"], nil, "'peer-1' is in two parts: expected parts that share no process"),
            (["partition", "peer-1 |"], nil, "an empty part: expected at least one process"),
            (["error", "5%"], "200", "expected a whole number from 400 to 599, found 200"),
            (["drop", "5%"], "500", "'status' does not go with drop: it answers no request"),
        ] as [([String], String?, String)]) func refusesOnNetworks(
            _ words: [String], _ status: String?, _ message: String
        )
        throws
    {
        let topology = try network()
        #expect {
            try FaultSyntax.parse(words: words, status: status, topology: topology)
        } throws: { error in (error as? OrchError)?.message == message }
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
                "expected a fault: drop, duplicate, delay, reorder, corrupt, error, truncate, latency, reset, "
                    + "blackhole, partition, kill, pause or restart"
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
