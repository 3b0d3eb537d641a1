import ClusterModel
import NIOCore
import NIOPosix
import Testing

@testable import Feeds

/// What comes in pieces, or makes no sense.
@Suite(.timeLimit(.minutes(2))) struct FeedHostilityTests {
    @Test func requestsMayCome1OctetAtATime() async throws {
        try await FeedBed.with { bed in
            let client = try await bed.connect()
            let request =
                "POST /feeds/news HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nidempotency-key: k\r\n\r\nhello"
                + "GET /feeds/news?after=0 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            for byte in request.utf8 { try await client.send([byte]) }
            let replies = await client.read(until: nil)
            #expect(replies.contains("location: /feeds/news/1"))
            #expect(replies.contains("\"body\":\"hello\""))
            await client.close()
        }
    }

    @Test func whatIsNoHTTPIsToldSo() async throws {
        try await FeedBed.with { bed in
            for garbage in [
                "nonsense\r\n\r\n", "GET /feeds HTTP/9.9\r\n\r\n", "GET /feeds HTTP/1.1\r\nbad header\r\n\r\n",
            ] {
                let client = try await bed.connect()
                try await client.send(garbage)
                let reply = await client.read(until: nil)
                #expect(reply.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(garbage)")
                #expect(reply.contains("application/problem+json"))
                #expect(reply.contains("\"status\":400"))
                await client.close()
            }
            #expect(try await bed.ask("/feeds").status == 200)
        }
    }

    /// A body that ends too soon is no item.
    @Test func aBodyThatIsCutIsNotAppended() async throws {
        try await FeedBed.with { bed in
            for body in ["content-length: 10\r\n\r\nhello", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"] {
                let client = try await bed.connect()
                try await client.send("POST /feeds/news HTTP/1.1\r\nhost: x\r\n\(body)")
                try await client.finish()
                _ = await client.read(until: nil)
                await client.close()
            }
            let answer = try await bed.ask("/feeds/news")
            #expect(FeedContent(ByteBuffer(string: answer.body)) == FeedContent(items: [], last: 0))
        }
    }

    /// Requests with octets changed, dropped, doubled and mixed: the server answers the next one all the same.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func mutatedRequests(_ seed: UInt64) async throws {
        let seeds = [
            "GET /feeds HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /feeds/news?after=1&limit=5&wait=1ms HTTP/1.1\r\nhost: x\r\nif-none-match: \"a\", W/\"b\"\r\n\r\n",
            "GET /feeds/news HTTP/1.1\r\nhost: x\r\naccept: text/event-stream;q=0.5, */*\r\nlast-event-id: 2\r\n\r\n",
            "POST /feeds/news HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\nidempotency-key: k\r\n"
                + "content-length: 5\r\n\r\nhello",
            "POST /feeds/news HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "HEAD /feeds/news/1 HTTP/1.1\r\nhost: x\r\naccept: application/json\r\n\r\n",
            "GET http://x/feeds/%6eews/18446744073709551615 HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\r\n",
        ].map { Array($0.utf8) }
        let special = Array("\0\r\n :;,=&?%/\"\\\u{7F}9".utf8) + [0xFF, 0xC3]
        try await FeedBed.with([Feed(name: "news", keep: 20, wait: .milliseconds(5))]) { bed in
            try await bed.append("one")
            var random = SplitMix(seed: seed)
            for _ in 0..<600 {
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 1...3, using: &random) { bytes += seeds.randomElement(using: &random)! }
                for _ in 0..<Int.random(in: 0...6, using: &random) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes[place] = special.randomElement(using: &random)!
                    case 2: bytes.remove(at: place)
                    case 3: bytes.insert(special.randomElement(using: &random)!, at: place)
                    default:
                        bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
                    }
                }
                let client = try await bed.connect()
                try? await client.send(bytes)
                try? await client.finish()
                // Whatever it is, it comes to an end.
                _ = await client.read(until: nil)
                await client.close()
            }
            #expect(try await bed.ask("/feeds/news/999999").status == 404)
            #expect(try await bed.post("still here").status == 201)
            // Nothing of them is left.
            #expect(
                try await bed.loop.submit { bed.server.value.waitingCount + bed.server.value.streamCount }.get() == 0)
        }
    }
}
