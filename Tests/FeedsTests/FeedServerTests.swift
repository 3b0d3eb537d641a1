import ClusterModel
import NIOCore
import Storage
import Testing

@testable import Feeds

@Suite(.timeLimit(.minutes(1))) struct FeedServerTests {
    // MARK: - Polling

    @Test func itemsArePolled() async throws {
        try await FeedBed.with { bed in
            var answer = try await bed.ask("/feeds/news")
            #expect(answer.status == 200)
            #expect(answer.body == "{\"feed\":\"news\",\"items\":[],\"last\":0}\n")
            #expect(answer["orch-feed-items"] == nil)
            for text in ["one", "two \"2\"\n\u{1}ü", "three"] { try await bed.append(text) }
            answer = try await bed.ask("/feeds/news?after=1&limit=1")
            #expect(answer["orch-feed-items"] == "2-2")
            #expect(answer["content-type"] == "application/json")
            #expect(answer["date"]?.hasSuffix(" GMT") == true)
            #expect(answer.body.contains("\"body\":\"two \\\"2\\\"\\n\\u0001ü\"}],\"last\":3}"))
            #expect(FeedContent(ByteBuffer(string: answer.body)) == FeedContent(items: [2], last: 3))
            answer = try await bed.ask("/feeds/news?after=1")
            #expect(answer["orch-feed-items"] == "2-3")
            #expect(answer["orch-feed-oldest"] == nil)
            answer = try await bed.ask("/feeds/news?limit=0")
            #expect(FeedContent(ByteBuffer(string: answer.body)) == FeedContent(items: [], last: 3))
            answer = try await bed.ask("/feeds")
            #expect(
                answer.body
                    == "{\"feeds\":[{\"name\":\"news\",\"last\":3,\"oldest\":1,\"items\":3,\"durable\":false}]}\n")
            answer = try await bed.ask("/feeds/news/2")
            #expect(answer.body.hasPrefix("{\"id\":2,\"at\":1"))
            #expect(bed.lines == ["news 1 -", "news 2 -", "news 3 -"])
        }
    }

    @Test func whoeverAsksForOldItemsIsToldWhatIsLeft() async throws {
        try await FeedBed.with([Feed(name: "news", keep: 2)]) { bed in
            for number in 1...5 { try await bed.append("\(number)") }
            let answer = try await bed.ask("/feeds/news?after=1")
            #expect(answer["orch-feed-oldest"] == "4")
            #expect(answer["orch-feed-items"] == "4-5")
            let gone = try await bed.ask("/feeds/news/3")
            #expect(gone.status == 410)
            #expect(gone["orch-feed-oldest"] == "4")
            #expect(try await bed.ask("/feeds/news/6").status == 404)
        }
    }

    @Test func whatTheClientHasIsNotSentAgain() async throws {
        try await FeedBed.with { bed in
            try await bed.append("one")
            let first = try await bed.ask("/feeds/news")
            let tag = try #require(first["etag"])
            let again = try await bed.ask("/feeds/news", [("if-none-match", tag)])
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            #expect(again["etag"] == tag)
            #expect(again["content-length"] == nil)
            try await bed.append("two")
            #expect(try await bed.ask("/feeds/news", [("if-none-match", tag)]).status == 200)
            let item = try await bed.ask("/feeds/news/1")
            #expect(try await bed.ask("/feeds/news/1", [("if-none-match", item["etag"] ?? "")]).status == 304)
        }
    }

    @Test func headIsTheHead() async throws {
        try await FeedBed.with { bed in
            try await bed.append("one")
            let full = try await bed.ask("/feeds/news")
            let head = try await bed.ask(.HEAD, "/feeds/news?wait=30s&after=1")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(try await bed.ask(.HEAD, "/feeds/news")["content-length"] == full["content-length"])
            let stream = try await bed.ask(.HEAD, "/feeds/news", [("accept", "text/event-stream")])
            #expect(stream["content-type"] == "text/event-stream")
            // Nothing of it is left on the connection.
            let client = try await bed.connect()
            try await client.send("HEAD /feeds/news HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n")
            try await client.send("GET /feeds HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            let replies = await client.read(until: nil)
            #expect(replies.components(of: "HTTP/1.1 200 OK") == 2)
            #expect(replies.contains("\r\n\r\nHTTP/1.1 200 OK"))
            await client.close()
        }
    }

    @Test func problemsSayWhatIsWrong() async throws {
        try await FeedBed.with { bed in
            try await bed.append("one")
            var cases: [(Int, FeedBed.Answer)] = [
                (404, try await bed.ask("/")), (404, try await bed.ask("/feeds/old")),
                (404, try await bed.ask("/feeds/news/2")), (400, try await bed.ask("/feeds/news?after=x")),
                (406, try await bed.ask("/feeds/news", [("accept", "image/png")])),
                (405, try await bed.ask(.DELETE, "/feeds/news")),
                (415, try await bed.ask(.POST, "/feeds/news", [("content-type", "image/png")], body: [1])),
                (400, try await bed.ask(.POST, "/feeds/news", [], body: [0xFF, 0xFE])),
                (413, try await bed.ask(.POST, "/feeds/news", [], body: [UInt8](repeating: 65, count: (1 << 20) + 1))),
                (404, try await bed.post("x", feed: "old")),
            ]
            _ = try await bed.post("x", key: "k")
            cases.append((422, try await bed.post("y", key: "k")))
            for (status, answer) in cases {
                #expect(answer.status == status)
                #expect(answer["content-type"] == "application/problem+json")
                #expect(answer.body.contains("\"status\":\(status),\"detail\":\""))
            }
            #expect(cases[5].1["allow"] == "GET, HEAD, POST")
        }
    }

    // MARK: - Appending

    @Test func appendsAreMadeOnce() async throws {
        try await FeedBed.with { bed in
            let first = try await bed.post("hello", key: "a/1/1")
            #expect(first.status == 201)
            #expect(first["location"] == "/feeds/news/1")
            #expect(first.body == "{\"feed\":\"news\",\"id\":1}\n")
            #expect(try await bed.post("hello", key: "a/1/1").body == first.body)
            #expect(try await bed.post("hello").body == "{\"feed\":\"news\",\"id\":2}\n")
            #expect(bed.lines == ["news 1 a/1/1", "news 2 -"])
        }
    }

    @Test func aDurableItemIsSeenWhenItIsOnDisk() async throws {
        let disk = FakeFeedDisk(isHeld: true)
        try await FeedBed.with([Feed(name: "news", durable: true)], disk: disk) { bed in
            // The second attempt attaches to the first.
            async let first = bed.post("hello", key: "k")
            async let second = bed.post("hello", key: "k")
            var staged = 0
            while staged == 0, !Task.isCancelled {
                staged = try await bed.loop.submit { bed.server.value.pending("news") }.get()
            }
            let none = try await bed.ask("/feeds/news")
            #expect(FeedContent(ByteBuffer(string: none.body)) == FeedContent(items: [], last: 0))
            #expect(bed.lines.isEmpty)
            disk.letGo()
            let answers = try await [first, second]
            #expect(answers.map(\.status) == [201, 201])
            #expect(answers.map(\.body) == ["{\"feed\":\"news\",\"id\":1}\n", "{\"feed\":\"news\",\"id\":1}\n"])
            #expect(disk.written.count == 1)
            #expect(bed.lines == ["news 1 k"])
        }
    }

    @Test func manyAppendsAreOneGroup() async throws {
        let disk = FakeFeedDisk(isHeld: true)
        try await FeedBed.with([Feed(name: "news", durable: true)], disk: disk) { bed in
            let promise = bed.loop.makePromise(of: Void.self)
            bed.loop.execute {
                for number in 1...50 {
                    bed.server.value.schedule(Array("\(number)".utf8), feed: "news") { _ in
                        if number == 50 { promise.succeed() }
                    }
                }
            }
            disk.letGo()
            try await promise.futureResult.get()
            #expect(disk.written.map(\.item.number) == Array(1...50))
            #expect(disk.groups == 2)
        }
    }

    @Test func aBrokenDiskRefuses() async throws {
        let disk = FakeFeedDisk()
        try await FeedBed.with([Feed(name: "news", durable: true)], disk: disk) { bed in
            #expect(try await bed.post("one").status == 201)
            disk.breakIt()
            let refused = try await bed.post("two", key: "k")
            #expect(refused.status == 503)
            #expect(refused.body.contains("the disk is full"))
            #expect(try await bed.post("two", key: "k").status == 503)
            #expect(try await bed.ask("/feeds/news")["orch-feed-items"] == "1-1")
        }
    }

    @Test func aDurableFeedGoesOnAfterARestart() async throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let feeds = [Feed(name: "news", durable: true, keep: 3), Feed(name: "volatile")]
        var epochs: [String?] = []
        for life in 0..<3 {
            try await FeedBed.with(feeds, disk: SQLiteFeedDisk(directory: folder.path)) { bed in
                let first = life * 2 + 1
                if life > 0 {
                    #expect(
                        try await bed.post("first", key: "k/\(first - 2)")["location"] == "/feeds/news/\(first - 2)")
                }
                #expect(try await bed.post("first", key: "k/\(first)")["location"] == "/feeds/news/\(first)")
                try await bed.append("second")
                #expect(try await bed.post("x", feed: "volatile")["location"] == "/feeds/volatile/1")
                let answer = try await bed.ask("/feeds/news")
                #expect(answer["orch-feed-items"] == (life == 0 ? "1-2" : "\(first - 1)-\(first + 1)"))
                epochs.append(answer["orch-feed-epoch"])
                epochs.append(try await bed.ask("/feeds/volatile")["orch-feed-epoch"])
                #expect(try await bed.loop.submit { bed.server.value.scheduled("news").appended }.get() == life + 1)
                // Each was told of once: the last life ended in order.
                #expect(
                    bed.lines.filter { $0.hasPrefix("news") } == ["news \(first) k/\(first)", "news \(first + 1) -"])
            }
        }
        #expect(epochs[0] != nil)
        #expect(epochs[0] == epochs[2])
        #expect(epochs[0] == epochs[4])
        #expect(Set([epochs[0], epochs[1], epochs[3], epochs[5]]).count == 4)
    }

    /// A crash after the disk and before the evidence: nobody has seen the item yet, and it is told of first thing.
    @Test func whatACrashLeftUntoldIsTold() async throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let disk = SQLiteFeedDisk(directory: folder.path)
        _ = try disk.open([("news", "e")])
        try disk.write([
            FeedWrite(feed: "news", item: FeedItem(number: 1, at: 0, body: [65])),
            FeedWrite(
                feed: "news", item: FeedItem(number: 2, at: 0, body: [66]),
                key: AppendKey(text: "k", number: 2, digest: AppendKey.digest([66])), known: 1),
        ])
        // The same number never twice, whatever the process thinks.
        #expect(throws: StoreFailure.self) {
            try disk.write([FeedWrite(feed: "news", item: FeedItem(number: 2, at: 0, body: [67]))])
        }
        disk.close(known: [:])
        try await FeedBed.with([Feed(name: "news", durable: true)], disk: SQLiteFeedDisk(directory: folder.path)) {
            bed in
            #expect(bed.lines == ["news 2 k"])
            let answer = try await bed.ask("/feeds/news")
            #expect(answer["orch-feed-items"] == "1-2")
            #expect(try await bed.post("B", key: "k")["location"] == "/feeds/news/2")
        }
    }

    // MARK: - Long polling

    @Test func aLongPollIsAnsweredByTheItem() async throws {
        try await FeedBed.with { bed in
            async let answer = bed.ask("/feeds/news?after=0&wait=30s")
            try await waiters(bed, 1)
            try await bed.append("one")
            #expect(try await answer["orch-feed-items"] == "1-1")
            // What is there comes at once, and who is ahead of the feed learns so.
            #expect(try await bed.ask("/feeds/news?after=0&wait=30s")["orch-feed-items"] == "1-1")
            #expect(try await bed.ask("/feeds/news?after=9&wait=30s").status == 200)
        }
    }

    @Test func theEndOfTheWaitIsSaid() async throws {
        try await FeedBed.with([Feed(name: "news", wait: .milliseconds(20)), Feed(name: "slow")]) { bed in
            // The feed's own limit.
            let answer = try await bed.ask("/feeds/news?wait=1000s")
            #expect(answer.status == 204)
            #expect(answer["content-length"] == nil)
            #expect(answer["orch-feed-epoch"] != nil)
            #expect(try await bed.ask("/feeds/slow?wait=10ms").status == 204)
        }
    }

    @Test func aClientThatEndsEndsItsWait() async throws {
        try await FeedBed.with { bed in
            let client = try await bed.connect()
            try await client.send("GET /feeds/news?wait=60s HTTP/1.1\r\nhost: x\r\n\r\n")
            try await waiters(bed, 1)
            try await client.finish()
            #expect(await client.read(until: nil).hasPrefix("HTTP/1.1 204"))
            await client.close()
        }
    }

    private func waiters(_ bed: FeedBed, _ count: Int) async throws {
        var seen = 0
        while seen < count, !Task.isCancelled {
            seen = try await bed.loop.submit { bed.server.value.waitingCount }.get()
        }
    }

    // MARK: - Push

    @Test func itemsArePushed() async throws {
        try await FeedBed.with([Feed(name: "news", heartbeat: .milliseconds(10))]) { bed in
            for text in ["one", "two", "three\nlines\nhere"] { try await bed.append(text) }
            let client = try await bed.connect()
            try await client.send(
                "GET /feeds/news HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nlast-event-id: 1\r\n\r\n")
            var stream = await client.read(until: ": last 3")
            #expect(stream.contains("content-type: text/event-stream"))
            #expect(stream.contains("id: 2\ndata: two\n\nid: 3\ndata: three\ndata: lines\ndata: here\n\n"))
            #expect(!stream.contains("data: one"))
            try await bed.append("four")
            stream = await client.read(until: "data: four\n\n")
            #expect(stream.contains("id: 4\n"))
            stream = await client.read(until: ": last 4\n")
            await client.close()
        }
    }

    @Test func whoCatchesUpLateIsToldOfTheGap() async throws {
        try await FeedBed.with([Feed(name: "news", keep: 2)]) { bed in
            for number in 1...5 { try await bed.append("\(number)") }
            let client = try await bed.connect()
            try await client.send(
                "GET /feeds/news HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nlast-event-id: 1\r\n\r\n")
            let stream = await client.read(until: "id: 5\ndata: 5\n\n")
            #expect(stream.contains("event: gap\ndata: {\"from\":2,\"to\":3}\n\nid: 4\n"))
            #expect(stream.contains("orch-feed-oldest: 4"))
            await client.close()
        }
    }

    @Test func aSlowWatcherIsCutOff() async throws {
        try await FeedBed.with([Feed(name: "news", buffer: 10, slow: .disconnect)]) { bed in
            let client = try await slowWatcher(bed)
            // Its buffer and the kernel's are full long before that.
            let text = String(repeating: "x", count: 64 << 10)
            var isThere = true
            for _ in 0..<400 where isThere {
                try await bed.append(text)
                isThere = try await bed.loop.submit { bed.server.value.streamCount > 0 }.get()
            }
            #expect(!isThere)
            try await client.startReading()
            // It ends, and not in order.
            let stream = await client.read(until: nil)
            #expect(!stream.hasSuffix("0\r\n\r\n"))
            await client.close()
            // Others do not notice.
            #expect(try await bed.ask("/feeds").status == 200)
        }
    }

    @Test func aSlowWatcherLosesTheOldest() async throws {
        try await FeedBed.with([Feed(name: "news", buffer: 10, slow: .dropOldest)]) { bed in
            let client = try await slowWatcher(bed)
            let text = String(repeating: "x", count: 64 << 10)
            for _ in 0..<200 { try await bed.append(text) }
            try await bed.append("the end")
            #expect(try await bed.loop.submit { bed.server.value.streamCount }.get() == 1)
            try await client.startReading()
            let stream = await client.read(until: "data: the end\n\n")
            let gaps = stream.matches(of: /event: gap\ndata: {"from":(\d+),"to":(\d+)}/)
            // One, or more where it fell behind before nothing went out any more. What was not shown was told, and no more.
            let told = gaps.flatMap { Array(Int($0.1)!...Int($0.2)!) }
            #expect(told == (1...201).filter { !stream.contains("id: \($0)\n") })
            // The last ten are there.
            #expect(told.last == 191)
            await client.close()
        }
    }

    /// Follows the feed, and has caught up, but reads nothing any more.
    private func slowWatcher(_ bed: FeedBed) async throws -> RawClient {
        let client = try await bed.connect(reads: false)
        try await client.send("GET /feeds/news HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n")
        var isWaiting = false
        while !isWaiting, !Task.isCancelled {
            isWaiting = try await bed.loop.submit { bed.server.value.idleStreamCount == 1 }.get()
        }
        return client
    }

    // MARK: - The end

    @Test func theEndIsInOrderAndAtOnce() async throws {
        let bed = try await FeedBed.start([Feed(name: "news", slow: .dropOldest)])
        async let poll = bed.ask("/feeds/news?wait=60s")
        try await waiters(bed, 1)
        let stream = try await bed.connect()
        try await stream.send("GET /feeds/news HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n")
        _ = await stream.read(until: ": epoch")
        let idle = try await bed.connect()
        let half = try await bed.connect()
        try await half.send("POST /feeds/news HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
        let stopped = bed.loop.flatSubmit { bed.server.value.stop() }
        #expect(try await poll.status == 204)
        #expect(await stream.read(until: nil).hasSuffix("0\r\n\r\n"))
        #expect(await idle.read(until: nil).isEmpty)
        // Who never comes to an end is cut off.
        _ = await half.read(until: nil)
        try await stopped.get()
        for client in [stream, idle, half] { await client.close() }
        try await bed.group.shutdownGracefully()
    }
}

extension String {
    /// How often a text is in it.
    func components(of text: String) -> Int {
        var rest = self[...]
        var count = 0
        while let found = rest.firstRange(of: text) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }

    func range(after text: String, upTo end: Character) -> String? {
        firstRange(of: text).map { String(self[$0.upperBound...].prefix { $0 != end }) }
    }
}
