import ClusterModel
import History

/// What happened to each message at one destination, from what happened to each of its deliveries.
struct DeliveryTally {
    /// One message at one destination.
    struct Entry {
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
        /// Published by one of `from`.
        static let ours = Marks(rawValue: 1 << 3)
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

    var entries: [Entry]
    /// Deliveries of which nothing tells what they carry.
    var strangers: [Int32] = []
    var openHandlings = 0
    var byBodyHash = 0
    var byID = 0

    init(_ ledger: Ledger, _ destination: Destination, from: Set<Int32>?, of basis: Assertion.Basis) {
        entries = Array(repeating: Entry(), count: ledger.messages.count)
        addOwed(ledger, destination, from, basis)
        addDeadLetters(ledger, destination, from)
        for queue in destination.queues {
            for number in ledger.deliveriesOfQueue[queue] { add(ledger, number, from) }
        }
        if destination.isUnattended { addLeftovers(ledger, destination, from) }
    }

    // MARK: - What is owed

    private mutating func addOwed(
        _ ledger: Ledger, _ destination: Destination, _ from: Set<Int32>?, _ basis: Assertion.Basis
    ) {
        let discards = destination.queues.contains { ledger.policies[$0]?.mayDiscard == true }
        let drain = ledger.timeline.drain ?? .max
        // Many transmissions share one answer of the oracle: 0 not asked yet, else 1 + (owed 2, perhaps 1, no 0).
        var state = [UInt8](repeating: 0, count: ledger.oracle.answers.count)
        for fact in ledger.transmissions {
            let message = Int(fact.message)
            if let from, !from.contains(ledger.messages[message].publisher) { continue }
            let route = Int(fact.route)
            if state[route] == 0 {
                let answer = ledger.oracle.answers[route]
                let certain = destination.queues.contains { answer.certain.contains($0) }
                let perhaps = destination.queues.contains { answer.possible.contains($0) }
                state[route] = certain ? 3 : perhaps ? 2 : 1
            }
            var marks: Marks = .ours
            // The node's own word does not say which transmission was confirmed; where there is one, it is that one.
            let isOnly =
                ledger.messages[message].firstTransmission == ledger.messages[message].lastTransmission
            if fact.acknowledged || (isOnly && ledger.messages[message].confirmedByNode) {
                marks.insert(.acknowledged)
            }
            if ledger.messages[message].time >= drain { marks.insert(.late) }
            if state[route] >= 2 {
                marks.insert(.perhapsOwed)
                if discards { marks.insert(.discardable) }
            }
            if state[route] == 3 {
                marks.insert(.owed)
                if basis == .attempted || marks.contains(.acknowledged) { marks.insert(.due) }
            }
            entries[message].marks.formUnion(marks)
        }
    }

    private mutating func addDeadLetters(_ ledger: Ledger, _ destination: Destination, _ from: Set<Int32>?) {
        for (delivery, route) in ledger.deadLetters {
            let message = ledger.deliveries[Int(delivery)].message
            if let from, !from.contains(ledger.messages[Int(message)].publisher) { continue }
            let answer = ledger.oracle.answers[Int(route)]
            if destination.queues.contains(where: { answer.possible.contains($0) }) {
                entries[Int(message)].marks.formUnion([.perhapsOwed, .viaDeadLetter])
            }
            if destination.queues.contains(where: { answer.certain.contains($0) }) {
                entries[Int(message)].marks.formUnion([.owed, .due])
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
        let index = Int(fact.message)
        switch fact.identity {
        case .body: byBodyHash += 1
        case .id: byID += 1
        case .stamp, .none: break
        }
        entries[index].delivered += 1
        let bounds = ledger.processing(of: fact)
        entries[index].least += bounds.least
        entries[index].most += bounds.most
        if bounds.least < bounds.most { openHandlings += 1 }
        if fact.settlement == .rejected {
            // Whether it becomes a dead letter is up to the broker; that it was thrown away, to the consumer.
            let dead = fact.rejected && ledger.policies[fact.queue]?.deadLetterExchange != nil
            entries[index].marks.insert(dead ? .deadLettered : .rejected)
        }
        if !isExpected(ledger, fact) { entries[index].marks.insert(.unexpected) }
    }

    /// Whether the bindings may have led this message to this queue, directly or as a dead letter.
    private func isExpected(_ ledger: Ledger, _ fact: DeliveryFact) -> Bool {
        func leads(_ route: Route) -> Bool { !route.known || route.possible.contains(fact.queue) }
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
            let index = Int(fact.message)
            entries[index].delivered += 1
            entries[index].least += 1
            entries[index].most += 1
            let expected =
                ledger.transmissions(of: fact.message).contains {
                    let route = ledger.route(of: $0)
                    return !route.known || route.possible.contains(fact.queue)
                } || ledger.mayArriveAsDeadLetter(fact.message, in: fact.queue)
            if !expected { entries[index].marks.insert(.unexpected) }
        }
    }
}

extension Ledger {
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

    /// Under automatic ack what was delivered is certainly processed only if the connection ended in order; the run's
    /// own stop, at its end, of a program that then ended as it was asked to, counts so.
    private func endedInOrder(_ fact: DeliveryFact) -> Bool {
        guard fact.connection >= 0 else { return false }
        let connection = connections[Int(fact.connection)]
        if connection.orderly { return true }
        guard let stop = timeline.stop else { return false }
        if let closed = connection.closed, closed < stop { return false }
        let last = timeline.changes.last { $0.change.name == processes[connection.client] && $0.time >= stop }
        guard let last else { return false }
        return last.change.state == .exited && !last.change.detail.contains("signal 9")
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
                if route.possible.contains(queue) || !route.known { return true }
                open += route.possible
            }
        }
        return false
    }
}
