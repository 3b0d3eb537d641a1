/// Who does not reach whom while a partition is on. It is a function of the topology, the seed and the fault's text, and
/// of nothing else, so that whoever judges a run can say which pairs were cut.
package struct Cut: Sendable, Hashable {
    private enum Shape: Sendable, Hashable {
        /// The parts that each name is in. A name in none talks to everybody.
        case parts([String: Set<Int>])
        case oneWay(from: Set<String>, to: Set<String>)
        /// Each is alone; programs outside do not reach it either.
        case isolated(Set<String>)
        /// Those of the ring that each reaches; who is no key talks to everybody.
        case ring([String: Set<String>])
    }

    private let shape: Shape

    /// Whether nothing of what the one sends reaches the other.
    package func cuts(_ from: String, _ to: String) -> Bool {
        guard from != to else { return false }
        switch shape {
        case .parts(let parts):
            guard let mine = parts[from], let theirs = parts[to] else { return false }
            return mine.isDisjoint(with: theirs)
        case .oneWay(let senders, let receivers): return senders.contains(from) && receivers.contains(to)
        case .isolated(let names): return names.contains(from) || names.contains(to)
        case .ring(let reached):
            guard let mine = reached[from], reached[to] != nil else { return false }
            return !mine.contains(to)
        }
    }

    /// Cut directions among these names, as `a>b`, in their order.
    /// - Returns: nothing where there are more than `limit`.
    package func pairs(among names: [String], limit: Int = 4_096) -> [String] {
        var pairs: [String] = []
        for from in names {
            for to in names where cuts(from, to) {
                guard pairs.count < limit else { return [] }
                pairs.append("\(from)>\(to)")
            }
        }
        return pairs
    }

    fileprivate init(parts: [[String]]) {
        var places: [String: Set<Int>] = [:]
        for (index, part) in parts.enumerated() {
            for name in part { places[name, default: []].insert(index) }
        }
        shape = .parts(places)
    }

    fileprivate init(from senders: [String], to receivers: [String]) {
        shape = .oneWay(from: Set(senders), to: Set(receivers))
    }

    fileprivate init(isolated names: [String]) { shape = .isolated(Set(names)) }

    /// Everybody reaches `count / 2` others: the nearest on both sides of the ring and, where that number is odd, the one
    /// opposite. Of an odd number of members not all can have an odd number of partners, so that then one has one more.
    fileprivate init(ring names: [String]) {
        let count = names.count
        var reached = Dictionary(names.map { ($0, Set([$0])) }) { first, _ in first }
        func connect(_ a: Int, _ b: Int) {
            reached[names[a % count]]?.insert(names[b % count])
            reached[names[b % count]]?.insert(names[a % count])
        }
        let partners = count / 2
        for place in 0..<count {
            for step in 0..<(partners / 2) { connect(place, place + step + 1) }
        }
        if partners % 2 == 1 {
            let opposite = count / 2
            for place in 0..<opposite { connect(place, place + opposite) }
            if count % 2 == 1 { connect(count - 1, opposite - 1) }
        }
        shape = .ring(reached)
    }
}

extension Topology {
    /// What a partition cuts.
    /// - Parameter words: the fault's text (`FaultSpec.text`): it and the seed draw halves, bridges and rings.
    package func cut(for partition: Partition, seed: UInt64, words: String) -> Cut {
        func names(_ selector: NodeSelector) -> [String] {
            if case .named(NodeLink.outside) = selector { return [NodeLink.outside] }
            return instances(selector, seed: seed, for: words)
        }
        func shuffled(_ selector: NodeSelector) -> [String] {
            var generator = SeededGenerator(seed: seed, "partition", words)
            return names(selector).shuffled(using: &generator)
        }
        switch partition {
        case .parts(let parts): return Cut(parts: parts.map { $0.flatMap(names) })
        case .oneWay(let from, let to): return Cut(from: from.flatMap(names), to: to.flatMap(names))
        case .halves(let nodes):
            let all = shuffled(nodes)
            let larger = (all.count + 1) / 2
            return Cut(parts: [Array(all.prefix(larger)), Array(all.dropFirst(larger))])
        case .isolate(let nodes): return Cut(isolated: names(nodes))
        case .bridge(let nodes):
            let all = shuffled(nodes)
            let bridge = all.prefix(1)
            let rest = all.dropFirst()
            let larger = (rest.count + 1) / 2
            return Cut(parts: [Array(bridge + rest.prefix(larger)), Array(bridge + rest.dropFirst(larger))])
        case .majorityRing(let nodes): return Cut(ring: shuffled(nodes))
        }
    }

    /// Cut directions among the processes and the programs outside, as `a>b`; nothing where there are more than 4,096.
    package func cutPairs(_ cut: Cut) -> [String] { cut.pairs(among: nodes.flatMap(\.instances) + [NodeLink.outside]) }
}
