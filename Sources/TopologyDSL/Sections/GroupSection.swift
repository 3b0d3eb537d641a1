import ClusterModel

/// `groups:`
enum GroupSection {
    private static let members = Format<[String]>.oneOrMany(.reference("a peer of the group"))

    static let record = Record<PeerGroup>(
        "group", "Peers that know each other: how they watch over one another, and how word goes around.",
        from: PeerGroup(name: "")
    ) {
        Key(
            "period", \.period, .duration(allowsZero: false), default: "200ms",
            "Each member probes another one once in this time.")
        Key(
            "timeout", \.timeout, .duration(allowsZero: false), default: "60ms",
            "How long a probe waits for its answer, before others are asked to try. Shorter than `period`.")
        Key("indirect", \.indirect, .integer(0...100), default: "3", "How many others are asked.")
        Key(
            "suspicion", \.suspicion, .integer(1...100_000), default: "5",
            "Periods for which a member is suspected before it is held to be dead. At 30% loss, 10 or more.")
        Key(
            "seeds", \.seeds, members, default: "any member of the file",
            "Members to join through, nodes or processes; they are tried for ever.")
        Key(
            "names", optional: \.names, Format<String>.reference("a node with 'names'"), default: "none",
            "The node that is its name service: members join through it, and look resources up there.")
        Key(
            "relays", optional: \.relays, members, default: "every member",
            "Members that carry messages between those who cannot reach each other, nodes or processes.")
        Key(
            "gossip", \.gossip, .duration(allowsZero: false), default: "50ms",
            "How often a member tells some others what has been broadcast lately.")
        Key("fanout", \.fanout, .integer(1...100), default: "3", "How many others.")
        Key(
            "repair", \.repair, .duration(allowsZero: false), default: "500ms",
            "How often a member compares all that it has with one other.")
        Key(
            "neighbours", \.neighbours, .integer(1...100), default: "3",
            "Members that one asks when it looks for a resource, and that each of them asks on.")
        Key("hops", \.hops, .integer(1...100), default: "4", "How far such a question goes.")
    } finish: { group, entry, reading in
        if group.timeout >= group.period, !reading.isBroken(reading.path) {
            reading.error(
                "'timeout: \(group.timeout.text)' is not shorter than 'period: \(group.period.text)': nobody else could "
                    + "be asked within the period",
                at: entry.place(entry.has("timeout") ? "timeout" : "period"))
        }
    }

    static let format = Format<[PeerGroup]>.entries(
        of: record, of: "group names", named: \.name, check: nameProblem,
        finish: { group, span, reading in group.location = reading.location(span) })

    @Sendable private static func nameProblem(_ name: String) -> ValueProblem? {
        name == "all"
            ? ValueProblem("'all' cannot be a group's name: assertions use the word")
            : plainNameProblem(name, "a group")
    }
}
