import ClusterModel

/// What the faults on a link decide for one message.
struct MessageFate {
    /// The fault that swallows it.
    var droppedBy: ActiveFault?
    /// How often it passes: 1, or 2 where it is duplicated.
    var copies = 1
    /// How long it is held back, in nanoseconds.
    var delay: Int64 = 0

    var isUntouched: Bool { droppedBy == nil && copies == 1 && delay == 0 }
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

    /// Every fault that matches sees the message; one that drops it hides it from those after it.
    mutating func roll(_ kind: MessageKind, key: String, n: Int, faults: [ActiveFault]) -> MessageFate {
        var fate = MessageFate()
        for fault in faults where fault.matches(kind, key: key, n: n) {
            let dice = dice(for: fault, kind)
            var affected = false
            switch fault.spec.fault {
            case .drop(let share):
                affected = dice.hits(share, n)
                if affected { fate.droppedBy = fault }
            case .duplicate(let share):
                affected = dice.hits(share, n)
                if affected { fate.copies = 2 }
            case .delay(let time, let jitter, let share):
                affected = dice.hits(share, n)
                if affected { fate.delay += Self.spread(time, jitter, dice.roll(n, draw: 1)) }
            case .latency, .reset, .blackhole, .kill, .pause, .restart:
                continue
            }
            fault.count(kind, affected: affected)
            if fate.droppedBy != nil { break }
        }
        return fate
    }

    /// `time ± jitter`, evenly spread by a number in 0..<1, never negative.
    static func spread(_ time: Duration, _ jitter: Duration, _ roll: Double) -> Int64 {
        let offset = (roll * 2 - 1) * Double(jitter.nanoseconds)
        return max(0, time.nanoseconds + Int64(offset))
    }

    private mutating func dice(for fault: ActiveFault, _ kind: MessageKind) -> Dice {
        let text = fault.spec.text
        let key = Key(fault: text, kind: kind)
        if let known = dice[key] { return known }
        let made = Dice(
            seed: seed, fault: text, link: link, connection: connection, channel: channel, kind: kind)
        dice[key] = made
        return made
    }
}
