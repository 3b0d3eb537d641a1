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
    }

    /// Numbers for consumers, and for each of their channels.
    private struct Consumers {
        private var numbers: [Consumer: Int32] = [:]
        /// By channel: the queue that it last had something from, and the number of its consumer.
        private var recent: [Int32: (queue: Int32, number: Int32)] = [:]
        private var newest = (lane: Int32(-1), queue: Int32(-1), number: Int32(-1))
        /// By consumer: its channels, and whether they took turns.
        private var lanes: [[Int32]] = []
        private(set) var areSeveral: [Bool] = []

        mutating func number(_ fact: DeliveryFact) -> Int32 {
            if newest.lane == fact.lane, newest.queue == fact.queue { return newest.number }
            var number: Int32
            if let known = recent[fact.lane], known.queue == fact.queue {
                number = known.number
            } else {
                let consumer = Consumer(queue: fact.queue, process: fact.consumer)
                number = numbers[consumer] ?? Int32(lanes.count)
                if Int(number) == lanes.count {
                    numbers[consumer] = number
                    lanes.append([])
                    areSeveral.append(false)
                }
                recent[fact.lane] = (fact.queue, number)
            }
            newest = (fact.lane, fact.queue, number)
            return number
        }

        mutating func note(_ fact: DeliveryFact) {
            let number = Int(number(fact))
            guard !areSeveral[number], lanes[number].last != fact.lane else { return }
            if lanes[number].contains(fact.lane) {
                areSeveral[number] = true
            } else {
                lanes[number].append(fact.lane)
            }
        }
    }

    private struct Stream: Hashable {
        var consumer: Int32
        /// -1, or the channel where the process consumed on several at a time.
        var lane: Int32
        var publisher: Int32
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: "order: fifo", verdict: .unknown, from: from, to: to)
        let publishers = ledger.publishers(from, in: judgement.topology)
        // By queue; -1: none that counts.
        var destination = [Int](repeating: -1, count: ledger.queues.count)
        if let to {
            for (index, one) in ledger.destinations(to, in: judgement.topology).enumerated() {
                for queue in one.queues { destination[Int(queue)] = index }
                result.destinations.append(DestinationResult(to: one.label, verdict: .unknown))
            }
        } else {
            let used = (0..<Int32(ledger.queues.count)).filter { !ledger.deliveriesOfQueue[$0].isEmpty }
            for (index, queue) in used.enumerated() {
                destination[Int(queue)] = index
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
        _ publishers: Set<Int32>?, _ destination: [Int], _ results: inout [DestinationResult]
    ) -> Int {
        let ledger = ledger
        let writer = PathWriter(ledger: ledger)
        var consumers = Consumers()
        for fact in ledger.deliveries { consumers.note(fact) }
        var newest: [Stream: Int32] = [:]
        var compared = 0
        for fact in ledger.deliveries where fact.reached && !fact.redelivered && fact.identity == .stamp {
            let index = destination[Int(fact.queue)]
            guard index >= 0 else { continue }
            if let publishers, !publishers.contains(ledger.messages[Int(fact.message)].publisher) { continue }
            let consumer = consumers.number(fact)
            let lane = consumers.areSeveral[Int(consumer)] ? fact.lane : -1
            let stream = Stream(
                consumer: consumer, lane: lane, publisher: ledger.transmissions[Int(fact.transmission)].lane)
            results[index].counts.delivered += 1
            guard let before = newest[stream] else {
                newest[stream] = fact.transmission
                continue
            }
            compared += 1
            if results[index].verdict == .unknown { results[index].verdict = judgement.tempered(.pass) }
            if fact.transmission >= before {
                newest[stream] = fact.transmission
            } else if !arrivedBefore(fact, lane) {
                results[index].verdict = .fail
                results[index].counts.reordered += 1
                if results[index].examples.count < Example.limit {
                    var example = writer.example(.reordered, fact.message, in: [fact.queue])
                    let later = ledger.name(of: ledger.transmissions[Int(before)].message)
                    let time = fact.time - ledger.timeline.origin
                    example.path = PathWriter.ordered(
                        example.path + [.init(time: time, text: "\(later), published later, had arrived before")])
                    results[index].examples.append(example)
                }
            }
        }
        return compared
    }

    /// A second copy of a transmission is a repeat, which `delivery:` judges, and no disorder.
    private func arrivedBefore(_ fact: DeliveryFact, _ lane: Int32) -> Bool {
        ledger.deliveriesOfMessage[fact.message].contains {
            let other = ledger.deliveries[Int($0)]
            return other.transmission == fact.transmission && other.time < fact.time && other.reached
                && other.queue == fact.queue && other.consumer == fact.consumer && (lane < 0 || other.lane == lane)
        }
    }
}
