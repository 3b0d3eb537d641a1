import ClusterModel
import History
import NIOCore
import NIOHPACK

/// Requests and replies: what faults do to them, and the evidence of both.
extension HTTP2Link {
    // MARK: - Requests

    /// The client opens a stream: a request begins, and its fate is decided.
    mutating func open(_ id: UInt32, _ headers: HPACKHeaders, isLast: Bool) {
        // Behind a GOAWAY there is nothing: the client knows (RFC 9113 §6.8).
        if let last = client.lastStream, id > last { return }
        guard calls.count < Int(streamsForClient) else {
            client.output.writeHTTP2Reset(.refusedStream, stream: id)
            return
        }
        let facts = CallFacts(headers)
        let faults = self.faults(.toServer, on: facts)
        let n = facts.isApart ? managementDice.next(.request) : dice.next(.request)
        let fate = roll(.request, facts, n: n, faults)
        let isTouched = !faults.isEmpty || !self.faults(.toClient, on: facts).isEmpty
        let isRecorded = !facts.isMiddleware && (!facts.isManagement || isTouched)
        let stream = HTTP2Stream(
            peer: .client, copy: 0, id: id, window: client.settings.initialWindowSize, call: nil)
        stampCount += 1
        let call = HTTP2Call(
            client: stream, facts: facts, stamp: self.facts.stamp(stampCount), n: n, isRecorded: isRecorded)
        stream.call = call
        calls[id] = call
        if isRecorded { record(call, fate) }

        stream.hasEndedIn = isLast
        if let fault = fate.droppedBy {
            swallow(call, by: fault)
            return
        }
        call.requestCorruptions = fate.corruptions.map {
            PayloadCorruption($0, isGRPC: facts.isGRPC, contentLength: facts.contentLength)
        }
        call.first = HTTP2Stream(peer: .server, copy: 1, id: 0, window: 0, call: call)
        if fate.copies > 1 { call.second = HTTP2Stream(peer: .server, copy: 2, id: 0, window: 0, call: call) }
        let headers = stamped(headers, call.stamp)
        for copy in [call.first, call.second] {
            guard let copy else { continue }
            if let hold = fate.hold(now: now) { self.hold(copy, hold) } else { openOnServer(copy) }
            send(.headers(headers, isLast: isLast), on: copy)
        }
    }

    private func stamped(_ headers: HPACKHeaders, _ stamp: Int64) -> HPACKHeaders {
        guard facts.stampsCalls else { return headers }
        var headers = headers
        headers.remove(name: "x-orch-id")
        let digits = String(UInt64(bitPattern: stamp), radix: 16)
        // It never comes again: no place in the table for it.
        headers.add(
            name: "x-orch-id", value: String(repeating: "0", count: 16 - digits.count) + digits,
            indexing: .nonIndexable)
        return headers
    }

    /// A part of a message has come in on a stream.
    mutating func take(_ item: HTTP2Stream.Item, on stream: HTTP2Stream) {
        guard let call = stream.call else { return }
        if item.isLast { stream.hasEndedIn = true }
        if stream.peer == .client {
            takeRequest(item, of: call)
        } else {
            takeReply(item, on: stream, of: call)
        }
        finish(stream)
    }

    private mutating func takeRequest(_ item: HTTP2Stream.Item, of call: HTTP2Call) {
        var item = item
        if case .data(var bytes, let isLast) = item {
            call.received += bytes.readableBytes
            if !call.requestCorruptions.isEmpty {
                Self.corrupt(&bytes, &call.requestCorruptions, .request)
                item = .data(bytes, isLast: isLast)
            }
        }
        if let first = call.first { send(item, on: first) }
        if let second = call.second { send(item, on: second) }
        freeRequest(call)
    }

    /// A request has gone on to the server in full.
    mutating func sent(_ call: HTTP2Call) {
        if !call.facts.isApart { overtake(.toServer, n: call.n) }
    }

    // MARK: - Replies

