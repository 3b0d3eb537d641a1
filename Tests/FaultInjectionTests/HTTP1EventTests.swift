import ClusterModel
import History
import NIOCore
import Testing

@testable import FaultInjection

/// Server-sent events as messages.
@Suite struct HTTP1EventTests {
    private func end(_ h: inout HTTP1Harness, sourceLocation: Testing.SourceLocation = #_sourceLocation) {
        h.server("0\r\n\r\n")
        let reader = HTTP1Reader(h.heard.toClient, methods: ["GET"])
        #expect(
            reader.problem == nil && reader.messages.count == 1 && reader.rest.isEmpty, sourceLocation: sourceLocation)
        h.get("/more")
        h.reply("more")
        #expect(h.clientText.hasSuffix("more"), sourceLocation: sourceLocation)
        #expect(h.link.failure == nil && h.link.unsettled == 0, sourceLocation: sourceLocation)
    }

    @Test(arguments: [1, 4, Int.max]) func anEventVanishes(piece: Int) {
        var h = HTTP1Harness()
        h.piece = piece
        let fault = h.start(FaultSpec(.drop(Share(1)), only: only(.event, nth: 2)), .toClient)
        h.openStream()
        h.event(1, "a")
        h.chunk(": last 1\n\n")
        h.event(2, "b")
        h.chunk(": last 2\n\n")
        h.event(3, "c")
        #expect(h.seen == ["1:a", "3:c"])
        #expect(h.clientText.contains(": last 1\n\n") && h.clientText.contains(": last 2\n\n"))
        #expect(h.eventTexts == ["1 1 1 passed", "2 2 1 dropped", "3 3 1 passed"])
        #expect(fault.counts[.event]?.affected == 1)
        #expect(h.passed.events == 2)
        end(&h)
    }

    @Test(arguments: [1, 7, Int.max]) func chunksThatAreNoEventsAreFramedAnew(piece: Int) {
        var h = HTTP1Harness()
        h.piece = piece
        h.start(FaultSpec(.drop(Share(1)), only: only(.event, nth: 2)), .toClient)
        h.openStream()
        h.chunk("id: 1\ndata: a\n\nid: 2\nda")
        #expect(h.seen == ["1:a"])
        h.chunk("ta: b\n\nid: 3\r\ndata: c\r\ndata: d\r\n\r\n: x")
        h.chunk("\n\ndata: unfinished")
        #expect(h.seen == ["1:a", "3:c/d"])
        end(&h)
        #expect(HTTP1Reader(h.heard.toClient, methods: []).messages[0].text.hasSuffix(": x\n\ndata: unfinished"))
    }

    @Test func aFaultThatComesAmidAChunkLeavesItWhole() {
        var h = HTTP1Harness()
        h.openStream()
        h.server("1d\r\nid: 1\ndata: a\n\nid:")
        h.start(FaultSpec(.drop(Share(1)), only: only(.event)), .toClient)
        h.server(" 2\ndata: b\n\r\n")
        h.chunk("\nid: 3\ndata: c\n\n")
        #expect(h.seen == ["1:a", "2:b"])
        #expect(h.eventTexts == ["1 1 1 passed", "2 2 1 passed", "3 3 1 dropped"])
        end(&h)
    }

    @Test func aFaultThatEndsAmidAnEventLosesNothing() {
        var h = HTTP1Harness()
        let fault = h.start(FaultSpec(.drop(Share(1)), only: only(.event, nth: 9)), .toClient)
        h.openStream()
        h.chunk("id: 1\nda")
        h.stop(fault)
        h.chunk("ta: a\n\nid: 2\ndata: b\n\n")
        h.event(3, "c")
        #expect(h.seen == ["1:a", "2:b", "3:c"])
        end(&h)
    }

    @Test func anEventComesTwice() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.duplicate(Share(1)), only: only(.event)), .toClient)
        h.openStream()
        h.event(1, "a")
        #expect(h.seen == ["1:a", "1:a"])
        #expect(h.eventTexts == ["1 1 1 duplicated"])
        end(&h)
    }

    @Test func aDelayedEventHoldsThoseBehindIt() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.delay(.milliseconds(20), jitter: .zero, Share(1)), only: only(.event, nth: 1)), .toClient)
        h.openStream()
        h.event(1, "a")
        h.event(2, "b")
        #expect(h.seen == [])
        #expect(h.link.unsettled == 1)
        #expect(h.link.isHolding(.toClient))
        #expect(h.link.heldBytes(.toClient) > 30)
        h.advance(by: .milliseconds(20))
        #expect(h.seen == ["1:a", "2:b"])
        #expect(h.link.heldBytes(.toClient) == 0)
        end(&h)
    }

    @Test func eventsOvertakeEachOther() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.reorder(Share(1), within: .milliseconds(20)), only: only(.event, nth: 1)), .toClient)
        h.openStream()
        h.event(1, "a")
        h.chunk(": not an event\n\n")
        #expect(h.seen == [])
        #expect(h.link.unsettled == 1 && h.link.isHolding(.toClient))
        h.event(2, "b")
        #expect(h.seen == ["2:b", "1:a"])
        #expect(h.link.heldBytes(.toClient) == 0)
        end(&h)
        var alone = HTTP1Harness()
        alone.start(FaultSpec(.reorder(Share(1), within: .milliseconds(20)), only: only(.event)), .toClient)
        alone.openStream()
        alone.event(1, "a")
        alone.advance(by: .milliseconds(20))
        #expect(alone.seen == ["1:a"])
        alone.event(2, "b")
        end(&alone)
        #expect(alone.eventTexts == ["1 1 1 reordered", "2 2 1 reordered"])
        #expect(alone.clientText.contains("data: b\n\n\r\n0\r\n\r\n"))
    }

    @Test func oneBitOfTheDataIsFlipped() {
        for seed in UInt64(1)...60 {
            var h = HTTP1Harness(seed: seed)
            let fault = h.start(FaultSpec(.corrupt(Share(1))), .toClient)
            h.openStream()
            h.chunk("id: 1\nevent: x\ndata: \u{b}\u{8}\ndata:NJMOHB\n\n")
            h.chunk("data:\n\n")
            let body = HTTP1Reader(h.heard.toClient, methods: []).partial?.body ?? []
            let text = "id: 1\nevent: x\ndata: \u{b}\u{8}\ndata:NJMOHB\n\ndata:\n\n"
            let touched = zip(body, text.utf8).enumerated().filter { $1.0 != $1.1 }
            #expect(body.count == text.utf8.count && touched.count == 1)
            #expect(touched.allSatisfy { [21, 22].contains($0.offset) || (29...34).contains($0.offset) })
            #expect(touched.allSatisfy { $0.element.0 != 10 && $0.element.0 != 13 })
            #expect(h.streamEvents.map(\.fate) == [.corrupted, .passed])
            #expect(fault.counts[.event]?.affected == 1)
            #expect(fault.counts[.reply]?.affected == 0)
        }
    }

    @Test func aStreamAsLongAsItsConnectionWorksToo() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.drop(Share(1)), only: only(.event, nth: 1)), .toClient)
        h.client("GET /feeds/news HTTP/1.0\r\n\r\n")
        h.server("HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nda")
        h.end(.toClient)
        #expect(h.clientText.hasSuffix("\r\n\r\nid: 2\ndata: b\n\nda"))
        #expect(h.replyTexts == ["1 finished 200"])
    }

    @Test func aStreamOfAFixedLengthKeepsIt() {
        var h = HTTP1Harness()
        let fault = h.start(FaultSpec(.drop(Share(1)), only: only(.event)), .toClient)
        h.start(FaultSpec(.corrupt(Share(1)), only: only(.event)), .toClient)
        h.get("/a")
        h.reply("data: a\n\ndata: b\n\n", headers: "Content-Type: text/event-stream\r\n")
        #expect(fault.counts[.event]?.seen == 2)
        #expect(fault.counts[.event]?.affected == 0)
        #expect(h.streamEvents.map(\.fate) == [.corrupted, .corrupted])
        #expect(h.atClient.map(\.utf8.count) == [18])
    }

    @Test func aStreamIsCutInItsFirstChunk() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.truncate(Share(1))), .toClient)
        h.openStream()
        h.event(1, "a")
        #expect(h.link.failure == "fault-1" && h.link.isCut)
        #expect(h.seen == [])
        h.close()
        #expect(h.replyTexts == ["1 connectionLost 200 truncated"])
    }

    @Test func anEndlessEventIsNoMessage() {
        var h = HTTP1Harness()
        let fault = h.start(FaultSpec(.drop(Share(1)), only: only(.event)), .toClient)
        h.openStream()
        h.chunk("data: ")
        let piece = String(repeating: "x", count: 65_536)
        for _ in 0..<40 { h.chunk(piece) }
        #expect(h.link.heldBytes(.toClient) <= EventStreamReader.limit + 65_536)
        #expect(h.clientText.utf8.count > 2_000_000)
        h.chunk("\n\n")
        h.event(1, "a")
        #expect(h.eventTexts == ["1 1 1 dropped"])
        #expect(fault.counts[.event]?.seen == 1)
        end(&h)
    }

    @Test func aBrokenChunkOfAStreamThatWeFramedEndsTheConnection() {
        var h = HTTP1Harness()
        h.start(FaultSpec(.drop(Share(1)), only: only(.event)), .toClient)
        h.openStream()
        h.server("5\r\ndata:xx")
        #expect(h.link.failure == "server")
    }

    @Test(arguments: [
        ("data: a\n\n", 9), ("data: a\r\n\r\n", 11), ("data: a\r\rx", 9), ("data: a\n\r\nx", 10), ("\ndata", 1),
        ("data: a\r\n\rx", 10),
    ])
    func blocksEndWithAnEmptyLine(_ text: String, _ length: Int) {
        var reader = EventStreamReader()
        var bytes = ByteBuffer(string: text)
        #expect(reader.next(&bytes)?.bytes.readableBytes == length)
        #expect(reader.isEmpty)
    }
}
