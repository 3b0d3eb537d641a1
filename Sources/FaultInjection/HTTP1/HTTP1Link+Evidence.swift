import ClusterModel
import History

/// What the evidence says, and what a fault that took something still owes.
extension HTTP1Link {
    // MARK: - Settling

    /// A fault has taken a request or a reply. The answers of HTTP/1.1 come in order: until the connection ends, the
    /// client can get no other.
    mutating func swallow(_ exchange: HTTP1Exchange, by fault: ActiveFault) {
        exchange.swallowedBy = fault
        owed.append(exchange)
        guard let settle = fault.spec.settle else { return }
        let (time, overflow) = now.addingReportingOverflow(settle.nanoseconds)
        deadlines.add(.settle(exchange), at: overflow ? .max : time)
    }

    mutating func apply(_ new: LinkFaults) {
        let ended = Set((faults.toServer + faults.toClient).filter { !new.contains($0.id) }.map(\.id))
        faults = new
        guard !ended.isEmpty else { return }
        for exchange in owed {
            if let fault = exchange.swallowedBy, ended.contains(fault.id) { settle(exchange) }
        }
    }

    /// The client's connection is ended as soon as it has all that comes before.
    mutating func settle(_ exchange: HTTP1Exchange) {
        guard owed.contains(where: { $0 === exchange }) else { return }
        exchange.isDue = true
        advance()
    }

    // MARK: - Evidence

    mutating func record(_ request: HTTP1Request, _ stamp: Int64, n: Int, copies: UInt8, fate: Fate) {
        var event = CallRequest()
        event.stamp = stamp
        event.connection = facts.id
        event.n = UInt64(n)
        event.method = request.text
        event.call = request.call
        event.attempt = request.attempt
        event.copies = copies
        event.fate = fate
        events.append(.callRequest(event))
    }

    mutating func record(_ block: EventBlock, n: Int, of exchange: HTTP1Exchange, _ fate: Fate) {
        var event = StreamEvent()
        event.stamp = exchange.stamp
        event.n = UInt64(n)
        event.id = block.id
        event.size = UInt32(clamping: block.size)
        event.fate = fate
        events.append(.streamEvent(event))
    }

    /// The end of one copy, once.
    mutating func account(_ exchange: HTTP1Exchange, _ copy: UInt8, _ outcome: CallReplyOutcome, fate: Fate) {
        guard exchange.account(copy) else { return }
        var event = CallReply()
        event.stamp = exchange.stamp
        event.copy = copy
        event.outcome = outcome
        event.code = copy == 1 ? exchange.status : exchange.secondStatus
        event.note = copy == 1 ? exchange.note : exchange.secondNote
        event.fate = fate
        events.append(.callReply(event))
        forget(exchange)
    }

    /// The client's own end of a request whose answer it did not get.
    mutating func note(_ exchange: HTTP1Exchange, _ outcome: CallReplyOutcome, code: UInt16 = 0) {
        guard exchange.account(0) else { return }
        note(exchange.stamp, outcome, code: code)
        forget(exchange)
    }

    mutating func note(_ stamp: Int64, _ outcome: CallReplyOutcome, code: UInt16 = 0) {
        var event = CallReply()
        event.stamp = stamp
        event.copy = 0
        event.outcome = outcome
        event.code = code
        events.append(.callReply(event))
    }

    private mutating func forget(_ exchange: HTTP1Exchange) {
        guard exchange.isAccounted, let index = open.firstIndex(where: { $0 === exchange }) else { return }
        open.remove(at: index)
    }

    /// The connection is over before this exchange.
    mutating func lose(_ exchange: HTTP1Exchange) {
        let outcome: CallReplyOutcome = clientGaveUp ? .resetByClient : .connectionLost
        var isClientServed = !exchange.isTaken
        if exchange.copies > 0, !exchange.accounted.contains(1) {
            if exchange.isReplied {
                account(exchange, 1, .finished, fate: .undeliverable)
                isClientServed = false
            } else {
                account(exchange, 1, outcome, fate: exchange.swallowedBy != nil ? .dropped : .passed)
            }
        }
        if exchange.copies > 1 { account(exchange, 2, .connectionLost, fate: .dropped) }
        if !isClientServed { note(exchange, outcome) }
    }
}
