import ClusterModel
import History
import NIOCore
import Testing

@testable import FaultInjection

/// Message faults on requests and replies over HTTP/1.1.
@Suite struct HTTP1FaultTests {
    /// The connection still works: one more request is answered.
    private func expectGoesOn(_ h: inout HTTP1Harness, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
        h.get("/more")
        h.reply("more")
        #expect(h.atServer.last == "GET /more HTTP/1.1", sourceLocation: sourceLocation)
        #expect(h.atClient.last == "more", sourceLocation: sourceLocation)
        #expect(h.link.failure == nil && h.link.unsettled == 0, sourceLocation: sourceLocation)
    }

    // MARK: - Drop

    @Test(arguments: [1, Int.max]) func aDroppedRequestEndsTheConnectionInTheEnd(piece: Int) {
        var h = HTTP1Harness()
        h.piece = piece
        h.start(FaultSpec(.drop(Share(1)), only: only(.request, nth: 2)), .toServer)
        h.get("/a")
        h.reply("a")
        h.post("/b", "lost")
        // Whatever the client says behind it can have no answer.
        h.get("/c")
        #expect(h.atServer == ["GET /a HTTP/1.1"])
        #expect(h.link.unsettled == 1)
        #expect(h.link.isHolding(.toClient))
        // The server's word for an idle connection is none for this request.
        h.server("HTTP/1.1 408 Request Timeout\r\n\r\n")
        #expect(h.atClient == ["a"])
        h.advance(by: .milliseconds(999))
        #expect(h.link.failure == nil)
        h.advance(by: .milliseconds(1))
        #expect(h.link.failure == "fault-1")
        #expect(!h.link.isCut)
        h.close()
        #expect(h.requestTexts == ["1 GET /a 1 passed", "2 POST /b 0 dropped", "3 GET /c 0 undeliverable"])
        #expect(h.replyTexts == ["1 finished 200", "0 connectionLost 0", "0 connectionLost 0"])
        #expect(h.replies.map(\.stamp) == [0, 2, 1].map { h.requests[$0].stamp })
    }

