import ClusterModel
import DequeModule

/// Items for all members. A new one is told to some others each gossip period, a few times (rumours); and each repair
/// period all that this peer has is compared with what one other has, and both get what they lack (anti-entropy). So
/// every live member has every item in the end: who comes late, or was cut off, too. Each is handed over once.
package struct Broadcaster: PeerPart {
    package static let kind = PeerDatagram.Kind.broadcast
    /// Octets of an item.
    package static let bodyLimit = 50_000
    /// Rumours at a time; the oldest is no longer told then, repair brings it.
    static let rumourLimit = 4_096
    /// Beyond it this peer's own new items wait.
    static let ownLimit = 1_024
    /// Datagrams to one member in one gossip period.
    static let burst = 16
    /// Octets of bodies that answer one digest; the answer to what is said then has the rest. Sockets hold as much.
    static let repairSize = 32 << 10
    /// Each so many repairs somebody is asked who is not held to be alive.
    static let farRepair: UInt64 = 8

    package struct Settings: Sendable {
        /// Nanoseconds.
        package var gossip: Int64
        package var fanout: Int
        /// Nanoseconds.
        package var repair: Int64

        package init(gossip: Int64, fanout: Int, repair: Int64) {
            self.gossip = max(gossip, 1_000_000)
            self.fanout = max(fanout, 1)
            self.repair = max(repair, 1_000_000)
        }

        package init(_ group: PeerGroup) {
            self.init(gossip: group.gossip.nanoseconds, fanout: group.fanout, repair: group.repair.nanoseconds)
        }
    }

    private struct Rumour {
        var stream: BroadcastStream
        var number: UInt64
        /// Members that it is still told to.
        var left: Int
    }

    private let me: TalkIdentity
    private let settings: Settings
    private let own: BroadcastStream
    private(set) var store: BroadcastStore
    private var generator: SeededGenerator
    private var live: [String] = []
    private var far: [String]
    private var rumours: Deque<Rumour> = []
    private var nextGossip: Int64?
    private var nextRepair: Int64?
    private var repairs: UInt64 = 0
    /// Somebody who was not here a moment ago: compared with next.
    private var newcomer: String?
    /// Where the next comparison begins, if all does not fit in one.
    private var cursor: BroadcastStream?
    private var lastNumber: UInt64 = 0

    package init(_ me: TalkIdentity, _ settings: Settings) { self.init(me, settings, limits: .init()) }

    init(_ me: TalkIdentity, _ settings: Settings, limits: BroadcastStore.Limits) {
        self.me = me
        self.settings = settings
        own = BroadcastStream(origin: me.name, life: me.life)
        store = BroadcastStore(limits)
        generator = SeededGenerator(seed: me.seed, me.name, "\(me.life)", "broadcast")
        far = me.others.sorted()
    }

    /// Over the set of items that this peer has, its own included: equal for equal sets, and different for others, but for
    /// one chance in 2^64.
    package var digest: UInt64 { store.digest }
    /// Items that it has.
    package var count: Int { store.count }

    /// Whether an item of its own may begin now: what is told already has to get out first.
    package var canBroadcast: Bool { rumours.count < Self.ownLimit }

    /// Begins an item.
    /// - Returns: its id, and what to do; `nil` where the body exceeds `bodyLimit`, or there is no room for it.
    package mutating func broadcast(_ body: [UInt8], now: Int64) -> (message: String, actions: [PeerAction])? {
        let item = BroadcastItem(stream: own, number: lastNumber + 1, body: body)
        guard canBroadcast, body.count <= Self.bodyLimit, store.insert(item) else { return nil }
        lastNumber += 1
        tell(item, now)
        return (TalkIdentity.id(me.name, me.life, "b", lastNumber), [])
    }

    // MARK: - PeerPart

    package mutating func membersChanged(_ live: [String], now: Int64) -> [PeerAction] {
        let before = Set(self.live)
        let new = live.filter { !before.contains($0) }
        self.live = live
        let known = Set(live)
        far = me.others.filter { !known.contains($0) }.sorted()
        if let one = new.randomElement(using: &generator) {
            newcomer = one
            let soon = now + Int64.random(in: 0...settings.gossip, using: &generator)
            nextRepair = min(nextRepair ?? soon, soon)
        }
        if nextRepair == nil, !me.others.isEmpty {
            nextRepair = now + Int64.random(in: 0...settings.repair, using: &generator)
        }
        return []
    }

    package var nextDeadline: Int64? {
        guard let nextGossip else { return nextRepair }
        return min(nextGossip, nextRepair ?? nextGossip)
    }

    package mutating func tick(now: Int64) -> [PeerAction] {
        var actions: [PeerAction] = []
        if let due = nextGossip, due <= now {
            actions += gossip()
            nextGossip = rumours.isEmpty ? nil : now + settings.gossip
        }
        if let due = nextRepair, due <= now {
            actions += repair()
            nextRepair = now + settings.repair
        }
        return actions
    }

    package mutating func receive(_ payload: [UInt8], from: String, now: Int64) -> [PeerAction] {
        guard me.others.contains(from), let words = BroadcastWords(payload) else { return [] }
        switch words {
        case .items(let items, let isRepair, let hasMore):
            var actions: [PeerAction] = []
            for item in items where take(item) {
                if !isRepair { tell(item, now) }
                let stream = item.stream
                actions.append(
                    .handOver(
                        message: TalkIdentity.id(stream.origin, stream.life, "b", item.number), from: stream.origin,
                        via: stream.origin == from ? "" : from, isBroadcast: true, body: item.body))
            }
            // Only who got something new may ask for more: this ends.
            if hasMore, !actions.isEmpty, let first = items.first {
                let digest = BroadcastDigest(store, from: first.stream, isAnswer: true)
                actions.append(.send(Self.kind, BroadcastWords.digest(digest).encoded, to: from))
            }
            return actions
        case .digest(let digest): return compare(digest, from)
        }
    }

    private mutating func take(_ item: BroadcastItem) -> Bool {
        // What this very life has broadcast it has.
        guard item.stream != own, me.isOfGroup(item.stream.origin) else { return false }
        return store.insert(item)
    }

    // MARK: - Rumours

    private mutating func tell(_ item: BroadcastItem, _ now: Int64) {
        if rumours.count >= Self.rumourLimit { rumours.removeFirst() }
        // Twice log2 of the group for each member that has it (A. Demers and others, 1987, and SWIM §4.1).
        let bits = UInt.bitWidth - UInt(live.count + 1).leadingZeroBitCount
        rumours.append(
            Rumour(stream: item.stream, number: item.number, left: max(settings.fanout, 2 * bits)))
        if nextGossip == nil { nextGossip = now + settings.gossip }
    }

    private mutating func gossip() -> [PeerAction] {
        guard !live.isEmpty else {
            // Whoever comes is compared with.
            rumours.removeAll()
            return []
        }
        let targets = live.count <= settings.fanout ? live : sample(settings.fanout)
        var items: [BroadcastItem] = []
        var again: [Rumour] = []
        var size = 0
        while var rumour = rumours.first {
            guard let body = store.body(rumour.stream, rumour.number) else {
                rumours.removeFirst()
                continue
            }
            let item = BroadcastItem(stream: rumour.stream, number: rumour.number, body: body)
            size += item.size
            guard items.isEmpty || size <= Self.burst * BroadcastWords.packet else { break }
            rumours.removeFirst()
            items.append(item)
            rumour.left -= targets.count
            // Nobody is left to whom it was not told just now.
            if rumour.left > 0, targets.count < live.count { again.append(rumour) }
        }
        rumours.append(contentsOf: again)
        let payloads = BroadcastWords.packets(of: items).map {
            BroadcastWords.items($0, isRepair: false, hasMore: false).encoded
        }
        return targets.flatMap { target in payloads.map { .send(Self.kind, $0, to: target) } }
    }

    private mutating func sample(_ count: Int) -> [String] {
        var chosen: [String] = []
        while chosen.count < count, let one = live.randomElement(using: &generator) {
            if !chosen.contains(one) { chosen.append(one) }
        }
        return chosen
    }

    // MARK: - Repair

    private mutating func repair() -> [PeerAction] {
        repairs += 1
        let isFar = live.isEmpty || repairs.isMultiple(of: Self.farRepair)
        var target = newcomer.flatMap { live.contains($0) ? $0 : nil }
        newcomer = nil
        if target == nil { target = (isFar && !far.isEmpty ? far : live).randomElement(using: &generator) }
        guard let target else { return [] }
        let digest = BroadcastDigest(store, from: cursor, isAnswer: false)
        cursor = digest.isToEnd ? nil : store.streams(from: digest.entries.last?.stream).dropFirst().first
        return [.send(Self.kind, BroadcastWords.digest(digest).encoded, to: target)]
    }

    /// Gives what the other lacks, and asks for what it has.
    private func compare(_ digest: BroadcastDigest, _ from: String) -> [PeerAction] {
        guard digest.hash != store.digest else { return [] }
        var theirs: [BroadcastStream: BroadcastDigest.Entry] = [:]
        for entry in digest.entries { theirs[entry.stream] = entry }
        var items: [BroadcastItem] = []
        var size = 0
        var hasMore = false
        for stream in store.streams(from: digest.start) {
            guard !hasMore, digest.covers(stream), let held = store.streams[stream] else { break }
            let entry = theirs[stream] ?? .init(stream: stream, numbers: NumberRanges())
            held.numbers.difference(from: entry.numbers, start: held.keptFrom, through: entry.horizon) { range in
                for number in range {
                    guard let body = held.bodies[number] else { continue }
                    let item = BroadcastItem(stream: stream, number: number, body: body)
                    size += item.size
                    hasMore = !items.isEmpty && size > Self.repairSize
                    if hasMore { return false }
                    items.append(item)
                }
                return true
            }
        }
        let packets = BroadcastWords.packets(of: items)
        var actions = packets.indices.map { index in
            let words = BroadcastWords.items(
                packets[index], isRepair: true, hasMore: hasMore && index == packets.count - 1)
            return PeerAction.send(Self.kind, words.encoded, to: from)
        }
        let isBehind = digest.entries.contains { entry in
            me.isOfGroup(entry.stream.origin)
                && entry.numbers.exceeds(store.streams[entry.stream]?.numbers ?? NumberRanges())
        }
        if isBehind, !digest.isAnswer {
            let answer = BroadcastDigest(store, from: digest.start, isAnswer: true)
            actions.append(.send(Self.kind, BroadcastWords.digest(answer).encoded, to: from))
        }
        return actions
    }
}
