import ClusterModel
import History

/// `routing: exact`: each message that reached the broker reached exactly the queues that the oracle says, as deliveries
/// and leftovers show.
struct RoutingChecker {
    let judgement: Judgement
    let from: String?

    private var ledger: Ledger { judgement.ledger }

    /// What one queue showed.
    private struct Account {
        var counts = DeliveryCounts()
        var missing: [Int32] = []
        var undecided = 0
        var unexpected: [Int32] = []
        var twice: [Int32] = []
        /// Messages owed that were not seen because their queue, or what was in it, ended first.
        var ended = 0
        var seenAnything = false

        mutating func missed(_ message: Int32) {
            missing.append(message)
            counts.lost += 1
        }
    }

    func result() -> AssertionResult {
        var result = AssertionResult(title: "routing: exact", verdict: .unknown, from: from)
        var accounts = [Account](repeating: Account(), count: ledger.queues.count)
        for fact in ledger.deliveries { accounts[Int(fact.queue)].seenAnything = true }
        for fact in ledger.leftovers { accounts[Int(fact.queue)].seenAnything = true }
        let (judged, strays) = judgeTransmissions(&accounts)
        var doubts: [String] = []
        var failures: [String] = []
        let names = ledger.queues.values.map(\.name)
        for queue in accounts.indices.sorted(by: { (names[$0], $0) < (names[$1], $1) }) {
            guard accounts[queue].counts.owed > 0 || accounts[queue].counts.delivered > 0 else { continue }
            let one = destination(Int32(queue), accounts[queue])
            result.destinations.append(one.result)
            if !one.reason.isEmpty {
                if one.result.verdict == .fail { failures.append(one.reason) } else { doubts.append(one.reason) }
            }
        }
        if judged == 0 { doubts.append("no message was seen to be routed") }
        if strays > 0 {
            doubts.append("\(counted(strays, "message")) went to exchanges that nobody was seen to declare")
        }
        if ledger.timeline.drained == nil { doubts.append("the run ended before its drain") }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        result.verdict = !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass
        result.explanation = (failures.isEmpty ? doubts : failures).prefix(4).joined(separator: "; ")
        return result
    }

    // MARK: - Messages

    private func judgeTransmissions(_ accounts: inout [Account]) -> (judged: Int, strays: Int) {
        let ledger = ledger
        let facts = ledger.deliveries
        let reached = Grouping(groups: ledger.transmissions.count, members: facts.count) { transmission(facts[$0]) }
        let kept = ledger.leftovers
        let left = Grouping(groups: ledger.transmissions.count, members: kept.count) { kept[$0].transmission }
        let publishers = ledger.publishers(from, in: judgement.topology)
        let queues = queueFacts()
        let canBeDead = ledger.policies.contains { $0.value.deadLetterExchange != nil }
        // The transmission that was last found in each queue, and the queues of the one at hand.
        var foundIn = [Int32](repeating: -1, count: ledger.queues.count)
        var found: [Int32] = []
        var judged = 0
        var strays = 0
        for (index, fact) in ledger.transmissions.enumerated() {
            if let publishers, !publishers.contains(ledger.messages[Int(fact.message)].publisher) { continue }
            // What never reached the broker, or was refused, reaches no queue.
            if fact.swallowed || fact.result == .nacked || fact.connection < 0 { continue }
            let number = Int32(index)
            let route = ledger.oracle.answers[Int(fact.route)]
            guard route.known else {
                strays += 1
                continue
            }
            found.removeAll(keepingCapacity: true)
            func find(_ queue: Int32) {
                guard foundIn[Int(queue)] != number else { return }
                foundIn[Int(queue)] = number
                found.append(queue)
            }
            for member in reached[number] { find(facts[Int(member)].queue) }
            for member in left[number] { find(kept[Int(member)].queue) }
            judged += 1
            for queue in found {
                accounts[Int(queue)].counts.delivered += 1
                if route.mayLead(to: queue) { continue }
                if canBeDead, ledger.mayArriveAsDeadLetter(fact.message, in: queue) { continue }
                accounts[Int(queue)].counts.unexpected += 1
                accounts[Int(queue)].unexpected.append(fact.message)
            }
            for queue in route.certain {
                accounts[Int(queue)].counts.owed += 1
                if foundIn[Int(queue)] != number { judgeMissing(fact, queues[Int(queue)], &accounts[Int(queue)]) }
            }
            if !canBeDead { noteRepeats(fact, reached[number], queues, &accounts) }
        }
        return (judged, strays)
    }

    /// By message id or body a delivery tells its transmission only where the message had one.
    private func transmission(_ fact: DeliveryFact) -> Int32 {
        guard fact.identity == .stamp || fact.message < 0 else {
            let message = ledger.messages[Int(fact.message)]
            return message.firstTransmission == message.lastTransmission ? fact.transmission : -1
        }
        return fact.transmission
    }

