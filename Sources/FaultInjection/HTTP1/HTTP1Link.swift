import ClusterModel
import DequeModule
import History
import NIOCore

/// One HTTP/1.x connection as a link sees it (RFC 9112): it cuts what both sides say into requests, replies and
/// server-sent events, so that one can vanish, double, wait, be answered or be cut off, and what is left is legal
/// (`docs/faults.md`). What no fault touches goes on octet by octet as it came.
///
/// What it cannot read, or what two readers could read in two ways, passes unread from there on: the server is the
/// judge. Where that would be a lie, since a fault has taken the beginning, the connection ends instead.
///
/// Heads are kept until they are complete, events until theirs where a fault is on that may touch them; bodies stream
/// through. Beyond that, only what a fault holds back is kept.
struct HTTP1Link: LinkMachine {
    /// Octets of a request that is to be sent twice; a longer one is sent once.
    static let copyLimit = 8 << 20
    /// What an open exchange counts as, beside the octets that wait.
    private static let exchangeSize = 1_024

    let facts: ConnectionFacts
    var faults = LinkFaults()
    var output = BothWays(ByteBuffer(), ByteBuffer())
    var events: [Event] = []
    var passed = LinkCounts()
    var failure: String?
    var isCut = false
    /// The moment of what is being handled.
    var now: Int64 = 0
    var dice: MessageDice
    var stampCount: Int64 = 0

    var parsers = BothWays(HTTP1Parser(), HTTP1Parser())
    var modes = BothWays(Mode.read, .read)
    /// What is coming in.
    var request: RequestInFlight?
    var reply: ReplyInFlight?
    /// What the client waits for, in order.
    var calls: Deque<HTTP1Exchange> = []
    /// What the server has to answer, in order.
    var expected: Deque<Copy> = []
    /// Exchanges whose ends are not all in the evidence.
    var open: Deque<HTTP1Exchange> = []
    /// A fault has taken a request: no later one may go on, since its reply would be taken for that of the first.
    var isRequestLost = false
    /// A fault has taken a reply: no later one may go on.
    var isReplyLost = false
    /// What a fault took and the link owes an end.
    var owed: [HTTP1Exchange] = []

    /// What waits behind a delay, in order, by where it goes.
    var queues = BothWays<Deque<Item>>([], [])
    var queued = BothWays(0, 0)
    /// Delays among it.
    var gates = BothWays(0, 0)
    /// Events that wait to be overtaken.
    var overtakable: [WaitingEvent] = []
    var overtakableBytes = 0
    var deadlines = DeadlineQueue<Deadline>()
    var hasEnded = BothWays(false, false)
    /// The client ended before the server and before us.
    var clientGaveUp = false

    /// What becomes of the octets of one direction.
    enum Mode { case read, unread, discarded }

    struct Copy {
        var exchange: HTTP1Exchange
        /// 1, or 2 of a request that was sent twice.
        var number: UInt8
    }

    enum Item {
        case bytes(ByteBuffer)
        /// Nothing behind it goes on before this moment.
        case gate(Int64)
        /// A request goes on to the server.
        case request(Copy)
        /// It is the link's turn to answer a request.
        case answer(HTTP1Exchange)
        /// The end of a reply, and what the evidence says of it.
        case replied(HTTP1Exchange, Fate)
        case event
        /// The connection ends, on account of this.
        case close(String, isCut: Bool)
    }

    enum Deadline {
        case release(Direction)
        case overtake(Int)
        case settle(HTTP1Exchange)
    }

    init(_ facts: ConnectionFacts) {
        self.facts = facts
        dice = MessageDice(seed: facts.seed, link: facts.link, connection: facts.ordinal, channel: 0)
    }

    // MARK: - Bytes in

    mutating func receive(_ bytes: ByteBuffer, _ direction: Direction, now: Int64) {
        self.now = now
        guard failure == nil else { return }
        switch modes[direction] {
        case .discarded: return
        case .unread: send(.bytes(bytes), direction)
        case .read:
            parsers[direction].append(bytes)
            read(direction)
        }
    }

    private mutating func read(_ direction: Direction) {
        while modes[direction] == .read, let part = parsers[direction].next() {
            if direction == .toServer { takeRequest(part) } else { takeReply(part) }
        }
    }

    /// From here on, a direction is not read any more.
    mutating func stopReading(_ direction: Direction, _ mode: Mode) {
        guard modes[direction] == .read else { return }
        modes[direction] = mode
        let rest = parsers[direction].takeRest()
        if mode == .unread, rest.readableBytes > 0 { send(.bytes(rest), direction) }
    }

    // MARK: - Out

