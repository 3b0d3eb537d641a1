import ClusterModel
import Control
import History
import Membership
import NIOCore

/// What a peer says beside its membership: it sends, broadcasts and looks for things as its role tells it, and hears the
/// others. The decisions are those of its parts; here they get their work, and what comes of it is counted.
final class PeerConversation: PeerTalking {
    /// Things begun before others get their turn.
    private static let burst = 128

    /// What an open lookup or message belongs to.
    private enum Owner {
        case send(Int)
        case find(Int)
    }

    weak var host: (any PeerHost)?

    private let group: String
    private let record: (Event) -> Void
    private let log: (String) -> Void
    private let me: TalkIdentity
    private let resources: [String]
    private let names: (any PeerNames)?
    private var messenger: Messenger
    private var broadcaster: Broadcaster
    private var finder: Finder
    private var sends: [SendWork] = []
    private var broadcasts: [BroadcastWork] = []
    private var finds: [FindWork] = []
    private var owners: [String: Owner] = [:]
    private var lastLookup: UInt64 = 0
    private var isMore = false
    private var isStopped = false
    private var published = 0
    private var confirmed = 0
    private var failed = 0
    private var talked = 0
    private var lookups = 0

    /// - Parameters:
    ///   - values: what `$(…)` stands for, for each use with chance of its own.
    ///   - names: the way to the group's name service, where it has one.
    init(
        _ plan: NodePlan.PeerPlan, me: TalkIdentity, names: (any PeerNames)?,
        values: (_ use: String) -> Template.Values, record: @escaping (Event) -> Void,
        log: @escaping (String) -> Void
    ) throws {
        let role = plan.role
        group = plan.group.name
        self.me = me
        self.names = names
        self.record = record
        self.log = log
        messenger = Messenger(me, relays: plan.relays)
        broadcaster = Broadcaster(me, .init(plan.group))
        resources = try role.share.enumerated().map { index, text in
            var texts = try PeerTexts(text, values("share \(index)"))
            return texts.text(1)
        }
        finder = Finder(me, neighbours: plan.group.neighbours, hops: plan.group.hops, resources: resources)
        let others = me.others.sorted()
        sends = try role.send.enumerated().map { try SendWork($1, others: others, values("send \($0)")) }
        broadcasts = try role.broadcast.enumerated().map { try BroadcastWork($1, values("broadcast \($0)")) }
        finds = try role.find.enumerated().map { try FindWork($1, values("find \($0)")) }
        if names == nil, role.find.contains(where: { $0.by == .names }) {
            throw OrchError(
                .badTopology, "find: by: names, but the group \(group) has no name service",
                advice: "name a node with names: in the group's names:")
        }
    }

    // MARK: - Life

    func prepare(now: Int64) -> [PeerAction] {
        for resource in resources {
            var event = ResourceChange()
            event.group = group
            event.resource = resource
            record(.resourceChange(event))
        }
        names?.start(host: host, resources: resources)
        return []
    }

    /// Others look its resources up as soon as all are ready.
    var settled: EventLoopFuture<Void>? { names?.hasBegun }

    func run(now: Int64) -> [PeerAction] {
        for index in sends.indices { sends[index].pacer.start(now: now) }
        for index in broadcasts.indices { broadcasts[index].pacer.start(now: now) }
        for index in finds.indices { finds[index].pacer.start(now: now) }
        return begin(now)
    }

    func drain() {
        for index in sends.indices { sends[index].pacer.finish() }
        for index in broadcasts.indices { broadcasts[index].pacer.finish() }
        for index in finds.indices { finds[index].pacer.finish() }
    }

    func stop(now: Int64) {
        drain()
        isStopped = true
        names?.stop()
    }

    // MARK: - Parts

    func receive(_ kind: PeerDatagram.Kind, _ payload: [UInt8], from: String, now: Int64) -> [PeerAction] {
        guard !isStopped else { return [] }
        let actions =
            switch kind {
            case .membership: [PeerAction]()
            case .message: messenger.receive(payload, from: from, now: now)
            case .broadcast: broadcaster.receive(payload, from: from, now: now)
            case .lookup: finder.receive(payload, from: from, now: now)
            }
        return actions + begin(now)
    }

    func membersChanged(_ live: [String], now: Int64) -> [PeerAction] {
        messenger.membersChanged(live, now: now) + broadcaster.membersChanged(live, now: now)
            + finder.membersChanged(live, now: now)
    }

    func tick(now: Int64) -> [PeerAction] {
        guard !isStopped else { return [] }
        let due = messenger.tick(now: now) + broadcaster.tick(now: now) + finder.tick(now: now)
        return due + begin(now)
    }

    var nextDeadline: Int64? {
        guard !isStopped else { return nil }
        // At once: what may begin is more than one turn takes.
        if isMore { return 0 }
        var moments = [messenger.nextDeadline, broadcaster.nextDeadline, finder.nextDeadline]
        // What is due and cannot begin waits for something to happen.
        moments += sends.map { isBlocked($0) ? nil : $0.pacer.due }
        moments += broadcasts.map { broadcaster.canBroadcast ? $0.pacer.due : nil }
        moments += finds.map { $0.canBegin && canLookUp($0) ? $0.pacer.due : nil }
        return moments.compactMap { $0 }.min()
    }

    private func isBlocked(_ work: SendWork) -> Bool { !work.targets.contains { messenger.canSend(to: $0) } }

    private func canLookUp(_ work: FindWork) -> Bool {
        work.role.by == .names || finder.openCount < Finder.openLimit
    }

    // MARK: - Beginning

