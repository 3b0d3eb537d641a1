import ClusterModel
import History
import NIOCore

@testable import FaultInjection

/// A link machine whose client and server are played by the test.
struct HTTP1Harness {
    var link: HTTP1Link
    var now: Int64 = 0
    private(set) var events: [Event] = []
    /// All that has come out.
    private(set) var heard = BothWays<[UInt8]>([], [])
    private(set) var passed = LinkCounts()
    /// Octets that are said at a time.
    var piece = Int.max
    private var lastFault = 0

    init(seed: UInt64 = 7, ordinal: Int = 1, stampsCalls: Bool = false) {
        link = HTTP1Link(
            ConnectionFacts(
                link: LinkIdentity(client: "a", server: "b"), id: 1, ordinal: ordinal, seed: seed, stampBase: 5 << 50,
                stampsCalls: stampsCalls))
    }

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
        take()
    }

    mutating func say(_ octets: [UInt8], _ direction: Direction) {
        var rest = octets[...]
        while !rest.isEmpty {
            link.receive(ByteBuffer(bytes: rest.prefix(piece)), direction, now: now)
            take()
            rest = rest.dropFirst(piece)
        }
    }

    mutating func client(_ text: String) { say(Array(text.utf8), .toServer) }
    mutating func server(_ text: String) { say(Array(text.utf8), .toClient) }

    mutating func get(_ path: String, headers: String = "") {
        client("GET \(path) HTTP/1.1\r\nHost: b\r\n\(headers)\r\n")
    }

    mutating func post(_ path: String, _ body: String, headers: String = "") {
        client("POST \(path) HTTP/1.1\r\nHost: b\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    mutating func reply(_ body: String, status: String = "200 OK", headers: String = "") {
        server("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Begins a stream of events in chunks.
    mutating func openStream(_ path: String = "/feeds/news") {
        get(path)
        server("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    mutating func chunk(_ text: String) {
        server("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    }

    mutating func event(_ id: Int, _ data: String) { chunk("id: \(id)\ndata: \(data)\n\n") }

    mutating func advance(by time: Duration) {
        now += time.nanoseconds
        link.tick(now: now)
        take()
    }

    mutating func end(_ direction: Direction) {
        link.ended(direction, now: now)
        take()
    }

    mutating func close() {
        link.close(now: now)
        take()
    }

    mutating func take() {
        for direction in [Direction.toServer, .toClient] {
            heard[direction] += link.output[direction].readableBytesView
            link.output[direction] = ByteBuffer()
        }
        passed.add(link.passed)
        link.passed = LinkCounts()
        events += link.events
        link.events = []
    }

    // MARK: - What happened

    var serverText: String { String(decoding: heard.toServer, as: UTF8.self) }
    var clientText: String { String(decoding: heard.toClient, as: UTF8.self) }
    /// The requests that the server has had in full.
    var atServer: [String] {
        HTTP1Reader(heard.toServer).messages.map { $0.start + ($0.body.isEmpty ? "" : " \($0.text)") }
    }
    /// The bodies of the replies that the client has had in full.
    var atClient: [String] { HTTP1Reader(heard.toClient, methods: []).messages.map(\.text) }

    var requests: [CallRequest] { events.compactMap { if case .callRequest(let event) = $0 { event } else { nil } } }
    var replies: [CallReply] { events.compactMap { if case .callReply(let event) = $0 { event } else { nil } } }
    var streamEvents: [StreamEvent] {
        events.compactMap { if case .streamEvent(let event) = $0 { event } else { nil } }
    }
    var requestTexts: [String] { requests.map { "\($0.n) \($0.method) \($0.copies) \($0.fate)" } }
    /// `1 finished 200`, `2 finished 0 dropped`: copy, outcome, code and fate.
    var replyTexts: [String] {
        replies.map { "\($0.copy) \($0.outcome) \($0.code)" + ($0.fate == .passed ? "" : " \($0.fate)") }
    }
    var eventTexts: [String] { streamEvents.map { "\($0.n) \($0.id) \($0.size) \($0.fate)" } }
    /// What the client's `EventSource` has dispatched so far, of the first reply.
    var seen: [String] {
        let reader = HTTP1Reader(heard.toClient, methods: [])
        return reader.problem.map { [$0] } ?? dispatched((reader.messages.first ?? reader.partial)?.body ?? [])
    }
}

func only(_ kind: MessageKind, nth: Int? = nil, method: String? = nil, path: String? = nil) -> FaultFilter {
    FaultFilter(kinds: [kind], method: method, path: path, nth: nth)
}
