import TopologyText

/// What the builder has words for, section by section. A new section is an entry of `parts`, a new role of a node one of
/// `roles`.
enum SourceForms {
    typealias Parameter = SourceForm.Parameter

    static let topology = SourceForm(
        "Topology",
        [
            Parameter("name", nil, Written.text), .at("description", Written.text), .at("seed", Written.seed),
            .at("tags", Written.texts), .at("params", params), .at("drain", Written.time),
        ])

    /// Each with all its values.
    static func params(_ value: TopologyValue) -> String? { Written.pairs(value, Written.texts) }

    /// One entry of a section.
    static func part(_ section: String, _ name: String?, _ value: TopologyValue) -> String? {
        guard case .mapping(let entries) = value else { return nil }
        let first = name.map(SwiftSource.literal)
        switch section {
        case "nodes": return node(first ?? "", entries)
        case "services":
            return entries.contains { $0.key == "proto" }
                ? imported.call(entries, first: first) : withMethods(service, method, first, entries)
        case "objects": return withMethods(objectType, objectMethod, first, entries)
        case "faults": return fault(entries)
        case "scenario": return step(entries)
        case "assertions": return assertion(entries)
        default: return parts[section]?.call(entries, first: first)
        }
    }

    static let parts: [String: SourceForm] = [
        "exchanges": SourceForm(
            "Exchange",
            [
                Parameter("type", nil, Written.word), .at("durable", Written.flag), .at("auto_delete", Written.flag),
                Parameter("internal", "isInternal", Written.flag), .at("alternate", Written.text),
                .at("arguments", Written.value), .at("broker", Written.text),
            ]),
        "queues": SourceForm(
            "Queue",
            [
                .at("durable", Written.flag), .at("auto_delete", Written.flag), .at("bind", bindings),
                .at("arguments", Written.value), .at("broker", Written.text),
            ]),
        "feeds": SourceForm(
            "Feed",
            [
                .at("append", Written.call(items)), .at("durable", Written.flag), .at("keep", Written.number),
                .at("buffer", Written.number), .at("slow", Written.word), .at("heartbeat", Written.time),
                .at("wait", Written.time),
            ]),
        "groups": SourceForm(
            "Group",
            [
                .at("period", Written.time), .at("timeout", Written.time), .at("indirect", Written.number),
                .at("suspicion", Written.number), .at("seeds", Written.texts), .at("names", Written.text),
                .at("relays", Written.texts), .at("gossip", Written.time), .at("fanout", Written.number),
                .at("repair", Written.time), .at("neighbours", Written.number), .at("hops", Written.number),
            ]),
    ]

    // MARK: Nodes

    static func node(_ name: String, _ entries: [TopologyValue.Entry]) -> String {
        let form = SourceForm(
            "Node",
            [
                .at("replicas", Written.number), .at("restart", restart), .at("depends_on", Written.texts),
                .at("env", Written.dictionary), .at("labels", Written.texts),
                .at(
                    "stop",
                    Written.call(SourceForm("Stop", [.at("signal", Written.text), .at("timeout", Written.time)]))),
                .at("inbound", inbound), .at("ports", ports),
            ])
        var settings: [String] = []
        var body: [String] = []
        let command = entries.filter { ["command", "cwd", "ready"].contains($0.key) }
        let isCommand = commandForm.call(command)
        if let isCommand, !command.isEmpty { body.append(isCommand) }
        let rest = isCommand == nil ? entries : entries.filter { !["command", "cwd", "ready"].contains($0.key) }
        for entry in rest {
            if form.parameters.contains(where: { $0.key == entry.key }), form.arguments([entry]) != nil { continue }
            body += roles(entry)
        }
        let plain = rest.filter { entry in
            form.parameters.contains { $0.key == entry.key } && form.arguments([entry]) != nil
        }
        settings = form.arguments(plain) ?? []
        let head = SourceForm.join("Node", [name] + settings)
        if body.count == 1, !body[0].contains("\n"), head.count + body[0].count < 110, !head.contains("\n") {
            return "\(head) { \(body[0]) }"
        }
        return "\(head) {\n\(body.map(SwiftSource.indented).joined(separator: "\n"))\n}"
    }

