import ClusterModel

/// Messages from one member to another: repeated until they are acknowledged, handed over once.
///
/// A message is tried directly, then through a member that relays, in turn; which way worked is remembered for a while.
/// The receiver filters copies by (sender, its life, number). A message is for one life of its receiver: the sender asks
/// for it first where it does not know it, and one that was under way to a life that has ended is given up, since nobody
/// knows whether that life had it. So a message is never handed over twice, whoever restarts.
package struct Messenger: PeerPart {
    package static let kind = PeerDatagram.Kind.message
    /// Octets of a message.
    package static let bodyLimit = 50_000
    /// Messages to one member that may have begun since the oldest that is still open. What its filter has to remember.
    static let window = 256
    /// Octets of open messages to one member, beyond which no further one begins.
    static let windowSize = 128 << 10
    /// Open messages altogether.
    static let openLimit = 4_096
    /// How long a way that worked is taken first, in nanoseconds.
    static let wayTime: Int64 = 5_000_000_000

    /// A message that is not acknowledged.
    private struct Open {
        var target: String
        var body: [UInt8]
        var timeout: Int64
        var attempts: Int
        /// So many so far.
        var attempt = 0
        var deadline: Int64 = 0
        /// Its place among all messages to its target.
        var ordinal: UInt64
        /// Of the target, for which it is; 0: not yet known, and the body has not left.
        var life: UInt64
        /// Of its last attempt: a relay; empty: directly.
        var way = ""
    }

    /// What is known of a member that messages are sent to.
    private struct Target {
        /// 0: not known.
        var life: UInt64 = 0
        /// Whatever says that it has an earlier one is late.
        var latestLife: UInt64 = 1
        /// Numbers of its open messages, ascending.
        var open: [UInt64] = []
        var begun: UInt64 = 0
        /// Of its open messages.
        var octets = 0
        /// Until then, somebody waits for the answer to the question for its life.
        var askedUntil = Int64.min
        /// The relay that worked last; empty: directly.
        var way = ""
        var wayUntil = Int64.min
    }

    private let me: TalkIdentity
    private let relays: [String]
    private let isRelay: Bool
    private var live: Set<String> = []
    private var liveRelays: [String] = []
    private var relayTurn: Int
    private var open: [UInt64: Open] = [:]
    private var targets: [String: Target] = [:]
    private var due = DueList<UInt64>()
    private var lastNumber: UInt64 = 0
    private var filters: [String: MessageFilter] = [:]

    /// - Parameter relays: the processes that carry messages for others; this one, too, if it is among them.
    package init(_ me: TalkIdentity, relays: [String]) {
        self.me = me
        isRelay = relays.contains(me.name)
        self.relays = relays.filter(me.others.contains)
        var generator = SeededGenerator(seed: me.seed, me.name, "\(me.life)", "relays")
        // Not everybody begins with the same one.
        relayTurn = relays.isEmpty ? 0 : Int.random(in: 0..<relays.count, using: &generator)
    }

    /// Messages that are neither acknowledged nor given up.
    package var openCount: Int { open.count }

    /// What the filters remember, of all senders together.
    var rememberedCount: Int { filters.values.reduce(0) { $0 + $1.count } }

    /// Whether a message to this member can begin now.
    package func canSend(to target: String) -> Bool {
        guard me.others.contains(target), open.count < Self.openLimit else { return false }
        guard let known = targets[target], let oldest = known.open.first.flatMap({ open[$0] }) else { return true }
        return known.octets < Self.windowSize && known.begun - oldest.ordinal < UInt64(Self.window)
    }

    /// Begins a message.
    /// - Parameters:
    ///   - timeout: of an attempt, in nanoseconds.
    ///   - attempts: at most, the first included.
    /// - Returns: its id, and what to do; `nil` where `canSend` is false, or the body exceeds `bodyLimit`.
    package mutating func send(
        _ body: [UInt8], to target: String, timeout: Int64, attempts: Int, now: Int64
    ) -> (message: String, actions: [PeerAction])? {
        guard canSend(to: target), body.count <= Self.bodyLimit else { return nil }
        lastNumber += 1
        var known = targets[target] ?? Target()
        open[lastNumber] = Open(
            target: target, body: body, timeout: min(max(timeout, 1), 1 << 60), attempts: max(attempts, 1),
            ordinal: known.begun, life: 0)
        known.begun += 1
        known.open.append(lastNumber)
        known.octets += body.count
        targets[target] = known
        return (TalkIdentity.id(me.name, me.life, "m", lastNumber), attempt(lastNumber, now))
    }

    // MARK: - PeerPart

    package mutating func membersChanged(_ live: [String], now: Int64) -> [PeerAction] {
        self.live = Set(live)
        liveRelays = relays.filter(self.live.contains)
        // Who was held to be dead may come back as somebody else.
        for name in targets.keys where !self.live.contains(name) { targets[name]?.life = 0 }
        return []
    }

    package var nextDeadline: Int64? { open.isEmpty ? nil : due.first }

    package mutating func tick(now: Int64) -> [PeerAction] {
        var actions: [PeerAction] = []
        while let number = due.next(by: now) {
            guard let message = open[number], message.deadline <= now else { continue }
            actions += message.attempt < message.attempts ? attempt(number, now) : giveUp(number)
        }
        return actions
    }

    package mutating func receive(_ payload: [UInt8], from: String, now: Int64) -> [PeerAction] {
        guard me.others.contains(from), let words = MessengerWords(payload), words.origin != words.target,
            me.isOfGroup(words.origin), me.isOfGroup(words.target)
        else { return [] }
        switch words.content {
        case .message(let low, let body):
            guard words.origin != me.name else { return [] }
            guard words.target == me.name else {
                return carry(payload, from: from, sender: words.origin, to: words.target)
            }
            return arrived(words, low, body, from: from)
        case .acknowledgement, .life:
            guard words.target != me.name else { return [] }
            guard words.origin == me.name else {
                return carry(payload, from: from, sender: words.target, to: words.origin)
            }
            return answered(words, from: from, now)
        }
    }

    /// For somebody else. It goes one step, from its sender to whom it is for, and never further.
    private func carry(_ payload: [UInt8], from: String, sender: String, to target: String) -> [PeerAction] {
        isRelay && from == sender ? [.send(Self.kind, payload, to: target)] : []
    }

    // MARK: - Sending

    private mutating func attempt(_ number: UInt64, _ now: Int64) -> [PeerAction] {
        guard var message = open[number] else { return [] }
        message.attempt += 1
        open[number] = message
        return transmit(number, by: way(for: message, now), now)
    }

    /// - Parameter way: a relay; empty: directly.
    private mutating func transmit(_ number: UInt64, by way: String, _ now: Int64) -> [PeerAction] {
        guard var message = open[number], let target = targets[message.target] else { return [] }
        if message.life == 0 { message.life = target.life }
        message.way = way
        message.deadline = now.addingReportingOverflow(message.timeout).partialValue
        open[number] = message
        if due.count > 4 * open.count + 1_024 { rebuildDue() } else { due.add(number, at: message.deadline) }
        if message.life == 0 {
            // One question is enough: all that wait for its answer leave when it comes.
            guard target.askedUntil <= now else { return [] }
            targets[message.target]?.askedUntil = message.deadline
        }
        let words = MessengerWords(
            origin: me.name, originLife: me.life, target: message.target, targetLife: message.life, number: number,
            content: .message(low: target.open.first ?? number, body: message.life == 0 ? [] : message.body))
        return [.send(Self.kind, words.encoded, to: way.isEmpty ? message.target : way)]
    }

    /// Acknowledged messages stay in the list until their time; not too many of them.
    private mutating func rebuildDue() {
        due.removeAll()
        for (number, message) in open { due.add(number, at: message.deadline) }
    }

    /// First the way that worked; then directly and through a relay in turn.
    private mutating func way(for message: Open, _ now: Int64) -> String {
        guard let known = targets[message.target] else { return "" }
        if message.attempt == 1 { return now < known.wayUntil && live.contains(known.way) ? known.way : "" }
        guard message.way.isEmpty else {
            if known.way == message.way { targets[message.target]?.way = "" }
            return ""
        }
        let usable = liveRelays.filter { $0 != message.target }
        guard !usable.isEmpty else { return "" }
        relayTurn = (relayTurn + 1) % usable.count
        return usable[relayTurn]
    }

    private mutating func answered(_ words: MessengerWords, from: String, _ now: Int64) -> [PeerAction] {
        guard words.originLife == me.life, let message = open[words.number], message.target == words.target,
            var target = targets[message.target]
        else { return [] }
        let way = from == words.target ? "" : from
        target.way = way
        target.wayUntil = now.addingReportingOverflow(Self.wayTime).partialValue
        targets[message.target] = target
        if case .acknowledgement = words.content {
            // A life that the body never left for cannot have it.
            guard message.life != 0, words.targetLife == message.life else { return [] }
            close(words.number)
            let id = TalkIdentity.id(me.name, me.life, "m", words.number)
            return [.acknowledged(message: id, attempts: message.attempt)]
        }
        guard words.targetLife >= target.latestLife else { return [] }
        targets[message.target]?.life = words.targetLife
        targets[message.target]?.latestLife = words.targetLife
        targets[message.target]?.askedUntil = .min
        var actions: [PeerAction] = []
        for number in target.open where open[number]?.life == 0 { actions += transmit(number, by: way, now) }
        return words.targetLife > message.life && message.life != 0 ? actions + giveUp(words.number) : actions
    }

    private mutating func giveUp(_ number: UInt64) -> [PeerAction] {
        guard let message = open[number] else { return [] }
        close(number)
        return [.gaveUp(message: TalkIdentity.id(me.name, me.life, "m", number), attempts: message.attempt)]
    }

    private mutating func close(_ number: UInt64) {
        guard let message = open.removeValue(forKey: number) else { return }
        targets[message.target]?.open.removeAll { $0 == number }
        targets[message.target]?.octets -= message.body.count
        if open.isEmpty { due.removeAll() }
    }

    // MARK: - Receiving

    private mutating func arrived(_ words: MessengerWords, _ low: UInt64, _ body: [UInt8], from: String) -> [PeerAction]
    {
        var answer = words
        answer.targetLife = me.life
        guard words.targetLife == me.life else {
            answer.content = .life
            return [.send(Self.kind, answer.encoded, to: from)]
        }
        let verdict = filters[words.origin, default: MessageFilter(life: words.originLife)]
            .admit(words.number, low: low, life: words.originLife)
        guard verdict != .refused else { return [] }
        answer.content = .acknowledgement
        // The way it came: the other one may be closed.
        let acknowledgement = PeerAction.send(Self.kind, answer.encoded, to: from)
        guard verdict == .new else { return [acknowledgement] }
        let id = TalkIdentity.id(words.origin, words.originLife, "m", words.number)
        let via = from == words.origin ? "" : from
        return [
            .handOver(message: id, from: words.origin, via: via, isBroadcast: false, body: body), acknowledgement,
        ]
    }
}