    private mutating func takeReply(_ item: HTTP2Stream.Item, on stream: HTTP2Stream, of call: HTTP2Call) {
        if stream.copy == 1, call.reply == nil { decideReply(call) }
        guard stream.copy == 1, !call.isReplyDropped, !call.client.hasEndedOut else {
            // Read to its end, and eaten.
            if case .data(let bytes, _) = item { free(bytes.readableBytes, on: stream) }
            if item.isLast { account(stream, of: call, .finished, fate: .dropped) }
            return
        }
        var item = item
        if case .data(var bytes, let isLast) = item, !call.replyCorruptions.isEmpty {
            Self.corrupt(&bytes, &call.replyCorruptions, .reply)
            item = .data(bytes, isLast: isLast)
        }
        send(item, on: call.client)
    }

    /// The first headers of a reply.
    private mutating func decideReply(_ call: HTTP2Call) {
        let n = call.facts.isApart ? managementDice.next(.reply) : dice.next(.reply)
        let fate = roll(.reply, call.facts, n: n, faults(.toClient, on: call.facts))
        call.reply = .init(n: n, fate: fate)
        if let fault = fate.droppedBy {
            swallow(call, by: fault)
            return
        }
        call.replyCorruptions = fate.corruptions.map {
            PayloadCorruption(
                $0, isGRPC: call.facts.isGRPC, contentLength: call.first?.answer.contentLength)
        }
        if let hold = fate.hold(now: now) { self.hold(call.client, hold) }
    }

    /// The end of a reply has gone out to the client.
    mutating func answered(_ call: HTTP2Call) {
        guard !call.isAnswered else { return }
        call.isAnswered = true
        if call.isRecorded { passed.replies += 1 }
        if let first = call.first { accountAnswer(first, of: call, reached: !isClientGone) }
        if let n = call.reply?.n, !call.facts.isApart { overtake(.toClient, n: n) }
    }

    private static func corrupt(
        _ bytes: inout ByteBuffer, _ corruptions: inout [PayloadCorruption], _ kind: MessageKind
    ) {
        for index in corruptions.indices where corruptions[index].pass(&bytes) {
            corruptions[index].fault.countAffected(kind)
        }
    }

    // MARK: - Dice

    /// Management is touched only by what names it.
    private func faults(_ direction: Direction, on call: CallFacts) -> [ActiveFault] {
        call.isManagement ? faults[direction].filter { $0.names(call.method) } : faults[direction]
    }

    private mutating func roll(
        _ kind: MessageKind, _ call: CallFacts, n: Int, _ faults: [ActiveFault]
    ) -> MessageFate {
        guard !faults.isEmpty else { return MessageFate() }
        return call.isApart
            ? managementDice.roll(kind, method: call.method, path: call.path, n: n, faults: faults)
            : dice.roll(kind, method: call.method, path: call.path, n: n, faults: faults)
    }

    // MARK: - Ends before the end

