import ClusterModel
import History

/// What a report says of one group of peers.
package struct PeerAccount: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package var name: String
        /// It lived at the end.
        package var isLive: Bool
        /// Those whom it held to be alive at the end, itself left out.
        package var view: [String]

        package init(name: String, isLive: Bool = true, view: [String] = []) {
            self.name = name
            self.isLive = isLive
            self.view = view
        }
    }

    package struct Death: Sendable, Equatable {
        package var member: String
        /// `signal 9`.
        package var how: String
        /// Nanoseconds since the workloads started.
        package var time: Int64
        /// Others that lived then and later, and those of them that learned of it.
        package var others: Int
        package var knew: Int
        /// Until the first and the last of them knew.
        package var first: Duration?
        package var last: Duration?

        package init(
            member: String, how: String, time: Int64, others: Int = 0, knew: Int = 0, first: Duration? = nil,
            last: Duration? = nil
        ) {
            self.member = member
            self.how = how
            self.time = time
            self.others = others
            self.knew = knew
            self.first = first
            self.last = last
        }
    }

    package var group: String
    package var members: [Member]
    /// The views of all that lived at the end are right; `nil` where fewer than two did.
    package var agree: Bool?
    package var deaths: [Death]
    package var falseDeaths: Int
    /// Messages to one member: sent, handed over, and how they came.
    package var sent: Int
    package var received: Int
    package var ways: MessageWays
    /// Broadcast items, hand-overs of them, and items that some live member lacks.
    package var items: Int
    package var handOvers: Int
    package var gaps: Int
    package var lookups: [LookupAccount]

    /// Members and deaths that a report has at most.
    package static let limit = 1_000

    package init(
        group: String, members: [Member] = [], agree: Bool? = nil, deaths: [Death] = [], falseDeaths: Int = 0,
        sent: Int = 0, received: Int = 0, ways: MessageWays = .init(), items: Int = 0, handOvers: Int = 0,
        gaps: Int = 0, lookups: [LookupAccount] = []
    ) {
        self.group = group
        self.members = members
        self.agree = agree
        self.deaths = deaths
        self.falseDeaths = falseDeaths
        self.sent = sent
        self.received = received
        self.ways = ways
        self.items = items
        self.handOvers = handOvers
        self.gaps = gaps
        self.lookups = lookups
    }

    /// One for each group, in the order of the file.
    package static func list(_ history: History, topology: Topology) -> [PeerAccount] {
        guard !topology.groups.isEmpty else { return [] }
        let ledger = PeerLedger(history, topology: topology)
        let views = ViewHistory(ledger)
        return topology.groups.map { account($0, ledger, views, topology) }
    }

    private static func account(
        _ group: PeerGroup, _ ledger: PeerLedger, _ views: ViewHistory, _ topology: Topology
    ) -> PeerAccount {
        let names = topology.members(of: group.name)
        var account = PeerAccount(group: group.name)
        account.falseDeaths = FalseDeaths(ledger, group, topology).wrongly.count
        (account.members, account.agree) = final(names, group.name, ledger)
        account.deaths = MemberDeath.all(ledger, members: names).prefix(limit).map { death($0, names, ledger, views) }
        let grouped = ledger.receipts(by: ledger.messages.count)
        for (number, message) in ledger.messages.enumerated()
        where message.kind == .send && message.group == group.name {
            if message.sent != nil { account.sent += 1 }
            let receipts = grouped[Int32(number)].map { ledger.receipts[Int($0)] }
            guard let first = receipts.first(where: { $0.member.process == message.to }) else { continue }
            account.received += 1
            account.ways.count(
                first.via, from: message.sender.process, to: message.to,
                mayOpen: topology.mayOpen(from: message.sender.process, to: message.to))
        }
        let spread = Spread(ledger, group.name, topology)
        account.items = spread.items
        account.handOvers = spread.receipts
        account.gaps = spread.gaps.count
        account.lookups = Searches(ledger, topology) { $0.group == group.name }.accounts
        return account
    }

    /// The members as they were at the end.
    private static func final(_ names: [String], _ group: String, _ ledger: PeerLedger) -> ([Member], Bool?) {
        let end = min(ledger.timeline.drained ?? .max, ledger.timeline.cut)
        var lives: [Int32: UInt32] = [:]
        var live: Set<Int32> = []
        for name in names {
            guard let number = ledger.names.known(name), let life = ledger.records.life(of: name, at: end) else {
                continue
            }
            lives[number] = life.incarnation
            if life.isLive(at: end) { live.insert(number) }
        }
        var views: [Int32: Set<Int32>] = [:]
        for change in ledger.changes where change.group == group && change.time <= end {
            guard lives[change.viewer] == change.life, change.member != change.viewer else { continue }
            if change.isIn {
                views[change.viewer, default: []].insert(change.member)
            } else {
                views[change.viewer]?.remove(change.member)
            }
        }
        var agree = true
        let members = names.prefix(limit).map { name -> Member in
            let number = ledger.names.known(name) ?? -1
            let view = views[number] ?? []
            if live.contains(number), view != live.subtracting([number]) { agree = false }
            return Member(
                name: name, isLive: live.contains(number), view: view.map { ledger.names[$0] }.sorted())
        }
        return (Array(members), live.count > 1 ? agree : nil)
    }

    private static func death(
        _ fact: MemberDeath, _ names: [String], _ ledger: PeerLedger, _ views: ViewHistory
    ) -> Death {
        var death = Death(
            member: fact.member, how: fact.how, time: fact.time.subtractingSaturated(ledger.timeline.origin))
        var times: [Int64] = []
        for name in names where name != fact.member {
            guard let life = ledger.records.life(of: name, at: fact.time), life.isLive(at: fact.time),
                let viewer = ledger.names.known(name)
            else { continue }
            death.others += 1
            // Until it could know no more: its own end, or the run's.
            let until = min(life.to, ledger.timeline.cut)
            if case .known(let time) = views.knowledge(of: fact, by: viewer, life.incarnation, until: until) {
                death.knew += 1
                times.append(max(0, time.subtractingSaturated(fact.time)))
            }
        }
        death.first = times.min().map { .nanoseconds($0) }
        death.last = times.max().map { .nanoseconds($0) }
        return death
    }
}
