import ClusterModel
import DequeModule

/// Lookups by asking neighbours: they answer, or ask their own, as far as the hop limit goes. A question is passed on
/// once by each; who has the resource answers straight to the asker and passes nothing on. The first answer counts.
///
/// Neighbours are the members at which a generalized Kautz graph's edges end (M. Imase, M. Itoh, 1983), over all live
/// members in the order of their names: with k neighbours each, h hops reach k^h members, and no graph does better.
package struct Finder: PeerPart {
    package static let kind = PeerDatagram.Kind.lookup
    /// Octets of a resource's name.
    package static let nameLimit = 1_024
    /// Open lookups; more are not begun.
    package static let openLimit = 1_024
    /// Questions remembered; a copy of one that is forgotten is passed on again, within the hop limit.
    static let memory = 8_192

    /// How often a lookup asks within its timeout: a question or an answer may have been lost.
    static let rounds: UInt8 = 4

    private struct Open {
        var resource: String
        /// Nanoseconds from one round to the next.
        var pause: Int64
        /// Those that have begun.
        var rounds: UInt8 = 1
        var deadline: Int64
    }

    private struct Question: Hashable {
        var asker: String
        var life: UInt64
        var number: UInt64
        var round: UInt8
    }

    private let me: TalkIdentity
    private let fanout: Int
    private let hops: Int
    private let resources: Set<String>
    private(set) var neighbours: [String] = []
    private var open: [UInt64: Open] = [:]
    private var due = DueList<UInt64>()
    private var seen: Set<Question> = []
    private var seenOrder: Deque<Question> = []

    /// - Parameters:
    ///   - neighbours: that each member asks.
    ///   - hops: how far a question goes: 1 is to the neighbours, no further.
    ///   - resources: that this peer has.
    package init(_ me: TalkIdentity, neighbours: Int, hops: Int, resources: some Sequence<String>) {
        self.me = me
        fanout = max(neighbours, 1)
        self.hops = max(hops, 1)
        self.resources = Set(resources)
    }

    package var openCount: Int { open.count }
    /// Questions that it remembers.
    var rememberedCount: Int { seen.count }

    /// Begins a lookup.
    /// - Parameters:
    ///   - number: not used before by this life, from 1.
    ///   - timeout: nanoseconds.
    /// - Returns: its id, and what to do; `nil` where too many are open or the name is too long.
    package mutating func find(
        _ resource: String, number: UInt64, timeout: Int64, now: Int64
    ) -> (lookup: String, actions: [PeerAction])? {
        guard open.count < Self.openLimit, open[number] == nil, resource.utf8.count <= Self.nameLimit else {
            return nil
        }
        let id = lookupID(number)
        if resources.contains(resource) { return (id, [.found(lookup: id, holder: me.name, hops: 0)]) }
        let timeout = min(max(timeout, 1), 1 << 60)
        let pause = timeout / Int64(Self.rounds)
        open[number] = Open(resource: resource, pause: pause, deadline: now + timeout)
        due.add(number, at: now + pause)
        return (id, ask(number, resource, round: 0))
    }

    private func lookupID(_ number: UInt64) -> String { TalkIdentity.id(me.name, me.life, "l", number) }

    private func ask(_ number: UInt64, _ resource: String, round: UInt8) -> [PeerAction] {
        let words = FinderWords(
            asker: me.name, life: me.life, number: number, hop: 1, content: .question(resource, round: round))
        return say(words, to: neighbours)
    }

    private func say(_ words: FinderWords, to targets: [String]) -> [PeerAction] {
        let id = TalkIdentity.id(words.asker, words.life, "l", words.number)
        let payload = words.encoded
        return targets.flatMap { [.asked(lookup: id, to: $0), .send(Self.kind, payload, to: $0)] }
    }

    // MARK: - PeerPart

    package mutating func membersChanged(_ live: [String], now: Int64) -> [PeerAction] {
        neighbours = Self.neighbours(of: me.name, among: live.filter { $0 != me.name }, count: fanout)
        return []
    }

    /// - Parameter live: sorted, without this one.
    static func neighbours(of name: String, among live: [String], count: Int) -> [String] {
        guard live.count > count else { return live }
        let all = (live + [name]).sorted()
        guard let index = all.firstIndex(of: name) else { return [] }
        let next = all[(index + 1) % all.count]
        // With one neighbour each, only a ring reaches everybody.
        guard count > 1 else { return [next] }
        var chosen: [String] = []
        for step in 1...count {
            let place = (count * index + step) % all.count
            let one = all[(all.count - place) % all.count]
            if one != name { chosen.append(one) }
        }
        if chosen.count < count, !chosen.contains(next) { chosen.append(next) }
        return chosen
    }

    package var nextDeadline: Int64? { open.isEmpty ? nil : due.first }

    package mutating func tick(now: Int64) -> [PeerAction] {
        var actions: [PeerAction] = []
        while let number = due.next(by: now) {
            guard var lookup = open[number] else { continue }
            if lookup.deadline <= now {
                open[number] = nil
                actions.append(.found(lookup: lookupID(number), holder: nil, hops: 0))
                continue
            }
            if lookup.rounds < Self.rounds {
                actions += ask(number, lookup.resource, round: lookup.rounds)
                lookup.rounds += 1
                open[number] = lookup
            }
            let next = lookup.rounds < Self.rounds ? now + lookup.pause : lookup.deadline
            due.add(number, at: min(next, lookup.deadline))
        }
        return actions
    }

    package mutating func receive(_ payload: [UInt8], from: String, now: Int64) -> [PeerAction] {
        guard me.others.contains(from), let words = FinderWords(payload), me.isOfGroup(words.asker) else { return [] }
        switch words.content {
        case .question(let resource, let round):
            guard words.asker != me.name, words.hop <= hops,
                remember(Question(asker: words.asker, life: words.life, number: words.number, round: round))
            else { return [] }
            var words = words
            if resources.contains(resource) {
                words.content = .answer
                return say(words, to: [words.asker])
            }
            guard words.hop < hops else { return [] }
            words.hop += 1
            return say(words, to: neighbours.filter { $0 != from && $0 != words.asker })
        case .answer:
            guard words.asker == me.name, words.life == me.life, open.removeValue(forKey: words.number) != nil else {
                return []
            }
            if open.isEmpty { due.removeAll() }
            return [.found(lookup: lookupID(words.number), holder: from, hops: words.hop)]
        }
    }

    /// - Returns: whether it is new.
    private mutating func remember(_ question: Question) -> Bool {
        guard seen.insert(question).inserted else { return false }
        seenOrder.append(question)
        if seenOrder.count > Self.memory, let oldest = seenOrder.popFirst() { seen.remove(oldest) }
        return true
    }
}

