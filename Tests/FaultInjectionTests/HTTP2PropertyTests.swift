import ClusterModel
import History
import NIOCore
import NIOHPACK
import Testing

@testable import FaultInjection

/// Random traffic of two strict peers, through random faults. Whatever happens on the link, both hear legal HTTP/2, what
/// no fault touched arrives unharmed, and the evidence has exactly one end for every copy.
@Suite struct HTTP2PropertyTests {
    private func randomFault(_ g: inout SeededGenerator) -> (FaultSpec, [Direction]) {
        let share = Share(Double.random(in: 0.1...0.6, using: &g))
        let settle: Duration? = Bool.random(using: &g) ? .milliseconds(Int.random(in: 1...50, using: &g)) : nil
        let kinds: [MessageKind] = [[], [.request], [.reply]].randomElement(using: &g)!
        let filter = FaultFilter(kinds: kinds)
        let time = Duration.milliseconds(Int.random(in: 1...20, using: &g))
        let fault: Fault =
            switch Int.random(in: 0..<5, using: &g) {
            case 0: .drop(share)
            case 1: .duplicate(share)
            case 2: .delay(time, jitter: .zero, share)
            case 3: .reorder(share, within: time)
            default: .corrupt(share)
            }
        let ways: [[Direction]] = [[.toServer, .toClient], [.toServer], [.toClient]]
        return (FaultSpec(fault, only: filter, settle: settle), ways.randomElement(using: &g)!)
    }

    private func body(_ g: inout SeededGenerator) -> [UInt8] {
        let count = [0, 1, 100, 3_000, 20_000].randomElement(using: &g)!
        let start = UInt8.random(in: 0...255, using: &g)
        return [0, 0, 0, UInt8(count >> 8), UInt8(count & 255)]
            + (0..<count).map { start &+ UInt8(truncatingIfNeeded: $0) }
    }

    @Test(arguments: 1...30) func bothSidesHearLegalHTTP2(seed: UInt64) throws {
        var g = SeededGenerator(seed: seed, "http2")
        let windows = [300, 5_000, 65_535, 1 << 20]
        var h = HTTP2Harness(
            seed: seed,
            client: HTTP2Peer(
                isClient: true, window: windows.randomElement(using: &g)!,
                maxFrame: [16_384, 40_000].randomElement(using: &g)!),
            server: HTTP2Peer(
                isClient: false, window: windows.randomElement(using: &g)!,
                maxStreams: [nil, 3, 50].randomElement(using: &g)!), settled: false)
        h.client.creditsAtOnce = Bool.random(using: &g)
        h.server.creditsAtOnce = Bool.random(using: &g)
        let pieces = [11, 500, Int.max, Int.max]
        h.run(piece: pieces.randomElement(using: &g)!)
        var faults: [ActiveFault] = []
        var unfinished: [UInt32] = []
        var goneAway = false

        for _ in 0..<200 {
            switch Int.random(in: 0..<14, using: &g) {
            case 0, 1, 2, 3:
                guard !goneAway, h.client.streams.values.filter({ !$0.hasEnded }).count < 60 else { break }
                let whole = body(&g)
                let cut = Int.random(in: 0...whole.count, using: &g)
                let ends = Bool.random(using: &g)
                let id = h.client.request(
                    body: Array(whole.prefix(ends ? whole.count : cut)),
                    extra: Bool.random(using: &g) ? [("grpc-timeout", "1S")] : [], ends: ends)
                if !ends { unfinished.append(id) }
            case 4, 5:
                if let id = unfinished.popLast() { h.client.send([0xEE], id, ends: true) }
            case 6:
                if let id = h.client.streams.filter({ !$0.value.hasEnded }).keys.sorted().randomElement(using: &g) {
                    h.client.reset(id)
                    unfinished.removeAll { $0 == id }
                }
            case 7:
                if let id = h.server.streams.filter({ !$0.value.hasSaidEnd }).keys.sorted().randomElement(using: &g) {
                    h.server.reset(id, [.refusedStream, .internalError].randomElement(using: &g)!)
                }
            case 8, 9:
                h.client.credit()
                h.server.credit()
            case 10: h.advance(by: .milliseconds(Int.random(in: 0...30, using: &g)))
            case 11: h.echo()
            case 12:
                if faults.count < 3, Bool.random(using: &g) {
                    let (spec, directions) = randomFault(&g)
                    faults.append(directions.count == 2 ? h.start(spec) : h.start(spec, directions[0]))
                } else if let fault = faults.popLast() {
                    h.stop(fault)
                }
            default:
                if Int.random(in: 0..<40, using: &g) == 0, !goneAway {
                    goneAway = true
                    h.server.output.writeHTTP2GoAway(last: h.server.order.last ?? 0, .noError)
                }
            }
            h.run(piece: pieces.randomElement(using: &g)!)
        }
        // The end of a run: faults are lifted, held messages go out, everybody finishes.
        for fault in faults { h.stop(fault) }
        for id in unfinished where h.client.streams[id] != nil { h.client.send([0xEE], id, ends: true) }
        h.client.creditsAtOnce = true
        h.server.creditsAtOnce = true
        for _ in 0..<6 {
            h.client.credit()
            h.server.credit()
            h.advance(by: .seconds(1))
            h.echo()
        }
        try #require(h.problems == [], "seed \(seed)")
        #expect(h.link.failure == nil, "seed \(seed)")
        #expect(h.link.unsettled == 0, "seed \(seed)")
        #expect(h.link.buffered.toServer == 0 && h.link.buffered.toClient == 0, "seed \(seed)")
        // Those that are left wait for their own deadline.
        for id in h.client.streams.keys.sorted() where h.client.streams[id]!.headers.isEmpty {
            if h.client.streams[id]!.reset == nil, !goneAway { h.client.reset(id) }
        }
        h.run()
        h.close()
        check(h, seed)
    }