/// What a receiver remembers of one sender, so that it hands nothing over twice.
struct MessageFilter: Sendable {
    enum Verdict { case new, copy, refused }

    /// Twice what a sender may need.
    static let limit = 2 * Messenger.window

    private(set) var life: UInt64
    /// The sender does not repeat those below it any more.
    private var low: UInt64 = 1
    /// Those from `low` on that were handed over, ascending.
    private var seen: [UInt64] = []

    init(life: UInt64) { self.life = life }

    var count: Int { seen.count }

    /// - Parameter low: the oldest message to this receiver that the sender has open.
    /// - Returns: `refused`, and nothing is to be said, for copies that nobody waits for, and where the filter is full.
    mutating func admit(_ number: UInt64, low: UInt64, life: UInt64) -> Verdict {
        guard life >= self.life else { return .refused }
        if life > self.life { self = MessageFilter(life: life) }
        if low > self.low {
            self.low = low
            seen.removeFirst(place(of: low))
        }
        guard number >= self.low else { return .refused }
        let place = place(of: number)
        if place < seen.count, seen[place] == number { return .copy }
        guard seen.count < Self.limit else { return .refused }
        seen.insert(number, at: place)
        return .new
    }

    private func place(of number: UInt64) -> Int {
        var low = 0
        var high = seen.count
        while low < high {
            let middle = (low + high) / 2
            if seen[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A datagram of messengers. The head is the message's id and whom it is for, also in the answers to it.
struct MessengerWords: Equatable {
    enum Content: Equatable {
        /// Without its body while the life of its target is not known (0).
        case message(low: UInt64, body: [UInt8])
        /// It was handed over.
        case acknowledgement
        /// It was not: it is for another life than the target's, which `targetLife` says.
        case life
    }

    /// The first sender.
    var origin: String
    var originLife: UInt64
    var target: String
    var targetLife: UInt64
    var number: UInt64
    var content: Content

    init(
        origin: String, originLife: UInt64, target: String, targetLife: UInt64, number: UInt64, content: Content
    ) {
        self.origin = origin
        self.originLife = originLife
        self.target = target
        self.targetLife = targetLife
        self.number = number
        self.content = content
    }

    init?(_ payload: [UInt8]) {
        var reader = PeerReader(payload)
        guard let code = reader.byte(), let origin = reader.text(limit: PeerDatagram.nameLimit),
            let originLife = reader.number(), originLife >= 1,
            let target = reader.text(limit: PeerDatagram.nameLimit), let targetLife = reader.number(),
            let number = reader.number(), (1...NumberRanges.largest).contains(number)
        else { return nil }
        let content: Content
        switch code {
        case 1:
            guard let low = reader.number(), (1...number).contains(low),
                let body = reader.blob(limit: Messenger.bodyLimit)
            else { return nil }
            content = .message(low: low, body: body)
        case 2: content = .acknowledgement
        case 3: content = .life
        default: return nil
        }
        guard reader.isAtEnd else { return nil }
        self.init(
            origin: origin, originLife: originLife, target: target, targetLife: targetLife, number: number,
            content: content)
    }

    var encoded: [UInt8] {
        var writer = PeerWriter()
        switch content {
        case .message: writer.byte(1)
        case .acknowledgement: writer.byte(2)
        case .life: writer.byte(3)
        }
        writer.text(origin)
        writer.number(originLife)
        writer.text(target)
        writer.number(targetLife)
        writer.number(number)
        if case .message(let low, let body) = content {
            writer.number(low)
            writer.blob(body)
        }
        return writer.bytes
    }
}
