import ClusterModel

/// `nodes:`
enum NodeSection {
    struct Draft: Sendable {
        var node = Node(name: "")
        var folder: String?
        var ready: ReadinessProbe?
        /// As the file has them: to brokers and to feeds.
        var publish: [PublishKey.Draft] = []
        var serve: ServeKey.Draft?
        var call: [CallKey.Draft] = []
        var host: HostKey.Draft?
        var invoke: [InvokeKey.Draft] = []
        var speaks: ServeRole?
    }

    static let roles = [
        "broker", "publish", "consume", "serve", "call", "host", "invoke", "directory", "feed", "watch", "peer",
        "names",
        "command",
    ]

    static let record = Record<Draft>(
        "node",
        "One process, or several. It is what its keys say; it may publish, consume, serve, call, host, invoke, "
            + "watch and be a peer at once.",
        from: Draft()
    ) {
        Key(
            "broker", optional: \.node.broker, BrokerKey.record.format.map { BrokerKey.role($0) },
            "It is a message broker. `broker:` alone is the embedded one.")
        Key(
            "publish", \.publish, .oneOrMany(PublishKey.record.format),
            "It sends messages, to a broker or to a feed: one workload or a list of them.")
        Key(
            "consume", \.node.consume, .oneOrMany(ConsumeKey.record.format),
            "It receives messages: one workload or a list of them.")
        Key(
            "serve", optional: \.serve, ServeKey.format,
            "It answers calls: a service, a list of services, or a mapping. With `command`, the program answers them.")
        Key(
            "call", \.call, .oneOrMany(CallKey.record.format),
            "It calls methods: one workload or a list of them.")
        Key(
            "host", optional: \.host, HostKey.format,
            "It is a server of objects: a type, a list of types, or a mapping. `host:` alone is every type of the file."
        )
        Key(
            "invoke", \.invoke, .oneOrMany(InvokeKey.record.format),
            "It invokes objects, wherever they are: one workload or a list of them.")
        Key(
            "directory", optional: \.node.directory, DirectoryKey.record.format,
            "It keeps who owns which object. There is one where there are hosts.")
        Key(
            "feed", optional: \.node.feed, FeedKey.format,
            "It serves feeds over HTTP: a feed, a list of feeds, or a mapping.")
        Key(
            "watch", \.node.watch, .oneOrMany(WatchKey.format),
            "It follows feeds: the name of one, a mapping, or a list of them.")
        Key(
            "peer", optional: \.node.peer, PeerKey.format,
            "It is a member of a group: the group's name, or a mapping with what it does there.")
        Key(
            "names", optional: \.node.names, NamesKey.record.format, "It is the name service of groups, over gRPC.")
        Key(
            "command", optional: \.node.command, CommandKey.format,
            "It is a program of yours: a list of words, the program first; or one text, which is split at blanks. "
                + "`ORCH_<NODE>_URL` in its environment leads to each broker, `ORCH_BROKER_URL` to one called broker; "
                + "`ORCH_<NODE>_ADDRESS` to each server.")
        Key(
            "cwd", optional: \.folder, Format<String>.template(.process), default: "the file's folder",
            "The command's working folder, from the topology file's.")
        Key(
            "ready", optional: \.ready, ReadyKey.format, default: "as soon as it has started",
            "When the command counts as ready. Other nodes know themselves.")
        Key(
            "protocol", optional: \.speaks, ProtocolKey.format,
            "With `command`: the program takes connections and speaks this, without declared services: `http` (links "
                + "know its requests, replies and server-sent events), `grpc`, `tcp` (passed on unread) or `udp`.")
        Key(
            "inbound", \.node.inbound, InboundKey.format, default: "allow",
            "Who may open a connection to it, or send it the first datagram, as a firewall would have it: `allow`, "
                + "`deny`, `{ deny: all, except: relay }` or `{ allow: all, except: [a, outside] }`. What comes back on "
                + "a connection that it opened itself always passes.")
        Key(
            "ports", optional: \.node.ports, PortsKey.format, default: "anywhere",
            "Where the links that lead to it have their ports, on 127.0.0.1: `7000-7009`.")
        Key(
            "replicas", optional: \.node.replicas, Format<Int>.integer(0...1_000),
            "How many processes: `worker-1`, `worker-2` and so on. Without it there is one, called by the plain name.")
        Key(
            "restart", \.node.restart, RestartKey.format, default: "no",
            "Whether a process that ended is started again.")
        Key(
            "depends_on", \.node.dependsOn, .oneOrMany(.reference("a node's name")),
            "Nodes that must be ready before it starts.")
        Key(
            "env", \.node.env, .dictionary(of: .template(.process)), "Environment variables of its processes.")
        Key("labels", \.node.labels, .oneOrMany(LabelKey.format), "Words to pick nodes by: `label:x`.")
        Key("stop", \.node.stop, StopKey.format, "How it is asked to end.")
    } finish: { draft, entry, reading in
        draft.node.publish = draft.publish.filter { $0.feed == nil }.map(\.role)
        draft.node.append = draft.publish.filter { $0.feed != nil }.map(\.append)
        if !entry.has("serve") { draft.node.serve = draft.speaks }
        draft.node.command?.directory = draft.folder
        draft.node.command?.ready = draft.ready
        let start = entry.node.span
        if roles.allSatisfy({ !entry.has($0) }), !entry.hasStrangers {
            reading.error(
                "the node does nothing: expected \(roles.listed())", at: Span(start.start, start.start + 1))
        }
        for key in ["cwd", "ready"] where entry.has(key) && !entry.has("command") {
            reading.error("'\(key)' belongs to a node with 'command'", at: entry.place(key))
        }
        checkRoles(draft, entry, reading)
        if let role = draft.speaks { ProtocolKey.check(role, of: draft.node, entry, reading) }
        if let serve = draft.serve { ServeKey.check(serve, of: draft.node, entry, reading) }
        for name in draft.node.env.keys.sorted() where !isVariable(name) {
            let place = entry["env"]?.value.pairs?.first { $0.key == name }?.keySpan ?? entry.place("env")
            reading.error("'\(shortened(name))' is no name for an environment variable", at: place)
        }
    }

