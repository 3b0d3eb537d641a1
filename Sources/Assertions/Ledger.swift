import ClusterModel
import History

/// A history in the form that checkers ask of it: messages, transmissions, deliveries and what became of them, with
/// small numbers for names. It is built once a judgement, in time linear in the number of events.
struct Ledger: Sendable {
    var processes = Interner<String>()
    /// Exchanges, routing keys.
    var words = Interner<String>()
    /// Headers tables, as bytes; number 0 is the empty one.
    var tables = Interner<[UInt8]>()
    var queues = Interner<QueueKey>()

    var connections: [ConnectionFact] = []
    var ids = MessageTable()
    var messages: [MessageFact] = []
    var transmissions: [TransmissionFact] = []
    var deliveries: [DeliveryFact] = []
    var leftovers: [LeftoverFact] = []
    var purges: [PurgeFact] = []
    var depths: [DepthFact] = []
    var timeline = RunTimeline()
    /// For each queue the processes that consumed from it.
    var consumers: [Int32: [Int32]] = [:]
    /// Queues that the broker named.
    var anonymous: Set<Int32> = []
    /// When consumers consumed that their own client then cancelled.
    var takenOver: [Consumption: [ClosedRange<Int64>]] = [:]
    /// Processes that record their own handling.
    var native = NumberSet()
    /// What the evidence lacks.
    var problems: [String] = []

    var deliveriesOfMessage = Grouping(groups: 0, members: 0) { _ in -1 }
    var leftoversOfMessage = Grouping(groups: 0, members: 0) { _ in -1 }
    var deliveriesOfQueue = Grouping(groups: 0, members: 0) { _ in -1 }

    var oracle = RoutingOracle()
    /// What queues do by themselves with messages, where they were declared so.
    var policies: [Int32: QueuePolicy] = [:]
    /// Messages that consumers rejected from queues with a dead-letter exchange, and the oracle's answer for each.
    var deadLetters: [(delivery: Int32, route: Int32)] = []

    var calls = CallLedger()
    var objects = ObjectLedger()

    /// What one channel takes from one queue.
    struct Consumption: Hashable, Sendable {
        var lane: Int32
        var queue: Int32
    }

    /// Every transmission of a message, in order.
    func transmissions(of message: Int32) -> TransmissionSequence {
        TransmissionSequence(ledger: transmissions, upcoming: messages[Int(message)].firstTransmission)
    }

    func isAcknowledged(_ message: Int32) -> Bool {
        messages[Int(message)].confirmedByNode
            || transmissions(of: message).contains { transmissions[Int($0)].acknowledged }
    }

    /// How reports name a message.
    func name(of message: Int32) -> String {
        let fact = messages[Int(message)]
        if fact.name.series != -1 { return ids.text(fact.name) }
        guard fact.firstTransmission >= 0 else { return "message \(message)" }
        return "transmission \(transmissions[Int(fact.firstTransmission)].stamp)"
    }

    /// The transmissions for which the oracle has each answer, and the answers that lead, perhaps, to each queue.
    var transmissionsOfAnswer = Grouping(groups: 0, members: 0) { _ in -1 }
    var answersOfQueue: [Int32: [Int32]] = [:]

    /// The answer of the oracle for one transmission.
    func route(of transmission: Int32) -> Route { oracle.answers[Int(transmissions[Int(transmission)].route)] }
}

/// Walks the transmissions of one message.
struct TransmissionSequence: Sequence, IteratorProtocol {
    let ledger: [TransmissionFact]
    var upcoming: Int32

    mutating func next() -> Int32? {
        guard upcoming >= 0 else { return nil }
        defer { upcoming = ledger[Int(upcoming)].next }
        return upcoming
    }
}
