import History

/// A tally summed up: the counters of one destination, and the messages behind them.
struct DeliveryAccount {
    private(set) var counts = DeliveryCounts()
    /// Messages that the assertion is about and that the drain speaks of.
    private(set) var due = 0
    private(set) var late = 0
    private(set) var discardable = 0
    private(set) var lost: [Int32] = []
    private(set) var perhapsLost: [Int32] = []
    private(set) var duplicated: [Int32] = []
    private(set) var perhapsDuplicated: [Int32] = []
    private(set) var unexpected: [Int32] = []
    private(set) var strangers: [Int32] = []

    init(_ ledger: Ledger, _ destination: Destination, _ tally: DeliveryTally, of published: PublishedMessages) {
        counts.attempted = published.count
        counts.acknowledged = published.acknowledged
        let deadLettered = Self.arrivedAsDeadLetters(ledger, destination)
        for entry in tally.entries {
            let isDead = !deadLettered.isEmpty && deadLettered.contains(entry.message)
            add(entry.message, entry, entry.marks, isDead)
        }
        strangers = tally.strangers
        counts.unexpected += strangers.count
        counts.delivered += strangers.count
        counts.unexpectedAtMost = counts.unexpected
    }

    private mutating func add(
        _ message: Int32, _ entry: DeliveryTally.Entry, _ marks: DeliveryTally.Marks, _ seenDead: Bool
    ) {
        if marks.contains(.owed) { counts.owed += 1 }
        if entry.delivered > 0 { counts.delivered += 1 }
        if entry.delivered > 1 { counts.redelivered += 1 }
        if entry.least > 0 { counts.processed += 1 }
        if entry.most > 0 { counts.processedAtMost += 1 }
        if entry.least > 1 {
            counts.duplicated += 1
            duplicated.append(message)
        } else if entry.most > 1 {
            perhapsDuplicated.append(message)
        }
        if entry.most > 1 { counts.duplicatedAtMost += 1 }
        if marks.contains(.unexpected) {
            counts.unexpected += 1
            unexpected.append(message)
        }
        if !marks.contains(.acknowledged) {
            if entry.least > 0 {
                counts.recovered += 1
            } else if marks.contains(.perhapsOwed) {
                counts.unconfirmed += 1
            }
        }
        if entry.least == 0 {
            if marks.contains(.deadLettered) || seenDead {
                counts.deadLettered += 1
            } else if marks.contains(.rejected) {
                counts.rejected += 1
            }
        }
        addLoss(message, entry, marks, seenDead)
    }

    private mutating func addLoss(
        _ message: Int32, _ entry: DeliveryTally.Entry, _ marks: DeliveryTally.Marks, _ seenDead: Bool
    ) {
        guard marks.contains(.due) else { return }
        let excused = marks.contains(.rejected) || marks.contains(.deadLettered) || seenDead
        if marks.contains(.late), entry.least == 0 {
            late += 1
            return
        }
        due += 1
        guard entry.least == 0, !excused else { return }
        counts.lostAtMost += 1
        if entry.most > 0 {
            perhapsLost.append(message)
        } else if marks.contains(.discardable) {
            discardable += 1
            perhapsLost.append(message)
        } else {
            counts.lost += 1
            lost.append(message)
        }
    }

    /// Messages of these queues that arrived in a queue of their dead-letter exchange.
    private static func arrivedAsDeadLetters(_ ledger: Ledger, _ destination: Destination) -> Set<Int32> {
        var found: Set<Int32> = []
        for queue in destination.queues {
            guard let policy = ledger.policies[queue], let exchange = policy.deadLetterExchange else { continue }
            for fact in ledger.deliveries where fact.message >= 0 && fact.queue != queue && fact.transmission >= 0 {
                let origin = ledger.transmissions[Int(fact.transmission)]
                let direct = ledger.route(of: fact.transmission)
                guard direct.possible.contains(queue), !direct.possible.contains(fact.queue) else { continue }
                let route = ledger.oracle.route(
                    ledger.queues[queue].broker, exchange, policy.deadLetterKey ?? ledger.words[origin.key],
                    HeaderTable(ledger.tables[origin.headers]), origin.time, fact.time)
                if route.possible.contains(fact.queue) { found.insert(fact.message) }
            }
        }
        return found
    }

    /// Messages that were purged, or deleted with their queue, are not lost. The broker says how many there were, not
    /// which; they were among those that were never processed.
    mutating func settlePurges(_ ledger: Ledger, _ destination: Destination) {
        var purges = ledger.purges.filter { destination.queues.contains($0.queue) && $0.count > 0 }
        guard !purges.isEmpty, !lost.isEmpty else { return }
        var kept: [Int32] = []
        for message in lost {
            let published = ledger.messages[Int(message)].time
            let facts = ledger.deliveriesOfMessage[message]
            // Each purge takes the first messages that were in its queue then.
            let index = purges.firstIndex { purge in
                published < purge.time && !facts.contains { isLater(ledger.deliveries[Int($0)], purge) }
            }
            guard let index else {
                kept.append(message)
                continue
            }
            counts.purged += 1
            purges[index].count -= 1
            if purges[index].count == 0 {
                purges.remove(at: index)
                if purges.isEmpty {
                    kept += lost[(lost.firstIndex(of: message)! + 1)...]
                    break
                }
            }
        }
        counts.lost -= lost.count - kept.count
        counts.lostAtMost -= lost.count - kept.count
        lost = kept
    }

    private func isLater(_ fact: DeliveryFact, _ purge: PurgeFact) -> Bool {
        fact.queue == purge.queue && fact.time > purge.time
    }
}
