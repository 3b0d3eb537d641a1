import ClusterModel
import History

/// What needs to look ahead, or at everything: done once all events are in.
extension LedgerBuilder {
    mutating func finished() -> Ledger {
        addUnsentMessages()
        identify()
        bound()
        let transmissions = ledger.transmissions.count
        let closing = ledger.timeline.closing
        for operation in sent.values {
            ledger.oracle.neverAnswered(operation.declaration, sent: operation.time)
        }
        ledger.oracle.freeze(queues: &ledger.queues)
        let (words, tables) = (ledger.words, ledger.tables)
        for index in 0..<transmissions {
            let fact = ledger.transmissions[index]
            ledger.transmissions[index].route = ledger.oracle.answer(
                broker: fact.broker < 0 ? "" : ledger.processes[fact.broker], exchange: fact.exchange, key: fact.key,
                headers: fact.headers, headersKnown: fact.connection >= 0, from: fact.time,
                to: Swift.min(fact.routedBy, closing), words: words, tables: tables)
        }
        routeDeadLetters()
        groupAnswers()
        let facts = ledger.deliveries
        ledger.deliveriesOfMessage = Grouping(groups: ledger.messages.count, members: facts.count) {
            facts[$0].message
        }
        ledger.deliveriesOfQueue = Grouping(groups: ledger.queues.count, members: facts.count) { facts[$0].queue }
        let left = ledger.leftovers
        ledger.leftoversOfMessage = Grouping(groups: left.isEmpty ? 0 : ledger.messages.count, members: left.count) {
            left[$0].message
        }
        if unmatchedHandles > 0 {
            ledger.problems.append("\(unmatchedHandles) handlings that no link saw delivered")
        }
        ledger.calls = calls.finished(
            CallSurroundings(
                timeline: ledger.timeline, connections: ledger.connections, processes: ledger.processes,
                nativeServers: nativeServers, queueServers: queueServers))
        ledger.objects = finishedObjects()
        return ledger
    }

    private mutating func groupAnswers() {
        let sent = ledger.transmissions
        ledger.transmissionsOfAnswer = Grouping(groups: ledger.oracle.answers.count, members: sent.count) {
            sent[$0].route
        }
        for (number, route) in ledger.oracle.answers.enumerated() {
            for queue in route.possible { ledger.answersOfQueue[queue, default: []].append(Int32(number)) }
        }
    }

    /// A message rejected for good is owed to the queues of the dead-letter exchange instead.
    private mutating func routeDeadLetters() {
        for number in 0..<Int32(ledger.queues.count) {
            if let policy = QueuePolicy(ledger.oracle.arguments(of: ledger.queues[number])) {
                ledger.policies[number] = policy
            }
        }
        guard !ledger.policies.isEmpty else { return }
        for (index, fact) in ledger.deliveries.enumerated() where fact.rejected && fact.transmission >= 0 {
            guard let policy = ledger.policies[fact.queue], let exchange = policy.deadLetterExchange else { continue }
            let origin = ledger.transmissions[Int(fact.transmission)]
            let route = ledger.oracle.answer(
                broker: ledger.queues[fact.queue].broker, exchange: ledger.words.number(exchange),
                key: policy.deadLetterKey.map { ledger.words.number($0) } ?? origin.key, headers: origin.headers,
                headersKnown: true, from: fact.settlementTime, to: ledger.timeline.closing, words: ledger.words,
                tables: ledger.tables)
            ledger.deadLetters.append((Int32(index), route))
        }
    }

    /// Messages that their publisher tried to send and no link saw: attempted, and lost on the way to the link.
    private mutating func addUnsentMessages() {
        for index in ledger.messages.indices where ledger.messages[index].firstTransmission < 0 {
            let fact = ledger.messages[index]
            let broker = ledger.processes.number(ledger.oracle.onlyBroker ?? "")
            ledger.transmissions.append(
                TransmissionFact(
                    stamp: 0, message: Int32(index), connection: -1, lane: -1, time: fact.time,
                    exchange: fact.exchange, key: fact.key, headers: 0, broker: broker, bodyHash: 0,
                    fate: .undeliverable, stamped: false, confirming: false))
            link(Int32(ledger.transmissions.count - 1), to: Int32(index))
        }
    }

    /// Finds the message of each delivery and leftover: by stamp, else by message id, else by the body's hash.
    private mutating func identify() {
        var resolver = IdentityResolver(ledger)
        for index in ledger.deliveries.indices {
            let number = stamps[ledger.deliveries[index].stamp]
            if number >= 0, ledger.deliveries[index].stamp != 0 {
                ledger.deliveries[index].transmission = number
                ledger.deliveries[index].message = ledger.transmissions[Int(number)].message
                ledger.deliveries[index].identity = .stamp
                continue
            }
            let fact = ledger.deliveries[index]
            let place = wire[Int32(index)]
            let found = resolver.find(
                id: handledIDs[Int32(index)] ?? "", hash: fact.bodyHash, exchange: place?.exchange, key: place?.key,
                queue: fact.queue, again: fact.redelivered, ledger: ledger)
            ledger.deliveries[index].transmission = found.transmission
            ledger.deliveries[index].message = found.message
            ledger.deliveries[index].identity = found.identity
        }
        for index in ledger.leftovers.indices {
            let fact = ledger.leftovers[index]
            let number = stamps[fact.stamp]
            if number >= 0, fact.stamp != 0 {
                ledger.leftovers[index].transmission = number
                ledger.leftovers[index].message = ledger.transmissions[Int(number)].message
                continue
            }
            let found = resolver.find(
                id: fact.id, hash: fact.bodyHash, exchange: nil, key: nil, queue: fact.queue, again: false,
                ledger: ledger)
            ledger.leftovers[index].transmission = found.transmission
            ledger.leftovers[index].message = found.message
        }
    }

    /// By when the broker had certainly dealt with each transmission: its own confirm, return or first delivery; the
    /// same of a later one on its channel, as a channel is served in order; the answer to a management method sent
    /// later on the channel; an orderly end of the connection.
    private mutating func bound() {
        var own = [Int64](repeating: .max, count: ledger.transmissions.count)
        for delivery in ledger.deliveries where delivery.transmission >= 0 && delivery.identity == .stamp {
            own[Int(delivery.transmission)] = Swift.min(own[Int(delivery.transmission)], delivery.time)
        }
        var bounds = lanes.map { lane -> Int64 in
            guard lane.connection >= 0 else { return .max }
            let connection = ledger.connections[Int(lane.connection)]
            return connection.orderly ? connection.closed ?? .max : .max
        }
        for index in ledger.transmissions.indices.reversed() {
            let fact = ledger.transmissions[index]
            guard fact.lane >= 0 else { continue }
            let lane = Int(fact.lane)
            // Strictly later: what one packet brought has one time, and the method may have stood before the publish.
            while let answer = lanes[lane].answers.last, answer.sent > fact.time {
                bounds[lane] = Swift.min(bounds[lane], answer.answered)
                lanes[lane].answers.removeLast()
            }
            let before = bounds[lane]
            if fact.returned || fact.result == .acked || fact.result == .nacked {
                own[index] = Swift.min(own[index], fact.resultTime)
            }
            bounds[lane] = Swift.min(before, own[index])
            // The copy that a fault made may be routed after the first one was confirmed.
            ledger.transmissions[index].routedBy = fact.fate == .duplicated ? before : bounds[lane]
        }
    }
}
