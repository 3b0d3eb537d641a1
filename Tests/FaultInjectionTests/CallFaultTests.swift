import ClusterModel
import History
import NIOCore
import NIOHPACK
import Testing

@testable import FaultInjection

/// Message faults on requests and replies.
@Suite struct CallFaultTests {
    private func only(_ kind: MessageKind, nth: Int? = nil, first: Int? = nil, method: String? = nil) -> FaultFilter {
        FaultFilter(kinds: [kind], method: method, nth: nth, first: first)
    }

    // MARK: - Drop

    @Test func aDroppedRequestIsAnsweredByTheLink() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.drop(Share(0.3)), only: only(.request, nth: 1), name: "lossy"), .toServer)
        var id: UInt32 = 0
        // Until the dice hit one.
        for _ in 0..<40 where h.requests.last?.fate != .dropped {
            h = HTTP2Harness(seed: h.link.facts.seed + 1)
            h.start(FaultSpec(.drop(Share(0.3)), only: only(.request, nth: 1), name: "lossy"), .toServer)
            id = h.client.request(body: message("lost"), ends: false)
            h.run()
        }
        #expect(h.server.streams.isEmpty)
        #expect(h.requests.map(\.copies) == [0])
        #expect(h.link.unsettled == 1)
        // Its body is taken in all the same.
        h.client.send([UInt8](repeating: 1, count: 3_000_000), id)
        h.run()
        #expect(h.client.streams[id]?.queue.readableBytes == 0)
        h.advance(by: .milliseconds(999))
        #expect(h.client.streams[id]?.headers.isEmpty == true)
        h.advance(by: .milliseconds(1))
        #expect(h.client.streams[id]?.status == "14")
        #expect(h.client.streams[id]?.header("grpc-message")?.contains("fault-1 (drop 30%25)") == true)
        #expect(h.client.streams[id]?.reset == .noError)
        #expect(h.replyTexts == ["0 settled 14"])
        #expect(h.link.unsettled == 0)
        #expect(h.link.isOrderlyClosed)
        #expect(h.problems == [])
    }

    @Test func theEndOfTheFaultSettles() {
        var h = HTTP2Harness()
        let fault = h.start(dropAll(.request, settle: nil), .toServer)
        let id = h.client.request(body: message("x"))
        let plain = h.client.request(body: nil, grpc: false)
        h.run()
        h.advance(by: .seconds(100))
        #expect(h.client.streams[id]?.headers.isEmpty == true)
        h.stop(fault)
        #expect(h.client.streams[id]?.status == "14")
        #expect(h.client.streams[plain]?.header(":status") == "503")
        #expect(h.replyTexts == ["0 settled 14", "0 settled 503"])
    }

    @Test func aCallWithADeadlineIsLeftToIt() {
        var h = HTTP2Harness()
        let fault = h.start(dropAll(.request), .toServer)
        let id = h.client.request(body: message("x"), extra: [("grpc-timeout", "200m")])
        h.run()
        h.advance(by: .seconds(100))
        h.stop(fault)
        #expect(h.client.streams[id]?.headers.isEmpty == true)
        // The drain need not wait for it.
        #expect(h.link.unsettled == 0)
        h.client.reset(id)
        h.run()
        #expect(h.replyTexts == ["0 resetByClient 8"])
        #expect(h.link.isOrderlyClosed)
        #expect(h.server.streams.isEmpty)
    }

    @Test func aDroppedReplyIsConsumedInFull() {
        var h = HTTP2Harness()
        h.start(dropAll(.reply), .toClient)
        let id = h.client.request(body: message("x"))
        h.run()
        h.server.respond(1, body: [UInt8](repeating: 1, count: 5_000_000), extra: [("x-orch-reply", "saved")])
        h.run()
        #expect(h.server.streams[1]?.hasSaidEnd == true)
        #expect(h.client.streams[id]?.headers.isEmpty == true)
        #expect(h.replyTexts == ["1 finished 0 dropped"])
        #expect(h.replies[0].note == "saved")
        h.advance(by: .seconds(1))
        #expect(h.client.streams[id]?.status == "14")
        #expect(h.replyTexts.last == "0 settled 14")
        #expect(h.link.isOrderlyClosed)
        #expect(h.problems == [])
    }

    @Test func aSettledCallLeavesNothingOpenAtTheServer() {
        var h = HTTP2Harness()
        h.start(dropAll(.reply), .toClient)
        h.client.request(body: message("x"), ends: false)
        h.run()
        h.server.respond(1, body: message("early"), status: nil)
        h.run()
        h.advance(by: .seconds(1))
        #expect(h.server.streams[1]?.reset == .cancel)
        #expect(h.link.isOrderlyClosed)
        #expect(h.replyTexts == ["0 settled 14", "1 resetByClient 8 dropped"])
    }

    // MARK: - Duplicate

    @Test func aDuplicatedRequestReachesTheServerTwice() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, window: 100), stampsCalls: true)
        h.start(FaultSpec(.duplicate(Share(1))), .toServer)
        let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        let id = h.client.request(body: Array(body.prefix(5_000)), ends: false)
        h.run()
        h.client.send(Array(body.dropFirst(5_000)), id, ends: true)
        h.run()
        #expect(h.server.streams[1]?.body == body)
        #expect(h.server.streams[3]?.body == body)
        #expect(h.server.streams[1]?.headers[0]["x-orch-id"] == h.server.streams[3]?.headers[0]["x-orch-id"])
        h.server.respond(3, body: message("second"), status: 5)
        h.run()
        #expect(h.client.streams[id]?.headers.isEmpty == true)
        h.server.respond(1, body: message("first"))
        h.run()
        #expect(h.client.streams[id]?.body == message("first"))
        #expect(h.requests.map(\.copies) == [2])
        #expect(h.replyTexts == ["2 finished 5 dropped", "1 finished 0"])
        #expect(h.link.isOrderlyClosed)
        #expect(h.problems == [])
    }

    @Test func bothCopiesHearThatTheClientGaveUp() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.duplicate(Share(1))), .toServer)
        let id = h.client.request(body: message("x"))
        h.run()
        h.client.reset(id)
        h.run()
        #expect(h.server.streams.values.allSatisfy { $0.reset == .cancel })
        #expect(h.replyTexts == ["1 resetByClient 8", "2 resetByClient 8 dropped"])
        #expect(h.link.isOrderlyClosed)
    }

    @Test func aCopyThatIsNotReadHoldsOnlyAWindowBack() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, window: 1_000))
        h.server.creditsAtOnce = false
        h.start(FaultSpec(.duplicate(Share(1))), .toServer)
        h.client.request(body: [UInt8](repeating: 1, count: 4_000_000))
        h.run()
        for _ in 0..<3_000 {
            h.server.credit(1)
            h.run()
        }
        #expect(h.link.heldBytes(.toServer) <= 2 * HTTP2Side.streamWindow)
        // The copy ends early: the other goes on alone.
        h.server.reset(3, .cancel)
        h.run()
        for _ in 0..<4_000 where h.server.streams[1]?.hasEnded == false {
            h.server.credit(1)
            h.run()
        }
        #expect(h.server.streams[1]?.body.count == 4_000_000)
        #expect(h.problems == [])
    }

    @Test func repliesAreNotDuplicated() {
        var h = HTTP2Harness()
        let fault = h.start(FaultSpec(.duplicate(Share(1))), .toClient)
        h.client.request(body: message("x"))
        h.run()
        h.echo()
        #expect(h.client.streams[1]?.body == message("x"))
        #expect(fault.counts[.reply]?.seen == 1)
        #expect(fault.counts[.reply]?.affected == 0)
        #expect(h.replyTexts == ["1 finished 0"])
    }

    // MARK: - Delay and reorder

    @Test func aDelayedRequestHoldsNobodyElse() {
        var h = HTTP2Harness()
        let delay = Fault.delay(.milliseconds(50), jitter: .zero, Share(1))
        h.start(FaultSpec(delay, only: only(.request, nth: 1)), .toServer)
        h.client.request(body: message("late"))
        h.client.request(body: message("soon"))
        h.run()
        #expect(h.server.streams.mapValues(\.body) == [1: message("soon")])
        #expect(h.link.unsettled == 1)
        #expect(h.link.isHolding(.toServer))
        h.advance(by: .milliseconds(49))
        #expect(h.server.streams.count == 1)
        h.advance(by: .milliseconds(1))
        #expect(h.server.streams[3]?.body == message("late"))
        h.echo()
        #expect(h.client.streams[1]?.body == message("late"))
        #expect(h.client.streams[3]?.body == message("soon"))
        #expect(h.requests.map(\.fate) == [.delayed, .passed])
        #expect(h.problems == [])
    }

    @Test func aDelayedRequestComesLateEvenToAClientThatGaveUp() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.delay(.milliseconds(50), jitter: .zero, Share(1))), .toServer)
        let id = h.client.request(body: message("late"))
        h.run()
        h.client.reset(id)
        h.run()
        h.link.ended(.toServer, now: h.now)
        #expect(h.link.isHolding(.toServer))
        h.advance(by: .milliseconds(50))
        #expect(h.server.streams[1]?.body == message("late"))
        #expect(h.server.streams[1]?.reset == .cancel)
        #expect(h.replyTexts == ["1 resetByClient 8"])
        #expect(h.link.isOrderlyClosed)
        #expect(!h.link.isHolding(.toServer))
    }

    @Test func aDelayedReplyWaitsWithItsBodyBounded() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.delay(.milliseconds(50), jitter: .zero, Share(1)), only: only(.reply, nth: 1)), .toClient)
        let id = h.client.request(body: message("x"))
        let other = h.client.request(body: message("y"))
        h.run()
        h.server.respond(1, body: [UInt8](repeating: 1, count: 3_000_000))
        h.server.respond(3, body: message("y"))
        h.run()
        #expect(h.client.streams[id]?.headers.isEmpty == true)
        #expect(h.client.streams[other]?.status == "0")
        #expect(h.link.heldBytes(.toClient) <= HTTP2Side.streamWindow + 1_000)
        h.advance(by: .milliseconds(50))
        #expect(h.client.streams[id]?.body.count == 3_000_000)
        #expect(h.client.streams[id]?.status == "0")
        #expect(h.replyTexts == ["1 finished 0", "1 finished 0 delayed"])
        #expect(h.problems == [])
    }

    @Test func aHeldReplyThatNobodyWaitsForIsUndeliverable() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.delay(.milliseconds(50), jitter: .zero, Share(1))), .toClient)
        let id = h.client.request(body: message("x"))
        h.run()
        h.echo()
        h.client.reset(id)
        h.run()
        #expect(h.replyTexts == ["1 finished 0 undeliverable", "0 resetByClient 8"])
        h.advance(by: .seconds(1))
        #expect(h.link.isOrderlyClosed)
        #expect(h.link.unsettled == 0)
    }

    @Test func aReorderedRequestWaitsForTheNext() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.reorder(Share(1), within: .milliseconds(100)), only: only(.request, first: 2)), .toServer)
        h.client.request(body: message("one"))
        h.client.request(body: message("two"))
        let third = h.client.request(body: message("three"), ends: false)
        h.run()
        // It has not overtaken before it is through.
        #expect(h.server.streams.mapValues(\.body) == [1: message("three")])
        h.client.send([], third, ends: true)
        h.run()
        #expect(h.server.order.map { h.server.streams[$0]?.body } == ["three", "one", "two"].map(message))
        #expect(h.requests.map(\.fate) == [.reordered, .reordered, .passed])
        #expect(h.link.unsettled == 0)
        h.advance(by: .seconds(1))
        #expect(h.server.streams.count == 3)
    }

    @Test func onlyALaterRequestOvertakes() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.reorder(Share(1), within: .milliseconds(100)), only: only(.request, nth: 2)), .toServer)
        let early = h.client.request(body: message("early"), ends: false)
        h.client.request(body: message("held"))
        h.run()
        h.client.send([], early, ends: true)
        h.run()
        #expect(h.server.streams.count == 1)
        h.client.request(body: message("later"))
        h.run()
        #expect(h.server.order.map { h.server.streams[$0]?.body } == ["early", "later", "held"].map(message))
    }

    @Test func aReorderedReplyGoesAfterItsTime() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.reorder(Share(1), within: .milliseconds(100)), only: only(.reply, nth: 1)), .toClient)
        h.client.request(body: message("x"))
        h.run()
        h.echo()
        h.advance(by: .milliseconds(99))
        #expect(h.client.streams[1]?.headers.isEmpty == true)
        h.advance(by: .milliseconds(1))
        #expect(h.client.streams[1]?.status == "0")
        #expect(h.replyTexts == ["1 finished 0 reordered"])
    }

    // MARK: - Corrupt

    @Test func corruptFlipsOneBitOfTheFirstMessageWithAnything() {
        for seed in UInt64(1)...40 {
            var h = HTTP2Harness(seed: seed)
            let fault = h.start(FaultSpec(.corrupt(Share(1))), .toServer)
            let body = message("") + message("payload") + message("second")
            h.client.request(body: body)
            h.run(piece: 3)
            let seen = h.server.streams[1]!.body
            let different = body.indices.filter { body[$0] != seen[$0] }
            #expect(different.count == 1)
            #expect(different.allSatisfy { (10..<17).contains($0) && (body[$0] ^ seen[$0]).nonzeroBitCount == 1 })
            #expect(fault.counts[.request]?.affected == 1)
            #expect(h.requests.map(\.fate) == [.corrupted])
        }
    }

    @Test func whatHasNoPayloadIsNotCorrupted() {
        var h = HTTP2Harness()
        let fault = h.start(FaultSpec(.corrupt(Share(1))))
        h.client.request(body: message(""))
        h.client.request(body: [1, 2, 3], grpc: false)
        h.run()
        #expect(h.server.streams[1]?.body == message(""))
        #expect(h.server.streams[3]?.body != [1, 2, 3])
        #expect(fault.counts[.request]?.seen == 2)
        #expect(fault.counts[.request]?.affected == 1)
    }

    // MARK: - Which ones

    @Test func managementIsLeftAloneUnlessNamed() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.drop(Share(1))))
        for path in ["/orch.v1.Session/Open", "/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/X"]
        {
            h.client.request(path, body: message("x"))
        }
        h.run()
        h.echo()
        #expect(h.client.streams.values.allSatisfy { $0.status == "0" })
        #expect(h.events.isEmpty)
        h.start(FaultSpec(.drop(Share(1)), only: FaultFilter(method: "Session.*")))
        h.client.request("/orch.v1.Session/Open", body: message("x"))
        h.client.request("/Calculator/suma", body: message("x"))
        h.run()
        #expect(h.server.streams.count == 3)
        // Management has ordinals of its own.
        #expect(h.requests.map(\.n) == [4, 1])
    }

    /// A partition cuts a host from its directory as it cuts everything else; nobody's calls, though, and nobody's dice.
    @Test func theMiddlewareOfObjectsIsNotSpared() {
        var h = HTTP2Harness()
        let fault = h.start(FaultSpec(.drop(Share(1))))
        for path in ["/orch.v1.Directory/Renew", "/orch.v1.Objects/Prepare", "/orch.v1.Names/Renew"] {
            h.client.request(path, body: message("x"))
        }
        h.client.request("/Account/deposit", body: message("x"))
        h.run()
        #expect(h.server.streams.isEmpty)
        #expect(fault.counts[.request]?.affected == 4)
        #expect(h.requests.map(\.method) == ["Account/deposit"])
        #expect(h.requests.map(\.n) == [1])
    }

    @Test(arguments: [
        ("Calculator.suma", "Calculator/suma", true), ("Calculator/suma", "Calculator/suma", true),
        ("/Calculator/suma", "Calculator/suma", true), ("Calculator.*", "Calculator/suma", true),
        ("Calculator.suma", "shop.v1.Calculator/suma", true), ("shop.v1.Calculator.*", "shop.v1.Calculator/x", true),
        ("v1.Calculator.x", "shop.v1.Calculator/x", true), ("Calculator.resta", "Calculator/suma", false),
        ("alculator.suma", "Calculator/suma", false), ("shop.Calculator.x", "Calculator/x", false), ("*", "a/b", false),
        ("Calculator.suma", "", false), ("Calculator/*", "Calculator/suma", true), ("/a/b/c", "a/b/c", true),
    ])
    func methodsMatch(_ pattern: String, _ method: String, _ expected: Bool) {
        #expect(MethodPattern(pattern).matches(method) == expected)
    }

    @Test func diceAreAFunctionOfTheOrdinal() {
        func dropped(seed: UInt64 = 7, ordinal: Int = 1, also other: FaultSpec? = nil, management: Bool = false)
            -> [UInt64]
        {
            var h = HTTP2Harness(seed: seed, ordinal: ordinal)
            if let other { h.start(other, .toServer) }
            let fault = h.start(FaultSpec(.drop(Share(0.3))), .toServer)
            for n in 0..<300 {
                if management { h.client.request("/orch.v1.Session/Open", body: nil) }
                if n == 150 { h.stop(fault) }
                if n == 200 { h.start(FaultSpec(.drop(Share(0.3))), .toServer) }
                h.client.request(body: nil)
                h.run()
            }
            return h.requests.filter { $0.fate == .dropped }.map(\.n)
        }
        let base = dropped()
        #expect((50...110).contains(base.count))
        #expect(base == dropped())
        #expect(base != dropped(seed: 8))
        #expect(base != dropped(ordinal: 2))
        #expect(base == dropped(also: FaultSpec(.duplicate(Share(0.5)))))
        #expect(base == dropped(management: true))
        let dice = Dice(seed: 7, fault: "drop 30%", link: "a -> b", connection: 1, channel: 0, kind: .request)
        #expect(base == (1...300).filter { dice.hits(Share(0.3), $0) && !(151...200).contains($0) }.map(UInt64.init))
    }
}
