import ClusterModel
import TopologyDSL
import TopologyText

/// RabbitMQ's definitions, as `rabbitmqctl export_definitions` and the management plugin write them → a topology with the
/// exchanges, queues and bindings of one virtual host.
package struct RabbitMQImporter {
    private let file: YAMLFile
    private let vhost: String
    private var leftOut: LeftOutList
    private var exchanges: [Exchange] = []
    private var queues: [Queue] = []
    private var exchangeIndex: [String: Int] = [:]
    private var queueIndex: [String: Int] = [:]

    private struct Exchange {
        var name: String
        var kind: String
        var isInternal: Bool
        var entries: [TopologyValue.Entry]
        var alternate: (name: String, tree: YAMLTree)?
    }

    private struct Queue {
        var name: String
        var entries: [TopologyValue.Entry]
        var bindings: [Binding] = []
        var comment: [String] = []
    }

    private struct Binding: Equatable {
        var exchange: String
        var key: String
        var arguments: [TopologyValue.Entry]
    }

    /// What the embedded broker refuses, because it would change what happens to messages.
    private static let refused: Set<String> = [
        "x-message-ttl", "x-expires", "x-max-length", "x-max-length-bytes", "x-overflow", "x-dead-letter-exchange",
        "x-dead-letter-routing-key", "x-max-priority", "x-single-active-consumer", "x-delivery-limit",
        "x-dead-letter-strategy",
    ]
    /// How RabbitMQ stores and spreads a queue.
    private static let storage: Set<String> = [
        "x-queue-mode", "x-queue-version", "x-queue-master-locator", "x-queue-leader-locator", "x-max-in-memory-length",
        "x-max-in-memory-bytes", "x-quorum-initial-group-size", "x-initial-cluster-size",
    ]
    private static let predeclared: [String: String] = [
        "amq.direct": "direct", "amq.fanout": "fanout", "amq.topic": "topic", "amq.headers": "headers",
        "amq.match": "headers",
    ]
    private static let kinds = ["direct", "fanout", "topic", "headers"]

    /// - Parameter vhost: the virtual host; `nil`: the only one that holds anything, else `/`.
    package static func run(_ file: YAMLFile, vhost: String?) throws(YAMLFile.Problems) -> Imported {
        var importer = try RabbitMQImporter(file, vhost: vhost)
        return try importer.run()
    }

    private init(_ file: YAMLFile, vhost: String?) throws(YAMLFile.Problems) {
        self.file = file
        leftOut = LeftOutList(file)
        let sections = ["exchanges", "queues", "bindings", "vhosts", "users", "policies"]
        guard file.root.entries != nil, sections.contains(where: { file.root[$0]?.items != nil }) else {
            throw file.problem(
                "these are no definitions of RabbitMQ: expected a mapping with lists such as 'exchanges', 'queues' and "
                    + "'bindings'", at: file.root, advice: "rabbitmqctl export_definitions definitions.json writes them"
            )
        }
        for name in sections {
            if let section = file.root[name], section.items == nil, !section.isNull {
                throw file.problem("'\(name)': expected a list, found \(section.kind)", at: section)
            }
        }
        self.vhost = try Self.choose(file, vhost)
    }

    // MARK: The virtual host

    private static func choose(_ file: YAMLFile, _ wanted: String?) throws(YAMLFile.Problems) -> String {
        let used = Self.used(file)
        let declared = (file.root["vhosts"]?.items ?? []).compactMap { $0["name"]?.text }
        let all = declared + used.filter { !declared.contains($0) }
        if let wanted {
            // An export of a single host names none.
            if all.contains(wanted) || all.isEmpty { return wanted }
            throw file.problem(
                "there is no virtual host '\(wanted)'", at: file.root["vhosts"] ?? file.root,
                advice: "there \(all.count == 1 ? "is" : "are") \(all.joined(separator: ", "))")
        }
        if used.count == 1 { return used[0] }
        if used.contains("/") || all.isEmpty { return "/" }
        if all.count == 1 { return all[0] }
        if used.isEmpty { return all.contains("/") ? "/" : all[0] }
        throw file.problem(
            "there are \(used.count) virtual hosts with something in them", at: file.root["vhosts"] ?? file.root,
            advice: "choose one with --vhost: \(used.joined(separator: ", "))")
    }

    /// Hosts that hold exchanges or queues, in the file's order.
    private static func used(_ file: YAMLFile) -> [String] {
        var used: [String] = []
        for section in ["exchanges", "queues"] {
            for item in file.root[section]?.items ?? [] {
                if let name = item["vhost"]?.text, !used.contains(name) { used.append(name) }
            }
        }
        return used
    }

    /// The entries of a section that are in the chosen host; those of others are counted.
    private func items(_ section: String) -> [YAMLTree] {
        (file.root[section]?.items ?? []).filter { ($0["vhost"]?.text ?? vhost) == vhost }
    }

    // MARK: Reading

    private mutating func run() throws(YAMLFile.Problems) -> Imported {
        for item in items("exchanges") { try readExchange(item) }
        settleAlternates()
        for item in items("queues") { try readQueue(item) }
        for item in items("bindings") { try readBinding(item) }
        tellTheRest()
        return try Imported(document, leftOut: leftOut, from: file.location(of: file.root).file)
    }

    private func name(of item: YAMLTree, _ what: String) throws(YAMLFile.Problems) -> String {
        guard let tree = item["name"], case .scalar(let text, _) = tree.content else {
            throw file.problem("\(what) without its name", at: item)
        }
        guard text.utf8.count <= 255 else {
            throw file.problem("a name of \(text.utf8.count) bytes; AMQP allows 255", at: tree)
        }
        return text
    }

    private mutating func readExchange(_ item: YAMLTree) throws(YAMLFile.Problems) {
        let name = try name(of: item, "an exchange")
        if name.isEmpty || Self.predeclared[name] != nil || exchangeIndex[name] != nil { return }
        if name.hasPrefix("amq.") {
            return leftOut.add("exchange", of: name, "names that start with amq. belong to the broker", at: item)
        }
        var kind = item["type"]?.text ?? "direct"
        var arguments = item["arguments"]?.entries ?? []
        if kind == "x-delayed-message", let inner = arguments.first(where: { $0.key == "x-delayed-type" })?.value.text {
            leftOut.add(
                "x-delayed-message", of: name, "messages are not delayed; it routes as its x-delayed-type says",
                at: item)
            kind = inner
            arguments.removeAll { $0.key == "x-delayed-type" }
        }
        guard Self.kinds.contains(kind) else {
            return leftOut.add("exchange of type \(kind)", of: name, "there is none in a topology", at: item)
        }
        var entries = [TopologyValue.Entry("type", .word(kind))]
        entries += flags(["durable", "auto_delete", "internal"], of: item)
        let alternate = arguments.first { $0.key == "alternate-exchange" }?.value
        arguments.removeAll { $0.key == "alternate-exchange" }
        if !arguments.isEmpty {
            entries.append(.init("arguments", .mapping(arguments.map { .init($0.key, TopologyValue($0.value)) })))
        }
        exchangeIndex[name] = exchanges.count
        exchanges.append(
            Exchange(
                name: name, kind: kind, isInternal: item["internal"]?.flag ?? false, entries: entries,
                alternate: alternate.flatMap { tree in tree.text.map { ($0, tree) } }))
    }

    private mutating func settleAlternates() {
        for index in exchanges.indices {
            guard let (name, tree) = exchanges[index].alternate else { continue }
            if kind(of: name) != nil, name != exchanges[index].name {
                exchanges[index].entries.append(.init("alternate", .text(name)))
            } else {
                leftOut.add(
                    "alternate-exchange", of: exchanges[index].name, "there is no exchange '\(name)' to take it",
                    at: tree)
            }
        }
    }

    private func kind(of exchange: String) -> String? {
        Self.predeclared[exchange] ?? exchangeIndex[exchange].map { exchanges[$0].kind }
    }

    private func flags(_ names: [String], of item: YAMLTree) -> [TopologyValue.Entry] {
        names.compactMap { item[$0]?.flag == true ? .init($0, .word("true")) : nil }
    }

    private mutating func readQueue(_ item: YAMLTree) throws(YAMLFile.Problems) {
        let name = try name(of: item, "a queue")
        if queueIndex[name] != nil { return }
        if name.isEmpty || name.hasPrefix("amq.") {
            return leftOut.add(
                "queue", of: name,
                "named by the server for one consumer: a node with consume: { bind: EXCHANGE } gets its own", at: item)
        }
        var queue = Queue(name: name, entries: flags(["durable", "auto_delete"], of: item))
        var kept: [TopologyValue.Entry] = []
        var lost: [TopologyValue.Entry] = []
        let kind = item["arguments"]?["x-queue-type"]?.text ?? item["type"]?.text ?? "classic"
        if kind != "classic" {
            leftOut.add(
                "x-queue-type: \(kind)", of: name, "the embedded broker has classic queues only",
                at: item["arguments"]?["x-queue-type"] ?? item)
            lost.append(.init("x-queue-type", .text(kind)))
        }
        for entry in item["arguments"]?.entries ?? [] where entry.key != "x-queue-type" {
            let argument = TopologyValue.Entry(entry.key, TopologyValue(entry.value))
            if Self.refused.contains(entry.key) {
                leftOut.add(entry.key, of: name, "the embedded broker does not do it, and refuses it", at: entry.value)
                lost.append(argument)
            } else if Self.storage.contains(entry.key) {
                leftOut.add(entry.key, of: name, "it is about RabbitMQ's storage", at: entry.value)
            } else {
                kept.append(argument)
            }
        }
        if !kept.isEmpty { queue.entries.append(.init("arguments", .mapping(kept))) }
        if !lost.isEmpty {
            queue.comment = ["On a real RabbitMQ also: arguments: \(TopologyWriter.inline(.mapping(lost)))"]
        }
        queueIndex[name] = queues.count
        queues.append(queue)
    }

    private mutating func readBinding(_ item: YAMLTree) throws(YAMLFile.Problems) {
        guard let source = item["source"], let destination = item["destination"],
            case .scalar(let from, _) = source.content, case .scalar(let to, _) = destination.content
        else { throw file.problem("a binding without its 'source' or its 'destination'", at: item) }
        let name = "\(from) -> \(to)"
        // The default exchange binds every queue by itself.
        if from.isEmpty { return }
        if item["destination_type"]?.text == "exchange" {
            return leftOut.add(
                "binding of an exchange to an exchange", of: name, "in a topology only queues are bound", at: item)
        }
        guard let kind = kind(of: from) else {
            return leftOut.add("binding", of: name, "its exchange is not there", at: item)
        }
        guard let index = queueIndex[to] else {
            return leftOut.add("binding", of: name, "its queue is not there", at: item)
        }
        let key = item["routing_key"]?.text ?? ""
        guard key.utf8.count <= 255 else {
            return leftOut.add("binding", of: name, "its key is longer than the 255 bytes of AMQP", at: item)
        }
        let arguments = (item["arguments"]?.entries ?? []).map { TopologyValue.Entry($0.key, TopologyValue($0.value)) }
        if kind == "headers" {
            let match = item["arguments"]?["x-match"]
            if let match, !["all", "any", "all-with-x", "any-with-x"].contains(match.text ?? "") {
                return leftOut.add("binding", of: name, "its x-match is none that RabbitMQ knows", at: match)
            }
            if arguments.allSatisfy({ $0.key == "x-match" }) {
                return leftOut.add("binding", of: name, "it names no header to match", at: item)
            }
        }
        let binding = Binding(exchange: from, key: key, arguments: arguments)
        if !queues[index].bindings.contains(binding) { queues[index].bindings.append(binding) }
    }

    private mutating func tellTheRest() {
        let reasons: [(section: String, what: String, name: String, why: String)] = [
            ("policies", "policy", "name", "a topology has none: give exchanges and queues what it sets"),
            ("operator_policies", "operator policy", "name", "a topology has none"),
            ("parameters", "parameter", "name", "shovels, federation and the like are not part of a topology"),
            ("global_parameters", "global parameter", "name", "it is about RabbitMQ's own cluster"),
            ("users", "user", "name", "the embedded broker knows guest (password guest) only"),
            ("permissions", "permissions", "user", "everybody may do everything on the embedded broker"),
            ("topic_permissions", "topic permissions", "user", "everybody may do everything on the embedded broker"),
        ]
        for (section, what, key, why) in reasons {
            let items =
                section == "users" || section == "global_parameters" ? file.root[section]?.items ?? [] : items(section)
            for item in items {
                let name = item[key]?.text ?? "?"
                if section == "users", name == "guest" || name == "rmq-internal" { continue }
                if section == "permissions", name == "guest" { continue }
                if section == "global_parameters",
                    ["cluster_name", "internal_cluster_id", "cluster_tags"].contains(name)
                {
                    continue
                }
                var shown = name
                if let definition = item["definition"] {
                    shown += " \(TopologyWriter.inline(TopologyValue(definition)))"
                    if let pattern = item["pattern"]?.text { shown += " for names like \(pattern)" }
                }
                leftOut.add(what, of: shown, why, at: item)
            }
        }
        for other in Self.used(file) where other != vhost {
            let first = ["exchanges", "queues"].compactMap { section in
                file.root[section]?.items?.first { $0["vhost"]?.text == other }
            }.first
            leftOut.add(
                "virtual host", of: other, "a topology is of one: --vhost '\(other)' imports it", at: first ?? file.root
            )
        }
    }

    // MARK: Writing

    private var document: TopologyDocument {
        var document = TopologyDocument()
        document.header = [
            "The virtual host \(vhost) of \(lastPart(of: file.location(of: file.root).file)), by orch import rabbitmq.",
            "",
            "Exchanges, queues and bindings are as exported. What follows them is an example to run at once: put your own",
            "programs in its place (command: [python3, worker.py]), and say what breaks (faults:).",
        ]
        document.add("exchanges", exchanges.map { .init($0.name, .mapping($0.entries)) })
        document.add(
            "queues",
            queues.map { queue in
                var entries = queue.entries
                if !queue.bindings.isEmpty {
                    entries.append(.init("bind", .oneOrMany(queue.bindings.map(value))))
                }
                return .init(queue.name, .mapping(entries), comment: queue.comment)
            })
        var nodes: [TopologyValue.Entry] = [
            .init(
                "broker", .mapping([.init("broker", .mapping([]))]),
                comment: [
                    "A real RabbitMQ instead: broker: { engine: external, url: \"amqp://guest:guest@localhost:5672/\" }"
                ])
        ]
        if let (publish, queue) = example {
            nodes.append(.init("producer", .mapping([.init("publish", publish)])))
            nodes.append(
                .init(
                    "consumer",
                    .mapping([
                        .init(
                            "consume",
                            .mapping([
                                .init("queue", .text(queue)), .init("ack", .word("manual")),
                                .init("prefetch", .word("10")),
                            ]))
                    ])))
        }
        document.add("nodes", nodes)
        if example != nil {
            document.sections.append(
                .init(
                    "assertions",
                    .list([
                        .mapping([
                            .init("delivery", .word("at-least-once")), .init("from", .word("producer")),
                            .init("to", .word("consumer")),
                        ])
                    ])))
        }
        return document
    }

    private func value(_ binding: Binding) -> TopologyValue {
        if binding.key.isEmpty, binding.arguments.isEmpty { return .text(binding.exchange) }
        var entries = [TopologyValue.Entry("exchange", .text(binding.exchange))]
        if !binding.key.isEmpty { entries.append(.init("key", .text(binding.key))) }
        if !binding.arguments.isEmpty { entries.append(.init("arguments", .mapping(binding.arguments))) }
        return .mapping(entries)
    }

    /// A message's way through the first binding that can be used, or else straight into the first queue.
    private var example: (publish: TopologyValue, queue: String)? {
        let rest: [TopologyValue.Entry] = [
            .init("count", .word("100")), .init("rate", .word("500/s")), .init("confirm", .word("true")),
        ]
        for queue in queues {
            for binding in queue.bindings {
                guard let kind = kind(of: binding.exchange), kind != "headers",
                    exchangeIndex[binding.exchange].map({ exchanges[$0].isInternal }) != true
                else { continue }
                var entries = [TopologyValue.Entry("to", .text(binding.exchange))]
                let key = kind == "topic" ? RoutingKey.example(of: binding.key) : kind == "direct" ? binding.key : ""
                if !key.isEmpty { entries.append(.init("key", .text(key))) }
                return (.mapping(entries + rest), queue.name)
            }
        }
        return queues.first.map { (.mapping([.init("queue", .text($0.name))] + rest), $0.name) }
    }
}

/// Topic patterns.
enum RoutingKey {
    /// A key that the pattern matches: `*.orange.#` → `any.orange`.
    static func example(of pattern: String) -> String {
        pattern.split(separator: ".", omittingEmptySubsequences: false).compactMap { word in
            word == "#" ? nil : word == "*" ? "any" : String(word)
        }.joined(separator: ".")
    }
}

/// `folder/defs.json` → `defs.json`
func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
