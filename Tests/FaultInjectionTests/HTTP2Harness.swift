import ClusterModel
import History
import NIOCore

@testable import FaultInjection

/// A link machine between two peers in memory. Nothing moves but by `run`.
struct HTTP2Harness {
    var link: HTTP2Link
    var client: HTTP2Peer
    var server: HTTP2Peer
    var now: Int64 = 0
    var events: [Event] = []
    private var lastFault = 0

    init(
        seed: UInt64 = 7, ordinal: Int = 1, client: HTTP2Peer = HTTP2Peer(isClient: true),
        server: HTTP2Peer = HTTP2Peer(isClient: false), stampsCalls: Bool = false, settled: Bool = true
    ) {
        link = HTTP2Link(
            ConnectionFacts(
                link: LinkIdentity(client: "a", server: "b"), id: 1, ordinal: ordinal, seed: seed,
                stampBase: 5 << 50, stampsCalls: stampsCalls))
        self.client = client
        self.server = server
        if settled { run() }
    }

    // MARK: - Faults

    @discardableResult
    mutating func start(_ spec: FaultSpec, _ directions: Direction...) -> ActiveFault {
        lastFault += 1
        let fault = ActiveFault(id: lastFault, name: "fault-\(lastFault)", spec: spec)
        var faults = link.faults
        for direction in directions.isEmpty ? [.toServer, .toClient] : directions { faults[direction].append(fault) }
        link.apply(faults)
        return fault
    }

    mutating func stop(_ fault: ActiveFault) {
        var faults = link.faults
        faults.toServer.removeAll { $0.id == fault.id }
        faults.toClient.removeAll { $0.id == fault.id }
        link.apply(faults)
        run()
    }

    // MARK: - Time and bytes

    /// Carries bytes until all are silent.
    /// - Parameter piece: how many at a time.
    mutating func run(piece: Int = .max) {
        for _ in 0..<1_000_000 {
            guard step(piece: piece) else { return }
        }
        client.problems.append("it never ends")
    }

    /// Carries what each side has said once.
    mutating func step(piece: Int = .max) -> Bool {
        var moved = false
        for direction in [Direction.toServer, .toClient] {
            if var bytes = direction == .toServer ? take(&client.output) : take(&server.output) {
                moved = true
                while let part = bytes.readSlice(length: min(piece, bytes.readableBytes)), part.readableBytes > 0 {
                    // A copy: what arrives from a socket shares its storage with nothing.
                    link.receive(ByteBuffer(bytes: part.readableBytesView), direction, now: now)
                }
            }
        }
        events += link.events
        link.events = []
        let output = link.output
        link.output = BothWays(ByteBuffer(), ByteBuffer())
        for direction in [Direction.toServer, .toClient] where output[direction].readableBytes > 0 {
            moved = true
            if direction == .toServer { server.hear(output.toServer) } else { client.hear(output.toClient) }
        }
        return moved
    }

    private func take(_ buffer: inout ByteBuffer) -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        defer { buffer = ByteBuffer() }
        return buffer
    }

    mutating func advance(by time: Duration) {
        now += time.nanoseconds
        link.tick(now: now)
        run()
    }

    mutating func close() {
        link.close(now: now)
        events += link.events
        link.events = []
    }

    // MARK: - What happened

    var requests: [CallRequest] { events.compactMap { if case .callRequest(let event) = $0 { event } else { nil } } }
    var replies: [CallReply] { events.compactMap { if case .callReply(let event) = $0 { event } else { nil } } }
    /// `1 finished 0`, `2 finished 0 dropped`: copy, outcome, code and fate.
    var replyTexts: [String] {
        replies.map { "\($0.copy) \($0.outcome) \($0.code)" + ($0.fate == .passed ? "" : " \($0.fate)") }
    }
    /// Of every message: a direction is left out where all is well.
    var problems: [String] {
        client.problems.map { "client: \($0)" } + server.problems.map { "server: \($0)" }
    }

    /// Answers every request that has ended with its own body.
    mutating func echo() {
        for id in server.order {
            guard let stream = server.streams[id], stream.hasEnded, !stream.hasSaidEnd, stream.trailers == nil else {
                continue
            }
            server.respond(id, body: stream.body)
        }
        run()
    }
}

/// A gRPC message: not compressed, with its length.
func message(_ text: String) -> [UInt8] {
    let count = text.utf8.count
    return [0, UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
        + Array(text.utf8)
}
