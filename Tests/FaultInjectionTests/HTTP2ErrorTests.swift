import ClusterModel
import History
import NIOCore
import NIOHPACK
import Testing

@testable import FaultInjection

/// Peers that break the rules, that go away, or that only keep a link busy.
@Suite struct HTTP2ErrorTests {
    private func payload(_ octets: UInt8...) -> ByteBuffer { ByteBuffer(bytes: octets) }

    @Test(arguments: [
        (HTTP2FrameType.data, UInt32(0), [UInt8](), HTTP2ErrorCode.protocolError),
        (.data, 7, [1], .protocolError), (.headers, 0, [], .protocolError), (.headers, 2, [], .protocolError),
        (.headers, 1, [0xFF, 0xFF, 0xFF], .compressionError), (.ping, 0, [1], .frameSizeError),
        (.settings, 0, [1], .frameSizeError), (.settings, 1, [], .protocolError),
        (.settings, 0, [0, 4, 0xFF, 0, 0, 0], .flowControlError), (.settings, 0, [0, 5, 0, 0, 0, 1], .protocolError),
        (.windowUpdate, 0, [0, 0, 0, 0], .protocolError),
        (.windowUpdate, 0, [0x7F, 0xFF, 0xFF, 0xFF], .flowControlError), (.reset, 0, [0, 0, 0, 0], .protocolError),
        (.reset, 5, [0, 0, 0, 0], .protocolError), (.continuation, 1, [], .protocolError),
        (.pushPromise, 1, [], .protocolError), (.goAway, 0, [1], .protocolError),
    ])
    func whoBreaksTheRulesIsToldSo(_ type: HTTP2FrameType, _ id: UInt32, _ octets: [UInt8], _ code: HTTP2ErrorCode) {
        var h = HTTP2Harness()
        h.client.frame(type, type == .headers ? .endHeaders : [], id, ByteBuffer(bytes: octets))
        h.run()
        #expect(h.link.failure == "client")
        #expect(h.client.goAways.map(\.code) == [code])
        #expect(h.server.goAways.map(\.code) == [.noError])
        #expect(h.problems == [])
    }

    @Test func nothingComesBetweenTheFramesOfABlock() {
        var h = HTTP2Harness()
        h.client.frame(.headers, [], 1, payload(0x83))
        h.client.frame(.ping, [], 0, ByteBuffer(integer: UInt64(1)))
        h.run()
        #expect(h.client.goAways.map(\.code) == [.protocolError])
        #expect(h.server.pings.isEmpty)
    }

    @Test func aFrameTooLongIsSeenByItsHeader() {
        var h = HTTP2Harness()
        h.client.output.writeHTTP2Header(length: 16_385, .data, stream: 1)
        h.run()
        #expect(h.client.goAways.map(\.code) == [.frameSizeError])
    }

    @Test func aServerThatBreaksTheRulesEndsTheClientsConnectionToo() {
        var h = HTTP2Harness()
        h.client.request(body: message("x"))
        h.run()
        h.server.frame(.data, [], 9, payload(1))
        h.run()
        #expect(h.link.failure == "server")
        #expect(h.server.goAways.map(\.code) == [.protocolError])
        #expect(h.client.goAways.map(\.code) == [.internalError])
        #expect(h.client.goAways[0].debug.contains("the server broke HTTP/2"))
        h.close()
        #expect(h.replyTexts == ["1 connectionLost 0"])
    }

    @Test func anErrorOfOneStreamIsThatOfOneStream() {
        var h = HTTP2Harness()
        let bad = h.client.request(body: message("x"))
        let good = h.client.request(body: message("y"))
        h.run()
        // After its end.
        h.client.frame(.data, [], bad, payload(1))
        h.run()
        #expect(h.client.streams[bad]?.reset == .streamClosed)
        #expect(h.server.streams[1]?.reset == .cancel)
        // DATA before HEADERS.
        h.server.frame(.data, [], 3, payload(1))
        h.run()
        #expect(h.server.streams[3]?.reset == .protocolError)
        #expect(h.client.streams[good]?.reset == .internalError)
        #expect(h.link.failure == nil)
        #expect(h.link.isOrderlyClosed)
    }

