import AMQP
import ClusterModel
import History
import NIOCore

/// What a link knows of one connection when it opens.
struct ConnectionFacts: Sendable {
    var link: LinkIdentity
    /// Unique in the run, from 1.
    var id: UInt32
    /// Ordinal on its link, from 1.
    var ordinal: Int
    var seed: UInt64
    /// The upper bits of every stamp of the run, so that another run's leftovers are not taken for ours.
    var stampBase: Int64
    /// The header that carries the stamp; `nil` where the link does not stamp.
    var stampKey: String? = "x-orch-id"
    /// Calls carry their stamp to the server, as `x-orch-id`.
    var stampsCalls = false

    /// The stamp of the connection's n-th transmission, unique in the run and never 0.
    func stamp(_ n: Int64) -> Int64 { stampBase | Int64(id) << 28 | (n & 0xFFF_FFFF) }
}

/// One AMQP connection as a link sees it: takes the bytes of both sides, lets messages pass, vanish, double or wait, and
/// keeps the protocol legal on both sides (`docs/faults.md`). No sockets and no clock: `now` is handed in, in
/// nanoseconds of `MonotonicClock`.
///
/// What it cannot read, it passes on unread and unharmed: the broker is the judge of protocol errors.
struct AMQPLink: LinkMachine {
    let facts: ConnectionFacts
    var faults = LinkFaults()
    /// What goes on, by side; the session writes it out and empties it.
    var output = BothWays(ByteBuffer(), ByteBuffer())
    private var channels: [UInt16: AMQPLinkChannel] = [:]
    private var lastChannel: AMQPLinkChannel?
    /// Evidence, in order; the session records it.
    var events: [Event] = []
    private var decoders = BothWays(FrameDecoder(maxFrameSize: 0), FrameDecoder(maxFrameSize: 0))
    private var hasProtocolHeader = false
    private var serverHasSpoken = false
    /// Directions that are passed on unread, since they are not AMQP (any more).
    private var unread = BothWays(false, false)
    private var header = ByteBuffer()
    var stampCount: Int64 = 0
    var declarationCount: UInt32 = 0
    var frameMax = AMQPLimits.defaultFrameMax
    /// Messages that passed, for the live view.
    var passed = LinkCounts()
    /// `connection.close`s that wait for what is held back before them.
    private var closing: BothWays<Frame?> = BothWays(nil, nil)
    private(set) var closedBy: String?
    var isOrderlyClosed: Bool { closedBy != nil }

    init(_ facts: ConnectionFacts) { self.facts = facts }

    // MARK: - Events

    /// Bytes arrived from one side.
    mutating func receive(_ bytes: ByteBuffer, _ direction: Direction, now: Int64) {
        var bytes = bytes
        if unread[direction] {
            output[direction].writeBuffer(&bytes)
            return
        }
        if direction == .toServer && !hasProtocolHeader {
            header.writeBuffer(&bytes)
            switch ProtocolHeader.parse(&header) {
            case .needsMoreBytes: return
            case .other:
                passUnread(.toServer, header)
                unread[.toClient] = true
                return
            case .complete:
                hasProtocolHeader = true
                ProtocolHeader.encode(into: &output.toServer)
                bytes = header
                header = ByteBuffer()
            }
        }
        if direction == .toClient && !serverHasSpoken {
            serverHasSpoken = true
            if bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == UInt8(ascii: "A") {
                // The server refuses the protocol's version with a header of its own.
                passUnread(.toClient, bytes)
                return
            }
        }
        decoders[direction].append(bytes)
        while true {
            do throws(AMQPError) {
                guard let frame = try decoders[direction].next() else { return }
                receive(frame, direction, now: now)
            } catch {
                passUnread(direction, decoders[direction].undecoded)
                return
            }
        }
    }

    /// Lets out what was held long enough and settles what is due.
    mutating func tick(now: Int64) {
        for channel in channelsInOrder {
            channel.release(until: now, &self)
            channel.settle(due: now, &self)
        }
        releaseClosing()
    }

