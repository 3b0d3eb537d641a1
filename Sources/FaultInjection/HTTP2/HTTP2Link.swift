import ClusterModel
import DequeModule
import History
import NIOCore
import NIOHPACK

/// One HTTP/2 connection as a link sees it (RFC 9113): it ends HTTP/2 on both sides, each with its own header
/// compression, stream ids and windows, so that one call can vanish, double or wait and no other stream notices
/// (`docs/faults.md`).
///
/// What goes through and what is answered here:
/// - SETTINGS and windows are each side's own. The client gets ours when the server's have come, with the server's
///   limits in them: a server that is not there is not hidden.
/// - PING and its answer go through, so that a keepalive meets the real peer, and so do blackholes and pauses.
/// - GOAWAY goes through with the last stream translated, RST_STREAM with the stream translated.
/// - PRIORITY and frames of unknown types end here; push is switched off.
///
/// A stream's bytes wait here for their receiver's window and, in that measure, their sender gets no more of its own.
/// The connection's window is given back at once, so that a stream that waits keeps none else from sending, until what
/// waits in a direction reaches `bufferLimit`.
struct HTTP2Link: LinkMachine {
    /// Octets that may wait in one direction before its sender's connection gets no more credit.
    static let bufferLimit = 32 << 20
    /// Streams that a client may have open, where the server does not say.
    static let streamLimit: UInt32 = 10_000
    /// Streams that we open on a server which has not said how many it likes.
    static let streamsBeforeSettings: UInt32 = 100
    /// Octets for a client that is not told anything yet.
    private static let waitingLimit = 1 << 20
    /// How long the rest of what one side said may take to reach the other when it has ended, in nanoseconds.
    static let lingering: Int64 = 10_000_000_000

    let facts: ConnectionFacts
    var faults = LinkFaults()
    var events: [Event] = []
    var passed = LinkCounts()
    var failure: String?

    var client = HTTP2Side(.client)
    var server = HTTP2Side(.server)
    /// The client has our SETTINGS; until then its output waits.
    var isOpen = false
    /// What answers at the server's end is not HTTP/2: the client shall see it as it is.
    private var isUnread = false
    private var unread = ByteBuffer()
    /// Octets of the client's preface that are still to come.
    private var preface = HTTP2Preface.bytes.count
    /// The moment of what is being handled.
    var now: Int64 = 0

    /// Open streams of the client, and those at the server.
    var calls: [UInt32: HTTP2Call] = [:]
    var streams: [UInt32: HTTP2Stream] = [:]
    /// The last id that the client has used, and the next one for the server.
    var lastClientStream: UInt32 = 0
    var nextServerStream: UInt32 = 1
    /// Requests that are to be opened on the server as soon as it takes one more.
    var waiting: Deque<HTTP2Stream> = []
    var dice: MessageDice
    /// Management methods have dice of their own: they move nobody's ordinals.
    var managementDice: MessageDice
    var stampCount: Int64 = 0

    /// Octets that wait, by where they go.
    var buffered = BothWays(0, 0)
    /// Credit of a connection that is kept back while too much waits.
    var withheld = BothWays(0, 0)
    /// Streams that a fault holds back, by where they go.
    var held = BothWays(0, 0)
    /// Those of them that wait to be overtaken.
    var overtakable = BothWays<[HTTP2Stream]>([], [])
    /// Calls that a fault swallowed and that the link owes an end, by the client's stream.
    var owed: [UInt32: HTTP2Call] = [:]
    var deadlines = DeadlineQueue<Deadline>()
    /// A side has ended at this moment.
    var endTime = BothWays<Int64?>(nil, nil)

    enum Deadline {
        case release(HTTP2Stream)
        case settle(UInt32)
        /// What one side said before it ended has had its time.
        case lingered
    }

    init(_ facts: ConnectionFacts) {
        self.facts = facts
        dice = MessageDice(seed: facts.seed, link: facts.link, connection: facts.ordinal, channel: 0)
        managementDice = MessageDice(seed: facts.seed, link: facts.link, connection: facts.ordinal, channel: 1)
        server.output.writeBytes(HTTP2Preface.bytes)
        server.output.writeHTTP2Settings([
            (.enablePush, 0), (.initialWindowSize, UInt32(HTTP2Side.streamWindow)),
            (.maxHeaderListSize, UInt32(HTTP2Side.headerListLimit)),
        ])
        server.output.writeHTTP2WindowUpdate(HTTP2Side.connectionWindow - HTTP2SendWindow.initial, stream: 0)
    }

    subscript(party: HTTP2Party) -> HTTP2Side {
        _read { if party == .client { yield client } else { yield server } }
        _modify { if party == .client { yield &client } else { yield &server } }
    }

