import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Testing

@testable import RPC

/// Attacks end the connection they come on, and no other.
@Suite(.timeLimit(.minutes(1))) struct FloodTests {
    /// Sends bytes as they are, waits for the server to close, and returns the error code of its GOAWAY, if one arrived.
    private func attack(_ port: UInt16, _ bytes: ByteBuffer) async throws -> UInt32? {
        frames(try await provoke(port, bytes)).first { $0.type == 7 }?.payload.getInteger(at: 4)
    }

    /// What came back until the server closed.
    private func provoke(_ port: UInt16, _ bytes: ByteBuffer) async throws -> ByteBuffer {
        let channel = try await ClientBootstrap(group: Bench.group)
            .connect(host: "127.0.0.1", port: Int(port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            // The server may close while we still write: what it said before counts.
            channel.channel.writeAndFlush(bytes, promise: nil)
            var answer = ByteBuffer()
            do {
                for try await part in inbound { answer.writeImmutableBuffer(part) }
            } catch {}
            return answer
        }
    }

    private func frames(_ bytes: ByteBuffer) -> [(type: UInt8, stream: UInt32, payload: ByteBuffer)] {
        var rest = bytes
        var frames: [(type: UInt8, stream: UInt32, payload: ByteBuffer)] = []
        while let header = rest.readSlice(length: 9), let word: UInt32 = header.getInteger(at: 0),
            let stream: UInt32 = header.getInteger(at: 5), let payload = rest.readSlice(length: Int(word >> 8))
        {
            frames.append((UInt8(word & 0xFF), stream, payload.slice()))
        }
        return frames
    }

    private static let preface = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    private func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt32(payload.count) << 8 | UInt32(type))
        bytes.writeInteger(flags)
        bytes.writeInteger(stream)
        bytes.writeBytes(payload)
        return bytes
    }

    private func hello(_ frames: [ByteBuffer]) -> ByteBuffer {
        var bytes = Self.preface
        bytes.writeImmutableBuffer(frame(4))
        for frame in frames { bytes.writeImmutableBuffer(frame) }
        return bytes
    }

    private func request(_ stream: UInt32, end: Bool = false) -> ByteBuffer {
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator(), useHuffmanEncoding: false)
        var block = ByteBuffer()
        var headers = HPACKHeaders()
        for (name, value, _) in RawPeer.request { headers.add(name: name, value: value, indexing: .nonIndexable) }
        try? encoder.encode(headers: headers, to: &block)
        return frame(1, flags: end ? 5 : 4, stream: stream, Array(block.readableBytesView))
    }

    /// Another client's calls go on before, during and after.
    private func withNeighbour(
        _ change: (inout GRPCServerConfiguration) -> Void = { _ in }, _ body: (UInt16) async throws -> Void
    ) async throws {
        try await Bench.run(change) { bench in
            let neighbour = try await bench.connect()
            #expect(try await neighbour.call().status.isOK)
            try await body(bench.server.port)
            #expect(try await neighbour.call().status.isOK)
            #expect(bench.server.statistics.openStreams == 0)
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", String(repeating: "\u{1}\u{2}garbage", count: 30)])
    func notHTTP2(text: String) async throws {
        try await withNeighbour { port in
            let answer = try await attack(port, ByteBuffer(string: text))
            #expect(answer == 1)
        }
    }

    @Test func randomBytesBehindAPreface() async throws {
        try await withNeighbour { port in
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<20 {
                var bytes = hello([])
                for _ in 0..<500 { bytes.writeInteger(generator.next()) }
                // Such a frame may announce more than comes; then the handshake timeout would be its end.
                bytes.writeImmutableBuffer(frame(0, stream: 0, [0]))
                let channel = try await ClientBootstrap(group: Bench.group).connect(host: "127.0.0.1", port: Int(port))
                    .get()
                try await channel.writeAndFlush(bytes).get()
                try? await channel.close().get()
            }
        }
    }

    /// CVE-2023-44487.
    @Test func rapidReset() async throws {
        // So few that any machine takes in more of them in a second.
        let few = { (configuration: inout GRPCServerConfiguration) in configuration.limits.maximumResetsPerSecond = 100
        }
        try await withNeighbour(few) { port in
            let reset = { self.frame(3, stream: $0, [0, 0, 0, 8]) }
            let answer = try await attack(
                port, hello((0..<6_000).flatMap { [request(UInt32($0) * 2 + 1), reset(UInt32($0) * 2 + 1)] }))
            #expect(answer == 11)
        }
    }

    @Test func resetsWithLongDeadlinesLeaveNothing() async throws {
        try await Bench.run { bench in
            let client = try await bench.connect()
            for _ in 0..<50 {
                _ = try await client.call(timeout: 3_600_000_000_000) { stream, _ in stream.cancel() }
            }
            #expect(try await client.call().status.isOK)
            #expect(bench.server.statistics.openStreams == 0)
        }
    }

    /// CVE-2024-27316 and its kin.
    @Test func continuationFlood() async throws {
        try await withNeighbour { port in
            let frames = [frame(1, stream: 1, [0x40])] + (0..<1_000).map { _ in frame(9, stream: 1, [0]) }
            let answer = try await attack(port, hello(frames))
            #expect(answer == 11)
        }
    }

    @Test func settingsFlood() async throws {
        try await withNeighbour { port in
            let settings = frame(4, [0, 4, 0, 0, 0xFF, 0xFF])
            let answer = try await attack(port, hello((0..<5_000).map { _ in settings }))
            #expect(answer == 11)
        }
    }

    @Test func pingFlood() async throws {
        try await withNeighbour { port in
            let ping = frame(6, [1, 2, 3, 4, 5, 6, 7, 8])
            let answer = try await attack(port, hello((0..<5_000).map { _ in ping }))
            #expect(answer == 11)
        }
    }

    @Test func tooManyPings() async throws {
        try await withNeighbour {
            $0.keepalive.minimumPingInterval = .hours(1)
        } _: { port in
            let peer = try await RawPeer.connect(to: port)
            for _ in 0..<4 { peer.send(.ping(HTTP2PingData(withInteger: 1), ack: false), on: 0) }
            let goAway = await peer.nextGoAway()
            #expect(goAway?.code == .enhanceYourCalm)
            #expect(goAway?.debug == "too_many_pings")
        }
    }

    @Test func emptyDataFlood() async throws {
        try await withNeighbour { port in
            let empty = (0..<5_000).map { _ in frame(0, stream: 1) }
            let answer = try await attack(port, hello([request(1)] + empty))
            #expect(answer == 11)
        }
    }

    @Test func windowUpdateFlood() async throws {
        try await withNeighbour { port in
            let update = frame(8, [0, 0, 0, 1])
            let answer = try await attack(port, hello((0..<5_000).map { _ in update }))
            #expect(answer == 11)
        }
    }

    @Test func windowOverflow() async throws {
        try await withNeighbour { port in
            let update = frame(8, [0x7F, 0xFF, 0xFF, 0xFF])
            let answer = try await attack(port, hello([update, update]))
            #expect(answer == 3)
        }
    }

    /// A handler that does not read earns its client no credit; who sends on all the same loses the call.
    @Test func dataBeyondTheWindow() async throws {
        let reason = Bench.group.any().makePromise(of: CancellationReason.self)
        let handler: ServerCallHandler = { call in
            call.isReading = false
            let script = CallScript(call)
            script.onCancel = { reason.succeed($0) }
            return script
        }
        try await Bench.run {
            $0.limits.streamWindow = 65_535
        } handler: {
            handler($0)
        } _: { bench in
            let data = frame(0, stream: 1, [UInt8](repeating: 0, count: 16_384))
            // A frame that no connection outlives, so that there is an end.
            let last = frame(0, stream: 0, [0])
            let answer = try await provoke(bench.server.port, hello([request(1)] + (0..<5).map { _ in data } + [last]))
            let reset = frames(answer).first { $0.type == 3 }
            #expect(reset?.stream == 1)
            #expect(reset?.payload.getInteger(at: 0) == UInt32(3))
            #expect(try await reason.futureResult.get() == .reset(code: 3))
        }
    }

    /// A header list much longer than the limit, in plain and by references to one long entry.
    @Test func headerBombs() async throws {
        try await withNeighbour { port in
            var block = ByteBuffer(bytes: [0x40, 1, 0x61, 0x7F])
            let value = 3_000
            block.writeBytes([UInt8((value - 127) & 0x7F | 0x80), UInt8((value - 127) >> 7)])
            block.writeRepeatingByte(0x62, count: value)
            // 62 is the first entry of the dynamic table.
            block.writeRepeatingByte(0xBE, count: 1_000)
            let bomb = frame(1, flags: 5, stream: 1, Array(block.readableBytesView))
            let answer = try await attack(port, hello([bomb]))
            #expect(answer != nil)
            let long = [UInt8](repeating: 0, count: 16_384)
            let plain = [frame(1, stream: 1, long)] + (0..<3).map { _ in frame(9, stream: 1, long) }
            let another = try await attack(port, hello(plain))
            #expect(another != nil)
        }
    }

    /// A client that never acknowledges our SETTINGS is held to them all the same.
    @Test func moreStreamsThanAllowed() async throws {
        try await Bench.run {
            $0.limits.maximumConcurrentStreams = 10
        } handler: {
            CallScript($0)
        } _: { bench in
            let requests = (0..<100).map { request($0 * 2 + 1) } + [frame(0, stream: 0, [0])]
            let answer = try await provoke(bench.server.port, hello(requests))
            let refused = frames(answer).filter { $0.type == 3 && $0.payload.getInteger(at: 0) == UInt32(7) }
            #expect(refused.map(\.stream) == (10..<100).map { $0 * 2 + 1 })
            #expect(bench.server.statistics.startedStreams == 10)
        }
    }

    @Test func frameTooLarge() async throws {
        try await withNeighbour { port in
            let answer = try await attack(port, hello([frame(0, stream: 1, [UInt8](repeating: 0, count: 20_000))]))
            #expect(answer == 6)
        }
    }

    /// Requests without end from one who never reads an answer: what waits is bounded by the streams allowed.
    @Test func neverReading() async throws {
        try await Bench.run {
            $0.limits.maximumConcurrentStreams = 50
        } _: { bench in
            let peer = try await RawPeer.connect(to: bench.server.port)
            _ = await peer.next { if case .settings(.settings) = $0.payload { true } else { nil } }
            try await peer.channel.setOption(.autoRead, value: false).get()
            for stream in 0..<50 {
                peer.send(
                    [RawPeer.headers(RawPeer.request), RawPeer.message([UInt8](repeating: 1, count: 60), end: true)],
                    on: stream * 2 + 1)
            }
            let neighbour = try await bench.connect()
            for _ in 0..<5 { #expect(try await neighbour.call().status.isOK) }
            try await peer.close()
        }
    }
}