    private func judgeMissing(_ fact: TransmissionFact, _ queue: QueueFact, _ account: inout Account) {
        if fact.returned {
            account.missed(fact.message)
            return
        }
        // Without a word from the broker nobody knows that it ever had the message.
        guard fact.routedBy != .max else {
            account.undecided += 1
            return
        }
        let end = ledger.timeline.drained ?? ledger.timeline.end
        let ended =
            !queue.spans.contains { $0.covers(fact.routedBy, end) } || queue.lastPurge >= fact.time
            || queue.lastRestart > fact.time || queue.mayDiscard
        if ended {
            account.ended += 1
        } else if queue.isObserved {
            account.missed(fact.message)
        } else {
            account.undecided += 1
        }
    }

    /// One message belongs into a queue once, however many bindings lead there (AMQP 0-9-1 §3.1.3): a second delivery that
    /// is neither a redelivery nor a fault's copy is the broker's mistake.
    private func noteRepeats(
        _ fact: TransmissionFact, _ members: ArraySlice<Int32>, _ queues: [QueueFact], _ accounts: inout [Account]
    ) {
        guard members.count > 1, fact.fate != .duplicated else { return }
        var fresh: [Int32: Int] = [:]
        for member in members {
            let delivery = ledger.deliveries[Int(member)]
            if !delivery.redelivered, delivery.fate != .duplicated { fresh[delivery.queue, default: 0] += 1 }
        }
        for (queue, count) in fresh where count > 1 && queues[Int(queue)].lastRestart <= fact.time {
            accounts[Int(queue)].counts.duplicated += 1
            accounts[Int(queue)].twice.append(fact.message)
        }
    }

    /// What is asked of a queue for each message that was not seen in it.
    private struct QueueFact {
        /// When it was there.
        var spans: [Span]
        var lastPurge = Int64.min
        /// When its broker was last started again before the run's end.
        var lastRestart = Int64.min
        var mayDiscard: Bool
        /// All that was in it has been seen: it was found empty at the end, or what it held was read out, or its consumers
        /// emptied it in the drain.
        var isObserved: Bool
    }

    private func queueFacts() -> [QueueFact] {
        var restarts: [String: Int64] = [:]
        for change in ledger.timeline.changes
        where change.change.incarnation > 1 && change.change.state == .starting && change.time < ledger.timeline.closing
        {
            restarts[change.change.name] = max(restarts[change.change.name] ?? .min, change.time)
        }
        var held = [Int](repeating: 0, count: ledger.queues.count)
        for fact in ledger.leftovers { held[Int(fact.queue)] += 1 }
        var depths: [Int32: Int] = [:]
        for fact in ledger.depths { depths[fact.queue] = fact.ready }
        var facts = (0..<Int32(ledger.queues.count)).map { queue -> QueueFact in
            let key = ledger.queues[queue]
            var fact = QueueFact(
                spans: ledger.oracle.spans(of: key), mayDiscard: ledger.policies[queue]?.mayDiscard == true,
                isObserved: ledger.consumers[queue]?.isEmpty == false || held[Int(queue)] > 0)
            fact.lastRestart = restarts[key.broker] ?? .min
            if let ready = depths[queue] { fact.isObserved = ready == held[Int(queue)] }
            let undrained = ledger.timeline.undrained
            if ledger.timeline.drained == nil || undrained.contains(key.name) || undrained.contains("queue:\(key.name)")
            {
                fact.isObserved = false
            }
            return fact
        }
        for purge in ledger.purges {
            facts[Int(purge.queue)].lastPurge = max(facts[Int(purge.queue)].lastPurge, purge.time)
        }
        return facts
    }

    // MARK: - Queues

    private func destination(_ queue: Int32, _ account: Account) -> (result: DestinationResult, reason: String) {
        let name = "queue:\(ledger.queues[queue].name)"
        var counts = account.counts
        counts.lostAtMost = counts.lost + account.undecided
        counts.unexpectedAtMost = counts.unexpected
        counts.duplicatedAtMost = counts.duplicated
        var result = DestinationResult(to: name, verdict: .pass, counts: counts)
        let writer = PathWriter(ledger: ledger)
        for (kind, messages) in [
            (Example.Kind.missing, account.missing), (.unexpected, account.unexpected), (.duplicated, account.twice),
        ] {
            result.examples += messages.prefix(Example.limit).map { writer.example(kind, $0, in: nil) }
        }
        if account.ended > 0 {
            result.notes.append(
                "\(counted(account.ended, "message")) not judged: the queue, or what was in it, ended before it was seen"
            )
        }
        var failures: [String] = []
        if counts.lost > 0 { failures.append("\(counted(counts.lost, "message")) did not reach it") }
        if counts.unexpected > 0 {
            failures.append("\(counted(counts.unexpected, "message")) reached it without being owed")
        }
        if counts.duplicated > 0 {
            failures.append("\(counted(counts.duplicated, "message")) reached it more than once")
        }
        if !failures.isEmpty, counts.duplicated > 0 || !judgement.isIncomplete {
            result.verdict = .fail
            return (result, "\(name): \(failures.joined(separator: ", "))")
        }
        if !account.seenAnything, counts.owed > 0 {
            result.verdict = .unknown
            return (result, "\(name): nothing of what was owed to it could be seen")
        }
        if account.undecided > 0 {
            result.verdict = .unknown
            return (result, "\(name): \(counted(account.undecided, "message")) could not be seen")
        }
        result.verdict = judgement.tempered(.pass)
        return (result, "")
    }
}
