import ClusterModel
import History

/// The messages that an assertion is about, the same for all of its destinations.
struct PublishedMessages {
    /// The publishers, by number; `nil`: all.
    let from: Set<Int32>?
    private(set) var count = 0
    private(set) var acknowledged = 0
    private var isAcknowledged: [Bool]
    /// Room for the tallies of destinations, one after the other: the entry of each message, or -1.
    fileprivate var places: [Int32]

    init(_ ledger: Ledger, from: Set<Int32>?) {
        self.from = from
        isAcknowledged = Array(repeating: false, count: ledger.messages.count)
        places = Array(repeating: -1, count: ledger.messages.count)
        for fact in ledger.transmissions where ledger.isAcknowledged(fact) { isAcknowledged[Int(fact.message)] = true }
        for (number, fact) in ledger.messages.enumerated() where from?.contains(fact.publisher) ?? true {
            count += 1
            if isAcknowledged[number] { acknowledged += 1 }
        }
    }

    fileprivate func marks(_ ledger: Ledger, _ message: Int32) -> DeliveryTally.Marks {
        var marks: DeliveryTally.Marks = isAcknowledged[Int(message)] ? .acknowledged : []
        if let drain = ledger.timeline.drain, ledger.messages[Int(message)].time >= drain { marks.insert(.late) }
        return marks
    }
}

/// What happened to messages at one destination, from what happened to each of their deliveries. Messages that it has
/// nothing to do with are not in it, so that many destinations cost no more than what they were owed and got.
struct DeliveryTally {
    /// One message at one destination.
    struct Entry {
        var message: Int32
        var delivered: Int32 = 0
        /// Handlings that certainly completed, and those that may have.
        var least: Int32 = 0
        var most: Int32 = 0
        var marks: Marks = []
    }

    struct Marks: OptionSet {
        let rawValue: UInt16
        /// Some transmission is owed here for certain.
        static let owed = Marks(rawValue: 1 << 0)
        /// Some transmission may be owed here.
        static let perhapsOwed = Marks(rawValue: 1 << 1)
        /// Such a transmission is of those that the assertion is about (acknowledged, or attempted).
        static let due = Marks(rawValue: 1 << 2)
        static let rejected = Marks(rawValue: 1 << 4)
        static let deadLettered = Marks(rawValue: 1 << 5)
        /// It was delivered where it was not owed.
        static let unexpected = Marks(rawValue: 1 << 6)
        /// A queue that holds it may discard messages on its own account.
        static let discardable = Marks(rawValue: 1 << 7)
        /// First published after the drain had begun.
        static let late = Marks(rawValue: 1 << 8)
        static let acknowledged = Marks(rawValue: 1 << 9)
        /// The dead-letter exchange's queues owe it.
        static let viaDeadLetter = Marks(rawValue: 1 << 10)
    }

    /// In the order of the messages.
    private(set) var entries: [Entry] = []
    /// Deliveries of which nothing tells what they carry.
    var strangers: [Int32] = []
    var openHandlings = 0
    /// Deliveries under automatic ack of which nothing tells whether anybody worked on them.
    var unprovenAutomatic = 0
    var byBodyHash = 0
    var byID = 0
    private var places: [Int32]

    init(
        _ ledger: Ledger, _ destination: Destination, of published: inout PublishedMessages, _ basis: Assertion.Basis
    ) {
        places = []
        swap(&places, &published.places)
        let from = published.from
        addOwed(ledger, destination, from, basis)
        addDeadLetters(ledger, destination, from)
        for queue in destination.queues {
            for number in ledger.deliveriesOfQueue[queue] { add(ledger, number, from) }
        }
        if destination.isUnattended { addLeftovers(ledger, destination, from) }
        var isSorted = true
        for index in entries.indices {
            let message = entries[index].message
            places[Int(message)] = -1
            entries[index].marks.formUnion(published.marks(ledger, message))
            if index > 0, entries[index - 1].message > message { isSorted = false }
        }
        if !isSorted { entries.sort { $0.message < $1.message } }
        swap(&places, &published.places)
    }

    /// Where the entry of a message is; made where it has none.
    private mutating func entry(_ message: Int32) -> Int {
        let place = places[Int(message)]
        if place >= 0 { return Int(place) }
        places[Int(message)] = Int32(entries.count)
        entries.append(Entry(message: message))
        return entries.count - 1
    }

    // MARK: - What is owed

    private mutating func addOwed(
        _ ledger: Ledger, _ destination: Destination, _ from: Set<Int32>?, _ basis: Assertion.Basis
    ) {
        let discards = destination.queues.contains { ledger.policies[$0]?.mayDiscard == true }
        var answers = destination.queues.flatMap { ledger.answersOfQueue[$0] ?? [] }
        if destination.queues.count > 1 { answers = Set(answers).sorted() }
        for number in answers {
            let answer = ledger.oracle.answers[Int(number)]
            let certain = destination.queues.contains { answer.leads(to: $0) }
            for transmission in ledger.transmissionsOfAnswer[number] {
                let fact = ledger.transmissions[Int(transmission)]
                if let from, !from.contains(ledger.messages[Int(fact.message)].publisher) { continue }
                var marks: Marks = discards ? [.perhapsOwed, .discardable] : .perhapsOwed
                if certain {
                    marks.insert(.owed)
                    if basis == .attempted || ledger.isAcknowledged(fact) { marks.insert(.due) }
                }
                entries[entry(fact.message)].marks.formUnion(marks)
            }
        }
    }