    /// What has come out so far; the client's part is empty until the server has been heard.
    var output: BothWays<ByteBuffer> {
        get { BothWays(server.output, isUnread ? unread : isOpen ? client.output : ByteBuffer()) }
        set {
            server.output = newValue.toServer
            if isUnread { unread = newValue.toClient } else if isOpen { client.output = newValue.toClient }
        }
    }

    // MARK: - Bytes in

    mutating func receive(_ bytes: ByteBuffer, _ direction: Direction, now: Int64) {
        self.now = now
        guard failure == nil else { return }
        let party: HTTP2Party = direction == .toServer ? .client : .server
        var bytes = bytes
        if isUnread {
            if party == .server { unread.writeBuffer(&bytes) }
            return
        }
        if party == .client, preface > 0 {
            let count = min(preface, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: count)
            preface -= count
        }
        self[party].decoder.append(bytes)
        do {
            if party == .server, !server.hasSettings, try !hearServer() { return }
            while let frame = try self[party].decoder.next() { try receive(frame, from: party) }
        } catch {
            fail(party, error)
        }
        if !isOpen, client.output.readableBytes > Self.waitingLimit {
            fail(.client, HTTP2Error(.enhanceYourCalm, "the server has not answered yet"))
        }
    }

    /// A server's first frame is SETTINGS (RFC 9113 §3.4), else this is no HTTP/2.
    /// - Returns: whether there are frames to read.
    private mutating func hearServer() throws(HTTP2Error) -> Bool {
        let seen = server.decoder.buffer
        guard let head = seen.getInteger(at: seen.readerIndex, as: UInt64.self) else { return false }
        guard UInt8(truncatingIfNeeded: head >> 32) == HTTP2FrameType.settings.rawValue,
            Int(head >> 40) <= HTTP2Frame.defaultMaxSize, head & 0x0100_0000 == 0
        else {
            isUnread = true
            unread = seen
            return false
        }
        return true
    }

    private mutating func receive(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        if self[party].block != nil, frame.type != .continuation {
            throw HTTP2Error(.protocolError, "a frame in the midst of a header block")
        }
        guard self[party].hasSettings || frame.type == .settings else {
            throw HTTP2Error(.protocolError, "the first frame is not SETTINGS")
        }
        switch frame.type {
        case .data: try receiveData(frame, from: party)
        case .headers: try receiveHeaders(frame, from: party)
        case .continuation: try receiveContinuation(frame, from: party)
        case .reset: try receiveReset(frame, from: party)
        case .settings: try receiveSettings(frame, from: party)
        case .ping:
            try check(frame, length: 8, onStream: false)
            self[party.other].output.writeHTTP2Header(length: 8, .ping, frame.flags.intersection(.ack), stream: 0)
            self[party.other].output.writeImmutableBuffer(frame.payload)
        case .goAway: try receiveGoAway(frame, from: party)
        case .windowUpdate: try receiveWindowUpdate(frame, from: party)
        case .pushPromise: throw HTTP2Error(.protocolError, "PUSH_PROMISE, which nobody allowed")
        default: try self[party].countIdleFrame()
        }
    }

    func check(_ frame: HTTP2Frame, length: Int, onStream: Bool) throws(HTTP2Error) {
        guard frame.payload.readableBytes == length else {
            throw HTTP2Error(.frameSizeError, "a frame of type \(frame.type.rawValue) of the wrong length")
        }
        guard (frame.stream != 0) == onStream else {
            throw HTTP2Error(.protocolError, "a frame of type \(frame.type.rawValue) on stream \(frame.stream)")
        }
    }

    // MARK: - Streams

    /// The open stream with a peer's id; `nil` where it is closed.
    /// - Throws: where it has never been open (RFC 9113 §5.1: idle).
    func stream(_ id: UInt32, of party: HTTP2Party) throws(HTTP2Error) -> HTTP2Stream? {
        if let known = party == .client ? calls[id]?.client : streams[id] { return known }
        let isUsed = party == .client ? id <= lastClientStream : id < nextServerStream
        guard id % 2 == 1, isUsed else { throw HTTP2Error(.protocolError, "a frame on stream \(id), which is idle") }
        return nil
    }

