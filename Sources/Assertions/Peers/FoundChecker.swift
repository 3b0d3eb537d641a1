import ClusterModel
import History

/// What came of the lookups of one way.
package struct LookupAccount: Sendable, Equatable {
    /// `names`, `neighbours`.
    package var way: String
    /// Those for a resource that some other live member had all the time.
    package var lookups: Int
    package var found: Int
    /// Nobody had it all the time, or its asker's end or the run's came first.
    package var leftOut: Int
    /// Answered with a member that did not have it.
    package var wrong: Int
    /// Answered with a member that had had it, and whose lease was not over.
    package var stale: Int
    /// Of those that were found.
    package var medianHops: Int
    package var mostHops: Int
    /// Sent for all of its lookups, those left out included.
    package var messages: Int

    package init(
        way: String, lookups: Int = 0, found: Int = 0, leftOut: Int = 0, wrong: Int = 0, stale: Int = 0,
        medianHops: Int = 0, mostHops: Int = 0, messages: Int = 0
    ) {
        self.way = way
        self.lookups = lookups
        self.found = found
        self.leftOut = leftOut
        self.wrong = wrong
        self.stale = stale
        self.medianHops = medianHops
        self.mostHops = mostHops
        self.messages = messages
    }

    package var share: Double { lookups > 0 ? Double(found) / Double(lookups) : 0 }
    package var messagesPerLookup: Double {
        lookups + leftOut > 0 ? Double(messages) / Double(lookups + leftOut) : 0
    }
}

/// `found:` — the share of lookups that were answered with a member that has the resource, and their hops.
struct FoundChecker {
    let judgement: Judgement
    let scope: LookupScope
    let condition: Condition
    let hops: Condition?

    private var ledger: PeerLedger { judgement.peers }

    func result() -> AssertionResult {
        var result = AssertionResult(
            title: Assertion.found(scope, condition, hops: hops).title, verdict: .unknown, from: scope.from)
        let askers = scope.from.map { judgement.topology.node(named: $0)?.instances ?? [$0] }
        let searches = Searches(ledger, judgement.topology) { search in
            (scope.group == nil || search.group == scope.group) && (scope.by == nil || search.way == scope.by)
                && askers?.contains(search.asker.process) ?? true
        }
        let accounts = searches.accounts
        if !accounts.isEmpty { result.measure = .lookups(accounts) }
        let all = accounts.reduce(0) { $0 + $1.lookups }
        let found = accounts.reduce(0) { $0 + $1.found }
        let leftOut = accounts.reduce(0) { $0 + $1.leftOut }
        if leftOut > 0 {
            result.notes.append(
                "\(counted(leftOut, "lookup")) for what no other member had all the time, or cut short: not judged")
        }
        var reasons: [String] = []
        if !searches.wrong.isEmpty {
            reasons.append("\(counted(searches.wrong.count, "lookup")) answered with a member that does not have it")
        }
        guard all > 0 || !reasons.isEmpty else {
            result.explanation =
                accounts.isEmpty ? "no lookup was made" : "no lookup was for what another member had all the time"
            return result
        }
        let share = all > 0 ? Double(found) / Double(all) : 0
        if all > 0, !condition.holds(forShare: share) {
            reasons.append("\(found) of \(counted(all, "lookup")) found, expected \(condition.percent)")
        }
        let far =
            hops.map { hops in searches.found.filter { !hops.holds(for: Double(ledger.searches[$0].hops)) } } ?? []
        if let hops, !far.isEmpty {
            reasons.append("\(counted(far.count, "lookup")) took another number of hops than \(hops)")
        }
        judgement.judgeNumber(&result, reasons: reasons)
        guard !reasons.isEmpty else { return result }
        result.examples =
            searches.wrong.prefix(Example.limit).map { example(.unexpected, $0) }
            + (searches.missed + far).prefix(Example.limit).map { example(.notFound, $0) }
        return result
    }

