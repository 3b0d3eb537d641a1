import ClusterModel
import NIOCore
import NIOPosix
import Testing

@testable import LivePage

@Suite struct PageDirectorTests {
    private func text(_ director: PageDirector, _ seat: Int) async -> String {
        await director.next(seat).map { String(buffer: $0) } ?? ""
    }

    @Test func whoComesLaterIsToldHowThingsStand() async throws {
        let cluster = FakeCluster()
        let director = PageDirector(cluster, logs: LogTail([]), hasHosts: false)
        let first = try #require(await director.sit())
        #expect(
            await director.perform("orch fault drop 30% --link 'a -> b'").text == "did fault+drop+30%+--link+a -> b")
        await director.look()
        let second = try #require(await director.sit())
        let both = [await text(director, first), await text(director, second)]
        for seen in both {
            #expect(seen.contains("\"outcome\":\"done\"") && seen.contains("event: state"), "\(seen)")
        }
        #expect(cluster.commands == [["fault", "drop", "30%", "--link", "a -> b"]])
    }

    @Test func whatIsNoCommandIsNotGiven() async {
        let cluster = FakeCluster()
        let director = PageDirector(cluster, logs: LogTail([]), hasHosts: false)
        #expect(await director.perform("orch fault list; rm x").text.hasPrefix("error: ';' means something to a shell"))
        #expect(await director.perform("orch").isDone == false)
        #expect(await director.check("wrong").isDone == false)
        #expect(cluster.commands.isEmpty)
    }

    @Test func commandsAndSeatsAreBounded() async throws {
        let cluster = FakeCluster()
        cluster.holdCommands()
        let director = PageDirector(cluster, logs: LogTail([]), hasHosts: false)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<PageDirector.commandLimit {
                group.addTask { await director.perform("orch fault list").isDone }
            }
            while cluster.heldCommands < PageDirector.commandLimit { await Task.yield() }
            let refused = await director.perform("orch fault clear")
            #expect(!refused.isDone && refused.text.contains("8 commands are running"))
            cluster.release()
            for try await isDone in group { #expect(isDone) }
        }
        for _ in 0..<PageDirector.seatLimit { #expect(await director.sit() != nil) }
        #expect(await director.sit() == nil)
        await director.leave(1)
        #expect(await director.sit() != nil)
    }

    @Test func theEndAnswersWhatIsUnderWay() async {
        let cluster = FakeCluster()
        cluster.holdCommands()
        let director = PageDirector(cluster, logs: LogTail([]), hasHosts: false)
        async let answer = director.perform("orch down")
        while cluster.heldCommands == 0 { await Task.yield() }
        await director.finish(PageEnd(verdict: "pass", exitCode: 0, text: "", report: ""))
        #expect(await answer.text == "the run has ended")
        cluster.release()
    }

    @Test func theEndIsTheLastWord() async throws {
        let director = PageDirector(FakeCluster(), logs: LogTail([]), hasHosts: false)
        let seat = try #require(await director.sit())
        async let waiting = director.next(seat)
        while await director.watchers == 0 { await Task.yield() }
        await director.finish(PageEnd(verdict: "fail", exitCode: 1, text: "lost 3", report: "orch report x"))
        #expect(String(buffer: try #require(await waiting)).contains("event: end\ndata: {\"exitCode\":1"))
        #expect(await director.next(seat) == nil)
        let late = try #require(await director.sit())
        #expect(await text(director, late).contains("lost 3"))
    }
}

/// On real sockets.
@Suite struct PageServerTests {
    private struct Answer {
        var status: Int
        var text: String
    }

    private func serve<Result>(
        _ cluster: FakeCluster = FakeCluster(), _ body: (PageServer, PageDirector) async throws -> Result
    ) async throws -> Result {
        let director = PageDirector(cluster, logs: LogTail([]), hasHosts: false)
        let server = try await PageServer.start(page: "<p>the page</p>", director: director)
        do {
            let result = try await body(server, director)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    private func connect(_ server: PageServer) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
            .connect(host: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
            }
    }

    /// One request on a connection of its own, to its end.
    private func ask(
        _ server: PageServer, _ method: String, _ target: String, _ headers: [String: String] = [:],
        host: String? = nil, body: String? = nil
    ) async throws -> Answer {
        var request =
            "\(method) \(target) HTTP/1.1\r\nhost: \(host ?? "127.0.0.1:\(server.port)")\r\nconnection: close\r\n"
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        if let body { request += "content-length: \(body.utf8.count)\r\n" }
        request += "\r\n" + (body ?? "")
        let channel = try await connect(server)
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var text = ""
            do { for try await piece in inbound { text += String(buffer: piece) } } catch {}
            let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            return Answer(status: status ?? 0, text: text)
        }
    }

