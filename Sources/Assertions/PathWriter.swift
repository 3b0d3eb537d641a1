import ClusterModel
import History

/// Tells the whole path of one message, for the examples of a report.
struct PathWriter {
    let ledger: Ledger
    /// Steps of one path at most; what lies between is left out.
    private static let longest = 24

    /// - Parameter queues: only the deliveries from these; `nil` for all.
    func example(_ kind: Example.Kind, _ message: Int32, in queues: [Int32]?) -> Example {
        var steps: [Example.Step] = []
        for number in ledger.transmissions(of: message) { add(&steps, ledger.transmissions[Int(number)]) }
        for number in ledger.deliveriesOfMessage[message] {
            let fact = ledger.deliveries[Int(number)]
            if queues?.contains(fact.queue) ?? true { add(&steps, fact) }
        }
        for fact in ledger.leftovers where fact.message == message && queues?.contains(fact.queue) ?? true {
            steps.append(step(fact.time, "found in queue \(ledger.queues[fact.queue].name) at the end"))
        }
        return Example(kind: kind, message: ledger.name(of: message), path: Self.ordered(steps))
    }

    /// A delivery of something that nobody was seen to publish.
    func stranger(_ delivery: Int32) -> Example {
        var steps: [Example.Step] = []
        add(&steps, ledger.deliveries[Int(delivery)])
        steps.append(step(ledger.deliveries[Int(delivery)].time, "no link saw it published"))
        return Example(kind: .unexpected, message: "(unknown)", path: steps)
    }

    /// By time, cut to what a reader takes in.
    static func ordered(_ steps: [Example.Step]) -> [Example.Step] {
        let sorted = steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
        guard sorted.count > longest else { return sorted }
        let half = longest / 2
        let middle = Example.Step(
            time: sorted[half].time, text: "… \(sorted.count - longest) steps left out …")
        return sorted.prefix(half) + [middle] + sorted.suffix(half)
    }

    private func step(_ time: Int64, _ text: String) -> Example.Step {
        Example.Step(time: time - ledger.timeline.origin, text: text)
    }

    // MARK: - Publishing

    private func add(_ steps: inout [Example.Step], _ fact: TransmissionFact) {
        let publisher = ledger.messages[Int(fact.message)].publisher
        let who = publisher < 0 ? "someone" : ledger.processes[publisher]
        let exchange = fact.exchange < 0 ? "" : ledger.words[fact.exchange]
        let key = fact.key < 0 ? "" : ledger.words[fact.key]
        var place = exchange.isEmpty ? "to queue \(key)" : "to \(exchange)"
        if !exchange.isEmpty, !key.isEmpty { place += " with key \(key)" }
        guard fact.connection >= 0 else {
            steps.append(step(fact.time, "\(who) tried to publish \(place); it never reached the link"))
            return
        }
        let broker = fact.broker < 0 ? "" : ledger.processes[fact.broker]
        let fate = ledger.timeline.fateText(fact.fate, kind: .publish, from: who, to: broker, at: fact.time)
        steps.append(step(fact.time, "published by \(who) \(place)\(fate)"))
        if fact.returned { steps.append(step(fact.resultTime, "returned by the broker as unroutable")) }
        switch fact.result {
        case .acked?:
            steps.append(
                step(fact.resultTime, fact.acknowledged ? "confirmed" : "confirmed, but a fault dropped the confirm"))
        case .nacked?: steps.append(step(fact.resultTime, "refused by the broker (nack)"))
        case .settled?: steps.append(step(fact.resultTime, "nacked by the link, for the fault"))
        case .returned?, nil: break
        }
    }

    // MARK: - Consuming

    private func add(_ steps: inout [Example.Step], _ fact: DeliveryFact) {
        let consumer = fact.consumer < 0 ? "someone" : ledger.processes[fact.consumer]
        let queue = ledger.queues[fact.queue]
        let again = fact.redelivered ? "redelivered" : "delivered"
        steps.append(
            step(
                fact.time,
                "\(again) from queue \(queue.name) to \(consumer)"
                    + (fact.autoAck ? " (automatic ack)" : "")
                    + ledger.timeline.fateText(
                        fact.fate, kind: .deliver, from: queue.broker, to: consumer, at: fact.time)))
        if fact.handlingStart > 0, fact.handling == .open {
            steps.append(step(fact.handlingStart, "\(consumer) began to handle it; no end is recorded"))
        }
        if fact.handlingEnd > 0 {
            steps.append(
                step(
                    fact.handlingEnd,
                    fact.handling == .ok ? "processed by \(consumer)" : "given back by \(consumer), not processed"))
        }
        if let settlement = fact.settlement {
            let word =
                switch settlement {
                case .acked: "acknowledged"
                case .requeued: "requeued"
                case .rejected: "rejected"
                case .settled: "settled"
                }
            let lost = fact.settlementPassed ? "" : "; a fault dropped that"
            steps.append(step(fact.settlementTime, "\(word) by \(consumer)\(lost)"))
        }
        if fact.settledByLink > 0 {
            steps.append(step(fact.settledByLink, "given back to the broker by the link, for the fault"))
        }
    }
}
