import ClusterModel
import History
import NIOCore

/// One connection as a link understands it: takes the bytes of both sides and says what goes on. No sockets and no
/// clock: `now` is handed in, in nanoseconds of `MonotonicClock`.
protocol LinkMachine {
    /// What goes on, by side; the session writes it out and empties it.
    var output: BothWays<ByteBuffer> { get set }
    /// Evidence, in order; the session records it before it writes.
    var events: [Event] { get set }
    /// Messages that passed since the session last looked.
    var passed: LinkCounts { get set }

    /// Bytes arrived from one side.
    mutating func receive(_ bytes: ByteBuffer, _ direction: Direction, now: Int64)
    /// Lets out what was held long enough and settles what is due.
    mutating func tick(now: Int64)
    /// The faults of the link have changed: what the ended ones swallowed is settled at once.
    mutating func apply(_ faults: LinkFaults)
    /// The side whose bytes go in this direction has ended.
    mutating func ended(_ direction: Direction, now: Int64)
    /// The connection is over, on both sides.
    mutating func close(now: Int64)

    /// The next moment at which `tick` has something to do.
    var nextDeadline: Int64? { get }
    /// Whether anything in a direction must still go on before the connection may end.
    func isHolding(_ direction: Direction) -> Bool
    /// Bytes held back in a direction that nothing but their sender's silence bounds.
    func heldBytes(_ direction: Direction) -> Int
    /// Messages that clients have and have not settled, and those that the link holds or owes an answer for.
    var unsettled: Int { get }
    var isOrderlyClosed: Bool { get }
    /// The side that asked for the orderly end, `client` or `server`; `nil` where the protocol has no word for it.
    var closedBy: String? { get }
    /// Who broke the protocol, or the fault that ends it: the connection is to be closed once the output is written.
    var failure: String? { get }
    /// It is then to be reset, so that nobody takes the end for an orderly one.
    var isCut: Bool { get }
    /// It answers what comes in a direction on its own, so that a side which does not read must not be read from.
    func answers(_ direction: Direction) -> Bool
}

extension LinkMachine {
    var isCut: Bool { false }
    var closedBy: String? { nil }
}

/// Bytes that no link can read pass unread and unharmed.
struct UnreadLink: LinkMachine {
    var output = BothWays(ByteBuffer(), ByteBuffer())
    var events: [Event] = []
    var passed = LinkCounts()

    mutating func receive(_ bytes: ByteBuffer, _ direction: Direction, now: Int64) {
        output[direction].writeImmutableBuffer(bytes)
    }

    mutating func tick(now: Int64) {}
    mutating func apply(_ faults: LinkFaults) {}
    mutating func ended(_ direction: Direction, now: Int64) {}
    mutating func close(now: Int64) {}
    var nextDeadline: Int64? { nil }
    func isHolding(_ direction: Direction) -> Bool { false }
    func heldBytes(_ direction: Direction) -> Int { 0 }
    var unsettled: Int { 0 }
    var isOrderlyClosed: Bool { false }
    var failure: String? { nil }
    func answers(_ direction: Direction) -> Bool { false }
}

/// Tells by the first bytes of a connection what is spoken on it.
struct ProtocolSniffer {
    /// How long a connection may begin like a request line without becoming one, in nanoseconds. Others speak in words
    /// too, and may wait for an answer to theirs.
    static let patience: Int64 = 1_000_000_000

    /// What has come from the client, while it may still become one or the other.
    private var seen = ByteBuffer()
    private var requestLine = RequestLineRecogniser()
    /// When it is to be passed on unread.
    private(set) var deadline: Int64?
    /// What an HTTP/2 server has said before its client: many send their SETTINGS as soon as they are connected.
    private var early = ByteBuffer()

    /// - Returns: the machine, fed with all that has come; `nil` while that is not enough to tell.
    mutating func receive(
        _ bytes: ByteBuffer, _ direction: Direction, _ facts: ConnectionFacts, _ faults: LinkFaults, now: Int64
    ) -> (any LinkMachine)? {
        if direction == .toClient {
            early.writeImmutableBuffer(bytes)
            // A server that says something else before its client does speaks neither.
            if Self.mayBeSettings(early.readableBytesView) { return nil }
        } else {
            seen.writeImmutableBuffer(bytes)
            requestLine.take(bytes.readableBytesView)
            let view = seen.readableBytesView
            if view.count < HTTP2Preface.bytes.count, HTTP2Preface.bytes.starts(with: view) { return nil }
            if view.count < Self.amqp.count, Self.amqp.starts(with: view) { return nil }
            if requestLine.verdict == .undecided, !view.starts(with: Self.amqp) {
                deadline = deadline ?? now + Self.patience
                return nil
            }
        }
        var machine = decide(direction, facts)
        machine.apply(faults)
        if seen.readableBytes > 0 { machine.receive(seen, .toServer, now: now) }
        if early.readableBytes > 0 { machine.receive(early, .toClient, now: now) }
        return machine
    }

    /// Whether these may be the first bytes of a SETTINGS frame that is no acknowledgement (RFC 9113 §6.5).
    private static func mayBeSettings(_ bytes: ByteBufferView) -> Bool {
        let header = Array(bytes.prefix(9))
        // At most 255 bytes of settings, six bytes each; type 4, no flags, stream 0.
        let wanted: [UInt8?] = [0, 0, nil, 4, 0, 0, 0, 0, 0]
        guard zip(header, wanted).allSatisfy({ $1 == nil || $0 == $1 }) else { return false }
        return header.count < 3 || header[2] % 6 == 0
    }

    /// The client has ended before it could be told, or has said too little for too long.
    func ended(now: Int64) -> any LinkMachine {
        var machine = UnreadLink()
        machine.receive(seen, .toServer, now: now)
        if early.readableBytes > 0 { machine.receive(early, .toClient, now: now) }
        return machine
    }

    private func decide(_ direction: Direction, _ facts: ConnectionFacts) -> any LinkMachine {
        guard direction == .toServer else { return UnreadLink() }
        if seen.readableBytesView.starts(with: HTTP2Preface.bytes) { return HTTP2Link(facts) }
        if seen.readableBytesView.starts(with: Self.amqp) { return AMQPLink(facts) }
        return requestLine.verdict == .isRequestLine ? HTTP1Link(facts) : UnreadLink()
    }

    private static let amqp = Array("AMQP".utf8)
}