    private func begin(_ now: Int64) -> [PeerAction] {
        guard !isStopped else { return [] }
        var actions: [PeerAction] = []
        var left = Self.burst
        for index in sends.indices {
            while left > 0, sends[index].pacer.isDue(now: now), let target = sends[index].nextTarget(messenger) {
                actions += send(index, to: target, now)
                left -= 1
            }
        }
        for index in broadcasts.indices {
            while left > 0, broadcasts[index].pacer.isDue(now: now), broadcaster.canBroadcast {
                actions += broadcast(index, now)
                left -= 1
            }
        }
        for index in finds.indices {
            while left > 0, finds[index].pacer.isDue(now: now), finds[index].canBegin, canLookUp(finds[index]) {
                actions += find(index, now)
                left -= 1
            }
        }
        isMore = left == 0
        return actions
    }

    private func send(_ index: Int, to target: String, _ now: Int64) -> [PeerAction] {
        let sequence = sends[index].pacer.next()
        published += 1
        let role = sends[index].role
        let body = sends[index].texts.bytes(sequence)
        let sent = messenger.send(
            body, to: target, timeout: role.timeout.nanoseconds, attempts: role.attempts, now: now)
        guard let sent else {
            tooLarge("message \(sequence) to \(target)", body, limit: Messenger.bodyLimit)
            return []
        }
        var event = PeerSend()
        event.group = group
        event.message = sent.message
        event.to = target
        record(.peerSend(event))
        sends[index].open += 1
        owners[sent.message] = .send(index)
        return sent.actions
    }

    private func broadcast(_ index: Int, _ now: Int64) -> [PeerAction] {
        let sequence = broadcasts[index].pacer.next()
        published += 1
        let body = broadcasts[index].texts.bytes(sequence)
        guard let begun = broadcaster.broadcast(body, now: now) else {
            tooLarge("broadcast \(sequence)", body, limit: Broadcaster.bodyLimit)
            return []
        }
        var event = PeerSend()
        event.group = group
        event.message = begun.message
        event.kind = .broadcast
        record(.peerSend(event))
        return begun.actions
    }

    private func tooLarge(_ what: String, _ body: [UInt8], limit: Int) {
        failed += 1
        log("error: \(what) has \(body.count) bytes and was not sent: a datagram takes \(limit)")
    }

    private func find(_ index: Int, _ now: Int64) -> [PeerAction] {
        let resource = finds[index].texts.text(finds[index].pacer.next())
        let role = finds[index].role
        published += 1
        lastLookup += 1
        let id = "\(me.name)/\(me.life)/l\(lastLookup)"
        var event = Lookup()
        event.group = group
        event.lookup = id
        event.resource = resource
        event.by = role.by
        record(.lookup(event))
        finds[index].open += 1
        owners[id] = .find(index)
        guard role.by == .names, let names else {
            let begun = finder.find(resource, number: lastLookup, timeout: role.timeout.nanoseconds, now: now)
            // A name that is longer than any: nobody has that.
            return begun?.actions ?? [.found(lookup: id, holder: nil, hops: 0)]
        }
        guard !resources.contains(resource) else { return [.found(lookup: id, holder: me.name, hops: 0)] }
        names.lookup(resource, lookup: id, within: role.timeout) { [weak self] holder in
            self?.host?.perform([.found(lookup: id, holder: holder, hops: holder == nil ? 0 : 1)])
        }
        return []
    }

    // MARK: - What became of it

    /// The host has it in the evidence already.
    func performed(_ action: PeerAction) {
        switch action {
        case .handOver: talked += 1
        case .acknowledged(let message, _): if settle(message) { confirmed += 1 }
        case .gaveUp(let message, _): if settle(message) { failed += 1 }
        case .found(let lookup, _, _):
            guard case .find(let index)? = owners.removeValue(forKey: lookup) else { return }
            finds[index].open -= 1
            lookups += 1
        case .send, .member, .asked: break
        }
    }

    /// - Returns: whether it is a message of this peer's workload that was open.
    private func settle(_ message: String) -> Bool {
        guard case .send(let index)? = owners.removeValue(forKey: message) else { return false }
        sends[index].open -= 1
        return true
    }

    func report(_ progress: inout Progress) {
        progress.published += published
        progress.confirmed += confirmed
        progress.failed += failed
        progress.talked += talked
        progress.lookups += lookups
        let goals = sends.map(\.goal) + broadcasts.map(\.source.count) + finds.map(\.role.count)
        for goal in goals { if let goal { progress.goal = (progress.goal ?? 0) + goal } }
        let isDone = sends.allSatisfy(\.isDone) && broadcasts.allSatisfy(\.isDone) && finds.allSatisfy(\.isDone)
        progress.isDone = progress.isDone && isDone
    }

    func survey() -> Survey {
        var survey = Survey(unhandled: owners.count, queued: 0)
        survey.broadcasts[group] = broadcaster.digest
        return survey
    }
}

extension PeerConversation {
    /// Of a process that is a member of a group.
    convenience init(_ context: NodeContext, _ plan: NodePlan.PeerPlan) throws {
        let process = context.plan
        let me = TalkIdentity(
            name: process.instance, life: UInt64(max(process.incarnation, 1)), others: plan.doorways.keys,
            seed: process.seed)
        try self.init(
            plan, me: me, names: plan.group.names.map { NamesClient(context, service: $0, group: plan.group.name) },
            values: { context.values(for: "peer \($0)") },
            record: { [recorder = context.recorder] in recorder.record($0) },
            log: { [log = context.log] in log($0) })
    }
}
