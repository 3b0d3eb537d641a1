import ClusterModel
import TopologyDSL
import TopologyText

/// An AsyncAPI 3 document with AMQP bindings → a topology: channels are exchanges and queues, and each operation is a
/// node. What the document leaves to others, somebody who sends or somebody who listens, becomes a node too, so that the
/// topology can run.
package struct AsyncAPIImporter {
    let file: YAMLFile
    var leftOut: LeftOutList
    private var names = NodeNames()
    private var channels: [Channel] = []
    private var operations: [Operation] = []

    /// What a channel is on a broker.
    struct Channel {
        enum Kind: Equatable {
            /// - name: `nil`: one that the broker names.
            case queue(name: String?)
            /// The empty name is the default exchange.
            case exchange(name: String, type: String, key: String)
        }

        var name: String
        var tree: YAMLTree
        var kind: Kind
        /// Where messages to it go, and the exchange that its queue is bound to.
        var exchange: (name: String, type: String)?
        var entries: [TopologyValue.Entry] = []
    }

    private struct Operation {
        var name: String
        var node: String
        var sends: Bool
        var channel: Int
        var tree: YAMLTree
        var value: TopologyValue
        var summary: String?
    }

    package static func run(_ file: YAMLFile) throws(YAMLFile.Problems) -> Imported {
        var importer = AsyncAPIImporter(file)
        return try importer.run()
    }

    private init(_ file: YAMLFile) {
        self.file = file
        leftOut = LeftOutList(file)
    }

    private mutating func run() throws(YAMLFile.Problems) -> Imported {
        guard let version = file.root["asyncapi"], let text = version.text else {
            throw file.problem(
                "this is no AsyncAPI document: expected 'asyncapi: 3.0.0'", at: file.root["asyncapi"] ?? file.root)
        }
        guard text.hasPrefix("3.") else {
            throw file.problem(
                "AsyncAPI \(text) cannot be imported, only version 3", at: version,
                advice: "asyncapi convert FILE --target-version=3.0.0 converts it")
        }
        _ = names.make("broker")
        for entry in file.root["channels"]?.entries ?? [] { try readChannel(entry) }
        for entry in file.root["operations"]?.entries ?? [] { try readOperation(entry) }
        guard !channels.isEmpty else {
            throw file.problem(
                "no channel of it has AMQP bindings", at: file.root["channels"] ?? file.root,
                advice: "bindings: { amqp: { is: queue, queue: { name: orders } } } says what a channel is")
        }
        for (name, server) in (file.root["servers"]?.entries ?? []).map({ ($0.key, $0.value) }) {
            let server = try resolved(server)
            if let scheme = server["protocol"]?.text, !scheme.hasPrefix("amqp") {
                leftOut.add("server of protocol \(scheme)", of: name, "a topology's brokers speak AMQP", at: server)
            }
        }
        return try Imported(document, leftOut: leftOut, from: file.location(of: file.root).file)
    }

    // MARK: References

    /// What a `$ref` of this document leads to.
    func resolved(_ tree: YAMLTree) throws(YAMLFile.Problems) -> YAMLTree {
        var tree = tree
        for _ in 0..<32 {
            guard let reference = tree["$ref"] else { return tree }
            guard let text = reference.text else {
                throw file.problem(
                    "'$ref' is empty: YAML reads what follows # as a comment", at: reference,
                    advice: "quote it: $ref: '#/channels/orders'")
            }
            guard text.hasPrefix("#/") else {
                throw file.problem(
                    "'\(text)' is in another file, which is not read", at: reference,
                    advice: "asyncapi bundle FILE makes one document of them")
            }
            var target = file.root
            for part in text.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
                let name = unescaped(String(part))
                let index = Int(name)
                guard
                    let next = target[name]
                        ?? index.flatMap({ i in target.items.flatMap { $0.indices.contains(i) ? $0[i] : nil } })
                else { throw file.problem("there is no '\(text)' in this document", at: reference) }
                target = next
            }
            tree = target
        }
        throw file.problem("this '$ref' goes round in circles", at: tree)
    }

    /// `a~1b` → `a/b`, `%7Bid%7D` → `{id}` (RFC 6901).
    private func unescaped(_ part: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(part.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self).replacing("~1", with: "/").replacing("~0", with: "~")
    }

    // MARK: Channels

    private mutating func readChannel(_ entry: YAMLTree.Entry) throws(YAMLFile.Problems) {
        let tree = try resolved(entry.value)
        guard tree.entries != nil else {
            throw file.problem("channel '\(entry.key)': expected a mapping, found \(tree.kind)", at: entry.value)
        }
        guard let bindings = tree["bindings"], let binding = try resolved(bindings)["amqp"] else {
            return leftOut.add(
                "channel", of: entry.key, "it has no amqp binding: it says neither exchange nor queue", at: tree)
        }
        let amqp = try resolved(binding)
        let address = tree["address"]?.text ?? ""
        if let (name, _) = exchange(of: amqp), let problem = nameProblem(name, isExchange: true) {
            return leftOut.add("channel", of: entry.key, "its exchange \(problem)", at: amqp)
        }
        if amqp["is"]?.text == "queue" {
            let name = amqp["queue"]?["name"]?.text ?? address
            // A name with a parameter is known at run time only.
            let isAnonymous = name.isEmpty || name.contains("{")
            if !isAnonymous, let problem = nameProblem(name, isExchange: false) {
                return leftOut.add("channel", of: entry.key, "its queue \(problem)", at: amqp)
            }
            var channel = Channel(name: entry.key, tree: tree, kind: .queue(name: isAnonymous ? nil : name))
            channel.entries = flags(amqp["queue"])
            if amqp["queue"]?["exclusive"]?.flag == true, !isAnonymous {
                leftOut.add("exclusive", of: name, "only anonymous queues are exclusive", at: amqp["queue"] ?? amqp)
            }
            channel.exchange = exchange(of: amqp)
            return channels.append(channel)
        }
        let (name, type) = exchange(of: amqp) ?? ("", "direct")
        guard ["direct", "fanout", "topic", "headers"].contains(type) else {
            return leftOut.add("channel", of: entry.key, "there is no exchange of type \(type)", at: amqp)
        }
        var channel = Channel(
            name: entry.key, tree: tree,
            kind: .exchange(name: name, type: type, key: amqp["name"]?.text ?? (type == "fanout" ? "" : address)))
        channel.entries = flags(amqp["exchange"])
        if case .exchange(let exchange, _, let key) = channel.kind {
            if exchange.isEmpty, let problem = nameProblem(filled(key, channel), isExchange: false) {
                return leftOut.add("channel", of: entry.key, "the queue that its key names \(problem)", at: amqp)
            }
            if key.utf8.count > 255 {
                return leftOut.add("channel", of: entry.key, "its key is longer than the 255 bytes of AMQP", at: amqp)
            }
        }
        channels.append(channel)
        for item in ["exchange", "queue"] {
            if let vhost = amqp[item]?["vhost"], let text = vhost.text, text != "/" {
                leftOut.add("vhost \(text)", of: entry.key, "all is in the virtual host /", at: vhost)
            }
        }
    }

    private static let predeclared: Set<String> = [
        "amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match",
    ]

    /// Why a broker would not have such a name.
    private func nameProblem(_ name: String, isExchange: Bool) -> String? {
        if name.isEmpty { return "has no name" }
        if name.utf8.count > 255 { return "has a name longer than the 255 bytes of AMQP" }
        if name.hasPrefix("amq."), !isExchange || !Self.predeclared.contains(name) {
            return "has a name that belongs to the broker"
        }
        return nil
    }

    private func exchange(of amqp: YAMLTree) -> (name: String, type: String)? {
        guard let tree = amqp["exchange"], let type = tree["type"]?.text ?? (tree["name"] == nil ? nil : "direct"),
            type != "default", let name = tree["name"]?.text, !name.isEmpty
        else { return nil }
        return (name, type)
    }

    private func flags(_ tree: YAMLTree?) -> [TopologyValue.Entry] {
        [("durable", "durable"), ("autoDelete", "auto_delete")].compactMap { written, name in
            tree?[written]?.flag == true ? .init(name, .word("true")) : nil
        }
    }

    // MARK: Operations

    private mutating func readOperation(_ entry: YAMLTree.Entry) throws(YAMLFile.Problems) {
        let tree = try resolved(entry.value)
        guard let action = tree["action"]?.text, ["send", "receive"].contains(action) else {
            throw file.problem(
                "operation '\(entry.key)': expected action: send or receive", at: tree["action"] ?? entry.value)
        }
        guard let reference = tree["channel"] else {
            throw file.problem("operation '\(entry.key)' without its channel", at: entry.value)
        }
        let target = try resolved(reference)
        guard let index = channels.firstIndex(where: { $0.tree.offset == target.offset }) else {
            return leftOut.add("operation", of: entry.key, "its channel is not carried over", at: tree)
        }
        let amqp =
            try tree["bindings"].map { bindings throws(YAMLFile.Problems) in try resolved(bindings)["amqp"] } ?? nil
        let binding = try amqp.map { tree throws(YAMLFile.Problems) in try resolved(tree) }
        let message = try message(of: tree, channels[index])
        let value =
            action == "send"
            ? publish(channels[index], binding, message, of: entry.key, at: tree)
            : consume(channels[index], binding, of: entry.key, at: tree)
        guard let value else { return }
        tellTheRest(entry.key, tree, binding)
        operations.append(
            Operation(
                name: entry.key, node: names.make(entry.key), sends: action == "send", channel: index, tree: tree,
                value: value,
                summary: tree["summary"]?.text ?? tree["title"]?.text))
    }

    private mutating func publish(
        _ channel: Channel, _ binding: YAMLTree?, _ message: SchemaExample.Message?, of name: String, at tree: YAMLTree
    ) -> TopologyValue? {
        var entries: [TopologyValue.Entry]
        switch channel.kind {
        case .queue(nil):
            leftOut.add(
                "operation", of: name,
                "it sends to a queue whose name is known at run time only (a reply, perhaps: serve with via: queue does that)",
                at: tree)
            return nil
        case .queue(let queue?): entries = [.init("queue", .text(queue))]
        case .exchange("", _, let key): entries = [.init("queue", .text(filled(key, channel)))]
        case .exchange(let exchange, let type, let key):
            entries = [.init("to", .text(exchange))]
            let keys = binding?["cc"]?.items?.compactMap(\.text) ?? []
            let written = channel.tree["bindings"].flatMap { try? resolved($0) }?["amqp"].flatMap {
                try? resolved($0)
            }?["name"]
            let chosen = keys.count == 1 && written == nil ? keys[0] : key
            let filled = self.filled(chosen, channel)
            let text = type == "topic" ? RoutingKey.example(of: filled) : filled
            if !text.isEmpty, type != "fanout" { entries.append(.init("key", .text(text))) }
            if keys.count > 1 {
                leftOut.add("cc", of: name, "a message has one routing key", at: binding?["cc"] ?? tree)
            }
        }
        if let body = message?.body { entries.append(.init("body", .text(body))) }
        if let headers = message?.headers, !headers.isEmpty { entries.append(.init("headers", .mapping(headers))) }
        if binding?["deliveryMode"]?.text == "2" { entries.append(.init("persistent", .word("true"))) }
        if binding?["mandatory"]?.flag == true { entries.append(.init("mandatory", .word("true"))) }
        entries += Self.load
        return .mapping([.init("publish", .mapping(entries))])
    }

    private static let load: [TopologyValue.Entry] = [
        .init("count", .word("100")), .init("rate", .word("500/s")), .init("confirm", .word("true")),
    ]

    private mutating func consume(
        _ channel: Channel, _ binding: YAMLTree?, of name: String, at tree: YAMLTree
    ) -> TopologyValue? {
        var entries: [TopologyValue.Entry]
        switch channel.kind {
        case .queue(nil):
            guard let (exchange, type) = channel.exchange, type == "fanout" else {
                leftOut.add(
                    "operation", of: name,
                    "nobody can send to its queue, whose name is known at run time only (replies, perhaps: call with via: queue does that)",
                    at: tree)
                return nil
            }
            entries = [.init("bind", .text(exchange))]
        case .queue(let queue?): entries = [.init("queue", .text(queue))]
        case .exchange("", _, let key): entries = [.init("queue", .text(filled(key, channel)))]
        case .exchange(_, "headers", _):
            leftOut.add("operation", of: name, "the document does not say which headers it is bound by", at: tree)
            return nil
        case .exchange(let exchange, let type, let key):
            entries = [.init("bind", bind(exchange, type, key))]
        }
        if let ack = binding?["ack"]?.flag { entries.append(.init("ack", .word(ack ? "manual" : "auto"))) }
        return .mapping([.init("consume", .mapping(entries))])
    }

    private func bind(_ exchange: String, _ type: String, _ key: String) -> TopologyValue {
        let pattern = type == "topic" ? replaced(key) { _ in "*" } : key
        if pattern.isEmpty || type == "fanout" { return .text(exchange) }
        return .mapping([.init("exchange", .text(exchange)), .init("key", .text(pattern))])
    }

    /// An address with its parameters filled in: their first example, value or default, else their name.
    private func filled(_ address: String, _ channel: Channel) -> String {
        replaced(address) { name in
            let parameter = channel.tree["parameters"]?[name].flatMap { try? resolved($0) }
            return parameter?["examples"]?.items?.first?.text ?? parameter?["default"]?.text
                ?? parameter?["enum"]?.items?.first?.text ?? name
        }
    }

    private func replaced(_ address: String, _ value: (String) -> String) -> String {
        var result = ""
        var rest = address[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open] + value(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func message(of operation: YAMLTree, _ channel: Channel) throws(YAMLFile.Problems) -> SchemaExample.Message?
    {
        guard let tree = operation["messages"]?.items?.first ?? channel.tree["messages"]?.entries?.first?.value else {
            return nil
        }
        var example = SchemaExample(importer: self)
        return try example.message(try resolved(tree))
    }

    private mutating func tellTheRest(_ name: String, _ tree: YAMLTree, _ binding: YAMLTree?) {
        let reasons = [
            "expiration": "messages do not expire", "userId": "messages carry no user",
            "bcc": "a message has one routing key",
            "priority": "messages have no priority", "timestamp": "messages carry no time of their own",
            "replyTo": "serve and call with via: queue are for replies",
        ]
        for entry in binding?.entries ?? [] {
            if let why = reasons[entry.key] { leftOut.add(entry.key, of: name, why, at: entry.value) }
        }
        if let reply = tree["reply"] {
            leftOut.add("reply", of: name, "serve and call with via: queue are for replies", at: reply)
        }
        if let traits = tree["traits"] { leftOut.add("traits", of: name, "they are not applied", at: traits) }
        if let messages = tree["messages"]?.items, messages.count > 1, tree["action"]?.text == "send" {
            leftOut.add("messages but the first", of: name, "one workload sends one kind", at: messages[1])
        }
    }

    // MARK: Writing

    private var document: TopologyDocument {
        var document = TopologyDocument()
        let title = file.root["info"]?["title"]?.text ?? "An application"
        document.header = [
            "\(title), from \(lastPart(of: file.location(of: file.root).file)), by orch import asyncapi.",
            "",
            "Each operation is a node; put your program in the place of those that are yours (command: [python3, app.py]).",
        ]
        let (exchanges, queues) = declarations
        document.add("exchanges", exchanges)
        document.add("queues", queues)
        var nodes: [TopologyValue.Entry] = [.init("broker", .mapping([.init("broker", .mapping([]))]))]
        var assertions: [TopologyValue] = []
        var names = self.names
        for operation in operations {
            let kind = operation.sends ? "sends" : "receives"
            let comment = operation.summary.map { "\($0) (\(kind) on \(channels[operation.channel].name))" }
            nodes.append(.init(operation.node, operation.value, comment: comment.map { [$0] } ?? []))
        }
        for (index, channel) in channels.enumerated() {
            let here = operations.filter { $0.channel == index }
            var senders = here.filter(\.sends).map(\.node)
            var receivers = here.filter { !$0.sends }.map(\.node)
            if let sender = here.first(where: \.sends), receivers.isEmpty, let value = listener(channel, sender.value) {
                let node = names.make("\(sender.name)-listener")
                nodes.append(.init(node, value, comment: ["Not in the document: somebody who listens."]))
                receivers = [node]
            } else if let receiver = here.first(where: { !$0.sends }), senders.isEmpty, let value = feeder(channel) {
                let node = names.make("\(receiver.name)-sender")
                nodes.append(.init(node, value, comment: ["Not in the document: somebody who sends."]))
                senders = [node]
            }
            guard let receiver = receivers.first else { continue }
            for sender in senders {
                assertions.append(
                    .mapping([
                        .init("delivery", .word("at-least-once")), .init("from", .text(sender)),
                        .init("to", .text(receiver)),
                    ]))
            }
        }
        document.add("nodes", nodes)
        if !assertions.isEmpty { document.sections.append(.init("assertions", .list(assertions))) }
        return document
    }

    private func listener(_ channel: Channel, _ sender: TopologyValue) -> TopologyValue? {
        switch channel.kind {
        case .queue(let name?): return .mapping([.init("consume", .mapping([.init("queue", .text(name))]))])
        case .exchange("", _, let key):
            return .mapping([.init("consume", .mapping([.init("queue", .text(filled(key, channel)))]))])
        case .queue(nil), .exchange(_, "headers", _): return nil
        case .exchange(let name, let type, _):
            // By the key that is sent, whatever the channel's is.
            guard case .mapping(let node) = sender, case .mapping(let publish)? = node.first?.value else { return nil }
            let key = publish.first { $0.key == "key" }.flatMap {
                if case .text(let text) = $0.value { text } else { nil }
            }
            return .mapping([.init("consume", .mapping([.init("bind", bind(name, type, key ?? ""))]))])
        }
    }

    private func feeder(_ channel: Channel) -> TopologyValue? {
        var probe = self
        let message = try? message(of: channel.tree, channel)
        return probe.publish(channel, nil, message ?? nil, of: channel.name, at: channel.tree)
    }

    /// Exchanges and queues, each once.
    private var declarations: (exchanges: [TopologyValue.Entry], queues: [TopologyValue.Entry]) {
        var exchanges: [TopologyValue.Entry] = []
        var queues: [TopologyValue.Entry] = []
        var bindings: [String: [TopologyValue]] = [:]
        func declare(exchange name: String, _ type: String, _ entries: [TopologyValue.Entry]) {
            guard !name.isEmpty, !name.hasPrefix("amq."), !exchanges.contains(where: { $0.key == name }) else { return }
            exchanges.append(.init(name, .mapping([.init("type", .word(type))] + entries)))
        }
        func declare(queue name: String, _ entries: [TopologyValue.Entry]) {
            guard !queues.contains(where: { $0.key == name }) else { return }
            queues.append(.init(name, .mapping(entries)))
        }
        for channel in channels {
            switch channel.kind {
            case .queue(let name):
                if let (exchange, type) = channel.exchange { declare(exchange: exchange, type, []) }
                guard let name else { continue }
                declare(queue: name, channel.entries)
                if let (exchange, type) = channel.exchange, type != "headers" {
                    bindings[name, default: []].append(bind(exchange, type, key(of: channel)))
                }
            case .exchange("", _, let key): declare(queue: filled(key, channel), [])
            case .exchange(let name, let type, let key):
                declare(exchange: name, type, channel.entries)
                // `channel` of the binding (0.4.0) is the queue where its messages go.
                guard
                    let reference = channel.tree["bindings"].flatMap({ try? resolved($0) })?["amqp"].flatMap({
                        try? resolved($0)
                    })?["channel"],
                    let target = try? resolved(reference),
                    let other = channels.first(where: { $0.tree.offset == target.offset }),
                    case .queue(let queue?) = other.kind, type != "headers"
                else { continue }
                bindings[queue, default: []].append(bind(name, type, key))
            }
        }
        for index in queues.indices {
            guard let all = bindings[queues[index].key], case .mapping(let entries) = queues[index].value else {
                continue
            }
            queues[index].value = .mapping(entries + [.init("bind", .oneOrMany(all))])
        }
        return (exchanges, queues)
    }

    /// The key by which a channel's queue is bound, where the channel says both.
    private func key(of channel: Channel) -> String {
        let amqp = channel.tree["bindings"].flatMap { try? resolved($0) }?["amqp"].flatMap { try? resolved($0) }
        if let name = amqp?["name"]?.text { return name }
        let operation = operations.first { !$0.sends && channels[$0.channel].name == channel.name }
        let binding = operation?.tree["bindings"].flatMap { try? resolved($0) }?["amqp"].flatMap { try? resolved($0) }
        return binding?["cc"]?.items?.first?.text ?? amqp?["queue"]?["name"]?.text ?? ""
    }
}
