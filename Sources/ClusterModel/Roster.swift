extension Topology {
    /// The processes that a selector means, in the order of the file. Counts and shares are seeded choices: the same
    /// seed and words give the same processes.
    /// - Parameter words: what the choice is for, such as the fault's text.
    package func instances(_ selector: NodeSelector, seed: UInt64, for words: String) -> [String] {
        switch selector {
        case .named(let name): return instances(named: name)
        case .label(let label): return nodes.filter { $0.labels.contains(label) }.flatMap(\.instances)
        case .count(let count, let name):
            return choose(count, of: instances(named: name), seed: seed, words)
        case .share(let share, let name):
            let all = instances(named: name)
            // At least one, where a share of something is asked for at all.
            let count = share.fraction > 0 ? max(1, Int((share.fraction * Double(all.count)).rounded())) : 0
            return choose(count, of: all, seed: seed, words)
        }
    }

    /// All processes of a node, or the one process of that name.
    package func instances(named name: String) -> [String] {
        if let node = node(named: name) { return node.instances }
        return nodes.contains { $0.instances.contains(name) } ? [name] : []
    }

    private func choose(_ count: Int, of names: [String], seed: UInt64, _ words: String) -> [String] {
        var generator = SeededGenerator(seed: seed, "choice", words)
        let chosen = Set(names.shuffled(using: &generator).prefix(max(count, 0)))
        return names.filter(chosen.contains)
    }

    /// Whether a fault's link selector includes what `client` sends to `server` (or, `toServer` false, the way back).
    /// - Parameter outside: the name of programs that are not in the cluster.
    package func selects(
        _ selector: LinkSelector?, client: String, server: String, toServer: Bool, seed: UInt64, words: String
    ) -> Bool {
        let (sender, receiver) = toServer ? (client, server) : (server, client)
        func isIn(_ name: String, _ nodes: NodeSelector) -> Bool {
            if case .named(name) = nodes { return true }
            return instances(nodes, seed: seed, for: words).contains(name)
        }
        return switch selector {
        case nil, .all: true
        case .oneWay(let a, let b): isIn(sender, a) && isIn(receiver, b)
        case .bothWays(let a, let b):
            (isIn(sender, a) && isIn(receiver, b)) || (isIn(sender, b) && isIn(receiver, a))
        }
    }
}
