import ClusterModel

/// Where a fault acts, with its selectors resolved once: they may be counts and shares of many processes, and every
/// link and every pair of peers asks.
struct FaultScope: Sendable {
    private enum Reach: Sendable {
        case nothing, everything
        case oneWay(Set<String>, Set<String>)
        case bothWays(Set<String>, Set<String>)
        case cut(Cut)
    }

    private let reach: Reach

    init(_ spec: FaultSpec, topology: Topology, seed: UInt64) {
        func names(_ selector: NodeSelector) -> Set<String> {
            let processes = Set(topology.instances(selector, seed: seed, for: spec.text))
            // `outside` is no process, and a node's name stands for itself.
            if case .named(let name) = selector { return processes.union([name]) }
            return processes
        }
        if case .partition(let partition) = spec.fault {
            reach = .cut(topology.cut(for: partition, seed: seed, words: spec.text))
        } else if spec.fault.level == .process {
            reach = .nothing
        } else {
            reach =
                switch spec.link {
                case nil, .all: .everything
                case .oneWay(let a, let b): .oneWay(names(a), names(b))
                case .bothWays(let a, let b): .bothWays(names(a), names(b))
                }
        }
    }

    /// Whether it includes what the one sends to the other.
    func includes(_ sender: String, _ receiver: String) -> Bool {
        switch reach {
        case .nothing: false
        case .everything: true
        case .oneWay(let a, let b): a.contains(sender) && b.contains(receiver)
        case .bothWays(let a, let b):
            (a.contains(sender) && b.contains(receiver)) || (b.contains(sender) && a.contains(receiver))
        case .cut(let cut): cut.cuts(sender, receiver)
        }
    }
}

/// The faults that are on, in the order of activation, each with where it acts.
struct FaultSet: Sendable {
    private var entries: [(fault: ActiveFault, scope: FaultScope)] = []

    var faults: [ActiveFault] { entries.map(\.fault) }

    mutating func add(_ fault: ActiveFault, _ scope: FaultScope) { entries.append((fault, scope)) }

    mutating func remove(_ id: Int) -> ActiveFault? {
        guard let index = entries.firstIndex(where: { $0.fault.id == id }) else { return nil }
        return entries.remove(at: index).fault
    }

    /// Those on what the one sends to the other.
    func on(_ sender: String, _ receiver: String) -> [ActiveFault] {
        entries.compactMap { $0.scope.includes(sender, receiver) ? $0.fault : nil }
    }

    func on(_ link: LinkIdentity) -> LinkFaults {
        var faults = LinkFaults()
        faults.toServer = on(link.client, link.server)
        faults.toClient = on(link.server, link.client)
        return faults
    }
}

extension Fault {
    /// Nothing passes.
    var isVoid: Bool {
        switch self {
        case .blackhole, .partition: true
        default: false
        }
    }
}
