import ClusterModel
import History
import NIOCore
import Testing

@testable import FaultInjection

/// Random conversations through random faults. Whatever happens on the link, both sides hear legal HTTP/1.1, no reply is
/// taken for another's, and the evidence has exactly one end for every copy.
@Suite struct HTTP1PropertyTests {
    /// A server that answers each request in order, and keeps streams of events open for a while.
    private struct Peer {
        var answered = 0
        var sent = 0
        var isStreaming = false
        var event = 0
    }

    private func randomFault(_ g: inout SeededGenerator) -> FaultSpec {
        let share = Share(Double.random(in: 0.05...0.4, using: &g))
        let time = Duration.milliseconds(Int.random(in: 1...20, using: &g))
        let kinds: [MessageKind] = [[], [.request], [.reply], [.event]].randomElement(using: &g)!
        let fault: Fault =
            switch Int.random(in: 0..<9, using: &g) {
            case 0: .drop(Share(share.fraction / 8))
            case 1: .truncate(Share(share.fraction / 8))
            case 2: .duplicate(share)
            case 3: .delay(time, jitter: .zero, share)
            case 4: .reorder(share, within: time)
            case 5: .corrupt(share)
            case 6: .drop(share)
            default: .error(share, status: 503)
            }
        // A request or a reply that is dropped ends it all.
        let isFatal = if case .drop(let share) = fault { share.fraction > 0.05 } else { false }
        return FaultSpec(
            fault, only: FaultFilter(kinds: isFatal ? [.event] : kinds),
            settle: Bool.random(using: &g) ? .milliseconds(30) : nil)
    }