    /// Sends something on, or lines it up behind what waits in its direction.
    mutating func send(_ item: Item, _ direction: Direction) {
        guard !queues[direction].isEmpty else {
            perform(item, direction)
            return
        }
        guard case .bytes(let bytes) = item else {
            queues[direction].append(item)
            return
        }
        queued[direction] += bytes.readableBytes
        // A copy of our own: the octets are a slice of all that was read with them.
        if case .bytes(var waiting)? = queues[direction].last {
            queues[direction].removeLast()
            waiting.writeImmutableBuffer(bytes)
            queues[direction].append(.bytes(waiting))
        } else {
            queues[direction].append(.bytes(ByteBuffer(bytes: bytes.readableBytesView)))
        }
    }

    mutating func send(_ octets: [UInt8], _ direction: Direction) {
        send(.bytes(ByteBuffer(bytes: octets)), direction)
    }

    /// Holds back all that is sent from now on in a direction.
    mutating func hold(_ direction: Direction, until: Int64) {
        guard until > now else { return }
        queues[direction].append(.gate(until))
        gates[direction] += 1
        deadlines.add(.release(direction), at: until)
    }

    private mutating func release(_ direction: Direction) {
        while failure == nil, let first = queues[direction].first {
            if case .gate(let until) = first {
                guard until <= now else { return }
                gates[direction] -= 1
            }
            queues[direction].removeFirst()
            if case .bytes(let bytes) = first { queued[direction] -= bytes.readableBytes }
            perform(first, direction)
        }
    }

    private mutating func perform(_ item: Item, _ direction: Direction) {
        guard failure == nil else { return }
        switch item {
        case .bytes(let bytes): output[direction].writeImmutableBuffer(bytes)
        case .gate: break
        case .request(let copy):
            expected.append(copy)
            passed.requests += 1
        case .answer(let exchange):
            exchange.isAnswerReady = true
            advance()
        case .replied(let exchange, let fate):
            passed.replies += 1
            account(exchange, 1, .finished, fate: hasEnded.toServer ? .undeliverable : fate)
            if hasEnded.toServer { note(exchange, .resetByClient) }
        case .event: passed.events += 1
        case .close(let cause, let isCut):
            failure = cause
            self.isCut = isCut
        }
    }

    // MARK: - Time and ends

    mutating func tick(now: Int64) {
        self.now = now
        while failure == nil, let task = deadlines.pop(until: now) {
            switch task {
            case .release(let direction): release(direction)
            case .overtake(let n): overtake { $0.n == n }
            case .settle(let exchange): settle(exchange)
            }
        }
    }

    mutating func ended(_ direction: Direction, now: Int64) {
        self.now = now
        guard !hasEnded[direction] else { return }
        hasEnded[direction] = true
        guard failure == nil else { return }
        if direction == .toServer {
            clientGaveUp = !hasEnded.toClient
            stopReading(.toServer, isRequestLost || request?.isKept == true ? .discarded : .unread)
        } else if modes.toClient == .read {
            if parsers.toClient.finish() { takeReply(.end) }
            flushEvents()
            let rest = parsers.toClient.takeRest()
            if reply?.isKept != true, !isReplyLost, reply?.events?.isFramed != true, rest.readableBytes > 0 {
                send(.bytes(rest), .toClient)
            }
        }
    }

    mutating func close(now: Int64) {
        self.now = now
        for exchange in open { lose(exchange) }
        open = []
        calls = []
        expected = []
        owed = []
        queues = BothWays([], [])
        overtakable = []
        deadlines.removeAll()
    }

    // MARK: - State

    var nextDeadline: Int64? { failure == nil ? deadlines.next : nil }

    /// Nothing is open on either side.
    var isOrderlyClosed: Bool { failure == nil && open.isEmpty && request == nil && reply == nil }

    func isHolding(_ direction: Direction) -> Bool {
        // Nobody is there to get it.
        if failure != nil || hasEnded[direction.opposite] { return false }
        if !queues[direction].isEmpty { return true }
        return direction == .toClient && (!overtakable.isEmpty || !owed.isEmpty)
    }

    func heldBytes(_ direction: Direction) -> Int {
        direction == .toServer
            ? queued.toServer + (open.count + calls.count) * Self.exchangeSize
            : queued.toClient + overtakableBytes + (reply?.events?.reader.storedBytes ?? 0)
    }

    /// What the link holds back, and what it owes an end. A request that waits for its server is the client's to wait
    /// for, and so is an event on its stream.
    var unsettled: Int { gates.toServer + gates.toClient + overtakable.count + owed.count }

    /// A client whose requests are answered here gets no more of them in while it does not read.
    func answers(_ direction: Direction) -> Bool { direction == .toServer }
}