    @Test func aDroppedReplyEndsTheConnectionWhenTheFaultDoes() {
        var h = HTTP1Harness()
        let fault = h.start(FaultSpec(.drop(Share(1)), only: only(.reply), settle: nil), .toClient)
        h.get("/a")
        h.get("/b")
        h.reply("one")
        h.reply("two")
        h.end(.toClient)
        h.advance(by: .seconds(100))
        #expect(h.clientText == "")
        #expect(h.link.unsettled == 1)
        #expect(h.link.isHolding(.toClient))
        h.stop(fault)
        #expect(h.link.failure == "fault-1")
        h.close()
        #expect(h.atServer.count == 2)
        #expect(
            h.replyTexts == [
                "1 finished 200 dropped", "1 finished 200 undeliverable", "0 connectionLost 0", "0 connectionLost 0",
            ])
        #expect(fault.counts[.reply]?.affected == 1)
    }

    @Test func theAnswersBeforeADroppedRequestStillCome() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.drop(Share(1)), only: only(.request, nth: 2)), .toServer)
        h.get("/a")
        h.get("/b")
        h.advance(by: .seconds(5))
        #expect(h.link.failure == nil)
        h.reply("late")
        #expect(h.atClient == ["late"])
        #expect(h.link.failure == "fault-1")
    }

    @Test func aClientThatGivesUpIsNotWaitedFor() {
        var h = HTTP1Harness()
        h.start(dropAll(.request), .toServer)
        h.get("/a")
        h.end(.toServer)
        #expect(!h.link.isHolding(.toServer) && !h.link.isHolding(.toClient))
        h.close()
        #expect(h.replyTexts == ["0 resetByClient 0"])
    }

    // MARK: - Delay

    @Test func aDelayedRequestHoldsThoseBehindIt() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.delay(.milliseconds(50), jitter: .zero, Share(1)), only: only(.request, nth: 1)), .toServer)
        h.post("/a", "body")
        h.get("/b")
        #expect(h.serverText == "")
        #expect(h.link.heldBytes(.toServer) > 50)
        #expect(h.link.unsettled == 1)
        #expect(h.link.nextDeadline == 50_000_000)
        h.advance(by: .milliseconds(49))
        #expect(h.serverText == "")
        h.advance(by: .milliseconds(1))
        #expect(h.atServer == ["POST /a HTTP/1.1 body", "GET /b HTTP/1.1"])
        h.reply("a")
        h.reply("b")
        #expect(h.requests.map(\.fate) == [.delayed, .passed])
        expectGoesOn(&h)
    }

    @Test func aDelayedReplyHoldsThoseBehindIt() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.delay(.milliseconds(50), jitter: .zero, Share(1)), only: only(.reply, nth: 1)), .toClient)
        h.get("/a")
        h.get("/b")
        h.reply("a")
        h.reply("b")
        #expect(h.clientText == "")
        #expect(h.passed.replies == 0)
        h.end(.toClient)
        #expect(h.link.isHolding(.toClient))
        h.advance(by: .milliseconds(50))
        #expect(h.atClient == ["a", "b"])
        #expect(!h.link.isHolding(.toClient))
        #expect(h.replyTexts == ["1 finished 200 delayed", "1 finished 200"])
    }

    @Test func theEndOfTheConnectionComesBehindWhatIsHeld() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.delay(.milliseconds(50), jitter: .zero, Share(1)), only: only(.request)), .toServer)
        h.get("/a")
        h.end(.toServer)
        #expect(h.link.isHolding(.toServer))
        h.advance(by: .milliseconds(50))
        #expect(h.atServer == ["GET /a HTTP/1.1"])
        #expect(!h.link.isHolding(.toServer))
    }

    // MARK: - Duplicate

    @Test(arguments: [1, Int.max]) func aDuplicatedRequestReachesTheServerTwice(piece: Int) {
        var h = HTTP1Harness(stampsCalls: true)
        h.piece = piece
        let fault = h.start(FaultSpec(.duplicate(Share(1))))
        h.client("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n")
        h.get("/b")
        #expect(h.atServer == ["POST /a HTTP/1.1 abc", "POST /a HTTP/1.1 abc", "GET /b HTTP/1.1", "GET /b HTTP/1.1"])
        let stamps = HTTP1Reader(h.heard.toServer).messages.map { $0.headers["x-orch-id"] }
        #expect(stamps[0] == stamps[1] && stamps[1] != stamps[2] && stamps[0] != nil)
        h.server("HTTP/1.1 100 Continue\r\n\r\n")
        h.reply("a1")
        h.server(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na2\r\n0\r\n\r\n")
        h.reply("b1")
        h.reply("b2", status: "404 Not Found")
        #expect(h.atClient == ["", "a1", "b1"])
        #expect(h.requestTexts == ["1 POST /a 2 duplicated", "2 GET /b 2 duplicated"])
        #expect(
            h.replyTexts == [
                "1 finished 200", "2 finished 200 dropped", "1 finished 200", "2 finished 404 dropped",
            ])
        // A reply cannot come twice.
        #expect(fault.counts[.reply]?.seen == 2)
        #expect(fault.counts[.reply]?.affected == 0)
        h.stop(fault)
        expectGoesOn(&h)
        #expect(h.link.isOrderlyClosed)
    }

    @Test func aServerThatIsToCloseDoesSoBehindTheSecondCopy() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.duplicate(Share(1)), only: only(.request)), .toServer)
        h.get("/a", headers: "Connection: close\r\n")
        let requests = HTTP1Reader(h.heard.toServer).messages
        #expect(requests.map { $0.headers["connection"] } == ["keep-alive", "close"])
    }

    @Test func whatCannotComeTwiceIsSeenAndLeftAlone() {
        var h = HTTP1Harness()
        let fault = h.start(FaultSpec(.duplicate(Share(1)), only: only(.request)), .toServer)
        h.client("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        h.client("PUT /big HTTP/1.1\r\nContent-Length: \(HTTP1Link.copyLimit + 1)\r\n\r\n")
        #expect(h.requests.map(\.copies) == [1, 1])
        #expect(fault.counts[.request]?.seen == 2)
        #expect(fault.counts[.request]?.affected == 0)
    }

    @Test func aCopyThatGrowsTooLargeIsGivenUp() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.duplicate(Share(1)), only: only(.request)), .toServer)
        h.client("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        let piece = [UInt8](repeating: 65, count: 1 << 20)
        for _ in 0..<9 {
            h.client("100000\r\n")
            h.say(piece, .toServer)
            h.client("\r\n")
        }
        h.client("0\r\n\r\n")
        #expect(HTTP1Reader(h.heard.toServer).messages.map(\.body.count) == [9 << 20])
        #expect(h.replyTexts == ["2 connectionLost 0 dropped"])
        h.reply("a")
        expectGoesOn(&h)
    }

    @Test func reorderLeavesRequestsAndRepliesAlone() {
        var h = HTTP1Harness()
        let fault = h.start(FaultSpec(.reorder(Share(1), within: .seconds(1))))
        h.get("/a")
        h.reply("a")
        #expect(h.atClient == ["a"])
        #expect(fault.counts[.request]?.seen == 1 && fault.counts[.reply]?.seen == 1)
        #expect(fault.counts[.request]?.affected == 0 && fault.counts[.reply]?.affected == 0)
        #expect(h.requests[0].fate == .passed)
    }

    // MARK: - Corrupt

    @Test(arguments: [1, 3, Int.max]) func oneBitOfABodyIsFlipped(piece: Int) {
        var h = HTTP1Harness()
        h.piece = piece
        let fault = h.start(FaultSpec(.corrupt(Share(1))))
        h.post("/a", "request body")
        h.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nreply\r\n5\r\n body\r\n0\r\n\r\n")
        let request = HTTP1Reader(h.heard.toServer).messages[0].body
        let reply = HTTP1Reader(h.heard.toClient, methods: []).messages[0].body
        func bits(_ a: [UInt8], _ b: String) -> Int { zip(a, b.utf8).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount } }
        #expect(bits(request, "request body") == 1 && request.count == 12)
        #expect(bits(reply, "reply body") == 1 && reply.count == 10)
        // Without a body there is nothing to damage.
        h.get("/b")
        h.server("HTTP/1.1 204 No Content\r\n\r\n")
        #expect(h.requests.map(\.fate) == [.corrupted, .passed])
        #expect(h.replyTexts == ["1 finished 200 corrupted", "1 finished 204"])
        #expect(fault.counts[.request]?.affected == 1 && fault.counts[.reply]?.affected == 1)
        h.stop(fault)
        expectGoesOn(&h)
    }

    // MARK: - Error

    @Test(arguments: [1, Int.max]) func aRequestIsAnsweredByTheLink(piece: Int) {
        var h = HTTP1Harness()
        h.piece = piece
        let fault = h.start(FaultSpec(.error(Share(1), status: 429), only: only(.request, nth: 2)))
        h.get("/a")
        h.post("/b", String(repeating: "x", count: 100_000))
        h.get("/c")
        #expect(h.atServer == ["GET /a HTTP/1.1", "GET /c HTTP/1.1"])
        // The answers come in order.
        #expect(h.clientText == "")
        h.reply("a")
        h.reply("c")
        let replies = HTTP1Reader(h.heard.toClient, methods: []).messages
        #expect(replies.map(\.status) == [200, 429, 200])
        #expect(replies[1].start == "HTTP/1.1 429 Too Many Requests")
        #expect(replies[1].headers["content-type"] == "application/problem+json")
        #expect(replies[1].headers["connection"] == nil)
        #expect(replies[1].text.contains("\"status\":429"))
        #expect(
            replies[1].text.contains("orch: the link a -> b has answered this request itself, by the fault fault-1"))
        #expect(h.requestTexts == ["1 GET /a 1 passed", "2 POST /b 0 answered", "3 GET /c 1 passed"])
        #expect(h.replyTexts == ["1 finished 200", "0 settled 429", "1 finished 200"])
        #expect(fault.counts == [.request: count(1, 1)])
        expectGoesOn(&h)
    }

    private func count(_ seen: Int, _ affected: Int) -> FaultCount {
        var count = FaultCount()
        count.seen = seen
        count.affected = affected
        return count
    }

    @Test func anAnswerEndsAConnectionThatCannotGoOn() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.error(Share(1), status: 503)))
        h.client("GET /a HTTP/1.0\r\n\r\n")
        #expect(h.clientText.contains("connection: close\r\n"))
        #expect(h.link.failure == "fault-1")
        var asking = HTTP1Harness()
        asking.start(FaultSpec(.error(Share(1), status: 503)))
        asking.client("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        #expect(asking.clientText.contains("connection: close\r\n"))
        #expect(asking.link.failure == "fault-1")
        var bad = HTTP1Harness()
        bad.start(FaultSpec(.error(Share(1), status: 503)))
        bad.client("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
        #expect(bad.clientText.contains("connection: close\r\n"))
        #expect(bad.link.failure == "fault-1")
        #expect(bad.serverText == "")
    }

    @Test func anAnswerWaitsForItsRequest() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.error(Share(1), status: 503), only: only(.request, nth: 2)))
        h.get("/a")
        h.client("POST /b HTTP/1.1\r\nContent-Length: 4\r\n\r\nhal")
        h.reply("a")
        #expect(h.atClient == ["a"])
        h.client("f")
        #expect(h.atClient.count == 2)
        expectGoesOn(&h)
    }

    @Test func anAnswerToHeadHasNoBody() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.error(Share(1), status: 500)))
        h.client("HEAD /a HTTP/1.1\r\n\r\n")
        #expect(h.clientText.hasSuffix("\r\n\r\n"))
        #expect(HTTP1Reader(h.heard.toClient, methods: ["HEAD"]).messages.count == 1)
    }

    @Test func anAnswerMayBeLate() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.delay(.milliseconds(5), jitter: .zero, Share(1)), only: only(.request)))
        h.start(FaultSpec(.error(Share(1), status: 500)))
        h.get("/a")
        #expect(h.clientText == "")
        h.advance(by: .milliseconds(5))
        #expect(h.replyTexts == ["0 settled 500"])
    }

    // MARK: - Truncate

    @Test func aReplyIsCutInItsMiddle() {
        for seed in UInt64(1)...20 {
            var h = HTTP1Harness(seed: seed)
            let fault = h.start(FaultSpec(.truncate(Share(1))))
            h.get("/a")
            h.piece = 3
            h.reply("0123456789")
            #expect(h.link.failure == "fault-1" && h.link.isCut)
            let partial = HTTP1Reader(h.heard.toClient, methods: []).partial
            #expect((1...9).contains(partial?.body.count ?? 0))
            h.close()
            #expect(h.replyTexts == ["1 connectionLost 200 truncated"])
            #expect(fault.counts == [.reply: count(1, 1)])
        }
    }

    @Test func otherBodiesAreCutToo() {
        var chunked = HTTP1Harness()
        chunked.start(FaultSpec(.truncate(Share(1))))
        chunked.get("/a")
        chunked.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        #expect(chunked.link.isCut)
        #expect((1...4).contains(HTTP1Reader(chunked.heard.toClient, methods: []).partial?.body.count ?? 0))
        var old = HTTP1Harness()
        old.start(FaultSpec(.truncate(Share(1))))
        old.client("GET / HTTP/1.0\r\n\r\n")
        old.server("HTTP/1.0 200 OK\r\n\r\nhello")
        #expect(old.link.failure == "fault-1" && !old.link.isCut)
        #expect(old.clientText.count < 24 && old.clientText.count > 19)
    }

    @Test func whatHasNoBodyIsNotCut() {
        var h = HTTP1Harness()
        let fault = h.start(FaultSpec(.truncate(Share(1))))
        h.client("HEAD /a HTTP/1.1\r\n\r\n")
        h.server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        h.get("/b")
        h.reply("")
        h.get("/c")
        h.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        h.stop(fault)
        #expect(fault.counts == [.reply: count(3, 0)])
        #expect(h.replyTexts == ["1 finished 200", "1 finished 200", "1 finished 200"])
        #expect(h.link.failure == nil)
    }

    // MARK: - Which

    @Test func pathAndMethodSelect() {
        var h = HTTP1Harness()
        let spec = FaultSpec(.error(Share(1), status: 404), only: only(.request, method: "GET", path: "/feeds/*"))
        let fault = h.start(spec)
        h.get("/feeds")
        h.post("/feeds/news", "x")
        h.get("/feeds/news?after=1")
        #expect(h.requests.map(\.fate) == [.passed, .passed, .answered])
        #expect(fault.counts[.request]?.seen == 1)
        var replies = HTTP1Harness()
        replies.start(FaultSpec(.drop(Share(1)), only: only(.reply, path: "/b")))
        replies.get("/a")
        replies.reply("a")
        #expect(replies.atClient == ["a"])
        replies.get("/b")
        replies.reply("b")
        #expect(replies.atClient == ["a"])
    }

    @Test(arguments: [
        ("/feeds/*", "/feeds/news", true), ("/feeds/*", "/feeds/", true), ("/feeds/*", "/feeds", false),
        ("*", "", true), ("/a", "/a", true), ("/a", "/ab", false), ("*/news", "/feeds/news", true),
        ("/*s/*", "/feeds/a/b", true),
        ("/*a*b", "/xaxxbxb", true), ("/*a*b", "/xaxxbx", false), ("", "/", false), ("**", "/x", true),
    ])
    func pathsMatch(_ pattern: String, _ path: String, _ expected: Bool) {
        #expect(PathPattern(pattern).matches(path) == expected)
    }

    @Test func onHTTP2ThePathCountsToo() {
        var h = HTTP2Harness()
        let drop = h.start(FaultSpec(.drop(Share(1)), only: FaultFilter(kinds: [.request], path: "/Calculator/*")))
        let error = h.start(FaultSpec(.error(Share(1), status: 500)))
        let truncate = h.start(FaultSpec(.truncate(Share(1))))
        h.client.request("/Account/deposit", body: message("x"))
        h.client.request("/Calculator/suma?x=1", body: message("y"))
        h.run()
        #expect(h.requests.map(\.fate) == [.passed, .dropped])
        #expect(drop.counts[.request]?.seen == 1)
        // What it cannot carry out does not count.
        #expect(error.counts.isEmpty && truncate.counts.isEmpty)
    }

    @Test func diceAreAFunctionOfTheOrdinal() {
        func answered(seed: UInt64 = 7, ordinal: Int = 1, also other: FaultSpec? = nil) -> [UInt64] {
            var h = HTTP1Harness(seed: seed, ordinal: ordinal)
            if let other { h.start(other) }
            let fault = h.start(FaultSpec(.error(Share(0.3), status: 500)))
            for n in 0..<300 {
                if n == 150 { h.stop(fault) }
                if n == 200 { h.start(FaultSpec(.error(Share(0.3), status: 500))) }
                h.get("/")
            }
            return h.requests.filter { $0.fate == .answered }.map(\.n)
        }
        let base = answered()
        #expect(base != answered(seed: 8))
        #expect(base != answered(ordinal: 2))
        #expect(base == answered(also: FaultSpec(.duplicate(Share(0.5)))))
        let dice = Dice(
            seed: 7, fault: "error 30% status 500", link: "a -> b", connection: 1, channel: 0, kind: .request)
        #expect(base == (1...300).filter { dice.hits(Share(0.3), $0) && !(151...200).contains($0) }.map(UInt64.init))
    }
}