    @Test(arguments: 1...150) func bothSidesHearLegalHTTP(seed: UInt64) throws {
        var g = SeededGenerator(seed: seed, "http1")
        var h = HTTP1Harness(seed: seed)
        var peer = Peer()
        var methods: [String] = []
        var faults: [ActiveFault] = []
        for _ in 0..<120 where h.link.failure == nil {
            h.piece = [1, 5, 60, .max].randomElement(using: &g)!
            switch Int.random(in: 0..<10, using: &g) {
            case 0, 1, 2:
                guard methods.count - peer.answered < 5 else { break }
                let number = methods.count
                let method = ["GET", "GET", "HEAD", "POST", "PUT"].randomElement(using: &g)!
                methods.append(method)
                let kind = ["plain", "chunks", "none", "events", "events"].randomElement(using: &g)!
                let body = "body of \(number)"
                let start = "\(method) /\(kind)/\(number) HTTP/1.1\r\nHost: b\r\n"
                switch method {
                case "POST": h.client("\(start)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                case "PUT":
                    h.client("\(start)Transfer-Encoding: chunked\r\n\r\n4;x\r\nbody\r\n")
                    h.client("\(String(body.utf8.count - 4, radix: 16))\r\n\(body.dropFirst(4))\r\n0\r\nT: r\r\n\r\n")
                default: h.client("\(start)\r\n")
                }
            case 3, 4, 5, 6: answer(&h, &peer, &g)
            case 7: h.advance(by: .milliseconds(Int.random(in: 0...30, using: &g)))
            case 8:
                if faults.count < 3 { faults.append(h.start(randomFault(&g))) }
            default:
                if let fault = faults.popLast() { h.stop(fault) }
            }
        }
        // The end of a run: faults are lifted, held messages go out, everybody finishes.
        for fault in faults { h.stop(fault) }
        for _ in 0..<60 where h.link.failure == nil {
            h.advance(by: .seconds(1))
            answer(&h, &peer, &g)
        }
        if h.link.failure == nil {
            try #require(h.link.unsettled == 0, "seed \(seed)")
            #expect(h.link.heldBytes(.toServer) == 0 && h.link.heldBytes(.toClient) == 0, "seed \(seed)")
            #expect(h.link.isOrderlyClosed, "seed \(seed)")
        }
        h.close()
        check(h, methods, seed)
    }

    private func answer(_ h: inout HTTP1Harness, _ peer: inout Peer, _ g: inout SeededGenerator) {
        if peer.isStreaming {
            for _ in 0..<Int.random(in: 0...4, using: &g) {
                peer.event += 1
                let text = "id: \(peer.event)\ndata: e\(peer.event)\n\n"
                let cut = text.index(text.startIndex, offsetBy: Int.random(in: 1..<text.count, using: &g))
                switch Int.random(in: 0..<4, using: &g) {
                case 0:
                    h.chunk(String(text[..<cut]))
                    h.chunk(String(text[cut...]))
                case 1: h.chunk(": beat\n\n" + text)
                default: h.chunk(text)
                }
            }
            guard Int.random(in: 0..<3, using: &g) == 0 else { return }
            h.server("0\r\n\r\n")
            peer.isStreaming = false
            peer.answered += 1
            return
        }
        let requests = HTTP1Reader(h.heard.toServer).messages
        guard peer.answered < requests.count else { return }
        let request = requests[peer.answered]
        let words = request.start.split(separator: " ")
        let path = String(words[1])
        var head = "HTTP/1.1 200 OK\r\nX-Path: \(path)\r\n"
        if Int.random(in: 0..<8, using: &g) == 0 { h.server("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") }
        let hasBody = words[0] != "HEAD"
        if path.hasPrefix("/none") {
            h.server("HTTP/1.1 204 No Content\r\nX-Path: \(path)\r\n\r\n")
        } else if path.hasPrefix("/plain") {
            h.server("\(head)Content-Length: \(path.utf8.count)\r\n\r\n\(hasBody ? path : "")")
        } else {
            head += "Transfer-Encoding: chunked\r\n"
            let isEvents = path.hasPrefix("/events")
            if isEvents { head += "Content-Type: text/event-stream\r\n" }
            h.server("\(head)\r\n")
            if hasBody, isEvents {
                peer.isStreaming = true
                return
            }
            if hasBody {
                h.server(
                    "3\r\n\(path.prefix(3))\r\n\(String(path.utf8.count - 3, radix: 16))\r\n\(path.dropFirst(3))\r\n0\r\n\r\n"
                )
            }
        }
        peer.answered += 1
    }

    private func check(_ h: HTTP1Harness, _ methods: [String], _ seed: UInt64) {
        // Each reply is that of its request, or the link's own word.
        let client = HTTP1Reader(h.heard.toClient, methods: methods)
        #expect(client.problem == nil, "seed \(seed)")
        let replies = client.messages.filter { !$0.isInterim }
        for (number, reply) in replies.enumerated() where reply.status != 503 {
            #expect(reply.headers["x-path"]?.hasSuffix("/\(number)") == true, "seed \(seed): \(reply) for \(number)")
        }
        if h.link.failure == nil { #expect(replies.count == methods.count && client.rest.isEmpty, "seed \(seed)") }
        // The server has the requests in order, whole, none that nobody sent, and those that the evidence says.
        let server = HTTP1Reader(h.heard.toServer)
        #expect(server.problem == nil && server.rest.isEmpty, "seed \(seed)")
        #expect(server.messages.count == h.passed.requests, "seed \(seed)")
        var expected: [String] = []
        for request in h.requests { for _ in 0..<request.copies { expected.append(request.method) } }
        let had = server.messages.map { $0.start.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(expected.starts(with: had), "seed \(seed)")
        // Every copy has one end, and who got nothing from the server has an end of its own.
        let ends = Dictionary(grouping: h.replies, by: \.stamp)
        for request in h.requests {
            let ends = ends[request.stamp] ?? []
            let copies = ends.map(\.copy).filter { $0 > 0 }.sorted()
            #expect(copies == (0..<request.copies).map { $0 + 1 }, "seed \(seed): \(request) \(ends)")
            let reached = ends.contains { $0.copy == 1 && $0.fate != .dropped && $0.fate != .undeliverable }
            #expect(ends.filter { $0.copy == 0 }.count == (reached ? 0 : 1), "seed \(seed): \(request) \(ends)")
        }
    }

    // MARK: - Noise

    private static let seeds: [String] = [
        "GET /a HTTP/1.1\r\nHost: b\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.0\r\n\r\n",
        "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "3\r\nabc\r\n", "0\r\n\r\n", "GET /x HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 101 X\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 204 No\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", "d\r\ndata: hello\n\n\r\n", "data: hello\n\n",
        ": beat\n\n", "CONNECT b:1 HTTP/1.1\r\n\r\n", "\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "AMQP\u{0}\u{0}\u{9}\u{1}",
    ]

    /// Octets that are nearly right, from both sides, through every fault and through none: no crash, and without a
    /// fault all comes out as it went in.
    @Test(arguments: 1...50) func noiseIsHarmless(seed: UInt64) {
        var g = SeededGenerator(seed: seed, "http1-noise")
        for round in 0..<50 {
            // What `LinkFuzzing` takes: a choice, then pieces with who says them and how long they are.
            var script: [UInt8] = [UInt8.random(in: 0...255, using: &g)]
            for _ in 0..<Int.random(in: 1...40, using: &g) {
                let isRequest = Bool.random(using: &g)
                let half = isRequest ? Self.seeds.prefix(8) + Self.seeds.suffix(4) : Self.seeds.dropFirst(5).dropLast(4)
                var octets = Array((half.randomElement(using: &g) ?? "").utf8)
                if Int.random(in: 0..<6, using: &g) == 0, let index = octets.indices.randomElement(using: &g) {
                    switch Int.random(in: 0..<3, using: &g) {
                    case 0: octets[index] = UInt8.random(in: 0...255, using: &g)
                    case 1: octets.remove(at: index)
                    default: octets.insert([10, 13, 32, 58, 48, 0].randomElement(using: &g)!, at: index)
                    }
                }
                let piece = [1, 2, 9, 127].randomElement(using: &g)!
                var rest = octets[...]
                while !rest.isEmpty {
                    let part = rest.prefix(piece)
                    script.append(UInt8(part.count) << 1 | (isRequest ? 0 : 1))
                    script += part
                    rest = rest.dropFirst(piece)
                }
            }
            for choice in [script[0], script[0] & ~4, script[0] | 4 | 0xF8] {
                script[0] = choice
                #expect(LinkFuzzing.runHTTP1(script), "seed \(seed), round \(round): \(script)")
            }
        }
    }
}