/// A datagram of finders.
struct FinderWords: Equatable {
    enum Content: Equatable {
        case question(String, round: UInt8)
        /// Its sender has the resource.
        case answer
    }

    var asker: String
    var life: UInt64
    var number: UInt64
    /// How far the question has come with this: 1 to a neighbour of the asker.
    var hop: Int
    var content: Content

    init(asker: String, life: UInt64, number: UInt64, hop: Int, content: Content) {
        self.asker = asker
        self.life = life
        self.number = number
        self.hop = hop
        self.content = content
    }

    init?(_ payload: [UInt8]) {
        var reader = PeerReader(payload)
        guard let code = reader.byte(), let asker = reader.text(limit: PeerDatagram.nameLimit),
            let life = reader.number(), life >= 1, let number = reader.number(), let hop = reader.byte(), hop >= 1
        else { return nil }
        let content: Content
        switch code {
        case 1:
            guard let round = reader.byte(), let resource = reader.text(limit: Finder.nameLimit) else { return nil }
            content = .question(resource, round: round)
        case 2: content = .answer
        default: return nil
        }
        guard reader.isAtEnd else { return nil }
        self.init(asker: asker, life: life, number: number, hop: Int(hop), content: content)
    }

    var encoded: [UInt8] {
        var writer = PeerWriter()
        if case .question = content { writer.byte(1) } else { writer.byte(2) }
        writer.text(asker)
        writer.number(life)
        writer.number(number)
        writer.byte(UInt8(clamping: hop))
        if case .question(let resource, let round) = content {
            writer.byte(round)
            writer.text(resource)
        }
        return writer.bytes
    }
}
