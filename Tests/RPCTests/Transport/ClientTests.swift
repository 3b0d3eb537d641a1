import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Testing

@testable import RPC

/// What a client makes of servers that are not ours.
@Suite(.timeLimit(.minutes(1))) struct ClientTests {
    /// One call, answered with these frames.
    private func answered(_ payloads: [HTTP2Frame.FramePayload]) async throws -> Outcome {
        let (peer, client) = try await RawPeer.accept()
        let call = client.start { stream, _ in stream.send(ByteBuffer(string: "x"), endOfStream: true) }
        _ = await peer.nextHeaders()
        peer.send(payloads)
        let outcome = try await call.get()
        try await peer.close()
        return outcome
    }

    @Test func requestHeaders() async throws {
        let (peer, client) = try await RawPeer.accept { $0.authority = "calculator" }
        var metadata = Metadata()
        try metadata.add("a", "b")
        _ = client.start("/p.S/m", metadata: metadata, timeout: 60_000_000_000, compress: true)
        let headers = try #require(await peer.nextHeaders())
        #expect(
            headers.map(\.name).prefix(4).sorted() == [":authority", ":method", ":path", ":scheme"])
        #expect(headers.first(name: ":path") == "/p.S/m")
        #expect(headers.first(name: ":authority") == "calculator")
        #expect(headers.first(name: ":method") == "POST")
        #expect(headers.first(name: "te") == "trailers")
        #expect(headers.first(name: "content-type") == "application/grpc")
        #expect(headers.first(name: "grpc-encoding") == "gzip")
        #expect(headers.first(name: "grpc-accept-encoding") == "identity,gzip")
        #expect(headers.first(name: "a") == "b")
        let timeout = try #require(headers.first(name: "grpc-timeout").flatMap(GRPCTimeout.parse))
        #expect(timeout <= 60_000_000_000 && timeout > 50_000_000_000)
        try await peer.close()
    }

    @Test func informationalHeadersAreSkipped() async throws {
        let outcome = try await answered([
            RawPeer.headers([":status": "103"]), RawPeer.headers(RawPeer.answer), RawPeer.message([1, 2]),
            RawPeer.headers(["grpc-status": "0"], end: true),
        ])
        #expect(outcome.messages == [ByteBuffer(bytes: [1, 2])])
        #expect(outcome.ending == ClientStreamEnding(.ok, origin: .serverStatus, wasSent: true))
    }

    @Test func answersThatAreNotGRPC() async throws {
        let cases: [([HTTP2Frame.FramePayload], GRPCCode)] = [
            ([RawPeer.headers([":status": "503"], end: true)], .unavailable),
            (
                [RawPeer.headers([":status": "404", "content-type": "text/html"]), RawPeer.data([1], end: true)],
                .unimplemented
            ),
            ([RawPeer.headers([":status": "200", "content-type": "text/html"])], .unknown),
            ([RawPeer.headers(RawPeer.answer), RawPeer.message([1], end: true)], .internalError),
        ]
        for (payloads, code) in cases {
            let outcome = try await answered(payloads)
            #expect(outcome.status.code == code)
            #expect(outcome.ending.origin == .protocolError)
        }
    }

    @Test func aMissingStatus() async throws {
        let outcome = try await answered([RawPeer.headers(RawPeer.answer), RawPeer.headers(["a": "b"], end: true)])
        #expect(outcome.status.code == .unknown)
        #expect(outcome.ending.trailers["a"] == "b")
    }

    @Test func tornMessages() async throws {
        let torn = try await answered([
            RawPeer.headers(RawPeer.answer), RawPeer.data([0, 0, 0, 0, 5, 1]),
            RawPeer.headers(["grpc-status": "0"], end: true),
        ])
        #expect(torn.status == MessageError.truncated.status)
        #expect(torn.ending.origin == .protocolError)
        let explained = try await answered([
            RawPeer.headers(RawPeer.answer), RawPeer.data([0, 0, 0, 0, 5, 1]),
            RawPeer.headers(["grpc-status": "15"], end: true),
        ])
        #expect(explained.status.code == .dataLoss)
        #expect(explained.ending.origin == .serverStatus)
    }

    @Test func resetsByTheServer() async throws {
        let refused = try await answered([.rstStream(.refusedStream)])
        #expect(refused.ending.origin == .refusedStream)
        let cancelled = try await answered([RawPeer.headers(RawPeer.answer), .rstStream(.cancel)])
        #expect(cancelled.ending.origin == .reset)
        #expect(cancelled.status.code == .cancelled)
        // After the trailers a reset only says: stop sending.
        let done = try await answered([
            RawPeer.headers(RawPeer.answer), RawPeer.headers(["grpc-status": "0"], end: true),
        ])
        #expect(done.status.isOK)
    }

    @Test func goAwayTellsWhatWasNotProcessed() async throws {
        let (peer, client) = try await RawPeer.accept()
        let first = client.start()
        let second = client.start()
        _ = await peer.nextHeaders()
        _ = await peer.nextHeaders()
        peer.send(.goAway(lastStreamID: 1, errorCode: .noError, opaqueData: ByteBuffer(string: "update")), on: 0)
        let unprocessed = try await second.get()
        #expect(unprocessed.ending.origin == .goAwayUnprocessed)
        #expect(unprocessed.status.code == .unavailable)
        #expect(try await client.read { $0.isUsable } == false)
        #expect(try await client.read { $0.goAway?.debug } == "update")
        #expect(try await client.call().ending.origin == .neverSent)
        peer.send(
            RawPeer.headers([":status": "200", "content-type": "application/grpc", "grpc-status": "5"], end: true))
        #expect(try await first.get().status.code == .notFound)
        // With its last call the connection ends.
        #expect(await peer.next { _ in Optional<Void>.none } == nil)
    }

    @Test func theServersConnectionBreaks() async throws {
        let (peer, client) = try await RawPeer.accept()
        let call = client.start()
        _ = await peer.nextHeaders()
        try await peer.close()
        let outcome = try await call.get()
        #expect(outcome.ending.origin == .connectionLost)
        #expect(outcome.status.code == .unavailable)
    }

    @Test func waitsForStreams() async throws {
        let (peer, client) = try await RawPeer.accept(
            { $0.maximumWaitingCalls = 2 }, settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)])
        let calls = (0..<4).map { index in
            client.start("/\(index)") { stream, _ in stream.send(ByteBuffer(string: "x"), endOfStream: true) }
        }
        let full = try await calls[3].get()
        #expect(full.ending.origin == .neverSent)
        #expect(full.status.code == .resourceExhausted)
        for index in 0..<3 {
            #expect(await peer.nextHeaders()?.first(name: ":path") == "/\(index)")
            peer.send(
                [RawPeer.headers(RawPeer.answer), RawPeer.headers(["grpc-status": "0"], end: true)], on: index * 2 + 1)
            #expect(try await calls[index].get().status.isOK)
        }
        try await peer.close()
    }

    @Test func waitingCallsEndWithoutBeingSent() async throws {
        let (peer, client) = try await RawPeer.accept(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)])
        let running = client.start()
        let cancelled = try await client.call { stream, _ in stream.cancel() }
        #expect(cancelled.ending.origin == .cancelled && !cancelled.ending.wasSent)
        let late = try await client.call(timeout: 2_000_000)
        #expect(late.ending.origin == .localDeadline && !late.ending.wasSent)
        let waiting = client.start()
        _ = await peer.nextHeaders()
        try await peer.close()
        #expect(try await running.get().ending.origin == .connectionLost)
        let ending = try await waiting.get().ending
        #expect(ending.origin == .neverSent && !ending.wasSent)
    }

    /// Many calls that come and go while no stream is free.
    @Test func cancelledWaitersDoNotPileUp() async throws {
        let (peer, client) = try await RawPeer.accept(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)])
        _ = client.start()
        for _ in 0..<3_000 { _ = client.start { stream, _ in stream.cancel() } }
        #expect(try await client.read { $0.queueLength } < 100)
        #expect(try await client.read { $0.openCalls } == 1)
        try await peer.close()
    }

    /// The server answers while our messages still wait for credit: the stream must be given up, not left open.
    @Test func anAnswerAmidOurMessages() async throws {
        let (peer, client) = try await RawPeer.accept(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 1)])
        let call = client.start { stream, _ in
            stream.send(ByteBuffer(repeating: 0, count: 200_000), endOfStream: true)
        }
        _ = await peer.nextHeaders()
        peer.send([
            RawPeer.headers([":status": "200", "content-type": "application/grpc", "grpc-status": "7"], end: true)
        ])
        #expect(try await call.get().status.code == .permissionDenied)
        #expect(await peer.nextReset() == .noError)
        // Its place is free.
        _ = client.start()
        #expect(await peer.nextHeaders() != nil)
        try await peer.close()
    }

    /// A server that stops reading: what never left is told from what may have arrived.
    @Test(arguments: [true, false]) func callsBehindAFullSocket(isGoAway: Bool) async throws {
        let (peer, client) = try await RawPeer.accept(
            settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 10_000)])
        let received = client.start()
        _ = await peer.nextHeaders()
        try await peer.channel.setOption(.autoRead, value: false).get()
        try await peer.channel.setOption(.socketOption(.so_rcvbuf), value: 4_096).get()
        try await client.eventLoop.flatSubmit {
            client.value.channel.setOption(.socketOption(.so_sndbuf), value: 4_096)
        }.get()
        var metadata = Metadata()
        try metadata.add("a", String(repeating: "x", count: 3_500))
        let calls = (0..<149).map { _ in client.start(metadata: metadata) }
        _ = try await client.read { $0.openCalls }
        if isGoAway {
            peer.send(.goAway(lastStreamID: 1, errorCode: .noError, opaqueData: nil), on: 0)
        } else {
            client.eventLoop.execute { client.value.close() }
        }
        var origins: [ClientStreamEnding.Origin: Int] = [:]
        for call in calls {
            let ending = try await call.get().ending
            origins[ending.origin, default: 0] += 1
            if !isGoAway { #expect(ending.wasSent == (ending.origin == .connectionLost)) }
        }
        if isGoAway {
            #expect(origins == [.goAwayUnprocessed: 149])
            // The connection lives for the call that the server has.
            try await peer.channel.setOption(.autoRead, value: true).get()
            peer.send(
                RawPeer.headers([":status": "200", "content-type": "application/grpc", "grpc-status": "5"], end: true))
            #expect(try await received.get().status.code == .notFound)
        } else {
            #expect((origins[.connectionLost] ?? 0) > 0)
            #expect((origins[.neverSent] ?? 0) > 0)
            #expect(try await received.get().ending.origin == .connectionLost)
        }
        try? await peer.close()
    }

    @Test func aSlowCallerBoundsMemory() async throws {
        let (peer, client) = try await RawPeer.accept { $0.limits.streamWindow = 65_535 }
        let call = client.start { stream, script in
            stream.isReading = false
            stream.halfClose()
        }
        _ = await peer.nextHeaders()
        peer.send(
            [RawPeer.headers(RawPeer.answer)]
                + (0..<20).map { _ in RawPeer.message([UInt8](repeating: 0, count: 4_000)) })
        peer.send(.ping(HTTP2PingData(withInteger: 9), ack: false), on: 0)
        // What comes next but the answer to the ping would be credit.
        let next = await peer.next { frame -> Bool? in
            switch frame.payload {
            case .ping(_, ack: true): true
            case .windowUpdate: frame.streamID == .rootStream ? nil : false
            default: nil
            }
        }
        #expect(next == true)
        try await peer.close()
        #expect(try await call.get().ending.origin == .connectionLost)
    }

    @Test func aPausedCallerGetsEverythingInTheEnd() async throws {
        let (peer, client) = try await RawPeer.accept()
        let paused = client.eventLoop.makePromise(of: NIOLoopBound<ClientStream>.self)
        let call = client.start { stream, script in
            stream.isReading = false
            stream.halfClose()
            paused.succeed(stream.bound)
        }
        _ = await peer.nextHeaders()
        peer.send([
            RawPeer.headers(RawPeer.answer), RawPeer.message([1]), RawPeer.message([2]),
            RawPeer.headers(["grpc-status": "0"], end: true),
        ])
        // Once the connection has gone, it has all been received.
        _ = client.start()
        _ = await peer.nextHeaders()
        try await peer.close()
        let stream = try await paused.futureResult.get()
        try await stream.eventLoop.submit { stream.value.isReading = true }.get()
        let outcome = try await call.get()
        #expect(outcome.messages == [ByteBuffer(bytes: [1]), ByteBuffer(bytes: [2])])
        #expect(outcome.status.isOK)
    }

    @Test func deadServersAreFoundByPings() async throws {
        let closed = Bench.group.any().makePromise(of: String.self)
        let (peer, _) = try await RawPeer.accept(
            {
                $0.keepalive.interval = .milliseconds(10)
                $0.keepalive.timeout = .milliseconds(50)
            }, isDeaf: true, connected: { connection in connection.onClosed = { closed.succeed($0) } })
        #expect(try await closed.futureResult.get() == "keepalive: nothing received within 50 ms of a ping")
        try? await peer.close()
    }

    @Test func aPeerThatSaysNothing() async throws {
        let listener = try await ServerBootstrap(group: Bench.group).bind(host: "127.0.0.1", port: 0).get()
        var configuration = GRPCConnectionConfiguration(
            host: "127.0.0.1", port: try #require(listener.localAddress?.port))
        configuration.connectTimeout = .milliseconds(50)
        await #expect(throws: GRPCConnectionError.timeout) {
            _ = try await GRPCConnection.connect(configuration, on: Bench.group.any()).get()
        }
        try await listener.close()
    }

    @Test func drainingWaitsForRunningCalls() async throws {
        let (peer, client) = try await RawPeer.accept()
        let call = client.start()
        _ = await peer.nextHeaders()
        client.eventLoop.execute { client.value.drain() }
        #expect(try await client.call().ending.origin == .neverSent)
        peer.send(
            RawPeer.headers([":status": "200", "content-type": "application/grpc", "grpc-status": "0"], end: true))
        #expect(try await call.get().status.isOK)
        #expect(await peer.nextGoAway()?.code == .noError)
    }
}