    /// The client has given up.
    mutating func clientReset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        guard let call = stream.call else { return }
        let wasAnswered = call.isAnswered
        call.isAnswered = true
        if !wasAnswered {
            if let first = call.first, !first.hasEndedIn {
                account(first, of: call, .resetByClient, code: code)
            } else {
                if let first = call.first { accountAnswer(first, of: call, reached: false) }
                note(call, .resetByClient, code: UInt16(clamping: code.rawValue))
            }
        }
        close(stream)
        for copy in call.copies where !copy.isOver {
            account(copy, of: call, .resetByClient, code: code, fate: .dropped)
            // What a fault holds back comes late, and its end behind it.
            if copy.hold == nil { writeReset(code, on: copy) } else { send(.reset(code), on: copy) }
        }
    }

    /// Nobody is left to say the rest of this copy's request, or to hear its answer.
    mutating func abandon(_ copy: HTTP2Stream, of call: HTTP2Call) {
        account(copy, of: call, .resetByClient, code: .cancel, fate: .dropped)
        writeReset(.cancel, on: copy)
    }

    mutating func serverReset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        guard let call = stream.call else { return }
        let isForClient = stream.copy == 1 && !call.isReplyDropped
        if !stream.hasEndedIn {
            stream.answer.reset = code
            if !isForClient { accountAnswer(stream, of: call, reached: false) }
        }
        close(stream)
        if isForClient { send(.reset(code), on: call.client) }
    }

    /// A peer has broken the rules of one stream (RFC 9113 §5.4.2).
    mutating func abort(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        self[stream.peer].output.writeHTTP2Reset(code, stream: stream.id)
        if stream.peer == .client {
            clientReset(stream, .cancel)
        } else {
            serverReset(stream, .internalError)
        }
    }

    /// The server does not look at this copy, nor has it (RFC 9113 §8.7).
    mutating func refuse(_ copy: HTTP2Stream) {
        guard let call = copy.call else { return }
        account(copy, of: call, .refused, code: .refusedStream, fate: copy.copy == 1 ? .passed : .dropped)
        close(copy)
        guard copy.copy == 1, !call.isAnswered else { return }
        call.isAnswered = true
        if let last = client.lastStream, call.client.id > last {
            // The GOAWAY has said so.
            close(call.client)
        } else {
            writeReset(.refusedStream, on: call.client)
        }
    }

    // MARK: - Evidence

    private mutating func record(_ call: HTTP2Call, _ fate: MessageFate) {
        var event = CallRequest()
        event.stamp = call.stamp
        event.connection = facts.id
        event.n = UInt64(call.n)
        event.method = call.facts.method
        event.call = call.facts.call
        event.attempt = call.facts.attempt
        event.copies = fate.droppedBy == nil ? UInt8(fate.copies) : 0
        event.fate = fate.fate
        events.append(.callRequest(event))
    }

    /// The server has ended its answer, one way or the other.
    private mutating func accountAnswer(_ copy: HTTP2Stream, of call: HTTP2Call, reached: Bool) {
        let isForClient = copy.copy == 1 && !call.isReplyDropped
        let fate: Fate = !isForClient ? .dropped : reached ? call.reply?.fate.fateOfOne ?? .passed : .undeliverable
        if let code = copy.answer.reset {
            account(copy, of: call, .resetByServer, code: code, fate: fate)
        } else {
            account(copy, of: call, .finished, fate: fate)
        }
    }

    /// The end of one copy, once.
    private mutating func account(
        _ copy: HTTP2Stream, of call: HTTP2Call, _ outcome: CallReplyOutcome, code: HTTP2ErrorCode? = nil,
        fate: Fate = .passed
    ) {
        guard call.isRecorded, !copy.isAccounted else { return }
        copy.isAccounted = true
        var event = CallReply()
        event.stamp = call.stamp
        event.copy = copy.copy
        event.outcome = outcome
        event.code = code.map { UInt16(clamping: $0.rawValue) } ?? copy.answer.code(isGRPC: call.facts.isGRPC)
        event.note = copy.answer.note
        event.fate = fate
        events.append(.callReply(event))
    }

    /// The client's own end of a call whose answer it did not get.
    mutating func note(_ call: HTTP2Call, _ outcome: CallReplyOutcome, code: UInt16 = 0) {
        guard call.isRecorded else { return }
        var event = CallReply()
        event.stamp = call.stamp
        event.copy = 0
        event.outcome = outcome
        event.code = code
        events.append(.callReply(event))
    }

    mutating func close(now: Int64) {
        self.now = now
        for call in calls.values.sorted(by: { $0.client.id < $1.client.id }) {
            let isComplete = call.first?.hasEndedIn == true
            if let first = call.first, isComplete, !call.isAnswered { accountAnswer(first, of: call, reached: false) }
            if call.first == nil || isComplete, !call.isAnswered { note(call, .connectionLost) }
            for copy in call.copies { lose(copy, of: call) }
            call.client.call = nil
        }
        var rest = streams.values.sorted { $0.id < $1.id } + waiting
        for case .release(let stream) in deadlines.tasks where stream.peer == .server { rest.append(stream) }
        for copy in rest {
            if let call = copy.call { lose(copy, of: call) }
        }
        calls = [:]
        streams = [:]
        waiting = []
        owed = [:]
        overtakable = BothWays([], [])
        deadlines.removeAll()
    }

    private mutating func lose(_ copy: HTTP2Stream, of call: HTTP2Call) {
        if !copy.hasEndedIn {
            account(copy, of: call, .connectionLost, code: .noError, fate: copy.copy == 1 ? .passed : .dropped)
        }
        copy.call = nil
    }
}