    /// Roles that make no sense together, or leave no link between them to break.
    private static func checkRoles(_ draft: Draft, _ entry: Record<Draft>.Entry, _ reading: Reading) {
        func refuse(_ role: String, beside others: [String], _ why: String, at place: String? = nil) {
            for other in others where entry.has(role) && entry.has(other) {
                reading.error(
                    "'\(role)' and '\(other)' in one node: \(why)", at: entry.place(place ?? other),
                    advice: "make two nodes of it")
            }
        }
        let noLink = "there would be no link between them to break"
        refuse(
            "command", beside: roles.filter { !["serve", "command"].contains($0) },
            "a program of yours is a process of its own", at: "command")
        refuse("broker", beside: roles.filter { !["broker", "command"].contains($0) }, noLink)
        refuse("directory", beside: ["host", "invoke"], noLink)
        refuse(
            "feed", beside: ["serve", "host", "directory", "names"],
            "it would have to speak HTTP and gRPC on one port")
        refuse("names", beside: ["peer"], noLink)
        for role in ["host", "directory", "names"] where entry.has(role) && draft.serve?.via.kind == .queue {
            reading.error(
                "'via: queue' and '\(role)' in one node: nobody connects to such a server", at: entry.place(role),
                advice: "make two nodes of it")
        }
        guard entry.has("replicas") else { return }
        let place = entry.place("replicas")
        if entry.has("directory") { reading.error("a directory has no replicas", at: place) }
        if entry.has("broker") {
            reading.error("a broker has no replicas", at: place, advice: "declare several brokers")
        }
        if entry.has("feed") {
            reading.error(
                "a node with 'feed' has no replicas: each would have items of its own under the same numbers",
                at: place, advice: "declare several feeds, each on a node of its own")
        }
        if entry.has("names") {
            reading.error("a name service has no replicas: each would know other members", at: place)
        }
    }

    static let format = Format<[Draft]>.entries(
        of: record, of: "node names", named: \.node.name, check: nameProblem,
        finish: { draft, span, reading in draft.node.location = reading.location(span) })

    @Sendable private static func nameProblem(_ name: String) -> ValueProblem? {
        if ["all", NodeLink.outside].contains(name) {
            return ValueProblem("'\(name)' cannot be a node's name: links use the word")
        }
        guard NodeSelector.isName(name), !name.hasPrefix("-") else {
            return ValueProblem("'\(shortened(name))' cannot be a node's name: expected letters, digits, - and _")
        }
        guard name.count <= 60 else {
            return ValueProblem("'\(shortened(name))' is longer than the 60 letters of a node's name")
        }
        return nil
    }

    private static func isVariable(_ name: String) -> Bool {
        NodeSelector.isName(name) && !name.contains("-") && !(name.first?.isNumber ?? true)
    }
}

/// `labels:`
enum LabelKey {
    static let format = Format<String>.words.check { label in
        NodeSelector.isName(label) ? nil : "'\(shortened(label))' cannot be a label: expected letters, digits, - and _"
    }
}
