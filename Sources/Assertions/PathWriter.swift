import ClusterModel
import History

/// Tells the whole path of one message, for the examples of a report.
struct PathWriter {
    let ledger: Ledger
    /// Ends of processes and what follows them, by the process.
    private let changes: [String: [RunTimeline.Change]]
    /// Steps of one path at most; what lies between is left out.
    private static let longest = 24

    init(ledger: Ledger) {
        self.ledger = ledger
        let telling = ledger.timeline.changes.filter { $0.change.isEnd || $0.change.isComeback }
        changes = Dictionary(grouping: telling) { $0.change.name }
    }

    /// - Parameter queues: only the deliveries from these; `nil` for all.
    func example(_ kind: Example.Kind, _ message: Int32, in queues: [Int32]?) -> Example {
        var steps: [Example.Step] = []
        for number in ledger.transmissions(of: message) { add(&steps, ledger.transmissions[Int(number)]) }
        for number in ledger.deliveriesOfMessage[message] {
            let fact = ledger.deliveries[Int(number)]
            if queues?.contains(fact.queue) ?? true { add(&steps, fact) }
        }
        for number in ledger.leftoversOfMessage[message] {
            let fact = ledger.leftovers[Int(number)]
            guard queues?.contains(fact.queue) ?? true else { continue }
            steps.append(step(fact.time, "found in queue \(ledger.queues[fact.queue].name) at the end"))
        }
        let isMissing = [.lost, .missing, .undecided].contains(kind)
        addEnds(&steps, message, in: queues, isMissing: isMissing)
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

    // MARK: - What ended on the way

    /// The deaths of consumers that had the message, the losses of their connections, and the restarts of the brokers
    /// that it lay in.
    /// - Parameter isMissing: all that came after its last step may be why.
    private func addEnds(_ steps: inout [Example.Step], _ message: Int32, in queues: [Int32]?, isMissing: Bool) {
        let facts = ledger.deliveriesOfMessage[message].map { ledger.deliveries[Int($0)] }
            .filter { $0.reached && $0.connection >= 0 && (queues?.contains($0.queue) ?? true) }
        var found: [Example.Step] = []
        for (index, fact) in facts.enumerated() {
            // Who has said its word about a delivery may go.
            let isSettled =
                fact.settlementPassed || (fact.autoAck && (fact.handling == .ok || fact.handling == .failed))
            guard !isSettled else { continue }
            let next = facts[(index + 1)...].first { $0.queue == fact.queue }?.time
            // What automatic ack leaves behind, the run's own end may take along.
            let limit = next ?? (fact.autoAck ? Int64.max : ledger.timeline.closing)
            addEnd(of: fact, until: limit, &found)
        }
        if let first = ledger.transmissions(of: message).first(where: { _ in true }) {
            let published = ledger.transmissions[Int(first)]
            let last = (steps.map(\.time).max() ?? 0).addingSaturated(ledger.timeline.origin)
            let limit = min(isMissing ? .max : last, ledger.timeline.closing)
            if published.broker >= 0 {
                let broker = ledger.processes[published.broker]
                found += turns(of: broker, from: published.time, to: limit)
            }
        }
        for step in found where !steps.contains(where: { $0.time == step.time && $0.text == step.text }) {
            steps.append(step)
        }
    }

    private func addEnd(of fact: DeliveryFact, until limit: Int64, _ steps: inout [Example.Step]) {
        let connection = ledger.connections[Int(fact.connection)]
        let consumer = ledger.processes[connection.client]
        let broker = ledger.processes[connection.server]
        if let closed = connection.closed, closed >= fact.time, closed <= limit {
            let how =
                !connection.orderly
                ? "was lost" : "was closed in order by \(connection.by == "client" ? consumer : broker)"
            steps.append(step(closed, "the connection of \(consumer) to \(broker) \(how)"))
        }
        // What automatic ack left with it is gone at its first end.
        steps += turns(of: consumer, from: fact.time, to: limit, at: fact.autoAck ? 1 : 100)
    }

    /// The ends and returns of a process, the first so many.
    private func turns(of process: String, from: Int64, to limit: Int64, at most: Int = 100) -> [Example.Step] {
        let all = (changes[process] ?? []).lazy.filter { $0.time >= from && $0.time <= limit }.prefix(most)
        return all.map { change in
            let detail = change.change.detail.isEmpty ? "" : " (\(change.change.detail))"
            if change.change.isComeback { return step(change.time, "\(process) was started again") }
            if change.time >= ledger.timeline.closing {
                return step(change.time, "\(process) ended when the run did\(detail)")
            }
            let how = change.change.intended ? "was ended by a fault or a stop" : "died"
            return step(change.time, "\(process) \(how)\(detail)")
        }
    }
}

extension NodeChange {
    /// Another life of the process is ready.
    fileprivate var isComeback: Bool { state == .ready && incarnation > 1 }
}