    private func example(_ kind: Example.Kind, _ number: Int) -> Example {
        let search = ledger.searches[number]
        let timeline = ledger.timeline
        var steps = [
            timeline.step(
                search.start, "\(search.asker.process) began to look for \(search.resource) by \(search.way.rawValue)")
        ]
        let key = PeerLedger.ResourceKey(group: search.group, resource: search.resource)
        for sharing in (ledger.sharings[key] ?? []).prefix(4) {
            steps.append(timeline.step(sharing.from, "\(sharing.holder.process) has it from now on"))
            if sharing.to < timeline.cut {
                steps.append(timeline.step(sharing.to, "\(sharing.holder.process) has it no more"))
            }
        }
        if let result = search.result {
            let text =
                result == .ok
                ? "answer: \(search.holder) has it (\(counted(search.hops, "hop")))" : "no answer in time"
            steps.append(timeline.step(search.end, "\(text), \(counted(search.messages, "message"))"))
        }
        return Example(kind: kind, message: search.id, path: PathWriter.ordered(steps))
    }
}

/// What came of some lookups.
struct Searches {
    private(set) var accounts: [LookupAccount] = []
    /// Numbers in `PeerLedger.searches`.
    private(set) var wrong: [Int] = []
    private(set) var missed: [Int] = []
    private(set) var found: [Int] = []

    private enum Answer { case none, right, stale, wrong }

    init(_ ledger: PeerLedger, _ topology: Topology, _ isIncluded: (PeerLedger.Search) -> Bool) {
        var hops: [LookupWay: [Int]] = [:]
        var byWay: [LookupWay: LookupAccount] = [:]
        for (number, search) in ledger.searches.enumerated() where isIncluded(search) {
            var account = byWay[search.way] ?? LookupAccount(way: search.way.rawValue)
            defer { byWay[search.way] = account }
            account.messages += search.messages
            let answer = Self.answer(search, ledger, topology)
            if answer == .wrong {
                account.wrong += 1
                wrong.append(number)
            }
            if answer == .stale { account.stale += 1 }
            guard search.end < ledger.timeline.cut, Self.isOwed(search, ledger) else {
                account.leftOut += 1
                continue
            }
            account.lookups += 1
            if answer == .right {
                account.found += 1
                found.append(number)
                hops[search.way, default: []].append(search.hops)
            } else if answer != .wrong {
                missed.append(number)
            }
        }
        for way in LookupWay.allCases {
            guard var account = byWay[way] else { continue }
            let sorted = (hops[way] ?? []).sorted()
            if let most = sorted.last {
                account.mostHops = most
                account.medianHops = sorted[(sorted.count - 1) / 2]
            }
            accounts.append(account)
        }
    }

    /// Another member, alive and not paused, had it from before the question until after the answer.
    private static func isOwed(_ search: PeerLedger.Search, _ ledger: PeerLedger) -> Bool {
        let key = PeerLedger.ResourceKey(group: search.group, resource: search.resource)
        return (ledger.sharings[key] ?? []).contains { sharing in
            guard sharing.holder.process != search.asker.process, sharing.from <= search.start,
                sharing.to > search.end
            else { return false }
            let life = ledger.records.life(sharing.holder.incarnation, of: sharing.holder.process)
            return life.map { !$0.isPaused(search.start, search.end) } ?? true
        }
    }

    private static func answer(
        _ search: PeerLedger.Search, _ ledger: PeerLedger, _ topology: Topology
    ) -> Answer {
        guard search.result == .ok else { return .none }
        let key = PeerLedger.ResourceKey(group: search.group, resource: search.resource)
        let sharings = (ledger.sharings[key] ?? []).filter { $0.holder.process == search.holder }
        if sharings.contains(where: { $0.from <= search.end && $0.to >= search.start }) { return .right }
        // A name service may name who has just gone, until the lease is over.
        guard search.way == .names, let names = topology.group(named: search.group)?.names,
            let lease = topology.node(named: names)?.names?.lease
        else { return .wrong }
        let earliest = search.start.subtractingSaturated(lease.nanoseconds)
        return sharings.contains { $0.from <= search.end && $0.to >= earliest } ? .stale : .wrong
    }
}