    private mutating func receiveData(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        let length = frame.payload.readableBytes
        guard frame.stream != 0 else { throw HTTP2Error(.protocolError, "DATA on stream 0") }
        guard self[party].receiveWindow.receive(length) else {
            throw HTTP2Error(.flowControlError, "more DATA than the connection's window")
        }
        free(length, from: party)
        let bytes = try frame.unpadded()
        let isLast = frame.flags.contains(.endStream)
        if bytes.readableBytes == 0 && !isLast {
            try self[party].countIdleFrame()
        } else {
            self[party].countUsefulFrame()
        }
        guard let stream = try stream(frame.stream, of: party) else { return }
        guard stream.receiveWindow.receive(length) else {
            abort(stream, .flowControlError)
            return
        }
        guard !stream.hasEndedIn, party == .client || stream.answer.isFinal else {
            abort(stream, stream.hasEndedIn ? .streamClosed : .protocolError)
            return
        }
        if length > bytes.readableBytes { free(length - bytes.readableBytes, on: stream) }
        guard bytes.readableBytes > 0 || isLast else { return }
        take(.data(bytes, isLast: isLast), on: stream)
    }

    private mutating func receiveHeaders(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        guard frame.stream != 0 else { throw HTTP2Error(.protocolError, "HEADERS on stream 0") }
        var bytes = try frame.unpadded()
        if frame.flags.contains(.priority), bytes.readSlice(length: 5) == nil {
            throw HTTP2Error(.frameSizeError, "HEADERS too short for their priority")
        }
        let block = HTTP2Side.HeaderBlock(
            stream: frame.stream, isLast: frame.flags.contains(.endStream), bytes: bytes)
        self[party].countUsefulFrame()
        if frame.flags.contains(.endHeaders) {
            try receive(block, from: party)
        } else {
            self[party].block = block
        }
    }

    private mutating func receiveContinuation(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        guard var block = self[party].block, block.stream == frame.stream else {
            throw HTTP2Error(.protocolError, "CONTINUATION of nothing")
        }
        self[party].block = nil
        block.bytes.writeImmutableBuffer(frame.payload)
        guard block.bytes.readableBytes <= HTTP2Side.headerListLimit else {
            throw HTTP2Error(.enhanceYourCalm, "a header block of more than \(HTTP2Side.headerListLimit) octets")
        }
        if frame.payload.readableBytes == 0 { try self[party].countIdleFrame() }
        if frame.flags.contains(.endHeaders) {
            try receive(block, from: party)
        } else {
            self[party].block = block
        }
    }

    private mutating func receive(_ block: HTTP2Side.HeaderBlock, from party: HTTP2Party) throws(HTTP2Error) {
        // Also for streams that are closed: the table that compresses is the connection's.
        let headers = try self[party].decode(block.bytes)
        if party == .client, block.stream > lastClientStream, block.stream % 2 == 1 {
            lastClientStream = block.stream
            open(block.stream, headers, isLast: block.isLast)
            return
        }
        guard let stream = try stream(block.stream, of: party) else { return }
        guard !stream.hasEndedIn else {
            abort(stream, .streamClosed)
            return
        }
        // Trailers end a message (RFC 9113 §8.1); of interim responses there is not an endless number.
        let isTrailer = party == .client || stream.answer.isFinal
        if party == .server { stream.answer.add(headers) }
        guard block.isLast || (!isTrailer && stream.answer.blocks <= 16) else {
            abort(stream, .protocolError)
            return
        }
        take(.headers(headers, isLast: block.isLast), on: stream)
    }

    private mutating func receiveReset(_ frame: HTTP2Frame, from party: HTTP2Party) throws(HTTP2Error) {
        try check(frame, length: 4, onStream: true)
        guard let stream = try stream(frame.stream, of: party),
            let code = frame.payload.getInteger(at: frame.payload.readerIndex, as: UInt32.self)
        else { return }
        if party == .client {
            clientReset(stream, HTTP2ErrorCode(rawValue: code))
        } else {
            serverReset(stream, HTTP2ErrorCode(rawValue: code))
        }
    }

    // MARK: - State

    var nextDeadline: Int64? { deadlines.next }
    func answers(_ direction: Direction) -> Bool { true }
    var isOrderlyClosed: Bool { calls.isEmpty && streams.isEmpty && failure == nil }
    /// Windows bound the bodies among it, nothing but this the headers.
    func heldBytes(_ direction: Direction) -> Int { buffered[direction] }

    func isHolding(_ direction: Direction) -> Bool {
        // Nobody is there to get it.
        if failure != nil || endTime[direction.opposite] != nil { return false }
        if held[direction] > 0 { return true }
        guard buffered[direction] > 0 else { return false }
        return endTime[direction].map { now - $0 < Self.lingering } ?? true
    }

    /// Calls that the link holds back, and those that it owes an end. Calls that wait for their server are the client's
    /// to wait for, and so are swallowed ones with a deadline of their own.
    var unsettled: Int { held.toServer + held.toClient + owed.count }
}
