import ClusterModel
import History
import NIOCore

/// Requests: what faults do to them, and what the link answers itself.
extension HTTP1Link {
    struct RequestInFlight {
        /// `nil`: it came behind one that a fault took, and goes nowhere.
        var exchange: HTTP1Exchange?
        /// Its octets do not go on.
        var isKept: Bool
        /// What is to be sent once more behind it.
        var copy: ByteBuffer?
        var corruptions: [PayloadCorruption] = []
    }

    mutating func takeRequest(_ part: HTTP1Parser.Part) {
        switch part {
        case .head(let head): beginRequest(head)
        case .data(let bytes): passRequest(bytes, isData: true)
        case .chunk(let bytes, _), .chunkEnd(let bytes), .trailer(let bytes): passRequest(bytes, isData: false)
        case .end: endRequest()
        case .malformed: spoilRequests()
        }
    }

    private mutating func beginRequest(_ head: HTTP1Head) {
        guard let request = HTTP1Request(head) else {
            parsers.toServer.reject(head)
            spoilRequests()
            return
        }
        parsers.toServer.begin(request.body)
        let n = dice.next(.request)
        stampCount += 1
        let stamp = facts.stamp(stampCount)
        guard !isRequestLost else {
            record(request, stamp, n: n, copies: 0, fate: .undeliverable)
            note(stamp, .connectionLost)
            self.request = RequestInFlight(exchange: nil, isKept: true)
            return
        }
        var fate = faults.toServer.isEmpty ? MessageFate() : roll(request, n: n)
        if request.body == .none { fate.corruptions = [] }
        let isTaken = fate.droppedBy != nil || fate.answer != nil
        let copies: UInt8 = isTaken ? 0 : UInt8(fate.copies)
        let exchange = HTTP1Exchange(request: request, stamp: stamp, copies: copies)
        record(request, stamp, n: n, copies: copies, fate: fate.fate)
        open.append(exchange)
        calls.append(exchange)
        self.request = RequestInFlight(exchange: exchange, isKept: isTaken)
        if let fault = fate.droppedBy {
            isRequestLost = true
            swallow(exchange, by: fault)
            return
        }
        if let hold = fate.hold(now: now) { self.hold(.toServer, until: hold.until) }
        if let answer = fate.answer {
            exchange.answer = answer
            // Who asked whether to send the body may send it or not, and we could not tell it from the next request.
            exchange.isLast = !request.isPersistent || (request.expectsContinue && request.body != .none)
            if exchange.isLast, request.expectsContinue { endRequests(behind: exchange) }
            return
        }
        pass(head, of: exchange, fate)
    }

    private mutating func pass(_ head: HTTP1Head, of exchange: HTTP1Exchange, _ fate: MessageFate) {
        var octets = facts.stampsCalls ? head.octets(setting: "x-orch-id", to: exchange.stampText) : head.octets
        request?.corruptions = fate.corruptions.map {
            PayloadCorruption($0, isGRPC: false, contentLength: exchange.request.body.length)
        }
        if exchange.copies > 1 {
            request?.copy = ByteBuffer(bytes: octets)
            if !exchange.request.isPersistent, let first = HTTP1Head(octets) {
                // The server shall not end the connection between the two; it does behind the second.
                octets = first.octets(setting: "connection", to: "keep-alive")
            }
        }
        send(.request(Copy(exchange: exchange, number: 1)), .toServer)
        send(octets, .toServer)
        guard exchange.request.method == "CONNECT" else { return }
        // What follows is for whoever the server connects it to.
        request = nil
        stopReading(.toServer, .unread)
    }

    private mutating func roll(_ request: HTTP1Request, n: Int) -> MessageFate {
        var abilities: MessageAbilities = [.drop, .corrupt, .answer]
        let isShort = request.body.length.map { $0 <= Self.copyLimit } ?? true
        // Two of what changes the connection, or of what ends it, are none the server could answer.
        if !request.mayUpgrade, request.minor > 0, isShort { abilities.insert(.duplicate) }
        return dice.roll(
            .request, method: request.method, path: request.path, n: n, faults: faults.toServer, abilities: abilities)
    }