    /// Everything that one key says.
    static func roles(_ entry: TopologyValue.Entry) -> [String] {
        var values = [entry.value]
        if case .list(let items) = entry.value, ["publish", "consume", "call", "invoke", "watch"].contains(entry.key) {
            values = items
        }
        let texts = values.compactMap { role(entry.key, $0) }
        return texts.count == values.count ? texts : [SwiftSource.raw(entry.key, nil, entry.value)]
    }

    static func role(_ key: String, _ value: TopologyValue) -> String? {
        let names = { (name: String) in
            Written.list(value, Written.text).map { "\(name)(\($0.dropFirst().dropLast()))" }
        }
        guard case .mapping(let entries) = value else {
            switch key {
            case "serve": return names("Serve")
            case "host": return names("Host")
            case "feed": return names("ServeFeed")
            case "watch": return names("Watch")
            case "peer": return names("Peer")
            case "protocol": return Written.word(value).map { "Speaks(\($0))" }
            default: return nil
            }
        }
        switch key {
        case "publish":
            return (entries.contains { $0.key == "feed" } ? append : publish).call(entries)
        case "serve": return listed("Serve", "service", serveRest, entries)
        case "host": return listed("Host", "types", hostRest, entries)
        // The engine follows from the url.
        case "broker": return roleForms[key]?.call(entries.filter { $0.key != "engine" })
        case "feed": return listed("ServeFeed", "feeds", [.at("port", Written.number)], entries)
        default: return roleForms[key]?.call(entries)
        }
    }

    /// Names without a label, and the rest with theirs.
    static func listed(
        _ name: String, _ key: String, _ parameters: [Parameter], _ entries: [TopologyValue.Entry]
    ) -> String? {
        let names = Parameter(key, nil) { Written.texts($0).map { String($0.dropFirst().dropLast()) } }
        return SourceForm(name, [names] + parameters).call(entries)
    }

    static let commandForm = SourceForm(
        "Command",
        [Parameter("command", nil, Written.texts), Parameter("cwd", "in", Written.text), .at("ready", ready)])

    static let stream: [Parameter] = [
        .at("body", Written.text), .at("size", Written.number), .at("count", Written.number),
        .at("rate", Written.rate),
    ]
    static let items = SourceForm("Items", stream)
    static let effort: [Parameter] = [.at("timeout", Written.time), .at("attempts", Written.number)]
    static let append = SourceForm(
        "Append", [.at("feed", Written.text), .at("to", Written.text)] + stream + effort)
    static let publish = SourceForm(
        "Publish",
        [.at("to", Written.text), .at("queue", Written.text), .at("key", Written.text), .at("headers", Written.value)]
            + stream + [
                .at("mandatory", Written.flag), .at("persistent", Written.flag),
                .at("confirm") { value in
                    Written.flag(value)
                        ?? Written.call(SourceForm("Confirm", effort + [.at("window", Written.number)]))(value)
                },
                .at("broker", Written.text),
            ])
    static let pace: [Parameter] = [
        .at("count", Written.number), .at("rate", Written.rate), .at("concurrency", Written.number),
        .at("loop", Written.word), .at("expect", Written.value),
    ]
    static let policies: [Parameter] = [
        .at("metadata", Written.dictionary), .at("semantics", Written.word), .at("retry", Written.call(retry)),
    ]
    static let retry = SourceForm(
        "Retry", effort + [.at("backoff", Written.times), .at("deadline", Written.time)])
    static let serveRest: [Parameter] = [
        .at("port", Written.number), .at("listen", Written.number),
        Parameter("via", nil) { value in
            if case .mapping(let entries) = value {
                return SourceForm("", [.at("queue", Written.text), .at("broker", Written.text)])
                    .arguments(entries)?.joined(separator: ", ")
            }
            return value.plainText == "queue" ? "viaQueue: true" : nil
        },
        .at("tls", Written.call(tls)), .at("concurrency", Written.number), .at("work", Written.time),
        .at("max_message", Written.number),
    ]
    static let tls = SourceForm(
        "TLS", [.at("certificate", Written.text), .at("key", Written.text), .at("authority", Written.text)])
    static let speaks: [Parameter] = [
        Parameter("speaks", nil, Written.word), .at("port", Written.number), .at("listen", Written.number),
    ]
    static let hostRest: [Parameter] = [.at("concurrency", Written.number), .at("work", Written.time)]

