import ClusterModel
import FaultInjection

/// `kill`, `pause`, `resume`, `stop`, `start`, `restart`.
extension Cluster {
    /// For a process that comes up, or goes on.
    private static let patience = Duration.seconds(30)

    private func chosen(_ nodes: NodeSelector, _ verb: String) -> [String] {
        topology.instances(nodes, seed: options.seed, for: "\(verb) \(nodes)").filter { name in
            if case .external? = topology.node(ofInstance: name)?.broker?.engine { false } else { true }
        }
    }

    /// As the fault of that name, so that reports and assertions know of it.
    func takeDown(_ nodes: NodeSelector, _ signal: String) async -> VerbResult {
        let before = lives.mapValues(\.incarnation)
        let spec = FaultSpec(.kill(nodes, signal: signal))
        let fault = begin(spec, round: round(of: spec))
        await becomesEffective(fault, before)
        await end(fault)
        return VerbResult()
    }

    func pause(_ nodes: NodeSelector) -> VerbResult { start(FaultSpec(.pause(nodes))) }

    func resume(_ nodes: NodeSelector) async -> VerbResult {
        let names = chosen(nodes, "resume")
        // A fault that has struck others too stays on for them.
        for fault in injector.active {
            guard case .pause = fault.spec.fault, let hit = struck[fault.id] else { continue }
            if hit.allSatisfy(names.contains) { await end(fault) }
        }
        for name in names where lives[name]?.state == .paused { resume(name) }
        changed()
        return VerbResult()
    }

    func stop(_ nodes: NodeSelector) async -> VerbResult {
        let names = chosen(nodes, "stop")
        await withTaskGroup(of: Void.self) { group in
            for name in names { group.addTask { await self.stop(name, .stop) } }
        }
        return VerbResult()
    }

    func start(_ nodes: NodeSelector) async -> VerbResult {
        let names = chosen(nodes, "start")
        // One that is about to come back by itself is waited for.
        for name in names where lives[name]?.isAlive == false && lives[name]?.state != .restarting { restart(name) }
        return await areUp(names)
    }

    func restart(_ nodes: NodeSelector) async -> VerbResult {
        let spec = FaultSpec(.restart(nodes))
        let names = topology.instances(nodes, seed: options.seed, for: spec.text)
        let before = lives.mapValues(\.incarnation)
        let fault = begin(spec, round: round(of: spec))
        let hit = (struck[fault.id] ?? names).filter { before[$0] != nil }
        await end(fault)
        for name in hit where lives[name]?.isAlive == false && lives[name]?.state != .restarting { restart(name) }
        _ = await wait(for: Self.patience) {
            self.phase != .running || hit.allSatisfy { self.lives[$0]?.incarnation != before[$0] }
        }
        return await areUp(hit)
    }

    /// Waits until they are at work, or have been.
    private func areUp(_ names: [String]) async -> VerbResult {
        func isUp(_ name: String) -> Bool { isReady(name) && lives[name]?.state != .restarting }
        let areUp = await wait(for: Self.patience) { self.phase != .running || names.allSatisfy(isUp) }
        if areUp { return VerbResult() }
        let late = names.filter { !isUp($0) }.map { "\($0) is \(lives[$0]?.state.rawValue ?? "unknown")" }
        return .failed("not up within \(Self.patience.text): \(late.joined(separator: ", "))")
    }
}
