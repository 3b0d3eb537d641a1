import ClusterModel

/// The whole file.
enum TopLevel {
    /// The topology, and what of it is only settled once the rest is known: who serves what, and who calls whom.
    struct Draft: Sendable {
        var topology = Topology(name: "")
        var services: [ServiceSection.Draft] = []
        var objects: [ObjectSection.Draft] = []
        var nodes: [NodeSection.Draft] = []
    }

    static let record = Record<Draft>(
        "the topology", "A message-driven distributed system: what runs, what breaks, and what must hold.",
        allowsExtensions: true, from: Draft()
    ) {
        Key("name", \.topology.name, .words, default: "the file's name without its extension", "What reports call it.")
        Key("description", \.topology.description, .text, "What it is about, for people.")
        Key(
            "seed", optional: \.topology.seed, Format<UInt64>.seed, default: "drawn, and printed",
            "Every random choice of a run follows from it. `--seed` overrides it.")
        Key("tags", \.topology.tags, .oneOrMany(Format<String>.words), "Words to pick topologies by.")
        Key(
            "params", \.topology.params, ParamsSection.format,
            "Values to choose when the file is read: one, or a list whose first is the default. `${NAME}` stands for it."
        )
        Key(
            "drain", \.topology.drain, .duration(), default: "5s",
            "How long the queues that assertions name may take to empty at the end.")
        Key("exchanges", \.topology.exchanges, ExchangeSection.format, "The exchanges, by name.")
        Key("queues", \.topology.queues, QueueSection.format, "The named queues, by name.")
        Key("services", \.services, ServiceSection.format, "The services that nodes serve and call, by name.")
        Key(
            "objects", \.objects, ObjectSection.format, "The types of the objects that nodes host and invoke, by name.")
        Key("feeds", \.topology.feeds, FeedSection.format, "The feeds that nodes serve and watch, by name.")
        Key("groups", \.topology.groups, GroupSection.format, "The groups of peers, by name.")
        Key("nodes", \.nodes, NodeSection.format, required: true, "The nodes, by name: one process each, or several.")
        Key("faults", \.topology.faults, FaultSection.format, "What breaks, where and when.")
        Key("scenario", \.topology.scenario, ScenarioSection.format, "What is done while it runs, and when.")
        Key(
            "script", optional: \.topology.script, ScriptSection.format,
            "A program in Lua that is carried out while it runs: a file's name, from this file's folder, or the text itself after `|`."
        )
        Key("assertions", \.topology.assertions, AssertionSection.format, "What must hold at the end.")
    }
}