    static let roleForms: [String: SourceForm] = [
        "broker": SourceForm(
            "Broker",
            [
                .at("url", Written.text), .at("port", Written.number), .at("purge", Written.flag),
            ]),
        "consume": SourceForm(
            "Consume",
            [
                .at("queue", Written.text), .at("bind", bindings), .at("ack", Written.word),
                .at("prefetch", Written.number), .at("work", Written.time), .at("fail", fail),
                .at("requeue", Written.flag), .at("broker", Written.text),
            ]),
        "call": SourceForm(
            "Call",
            [Parameter("method", nil, Written.text), .at("with", Written.value), .at("messages", Written.number)] + pace
                + [.at("expect_status", Written.text), .at("to", Written.text), .at("replica", Written.number)]
                + policies),
        "invoke": SourceForm(
            "Invoke",
            [
                Parameter("object", nil, Written.text), Parameter("method", nil, Written.text),
                .at("with", Written.value),
            ] + pace + [
                .at("expect_exception", Written.text), .at("expect_status", Written.text), .at("hold", Written.flag),
            ] + policies),
        "protocol": SourceForm("Speaks", speaks),
        "directory": SourceForm("Directory", [.at("lease", Written.time), .at("margin", Written.time)]),
        "watch": SourceForm(
            "Watch",
            [
                Parameter("feed", nil, Written.text), .at("by", Written.word), .at("to", Written.text),
                .at("every", Written.time), .at("wait", Written.time), .at("timeout", Written.time),
                .at("from", Written.word), .at("limit", Written.number),
            ]),
        "peer": SourceForm(
            "Peer",
            [
                Parameter("group", nil, Written.text),
                .at("send") {
                    Written.list($0, Written.call(SourceForm("Send", [.at("to", Written.text)] + stream + effort)))
                },
                .at("broadcast") { Written.list($0, Written.call(items)) }, .at("share", Written.texts),
                .at("find") { value in
                    Written.list(
                        value,
                        Written.call(
                            SourceForm(
                                "Find",
                                [
                                    Parameter("what", nil, Written.text), .at("by", Written.word),
                                    .at("count", Written.number), .at("rate", Written.rate),
                                    .at("timeout", Written.time),
                                ])))
                },
            ]),
        "names": SourceForm("NameService", [.at("lease", Written.time)]),
    ]

    static func bindings(_ value: TopologyValue) -> String? {
        let form = SourceForm(
            "Binding",
            [Parameter("exchange", nil, Written.text), .at("key", Written.text), .at("arguments", Written.value)])
        return Written.list(value) { Written.text($0) ?? Written.call(form)($0) }
    }

    static func fail(_ value: TopologyValue) -> String? {
        if let share = Written.share(value) { return ".init(\(share))" }
        return Written.call(
            SourceForm(".init", [Parameter("chance", nil, Written.share), Parameter("action", nil, Written.word)]))(
                value)
    }

    static func restart(_ value: TopologyValue) -> String? {
        guard case .mapping(let entries) = value else { return Written.word(value) }
        guard let first = entries.first, first.key == "mode", let mode = Written.word(first.value) else { return nil }
        return SourceForm(mode, [.at("backoff", Written.times), .at("max", Written.number)])
            .call(Array(entries.dropFirst()))
    }

    static func inbound(_ value: TopologyValue) -> String? {
        if let policy = Written.word(value) { return "\(policy)()" }
        guard case .mapping(let entries) = value, let policy = entries.first?.key else { return nil }
        return SourceForm(".\(policy)", [.at("except", Written.texts)]).call(Array(entries.dropFirst()))
    }

    static func ports(_ value: TopologyValue) -> String? {
        value.plainText.map { $0.split(separator: "-").joined(separator: "...") }
    }

    static func ready(_ value: TopologyValue) -> String? {
        guard case .mapping(let entries) = value, let kind = entries.first else {
            return value.plainText == "consuming" ? ".consuming" : nil
        }
        if kind.key == "consuming" {
            return SourceForm(".consuming", [.at("timeout", Written.time), .at("interval", Written.time)])
                .call(Array(entries.dropFirst()))
        }
        let write: SourceForm.Writer = kind.key == "exec" ? Written.texts : Written.text
        return ["log", "http", "tcp", "exec"].contains(kind.key)
            ? SourceForm(
                ".\(kind.key)",
                [Parameter(kind.key, nil, write), .at("timeout", Written.time), .at("interval", Written.time)]
            ).call(entries) : nil
    }
}
