import ClusterModel
import Testing

@testable import FaultInjection

@Suite struct FaultInjectorTests {
    private static let identity = LinkIdentity(client: "a", server: "b")

    /// Faults reach one link for each pair: whoever asks for it at the same time gets the same one.
    @Test func whoAsksAtTheSameTimeGetsTheSameLink() async throws {
        let bench = try LinkBench()
        let injector = bench.injector(Topology(name: "test"))
        let ports = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await injector.link(Self.identity).port } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(ports.count == 1 && ports.first == injector.port(from: "a", to: "b"))
        let datagramPorts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await injector.datagramLink(Self.identity).port } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(datagramPorts.count == 1)
        await bench.close(injector)
    }
}
