import ClusterModel
import NIOCore

/// What moves on streams: queues, windows, opening and ending. Which message it is and what faults do to it is in
/// `HTTP2Link+Calls`.
extension HTTP2Link {
    // MARK: - Out

    /// Sends a part of a message on, or lines it up behind what waits on its stream.
    mutating func send(_ item: HTTP2Stream.Item, on stream: HTTP2Stream) {
        guard !stream.isOver else { return }
        if stream.hasEndedOut {
            // The end has been said; all that may follow is that nothing more is wanted (§8.1).
            guard case .reset(let code) = item else { return }
            writeReset(code, on: stream)
        } else if stream.queue.isEmpty, stream.hold == nil, stream.id != 0 {
            _ = emit(item, on: stream)
        } else {
            line(up: item, on: stream)
        }
    }

    private mutating func line(up item: HTTP2Stream.Item, on stream: HTTP2Stream) {
        let size = item.size
        buffered[stream.peer.other.direction] += size
        guard case .data(let bytes, let isLast) = item else {
            stream.queue.append(item)
            return
        }
        // A copy of our own: the octets are a slice of all that was read with them.
        if case .data(var waiting, isLast: false)? = stream.queue.last {
            stream.queue.removeLast()
            waiting.writeImmutableBuffer(bytes)
            stream.queue.append(.data(waiting, isLast: isLast))
        } else {
            stream.queue.append(.data(ByteBuffer(bytes: bytes.readableBytesView), isLast: isLast))
        }
    }

    /// Sends what waits on a stream, as far as windows let it.
    mutating func pump(_ stream: HTTP2Stream) {
        while stream.hold == nil, stream.id != 0, !stream.hasEndedOut, let item = stream.queue.popFirst() {
            unbuffer(item.size, towards: stream.peer)
            guard emit(item, on: stream) else { return }
        }
        // What came behind its end: no more is wanted.
        if stream.hasEndedOut, case .reset(let code)? = stream.queue.popFirst() {
            if stream.hasEndedIn { finish(stream) } else { writeReset(code, on: stream) }
        }
    }

    /// The connection's window has grown: one frame for each stream in turn, as long as it lasts.
    mutating func pumpBlocked(_ party: HTTP2Party) {
        while self[party].sendWindow.octets > 0, let stream = self[party].blocked.popFirst() {
            stream.isBlocked = false
            guard stream.hold == nil, !stream.hasEndedOut, let item = stream.queue.popFirst() else { continue }
            unbuffer(item.size, towards: party)
            guard emit(item, on: stream, isTurn: true) else { continue }
            pump(stream)
        }
    }

    /// - Parameter isTurn: one frame of data at most.
    /// - Returns: false where something of it must wait; it is then at the head of the stream's queue.
    private mutating func emit(_ item: HTTP2Stream.Item, on stream: HTTP2Stream, isTurn: Bool = false) -> Bool {
        let party = stream.peer
        switch item {
        case .headers(let headers, let isLast):
            self[party].write(headers, endStream: isLast, stream: stream.id)
            if isLast { endOut(stream) }
        case .reset(let code): writeReset(code, on: stream)
        case .data(var bytes, let isLast):
            repeat {
                let room = min(
                    stream.sendWindow.octets, self[party].sendWindow.octets, self[party].settings.maxFrameSize)
                let count = max(0, min(bytes.readableBytes, room))
                guard count > 0 || bytes.readableBytes == 0, let part = bytes.readSlice(length: count) else {
                    wait(bytes, isLast: isLast, on: stream)
                    return false
                }
                let isEnd = isLast && bytes.readableBytes == 0
                self[party].output.writeHTTP2Data(part, endStream: isEnd, stream: stream.id)
                stream.sendWindow.take(count)
                self[party].sendWindow.take(count)
                goneOn(count, by: stream)
                if isTurn, bytes.readableBytes > 0 {
                    wait(bytes, isLast: isLast, on: stream)
                    return false
                }
            } while bytes.readableBytes > 0
            if isLast { endOut(stream) }
        }
        return true
    }

