import ClusterModel
import History

/// `messages: at-most-once | at-least-once | exactly-once`: what peers send to one another, for each receiver.
struct MessagesChecker {
    let judgement: Judgement
    let guarantee: Guarantee
    let from: String?
    let to: String?
    let basis: Assertion.Basis

    private var ledger: PeerLedger { judgement.peers }
    private var timeline: RunTimeline { judgement.peers.timeline }
    private var judgesLoss: Bool { guarantee != .atMostOnce }
    private var judgesDuplicates: Bool { guarantee != .atLeastOnce }

    /// What one member was sent, and what was handed over there.
    private struct Mail {
        var counts = DeliveryCounts()
        var due = 0
        var late = 0
        var lost: [Int32] = []
        var duplicated: [Int32] = []
        var unexpected: [Int32] = []
        var ways = MessageWays()
    }

    func result() -> AssertionResult {
        var result = AssertionResult(
            title: "messages: \(guarantee.rawValue)", verdict: .unknown, from: from, to: to)
        let receivers = to.map { Set(judgement.topology.node(named: $0)?.instances ?? [$0]) }
        let mails = mails(receivers)
        let members = judgement.topology.nodes.filter { $0.peer != nil }.flatMap(\.instances)
        let order = members.filter { mails[$0] != nil } + mails.keys.filter { !members.contains($0) }.sorted()
        let judged = order.map { judge($0, mails[$0]!) }
        result.destinations = judged.map(\.0)
        result.verdict = Verdict.combined(judged.map(\.0.verdict))
        if judged.isEmpty {
            result.explanation = "no message was sent" + (to.map { " to \($0)" } ?? "")
        } else if result.verdict != .pass {
            let telling = judged.filter { $0.0.verdict == result.verdict }
            result.explanation =
                judged.count == 1 ? telling[0].1 : listed(telling.map { "\($0.0.to): \($0.1)" })
        }
        var ways = MessageWays()
        for mail in mails.values { ways.add(mail.ways) }
        if let text = ways.text { result.notes.append(text) }
        return result
    }

    // MARK: - Counting

    private func mails(_ receivers: Set<String>?) -> [String: Mail] {
        let senders = from.map { Set(judgement.topology.node(named: $0)?.instances ?? [$0]) }
        let grouped = ledger.receipts(by: ledger.messages.count)
        var mails: [String: Mail] = [:]
        for (number, message) in ledger.messages.enumerated() where message.kind == .send {
            if let senders, !senders.contains(message.sender.process) { continue }
            let receipts = grouped[Int32(number)]
            if message.sent != nil, receivers?.contains(message.to) ?? true {
                let times = receipts.filter { ledger.receipts[Int($0)].member.process == message.to }
                add(Int32(number), message, times, &mails[message.to, default: Mail()])
            }
            var strange: Set<String> = []
            for receipt in receipts {
                let member = ledger.receipts[Int(receipt)].member.process
                guard message.sent == nil || member != message.to, receivers?.contains(member) ?? true,
                    strange.insert(member).inserted
                else { continue }
                mails[member, default: Mail()].counts.unexpected += 1
                mails[member, default: Mail()].unexpected.append(Int32(number))
            }
        }
        return mails
    }

    private func add(_ number: Int32, _ message: PeerLedger.Message, _ receipts: [Int32], _ mail: inout Mail) {
        mail.counts.attempted += 1
        mail.counts.owed += 1
        let isAcknowledged = message.result == .ok
        if isAcknowledged { mail.counts.acknowledged += 1 }
        if !receipts.isEmpty {
            mail.counts.delivered += 1
            mail.counts.processed += 1
            if !isAcknowledged { mail.counts.recovered += 1 }
        } else if !isAcknowledged {
            mail.counts.unconfirmed += 1
        }
        if receipts.count > 1 {
            mail.counts.duplicated += 1
            mail.duplicated.append(number)
        }
        if let first = receipts.first {
            mail.ways.count(
                ledger.receipts[Int(first)].via, from: message.sender.process, to: message.to,
                mayOpen: judgement.topology.mayOpen(from: message.sender.process, to: message.to))
        }
        guard isAcknowledged || basis == .attempted else { return }
        if receipts.isEmpty, message.sent ?? 0 >= timeline.draining {
            mail.late += 1
            return
        }
        mail.due += 1
        guard receipts.isEmpty else { return }
        mail.counts.lost += 1
        mail.lost.append(number)
    }

    // MARK: - One receiver