    private mutating func passRequest(_ bytes: ByteBuffer, isData: Bool) {
        guard request?.isKept == false else { return }
        var bytes = bytes
        if isData, request?.corruptions.isEmpty == false {
            request?.corruptions.pass(&bytes, .request)
        }
        if let count = request?.copy?.readableBytes {
            if count + bytes.readableBytes <= Self.copyLimit + HTTP1Head.limit {
                request?.copy?.writeImmutableBuffer(bytes)
            } else {
                dropCopy()
            }
        }
        send(.bytes(bytes), .toServer)
    }

    private mutating func endRequest() {
        guard let ended = request else { return }
        request = nil
        guard let exchange = ended.exchange else { return }
        if let copy = ended.copy {
            send(.request(Copy(exchange: exchange, number: 2)), .toServer)
            send(.bytes(copy), .toServer)
        }
        guard exchange.answer != nil else { return }
        send(.answer(exchange), .toServer)
        if exchange.isLast { stopReading(.toServer, .discarded) }
    }

    /// Nothing behind this request is looked at: the connection ends with the answer to it.
    private mutating func endRequests(behind exchange: HTTP1Exchange) {
        request = nil
        stopReading(.toServer, .discarded)
        send(.answer(exchange), .toServer)
    }

    /// The second copy is not sent after all.
    private mutating func dropCopy() {
        guard request?.copy != nil, let exchange = request?.exchange else { return }
        request?.copy = nil
        account(exchange, 2, .connectionLost, fate: .dropped)
    }

    /// What comes from the client is no request, or none that all would read alike.
    private mutating func spoilRequests() {
        if let exchange = request?.exchange, exchange.answer != nil {
            exchange.isLast = true
            endRequests(behind: exchange)
        } else if isRequestLost {
            request = nil
            stopReading(.toServer, .discarded)
        } else {
            passUnread()
        }
    }

    /// What else the client says passes unread.
    mutating func passUnread() {
        guard modes.toServer == .read else { return }
        let isKept = request?.isKept == true
        dropCopy()
        request = nil
        stopReading(.toServer, isKept ? .discarded : .unread)
    }

    // MARK: - In turn

    /// Does what is due now that the client has all that comes before it.
    mutating func advance() {
        while failure == nil, let front = calls.first {
            if front.isDue {
                calls.removeFirst()
                note(front, .connectionLost)
                owed.removeAll { $0 === front }
                send(.close(front.swallowedBy?.name ?? "", isCut: false), .toClient)
                modes.toServer = .discarded
                modes.toClient = .discarded
                return
            }
            guard front.isAnswerReady, let answer = front.answer, modes.toClient == .read else { return }
            calls.removeFirst()
            send(answer.reply(to: front, on: facts.link), .toClient)
            note(front, .settled, code: UInt16(answer.code))
            guard front.isLast else { continue }
            send(.close(answer.fault.name, isCut: false), .toClient)
            modes.toServer = .discarded
            modes.toClient = .discarded
            return
        }
    }
}

extension HTTP1Body {
    var length: Int? {
        switch self {
        case .none: 0
        case .length(let length): length
        case .chunked, .untilClose: nil
        }
    }
}

extension HTTP1Exchange {
    /// As native servers take it.
    fileprivate var stampText: String {
        let digits = String(UInt64(bitPattern: stamp), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension [PayloadCorruption] {
    /// - Returns: whether a bit was flipped.
    @discardableResult
    mutating func pass(_ bytes: inout ByteBuffer, _ kind: MessageKind) -> Bool {
        var isTouched = false
        for index in indices where self[index].pass(&bytes) {
            self[index].fault.countAffected(kind)
            isTouched = true
        }
        return isTouched
    }
}
