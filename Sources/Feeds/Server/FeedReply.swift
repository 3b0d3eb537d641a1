import NIOCore

/// The answer to a request, as HTTP has it.
struct FeedReply: Sendable {
    enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// Server-sent events, until it ends.
        case stream(NIOLoopBound<FeedStream>)
    }

    var status: Int
    /// Names in lower case.
    var headers: [(name: String, value: String)] = []
    var body: Body = .none

    static let epoch = "orch-feed-epoch"
    static let items = "orch-feed-items"
    static let oldest = "orch-feed-oldest"

    init(_ status: Int) { self.status = status }

    init(_ problem: Problem) {
        status = problem.status
        headers = problem.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        headers.append(("content-type", Problem.contentType))
        body = .bytes(problem.body)
    }

    // MARK: - Of a feed

    /// `{"feed","items":[{"id","at","body"}],"last"}`
    init(_ page: FeedLog.Page, feed: String, epoch: String) {
        status = 200
        headers = [
            ("content-type", "application/json"), ("cache-control", "no-cache"), (Self.epoch, epoch),
            ("etag", "\"\(epoch).\(page.last).\(page.oldest ?? 0)\""),
        ]
        if let first = page.items.first, let last = page.items.last {
            headers.append((Self.items, "\(first.number)-\(last.number)"))
        }
        if let oldest = page.oldest { headers.append((Self.oldest, "\(oldest)")) }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(page.items.reduce(64) { $0 + $1.body.count + 64 })
        buffer.writeStaticString("{\"feed\":")
        JSONText.write(feed.utf8, into: &buffer)
        buffer.writeStaticString(",\"items\":[")
        for (index, item) in page.items.enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            Self.write(item, into: &buffer)
        }
        buffer.writeString("],\"last\":\(page.last)}\n")
        body = .bytes(buffer)
    }

    /// One item; it never changes.
    init(_ item: FeedItem, epoch: String) {
        status = 200
        headers = [
            ("content-type", "application/json"), ("cache-control", "no-cache"), (Self.epoch, epoch),
            ("etag", "\"\(epoch).\(item.number)\""), (Self.items, "\(item.number)-\(item.number)"),
        ]
        var buffer = ByteBuffer()
        Self.write(item, into: &buffer)
        buffer.writeStaticString("\n")
        body = .bytes(buffer)
    }

    /// An item has been appended, now or by an earlier attempt.
    static func appended(_ number: UInt64, feed: String, epoch: String) -> FeedReply {
        var reply = FeedReply(201)
        reply.headers = [
            ("content-type", "application/json"), (Self.epoch, epoch),
            ("location", "/feeds/\(encoded(feed))/\(number)"),
        ]
        var buffer = ByteBuffer()
        buffer.writeStaticString("{\"feed\":")
        JSONText.write(feed.utf8, into: &buffer)
        buffer.writeString(",\"id\":\(number)}\n")
        reply.body = .bytes(buffer)
        return reply
    }

    /// As one part of a path.
    private static func encoded(_ name: String) -> String {
        name.utf8.reduce(into: "") { text, byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            text +=
                isPlain ? String(character) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }

    private static func write(_ item: FeedItem, into buffer: inout ByteBuffer) {
        buffer.writeString("{\"id\":\(item.number),\"at\":\(item.at),\"body\":")
        JSONText.write(item.body, into: &buffer)
        buffer.writeStaticString("}")
    }

    /// Nothing but the head, where the client has this already.
    func unlessKnown(_ ifNoneMatch: [String]) -> FeedReply {
        guard status == 200, !ifNoneMatch.isEmpty, let tag = headers.first(where: { $0.name == "etag" })?.value,
            FeedRequest.matches(ifNoneMatch, tag: tag)
        else { return self }
        var reply = FeedReply(304)
        reply.headers = headers.filter { ["etag", "cache-control", Self.epoch].contains($0.name) }
        return reply
    }
}
