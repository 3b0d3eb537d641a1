import ClusterModel
import Testing

@testable import TopologyDSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The repository's root, links followed.
let repository: String = {
    guard let path = realpath(#filePath, nil) else { return "." }
    defer { free(path) }
    return "/" + String(cString: path).split(separator: "/").dropLast(3).joined(separator: "/")
}()

func contents(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { return }
    defer { fclose(file) }
    fputs(text, file)
}

/// Whether the generated files of the repository are to be written anew: `ORCH_UPDATE=1 swift test`.
let isUpdating = getenv("ORCH_UPDATE") != nil

@Suite struct BundledTests {
    static let names = [
        "auto-ack-loses", "durable-restart", "headers", "lossy-publisher", "objects-account", "pubsub", "routing",
        "rpc-crash",
        "rpc-over-queue", "rpc-python", "rpc-replicas", "rpc-semantics", "rpc-streams", "rpc-suma", "topics",
        "user-program", "work-queue",
    ]

    @Test func allAreThere() {
        let found = Set(TopologyFile.bundled(in: repository + "/Topologies"))
        #expect(found.isSuperset(of: Self.names))
    }

    @Test(arguments: names) func readsWithoutAWord(_ name: String) throws {
        let path = "\(repository)/Topologies/\(name).yaml"
        let loaded = TopologyFile.load(path: path)
        #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics.rendered())")
        let topology = try loaded.get()
        #expect(topology.name == name)
        #expect(!topology.assertions.isEmpty)
        let lines = contents(of: path).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "# yaml-language-server: $schema=topology.schema.json")
        #expect(lines.dropFirst().prefix(20).contains { $0.hasPrefix("# What it teaches:") })
        #expect(lines.allSatisfy { $0.count <= 120 })
    }

    @Test func pubsubSaysWhatItShows() throws {
        let topology = try TopologyFile.load(path: repository + "/Topologies/pubsub.yaml").get()
        #expect(topology.seed == 7)
        #expect(
            topology.exchanges == [
                Exchange(name: "logs", kind: .fanout, location: topology.exchanges[0].location)
            ])
        #expect(topology.nodes.map(\.name) == ["broker", "producer", "subscriber"])
        #expect(topology.node(named: "subscriber")?.instances == ["subscriber-1", "subscriber-2", "subscriber-3"])
        #expect(topology.node(named: "subscriber")?.consume == [ConsumeRole(bindings: [Binding(exchange: "logs")])])
        #expect(
            topology.node(named: "producer")?.publish == [
                PublishRole(
                    exchange: "logs", body: "line $(seq)", count: 1_000, rate: Rate(perSecond: 2_000),
                    confirm: .init(timeout: .seconds(1), attempts: 10))
            ])
        #expect(topology.node(named: "broker")?.location.line == 16)
        let fault = try #require(topology.faults.first)
        #expect(fault.fault == .drop(Share(0.3)))
        #expect(fault.link == .oneWay(.named("producer"), .named("broker")))
        #expect(fault.at == .milliseconds(100))
        #expect(fault.duration == .milliseconds(200))
        #expect(fault.settle == .milliseconds(50))
        #expect(fault.location.line == 27)
        #expect(
            topology.assertions.map(\.assertion) == [
                .delivery(.atLeastOnce, from: "producer", to: "subscriber", of: .acknowledged)
            ])
        #expect(topology.links.map(\.description) == ["producer <-> broker", "subscriber <-> broker"])
    }

    /// `ORCH_UPDATE=1 swift test --filter BundledTests` writes it.
    @Test func committedSchemaIsTheGeneratedOne() {
        let path = repository + "/Topologies/topology.schema.json"
        if isUpdating { write(TopologySchema.json(), to: path) }
        #expect(contents(of: path) == TopologySchema.json())
    }
}
