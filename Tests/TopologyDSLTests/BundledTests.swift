import ClusterModel
import Testing
import TopologySamples

@testable import TopologyDSL

@Suite struct BundledTests {
    static let names = TopologyFile.bundled(in: repository + "/Topologies").sorted()

    @Test func theFolderIsRead() { #expect(Self.names.contains("pubsub") && Self.names.count > 30) }

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
