import ClusterModel
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Feeds

/// Watchers and appenders over sockets.
@Suite(.timeLimit(.minutes(1))) struct FollowingTests {
    /// A watcher with its timer, and what it has shown.
    private final class Following {
        private var watcher: FeedWatcher!
        private let loop: any EventLoop
        private var timer: Scheduled<Void>?
        private(set) var shown: [UInt64] = []
        private(set) var actions: [WatchCore.Action] = []
        private var goal: (UInt64, EventLoopPromise<Void>)?

        init(_ role: WatchRole, port: Int, on loop: any EventLoop) {
            self.loop = loop
            let client = FeedClient(port: port, timeout: .seconds(1), on: loop)
            watcher = FeedWatcher(role, client) {
                Int64(NIODeadline.now().uptimeNanoseconds)
            } act: { [unowned self] in
                act($0)
            }
            watcher.changed = { [unowned self] in schedule() }
        }

        private func schedule() {
            timer?.cancel()
            guard let wakeUp = watcher.core.wakeUp else { return }
            timer = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(wakeUp))) { [weak self] in
                self?.watcher.wake()
            }
        }

        private func act(_ action: WatchCore.Action) {
            actions.append(action)
            guard case .show(let item) = action else { return }
            shown.append(item)
            if let goal, item >= goal.0 { goal.1.succeed() }
        }

        func start() { watcher.start() }

        func reach(_ item: UInt64) -> EventLoopFuture<Void> {
            let promise = loop.makePromise(of: Void.self)
            if watcher.core.last >= item { promise.succeed() } else { goal = (item, promise) }
            return promise.futureResult
        }

        func stop() {
            timer?.cancel()
            watcher.stop()
        }
    }

    private func role(_ way: WatchWay, from: WatchRole.Start = .start) -> WatchRole {
        WatchRole(
            feed: "news", by: way, every: .milliseconds(5), wait: .seconds(10), timeout: .seconds(2), from: from,
            limit: 7)
    }

    @Test(arguments: WatchWay.allCases)
    func eachWaySeesEverythingOnce(_ way: WatchWay) async throws {
        try await FeedBed.with { bed in
            for number in 1...20 { try await bed.append("\(number)") }
            let follower = try await bed.loop.submit {
                let follower = Following(role(way), port: bed.port, on: bed.loop)
                follower.start()
                return NIOLoopBound(follower, eventLoop: bed.loop)
            }.get()
            try await bed.loop.flatSubmit { follower.value.reach(20) }.get()
            for number in 21...40 { try await bed.append("\(number)") }
            try await bed.loop.flatSubmit { follower.value.reach(40) }.get()
            let (shown, first) = try await bed.loop.submit { (follower.value.shown, follower.value.actions.first) }
                .get()
            #expect(shown == Array(1...40))
            #expect(first == .begin(after: 0))
            try await bed.loop.submit { follower.value.stop() }.get()
        }
    }

    @Test(arguments: WatchWay.allCases)
    func fromNow(_ way: WatchWay) async throws {
        try await FeedBed.with { bed in
            for number in 1...5 { try await bed.append("\(number)") }
            let follower = try await bed.loop.submit {
                let follower = Following(role(way, from: .now), port: bed.port, on: bed.loop)
                follower.start()
                return NIOLoopBound(follower, eventLoop: bed.loop)
            }.get()
            var hasBegun = false
            while !hasBegun, !Task.isCancelled {
                hasBegun = try await bed.loop.submit { follower.value.actions.contains(.begin(after: 5)) }.get()
            }
            try await bed.append("six")
            try await bed.loop.flatSubmit { follower.value.reach(6) }.get()
            #expect(try await bed.loop.submit { follower.value.shown }.get() == [6])
            try await bed.loop.submit { follower.value.stop() }.get()
        }
    }

    /// The server dies and comes back, at the same place: what a durable feed has is seen once, a volatile one begins
    /// anew.
    @Test(arguments: WatchWay.allCases, [true, false])
    func aServerThatComesBack(_ way: WatchWay, _ isDurable: Bool) async throws {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let feeds = [Feed(name: "news", durable: isDurable)]
        let first = try await FeedBed.start(feeds, disk: SQLiteFeedDisk(directory: folder.path))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let follower = try await loop.submit {
            let follower = Following(role(way), port: first.port, on: loop)
            follower.start()
            return NIOLoopBound(follower, eventLoop: loop)
        }.get()
        for number in 1...10 { try await first.append("\(number)") }
        try await loop.flatSubmit { follower.value.reach(10) }.get()
        try await first.stop()
        var configuration = FeedServer.Configuration()
        configuration.port = first.port
        let second = try await FeedBed.start(
            feeds, disk: SQLiteFeedDisk(directory: folder.path), configuration: configuration)
        for number in 11...25 { try await second.append("\(number)") }
        try await loop.flatSubmit { follower.value.reach(isDurable ? 25 : 15) }.get()
        let (shown, actions) = try await loop.submit { (follower.value.shown, follower.value.actions) }.get()
        let isAnew = actions.contains { if case .newEpoch = $0 { true } else { false } }
        #expect(isAnew == !isDurable)
        if isDurable { #expect(shown == Array(1...25)) } else { #expect(shown == Array(1...10) + Array(1...15)) }
        try await loop.submit { follower.value.stop() }.get()
        try await second.stop()
        try await group.shutdownGracefully()
    }

    // MARK: - A server of a test

    /// Answers each connection with these octets, one at a time, and closes.
    private func drip(_ answers: [String], on group: any EventLoopGroup) async throws -> any Channel {
        let next = Mutex(0)
        return try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                let index = next.withLock { index in
                    defer { index += 1 }
                    return min(index, answers.count - 1)
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Dripper(answers[index]))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
    }

    private final class Dripper: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: String

        init(_ answer: String) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for byte in answer.utf8 { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [byte])), promise: nil) }
            context.close(promise: nil)
        }
    }

    /// Answers in pieces, cut, malformed, and of other servers: the watcher asks until it has its items.
    @Test func anyServer() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
        let server = try await drip(
            [
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "nonsense\r\n\r\n", "", "HTTP/1.1 500 No\r\n\r\n",
                head + "content-length: 99\r\n\r\nid: 1\ndata: x\n\n", head + "\r\nid: 3\ndata: x\n\n",
                head + "transfer-encoding: chunked\r\n\r\n10\r\nid: 2\r\ndata: x\n\r\n\r\n",
                head + "transfer-encoding: chunked\r\n\r\n11\r\nid: 2\r\ndata: x\n\r\n\r\n0\r\n\r\n",
                head + "\r\nid: 3\ndata: x\r\r",
            ], on: group)
        let port = server.localAddress!.port!
        let follower = try await loop.submit {
            let follower = Following(role(.push), port: port, on: loop)
            follower.start()
            return NIOLoopBound(follower, eventLoop: loop)
        }.get()
        try await loop.flatSubmit { follower.value.reach(3) }.get()
        #expect(try await loop.submit { follower.value.shown }.get() == [1, 2, 3])
        try await loop.submit { follower.value.stop() }.get()
        try await server.close()
        try await group.shutdownGracefully()
    }

    @Test func anAnswerIsBound() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let server = try await drip(["HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n01234567890123456789"], on: group)
        let port = server.localAddress!.port!
        let promise = loop.makePromise(of: String.self)
        loop.execute {
            let client = FeedClient(port: port, timeout: .seconds(1), on: loop)
            client.request(.init(.GET, "/", limit: 10)) { event in
                switch event {
                case .failed(let reason): promise.succeed(reason)
                case .end: promise.succeed("the end")
                default: break
                }
                _ = client
            }
        }
        #expect(try await promise.futureResult.get() == "the answer is longer than 10 octets")
        try await server.close()
        try await group.shutdownGracefully()
    }

    /// Each item once, though the first answers get lost.
    @Test func appending() async throws {
        try await FeedBed.with { bed in
            let answers = [
                "", "HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                "HTTP/1.1 201 Made\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
                "HTTP/1.1 201 Made\r\nconnection: close\r\ncontent-length: 9\r\n\r\n{\"id\":41}",
            ]
            let lossy = try await drip(answers, on: bed.group)
            for (port, expected) in [
                (bed.port, ["attempt 1", "1 appended(1)", "attempt 1", "2 appended(2)"]),
                (
                    lossy.localAddress!.port!,
                    [
                        "attempt 1", "attempt 2", "attempt 3", "attempt 4", "1 appended(41)",
                        "attempt 1", "2 appended(41)",
                    ]
                ),
            ] {
                let promise = bed.loop.makePromise(of: [String].self)
                bed.loop.execute { Appending(port: port, on: bed.loop, promise).start() }
                #expect(try await promise.futureResult.get() == expected)
            }
            #expect(bed.lines == ["news 1 1", "news 2 2"])
            try await lossy.close()
        }
    }

    private final class Appending {
        private var appender: FeedAppender!
        private let loop: any EventLoop
        private let promise: EventLoopPromise<[String]>
        private var lines: [String] = []
        private var timer: Scheduled<Void>?

        init(port: Int, on loop: any EventLoop, _ promise: EventLoopPromise<[String]>) {
            self.loop = loop
            self.promise = promise
            let client = FeedClient(port: port, timeout: .seconds(1), on: loop)
            appender = FeedAppender(feed: "news", AppendCore(timeout: .seconds(5), attempts: 10), client) {
                Int64(NIODeadline.now().uptimeNanoseconds)
            } act: {
                self.act($0)
            }
            appender.changed = { self.schedule() }
        }

        func start() {
            appender.append(.init(key: "1", body: Array("one".utf8)))
            appender.append(.init(key: "2", body: Array("two".utf8)))
        }

        private func schedule() {
            timer?.cancel()
            guard let wakeUp = appender.core.wakeUp else { return }
            timer = loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(wakeUp))) {
                self.appender.wake()
            }
        }

        private func act(_ event: FeedAppender.Event) {
            switch event {
            case .attempt(_, let number): lines.append("attempt \(number)")
            case .ended(let item, let outcome):
                lines.append("\(item.key) \(outcome)")
                guard item.key == "2" else { return }
                appender.stop()
                promise.succeed(lines)
            }
        }
    }
}
