import ClusterModel
import History
import NIOCore
import NIOHPACK
import Testing

@testable import FaultInjection

/// HTTP/2 through a link without faults.
@Suite struct HTTP2LinkTests {
    @Test func aCallPasses() {
        var h = HTTP2Harness()
        let id = h.client.request("/shop.Calculator/suma", body: message("two"), extra: [("x-orch-call", "c/1/7")])
        h.run()
        #expect(h.server.streams[1]?.body == message("two"))
        #expect(h.server.streams[1]?.header(":path") == "/shop.Calculator/suma")
        h.echo()
        #expect(h.client.streams[id]?.body == message("two"))
        #expect(h.client.streams[id]?.status == "0")
        #expect(h.client.streams[id]?.hasEnded == true)
        #expect(h.requests.map(\.method) == ["shop.Calculator/suma"])
        #expect(h.requests.map(\.call) == ["c/1/7"])
        #expect(h.requests.map(\.n) == [1])
        #expect(h.requests.map(\.copies) == [1])
        #expect(h.replyTexts == ["1 finished 0"])
        #expect(h.requests[0].stamp == h.replies[0].stamp)
        #expect(h.problems == [])
        #expect(h.link.isOrderlyClosed)
        #expect(h.link.passed.requests == 1)
        #expect(h.link.passed.replies == 1)
    }

    @Test func bytesMayComeOneByOne() {
        var h = HTTP2Harness(settled: false)
        h.run(piece: 1)
        for text in ["a", "", "three"] { h.client.request(body: message(text)) }
        h.run(piece: 1)
        h.echo()
        #expect([1, 3, 5].map { h.client.streams[$0]?.body } == ["a", "", "three"].map(message))
        #expect(h.problems == [])
    }

