import TopologyText

/// A cluster in Swift: what runs, what breaks and what must hold, as a topology file says it.
///
///     let topology = Topology("pubsub", seed: 7) {
///         Exchange("logs", .fanout)
///         Node("broker") { Broker() }
///         Node("producer") { Publish(to: "logs", count: 1000, confirm: true) }
///         Node("subscriber", replicas: 3) { Consume(bind: ["logs"]) }
///         Fault(.drop(0.3), link: "producer -> broker", at: .milliseconds(100), for: .milliseconds(200))
///         Assert(.delivery(.atLeastOnce), from: "producer", to: "subscriber")
///     }
///
/// What is left out has the default that docs/topology.md gives. Nothing is checked here: `orch validate`, and every
/// command that runs it, says what is wrong, at the line of `yaml`.
public struct Topology: Sendable {
    private var fields = Fields()
    private var sections: [TopologySection]

    /// - Parameters:
    ///   - seed: every random choice of a run follows from it; drawn and printed where it is left out.
    ///   - params: values to choose when it is run, the first of which is the default: `["loss": ["0%", "10%"]]`. In
    ///     templates `${loss}` stands for one.
    ///   - drain: how long the queues that assertions name may take to empty at the end.
    public init(
        _ name: String, description: String? = nil, seed: UInt64? = nil, tags: [String] = [],
        params: KeyValuePairs<String, [String]> = [:], drain: Duration? = nil,
        @PartsBuilder<any TopologyPart> _ parts: () -> [any TopologyPart]
    ) {
        fields.text("name", name)
        fields.text("description", description)
        fields.put("seed", seed.map { .word("\($0)") })
        fields.texts("tags", tags)
        if !params.isEmpty {
            fields.put("params", .mapping(params.map { .init($0, .oneOrMany($1.map { .text($0) })) }))
        }
        fields.time("drain", drain)
        sections = parts().map(\.section)
    }

    /// The text of a topology file.
    public var yaml: String {
        var document = TopologyDocument()
        document.sections = fields.entries
        for name in Self.order + sections.map(\.name).filter({ !Self.order.contains($0) }) {
            let members = sections.filter { $0.name == name }
            guard !members.isEmpty, !document.sections.contains(where: { $0.key == name }) else { continue }
            if name == "script", let script = members.last {
                document.sections.append(.init(name, script.value))
                continue
            }
            let entries = members.compactMap { part in part.key.map { TopologyValue.Entry($0, part.value) } }
            document.sections.append(
                .init(name, entries.count == members.count ? .mapping(entries) : .list(members.map(\.value))))
        }
        return TopologyWriter.text(document)
    }

    private static let order = [
        "exchanges", "queues", "services", "objects", "feeds", "groups", "nodes", "faults", "scenario", "script",
        "assertions",
    ]
}

/// What stands at the top level of a topology: exchanges, queues, services, nodes, faults, assertions and the like.
public protocol TopologyPart: Sendable {
    var section: TopologySection { get }
}

/// An entry of a section of the file.
public struct TopologySection: Sendable {
    let name: String
    /// `nil` in a section that is a list.
    let key: String?
    let value: TopologyValue

    init(_ name: String, _ key: String?, _ fields: Fields) {
        self.init(name, key, .mapping(fields.entries))
    }

    init(_ name: String, _ key: String?, _ value: TopologyValue) {
        self.name = name
        self.key = key
        self.value = value
    }
}

/// What a node does.
public protocol NodePart: Sendable {
    var role: NodeRole { get }
}

/// A key of a node; several of one kind become a list.
public struct NodeRole: Sendable {
    let key: String
    let value: TopologyValue
}

/// YAML for what this library has no words for. At the top level it is an entry of a section, in a node one of its keys:
///
///     Raw("services", "Calculator", "{ proto: calculator.proto }")
///     Raw("faults", "{ drop: 30%, link: a -> b }")
///     Node("proxy") { Raw("protocol", "http") }
public struct Raw: TopologyPart, NodePart {
    public let section: TopologySection
    public let role: NodeRole

    /// - Parameters:
    ///   - name: the section, or the node's key.
    ///   - entry: the entry's name in a section that is a mapping.
    ///   - yaml: its value; several lines as they would stand at the left margin.
    public init(_ name: String, _ entry: String, _ yaml: String) { self.init(name, entry: entry, yaml) }

    /// An entry of a section that is a list, or a key of a node.
    public init(_ name: String, _ yaml: String) { self.init(name, entry: nil, yaml) }

    private init(_ name: String, entry: String?, _ yaml: String) {
        section = TopologySection(name, entry, .raw(yaml))
        role = NodeRole(key: name, value: .raw(yaml))
    }
}

/// Collects what stands in braces; `if`, `for` and the like work in it.
@resultBuilder
public enum PartsBuilder<Part> {
    public static func buildExpression(_ part: Part) -> [Part] { [part] }
    public static func buildBlock(_ parts: [Part]...) -> [Part] { parts.flatMap { $0 } }
    public static func buildOptional(_ parts: [Part]?) -> [Part] { parts ?? [] }
    public static func buildEither(first parts: [Part]) -> [Part] { parts }
    public static func buildEither(second parts: [Part]) -> [Part] { parts }
    public static func buildArray(_ parts: [[Part]]) -> [Part] { parts.flatMap { $0 } }
}
