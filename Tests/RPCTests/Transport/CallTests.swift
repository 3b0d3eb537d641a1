import NIOCore
import Testing

@testable import RPC

/// Our client and our server, over a socket.
@Suite(.timeLimit(.minutes(1))) struct CallTests {
    @Test func unary() async throws {
        try await Bench.run { bench in
            let client = try await bench.connect()
            let outcome = try await client.call { stream, _ in stream.send(ByteBuffer(string: "hi"), endOfStream: true)
            }
            #expect(outcome.texts == ["hi"])
            #expect(outcome.ending == ClientStreamEnding(.ok, origin: .serverStatus, wasSent: true))
            #expect(try await client.read { $0.openCalls } == 0)
            #expect(bench.server.statistics.openStreams == 0)
            #expect(bench.server.statistics.startedStreams == 1)
        }
    }

    @Test func aCallSeesItsCircumstances() async throws {
        let seen = Bench.group.any().makePromise(of: (String, Metadata, UInt64?, UInt16, UInt64).self)
        let handler: ServerCallHandler = { call in
            seen.succeed((call.path, call.metadata, call.timeout, call.peerPort, call.connectionID))
            call.finish(GRPCStatus(.notFound, "näh", details: [1, 2]), trailers: call.metadata)
            return nil
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            var metadata = Metadata()
            try metadata.add("a", "1")
            try metadata.add("b-bin", binary: [0, 255])
            try metadata.add("a", "2", repeats: true)
            let outcome = try await client.call("/p.S/M", metadata: metadata, timeout: 5_000_000_000) { stream, _ in
                stream.send(ByteBuffer(string: "never read"))
            }
            let (path, received, timeout, port, id) = try await seen.futureResult.get()
            #expect(path == "/p.S/M")
            #expect(received.values("a") == ["1", "2"])
            #expect(received.binary("b-bin") == [0, 255])
            #expect(try #require(timeout) <= 5_000_000_000 && timeout! > 1_000_000_000)
            #expect(try await client.read { $0.localPort } == port)
            #expect(id == 1)
            // Trailers-only.
            #expect(outcome.initialMetadata == nil)
            #expect(outcome.status == GRPCStatus(.notFound, "näh", details: [1, 2]))
            #expect(outcome.ending.trailers.values("a") == ["1", "2"])
            #expect(outcome.ending.trailers.binary("b-bin") == [0, 255])
        }
    }

    /// NIO would give up the connection over a header block larger than a frame.
    @Test func metadataThatNoFrameCanHold() async throws {
        // A backslash has 19 bits in Huffman's code.
        let worst = String(repeating: "\\", count: 8_000)
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            var metadata = Metadata()
            try? metadata.add("a", worst)
            let script = CallScript(call)
            switch call.path {
            case "/initial":
                script.onCancel = { reason.succeed($0) }
                script.onHalfClose = { $0.call.sendHeaders(metadata) }
            case "/trailers": call.finish(GRPCStatus(.notFound, "näh", details: [1]), trailers: metadata)
            case "/message": call.finish(GRPCStatus(.notFound, String(repeating: "ä", count: 20_000)))
            default:
                call.finish(GRPCStatus(.notFound, details: [UInt8](repeating: 1, count: 20_000)), trailers: metadata)
            }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            var metadata = Metadata()
            try metadata.add("a", worst)
            let refused = try await client.call("/never", metadata: metadata)
            #expect(refused.ending.origin == .neverSent)
            #expect(refused.status.code == .resourceExhausted)
            #expect(try await client.call("/initial").status.code == .resourceExhausted)
            #expect(try await reason.futureResult.get() == .overflow)
            #expect(try await client.call("/trailers").status == GRPCStatus(.notFound, "näh"))
            #expect(
                try await client.call("/message").status == GRPCStatus(.notFound, String(repeating: "ä", count: 256)))
            #expect(try await client.call("/details").status.code == .notFound)
            #expect(try await client.read { $0.isUsable })
        }
    }

    @Test func initialMetadataComesBeforeMessages() async throws {
        let handler: ServerCallHandler = { call in
            var metadata = Metadata()
            try? metadata.add("x-orch-server", "s-1/2")
            call.sendHeaders(metadata)
            call.sendHeaders()
            call.send(ByteBuffer(string: "1"))
            call.send(ByteBuffer())
            call.send(ByteBuffer(string: "3"))
            call.finish(GRPCStatus(.aborted, "after three"))
            call.finish(.ok)
            call.send(ByteBuffer(string: "too late"))
            return nil
        }
        try await Bench.run(handler: handler) { bench in
            let outcome = try await bench.connect().call()
            #expect(outcome.initialMetadata?["x-orch-server"] == "s-1/2")
            #expect(outcome.texts == ["1", "", "3"])
            #expect(outcome.status == GRPCStatus(.aborted, "after three"))
        }
    }

    @Test func bidirectional() async throws {
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            script.onMessage = { script, message in script.call.send(message) }
            script.onHalfClose = { $0.call.finish(.ok) }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let outcome = try await bench.connect().call { stream, script in
                script.onMessage = { script in
                    if script.messages.count < 100 {
                        script.stream?.send(ByteBuffer(string: "\(script.messages.count)"))
                    } else {
                        script.stream?.halfClose()
                        script.stream?.send(ByteBuffer(string: "after the end"))
                    }
                }
                stream.send(ByteBuffer(string: "0"))
            }
            #expect(outcome.texts == (0..<100).map { "\($0)" })
            #expect(outcome.status.isOK)
        }
    }

    @Test func manyCallsAtATime() async throws {
        try await Bench.run { bench in
            let client = try await bench.connect()
            let calls = (0..<600).map { index in
                client.start { stream, _ in stream.send(ByteBuffer(string: "\(index)"), endOfStream: true) }
            }
            for (index, call) in calls.enumerated() {
                let outcome = try await call.get()
                #expect(outcome.texts == ["\(index)"])
            }
            #expect(bench.server.statistics.openStreams == 0)
        }
    }

    /// Larger than every window, both ways.
    @Test func largeMessages() async throws {
        try await Bench.run { configuration in
            configuration.limits.maximumMessageSize = 20 << 20
            configuration.limits.streamWindow = 65_535
            configuration.limits.connectionWindow = 65_535
        } _: { bench in
            let client = try await bench.connect {
                $0.limits.maximumMessageSize = 20 << 20
                $0.limits.streamWindow = 100_000
                $0.limits.connectionWindow = 100_000
            }
            let message = ByteBuffer(repeating: 65, count: 2_000_000)
            let calls = (0..<2).map { _ in client.start { stream, _ in stream.send(message, endOfStream: true) } }
            for call in calls { #expect(try await call.get().messages == [message]) }
        }
    }

    @Test func gzipBothWays() async throws {
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            script.onHalfClose = { script in
                script.call.send(script.messages[0], compress: true)
                script.call.send(ByteBuffer(string: "x"), compress: true)
                script.call.finish(.ok)
            }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let message = ByteBuffer(repeating: 65, count: 1_000_000)
            let outcome = try await bench.connect().call(compress: true) { stream, _ in
                stream.send(message, compress: true, endOfStream: true)
            }
            #expect(outcome.messages == [message, ByteBuffer(string: "x")])
        }
    }

    @Test func messagesBeyondTheLimit() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            return script
        }
        try await Bench.run {
            $0.limits.maximumMessageSize = 100
        } handler: {
            handler($0)
        } _: { bench in
            let client = try await bench.connect()
            let outcome = try await client.call { stream, _ in stream.send(ByteBuffer(repeating: 1, count: 101)) }
            #expect(outcome.status.code == .resourceExhausted)
            #expect(outcome.ending.origin == .serverStatus)
            #expect(try await reason.futureResult.get() == .malformed(outcome.status))
        }
        try await Bench.run { bench in
            let client = try await bench.connect { $0.limits.maximumMessageSize = 100 }
            let outcome = try await client.call { stream, _ in
                stream.send(ByteBuffer(repeating: 1, count: 101), endOfStream: true)
            }
            #expect(outcome.status.code == .resourceExhausted)
            #expect(outcome.ending.origin == .protocolError)
            #expect(try await client.call().status.isOK)
        }
    }

    @Test func anAnswerBeforeTheRequestIsComplete() async throws {
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            script.onMessage = { script, _ in script.call.finish(GRPCStatus(.permissionDenied)) }
            script.onCancel = { _ in Issue.record("a finished call was cancelled") }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            for _ in 0..<5 {
                let outcome = try await client.call { stream, _ in
                    for _ in 0..<10 { stream.send(ByteBuffer(repeating: 0, count: 10_000)) }
                }
                #expect(outcome.status.code == .permissionDenied)
            }
            #expect(try await client.read { $0.isUsable })
        }
    }

    @Test func deadlinePassesAtBothSides() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            var request = RawPeer.request
            request.add(name: "grpc-timeout", value: "5m")
            peer.send(RawPeer.headers(request, end: true))
            #expect(await peer.nextHeaders()?.first(name: "grpc-status") == "4")
            #expect(try await reason.futureResult.get() == .deadline)
            #expect(bench.server.statistics.openStreams == 0)
            let outcome = try await bench.connect().call(timeout: 5_000_000)
            #expect(outcome.status.code == .deadlineExceeded)
        }
    }

    @Test func aClientDoesNotWaitForTheServersDeadline() async throws {
        // The handler has taken the deadline into its own hands, and lets it pass.
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            call.setDeadline(nil)
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let outcome = try await bench.connect().call(timeout: 5_000_000)
            #expect(outcome.ending.origin == .localDeadline)
            #expect(outcome.ending.wasSent)
            #expect(try await reason.futureResult.get() == .reset(code: 8))
        }
    }

    @Test func aHandlerMayShortenTheDeadline() async throws {
        let handler: ServerCallHandler = { call in
            call.setDeadline(NIODeadline.now().uptimeNanoseconds + 1_000_000)
            return CallScript(call)
        }
        try await Bench.run(handler: handler) { bench in
            let outcome = try await bench.connect().call(timeout: 60_000_000_000)
            #expect(outcome.status.code == .deadlineExceeded)
            #expect(outcome.ending.origin == .serverStatus)
        }
    }

    @Test func cancellationReachesTheHandler() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            call.send(ByteBuffer(string: "one"))
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            let outcome = try await client.call { _, script in script.onMessage = { $0.stream?.cancel() } }
            #expect(
                outcome.ending
                    == ClientStreamEnding(
                        GRPCStatus(.cancelled, "cancelled by the caller"), origin: .cancelled, wasSent: true))
            #expect(outcome.texts == ["one"])
            #expect(try await reason.futureResult.get() == .reset(code: 8))
            #expect(bench.server.statistics.openStreams == 0)
        }
    }

    @Test func resetsByTheHandler() async throws {
        let handler: ServerCallHandler = { call in
            call.reset(code: call.path == "/refuse" ? 7 : 2)
            return nil
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            let refused = try await client.call("/refuse")
            #expect(refused.ending.origin == .refusedStream)
            #expect(refused.status.code == .unavailable)
            let broken = try await client.call("/break")
            #expect(broken.ending.origin == .reset)
            #expect(broken.status.code == .internalError)
        }
    }

    @Test func lostConnections() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            call.sendHeaders()
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            return script
        }
        try await Bench.run(handler: handler) { bench in
            let client = try await bench.connect()
            let closed = client.eventLoop.makePromise(of: String.self)
            let unusable = client.eventLoop.makePromise(of: Void.self)
            _ = try await client.read {
                $0.onClosed = { closed.succeed($0) }
                $0.onUnusable = { unusable.succeed() }
            }
            let call = client.start { stream, _ in
                stream.send(ByteBuffer(string: "x"))
                // Written, not only queued.
                stream.eventLoop.execute { client.value.close() }
            }
            let outcome = try await call.get()
            #expect(outcome.ending.origin == .connectionLost)
            #expect(outcome.ending.wasSent)
            #expect(outcome.status.code == .unavailable)
            #expect(try await reason.futureResult.get() == .connectionLost)
            #expect(try await closed.futureResult.get() == "closed by the client")
            try await unusable.futureResult.get()
            let late = try await client.call()
            #expect(late.ending.origin == .neverSent)
            #expect(!late.ending.wasSent)
            #expect(try await client.read { $0.openCalls } == 0)
        }
    }

    @Test func nobodyThere() async throws {
        let bench = try await Bench.serve()
        try await bench.stop()
        await #expect {
            _ = try await bench.connect()
        } throws: { error in
            if case GRPCConnectionError.unreachable = error { true } else { false }
        }
    }
}
