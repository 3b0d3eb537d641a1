import ClusterModel
import History
import NIOCore
import Testing

@testable import FaultInjection

/// What passes an HTTP/1.1 link without faults, and what it says of it.
@Suite struct HTTP1LinkTests {
    private static let conversation: [(Direction, String)] = [
        (.toServer, "GET /feeds/news?after=1 HTTP/1.1\r\nHost: b\r\nX-Fold: a\r\n  b\r\n\r\n"),
        (.toClient, "HTTP/1.1 200 OK\r\norch-feed-items: 2-5\r\nContent-Length: 4\r\n\r\nbody"),
        (.toServer, "\r\nPOST http://b/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"),
        (.toClient, "HTTP/1.1 100 Continue\r\n\r\n"),
        (.toServer, "3;a=\"b\"\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"),
        (.toClient, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2 ;x\r\nok\r\n0\r\n\r\n"),
        (.toServer, "HEAD / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\nHost: b\n\n"),
        (
            .toClient,
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"
        ),
        (.toServer, "GET /feeds/news HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n"),
        (
            .toClient,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        (.toClient, "5\r\n: hi\n\r\n10\r\n\nid: 7\r\ndata: a\r\r\n8\r\n\r\ndata:b\r\n2\r\n\n\n\r\n0\r\n\r\n"),
        (.toServer, "GET /old HTTP/1.0\r\n\r\n"),
        (.toClient, "HTTP/1.0 200 OK\r\n\r\nas long as it takes"),
    ]

    @Test(arguments: [1, 2, 3, 5, 7, 64, Int.max]) func nothingIsChanged(piece: Int) {
        var h = HTTP1Harness()
        h.piece = piece
        for (direction, text) in Self.conversation { h.say(Array(text.utf8), direction) }
        h.end(.toClient)
        h.close()
        #expect(h.serverText == Self.conversation.filter { $0.0 == .toServer }.map(\.1).joined())
        #expect(h.clientText == Self.conversation.filter { $0.0 == .toClient }.map(\.1).joined())
        #expect(
            h.requestTexts == [
                "1 GET /feeds/news 1 passed", "2 POST /x 1 passed", "3 HEAD / 1 passed", "4 GET /b 1 passed",
                "5 GET /feeds/news 1 passed", "6 GET /old 1 passed",
            ])
        #expect(
            h.replyTexts == [
                "1 finished 200", "1 finished 201", "1 finished 200", "1 finished 304", "1 finished 200",
                "1 finished 200",
            ])
        #expect(h.replies[0].note == "items 2-5")
        #expect(h.eventTexts == ["1 7 1 passed", "2  1 passed"])
        #expect(h.streamEvents.allSatisfy { $0.stamp == h.requests[4].stamp })
        #expect(h.passed.requests == 6 && h.passed.replies == 6 && h.passed.events == 2)
        #expect(h.link.isOrderlyClosed)
    }