    /// The faults of the link have changed: what the ended ones swallowed is settled at once.
    mutating func apply(_ new: LinkFaults) {
        let ended = (faults.toServer + faults.toClient).filter { !new.contains($0.id) }.map(\.id)
        faults = new
        guard !ended.isEmpty else { return }
        for channel in channelsInOrder { channel.settle(faults: Set(ended), &self) }
    }

    /// What is held still goes on; the session waits for it.
    mutating func ended(_ direction: Direction, now: Int64) {}

    /// What was unsettled shows in the evidence as it is.
    mutating func close(now: Int64) {}

    /// The next moment at which `tick` has something to do.
    var nextDeadline: Int64? { channels.values.compactMap(\.nextDeadline).min() }

    /// Whether anything is still held back in a direction.
    func isHolding(_ direction: Direction) -> Bool { channels.values.contains { $0.isHolding(direction) } }

    /// Bytes held back in a direction.
    func heldBytes(_ direction: Direction) -> Int { channels.values.reduce(0) { $0 + $1.heldBytes(direction) } }

    /// Unsettled deliveries that clients have seen, and messages that the link holds or has swallowed unsettled.
    var unsettled: Int { channels.values.reduce(0) { $0 + $1.unsettled } }

    /// AMQP's own answers are the broker's.
    var failure: String? { nil }
    func answers(_ direction: Direction) -> Bool { false }

    // MARK: - Frames

    private mutating func receive(_ frame: Frame, _ direction: Direction, now: Int64) {
        guard frame.channel != 0, frame.type != .heartbeat else {
            receiveConnectionFrame(frame, direction)
            return
        }
        channel(frame.channel).receive(frame, direction, now: now, &self)
    }

    private mutating func channel(_ id: UInt16) -> AMQPLinkChannel {
        if let lastChannel, lastChannel.id == id { return lastChannel }
        let channel =
            channels[id]
            ?? AMQPLinkChannel(
                id: id,
                dice: MessageDice(seed: facts.seed, link: facts.link, connection: facts.ordinal, channel: Int(id)))
        channels[id] = channel
        lastChannel = channel
        return channel
    }

    private var channelsInOrder: [AMQPLinkChannel] { channels.keys.sorted().compactMap { channels[$0] } }

    private mutating func receiveConnectionFrame(_ frame: Frame, _ direction: Direction) {
        var payload = frame.payload
        if frame.type == .method, let method = try? AMQPMethod(decoding: &payload) {
            switch method {
            case .connectionTuneOk(let ok): frameMax = ok.frameMax == 0 ? AMQPLimits.frameCeiling : Int(ok.frameMax)
            case .connectionClose where isHolding(direction):
                // What is held back must not be overtaken by the end of the connection.
                closing[direction] = frame
                return
            case .connectionCloseOk: closedBy = closedBy ?? (direction == .toClient ? "client" : "server")
            default: break
            }
        }
        output[direction].writeFrame(frame)
    }

    private mutating func releaseClosing() {
        for direction in [Direction.toServer, .toClient] where !isHolding(direction) {
            if let frame = closing.take(direction) { output[direction].writeFrame(frame) }
        }
    }

    private mutating func passUnread(_ direction: Direction, _ bytes: ByteBuffer) {
        unread[direction] = true
        var bytes = bytes
        output[direction].writeBuffer(&bytes)
    }

    mutating func nextStamp() -> Int64 {
        stampCount += 1
        return facts.stamp(stampCount)
    }
}

/// Messages that passed a link, by kind.
package struct LinkCounts: Sendable, Equatable {
    package var publishes = 0
    package var deliveries = 0
    package var acks = 0
    package var confirms = 0
    /// Consumers that the broker has confirmed.
    package var consumers = 0
    /// Requests that went on to the server, copies included, and replies that ended at the client.
    package var requests = 0
    package var replies = 0
    /// Server-sent events that went on to the client, and datagrams that went on, copies included.
    package var events = 0
    package var datagrams = 0
    package init() {}

    mutating func add(_ other: LinkCounts) {
        publishes += other.publishes
        deliveries += other.deliveries
        acks += other.acks
        confirms += other.confirms
        consumers += other.consumers
        requests += other.requests
        replies += other.replies
        events += other.events
        datagrams += other.datagrams
    }
}
