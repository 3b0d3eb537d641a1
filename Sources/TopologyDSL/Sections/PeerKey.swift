import ClusterModel

/// `peer:` of a node.
enum PeerKey {
    /// What goes into one datagram, with room for the names beside it.
    static let sizeLimit = 50_000

    static let record = Record<PeerRole>("peer", "It is a member of a group.", from: PeerRole(group: "")) {
        Key("group", \.group, .reference("a group's name"), required: true, "The group.")
        Key(
            "send", \.send, .oneOrMany(sendRecord.format),
            "Messages to one member each: one workload or a list of them.")
        Key(
            "broadcast", \.broadcast, .oneOrMany(broadcastRecord.format),
            "Items for all members: one workload or a list of them.")
        Key(
            "share", \.share, .oneOrMany(.template(.resource)),
            "Resources that each of its processes has: one or a list; templates, without `$(seq)`.")
        Key("find", \.find, .oneOrMany(findRecord.format), "Lookups of resources: one workload or a list of them.")
    }

    static let format = Format<PeerRole>.either(
        Format<String>.reference("a group's name").map { PeerRole(group: $0) }, or: record.format)

    static let sendRecord = Record<SendRole>(
        "send", "Messages to one member each, repeated until they are acknowledged, and handed over there once.",
        from: SendRole(to: "")
    ) {
        Key(
            "to", \.to, .reference("a peer's name"), required: true,
            "A node (its processes in turn, the sender left out) or one process.")
        Key("body", \.source.body, .template(.message), default: "`message $(seq)`", "The body; a template.")
        Key("size", optional: \.source.size, size, "What the body is padded to: `1KB`.")
        Key(
            "count", optional: \.source.count, Format<Int>.integer(1...Int.max), default: "without end",
            "How many messages.")
        Key(
            "rate", optional: \.source.rate, Format<Rate>.rate, default: "as fast as they are acknowledged",
            "How many a second: `500/s`.")
        Key(
            "timeout", \.timeout, .duration(allowsZero: false), default: "200ms",
            "How long an attempt waits for its acknowledgement.")
        Key(
            "attempts", \.attempts, .integer(1...1_000_000), default: "20", "Attempts at most, the first included.")
    }

    static let broadcastRecord = Record<AppendSource>(
        "broadcast", "Items that every live member gets, once.", from: AppendSource()
    ) {
        Key("body", \.body, .template(.message), default: "`item $(seq)`", "The body; a template.")
        Key("size", optional: \.size, size, "What the body is padded to: `1KB`.")
        Key(
            "count", optional: \.count, Format<Int>.integer(1...Int.max), default: "without end", "How many items.")
        Key(
            "rate", optional: \.rate, Format<Rate>.rate, default: "as fast as it can", "How many a second: `500/s`.")
    }

    static let findRecord = Record<FindRole>("find", "Lookups of a resource.", from: FindRole(what: "")) {
        Key("what", \.what, .template(.message), required: true, "The resource; a template: `song-$(random 1 7)`.")
        Key(
            "by", \.by, .word("a way to look"), default: "neighbours",
            "`names`: the group's name service knows who has it. `neighbours`: members are asked, and ask on, as far as "
                + "the group's `hops` go.")
        Key(
            "count", optional: \.count, Format<Int>.integer(1...Int.max),
            default: "1; without end where there is a `rate`",
            "How many lookups.")
        Key(
            "rate", optional: \.rate, Format<Rate>.rate, default: "one after the other",
            "How many a second: `10/s`.")
        Key(
            "timeout", \.timeout, .duration(allowsZero: false), default: "2s",
            "How long a lookup waits for its first answer.")
    } finish: { role, entry, _ in
        if entry.has("rate"), !entry.has("count") { role.count = nil }
    }

    private static let size = Format<Int>.bytes.check { size in
        size > sizeLimit ? "\(size) bytes do not fit a datagram: expected at most \(sizeLimit)" : nil
    }
}

/// `names:` of a node.
enum NamesKey {
    static let record = Record<NamesRole>("names", "It is a group's name service.", from: NamesRole()) {
        Key(
            "lease", \.lease, .duration(allowsZero: false), default: "2s",
            "An entry that is not renewed for so long is gone.")
    }
}

extension TemplateScope {
    /// Once for each process, of what it has.
    static let resource = TemplateScope(
        names: Template.names.filter { !["seq", "port", "data"].contains($0) }, allowsEndpoints: false,
        place: "a peer's resource")
}