    @Test func nativeServersGetTheStamp() {
        var h = HTTP1Harness(stampsCalls: true)
        h.get("/a", headers: "X-Orch-Id: forged\r\nx-orch-call: w/1/2\r\nx-orch-attempt: 3\r\n")
        let stamp = "00" + String(h.requests[0].stamp, radix: 16)
        #expect(stamp.count == 16)
        #expect(
            h.serverText
                == "GET /a HTTP/1.1\r\nHost: b\r\nx-orch-call: w/1/2\r\nx-orch-attempt: 3\r\nx-orch-id: \(stamp)\r\n\r\n"
        )
        #expect(h.requests[0].call == "w/1/2")
        #expect(h.requests[0].attempt == 3)
    }

    @Test func anotherProtocolAfter101PassesUnread() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.drop(Share(1)), only: only(.request, nth: 2)), .toServer)
        h.get("/chat", headers: "Connection: Upgrade\r\nUpgrade: websocket\r\n")
        h.server("HTTP/1.1 101 Switching Protocols\r\n\r\n\u{1}\u{2}")
        h.get("/not-a-request")
        h.server("anything")
        #expect(h.serverText.hasSuffix("GET /not-a-request HTTP/1.1\r\nHost: b\r\n\r\n"))
        #expect(h.clientText.hasSuffix("\u{1}\u{2}anything"))
        #expect(h.replyTexts == ["1 finished 101"])
        #expect(h.requests.count == 1)
    }

    @Test func whatIsBehindConnectPassesUnread() {
        var h = HTTP1Harness()
        h.client("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n\u{16}\u{3}hello")
        h.server("HTTP/1.1 200 OK\r\n\r\n\u{16}\u{3}welcome")
        #expect(h.serverText.hasSuffix("\r\n\r\n\u{16}\u{3}hello"))
        #expect(h.clientText.hasSuffix("\r\n\r\n\u{16}\u{3}welcome"))
        #expect(h.replyTexts == ["1 finished 200"])
    }

    @Test(arguments: [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: +3\r\n", "Content-Length: 3,3\r\n", "Content-Length:\r\n 3\r\n", "Content-Length : 3\r\n",
        "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked x\r\n", "No colon\r\n", " folded: first\r\n",
        "A: b\rc: d\r\n", "A: \u{0}\r\n", "Transfer-Encoding: \u{b}chunked\r\n",
    ])
    func whatCouldBeReadInTwoWaysPassesUnread(_ header: String) {
        var h = HTTP1Harness()
        h.start(FaultSpec(.drop(Share(1)), only: only(.request, nth: 2)), .toServer)
        h.get("/first")
        let text = "POST /x HTTP/1.1\r\n\(header)\r\nabc"
        h.client(text)
        h.get("/hidden")
        h.reply("one")
        h.server("HTTP/1.1 400 Bad Request\r\n\r\n")
        #expect(h.serverText.hasSuffix(text + "GET /hidden HTTP/1.1\r\nHost: b\r\n\r\n"))
        #expect(h.clientText.hasSuffix("oneHTTP/1.1 400 Bad Request\r\n\r\n"))
        #expect(h.requests.map(\.method) == ["GET /first"])
        #expect(h.replyTexts == ["1 finished 200"])
    }

    @Test(arguments: [
        "x\r\n", "\r\n", "-1\r\n", "0x3\r\n", "3\nabc", "3 a\r\n", "1111111111111111\r\n", "3\r\nabcd\r\n",
    ])
    func aBadChunkPassesUnread(_ chunk: String) {
        var h = HTTP1Harness()
        h.client("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)")
        h.get("/hidden")
        #expect(h.serverText.hasSuffix("\(chunk)GET /hidden HTTP/1.1\r\nHost: b\r\n\r\n"))
        #expect(h.requests.count == 1)
    }

    @Test func aHeadThatIsTooLongPassesUnread() {
        var h = HTTP1Harness()
        let long = "GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: HTTP1Head.limit))"
        h.client(long)
        #expect(h.serverText == long)
        #expect(h.requests.isEmpty)
    }

    @Test func aServerThatIsNotAskedPassesUnread() {
        var h = HTTP1Harness()
        h.server("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
        #expect(h.clientText == "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
        h.get("/late")
        #expect(h.serverText == "GET /late HTTP/1.1\r\nHost: b\r\n\r\n")
    }

    @Test func endsWithoutAnAnswerAreTold() {
        var polling = HTTP1Harness()
        polling.get("/feeds/news?wait=30s")
        #expect(polling.link.unsettled == 0)
        #expect(!polling.link.isOrderlyClosed)
        polling.end(.toServer)
        polling.close()
        #expect(polling.replyTexts == ["1 resetByClient 0"])
        var streaming = HTTP1Harness()
        streaming.openStream()
        streaming.event(1, "a")
        #expect(streaming.link.unsettled == 0)
        streaming.end(.toClient)
        streaming.close()
        #expect(streaming.replyTexts == ["1 connectionLost 200"])
    }

    // MARK: - What is spoken

    private let facts = ConnectionFacts(link: .init(client: "a", server: "b"), id: 1, ordinal: 1, seed: 1, stampBase: 0)

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n", 15, true), ("M-SEARCH * HTTP/1.0\n", 20, true), ("x!#$ a:1 HTTP/1.9\r", 18, true),
        ("PRI * HTTP/1.1\r", 15, true), ("PRI * HTTP/2.0\r\n\r\nSX", 20, false), ("GET / HTTP/2.0\r\n", 12, false),
        ("GET /\r\n", 6, false), ("GET  / HTTP/1.1", 5, false), ("EHLO b\r\n", 7, false), ("\u{16}\u{3}", 1, false),
        ("ping\n", 5, false), (" GET / HTTP/1.1", 1, false), ("AMQx / HTTP/1.1\r", 16, true),
        ("GET /\u{7f} HTTP/1.1", 6, false),
    ])
    func aRequestLineIsKnown(_ text: String, _ count: Int, _ isHTTP: Bool) {
        var sniffer = ProtocolSniffer()
        for (index, byte) in text.utf8.enumerated() {
            let bytes = ByteBuffer(bytes: [byte])
            guard let found = sniffer.receive(bytes, .toServer, facts, LinkFaults(), now: 0) else { continue }
            #expect(index + 1 == count)
            #expect(isHTTP ? found is HTTP1Link : found is UnreadLink)
            if !isHTTP { #expect(found.output.toServer == ByteBuffer(bytes: text.utf8.prefix(count))) }
            return
        }
        Issue.record("undecided: \(text)")
    }

    @Test func wordsThatBecomeNoRequestLineAreNotKeptForLong() {
        var sniffer = ProtocolSniffer()
        #expect(sniffer.receive(ByteBuffer(string: "hello"), .toServer, facts, LinkFaults(), now: 5) == nil)
        #expect(sniffer.receive(ByteBuffer(string: "!"), .toServer, facts, LinkFaults(), now: 9) == nil)
        #expect(sniffer.deadline == 5 + ProtocolSniffer.patience)
        #expect(String(buffer: sniffer.ended(now: 10).output.toServer) == "hello!")
        var amqp = ProtocolSniffer()
        #expect(amqp.receive(ByteBuffer(string: "AMQ"), .toServer, facts, LinkFaults(), now: 5) == nil)
        #expect(amqp.deadline == nil)
    }
}
