import ClusterModel

/// The whole file.
enum TopLevel {
    static let record = Record<Topology>(
        "the topology", "A message-driven distributed system: what runs, what breaks, and what must hold.",
        allowsExtensions: true, from: Topology(name: "")
    ) {
        Key("name", \.name, .words, default: "the file's name without its extension", "What reports call it.")
        Key("description", \.description, .text, "What it is about, for people.")
        Key(
            "seed", optional: \.seed, Format<UInt64>.seed, default: "drawn, and printed",
            "Every random choice of a run follows from it. `--seed` overrides it.")
        Key("tags", \.tags, .oneOrMany(Format<String>.words), "Words to pick topologies by.")
        Key(
            "drain", \.drain, .duration(), default: "5s",
            "How long the queues that assertions name may take to empty at the end.")
        Key("exchanges", \.exchanges, ExchangeSection.format, "The exchanges, by name.")
        Key("queues", \.queues, QueueSection.format, "The named queues, by name.")
        Key("nodes", \.nodes, NodeSection.format, required: true, "The nodes, by name: one process each, or several.")
        Key("faults", \.faults, FaultSection.format, "What breaks, where and when.")
        Key("assertions", \.assertions, AssertionSection.format, "What must hold at the end.")
        Key<Topology>.later("services", "objects", "feeds", "groups", "params", "scenario", "script")
    }
}
