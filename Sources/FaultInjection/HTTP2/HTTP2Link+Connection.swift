import NIOCore

/// What is said about a connection as a whole: settings, windows, going away, and errors that end it.
extension HTTP2Link {
    // MARK: - Settings and windows

    mutating func receiveSettings(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        guard frame.stream == 0 else { throw HTTP2Error(.protocolError, "SETTINGS on stream \(frame.stream)") }
        try self[party].countIdleFrame()
        guard !frame.flags.contains(.ack) else {
            guard frame.payload.readableBytes == 0 else {
                throw HTTP2Error(.frameSizeError, "an acknowledgement of SETTINGS with a payload")
            }
            return
        }
        let before = streamsForClient
        let growth = try self[party].apply(frame)
        if growth != 0 {
            let open = party == .client ? calls.values.map(\.client) : Array(streams.values)
            for stream in open.sorted(by: { $0.id < $1.id }) where !stream.hasEndedOut {
                guard stream.sendWindow.widen(by: growth) else {
                    throw HTTP2Error(.flowControlError, "an initial window that overflows a stream's")
                }
                pump(stream)
            }
        }
        guard party == .server else { return }
        if !isOpen {
            openClient()
        } else if streamsForClient != before {
            client.output.writeHTTP2Settings([(.maxConcurrentStreams, streamsForClient)])
        }
        openWaiting()
    }

    var streamsForClient: UInt32 { min(server.settings.maxConcurrentStreams ?? .max, Self.streamLimit) }

    /// The server is there: the client may know, and gets what has waited for that.
    private mutating func openClient() {
        let rest = client.output
        client.output = ByteBuffer()
        client.output.writeHTTP2Settings([
            (.maxConcurrentStreams, streamsForClient), (.initialWindowSize, UInt32(HTTP2Side.streamWindow)),
            (
                .maxHeaderListSize,
                min(server.settings.maxHeaderListSize ?? .max, UInt32(HTTP2Side.headerListLimit))
            ),
        ])
        client.output.writeHTTP2WindowUpdate(HTTP2Side.connectionWindow - HTTP2SendWindow.initial, stream: 0)
        client.output.writeImmutableBuffer(rest)
        isOpen = true
    }

    mutating func receiveWindowUpdate(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        try check(frame, length: 4, onStream: frame.stream != 0)
        let raw = frame.payload.getInteger(at: frame.payload.readerIndex, as: UInt32.self) ?? 0
        let increment = Int(raw & HTTP2Frame.streamMask)
        guard frame.stream != 0 else {
            guard increment > 0 else { throw HTTP2Error(.protocolError, "WINDOW_UPDATE by nothing") }
            guard self[party].sendWindow.widen(by: increment) else {
                throw HTTP2Error(.flowControlError, "a window of more than 2^31-1 octets")
            }
            pumpBlocked(party)
            return
        }
        guard let stream = try stream(frame.stream, of: party) else { return }
        guard increment > 0 else {
            abort(stream, .protocolError)
            return
        }
        guard stream.sendWindow.widen(by: increment) else {
            abort(stream, .flowControlError)
            return
        }
        pump(stream)
    }

    /// Octets have come in on a connection: its sender gets their room back unless too much waits already.
    mutating func free(_ count: Int, from party: HTTP2Party) {
        guard buffered[party.direction] <= Self.bufferLimit else {
            withheld[party.direction] += count
            return
        }
        self[party].free(count)
    }

    /// Less waits in a direction than before.
    mutating func unbuffer(_ count: Int, towards peer: HTTP2Party) {
        let direction = peer.other.direction
        buffered[direction] -= count
        guard withheld[direction] > 0, buffered[direction] <= Self.bufferLimit else { return }
        self[peer.other].free(withheld[direction])
        withheld[direction] = 0
    }

    // MARK: - Ends

    mutating func ended(_ direction: Direction, now: Int64) {
        self.now = now
        endTime[direction] = now
        if isHolding(direction) { deadlines.add(.lingered, at: now + Self.lingering) }
        guard direction == .toClient, isHolding(.toClient), client.lastStream == nil else { return }
        // What is held still comes, but nobody is there for new calls.
        client.output.writeHTTP2GoAway(last: lastClientStream, .noError)
        client.lastStream = lastClientStream
    }

    /// The client is gone: nothing reaches it any more.
    var isClientGone: Bool { endTime.toServer != nil }

    /// The peer has broken the protocol, and both connections end: its own with the reason (§5.4.1), the other with
    /// word that it was not it.
    mutating func fail(_ party: HTTP2Party, _ error: HTTP2Error) {
        failure = party == .client ? "client" : "server"
        func debug(_ text: String) -> ByteBuffer { ByteBuffer(string: String(text.prefix(512))) }
        if !isOpen { openClient() }
        let last = party == .client ? lastClientStream : 0
        self[party].output.writeHTTP2GoAway(last: last, error.code, debug: debug("orch: \(error.reason)"))
        if party == .client {
            for id in streams.keys.sorted() { server.output.writeHTTP2Reset(.cancel, stream: id) }
            server.output.writeHTTP2GoAway(last: 0, .noError)
        } else {
            client.output.writeHTTP2GoAway(
                last: lastClientStream, .internalError, debug: debug("orch: the server broke HTTP/2: \(error.reason)"))
        }
    }

    mutating func receiveGoAway(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        var debug = frame.payload
        guard frame.stream == 0, let (said, raw) = debug.readMultipleIntegers(as: (UInt32, UInt32).self) else {
            throw HTTP2Error(.protocolError, "a GOAWAY that is none")
        }
        let code = HTTP2ErrorCode(rawValue: raw)
        guard party == .server else {
            server.output.writeHTTP2GoAway(last: 0, code, debug: debug)
            return
        }
        let last = min(server.lastStream ?? .max, said & HTTP2Frame.streamMask)
        server.lastStream = last
        // What was opened too late, and what can no more be opened; what a fault holds back learns it when it goes on.
        var refused = streams.values.filter { $0.id > last }.sorted { $0.id < $1.id }
        if nextServerStream > last { refused += waiting.filter { !$0.isOver } }
        let ids = Set(refused.compactMap { $0.copy == 1 ? $0.call?.client.id : nil })
        var lastForClient = last == HTTP2Frame.streamMask ? last : lastClientStream
        while ids.contains(lastForClient) { lastForClient = lastForClient > 2 ? lastForClient - 2 : 0 }
        lastForClient = min(lastForClient, client.lastStream ?? .max)
        client.lastStream = lastForClient
        client.output.writeHTTP2GoAway(last: lastForClient, code, debug: debug)
        for copy in refused { refuse(copy) }
    }
}
