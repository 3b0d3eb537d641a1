import ClusterModel

extension Checker {
    func checkDependencies() {
        let names = topology.nodes.map(\.name)
        let known = Set(names)
        for node in topology.nodes {
            for (index, name) in node.dependsOn.enumerated() {
                let span = reading.place(["nodes", node.name, "depends_on"] / index)
                if name == node.name {
                    reading.error("'\(name)' depends on itself", at: span)
                } else if !known.contains(name) {
                    if let whole = topology.node(ofInstance: name) {
                        reading.error(
                            "'\(name)' is one replica: expected a node, did you mean '\(whole.name)'?", at: span)
                    } else {
                        missing("node", name, among: names, at: span)
                    }
                }
            }
        }
        for cycle in cycles() {
            guard let first = cycle.first, let node = topology.node(named: first), cycle.count > 1 else { continue }
            let index = node.dependsOn.firstIndex(of: cycle[1]) ?? 0
            reading.error(
                "these nodes wait for each other: \((cycle + [first]).joined(separator: " -> "))",
                at: reading.place(["nodes", first, "depends_on"] / index))
        }
    }

    /// Each cycle once, from the node that comes first in the file. Without recursion, however long the chain.
    private func cycles() -> [[String]] {
        let nodes = Dictionary(topology.nodes.map { ($0.name, $0.dependsOn) }) { first, _ in first }
        var done: Set<String> = []
        var found: [[String]] = []
        for start in topology.nodes.map(\.name) where !done.contains(start) {
            var path: [(name: String, next: Int)] = [(start, 0)]
            var onPath = [start: 0]
            while let (name, next) = path.last {
                guard let dependencies = nodes[name], next < dependencies.count else {
                    path.removeLast()
                    onPath[name] = nil
                    done.insert(name)
                    continue
                }
                path[path.count - 1].next += 1
                let dependency = dependencies[next]
                if let position = onPath[dependency] {
                    found.append(path[position...].map(\.name))
                } else if !done.contains(dependency), nodes[dependency] != nil {
                    onPath[dependency] = path.count
                    path.append((dependency, 0))
                }
            }
        }
        return found
    }
}