    @Test func theClientHearsNothingBeforeTheServer() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, maxStreams: 3), settled: false)
        h.client.request(body: [])
        h.link.receive(h.client.output, .toServer, now: 0)
        h.client.output = ByteBuffer()
        #expect(h.link.output.toClient.readableBytes == 0)
        #expect(h.link.output.toServer.readableBytes > 0)
        h.run()
        #expect(h.client.hasSettings)
        #expect(h.client.settings.maxConcurrentStreams == 3)
        #expect(h.problems == [])
    }

    @Test func aServerThatSpeaksSomethingElseIsSeenAsItIs() {
        var link = HTTP2Link(
            ConnectionFacts(link: .init(client: "a", server: "b"), id: 1, ordinal: 1, seed: 1, stampBase: 0))
        link.receive(HTTP2Peer(isClient: true).output, .toServer, now: 0)
        link.receive(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n"), .toClient, now: 0)
        #expect(String(buffer: link.output.toClient) == "HTTP/1.1 400 Bad Request\r\n\r\n")
    }

    @Test func bigBodiesPassThroughSmallWindows() {
        var h = HTTP2Harness(
            client: HTTP2Peer(isClient: true, window: 700), server: HTTP2Peer(isClient: false, window: 333))
        let bodies = (0..<3).map { n in (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* (n + 3) >> 3) } }
        for body in bodies { h.client.request(body: body) }
        h.run()
        h.echo()
        for (index, body) in bodies.enumerated() {
            #expect(h.client.streams[UInt32(index * 2 + 1)]?.body == body)
        }
        #expect(h.problems == [])
        #expect(h.link.buffered.toServer == 0 && h.link.buffered.toClient == 0)
    }

    @Test func tenMegabytesPassBothWays() {
        var h = HTTP2Harness()
        let body = [UInt8](repeating: 7, count: 10_000_000)
        h.client.request(body: body)
        h.run()
        h.echo()
        #expect(h.client.streams[1]?.body.count == body.count)
        #expect(h.problems == [])
    }

    @Test func aReceiverThatDoesNotReadStopsItsSenderAndNobodyElse() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, window: 50_000))
        h.server.creditsAtOnce = false
        h.client.request(body: [UInt8](repeating: 1, count: 9_000_000))
        h.run()
        // Its own window at the server, and ours on the way.
        #expect(h.server.streams[1]!.body.count == 50_000)
        #expect(h.link.heldBytes(.toServer) <= HTTP2Side.streamWindow)
        #expect(h.client.streams[1]!.queue.readableBytes > 7_000_000)
        h.client.request(body: message("small"))
        h.run()
        #expect(h.server.streams[3]?.body == message("small"))
        h.server.creditsAtOnce = true
        h.server.credit()
        h.run()
        #expect(h.server.streams[1]!.body.count == 9_000_000)
        #expect(h.problems == [])
    }

    @Test func theConnectionsWindowIsSharedInTurn() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, window: 1_000_000))
        h.server.creditsAtOnce = false
        for _ in 0..<4 { h.client.request(body: [UInt8](repeating: 1, count: 100_000)) }
        h.run()
        // The server's connection has room for 65,535 octets, and the first stream got them.
        h.server.credit()
        h.run()
        let counts = h.server.streams.values.map(\.body.count)
        #expect(counts.reduce(0, +) == 2 * 65_535)
        #expect(counts.filter { $0 > 0 }.count >= 3, "\(counts)")
        while h.server.streams.values.contains(where: { !$0.hasEnded }) {
            h.server.credit()
            h.run()
        }
        #expect(h.problems == [])
    }

    @Test func aWiderFirstWindowIsForStreamsThatAreOpenToo() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, window: 100))
        h.server.creditsAtOnce = false
        h.client.request(body: [UInt8](repeating: 1, count: 1_000))
        h.run()
        #expect(h.server.streams[1]?.body.count == 100)
        h.server.streams[1]?.receiveWindow += 200
        h.server.output.writeHTTP2Settings([(.initialWindowSize, 300)])
        h.run()
        #expect(h.server.streams[1]?.body.count == 300)
        // And a narrower one takes back what it must.
        h.server.output.writeHTTP2Settings([(.initialWindowSize, 50)])
        h.run()
        h.server.credit(1)
        h.run()
        #expect(h.server.streams[1]?.body.count == 350)
    }

    @Test func longHeadersAreContinuedAndPaddingIsTakenOff() {
        var h = HTTP2Harness()
        let long = String((0..<60_000).map { Character(Unicode.Scalar(UInt8(97 + $0 % 26))) })
        h.client.streams[1] = .init(sendWindow: 65_535, receiveWindow: 65_535)
        h.client.write(
            [":method": "POST", ":path": "/a/b", "content-type": "application/grpc", "long": long], 1, isLast: false,
            padding: 200, pieces: 9)
        var padded = ByteBuffer(integer: UInt8(50))
        padded.writeString("hello")
        padded.writeRepeatingByte(0, count: 50)
        h.client.frame(.data, [.padded, .endStream], 1, padded)
        h.run()
        #expect(h.server.streams[1]?.header("long") == long)
        #expect(h.server.streams[1]?.body == Array("hello".utf8))
        #expect(h.server.streams[1]?.hasEnded == true)
        #expect(h.problems == [])
    }

    @Test func paddingCostsItsSenderNoCreditForGood() {
        var h = HTTP2Harness()
        let id = h.client.request(body: nil, ends: false)
        var padded = ByteBuffer(integer: UInt8(255))
        padded.writeString("x")
        padded.writeRepeatingByte(0, count: 255)
        for _ in 0..<20_000 {
            h.client.frame(.data, .padded, id, padded)
            if h.client.output.readableBytes > 100_000 { h.run() }
        }
        h.run()
        #expect(h.server.streams[1]?.body.count == 20_000)
        #expect(h.link.failure == nil)
    }

    @Test func resetsAreTranslated() {
        var h = HTTP2Harness()
        // The server's ids run ahead of the client's.
        h.start(FaultSpec(.duplicate(Share(1)), only: FaultFilter(nth: 1)), .toServer)
        h.client.request(body: message("twice"))
        let id = h.client.request(body: nil, ends: false)
        h.run()
        h.client.reset(id, .init(rawValue: 77))
        h.run()
        #expect(h.server.streams[5]?.reset == .init(rawValue: 77))
        let other = h.client.request(body: message("x"))
        h.run()
        h.server.reset(7, .init(rawValue: 78))
        h.run()
        #expect(h.client.streams[other]?.reset == .init(rawValue: 78))
        #expect(h.replyTexts == ["1 resetByClient 77", "1 resetByServer 78"])
        #expect(h.problems == [])
    }

    @Test func anEarlyEndStopsTheRestOfTheRequest() {
        var h = HTTP2Harness()
        let id = h.client.request(body: message("part"), ends: false)
        h.run()
        h.server.write([":status": "200", "grpc-status": "7"], 1, isLast: true)
        h.server.reset(1, .noError)
        h.run()
        #expect(h.client.streams[id]?.status == "7")
        #expect(h.client.streams[id]?.reset == .noError)
        #expect(h.replyTexts == ["1 finished 7"])
        #expect(h.link.isOrderlyClosed)
    }

    @Test func interimResponsesAndTrailersPass() {
        var h = HTTP2Harness()
        let id = h.client.request(body: nil, grpc: false)
        h.run()
        h.server.write([":status": "103"], 1, isLast: false)
        h.server.write([":status": "404"], 1, isLast: false)
        h.server.send(Array("no".utf8), 1, trailers: ["t": "u"])
        h.run()
        #expect(h.client.streams[id]?.headers.count == 3)
        #expect(h.client.streams[id]?.hasEnded == true)
        #expect(h.replyTexts == ["1 finished 404"])
    }

    @Test func pingsMeetTheRealPeer() {
        var h = HTTP2Harness()
        h.client.frame(.ping, [], 0, ByteBuffer(integer: UInt64(42)))
        h.server.frame(.ping, [], 0, ByteBuffer(integer: UInt64(43)))
        h.run()
        #expect(h.server.pings.map(\.0) == [42, 43])
        #expect(h.client.pings.map(\.0) == [43, 42] || h.client.pings.map(\.0) == [42, 43])
        #expect(h.client.pings.filter(\.isAck).map(\.0) == [42])
    }

    @Test func theServersLimitOfStreamsIsKept() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, maxStreams: 2))
        h.start(FaultSpec(.duplicate(Share(1))), .toServer)
        for _ in 0..<2 { h.client.request(body: message("x")) }
        h.run()
        #expect(h.server.streams.count == 2)
        h.echo()
        #expect(h.server.streams.count == 4)
        h.echo()
        #expect(h.client.streams.values.allSatisfy { $0.status == "0" })
        // More than it was told of are refused.
        for _ in 0..<3 { h.client.request(body: nil, ends: false) }
        h.run()
        #expect(h.client.streams.values.filter { $0.reset == .refusedStream }.count == 1)
        #expect(h.problems == [])
    }

    @Test func requestsAreStampedWhereAsked() {
        var h = HTTP2Harness(stampsCalls: true)
        h.client.request(body: nil, extra: [("x-orch-id", "forged"), ("x-orch-id", "again")])
        h.run()
        let digits = h.server.streams[1]!.headers[0]["x-orch-id"]
        #expect(digits.map { $0.count } == [16])
        #expect(digits.first.flatMap { Int64($0, radix: 16) } == h.requests[0].stamp)
        var plain = HTTP2Harness()
        plain.client.request(body: nil, extra: [("x-orch-id", "mine")])
        plain.run()
        #expect(plain.server.streams[1]?.header("x-orch-id") == "mine")
    }

    @Test func evidenceSaysWhoLostWhat() {
        var h = HTTP2Harness()
        h.client.request(body: message("x"))
        h.run()
        h.start(dropAll(.request, settle: nil), .toServer)
        h.client.request(body: message("x"))
        h.run()
        h.close()
        #expect(h.replyTexts == ["1 connectionLost 0", "0 connectionLost 0"])
    }
}
