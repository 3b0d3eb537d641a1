import ClusterModel

/// `serve:` of a node.
enum ServeKey {
    struct Draft: Sendable {
        /// `services` are names as they are written, and `via` is still `.grpc`.
        var role = ServeRole(services: [])
        var via = Via()
        /// The keys that were given.
        var keys: Set<String> = []
    }

    struct Via: Sendable {
        enum Kind: String, Sendable, CaseIterable { case grpc, queue }

        var kind = Kind.grpc
        /// `nil`: called after the service.
        var queue: String?
        var broker = ""
    }

    static let record = Record<Draft>(
        "serve", "It answers calls of services.", exactlyOne: ["service", "services"], from: Draft()
    ) {
        Key("service", \.role.services, .oneOrMany(.reference("a service's name")), "The service, or a list of them.")
        Key("services", \.role.services, .oneOrMany(.reference("a service's name")), "Another word for `service`.")
        Key(
            "port", optional: \.role.port, Format<Int>.integer(1...65_535),
            "A port on 127.0.0.1 for programs outside the cluster: the link `outside -> NAME`.")
        Key(
            "listen", optional: \.role.listen, Format<Int>.integer(1...65_535), default: "chosen, and told",
            "With `command`: the port on which the program listens. Without it one is chosen, which the program finds "
                + "in `$(port)` and `ORCH_PORT`. Replicas have the ports that follow.")
        Key(
            "via", \.via, via, default: "grpc",
            "How calls come: `grpc`, or `queue`: requests are messages in a queue that is called after the service, or "
                + "`{queue: rpc_queue}`.")
        Key("tls", optional: \.role.tls, tlsRecord.format, "TLS, with these files.")
        Key(
            "concurrency", \.role.concurrency, .integer(1...100_000), default: "1000",
            "Executions at a time; further requests wait, and then are refused.")
        Key("work", \.role.work, .duration(), default: "0", "What an execution takes, besides its handler.")
        Key("max_message", \.role.maxMessage, .bytes, default: "4MiB", "The largest message that it takes.")
    } finish: { draft, entry, reading in
        draft.keys = entry.keys
        guard draft.via.kind == .queue else { return }
        for key in ["port", "tls", "listen"] where entry.has(key) {
            reading.error("'\(key)' does not go with a queue: nobody connects to the node itself", at: entry.place(key))
        }
        if draft.via.queue == nil, draft.role.services.count > 1 {
            reading.error(
                "\(draft.role.services.count) services and one queue: expected its name", at: entry.place("via"),
                advice: "via: { queue: rpc_queue }")
        }
    }

    static let viaRecord = Record<Via>("via", "Calls through a broker.", from: Via(kind: .queue)) {
        Key(
            "queue", optional: \.queue,
            Format<String>.reference("a queue's name").check { EntityName.problem($0)?.message },
            default: "the service's full name", "The queue. It need not stand under `queues`.")
        Key("broker", \.broker, .reference("a broker node's name"), default: "the queue's", "The broker.")
    }

    static let tlsRecord = Record<TLSFiles>(
        "tls", "PEM files, from the topology file's folder.", from: TLSFiles(certificate: "", key: "")
    ) {
        Key("certificate", \.certificate, .words, required: true, "The certificate, with what leads to its authority.")
        Key("key", \.key, .words, required: true, "Its private key.")
        Key(
            "authority", optional: \.authority, Format<String>.words, default: "the certificate itself",
            "What clients trust.")
    }

    private static let via = Format<Via>.either(
        Format<Via.Kind>.word("a way for calls").map { Via(kind: $0) }, or: viaRecord.format)

    private static let names = Format<[String]>.oneOrMany(.reference("a service's name"))

    static let format = Format<Draft>(
        "a service's name, a list of them, or a mapping",
        schema: ["anyOf": .array([names.schema, .shared("serve", record.schema)])]
    ) { node, reading in
        if case .mapping = node.content { return record.read(node, reading) }
        return names.read(node, reading).map { names in
            var draft = Draft()
            draft.role.services = names
            return draft
        }
    }

    /// What depends on the rest of the node.
    static func check(_ draft: Draft, of node: Node, _ entry: Record<NodeSection.Draft>.Entry, _ reading: Reading) {
        func place(_ key: String) -> Span { reading.keyPlace(reading.path / "serve" / key) }
        if draft.role.services.isEmpty, !reading.isBroken(reading.path / "serve") {
            reading.error("no service: expected at least one", at: entry["serve"]?.value.span ?? entry.place("serve"))
        }
        if node.command != nil {
            for key in ["concurrency", "work", "max_message"] where draft.keys.contains(key) {
                reading.error("'\(key)' with 'command': the program decides that itself", at: place(key))
            }
            if draft.via.kind == .queue {
                reading.error(
                    "'via: queue' with 'command': a program of yours takes messages from its queue by itself",
                    at: place("via"), advice: "leave out 'serve'")
            }
        } else if draft.keys.contains("listen") {
            reading.error("'listen' belongs to a node with 'command'", at: place("listen"))
        }
        checkPorts(draft.role, of: node, place, reading)
    }

    static func checkPorts(_ role: ServeRole, of node: Node, _ place: (String) -> Span, _ reading: Reading) {
        if role.port != nil, (node.replicas ?? 1) > 1 {
            reading.error("one 'port' for \(node.replicas ?? 1) replicas", at: place("port"))
        }
        if let listen = role.listen, listen + max(node.replicas ?? 1, 1) - 1 > 65_535 {
            reading.error("the ports of \(node.replicas ?? 1) replicas end beyond 65535", at: place("listen"))
        }
    }
}
