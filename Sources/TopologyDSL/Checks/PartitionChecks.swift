import ClusterModel

extension Checker {
    /// Whether a partition's processes are there, whether its parts share none, and whether it cuts anything.
    func check(_ partition: Partition, _ path: Path) {
        let path = path / "partition"
        switch partition {
        case .parts(let parts):
            checkParts(parts, parts.indices.map { path / $0 })
        case .oneWay(let from, let to):
            checkParts([from, to], [path / "from", path / "to"])
        case .halves(let nodes): check(nodes, path / "halves", "two halves", atLeast: 2)
        case .isolate(let nodes):
            guard let processes = processes(nodes, at: reading.place(path / "isolate")) else { return }
            let others = Set(topology.nodes.flatMap(\.instances))
            warnIfNothingTalks(between: processes, and: others, path)
        case .bridge(let nodes): check(nodes, path / "bridge", "two halves and a bridge", atLeast: 3)
        case .majorityRing(let nodes): check(nodes, path / "majority-ring", "a ring of majorities", atLeast: 3)
        }
    }

    private func check(_ selector: NodeSelector, _ path: Path, _ what: String, atLeast least: Int) {
        let span = reading.place(path)
        guard let processes = processes(selector, at: span) else { return }
        let count = topology.instances(selector, seed: 0, for: "").count
        guard count >= least else {
            return reading.error(
                "\(selector): \(what) of \(count == 1 ? "1 process" : "\(count) processes"), expected at least \(least)",
                at: span)
        }
        warnIfNothingTalks(between: processes, and: processes, Path(Array(path.parts.dropLast())))
    }

    private func checkParts(_ parts: [[NodeSelector]], _ paths: [Path]) {
        var pools: [Set<String>] = []
        for (part, path) in zip(parts, paths) {
            var pool: Set<String> = []
            for (index, selector) in part.enumerated() {
                guard let processes = processes(selector, at: reading.place(path / index)) else { return }
                pool.formUnion(processes)
            }
            guard !pool.isEmpty || reading.isBroken(["nodes"]) else {
                return reading.error("a part without a process", at: reading.place(path))
            }
            for (number, other) in pools.enumerated() {
                guard let shared = pool.intersection(other).min() else { continue }
                let isCertain = (part + parts[number]).allSatisfy { selector in
                    switch selector {
                    case .named, .label: true
                    case .count, .share: false
                    }
                }
                return reading.error(
                    "'\(shared)' \(isCertain ? "is" : "could be drawn") in two parts: expected parts that share no process",
                    at: reading.place(path), advice: isCertain ? nil : "for two halves of one node: { halves: NAME }")
            }
            pools.append(pool)
        }
        let cuts = pools.indices.contains { a in
            pools.indices.contains { b in a < b && talk(pools[a], pools[b]) }
        }
        if !cuts { warnOfSilence(Path(Array(paths[0].parts.dropLast()))) }
    }

    /// All that a choice is made from; `nil` after an error.
    private func processes(_ selector: NodeSelector, at span: Span) -> Set<String>? {
        if selector == .named(NodeLink.outside) {
            reading.error(
                "'outside' stands for programs that are not in the cluster: they are on no side", at: span,
                advice: "blackhole, with link: outside -> NAME, cuts them off")
            return nil
        }
        guard let names = nodes(selector, at: span) else { return nil }
        if case .named(let name) = selector { return Set(topology.instances(named: name)) }
        return Set(topology.nodes.filter { names.contains($0.name) }.flatMap(\.instances))
    }

    private func warnIfNothingTalks(between some: Set<String>, and others: Set<String>, _ path: Path) {
        if !talk(some, others) { warnOfSilence(path) }
    }

    private func warnOfSilence(_ path: Path) {
        guard !reading.isBroken(["nodes"]) else { return }
        reading.warning(
            "this partition cuts nothing: no two of its parts talk to each other", at: reading.place(path))
    }

    private func talk(_ some: Set<String>, _ others: Set<String>) -> Bool {
        func talk(_ some: Set<String>, _ others: Set<String>) -> Bool {
            !some.isEmpty && !others.isEmpty && !(some.count == 1 && some == others)
        }
        return topology.links.contains { link in
            let clients = Set(topology.instances(named: link.client))
            let servers = Set(topology.instances(named: link.server))
            return talk(clients.intersection(some), servers.intersection(others))
                || talk(clients.intersection(others), servers.intersection(some))
        }
    }
}