    private func check(_ h: HTTP2Harness, _ seed: UInt64) {
        let requests = Dictionary(uniqueKeysWithValues: h.requests.map { ($0.stamp, $0) })
        let replies = Dictionary(grouping: h.replies, by: \.stamp)
        for (stamp, request) in requests {
            let ends = replies[stamp] ?? []
            let copies = ends.map(\.copy).filter { $0 > 0 }.sorted()
            #expect(copies == (0..<request.copies).map { $0 + 1 }, "seed \(seed): \(request) \(ends)")
            #expect(ends.filter { $0.copy == 0 }.count <= 1, "seed \(seed): \(ends)")
            let reached = ends.contains { $0.copy == 1 && $0.fate != .dropped && $0.fate != .undeliverable }
            #expect(reached != ends.contains { $0.copy == 0 }, "seed \(seed): \(request) \(ends)")
        }
        // The server has had what the link says it let go on, less what was refused, cut off or never opened.
        let went = h.requests.reduce(0) { $0 + Int($1.copies) }
        #expect(h.server.order.count <= went, "seed \(seed)")
        // What the client got whole is what it had sent: no mixing of streams.
        for (index, request) in h.requests.enumerated() where request.fate != .corrupted {
            let id = UInt32(index * 2 + 1)
            guard h.requests.count == h.client.order.count, let stream = h.client.streams[id], stream.status == "0",
                replies[request.stamp]?.contains(where: { $0.copy == 1 && $0.fate == .corrupted }) == false
            else { continue }
            let server = h.server.streams.values.contains { $0.body == stream.body }
            #expect(server, "seed \(seed): the reply of \(id) is nobody's")
        }
    }

    @Test(arguments: 1...15) func withoutFaultsNothingIsLost(seed: UInt64) {
        var g = SeededGenerator(seed: seed, "calm")
        var h = HTTP2Harness(
            seed: seed, client: HTTP2Peer(isClient: true, window: Int.random(in: 30...70_000, using: &g)),
            server: HTTP2Peer(isClient: false, window: Int.random(in: 30...70_000, using: &g), maxStreams: 10))
        var bodies: [UInt32: [UInt8]] = [:]
        for _ in 0..<10 {
            let body = body(&g)
            bodies[h.client.request(body: body)] = body
            if Bool.random(using: &g) { h.run(piece: Int.random(in: 1...3_000, using: &g)) }
        }
        h.run()
        h.echo()
        for (id, body) in bodies { #expect(h.client.streams[id]?.body == body) }
        #expect(h.problems == [])
        #expect(h.replyTexts == Array(repeating: "1 finished 0", count: 10))
        #expect(h.link.isOrderlyClosed)
    }

    /// Octets that mean nothing, from both sides: no crash, and no memory without bound.
    @Test(arguments: 1...200) func noiseIsHarmless(seed: UInt64) {
        var g = SeededGenerator(seed: seed, "noise")
        var h = HTTP2Harness(seed: seed)
        h.start(FaultSpec(.delay(.milliseconds(1), jitter: .zero, Share(0.5))))
        h.start(FaultSpec(.duplicate(Share(0.3))))
        h.start(FaultSpec(.drop(Share(0.2))))
        for _ in 0..<60 {
            let isClient = Bool.random(using: &g)
            let type = HTTP2FrameType(rawValue: [0, 0, 1, 1, 1, 2, 3, 4, 6, 8, 9, 10].randomElement(using: &g)!)
            let flags = HTTP2Flags(
                rawValue: [0, 1, 4, 5, 0x25, UInt8.random(in: 0...255, using: &g)].randomElement(using: &g)!)
            let isOfConnection = [.settings, .ping, .goAway].contains(type) || Int.random(in: 0..<50, using: &g) == 0
            let id = isOfConnection ? 0 : UInt32.random(in: 0...4, using: &g) * 2 + 1
            // Mostly what is nearly right, or the first frame ends it all.
            var payload = ByteBuffer(bytes: [0x83, 0x86, 0x44, 4] + Array("/a/b".utf8))
            switch type {
            case _ where Int.random(in: 0..<20, using: &g) == 0:
                payload = ByteBuffer(
                    bytes: (0..<Int.random(in: 0...40, using: &g)).map { _ in UInt8.random(in: 0...255, using: &g) })
            case .headers where !isClient: payload = ByteBuffer(bytes: [0x88])
            case .reset, .windowUpdate: payload = ByteBuffer(bytes: [0, 0, 0, UInt8.random(in: 1...9, using: &g)])
            case .settings:
                payload = ByteBuffer(
                    bytes: flags.contains(.ack) ? [] : [0, 4, 0, 0, UInt8.random(in: 0...9, using: &g), 0])
            default: break
            }
            var bytes = ByteBuffer()
            bytes.writeHTTP2Header(length: payload.readableBytes, type, flags, stream: id)
            bytes.writeImmutableBuffer(payload)
            h.link.receive(bytes, isClient ? .toServer : .toClient, now: h.now)
            h.now += 300_000
            h.link.tick(now: h.now)
            if h.link.failure != nil { break }
        }
        h.link.apply(LinkFaults())
        h.link.ended(.toClient, now: h.now)
        h.link.tick(now: .max)
        h.close()
        #expect(h.link.output.toClient.readableBytes < 1 << 20)
    }
}
