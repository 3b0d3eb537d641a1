import ClusterModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `plan.json`: the topology as it was understood, and what it came down to.
enum PlanFile {
    private struct Content: Encodable {
        var topology: Topology
        var seed: UInt64
        var plan: ClusterPlan
    }

    static func json(_ plan: ClusterPlan, topology: Topology, seed: UInt64) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let content = Content(topology: topology, seed: seed, plan: plan)
        return ((try? encoder.encode(content)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }
}
