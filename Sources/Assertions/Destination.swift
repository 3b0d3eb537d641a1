import ClusterModel

/// Where messages are owed: a queue with its consumers, or one replica with an anonymous queue.
struct Destination: Sendable {
    /// `subscriber-1`, `queue:tasks`.
    var label: String
    var queues: [Int32]
    /// The file declares it; a destination that was only seen on the wire is left out where nothing was owed to it.
    var declared: Bool
    /// Nobody ever consumed from it: what is found in it at the end counts as its deliveries.
    var isUnattended = false
    /// Names by which the orchestrator may call it undrained.
    var aliases: [String]
}

extension Ledger {
    /// The destinations that `to:` names: a node (all replicas), one replica, `queue:NAME`, or all that consume.
    func destinations(_ to: String?, in topology: Topology) -> [Destination] {
        guard let to else {
            var all: [Destination] = []
            for node in topology.nodes where node.command != nil || !node.consume.isEmpty {
                for one in destinations(of: node, only: nil) where !all.contains(where: { $0.label == one.label }) {
                    all.append(one)
                }
            }
            return all
        }
        if to.hasPrefix("queue:") { return destinations(queue: String(to.dropFirst("queue:".count))) }
        if let node = topology.node(named: to) { return destinations(of: node, only: nil) }
        if let node = topology.nodes.first(where: { $0.instances.contains(to) }) {
            return destinations(of: node, only: to)
        }
        return []
    }

    private func destinations(queue name: String) -> [Destination] {
        let keys = queues.values.filter { $0.name == name }
        return keys.map { key in
            let number = queues.known(key) ?? -1
            return Destination(
                label: keys.count == 1 ? "queue:\(name)" : "queue:\(name) on \(key.broker)", queues: [number],
                declared: true, isUnattended: consumers[number]?.isEmpty ?? true, aliases: [name, "queue:\(name)"])
        }
    }

    private func destinations(of node: Node, only replica: String?) -> [Destination] {
        let replicas = node.instances.filter { replica == nil || $0 == replica }
        return node.command == nil ? declared(node, replicas) : seen(node, replicas)
    }

    private func declared(_ node: Node, _ replicas: [String]) -> [Destination] {
        var found: [Destination] = []
        for name in Set(node.consume.compactMap(\.queue)).sorted() {
            let broker = node.consume.first { $0.queue == name }?.broker ?? ""
            let number = queues.known(QueueKey(broker: broker, name: name))
            found.append(
                Destination(
                    label: "queue:\(name)", queues: number.map { [$0] } ?? [], declared: true,
                    aliases: [name, "queue:\(name)", node.name]))
        }
        let roles = node.consume.filter { $0.queue == nil }
        guard !roles.isEmpty else { return found }
        for process in replicas {
            let own = anonymousQueues(of: process)
            if roles.count == 1 {
                found.append(
                    Destination(
                        label: process, queues: own, declared: true, aliases: aliases(process, own) + [node.name]))
                continue
            }
            // Several anonymous queues are told apart by what they are bound to; where that is the same, each queue is
            // a destination of its own.
            if Set(roles.map { Set($0.bindings) }).count < roles.count {
                found += own.map {
                    Destination(
                        label: "\(process) (\(queues[$0].name))", queues: [$0], declared: true,
                        aliases: aliases(process, [$0]) + [node.name])
                }
                continue
            }
            for (index, role) in roles.enumerated() {
                let wanted = Set(role.bindings.map { BindingPlace(source: $0.exchange, key: $0.key) })
                let fitting = own.filter { oracle.bindingPlaces(of: queues[$0]) == wanted }
                found.append(
                    Destination(
                        label: "\(process)#\(index + 1)", queues: fitting, declared: true,
                        aliases: aliases(process, fitting) + [node.name]))
            }
        }
        return found
    }

    /// A user's program: the queues that its links saw it consume from.
    private func seen(_ node: Node, _ replicas: [String]) -> [Destination] {
        let processes = replicas.compactMap { self.processes.known($0) }
        var found: [Destination] = []
        for (number, users) in consumers.sorted(by: { $0.key < $1.key }) {
            guard let process = users.first(where: { processes.contains($0) }) else { continue }
            let name = queues[number].name
            let only = consumers.values.filter { $0.contains(process) }.count == 1
            let label =
                anonymous.contains(number)
                ? self.processes[process] + (only ? "" : " (\(name))") : "queue:\(name)"
            found.append(
                Destination(
                    label: label, queues: [number], declared: false,
                    aliases: [name, "queue:\(name)", node.name, self.processes[process]]))
        }
        return found
    }

    private func anonymousQueues(of process: String) -> [Int32] {
        guard let number = processes.known(process) else { return [] }
        return anonymous.filter { consumers[$0]?.contains(number) == true }.sorted()
    }

    private func aliases(_ process: String, _ own: [Int32]) -> [String] {
        [process] + own.flatMap { [queues[$0].name, "queue:\(queues[$0].name)"] }
    }

    /// Which processes `from:` names, by number; `nil` for all.
    func publishers(_ from: String?, in topology: Topology) -> Set<Int32>? {
        guard let from else { return nil }
        let names = topology.node(named: from)?.instances ?? [from]
        return Set(names.compactMap { processes.known($0) })
    }
}

/// Where a binding comes from, without what it is bound with.
struct BindingPlace: Hashable, Sendable {
    var source: String
    var key: String
}
