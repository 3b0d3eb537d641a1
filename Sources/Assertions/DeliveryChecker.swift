import ClusterModel
import History

/// `delivery: at-most-once | at-least-once | exactly-once`, counted for each destination as `docs/verdicts.md` says.
struct DeliveryChecker {
    let judgement: Judgement
    let guarantee: Guarantee
    let from: String?
    let to: String?
    let basis: Assertion.Basis

    private var ledger: Ledger { judgement.ledger }
    private var judgesLoss: Bool { guarantee != .atMostOnce }
    private var judgesDuplicates: Bool { guarantee != .atLeastOnce }

    func result() -> AssertionResult {
        var result = AssertionResult(title: "delivery: \(guarantee.rawValue)", verdict: .unknown, from: from, to: to)
        var published = PublishedMessages(ledger, from: ledger.publishers(from, in: judgement.topology))
        var judged: [(result: DestinationResult, reason: String)] = []
        var skipped: [String] = []
        for destination in ledger.destinations(to, in: judgement.topology) {
            let tally = DeliveryTally(ledger, destination, of: &published, basis)
            let one = judge(destination, tally, published)
            // A program may consume from queues that the assertion does not mean: replies, other work.
            if !destination.declared, one.result.counts.owed == 0, one.result.counts.delivered == 0 {
                skipped.append(destination.label)
            } else {
                judged.append(one)
            }
        }
        result.destinations = judged.map(\.result)
        result.verdict = Verdict.combined(judged.map(\.result.verdict))
        result.explanation = explanation(judged, skipped: skipped, verdict: result.verdict)
        return result
    }

    private func explanation(
        _ judged: [(result: DestinationResult, reason: String)], skipped: [String], verdict: Verdict
    ) -> String {
        if judged.isEmpty {
            let name = to ?? "any consumer"
            return skipped.isEmpty
                ? "no destination: \(name) has consumed from no queue" + unusedLink(of: to)
                : "nothing was owed to \(skipped.joined(separator: ", "))"
        }
        guard verdict != .pass else { return "" }
        let telling = judged.filter { $0.result.verdict == verdict }
        if telling.count == 1 || Set(telling.map(\.reason)).count == 1 {
            return judged.count == 1
                ? telling[0].reason
                : "\(telling.map(\.result.to).prefix(5).joined(separator: ", "))"
                    + (telling.count > 5 ? " and \(telling.count - 5) more" : "") + ": \(telling[0].reason)"
        }
        return telling.prefix(3).map { "\($0.result.to): \($0.reason)" }.joined(separator: "; ")
            + (telling.count > 3 ? "; and \(telling.count - 3) more" : "")
    }

    // MARK: - One destination

    private func judge(_ destination: Destination, _ tally: DeliveryTally, _ published: PublishedMessages) -> (
        result: DestinationResult, reason: String
    ) {
        var account = DeliveryAccount(ledger, destination, tally, of: published)
        account.settlePurges(ledger, destination)
        var counts = account.counts
        let undrained = isUndrained(destination)
        var notes = notes(destination, tally, account, undrained)
        var failures: [String] = []
        var doubts: [String] = []

        if judgesLoss {
            if counts.lost > 0 {
                let of = basis == .attempted ? "attempted message" : "acknowledged message"
                let what = "\(counts.lost) of \(counted(account.due, of))"
                if ledger.timeline.isLive {
                    doubts.append("\(what) not processed yet")
                } else if undrained {
                    doubts.append("\(what) still queued, or lost")
                } else if judgement.isIncomplete || ledger.timeline.drained == nil {
                    doubts.append("\(what) lost so far")
                } else {
                    failures.append("\(what) lost")
                }
            } else if counts.lostAtMost > 0 {
                doubts.append("\(counted(counts.lostAtMost, "message")) may be lost")
            }
            if account.due == 0 { doubts.append(nothingDue(destination, counts)) }
        }
        if judgesDuplicates {
            if counts.duplicated > 0 {
                failures.append("\(counted(counts.duplicated, "message")) processed more than once")
            } else if counts.duplicatedAtMost > 0 {
                doubts.append("\(counted(counts.duplicatedAtMost, "message")) may have been processed more than once")
            }
            if counts.processedAtMost == 0, account.due > 0 || !judgesLoss { doubts.append("nothing was processed") }
        }
        if counts.unexpected > 0 {
            let what = "\(counted(counts.unexpected, "unexpected message"))"
            if judgement.isIncomplete { doubts.append(what) } else { failures.append(what) }
        }
        if ledger.timeline.drained == nil { doubts.append("the run ended before its drain") }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        if undrained, counts.lost > 0 {
            let drain = judgement.topology.drain
            notes.append("not emptied within \(drain.text): 'drain: \((drain * 6).text)' waits longer")
        }

        let verdict: Verdict = !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass
        counts.processedAtMost = max(counts.processedAtMost, counts.processed)
        let result = DestinationResult(
            to: destination.label, verdict: verdict, counts: counts,
            examples: examples(
                account, destination, proven: !undrained && !judgement.isIncomplete && !ledger.timeline.isLive),
            notes: notes)
        return (result, (failures.isEmpty ? doubts : failures).joined(separator: ", "))
    }