    @Test func thePageIsForWhoHasTheToken() async throws {
        try await serve { server, _ in
            let page = try await ask(server, "GET", "/?token=\(server.token.text)")
            #expect(page.status == 200 && page.text.hasSuffix("<p>the page</p>"), "\(page.text)")
            #expect(page.text.lowercased().contains("content-security-policy: default-src 'none'"))
            #expect(
                !page.text.lowercased().contains("access-control") && !page.text.lowercased().contains("set-cookie"))
            #expect(server.url == "http://127.0.0.1:\(server.port)/?token=\(server.token.text)")
            #expect(try await ask(server, "GET", "/").status == 403)
            #expect(try await ask(server, "GET", "/?token=\(PageToken().text)").status == 403)
            #expect(try await ask(server, "GET", "/events").status == 403)
            let rebound = try await ask(
                server, "GET", "/?token=\(server.token.text)", host: "evil.example:\(server.port)")
            #expect(rebound.status == 403 && !rebound.text.contains("the page"))
        }
    }

    @Test func aCommandIsGivenWithTheTokenInAHeader() async throws {
        let cluster = FakeCluster()
        try await serve(cluster) { server, _ in
            let header = [PageRequest.tokenHeader: server.token.text]
            let done = try await ask(server, "POST", "/commands", header, body: "orch fault list")
            #expect(
                done.status == 200 && done.text.hasSuffix("{\"isDone\":true,\"text\":\"did fault+list\"}"),
                "\(done.text)")
            let inAddress = "/commands?token=\(server.token.text)"
            #expect(try await ask(server, "POST", inAddress, body: "orch fault clear").status == 403)
            let other = header.merging(["origin": "http://evil.example"]) { $1 }
            #expect(try await ask(server, "POST", "/commands", other, body: "orch fault clear").status == 403)
            let long = String(repeating: "x", count: PageRequest.commandLimit + 1)
            #expect(try await ask(server, "POST", "/commands", header, body: long).status == 413)
            #expect(try await ask(server, "POST", "/check", header, body: "orch fault clear").status == 200)
            #expect(cluster.commands == [["fault", "list"]])
        }
    }

    @Test func aBrowserIsToldWhatHappens() async throws {
        let cluster = FakeCluster()
        try await serve(cluster) { server, director in
            let channel = try await connect(server)
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(
                    ByteBuffer(
                        string:
                            "GET /events?token=\(server.token.text) HTTP/1.1\r\nhost: localhost:\(server.port)\r\n\r\n")
                )
                var text = ""
                var pieces = inbound.makeAsyncIterator()
                while !text.contains("\"phase\":\"running\""), let piece = try await pieces.next() {
                    text += String(buffer: piece)
                }
                #expect(text.contains("text/event-stream") && text.contains("event: state"))
                cluster.say(Samples.status(elapsed: 99, published: 777))
                while !text.contains("\"publish\":777"), let piece = try await pieces.next() {
                    text += String(buffer: piece)
                }
                #expect(text.contains("\"elapsed\":99"))
                await director.finish(PageEnd(verdict: "pass", exitCode: 0, text: "all well", report: "orch report x"))
                while !text.contains("all well"), let piece = try await pieces.next() {
                    text += String(buffer: piece)
                }
                #expect(text.contains("event: end"))
            }
        }
    }

    /// It takes nothing: one state waits for it, the newest, and what is on its way; and it does not keep the server from
    /// its end.
    @Test func aSlowBrowserIsBounded() async throws {
        let size = 1 << 20
        let cluster = FakeCluster(Samples.status(padding: size))
        try await serve(cluster) { server, director in
            let channel = try await connect(server)
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(
                    ByteBuffer(
                        string:
                            "GET /events?token=\(server.token.text) HTTP/1.1\r\nhost: localhost:\(server.port)\r\n\r\n")
                )
                while await director.watchers == 0 { await Task.yield() }
                // Sockets hold some; then nothing is taken any more.
                for _ in 0..<60 { await director.look() }
                let waiting = await director.backlog
                #expect(waiting > size && waiting < size + 10_000, "\(waiting)")
                for _ in 0..<20 { await director.look() }
                #expect(await director.backlog == waiting)
                // Others are not kept waiting by it.
                #expect(try await ask(server, "GET", "/?token=\(server.token.text)").status == 200)
                await server.stop()
            }
        }
    }

    @Test func theEndFreesThePort() async throws {
        let director = PageDirector(FakeCluster(), logs: LogTail([]), hasHosts: false)
        let server = try await PageServer.start(page: "", director: director)
        await #expect(throws: OrchError.self) {
            _ = try await PageServer.start(port: server.port, page: "", director: director)
        }
        await server.end(PageEnd(verdict: "pass", exitCode: 0, text: "", report: ""))
        let again = try await PageServer.start(port: server.port, page: "", director: director)
        #expect(again.port == server.port && again.token.text != server.token.text)
        await again.stop()
    }
}
