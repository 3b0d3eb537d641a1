import DequeModule

/// Publisher confirms of one channel: numbers publishes from 1, and says which to confirm at the end of a batch, many at
/// once where that is true (RabbitMQ: `multiple`).
struct ConfirmLedger {
    private struct Waiting {
        var tag: UInt64
        var group: UInt64
    }

    private var next: UInt64 = 1
    /// Wait for the store, in order of tags and groups.
    private var waiting: Deque<Waiting> = []
    /// Done since the last flush.
    private var acked: [UInt64] = []
    private var nacked: [UInt64] = []

    var hasNews: Bool { !acked.isEmpty || !nacked.isEmpty }
    var outstanding: Int { waiting.count }

    /// A publish that is done with once it is routed.
    mutating func published() {
        acked.append(next)
        next += 1
    }

    /// A publish that is done with once `group` is on disk.
    mutating func published(waitingFor group: UInt64) {
        waiting.append(Waiting(tag: next, group: group))
        next += 1
    }

    /// A publish that the broker could not take.
    mutating func refused() {
        nacked.append(next)
        next += 1
    }

    mutating func groupCompleted(_ group: UInt64, success: Bool) {
        while let first = waiting.first, first.group <= group {
            waiting.removeFirst()
            if success { acked.append(first.tag) } else { nacked.append(first.tag) }
        }
    }

    /// Tells each confirm to send: refusals first and one by one, so that the multiple ack that follows does not cover
    /// them.
    mutating func flush(_ send: (_ tag: UInt64, _ multiple: Bool, _ isAck: Bool) -> Void) {
        for tag in nacked { send(tag, false, false) }
        nacked.removeAll(keepingCapacity: true)
        guard !acked.isEmpty else { return }
        let limit = waiting.first?.tag ?? next
        var highest: UInt64 = 0
        var count = 0
        for tag in acked where tag < limit {
            count += 1
            highest = max(highest, tag)
        }
        if count > 0 { send(highest, count > 1, true) }
        if count < acked.count {
            for tag in acked where tag > limit { send(tag, false, true) }
        }
        acked.removeAll(keepingCapacity: true)
    }
}
