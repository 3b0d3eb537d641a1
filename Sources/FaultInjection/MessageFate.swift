import ClusterModel
import History

/// What the faults on a link decide for one message.
struct MessageFate {
    /// The fault that swallows it.
    var droppedBy: ActiveFault?
    /// How often it passes: 1, or 2 where it is duplicated.
    var copies = 1
    /// How long it is held back, in nanoseconds.
    var delay: Int64 = 0
    /// How long it then waits for a later message to overtake it, in nanoseconds.
    var overtakenWithin: Int64?
    /// The bits to flip in its payload, where it has one.
    var corruptions: [Corruption] = []
    /// The fault that answers it in the server's place, with this status.
    var answer: Answer?
    /// Where it is cut off.
    var truncation: Corruption?

    struct Answer {
        var fault: ActiveFault
        var status: Int
    }

    struct Corruption {
        var fault: ActiveFault
        /// Where the bit or the cut lies in the payload, from 0 up to 1.
        var position: Double
    }

    /// What holds it back from now on, if anything does.
    func hold(now: Int64) -> Hold? {
        guard delay > 0 || overtakenWithin != nil else { return nil }
        return Hold(until: now.addingReportingOverflow(delay).overflow ? .max : now + delay, within: overtakenWithin)
    }

    /// For the evidence: of several, the one that changes most.
    var fate: Fate {
        droppedBy != nil ? .dropped : answer != nil ? .answered : copies > 1 ? .duplicated : fateOfOne
    }

    /// The same for one copy of it.
    var fateOfOne: Fate {
        !corruptions.isEmpty ? .corrupted : delay > 0 ? .delayed : overtakenWithin != nil ? .reordered : .passed
    }
}

/// What a link can do to a message of some kind on its protocol.
struct MessageAbilities: OptionSet {
    let rawValue: UInt8

    static let drop = MessageAbilities(rawValue: 1)
    static let duplicate = MessageAbilities(rawValue: 2)
    static let reorder = MessageAbilities(rawValue: 4)
    static let corrupt = MessageAbilities(rawValue: 8)
    /// Answer it in the server's place.
    static let answer = MessageAbilities(rawValue: 16)
    static let truncate = MessageAbilities(rawValue: 32)
    static let usual: MessageAbilities = [.drop, .duplicate, .reorder, .corrupt]
}

/// The dice of one channel (or class of streams) of one connection: it counts each kind of message from the
/// connection's opening, whether or not a fault is on, and asks the faults about each.
struct MessageDice {
    private let seed: UInt64
    private let link: String
    private let connection: Int
    private let channel: Int
    private var ordinals: [MessageKind: Int] = [:]
    private var dice: [Key: Dice] = [:]

    private struct Key: Hashable {
        var fault: String
        var kind: MessageKind
    }

    init(seed: UInt64, link: LinkIdentity, connection: Int, channel: Int) {
        self.seed = seed
        self.link = link.description
        self.connection = connection
        self.channel = channel
    }

    /// The ordinal of the next message of this kind, from 1.
    mutating func next(_ kind: MessageKind) -> Int {
        let n = ordinals[kind, default: 0] + 1
        ordinals[kind] = n
        return n
    }

    /// Every fault that matches sees the message; one that drops or answers it hides it from those after it. Whether a
    /// message is corrupted or cut shows when its payload passes: the link counts that (`ActiveFault.countAffected`).
    ///
    /// A reply has no way to come twice: `duplicate` sees it and leaves it alone. What has no payload and no order of its
    /// own, acks and confirms, is no concern of `corrupt` and `reorder`.
    /// - Parameter abilities: what else can be done to this message. A fault that it is about and that cannot touch it
    ///   sees it and leaves it alone; `error` and `truncate` are about nothing but what can be answered or cut.
    mutating func roll(
        _ kind: MessageKind, key: String = "", method: String = "", path: String = "", n: Int, faults: [ActiveFault],
        abilities: MessageAbilities = .usual
    ) -> MessageFate {
        var fate = MessageFate()
        for fault in faults {
            guard fault.matches(kind, key: key, method: method, path: path, n: n) else {
                fault.pass(kind)
                continue
            }
            let dice = dice(for: fault, kind)
            var affected = false
            switch fault.spec.fault {
            case .drop(let share):
                affected = abilities.contains(.drop) && dice.hits(share, n)
                if affected { fate.droppedBy = fault }
            case .duplicate(let share):
                affected = kind != .reply && abilities.contains(.duplicate) && dice.hits(share, n)
                if affected { fate.copies = 2 }
            case .delay(let time, let jitter, let share):
                affected = dice.hits(share, n)
                if affected { fate.delay += Self.spread(time, jitter, dice.roll(n, draw: 1)) }
            case .reorder(let share, let within):
                affected = kind.carriesData && abilities.contains(.reorder) && dice.hits(share, n)
                if affected { fate.overtakenWithin = max(fate.overtakenWithin ?? 0, within.nanoseconds) }
            case .corrupt(let share):
                if kind.carriesData, abilities.contains(.corrupt), dice.hits(share, n) {
                    fate.corruptions.append(.init(fault: fault, position: dice.roll(n, draw: 2)))
                }
            case .error(let share, let status):
                guard abilities.contains(.answer) else { continue }
                affected = dice.hits(share, n)
                if affected { fate.answer = .init(fault: fault, status: status) }
            case .truncate(let share):
                guard abilities.contains(.truncate) else { continue }
                if fate.truncation == nil, dice.hits(share, n) {
                    fate.truncation = .init(fault: fault, position: dice.roll(n, draw: 2))
                }
            case .latency, .reset, .blackhole, .partition, .kill, .pause, .restart:
                continue
            }
            fault.count(kind, affected: affected)
            if fate.droppedBy != nil || fate.answer != nil { break }
        }
        return fate
    }

    /// `time ± jitter`, evenly spread by a number in 0..<1, never negative.
    static func spread(_ time: Duration, _ jitter: Duration, _ roll: Double) -> Int64 {
        let offset = (roll * 2 - 1) * Double(jitter.nanoseconds)
        return max(0, time.nanoseconds + Int64(offset))
    }

    private mutating func dice(for fault: ActiveFault, _ kind: MessageKind) -> Dice {
        let key = Key(fault: fault.text, kind: kind)
        if let known = dice[key] { return known }
        let made = Dice(
            seed: seed, fault: fault.text, link: link, connection: connection, channel: channel, kind: kind)
        dice[key] = made
        return made
    }
}
