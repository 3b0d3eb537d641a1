/// One entry under `groups:`: peers that know each other. Membership is SWIM's; every period and bound is here.
package struct PeerGroup: Sendable, Equatable, Codable {
    package var name: String
    /// A member is probed once in this time.
    package var period: Duration
    /// How long a direct probe waits for its answer, before others are asked to try.
    package var timeout: Duration
    /// How many others are asked.
    package var indirect: Int
    /// Periods for which a member is suspected before it is held to be dead.
    package var suspicion: Int
    /// Members to join through: nodes or processes. Empty: any member that the file names. They are tried for ever.
    package var seeds: [String]
    /// The node that is the group's name service: members join through it, and look resources up there.
    package var names: String?
    /// Members that carry messages for those who cannot reach each other: nodes or processes. `nil`: every member.
    package var relays: [String]?
    /// How often a member tells some others what has been broadcast lately.
    package var gossip: Duration
    /// How many others.
    package var fanout: Int
    /// How often a member compares all that it has with one other.
    package var repair: Duration
    /// Members that one asks when it looks for a resource, and that they ask on.
    package var neighbours: Int
    /// How far such a question goes.
    package var hops: Int
    package var location: SourceLocation

    package init(
        name: String, period: Duration = .milliseconds(200), timeout: Duration = .milliseconds(60), indirect: Int = 3,
        suspicion: Int = 5, seeds: [String] = [], names: String? = nil, relays: [String]? = nil,
        gossip: Duration = .milliseconds(50), fanout: Int = 3, repair: Duration = .milliseconds(500),
        neighbours: Int = 3, hops: Int = 4, location: SourceLocation = .init()
    ) {
        self.name = name
        self.period = period
        self.timeout = timeout
        self.indirect = indirect
        self.suspicion = suspicion
        self.seeds = seeds
        self.names = names
        self.relays = relays
        self.gossip = gossip
        self.fanout = fanout
        self.repair = repair
        self.neighbours = neighbours
        self.hops = hops
        self.location = location
    }
}

/// `peer:` of a node — it is a member of a group, and talks to the others directly.
package struct PeerRole: Sendable, Equatable, Codable {
    package var group: String
    package var send: [SendRole]
    package var broadcast: [AppendSource]
    /// Resources that each of its processes has; texts may hold `$(replica)` and the like.
    package var share: [String]
    package var find: [FindRole]

    package init(
        group: String, send: [SendRole] = [], broadcast: [AppendSource] = [], share: [String] = [],
        find: [FindRole] = []
    ) {
        self.group = group
        self.send = send
        self.broadcast = broadcast
        self.share = share
        self.find = find
    }
}

extension PeerRole {
    package var hasFiniteWork: Bool {
        send.contains { $0.source.count != nil } || broadcast.contains { $0.count != nil }
            || find.contains { $0.count != nil }
    }
}

/// `send:` of a peer — messages to one member each, repeated until it has acknowledged them, and handed over there once.
package struct SendRole: Sendable, Equatable, Codable {
    /// A node (its processes in turn, itself left out) or one process.
    package var to: String
    package var source: AppendSource
    /// How long an attempt waits for its acknowledgement.
    package var timeout: Duration
    /// Attempts at most, the first included.
    package var attempts: Int

    package init(
        to: String, source: AppendSource = .init(body: "message $(seq)"), timeout: Duration = .milliseconds(200),
        attempts: Int = 20
    ) {
        self.to = to
        self.source = source
        self.timeout = timeout
        self.attempts = attempts
    }
}

/// How a resource is looked for.
package enum LookupWay: String, Sendable, Hashable, Codable, CaseIterable {
    /// The name service knows who has it.
    case names
    /// Neighbours are asked, and ask on, as far as the hop limit goes.
    case neighbours
}

/// `find:` of a peer — it looks for resources.
package struct FindRole: Sendable, Equatable, Codable {
    /// The resource; may hold `$(random 1 7)` and the like.
    package var what: String
    package var by: LookupWay
    package var count: Int?
    package var rate: Rate?
    /// How long a lookup waits for its first answer.
    package var timeout: Duration

    package init(
        what: String, by: LookupWay = .neighbours, count: Int? = 1, rate: Rate? = nil, timeout: Duration = .seconds(2)
    ) {
        self.what = what
        self.by = by
        self.count = count
        self.rate = rate
        self.timeout = timeout
    }
}

/// `names:` of a node — it is a name service: described entries, each with a lease.
package struct NamesRole: Sendable, Equatable, Codable {
    /// An entry that is not renewed for so long is gone.
    package var lease: Duration

    package init(lease: Duration = .seconds(2)) { self.lease = lease }
}
