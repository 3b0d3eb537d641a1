import ClusterModel
import History

/// `order: fifo`: what one channel published reaches one consumer of a queue in the order of publishing. Redeliveries
/// and repeated copies are set aside; so is what no stamp identifies.
struct OrderChecker {
    let judgement: Judgement
    let from: String?
    let to: String?

    private var ledger: Ledger { judgement.ledger }

    /// A consumer of a queue. A process that comes back on a new connection is the same consumer, unless it had two at a
    /// time.
    private struct Consumer: Hashable {
        var queue: Int32
        var process: Int32
        /// -1, or the channel where the process consumed on several at a time.
        var lane: Int32
    }

    private struct Stream: Hashable {
        var consumer: Consumer
        var publisher: Int32
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: "order: fifo", verdict: .unknown, from: from, to: to)
        let publishers = ledger.publishers(from, in: judgement.topology)
        var destination: [Int32: Int] = [:]
        if let to {
            for (index, one) in ledger.destinations(to, in: judgement.topology).enumerated() {
                for queue in one.queues { destination[queue] = index }
                result.destinations.append(DestinationResult(to: one.label, verdict: .unknown))
            }
        } else {
            for (index, queue) in Set(ledger.deliveries.map(\.queue)).sorted().enumerated() {
                destination[queue] = index
                result.destinations.append(
                    DestinationResult(to: "queue:\(ledger.queues[queue].name)", verdict: .unknown))
            }
        }
        let compared = compare(publishers, destination, &result.destinations)
        let disorder = result.destinations.reduce(0) { $0 + $1.counts.reordered }
        if disorder > 0 {
            result.verdict = .fail
            result.explanation = "\(counted(disorder, "message")) arrived after a later one of the same publisher"
        } else if compared == 0 {
            result.explanation = "no two messages of one publisher were seen to reach one consumer"
        } else if judgement.isIncomplete {
            result.explanation = judgement.incompleteness
        } else {
            result.verdict = .pass
        }
        result.destinations.removeAll { $0.counts.delivered == 0 && to == nil }
        return result
    }

    /// - Returns: how many deliveries had one before them to be compared with.
    private func compare(
        _ publishers: Set<Int32>?, _ destination: [Int32: Int], _ results: inout [DestinationResult]
    ) -> Int {
        let several = processesWithSeveralConsumers()
        let writer = PathWriter(ledger: ledger)
        var newest: [Stream: Int32] = [:]
        var compared = 0
        for fact in ledger.deliveries where fact.reached && !fact.redelivered && fact.identity == .stamp {
            guard let index = destination[fact.queue] else { continue }
            if let publishers, !publishers.contains(ledger.messages[Int(fact.message)].publisher) { continue }
            var consumer = Consumer(queue: fact.queue, process: fact.consumer, lane: -1)
            if several.contains(consumer) { consumer.lane = fact.lane }
            let stream = Stream(
                consumer: consumer, publisher: ledger.transmissions[Int(fact.transmission)].lane)
            results[index].counts.delivered += 1
            guard let before = newest[stream] else {
                newest[stream] = fact.transmission
                continue
            }
            compared += 1
            if results[index].verdict == .unknown { results[index].verdict = judgement.tempered(.pass) }
            if fact.transmission >= before {
                newest[stream] = fact.transmission
            } else if !arrivedBefore(fact, consumer) {
                results[index].verdict = .fail
                results[index].counts.reordered += 1
                if results[index].examples.count < Example.limit {
                    var example = writer.example(.reordered, fact.message, in: [fact.queue])
                    let later = ledger.name(of: ledger.transmissions[Int(before)].message)
                    let time = fact.time - ledger.timeline.origin
                    example.path.append(.init(time: time, text: "\(later), published later, had arrived before"))
                    results[index].examples.append(example)
                }
            }
        }
        return compared
    }

    /// A second copy of a transmission is a repeat, which `delivery:` judges, and no disorder.
    private func arrivedBefore(_ fact: DeliveryFact, _ consumer: Consumer) -> Bool {
        ledger.deliveriesOfMessage[fact.message].contains {
            let other = ledger.deliveries[Int($0)]
            return other.transmission == fact.transmission && other.time < fact.time && other.reached
                && other.queue == fact.queue && other.consumer == fact.consumer
                && (consumer.lane < 0 || other.lane == consumer.lane)
        }
    }

    /// Processes whose deliveries from one queue came on several channels in turn.
    private func processesWithSeveralConsumers() -> Set<Consumer> {
        var lanes: [Consumer: [Int32]] = [:]
        var several: Set<Consumer> = []
        for fact in ledger.deliveries {
            let consumer = Consumer(queue: fact.queue, process: fact.consumer, lane: -1)
            guard let known = lanes[consumer] else {
                lanes[consumer] = [fact.lane]
                continue
            }
            if known.last == fact.lane { continue }
            if known.contains(fact.lane) {
                several.insert(consumer)
            } else {
                lanes[consumer]!.append(fact.lane)
            }
        }
        return several
    }
}
