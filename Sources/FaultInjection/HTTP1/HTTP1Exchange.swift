import History

/// What the head of a request says to a link.
struct HTTP1Request {
    let method: String
    /// Without query, scheme and authority.
    let path: String
    let minor: UInt8
    let body: HTTP1Body
    /// More requests may follow.
    let isPersistent: Bool
    /// The client may wait for word before it sends the body (RFC 9110 §10.1.1).
    let expectsContinue: Bool
    let mayUpgrade: Bool
    /// `x-orch-call`, or else the `Idempotency-Key` (`CallRequest.keyed`); empty where there is neither.
    let call: String
    let attempt: UInt32

    private static let textLimit = 256

    /// - Returns: `nil` where it is malformed.
    init?(_ head: HTTP1Head) {
        let line = head.octets[head.startLine]
        let words = line.split(separator: .space, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(\.isToken), !words[1].isEmpty,
            words[1].allSatisfy(\.isTarget), let minor = Self.minor(words[2]),
            let body = head.bodyOfRequest(minor: minor)
        else { return nil }
        method = String(decoding: words[0].prefix(Self.textLimit), as: UTF8.self)
        path = Self.path(words[1])
        self.minor = minor
        self.body = body
        isPersistent = head.isPersistent(minor: minor)
        expectsContinue = head.list("expect").contains("100-continue")
        mayUpgrade = method == "CONNECT" || !head.fields(named: "upgrade").isEmpty
        let named = head.value("x-orch-call") ?? head.value("idempotency-key").map(CallRequest.keyed)
        call = String((named ?? "").prefix(Self.textLimit))
        attempt = head.value("x-orch-attempt").flatMap(UInt32.init) ?? 0
    }

    /// As evidence names it: `GET /feeds/news`.
    var text: String { "\(method) \(path)" }

    /// `HTTP/1.` and a digit.
    static func minor(_ word: some Collection<UInt8>) -> UInt8? {
        let octets = Array(word)
        guard octets.count == 8, octets.starts(with: "HTTP/1.".utf8), octets[7].isDigit else { return nil }
        return octets[7] - UInt8(ascii: "0")
    }

    private static func path(_ target: ArraySlice<UInt8>) -> String {
        var rest = target.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        if rest.first != UInt8(ascii: "/"), let scheme = rest.firstIndex(of: .colon),
            rest[(scheme + 1)...].starts(with: "//".utf8)
        {
            // The absolute form (RFC 9112 §3.2.2).
            let authority = rest[(scheme + 3)...]
            rest = authority.firstIndex(of: UInt8(ascii: "/")).map { authority[$0...] } ?? Array("/".utf8)[...]
        }
        return String(decoding: rest.prefix(textLimit), as: UTF8.self)
    }
}

/// What the head of a reply says to a link.
struct HTTP1Reply {
    let status: UInt16
    let minor: UInt8
    /// A stream of events that can be read (WHATWG HTML §9.2).
    let isEventStream: Bool
    /// For the evidence: `items 42-45` where it carries items of a feed, else what the server says of the outcome.
    let note: String

    /// - Returns: `nil` where it is malformed.
    init?(_ head: HTTP1Head) {
        let line = head.octets[head.startLine]
        let rest = line.dropFirst(8)
        guard let minor = HTTP1Request.minor(line.prefix(8)), rest.first == .space else { return nil }
        let digits = rest.dropFirst().prefix(3)
        guard digits.count == 3, digits.allSatisfy(\.isDigit), digits.first != UInt8(ascii: "0"),
            rest.dropFirst(4).first.map({ $0 == .space }) ?? true
        else { return nil }
        status = digits.reduce(0) { $0 * 10 + UInt16($1 - UInt8(ascii: "0")) }
        self.minor = minor
        let type = (head.value("content-type") ?? "").lowercased().prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        let codings = head.list("content-encoding") + head.list("transfer-encoding")
        isEventStream = type == "text/event-stream" && codings.allSatisfy { $0 == "identity" || $0 == "chunked" }
        if let items = head.value("orch-feed-items") {
            note = "items \(items.prefix(58))"
        } else {
            note = String((head.value("x-orch-outcome") ?? head.value("x-orch-reply") ?? "").prefix(64))
        }
    }

    /// More may follow behind it (101 is a beginning of something else).
    var isInterim: Bool { status < 200 && status != 101 }
}

/// A request on a link and its reply. It belongs to one `HTTP1Link`, which does the work.
final class HTTP1Exchange {
    let request: HTTP1Request
    let stamp: Int64
    /// How often the request goes on to the server.
    let copies: UInt8
    /// The copies whose end is in the evidence; 0 is the client's own end.
    private(set) var accounted: Set<UInt8> = []
    /// The status and the note of the first copy's reply; 0 before it has come.
    var status: UInt16 = 0
    var note = ""
    /// The same of the second copy's.
    var secondStatus: UInt16 = 0
    var secondNote = ""
    /// The reply has been read to its end.
    var isReplied = false
    /// The fault that swallowed the request or the reply.
    var swallowedBy: ActiveFault?
    /// What it swallowed is to be settled as soon as it is this exchange's turn.
    var isDue = false
    /// The link answers the request.
    var answer: MessageFate.Answer?
    /// The request has come in as far as it will, and no fault holds its answer back.
    var isAnswerReady = false
    /// The connection cannot go on behind the link's answer.
    var isLast = false

    init(request: HTTP1Request, stamp: Int64, copies: UInt8) {
        self.request = request
        self.stamp = stamp
        self.copies = copies
    }

    /// - Returns: false where it has been accounted for already.
    func account(_ copy: UInt8) -> Bool { accounted.insert(copy).inserted }

    /// The client gets nothing from the server.
    var isTaken: Bool { swallowedBy != nil || answer != nil }

    var isAccounted: Bool {
        (0..<copies).allSatisfy { accounted.contains($0 + 1) } && (!isTaken || accounted.contains(0))
    }
}
