import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Testing

@testable import RPC

/// What a server answers to clients that are not ours: rules, limits, drain.
@Suite(.timeLimit(.minutes(1))) struct ServerTests {
    @Test(arguments: [
        ("content-type", "application/json", "415"), (":method", "GET", "405"),
    ]) func notGRPC(name: String, value: String, status: String) async throws {
        try await Bench.run { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            let request = HPACKHeaders(RawPeer.request.map { ($0.name, $0.name == name ? value : $0.value) })
            peer.send(RawPeer.headers(request))
            #expect(await peer.nextHeaders()?.first(name: ":status") == status)
            #expect(await peer.nextReset() == .noError)
            #expect(bench.server.statistics.startedStreams == 0)
        }
    }

    @Test func unsupportedEncodingNamesTheSupportedOnes() async throws {
        try await Bench.run { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            var request = RawPeer.request
            request.add(name: "grpc-encoding", value: "snappy")
            peer.send(RawPeer.headers(request, end: true))
            let answer = try #require(await peer.nextHeaders())
            #expect(answer.first(name: "grpc-status") == "12")
            #expect(answer.first(name: "grpc-accept-encoding") == "identity,gzip")
        }
    }

    @Test func malformedRequestsAreResetAndTheirNeighboursServed() async throws {
        try await Bench.run { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            var bad = RawPeer.request
            bad.add(name: "x", value: "a\r\nb")
            peer.send(RawPeer.headers(bad, end: true))
            #expect(await peer.nextReset() == .protocolError)
            peer.send([RawPeer.headers(RawPeer.request), RawPeer.message([1], end: true)], on: 3)
            #expect(await peer.nextHeaders() == RawPeer.answer)
        }
    }

    /// A client that has not said all when it is answered is told to stop (RFC 9113 §8.1), or its stream would stay for ever.
    @Test func earlyAnswersEndTheStream() async throws {
        let handler: ServerCallHandler = { call in
            call.finish(GRPCStatus(.permissionDenied))
            return nil
        }
        try await Bench.run(handler: handler) { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            peer.send([RawPeer.headers(RawPeer.request), RawPeer.message([1])])
            #expect(await peer.nextHeaders()?.first(name: "grpc-status") == "7")
            #expect(await peer.nextReset() == .noError)
            #expect(bench.server.statistics.openStreams == 0)
        }
    }

    @Test func gzipOnlyForThoseWhoReadIt() async throws {
        let handler: ServerCallHandler = { call in
            call.send(ByteBuffer(repeating: 1, count: 1_000), compress: true)
            call.finish(.ok)
            return nil
        }
        try await Bench.run(handler: handler) { bench in
            for (accepted, flag) in [("identity", UInt8(0)), ("gzip", 1)] {
                let peer = try await RawPeer.connect(to: bench.server.port)
                var request = RawPeer.request
                request.add(name: "grpc-accept-encoding", value: accepted)
                peer.send(RawPeer.headers(request, end: true))
                #expect(await peer.nextHeaders()?.first(name: "grpc-encoding") == (flag == 1 ? "gzip" : nil))
                let sent = await peer.next { frame -> UInt8? in
                    if case .data(let data) = frame.payload, case .byteBuffer(let bytes) = data.data {
                        bytes.getInteger(at: bytes.readerIndex)
                    } else {
                        nil
                    }
                }
                #expect(sent == flag)
            }
        }
    }

    @Test func drippedBytes() async throws {
        try await Bench.run { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            peer.send(RawPeer.headers(RawPeer.request))
            for byte: UInt8 in [0, 0, 0, 0, 2, 7, 8] { peer.send(RawPeer.data([byte])) }
            peer.send(RawPeer.data([], end: true))
            let echoed = await peer.next { frame -> ByteBuffer? in
                if case .data(let data) = frame.payload, case .byteBuffer(let bytes) = data.data { bytes } else { nil }
            }
            #expect(echoed == ByteBuffer(bytes: [0, 0, 0, 0, 2, 7, 8]))
            #expect(await peer.nextHeaders()?.first(name: "grpc-status") == "0")
        }
    }

    @Test(
        arguments: [
            ([0, 0x40, 0, 0, 0], "8"), ([2, 0, 0, 0, 0], "13"), ([1, 0, 0, 0, 0], "13"), ([0, 0, 0, 0, 9], "13"),
        ] as [([UInt8], String)]) func malformedMessages(bytes: [UInt8], status: String) async throws
    {
        try await Bench.run { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            peer.send([RawPeer.headers(RawPeer.request), RawPeer.data(bytes, end: true)])
            #expect(await peer.nextHeaders()?.first(name: "grpc-status") == status)
            peer.send([RawPeer.headers(RawPeer.request), RawPeer.message([1], end: true)], on: 3)
            #expect(await peer.nextHeaders() == RawPeer.answer)
        }
    }

    /// A handler that does not read gets no more than a window; the rest of the connection goes on.
    @Test func aSlowHandlerBoundsMemory() async throws {
        let slow = Bench.group.any().makePromise(of: NIOLoopBound<ServerCall>.self)
        let ended = Bench.group.any().makePromise(of: Int.self)
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            guard call.path == "/slow" else { return CallScript.echo(call) }
            call.isReading = false
            script.onHalfClose = { script in
                ended.succeed(script.messages.reduce(0) { $0 + $1.readableBytes })
                script.call.finish(.ok)
            }
            slow.succeed(call.bound)
            return script
        }
        try await Bench.run { configuration in
            configuration.limits.streamWindow = 100_000
        } handler: {
            handler($0)
        } _: { bench in
            let client = try await bench.connect()
            let stalled = client.eventLoop.makePromise(of: Void.self)
            let call = client.start("/slow") { stream, _ in
                for _ in 0..<60 { stream.send(ByteBuffer(repeating: 1, count: 10_000)) }
                stream.halfClose()
                #expect(!stream.isWritable)
                stalled.succeed()
            }
            try await stalled.futureResult.get()
            // Others pass by.
            for _ in 0..<5 { #expect(try await client.call().status.isOK) }
            let held = try await slow.futureResult.get()
            #expect(try await held.eventLoop.submit { held.value.waitingBytes }.get() == 100_000)
            try await held.eventLoop.submit { held.value.isReading = true }.get()
            #expect(try await ended.futureResult.get() == 600_000)
            #expect(try await call.get().status.isOK)
        }
    }

    /// Messages that never become whole are bounded on all calls together, and only the one that goes too far ends.
    @Test func unfinishedMessagesAreBounded() async throws {
        try await Bench.run {
            $0.limits.maximumBufferedInbound = 25_000
        } _: { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            let part: [UInt8] = [0, 0, 0x10, 0, 0] + [UInt8](repeating: 0, count: 10_000)
            for stream in [1, 3, 5] { peer.send([RawPeer.headers(RawPeer.request), RawPeer.data(part)], on: stream) }
            let refused = await peer.next { frame -> (Int, String?)? in
                guard case .headers(let headers) = frame.payload else { return nil }
                return (Int(frame.streamID), headers.headers.first(name: "grpc-status"))
            }
            #expect(refused?.0 == 5)
            #expect(refused?.1 == "8")
            // Its bytes are free again.
            peer.send(
                [RawPeer.headers(RawPeer.request), RawPeer.data([0, 0, 0, 0x10]), RawPeer.data([0, 1], end: false)],
                on: 7)
            peer.send(RawPeer.data([UInt8](repeating: 0, count: 4_095), end: true), on: 7)
            #expect(await peer.nextHeaders() == RawPeer.answer)
        }
    }

    /// The server may not be made to hoard answers that nobody reads.
    @Test func aHandlerThatNeverStopsSending() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            guard call.path == "/flood" else { return CallScript.echo(call) }
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            script.onHalfClose = { script in
                while script.call.isOpen { script.call.send(ByteBuffer(repeating: 0, count: 50_000)) }
            }
            return script
        }
        try await Bench.run {
            $0.limits.maximumBufferedOutbound = 1 << 20
        } handler: {
            handler($0)
        } _: { bench in
            let client = try await bench.connect()
            let outcome = try await client.call("/flood")
            #expect(outcome.ending.origin == .reset)
            #expect(outcome.status.code == .resourceExhausted)
            #expect(try await reason.futureResult.get() == .overflow)
            #expect(try await client.call().status.isOK)
        }
    }

    @Test func handlersHearWhenTheyMayWriteAgain() async throws {
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            var left = 40
            let push: (CallScript) -> Void = { script in
                while left > 0, script.call.isWritable {
                    left -= 1
                    script.call.send(ByteBuffer(repeating: 0, count: 50_000))
                }
                if left == 0 { script.call.finish(.ok) }
            }
            script.onHalfClose = push
            script.onWritable = push
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let outcome = try await bench.connect { $0.limits.streamWindow = 65_535 }.call()
            #expect(outcome.messages.count == 40)
            #expect(outcome.status.isOK)
        }
    }

    @Test func drainLetsRunningCallsFinish() async throws {
        let running = Bench.group.any().makePromise(of: NIOLoopBound<ServerCall>.self)
        let handler: ServerCallHandler = { call in
            running.succeed(call.bound)
            return CallScript(call)
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            let unusable = client.eventLoop.makePromise(of: Void.self)
            _ = try await client.read { $0.onUnusable = { unusable.succeed() } }
            let call = client.start()
            let held = try await running.futureResult.get()
            let drained = bench.server.shutDown(grace: .seconds(50))
            try await unusable.futureResult.get()
            #expect(try await client.call().ending.origin == .neverSent)
            held.eventLoop.execute { held.value.finish(GRPCStatus(.aborted, "in time")) }
            #expect(try await call.get().status == GRPCStatus(.aborted, "in time"))
            try await drained.get()
            #expect(bench.server.statistics.openConnections == 0)
        }
    }

    /// The last GOAWAY names the last stream that the server works on (RFC 9113 §6.8).
    @Test func drainNamesTheLastStream() async throws {
        let handler: ServerCallHandler = { CallScript($0) }
        try await Bench.run(handler: handler) { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            peer.send(RawPeer.headers(RawPeer.request))
            peer.send(RawPeer.headers(RawPeer.request), on: 3)
            peer.send(.ping(HTTP2PingData(withInteger: 7), ack: false), on: 0)
            _ = await peer.next { if case .ping(_, ack: true) = $0.payload { true } else { nil } }
            let drained = bench.server.shutDown(grace: .seconds(50))
            let first = await peer.next { if case .goAway(let last, _, _) = $0.payload { last } else { nil } }
            #expect(first == .maxID)
            let second = await peer.next { if case .goAway(let last, _, _) = $0.payload { last } else { nil } }
            #expect(second == 3)
            try await peer.close()
            try await drained.get()
        }
    }

    @Test func drainEndsWithItsGrace() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let started = Bench.group.any().makePromise(of: Void.self)
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            started.succeed()
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            let call = client.start()
            try await started.futureResult.get()
            try await bench.server.shutDown(grace: .milliseconds(20)).get()
            #expect(try await call.get().ending.origin == .connectionLost)
            #expect(try await reason.futureResult.get() == .connectionLost)
        }
    }

    @Test func silentConnectionsAreClosed() async throws {
        try await Bench.run {
            $0.handshakeTimeout = .milliseconds(20)
        } _: { bench in
            let channel = try await ClientBootstrap(group: Bench.group)
                .connect(host: "127.0.0.1", port: Int(bench.server.port)).get()
            try await channel.closeFuture.get()
        }
    }

    @Test func idleConnectionsAreSentAway() async throws {
        try await Bench.run {
            $0.idleTimeout = .milliseconds(20)
        } _: { bench in
            let closed = Bench.group.any().makePromise(of: String.self)
            _ = try await bench.connect(connected: { connection in
                connection.onClosed = { [unowned connection] reason in
                    closed.succeed("\(connection.goAway?.code ?? -1) \(reason)")
                }
            })
            let reason = try await closed.futureResult.get()
            #expect(reason.hasPrefix("0 "))
        }
    }

    @Test func tooManyConnections() async throws {
        try await Bench.run {
            $0.maximumConnections = 1
        } _: { bench in
            let first = try await bench.connect()
            #expect(try await first.call().status.isOK)
            await #expect {
                _ = try await bench.connect()
            } throws: { error in
                if case GRPCConnectionError.handshake = error { true } else { false }
            }
            #expect(bench.server.statistics.refusedConnections == 1)
            #expect(try await first.call().status.isOK)
        }
    }

    @Test func deadClientsAreFoundByPings() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            return script
        }
        try await Bench.run { configuration in
            configuration.keepalive.interval = .milliseconds(50)
            configuration.keepalive.timeout = .milliseconds(300)
        } handler: {
            handler($0)
        } _: { bench in
            // A client that starts a call, and neither reads nor answers.
            let peer = try await RawPeer.connect(
                to: bench.server.port, first: [RawPeer.headers(RawPeer.request)], isDeaf: true)
            #expect(try await reason.futureResult.get() == .connectionLost)
            try? await peer.close()
        }
    }
}
