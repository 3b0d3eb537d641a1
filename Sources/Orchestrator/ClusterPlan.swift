import ClusterModel

/// What a topology comes down to: processes, the links between them, and the order in which they start.
package struct ClusterPlan: Sendable, Codable {
    package struct Instance: Sendable, Codable {
        package var name: String
        package var node: String
        /// From 1.
        package var replica: Int
        /// Instances that must be ready first.
        package var after: [String]
        /// Brokers that it may talk to, each through a link of its own.
        package var brokers: [String]
    }

    package var instances: [Instance]

    package init(_ topology: Topology) {
        instances = topology.nodes.flatMap { node in
            let brokers = node.command == nil ? node.brokersUsed : topology.brokers.map(\.name)
            // Everything needs its brokers, whether or not the file says so.
            let needed = (node.broker == nil ? brokers : []) + node.dependsOn
            let after = needed.flatMap { topology.instances(named: $0) }
            return node.instances.enumerated().map { index, name in
                Instance(
                    name: name, node: node.name, replica: index + 1, after: after.filter { $0 != name },
                    brokers: brokers.flatMap { topology.instances(named: $0) })
            }
        }
    }

    /// Instances in the order in which they can be stopped: who is needed by others comes after them.
    package var stopLayers: [[String]] {
        var rank: [String: Int] = [:]
        func depth(_ name: String, _ seen: Set<String>) -> Int {
            if let known = rank[name] { return known }
            guard !seen.contains(name), let instance = instances.first(where: { $0.name == name }) else { return 0 }
            let value = (instance.after.map { depth($0, seen.union([name])) + 1 }.max()) ?? 0
            rank[name] = value
            return value
        }
        let depths = instances.map { ($0.name, depth($0.name, [])) }
        return Set(depths.map(\.1)).sorted(by: >).map { level in depths.filter { $0.1 == level }.map(\.0) }
    }
}
