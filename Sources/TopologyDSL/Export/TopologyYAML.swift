import ClusterModel
import TopologyText

/// A topology as the text of a file: the normal form. What has its default is left out, and what can be said shortly is
/// said so. Reading the text gives the same topology again, but for the places in the file.
///
/// To add a section: a function that gives its value, and a line in `document`.
package struct TopologyYAML {
    let topology: Topology

    package static func text(_ topology: Topology) -> String { TopologyWriter.text(document(topology)) }

    /// The same before it is written, for other forms of it.
    package static func document(_ topology: Topology) -> TopologyDocument {
        let yaml = TopologyYAML(topology: topology)
        var fields = Fields()
        fields.text("name", topology.name)
        fields.text("description", topology.description, unless: "")
        fields.put("seed", topology.seed.map { .word("\($0)") })
        fields.put("tags", names(topology.tags))
        fields.put("params", params(topology.params))
        fields.put("drain", topology.drain, unless: .seconds(5))
        fields.put("exchanges", named(topology.exchanges, \.name, yaml.exchange))
        fields.put("queues", named(topology.queues, \.name, yaml.queue))
        fields.put("services", named(topology.services, \.name, yaml.service))
        fields.put("objects", named(topology.objects, \.name, yaml.objectType))
        fields.put("feeds", named(topology.feeds, \.name, yaml.feed))
        fields.put("groups", named(topology.groups, \.name, yaml.group))
        fields.put("nodes", named(topology.nodes, \.name, yaml.node))
        fields.put("faults", list(topology.faults.map(yaml.fault)))
        fields.put("scenario", list(topology.scenario.map(yaml.step)))
        fields.put("script", topology.script.map { .block($0.source.contains("\n") ? $0.source : $0.source + "\n") })
        fields.put("assertions", list(topology.assertions.map(yaml.assertion)))
        var document = TopologyDocument()
        document.sections = fields.entries
        return document
    }

    /// The broker that need not be named.
    var onlyBroker: String? { topology.brokers.count == 1 ? topology.brokers[0].name : nil }

    /// A broker's name, where it has to be given.
    func brokerName(_ name: String) -> TopologyValue? { name == onlyBroker || name.isEmpty ? nil : .text(name) }

    // MARK: Parameters

    /// With what was chosen first: it is the default of the text that was made with it.
    private static func params(_ params: [Parameter]) -> TopologyValue? {
        if params.isEmpty { return nil }
        return .mapping(
            params.map { param in
                let values = param.isGiven ? [param.value] + param.values.filter { $0 != param.value } : param.values
                return .init(param.name, .oneOrMany(values.map { .text($0) }))
            })
    }

    // MARK: Exchanges and queues

    private func exchange(_ exchange: Exchange) -> TopologyValue {
        let initial = Exchange(name: "", kind: .direct)
        var fields = Fields()
        fields.put("type", exchange.kind, unless: initial.kind)
        fields.put("durable", exchange.durable, unless: false)
        fields.put("auto_delete", exchange.autoDelete, unless: false)
        fields.put("internal", exchange.isInternal, unless: false)
        fields.put("alternate", exchange.alternate.map { .text($0) })
        fields.put("arguments", arguments(exchange.arguments))
        fields.put("broker", brokerName(exchange.broker))
        return .mapping(fields.entries)
    }

    private func queue(_ queue: Queue) -> TopologyValue {
        var fields = Fields()
        fields.put("durable", queue.durable, unless: false)
        fields.put("auto_delete", queue.autoDelete, unless: false)
        fields.put("bind", bindings(queue.bindings))
        fields.put("arguments", arguments(queue.arguments))
        fields.put("broker", brokerName(queue.broker))
        return .mapping(fields.entries)
    }

    func bindings(_ bindings: [Binding]) -> TopologyValue? {
        Self.some(
            bindings.map { binding in
                if binding.key.isEmpty, binding.arguments.isEmpty { return .text(binding.exchange) }
                var fields = Fields()
                fields.text("exchange", binding.exchange)
                fields.text("key", binding.key, unless: "")
                fields.put("arguments", arguments(binding.arguments))
                return .mapping(fields.entries)
            })
    }

    // MARK: Values

    /// - Parameter isTemplate: whether texts in it are templates.
    func arguments(_ table: [String: ArgumentValue], isTemplate: Bool = false) -> TopologyValue? {
        table.isEmpty ? nil : argument(.table(table), isTemplate: isTemplate)
    }

    func argument(_ value: ArgumentValue, isTemplate: Bool) -> TopologyValue {
        switch value {
        case .string(let text): isTemplate ? .template(text) : .text(text)
        case .int(let number): .word("\(number)")
        case .double(let number):
            .word(number.isNaN ? ".nan" : number.isInfinite ? (number < 0 ? "-.inf" : ".inf") : "\(number)")
        case .bool(let flag): .word(flag ? "true" : "false")
        case .null: .word("null")
        case .list(let items): .list(items.map { argument($0, isTemplate: isTemplate) })
        case .table(let table):
            .mapping(table.sorted { $0.key < $1.key }.map { .init($0.key, argument($0.value, isTemplate: isTemplate)) })
        }
    }

    // MARK: Collections

    /// Nothing for none, one without its brackets.
    static func some(_ values: [TopologyValue]) -> TopologyValue? { values.isEmpty ? nil : .oneOrMany(values) }

    static func names(_ names: [String]) -> TopologyValue? { some(names.map { .text($0) }) }

    static func templates(_ texts: [String]) -> TopologyValue? { some(texts.map { .template($0) }) }

    private static func list(_ values: [TopologyValue]) -> TopologyValue? { values.isEmpty ? nil : .list(values) }

    private static func named<Entry>(
        _ entries: [Entry], _ name: KeyPath<Entry, String>, _ write: (Entry) -> TopologyValue
    ) -> TopologyValue? {
        entries.isEmpty ? nil : .mapping(entries.map { .init($0[keyPath: name], write($0)) })
    }
}

/// The keys of one mapping, in their order; what is nothing, or has its default, is left out.
struct Fields {
    private(set) var entries: [TopologyValue.Entry] = []

    mutating func put(_ key: String, _ value: TopologyValue?) {
        if let value { entries.append(.init(key, value)) }
    }

    mutating func put(_ key: String, _ value: (some Writable)?) { put(key, value?.written) }

    mutating func put<Value: Writable & Equatable>(_ key: String, _ value: Value, unless initial: Value) {
        if value != initial { put(key, value.written) }
    }

    mutating func put<Word: RawRepresentable<String> & Equatable>(_ key: String, _ word: Word, unless initial: Word) {
        if word != initial { put(key, .text(word.rawValue)) }
    }

    mutating func text(_ key: String, _ text: String?, unless initial: String? = nil) {
        if let text, text != initial { put(key, .text(text)) }
    }

    mutating func template(_ key: String, _ text: String?, unless initial: String? = nil) {
        if let text, text != initial { put(key, .template(text)) }
    }
}
