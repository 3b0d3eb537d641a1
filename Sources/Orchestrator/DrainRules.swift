import ClusterModel
import Control

/// What feeds and peers still have on their way, by what their processes say.
struct DrainRules {
    private let topology: Topology

    init(_ topology: Topology) { self.topology = topology }

    /// Watchers that have not shown all that their feed holds, and groups whose members do not all have the same
    /// broadcasts.
    /// - Parameters:
    ///   - surveys: the answers of the processes that live.
    ///   - silent: those that live and did not answer. What a feed's server holds is then unknown, and so is what its
    ///     watchers still have to see.
    func undrained(_ surveys: [String: Survey], silent: Set<String> = []) -> [String] {
        var names: [String] = []
        for node in topology.nodes {
            for role in node.watch {
                if topology.instances(named: role.to).contains(where: silent.contains) {
                    names += node.instances.filter { surveys[$0] != nil }
                    continue
                }
                let last = topology.instances(named: role.to).compactMap { surveys[$0]?.feeds[role.feed] }.max() ?? 0
                names += node.instances.filter { watcher in
                    surveys[watcher].map { $0.views[role.feed] ?? 0 < last } ?? false
                }
            }
        }
        for group in topology.groups {
            let members = topology.members(of: group.name).compactMap { surveys[$0] }
            let isUneven = Set(members.map { $0.broadcasts[group.name] ?? 0 }).count > 1
            if isUneven || members.contains(where: { $0.unhandled > 0 }) { names.append(group.name) }
            if isToConverge(group.name), Set(members.map { $0.members[group.name] ?? 0 }).count > 1 {
                names.append("the views of \(group.name)")
            }
        }
        return Array(Set(names)).sorted()
    }

    /// Faults have just ended: who asserts that views agree again gives them the time.
    private func isToConverge(_ group: String) -> Bool {
        topology.assertions.contains { if case .converged(group, _) = $0.assertion { true } else { false } }
    }
}

extension Node {
    /// A native process that can say what it has left to do.
    var answersSurveys: Bool {
        command == nil
            && (!consume.isEmpty || !publish.isEmpty || !call.isEmpty || server != nil || !watch.isEmpty
                || !append.isEmpty || peer != nil)
    }
}
