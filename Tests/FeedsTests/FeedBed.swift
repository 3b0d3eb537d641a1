import ClusterModel
import NIOCore
import NIOHTTP1
import NIOPosix
import Storage
import Synchronization
import Testing

@testable import Feeds

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A server of feeds on an event loop of its own, and ways to it.
final class FeedBed: Sendable {
    let group: MultiThreadedEventLoopGroup
    let loop: any EventLoop
    let server: NIOLoopBound<FeedServer>
    let port: Int

    private init(
        _ group: MultiThreadedEventLoopGroup, _ server: NIOLoopBound<FeedServer>, port: Int, told: Told
    ) {
        self.group = group
        self.loop = server.eventLoop
        self.server = server
        self.port = port
        box = told
    }

    final class Told: Sendable { let lines = Mutex<[String]>([]) }

    private let box: Told

    /// What it told of each item before anybody could see it.
    var lines: [String] { box.lines.withLock { $0 } }

    static func with<Result>(
        _ feeds: [Feed] = [Feed(name: "news")], disk: (any FeedDisk)? = nil,
        configuration: FeedServer.Configuration = .init(), _ body: (FeedBed) async throws -> Result
    ) async throws -> Result {
        let bed = try await start(feeds, disk: disk, configuration: configuration)
        do {
            let result = try await body(bed)
            try await bed.stop()
            return result
        } catch {
            try? await bed.stop()
            throw error
        }
    }

    static func start(
        _ feeds: [Feed], disk: (any FeedDisk)? = nil, configuration: FeedServer.Configuration = .init()
    ) async throws -> FeedBed {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let told = Told()
        do {
            let loop = group.next()
            let started = loop.flatSubmit {
                FeedServer.start(configuration, feeds: feeds, disk: disk, on: loop) { feed, item, key in
                    told.lines.withLock { $0.append("\(feed) \(item.number) \(key ?? "-")") }
                }.map { ($0, $0.value.port) }
            }
            let (server, port) = try await started.get()
            return FeedBed(group, server, port: port, told: told)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    func stop() async throws {
        try await loop.flatSubmit { self.server.value.stop() }.get()
        try await group.shutdownGracefully()
    }

    /// An item of the feed's own schedule.
    func append(_ body: String, feed: String = "news") async throws {
        let promise = loop.makePromise(of: Bool.self)
        loop.execute { self.server.value.schedule(Array(body.utf8), feed: feed) { promise.succeed($0) } }
        #expect(try await promise.futureResult.get())
    }

    struct Answer: Sendable {
        var status = 0
        var headers: HTTPHeaders = [:]
        var body = ""

        subscript(name: String) -> String? { headers.first(name: name) }
    }

    func ask(_ target: String, _ headers: [(String, String)] = []) async throws -> Answer {
        try await ask(.GET, target, headers)
    }

    /// One request on a connection of its own.
    func ask(
        _ method: HTTPMethod, _ target: String, _ headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        let promise = loop.makePromise(of: Answer.self)
        loop.execute {
            let client = FeedClient(port: self.port, timeout: .seconds(5), on: self.loop)
            var answer = Answer()
            client.request(.init(method, target, headers: headers, body: body)) { event in
                switch event {
                case .head(let status, let headers): (answer.status, answer.headers) = (status, headers)
                case .body(let buffer): answer.body += String(buffer: buffer)
                case .end:
                    promise.succeed(answer)
                    client.abandon()
                case .failed(let reason): promise.fail(OrchError(.unavailable, reason))
                }
            }
        }
        return try await promise.futureResult.get()
    }

    func post(_ body: String, key: String? = nil, feed: String = "news") async throws -> Answer {
        try await ask(
            .POST, "/feeds/\(feed)", [("content-type", "text/plain")] + (key.map { [("idempotency-key", $0)] } ?? []),
            body: Array(body.utf8))
    }

    /// A bare connection.
    func connect(reads: Bool = true) async throws -> RawClient {
        try await RawClient.connect(port: port, reads: reads, on: group)
    }
}

/// A client that sends octets and sees octets.
final class RawClient: Sendable {
    private let channel: any Channel
    private let pieces: AsyncStream<ByteBuffer>

    private init(_ channel: any Channel, _ pieces: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.pieces = pieces
    }

    static func connect(port: Int, reads: Bool, on group: any EventLoopGroup) async throws -> RawClient {
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: 32 << 10)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }.connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel, stream)
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    func finish() async throws { try await channel.close(mode: .output) }

    func startReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

    /// What comes, until it contains this text; nil: until the connection ends.
    func read(until text: String?) async -> String {
        var read = ""
        for await piece in pieces {
            read += String(buffer: piece)
            if let text, read.contains(text) { break }
        }
        return read
    }

    func close() async { try? await channel.close() }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncStream<ByteBuffer>.Continuation

        init(_ continuation: AsyncStream<ByteBuffer>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { continuation.finish() }
        }
        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            continuation.finish()
            context.close(promise: nil)
        }
    }
}

/// A folder that is gone at the end.
struct TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/orch-feeds-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    func remove() {
        for name in ["feeds.sqlite", "feeds.sqlite-wal", ""] {
            _ = name.isEmpty ? rmdir(path) : unlink("\(path)/\(name)")
        }
    }
}

/// A disk that a test can hold up and break.
final class FakeFeedDisk: FeedDisk {
    private struct State {
        var stored: [String: StoredFeed] = [:]
        var written: [FeedWrite] = []
        var groups = 0
        var isBroken = false
    }

    private let state = Mutex(State())
    private let gate: DispatchGate

    init(isHeld: Bool = false) { gate = DispatchGate(isOpen: !isHeld) }

    func open(_ feeds: [(name: String, epoch: String)]) throws(StoreFailure) -> [String: StoredFeed] {
        Dictionary(uniqueKeysWithValues: feeds.map { ($0.name, StoredFeed(epoch: $0.epoch)) })
    }

    func write(_ group: [FeedWrite]) throws(StoreFailure) {
        gate.pass()
        let isBroken = state.withLock { state in
            if !state.isBroken {
                state.written += group
                state.groups += 1
            }
            return state.isBroken
        }
        if isBroken { throw StoreFailure(.io, "the disk is full") }
    }

    func close(known: [String: UInt64]) {}

    func letGo() { gate.open() }
    func breakIt() { state.withLock { $0.isBroken = true } }
    var written: [FeedWrite] { state.withLock { $0.written } }
    var groups: Int { state.withLock { $0.groups } }
}
