import ClusterModel

/// `inbound:` of a node.
enum InboundKey {
    static let record = Record<InboundRule>(
        "inbound", "Who may open a connection to it.", exactlyOne: ["deny", "allow"], from: InboundRule()
    ) {
        Key("deny", \.policy, all(.deny), "`all`: nobody may, but those in `except`.")
        Key("allow", \.policy, all(.allow), "`all`: everybody may, but those in `except`.")
        Key(
            "except", \.except, .oneOrMany(.nodes), "Those for whom the opposite holds: one or a list; `outside` too.")
    }

    static let format = Format<InboundRule>.either(
        Format<InboundRule.Policy>.word("a rule").map { InboundRule($0) }, or: record.format)

    private static func all(_ policy: InboundRule.Policy) -> Format<InboundRule.Policy> {
        Format("all", schema: ["const": "all"]) { node, reading in
            if case .scalar("all", _) = node.content { return policy }
            guard !node.isBroken else { return nil }
            reading.error(
                "'\(policy.rawValue)' takes the word all; 'except' says for whom it does not hold", at: node.span,
                advice: "inbound: { \(policy.rawValue): all, except: NAME }")
            return nil
        }
    }
}

/// `ports:` of a node.
enum PortsKey {
    static let format = Format<ClosedRange<Int>>.scalar(
        "a range of ports such as 7000-7009",
        schema: .text(pattern: "[0-9]+( *(-|\\.\\.) *[0-9]+)?", examples: ["7000-7009"])
    ) { text throws(ValueProblem) in
        let separator = text.contains("..") ? ".." : "-"
        let bounds = text.split(separator: separator, omittingEmptySubsequences: false).map { Int(trim(String($0))) }
        guard (1...2).contains(bounds.count), let first = bounds[0], let last = bounds[bounds.count - 1] else {
            throw ValueProblem("expected a range of ports such as 7000-7009, found '\(shortened(text))'")
        }
        guard first >= 1, last <= 65_535 else { throw ValueProblem("'\(shortened(text))': ports go from 1 to 65535") }
        guard first <= last else {
            throw ValueProblem("'\(shortened(text))' ends before it begins, did you mean \(last)-\(first)?")
        }
        return first...last
    }
}

/// `protocol:` of a node with a command: what a program speaks that serves without declared services.
enum ProtocolKey {
    static let record = Record<ServeRole>(
        "protocol", "What the program speaks on its connections.", from: ServeRole(services: [])
    ) {
        Key("speaks", \.speaks, speech, required: true, "The protocol.")
        Key(
            "port", optional: \.port, Format<Int>.integer(1...65_535),
            "A port on 127.0.0.1 for programs outside the cluster: the link `outside -> NAME`. Not with `udp`.")
        Key(
            "listen", optional: \.listen, Format<Int>.integer(1...65_535), default: "chosen, and told",
            "The port on which the program listens. Without it one is chosen, which the program finds in `$(port)` and "
                + "`ORCH_PORT`. Replicas have the ports that follow.")
    }

    static let format = Format<ServeRole>.either(
        speech.map { ServeRole(services: [], speaks: $0) }, or: record.format)

    private static let speech = Format<ServeRole.Speech>.word("a protocol")

    /// What depends on the rest of the node.
    static func check(_ role: ServeRole, of node: Node, _ entry: Record<NodeSection.Draft>.Entry, _ reading: Reading) {
        func place(_ key: String) -> Span { reading.keyPlace(reading.path / "protocol" / key) }
        if entry.has("serve") {
            return reading.error(
                "'protocol' beside 'serve': a program that answers calls of services speaks grpc",
                at: entry.place("protocol"))
        }
        if !entry.has("command") {
            return reading.error("'protocol' belongs to a node with 'command'", at: entry.place("protocol"))
        }
        if role.port != nil, role.speaks == .udp {
            reading.error("'port' with udp: only nodes of the cluster send it datagrams", at: place("port"))
        }
        ServeKey.checkPorts(role, of: node, place, reading)
    }
}