    /// Why nothing could be judged.
    private func nothingDue(_ destination: Destination, _ counts: DeliveryCounts) -> String {
        if destination.queues.isEmpty {
            return "\(destination.label) has consumed from no queue" + unusedLink(of: to)
        }
        if counts.attempted == 0 { return "nothing was published" + unusedLink(of: from) }
        if counts.owed == 0 { return "nothing was owed" }
        if basis == .acknowledged, counts.acknowledged == 0 {
            let confirming = ledger.transmissions.contains { $0.confirming }
            return confirming
                ? "nothing was acknowledged"
                : "nothing was acknowledged, as the publisher asks for no confirms (`of: attempted` judges all)"
        }
        return "no message that counts was owed"
    }

    /// `; no connection came over the link …` for a program that never connected to a broker; else nothing.
    private func unusedLink(of name: String?) -> String {
        guard let name, let node = judgement.topology.node(named: name) ?? judgement.topology.node(ofInstance: name),
            node.command != nil
        else { return "" }
        let brokers = judgement.topology.brokersUsed(by: node)
        let processes = Set(judgement.topology.instances(named: name).map { ledger.processes.known($0) })
        let isSilent = !ledger.connections.contains { processes.contains($0.client) }
        return brokers.isEmpty || !isSilent ? "" : "; " + Topology.unusedLink(from: name, to: brokers)
    }

    private func isUndrained(_ destination: Destination) -> Bool {
        destination.aliases.contains { ledger.timeline.undrained.contains($0) }
    }

    private func notes(
        _ destination: Destination, _ tally: DeliveryTally, _ account: DeliveryAccount, _ undrained: Bool
    ) -> [String] {
        var notes: [String] = []
        if tally.byBodyHash > 0 {
            notes.append(
                "\(counted(tally.byBodyHash, "delivery", "deliveries")) carried neither stamp nor id: told apart by body"
            )
        }
        if tally.byID > 0 {
            notes.append("\(counted(tally.byID, "delivery", "deliveries")) carried no stamp: told apart by message id")
        }
        if tally.openHandlings > 0 {
            notes.append(
                "\(counted(tally.openHandlings, "delivery", "deliveries")) may or may not have been processed")
        }
        if tally.unprovenAutomatic > 0 {
            notes.append(
                "automatic ack: nothing on the wire proves that \(counted(tally.unprovenAutomatic, "delivery", "deliveries")) "
                    + "\(tally.unprovenAutomatic == 1 ? "was" : "were") worked on; acknowledge by hand, or let the program "
                    + "close its connection (connection.close) before it ends")
        }
        if account.late > 0 {
            notes.append(
                "\(counted(account.late, "message")) published after the drain began and not processed by its end: not judged"
            )
        }
        if account.discardable > 0 {
            notes.append(
                "\(counted(account.discardable, "message")) may have been discarded by a limit or time to live of the queue"
            )
        }
        if destination.isUnattended, !destination.queues.isEmpty {
            notes.append("nobody consumes from it: what was found in it at the end counts as delivered and processed")
        }
        return notes
    }

    // MARK: - Examples

    private func examples(_ account: DeliveryAccount, _ destination: Destination, proven: Bool) -> [Example] {
        let writer = PathWriter(ledger: ledger)
        var examples: [Example] = []
        if judgesLoss {
            for message in account.lost.prefix(Example.limit) {
                examples.append(writer.example(proven ? .lost : .undecided, message, in: destination.queues))
            }
        }
        if judgesDuplicates {
            for message in account.duplicated.prefix(Example.limit) {
                examples.append(writer.example(.duplicated, message, in: destination.queues))
            }
        }
        for message in account.unexpected.prefix(Example.limit) {
            examples.append(writer.example(.unexpected, message, in: destination.queues))
        }
        for delivery in account.strangers.prefix(max(0, Example.limit - account.unexpected.count)) {
            examples.append(writer.stranger(delivery))
        }
        let undecided =
            (judgesLoss ? account.perhapsLost : []) + (judgesDuplicates ? account.perhapsDuplicated : [])
        for message in undecided.prefix(Example.limit) {
            examples.append(writer.example(.undecided, message, in: destination.queues))
        }
        return examples
    }
}