    private mutating func addDeadLetters(_ ledger: Ledger, _ destination: Destination, _ from: Set<Int32>?) {
        for (delivery, route) in ledger.deadLetters {
            let message = ledger.deliveries[Int(delivery)].message
            if let from, !from.contains(ledger.messages[Int(message)].publisher) { continue }
            let answer = ledger.oracle.answers[Int(route)]
            if destination.queues.contains(where: { answer.mayLead(to: $0) }) {
                entries[entry(message)].marks.formUnion([.perhapsOwed, .viaDeadLetter])
            }
            if destination.queues.contains(where: { answer.leads(to: $0) }) {
                entries[entry(message)].marks.formUnion([.owed, .due])
            }
        }
    }

    // MARK: - What arrived

    private mutating func add(_ ledger: Ledger, _ number: Int32, _ from: Set<Int32>?) {
        let fact = ledger.deliveries[Int(number)]
        guard fact.reached else { return }
        guard fact.message >= 0 else {
            strangers.append(number)
            return
        }
        if let from, !from.contains(ledger.messages[Int(fact.message)].publisher) { return }
        let index = entry(fact.message)
        switch fact.identity {
        case .body: byBodyHash += 1
        case .id: byID += 1
        case .stamp, .none: break
        }
        entries[index].delivered += 1
        let bounds = ledger.processing(of: fact)
        entries[index].least += bounds.least
        entries[index].most += bounds.most
        if bounds.least < bounds.most {
            if fact.autoAck, !ledger.native.contains(fact.consumer) {
                unprovenAutomatic += 1
            } else {
                openHandlings += 1
            }
        }
        if fact.settlement == .rejected {
            // Whether it becomes a dead letter is up to the broker; that it was thrown away, to the consumer.
            let dead = fact.rejected && ledger.policies[fact.queue]?.deadLetterExchange != nil
            entries[index].marks.insert(dead ? .deadLettered : .rejected)
        }
        if !isExpected(ledger, fact) { entries[index].marks.insert(.unexpected) }
    }

    /// Whether the bindings may have led this message to this queue, directly or as a dead letter.
    private func isExpected(_ ledger: Ledger, _ fact: DeliveryFact) -> Bool {
        func leads(_ route: Route) -> Bool { !route.known || route.mayLead(to: fact.queue) }
        if fact.identity == .stamp {
            if leads(ledger.route(of: fact.transmission)) { return true }
        } else if ledger.transmissions(of: fact.message).contains(where: { leads(ledger.route(of: $0)) }) {
            return true
        }
        return ledger.mayArriveAsDeadLetter(fact.message, in: fact.queue)
    }

    private mutating func addLeftovers(_ ledger: Ledger, _ destination: Destination, _ from: Set<Int32>?) {
        for fact in ledger.leftovers where destination.queues.contains(fact.queue) && fact.message >= 0 {
            if let from, !from.contains(ledger.messages[Int(fact.message)].publisher) { continue }
            let index = entry(fact.message)
            entries[index].delivered += 1
            entries[index].least += 1
            entries[index].most += 1
            let expected =
                ledger.transmissions(of: fact.message).contains {
                    let route = ledger.route(of: $0)
                    return !route.known || route.mayLead(to: fact.queue)
                } || ledger.mayArriveAsDeadLetter(fact.message, in: fact.queue)
            if !expected { entries[index].marks.insert(.unexpected) }
        }
    }
}

extension Ledger {
    /// Whether its publisher knows that this transmission arrived. The node's own word does not say which transmission of
    /// a message was confirmed; where there is one, it is that one.
    func isAcknowledged(_ fact: TransmissionFact) -> Bool {
        if fact.acknowledged { return true }
        let message = messages[Int(fact.message)]
        return message.confirmedByNode && message.firstTransmission == message.lastTransmission
    }

    /// How often one delivery was certainly processed (0 or 1), and how often at most.
    func processing(of fact: DeliveryFact) -> (least: Int32, most: Int32) {
        guard fact.reached else { return (0, 0) }
        if native.contains(fact.consumer) {
            return switch fact.handling {
            // The start is recorded before the work: without it there was none.
            case .none, .failed: (0, 0)
            case .open: (0, 1)
            case .ok: (1, 1)
            }
        }
        if fact.autoAck { return (endedInOrder(fact) ? 1 : 0, 1) }
        return (fact.settlement == .acked ? 1 : 0, 1)
    }

    /// Under automatic ack what was delivered is certainly processed only if the client ended it in order, by the protocol:
    /// it cancelled the consumer, closed the channel or closed the connection. A program that a signal ends, or that
    /// just goes, may take along what it had not looked at yet.
    private func endedInOrder(_ fact: DeliveryFact) -> Bool {
        guard fact.connection >= 0 else { return false }
        let connection = connections[Int(fact.connection)]
        if connection.orderly, connection.by == "client" { return true }
        let spans = takenOver[Consumption(lane: fact.lane, queue: fact.queue)] ?? []
        return spans.contains { $0.contains(fact.time) }
    }

    /// Whether some queue that may have held a message could have handed it to this one as a dead letter.
    func mayArriveAsDeadLetter(_ message: Int32, in queue: Int32) -> Bool {
        guard policies.contains(where: { $0.value.deadLetterExchange != nil }) else { return false }
        var seen: Set<Int32> = []
        var open: [Int32] = transmissions(of: message).flatMap { route(of: $0).possible }
        while let next = open.popLast() {
            guard seen.insert(next).inserted, let policy = policies[next], let exchange = policy.deadLetterExchange
            else { continue }
            for number in transmissions(of: message) {
                let fact = transmissions[Int(number)]
                let route = oracle.route(
                    queues[next].broker, exchange, policy.deadLetterKey ?? words[fact.key],
                    HeaderTable(tables[fact.headers]), fact.time, timeline.closing)
                if route.mayLead(to: queue) || !route.known { return true }
                open += route.possible
            }
        }
        return false
    }
}
