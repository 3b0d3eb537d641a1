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
        var accounts: [Int32: Account] = [:]
        for fact in ledger.deliveries { accounts[fact.queue, default: Account()].seenAnything = true }
        for fact in ledger.leftovers { accounts[fact.queue, default: Account()].seenAnything = true }
        let (judged, strays) = judgeTransmissions(&accounts)
        var doubts: [String] = []
        var failures: [String] = []
        for (queue, account) in accounts.sorted(by: { ledger.queues[$0.key].name < ledger.queues[$1.key].name }) {
            guard account.counts.owed > 0 || account.counts.delivered > 0 else { continue }
            let one = destination(queue, account)
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

    private func judgeTransmissions(_ accounts: inout [Int32: Account]) -> (judged: Int, strays: Int) {
        let facts = ledger.deliveries
        let reached = Grouping(groups: ledger.transmissions.count, members: facts.count) { transmission(facts[$0]) }
        let kept = ledger.leftovers
        let left = Grouping(groups: ledger.transmissions.count, members: kept.count) { kept[$0].transmission }
        let publishers = ledger.publishers(from, in: judgement.topology)
        var judged = 0
        var strays = 0
        for (index, fact) in ledger.transmissions.enumerated() {
            if let publishers, !publishers.contains(ledger.messages[Int(fact.message)].publisher) { continue }
            // What never reached the broker, or was refused, reaches no queue.
            if fact.swallowed || fact.result == .nacked || fact.connection < 0 { continue }
            let number = Int32(index)
            let route = ledger.route(of: number)
            var found: Set<Int32> = []
            for member in reached[number] { found.insert(facts[Int(member)].queue) }
            for member in left[number] { found.insert(kept[Int(member)].queue) }
            guard route.known else {
                strays += 1
                continue
            }
            judged += 1
            for queue in found {
                accounts[queue, default: Account()].counts.delivered += 1
                guard !route.possible.contains(queue), !ledger.mayArriveAsDeadLetter(fact.message, in: queue) else {
                    continue
                }
                accounts[queue]!.counts.unexpected += 1
                accounts[queue]!.unexpected.append(fact.message)
            }
            for queue in route.certain {
                accounts[queue, default: Account()].counts.owed += 1
                if !found.contains(queue) { judgeMissing(number, fact, queue, &accounts[queue]!) }
            }
            noteRepeats(fact, reached[number], &accounts)
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

    private func judgeMissing(_ number: Int32, _ fact: TransmissionFact, _ queue: Int32, _ account: inout Account) {
        if fact.returned {
            account.missed(fact.message)
            return
        }
        let end = ledger.timeline.drained ?? ledger.timeline.end
        let key = ledger.queues[queue]
        // Without a word from the broker nobody knows that it ever had the message.
        guard fact.routedBy != .max else {
            account.undecided += 1
            return
        }
        let ended =
            !ledger.oracle.queueLasted(key, from: fact.routedBy, to: end)
            || ledger.purges.contains { $0.queue == queue && $0.time >= fact.time }
            || brokerRestarted(key.broker, after: fact.time) || ledger.policies[queue]?.mayDiscard == true
        if ended {
            account.ended += 1
        } else if isObserved(queue) {
            account.missed(fact.message)
        } else {
            account.undecided += 1
        }
    }

    /// One message belongs into a queue once, however many bindings lead there (AMQP 0-9-1 §3.1.3): a second delivery that
    /// is neither a redelivery nor a fault's copy is the broker's mistake.
    private func noteRepeats(_ fact: TransmissionFact, _ members: ArraySlice<Int32>, _ accounts: inout [Int32: Account])
    {
        guard members.count > 1, fact.fate != .duplicated else { return }
        guard !ledger.policies.contains(where: { $0.value.deadLetterExchange != nil }) else { return }
        var fresh: [Int32: Int] = [:]
        for member in members {
            let delivery = ledger.deliveries[Int(member)]
            if !delivery.redelivered, delivery.fate != .duplicated { fresh[delivery.queue, default: 0] += 1 }
        }
        for (queue, count) in fresh where count > 1 && !brokerRestarted(ledger.queues[queue].broker, after: fact.time) {
            accounts[queue, default: Account()].counts.duplicated += 1
            accounts[queue]!.twice.append(fact.message)
        }
    }

    private func brokerRestarted(_ broker: String, after time: Int64) -> Bool {
        ledger.timeline.changes.contains {
            $0.change.name == broker && $0.change.incarnation > 1 && $0.change.state == .starting && $0.time > time
                && $0.time < ledger.timeline.closing
        }
    }

    /// Whether all that was in a queue has been seen: it was found empty at the end, or what it held was read out, or its
    /// consumers emptied it in the drain.
    private func isObserved(_ queue: Int32) -> Bool {
        let key = ledger.queues[queue]
        guard ledger.timeline.drained != nil else { return false }
        if ledger.timeline.undrained.contains(key.name) || ledger.timeline.undrained.contains("queue:\(key.name)") {
            return false
        }
        if let depth = ledger.depths.first(where: { $0.queue == queue }) {
            return depth.ready == ledger.leftovers.count { $0.queue == queue }
        }
        return ledger.consumers[queue]?.isEmpty == false || ledger.leftovers.contains { $0.queue == queue }
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
