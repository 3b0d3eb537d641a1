import ClusterModel
import History
import NIOCore

/// Replies, and what faults do to them.
extension HTTP1Link {
    struct ReplyInFlight {
        var copy: Copy
        var body: HTTP1Body
        var isInterim: Bool
        /// Its octets do not go on.
        var isKept: Bool
        var fate = MessageFate()
        var isCorrupted = false
        var corruptions: [PayloadCorruption] = []
        /// Octets of the body up to where it is cut; `nil` while its length is not known.
        var left: Int?
        /// It is a stream of events.
        var events: EventStream?
    }

    mutating func takeReply(_ part: HTTP1Parser.Part) {
        switch part {
        case .head(let head): beginReply(head)
        case .data(let bytes): passReply(bytes)
        case .chunk(let bytes, let size):
            guard reply?.isKept == false else { return }
            if let truncation = reply?.fate.truncation, reply?.left == nil { reply?.left = truncation.cut(in: size) }
            if reply?.events != nil { passChunk(bytes) } else { send(.bytes(bytes), .toClient) }
        case .chunkEnd(let bytes):
            guard reply?.isKept == false, reply?.events?.isFramed != true else { return }
            send(.bytes(bytes), .toClient)
        case .trailer(let bytes):
            guard reply?.isKept == false else { return }
            flushEvents()
            send(.bytes(bytes), .toClient)
        case .end: endReply()
        case .malformed: spoilReplies()
        }
    }

    private mutating func beginReply(_ head: HTTP1Head) {
        guard let copy = expected.first, let answer = HTTP1Reply(head),
            let body = head.bodyOfReply(
                minor: answer.minor, status: answer.status, to: copy.exchange.request.method)
        else {
            // Nobody has asked, or it is none.
            parsers.toClient.reject(head)
            spoilReplies()
            return
        }
        let exchange = copy.exchange
        let isKept = copy.number > 1 || isReplyLost
        if answer.status == 101 || exchange.request.method == "CONNECT", !answer.isInterim {
            beginTunnel(head, answer, copy, isKept: isKept)
            return
        }
        parsers.toClient.begin(body)
        reply = ReplyInFlight(copy: copy, body: body, isInterim: answer.isInterim, isKept: isKept)
        if answer.isInterim {
            if !isKept { send(head.octets, .toClient) }
            return
        }
        if copy.number == 1 {
            exchange.status = answer.status
            exchange.note = answer.note
        } else {
            exchange.secondStatus = answer.status
            exchange.secondNote = answer.note
        }
        guard !isKept else { return }
        let n = dice.next(.reply)
        let fate = faults.toClient.isEmpty ? MessageFate() : roll(exchange.request, answer, n: n)
        reply?.fate = fate
        if let fault = fate.droppedBy {
            isReplyLost = true
            reply?.isKept = true
            swallow(exchange, by: fault)
            return
        }
        if let hold = fate.hold(now: now) { self.hold(.toClient, until: hold.until) }
        send(head.octets, .toClient)
        guard body != .none else { return }
        reply?.corruptions = fate.corruptions.map {
            PayloadCorruption($0, isGRPC: false, contentLength: body.length)
        }
        if let truncation = fate.truncation, let length = body.length { reply?.left = truncation.cut(in: length) }
        if answer.isEventStream { reply?.events = EventStream(body: body) }
    }

    private mutating func roll(_ request: HTTP1Request, _ answer: HTTP1Reply, n: Int) -> MessageFate {
        var abilities: MessageAbilities = [.drop, .corrupt, .truncate]
        // Its events are damaged one by one.
        if answer.isEventStream { abilities.remove(.corrupt) }
        return dice.roll(
            .reply, method: request.method, path: request.path, n: n, faults: faults.toClient, abilities: abilities)
    }

    /// From here on the connection speaks something else, or leads somewhere else.
    private mutating func beginTunnel(_ head: HTTP1Head, _ answer: HTTP1Reply, _ copy: Copy, isKept: Bool) {
        parsers.toClient.begin(.none)
        expected.removeFirst()
        copy.exchange.status = answer.status
        copy.exchange.isReplied = true
        guard !isKept else {
            stopReading(.toClient, .discarded)
            return
        }
        send(head.octets, .toClient)
        send(.replied(copy.exchange, .passed), .toClient)
        calls.removeAll { $0 === copy.exchange }
        stopReading(.toClient, .unread)
        passUnread()
    }

    private mutating func passReply(_ bytes: ByteBuffer) {
        guard reply?.isKept == false else { return }
        var bytes = bytes
        if reply?.corruptions.pass(&bytes, .reply) == true { reply?.isCorrupted = true }
        guard let truncation = reply?.fate.truncation else {
            passBody(bytes)
            return
        }
        // Of a body whose length nobody says, the first piece decides.
        let left = reply?.left ?? truncation.cut(in: bytes.readableBytes)
        reply?.left = left - bytes.readableBytes
        guard left <= bytes.readableBytes else {
            passBody(bytes)
            return
        }
        if let rest = bytes.readSlice(length: left), left > 0 { passBody(rest) }
        cutOff(truncation.fault)
    }

    private mutating func passBody(_ bytes: ByteBuffer) {
        if reply?.events != nil { passEvents(bytes) } else { send(.bytes(bytes), .toClient) }
    }

    /// The reply ends here, and the connection with it: by a reset where its end would not show otherwise.
    private mutating func cutOff(_ fault: ActiveFault) {
        guard let reply else { return }
        flushEvents()
        fault.countAffected(.reply)
        account(reply.copy.exchange, 1, .connectionLost, fate: .truncated)
        send(.close(fault.name, isCut: reply.body != .untilClose), .toClient)
        self.reply = nil
        isReplyLost = true
        stopReading(.toClient, .discarded)
    }

    private mutating func endReply() {
        guard let ended = reply else { return }
        flushEvents()
        reply = nil
        // The reply itself is still to come.
        guard !ended.isInterim else { return }
        let exchange = ended.copy.exchange
        expected.removeFirst()
        guard ended.copy.number == 1 else {
            account(exchange, 2, .finished, fate: .dropped)
            return
        }
        exchange.isReplied = true
        guard !ended.isKept else {
            account(exchange, 1, .finished, fate: exchange.swallowedBy != nil ? .dropped : .undeliverable)
            if exchange.swallowedBy == nil { note(exchange, .connectionLost) }
            return
        }
        var fate = ended.fate
        if !ended.isCorrupted { fate.corruptions = [] }
        send(.replied(exchange, fate.fateOfOne), .toClient)
        calls.removeAll { $0 === exchange }
        advance()
    }

    /// What comes from the server is no reply, or none that all would read alike.
    private mutating func spoilReplies() {
        if isReplyLost || isRequestLost && expected.isEmpty {
            reply = nil
            stopReading(.toClient, .discarded)
        } else if reply?.isKept == true || expected.first.map({ $0.number > 1 }) == true
            || reply?.events?.isFramed == true
        {
            // Where what nobody shall see ends, or what we have framed anew goes on, cannot be told.
            failure = "server"
        } else {
            flushEvents()
            reply = nil
            stopReading(.toClient, .unread)
            passUnread()
        }
    }
}

extension MessageFate.Corruption {
    /// Octets that are left of so many: neither none nor all, where there are two.
    fileprivate func cut(in length: Int) -> Int {
        length > 1 ? 1 + min(Int(Double(length - 1) * position), length - 2) : 0
    }
}