    private func judge(_ member: String, _ mail: Mail) -> (DestinationResult, String) {
        var counts = mail.counts
        counts.processedAtMost = counts.processed
        counts.lostAtMost = counts.lost
        counts.duplicatedAtMost = counts.duplicated
        counts.unexpectedAtMost = counts.unexpected
        var failures: [String] = []
        var doubts: [String] = []
        let node = judgement.topology.node(ofInstance: member)?.name ?? member
        let isUndrained = timeline.undrained.contains(member) || timeline.undrained.contains(node)
        let isProven = !judgement.isIncomplete && timeline.drained != nil && !isUndrained
        if judgesLoss {
            if counts.lost > 0 {
                let of = basis == .attempted ? "attempted message" : "acknowledged message"
                let what = "\(counts.lost) of \(counted(mail.due, of)) lost"
                if isProven { failures.append(what) } else { doubts.append("\(what) so far") }
            }
            if mail.due == 0 {
                doubts.append(counts.attempted == 0 ? "nothing was sent" : "no message that counts was acknowledged")
            }
        }
        if judgesDuplicates {
            if counts.duplicated > 0 {
                failures.append("\(counted(counts.duplicated, "message")) handed over more than once")
            }
            if counts.delivered == 0, mail.due > 0 || !judgesLoss { doubts.append("nothing was handed over") }
        }
        if counts.unexpected > 0 {
            let what = counted(counts.unexpected, "unexpected message")
            if judgement.isIncomplete { doubts.append(what) } else { failures.append(what) }
        }
        if timeline.drained == nil { doubts.append("the run ended before its drain") }
        if judgement.isIncomplete { doubts.append(judgement.incompleteness) }
        var result = DestinationResult(
            to: member, verdict: !failures.isEmpty ? .fail : !doubts.isEmpty ? .unknown : .pass, counts: counts)
        if mail.late > 0 {
            result.notes.append(
                "\(counted(mail.late, "message")) sent after the drain began and not handed over: not judged")
        }
        if judgesLoss {
            result.examples += mail.lost.prefix(Example.limit).map { example(isProven ? .lost : .undecided, $0) }
        }
        if judgesDuplicates {
            result.examples += mail.duplicated.prefix(Example.limit).map { example(.duplicated, $0) }
        }
        result.examples += mail.unexpected.prefix(Example.limit).map { example(.unexpected, $0) }
        return (result, (failures.isEmpty ? doubts : failures).joined(separator: ", "))
    }

    private func example(_ kind: Example.Kind, _ number: Int32) -> Example {
        let message = ledger.messages[Int(number)]
        var steps: [Example.Step] = []
        if let sent = message.sent {
            steps.append(timeline.step(sent, "\(message.sender.process) began to send it to \(message.to)"))
        } else {
            steps.append(timeline.step(timeline.begin, "nobody was seen to send it"))
        }
        for receipt in ledger.receipts where receipt.message == number {
            let way = receipt.via.isEmpty ? "directly" : "through \(receipt.via)"
            steps.append(timeline.step(receipt.time, "handed over at \(receipt.member.process), \(way)"))
        }
        if let result = message.result {
            let text =
                result == .ok ? "acknowledged" : "given up" + (message.reason.isEmpty ? "" : " (\(message.reason))")
            steps.append(timeline.step(message.resultTime, "\(text) after \(counted(message.attempts, "attempt"))"))
        }
        for life in ledger.records[message.to] where life.to >= message.sent ?? .max && life.to < timeline.cut {
            steps.append(timeline.step(life.to, "\(message.to) ended (\(life.end?.detail ?? "started again"))"))
        }
        return Example(kind: kind, message: message.id, path: PathWriter.ordered(steps))
    }
}

/// The ways that messages took, by their first arrival.
package struct MessageWays: Sendable, Equatable {
    package var direct = 0
    /// The receiver lets its sender open nothing: they came over a flow that it had opened itself.
    package var opened = 0
    /// By the member that carried them.
    package var relayed: [String: Int] = [:]

    package init() {}

    mutating func count(_ via: String, from: String, to: String, mayOpen: Bool) {
        if !via.isEmpty {
            relayed[via, default: 0] += 1
        } else if mayOpen {
            direct += 1
        } else {
            opened += 1
        }
    }

    mutating func add(_ other: MessageWays) {
        direct += other.direct
        opened += other.opened
        relayed.merge(other.relayed) { $0 + $1 }
    }

    /// `98 directly, 1 over a flow that the receiver opened, 3 through relay-1`; `nil`: nothing arrived.
    package var text: String? {
        var parts: [String] = []
        if direct > 0 { parts.append("\(direct) directly") }
        if opened > 0 { parts.append("\(opened) over a flow that the receiver opened") }
        for (name, count) in relayed.sorted(by: { $0.key < $1.key }) { parts.append("\(count) through \(name)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
