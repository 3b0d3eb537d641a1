import ClusterModel

/// A case of the benchmark, by its name.
struct Workload {
    let topology: Topology
    private let writer: (EvidenceFolder) throws -> Void

    func write(to folder: EvidenceFolder) throws { try writer(folder) }

    init?(_ name: String, _ count: Int) {
        var messages = MessageHistory(messages: count)
        switch name {
        case "clean": break
        case "faulty": messages.mistakes = MessageHistory.Mistake.allCases
        case "lost": messages.losesAll = true
        case "requeued": messages.requeues = 9
        case "queues":
            messages.queues = 1_000
            messages.batch = 1_000
        default: return nil
        }
        topology = messages.topology
        writer = messages.write
    }
}