    @Test func moreThanTheWindowIsRefused() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, window: 0))
        let id = h.client.request(body: nil, ends: false)
        let part = ByteBuffer(repeating: 1, count: 16_384)
        for _ in 0..<(HTTP2Side.streamWindow / 16_384 + 1) { h.client.frame(.data, [], id, part) }
        h.run()
        #expect(h.client.streams[id]?.reset == .flowControlError)
        #expect(h.link.failure == nil)
        #expect(h.link.heldBytes(.toServer) == 0)
    }

    @Test func whatWaitsInAllStreamsTogetherIsBounded() {
        var h = HTTP2Harness(server: HTTP2Peer(isClient: false, window: 0))
        for _ in 0..<200 { h.client.request(body: [UInt8](repeating: 1, count: 1_000_000)) }
        h.run()
        #expect(h.link.heldBytes(.toServer) <= HTTP2Link.bufferLimit + HTTP2Side.connectionWindow + 200 * 1_000)
        #expect(h.link.heldBytes(.toServer) >= HTTP2Link.bufferLimit)
        #expect(h.link.failure == nil)
    }

    @Test(arguments: [HTTP2FrameType.priority, .settings, .data, HTTP2FrameType(rawValue: 0x2A)])
    func framesThatCarryNothingDoNotGoOnForEver(type: HTTP2FrameType) {
        var h = HTTP2Harness()
        let id = h.client.request(body: nil, ends: false)
        h.run()
        for _ in 0..<(HTTP2Side.idleFrameLimit + 2) {
            h.client.frame(
                type, [], type == .settings ? 0 : id, type == .priority ? payload(0, 0, 0, 0, 0) : ByteBuffer())
        }
        h.run()
        #expect(h.client.goAways.map(\.code) == [.enhanceYourCalm])
    }

    @Test func aHeaderBlockDoesNotGoOnForEver() {
        var h = HTTP2Harness()
        h.client.frame(.headers, [], 1, payload(0x82))
        for _ in 0..<20 { h.client.frame(.continuation, [], 1, ByteBuffer(repeating: 0x82, count: 16_000)) }
        h.run()
        #expect(h.client.goAways.map(\.code) == [.enhanceYourCalm])
        // One octet stands for a long header: it is what unfolds that counts.
        var bomb = HTTP2Harness()
        var bytes = ByteBuffer(bytes: [0x40, 1, 0x61, 0x7F, 0x81, 0x1E])
        bytes.writeRepeatingByte(0x62, count: 4_000)
        bytes.writeRepeatingByte(0xBE, count: 10_000)
        bomb.client.frame(.headers, .endHeaders, 1, bytes)
        bomb.run()
        #expect(bomb.client.goAways.map(\.code) == [.enhanceYourCalm])
    }

    // MARK: - Going away

    @Test func aGoAwayNamesTheClientsStreams() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.duplicate(Share(1)), only: FaultFilter(nth: 1)), .toServer)
        for _ in 0..<3 { h.client.request(body: message("x"), ends: false) }
        h.run()
        // It has 1 and 3 (the first call's), 5 and 7; it looks at the first three.
        var debug = ByteBuffer()
        debug.writeString("too_many_pings")
        h.server.output.writeHTTP2GoAway(last: 5, .enhanceYourCalm, debug: debug)
        h.run()
        #expect(h.client.goAways.map(\.last) == [3])
        #expect(h.client.goAways.map(\.code) == [.enhanceYourCalm])
        #expect(h.client.goAways.map(\.debug) == ["too_many_pings"])
        #expect(h.replyTexts == ["1 refused 7"])
        // What comes later is nothing to anybody.
        h.client.request(body: message("late"))
        h.run()
        #expect(h.server.streams.count == 4)
        #expect(h.requests.count == 3)
        h.client.send([], 1, ends: true)
        h.client.send([], 3, ends: true)
        h.run()
        h.echo()
        #expect([1, 3].map { h.client.streams[$0]?.status } == ["0", "0"])
        #expect(h.problems == [])
    }

    @Test func whatAFaultHeldBackIsRefusedWhenItGoesOn() {
        var h = HTTP2Harness()
        h.start(FaultSpec(.delay(.milliseconds(9), jitter: .zero, Share(1)), only: FaultFilter(nth: 1)), .toServer)
        let held = h.client.request(body: message("held"))
        let sent = h.client.request(body: message("sent"))
        h.run()
        h.server.output.writeHTTP2GoAway(last: 1, .noError)
        h.run()
        #expect(h.client.goAways.map(\.last) == [3])
        h.advance(by: .milliseconds(9))
        #expect(h.client.streams[held]?.reset == .refusedStream)
        h.echo()
        #expect(h.client.streams[sent]?.status == "0")
        #expect(h.replyTexts == ["1 refused 7", "1 finished 0"])
        #expect(h.problems == [])
    }

    @Test func aNoticeOfGoingAwayRefusesNothing() {
        var h = HTTP2Harness()
        h.client.request(body: message("x"))
        h.server.output.writeHTTP2GoAway(last: HTTP2Frame.streamMask, .noError)
        h.run()
        h.client.request(body: message("y"))
        h.run()
        h.echo()
        #expect(h.client.goAways.map(\.last) == [HTTP2Frame.streamMask])
        #expect([1, 3].map { h.client.streams[$0]?.status } == ["0", "0"])
    }

    @Test func theClientsGoAwayReachesTheServer() {
        var h = HTTP2Harness()
        h.client.output.writeHTTP2GoAway(last: 0, .noError)
        h.run()
        #expect(h.server.goAways.map(\.last) == [0])
    }

    @Test func whatAServerSaidBeforeItEndedStillReachesTheClient() {
        var h = HTTP2Harness(client: HTTP2Peer(isClient: true, window: 10))
        h.client.creditsAtOnce = false
        h.client.request(body: message("x"))
        h.run()
        h.server.respond(1, body: [UInt8](repeating: 1, count: 100))
        h.run()
        h.link.ended(.toClient, now: h.now)
        #expect(h.link.isHolding(.toClient))
        h.run()
        #expect(h.client.goAways.map(\.last) == [1])
        h.client.creditsAtOnce = true
        h.client.credit()
        h.run()
        #expect(h.client.streams[1]?.status == "0")
        #expect(!h.link.isHolding(.toClient))
    }

    @Test func aClientThatNeverReadsDoesNotKeepADeadConnection() {
        var h = HTTP2Harness(client: HTTP2Peer(isClient: true, window: 10))
        h.client.creditsAtOnce = false
        h.client.request(body: message("x"))
        h.run()
        h.server.respond(1, body: [UInt8](repeating: 1, count: 100))
        h.run()
        h.link.ended(.toClient, now: h.now)
        #expect(h.link.nextDeadline == HTTP2Link.lingering)
        h.advance(by: .seconds(10))
        #expect(!h.link.isHolding(.toClient))
    }

    // MARK: - What is spoken

    private let facts = ConnectionFacts(link: .init(client: "a", server: "b"), id: 1, ordinal: 1, seed: 1, stampBase: 0)

    @Test func aConnectionIsKnownByItsFirstBytes() {
        func sniff(_ bytes: [UInt8]) -> (count: Int, machine: (any LinkMachine)?) {
            var sniffer = ProtocolSniffer()
            for (index, byte) in bytes.enumerated() {
                let found = sniffer.receive(ByteBuffer(bytes: [byte]), .toServer, facts, LinkFaults(), now: 0)
                if let found { return (index + 1, found) }
            }
            return (bytes.count, nil)
        }
        let http2 = sniff(HTTP2Preface.bytes)
        #expect(http2.machine is HTTP2Link)
        #expect(http2.count == 24)
        #expect(sniff(Array("AMQP\u{0}\u{0}\u{9}\u{1}".utf8)).machine is AMQPLink)
        let http = sniff(Array("PUT / HTTP/1.1\r\nHost: b\r\n".utf8))
        #expect(http.machine is HTTP1Link)
        #expect(http.count == 15)
        #expect(sniff(Array("PRI * HTTP".utf8)).machine == nil)
    }

    @Test func aServerThatSpeaksFirstIsLeftAlone() {
        var sniffer = ProtocolSniffer()
        #expect(sniffer.receive(ByteBuffer(string: "AM"), .toServer, facts, LinkFaults(), now: 0) == nil)
        let found = sniffer.receive(ByteBuffer(string: "220 hello"), .toClient, facts, LinkFaults(), now: 0)
        #expect(found is UnreadLink)
        #expect(found.map { String(buffer: $0.output.toServer) } == "AM")
        #expect(found.map { String(buffer: $0.output.toClient) } == "220 hello")
    }
}