    private mutating func wait(_ bytes: ByteBuffer, isLast: Bool, on stream: HTTP2Stream) {
        // A small slice must not keep all that was read with it.
        let isLean = bytes.storageCapacity <= 2 * bytes.readableBytes + 1_024
        stream.queue.prepend(.data(isLean ? bytes : ByteBuffer(bytes: bytes.readableBytesView), isLast: isLast))
        buffered[stream.peer.other.direction] += bytes.readableBytes
        // Who waits for its own window is woken by that.
        guard stream.sendWindow.octets > 0, !stream.isBlocked else { return }
        stream.isBlocked = true
        self[stream.peer].blocked.append(stream)
    }

    // MARK: - Credit

    /// Octets have gone on (or into nothing) on a stream: who sent them may send as many more.
    private mutating func goneOn(_ count: Int, by stream: HTTP2Stream) {
        guard count > 0, let call = stream.call else { return }
        if stream.peer == .client {
            if let first = call.first { free(count, on: first) }
            return
        }
        stream.taken += count
        freeRequest(call)
    }

    /// A request goes at the pace of the slower of its copies; one that is over takes everything.
    mutating func freeRequest(_ call: HTTP2Call) {
        var through = call.received
        if let first = call.first, !first.isOver { through = min(through, first.taken) }
        if let second = call.second, !second.isOver { through = min(through, second.taken) }
        guard through > call.credited else { return }
        free(through - call.credited, on: call.client)
        call.credited = through
    }

    /// Gives the sender of a stream room for so many octets.
    mutating func free(_ count: Int, on stream: HTTP2Stream) {
        guard !stream.hasEndedIn else { return }
        let credit = stream.receiveWindow.free(count)
        if credit > 0 { self[stream.peer].output.writeHTTP2WindowUpdate(credit, stream: stream.id) }
    }

    // MARK: - Opening

    /// Opens a request's stream at the server, now or when the server takes one more.
    mutating func openOnServer(_ stream: HTTP2Stream) {
        guard nextServerStream <= server.lastStream ?? HTTP2Frame.streamMask else {
            refuse(stream)
            return
        }
        guard hasRoomOnServer else {
            waiting.append(stream)
            return
        }
        stream.id = nextServerStream
        nextServerStream += 2
        stream.sendWindow = HTTP2SendWindow(server.settings.initialWindowSize)
        streams[stream.id] = stream
        if stream.call?.isRecorded == true { passed.requests += 1 }
        pump(stream)
    }

    private var hasRoomOnServer: Bool {
        let limit = server.settings.maxConcurrentStreams ?? (server.hasSettings ? .max : Self.streamsBeforeSettings)
        return streams.count < Int(limit)
    }

    mutating func openWaiting() {
        while hasRoomOnServer, let stream = waiting.popFirst() {
            if !stream.isOver { openOnServer(stream) }
        }
    }

    // MARK: - Ending

    /// Resets a stream and forgets it.
    mutating func writeReset(_ code: HTTP2ErrorCode, on stream: HTTP2Stream) {
        if stream.id != 0 { self[stream.peer].output.writeHTTP2Reset(code, stream: stream.id) }
        let call = stream.hasEndedOut ? nil : stream.call
        close(stream)
        if stream.peer == .client, let call { answered(call) }
    }

    /// Both halves of a stream are over, whatever still waited on it.
    mutating func close(_ stream: HTTP2Stream) {
        let waiting = stream.queue.reduce(0) { $0 + $1.size }
        stream.queue.removeAll()
        unbuffer(waiting, towards: stream.peer)
        if stream.hold != nil { letGo(stream) }
        stream.hasEndedIn = true
        stream.hasEndedOut = true
        finish(stream)
    }

    private mutating func endOut(_ stream: HTTP2Stream) {
        stream.hasEndedOut = true
        if let call = stream.call {
            if stream.peer == .client { answered(call) } else { sent(call) }
        }
        finish(stream)
    }

    /// Forgets a stream whose halves are both over.
    mutating func finish(_ stream: HTTP2Stream) {
        guard stream.isOver, let call = stream.call, stream.queue.isEmpty else { return }
        stream.call = nil
        guard stream.peer == .server else {
            calls[stream.id] = nil
            owed[stream.id] = nil
            return
        }
        freeRequest(call)
        guard stream.id != 0 else { return }
        streams[stream.id] = nil
        openWaiting()
    }
}
