import ClusterModel
import HummingbirdCore
import Logging
import NIOCore
import Storage

/// Serves feeds over HTTP/1.1 (docs/feeds.md). Confined to its event loop; Hummingbird's tasks come to it there.
package final class FeedServer {
    package struct Configuration: Sendable {
        package var host = "127.0.0.1"
        /// 0: any free one.
        package var port = 0
        /// Open at once; further ones wait until one is closed.
        package var connections = 4_096
        /// A connection without a request is closed after this.
        package var idle = TimeAmount.seconds(75)
        /// What is not ended in order by then is cut off.
        package var grace = TimeAmount.milliseconds(500)
        /// Octets of the texts of one answer.
        package var answer = 4 << 20
        /// The feed's own `keep` comes in its place.
        package var limits = FeedLog.Limits()

        package init() {}
    }

    package let eventLoop: any EventLoop
    package private(set) var port = 0
    let configuration: Configuration
    private let feeds: [String: LiveFeed]
    private let store: FeedStore?
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var isStopping = false
    private var server: Server<HTTP1Channel>?
    private var running: Task<Void, Never>?

    private init(
        _ configuration: Configuration, _ feeds: [LiveFeed], _ store: FeedStore?, on eventLoop: any EventLoop
    ) {
        self.configuration = configuration
        self.feeds = Dictionary(uniqueKeysWithValues: feeds.map { ($0.feed.name, $0) })
        self.store = store
        self.eventLoop = eventLoop
    }

    // MARK: - Its life

    /// Opens what is durable, and listens. Fails with `StoreFailure`, or where the port is taken.
    /// - Parameters:
    ///   - disk: for the durable ones.
    ///   - appended: told of each item before anybody can see it, on the event loop.
    package static func start(
        _ configuration: Configuration = .init(), feeds: [Feed], disk: (any FeedDisk)?, on eventLoop: any EventLoop,
        appended: @escaping (_ feed: String, FeedItem, _ key: String?) -> Void = { _, _, _ in }
    ) -> EventLoopFuture<NIOLoopBound<FeedServer>> {
        let bound = NIOLoopBound(appended, eventLoop: eventLoop)
        let durable = feeds.filter(\.durable)
        let opened: EventLoopFuture<NIOLoopBound<(FeedStore?, [String: StoredFeed])>>
        if let disk, !durable.isEmpty {
            opened = FeedStore.open(disk, feeds: durable.map { ($0.name, newEpoch()) }, on: eventLoop)
                .map { NIOLoopBound(($0.value.0, $0.value.1), eventLoop: eventLoop) }
        } else {
            opened = eventLoop.makeSucceededFuture(NIOLoopBound((nil, [:]), eventLoop: eventLoop))
        }
        return opened.flatMap { opened in
            let (store, stored) = opened.value
            let live = feeds.map { feed in
                make(feed, stored[feed.name], store, configuration.limits, on: eventLoop) {
                    bound.value(feed.name, $0, $1)
                }
            }
            let server = NIOLoopBound(FeedServer(configuration, live, store, on: eventLoop), eventLoop: eventLoop)
            return server.value.listen().flatMapError { error in
                let closed = server.value.store?.close { [:] } ?? eventLoop.makeSucceededVoidFuture()
                return closed.flatMapThrowing { throw error }
            }.map { server }
        }
    }

    private static func newEpoch() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

    private static func make(
        _ feed: Feed, _ stored: StoredFeed?, _ store: FeedStore?, _ limits: FeedLog.Limits, on eventLoop: any EventLoop,
        appended: @escaping (FeedItem, _ key: String?) -> Void
    ) -> LiveFeed {
        var limits = limits
        limits.keep = max(feed.keep, 1)
        guard let stored else {
            return LiveFeed(
                feed, FeedLog(epoch: newEpoch(), limits: limits), nil, known: 0, on: eventLoop, appended: appended)
        }
        let log = FeedLog(
            epoch: stored.epoch, limits: limits, items: stored.items, last: stored.last, keys: stored.keys,
            scheduled: stored.scheduled)
        let live = LiveFeed(feed, log, store, known: stored.known, on: eventLoop, appended: appended)
        live.tellRecovered(keys: stored.keys)
        return live
    }

    private func listen() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let child = HTTP1Channel(
            responder: { request, writer, channel in try await Self.respond(bound, request, writer, channel) },
            configuration: .init(
                additionalChannelHandlers: [ServerConnectionHandler(bound.value)], idleTimeout: configuration.idle))
        let listening = eventLoop.makePromise(of: Int.self)
        let server = Server(
            childChannelSetup: child,
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.connections)),
            onServerRunning: { listening.succeed($0.localAddress?.port ?? 0) }, eventLoopGroup: eventLoop,
            logger: Logger(label: "feeds") { _ in SwiftLogNoOpLogHandler() })
        self.server = server
        running = Task {
            do { try await server.run() } catch { listening.fail(error) }
        }
        return listening.futureResult.map { bound.value.port = $0 }
    }

    /// Answers who waits, ends the streams, and closes: at once, but for what does not take its answer.
    package func stop() -> EventLoopFuture<Void> {
        guard !isStopping, let server, let running else { return eventLoop.makeSucceededVoidFuture() }
        isStopping = true
        for feed in feeds.values { feed.end() }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let cut = eventLoop.scheduleTask(in: configuration.grace) {
            for connection in bound.value.connections.values { connection.channel.close(promise: nil) }
        }
        return eventLoop.makeFutureWithTask {
            try? await server.shutdownGracefully()
            await running.value
        }.flatMap {
            cut.cancel()
            let this = bound.value
            this.server = nil
            this.running = nil
            return this.store?.close { this.feeds.mapValues(\.known) } ?? this.eventLoop.makeSucceededVoidFuture()
        }
    }

    // MARK: - For the process

    package func last(_ feed: String) -> UInt64 { feeds[feed]?.log.last ?? 0 }
    /// Items of the feed's own schedule, in all its lives: appended, and on their way.
    package func scheduled(_ feed: String) -> (appended: Int, given: Int) {
        feeds[feed].map { ($0.log.scheduledCommitted, $0.log.scheduled) } ?? (0, 0)
    }
    /// Appends that wait for the disk.
    package func pending(_ feed: String) -> Int { feeds[feed]?.log.stagedCount ?? 0 }
    /// Why nothing can be appended any more.
    package func failure(_ feed: String) -> String? { feeds[feed]?.failure }

    /// An item of the feed's own schedule.
    /// - Returns: whether it is on its way.
    package func schedule(_ body: [UInt8], feed: String, _ appended: @escaping (Bool) -> Void) {
        guard let live = feeds[feed] else { return appended(false) }
        live.append(body, at: FeedClock.now(), isScheduled: true) { result in
            if case .success = result { appended(true) } else { appended(false) }
        }
    }

    // MARK: - Connections

    func opened(_ connection: ServerConnection) { connections[ObjectIdentifier(connection.channel)] = connection }

    func closed(_ connection: ServerConnection) { connections[ObjectIdentifier(connection.channel)] = nil }

    func connection(_ channel: any Channel) -> ServerConnection? { connections[ObjectIdentifier(channel)] }

    // MARK: - Answers

    /// What to do about a request. Answers at once, or when the wait for an item is over.
    func answer(
        _ request: FeedRequest, isHead: Bool, ifNoneMatch: [String], body: [UInt8], on channel: any Channel,
        _ completion: @escaping (FeedReply) -> Void
    ) {
        let connection = connection(channel)
        connection?.isAnswering = true
        let done = { (reply: FeedReply) in completion(reply.unlessKnown(ifNoneMatch)) }
        guard !isStopping else {
            return done(FeedReply(Problem(503, "The server is stopping.", headers: ["retry-after": "1"])))
        }
        do throws(Problem) {
            switch request {
            case .list: done(list())
            case .item(let name, let number): done(try item(try feed(name), number))
            case .items(let name, let query):
                try items(try feed(name), query, waits: !isHead && connection?.isInputClosed == false, connection, done)
            case .stream(let name, let after): done(stream(try feed(name), after, isHead: isHead, connection))
            case .append(let name, let key): try append(try feed(name), body, key, done)
            }
        } catch {
            done(FeedReply(error))
        }
    }

    private func feed(_ name: String) throws(Problem) -> LiveFeed {
        guard let feed = feeds[name] else { throw Problem(404, "There is no feed '\(name)'; GET /feeds lists them.") }
        return feed
    }

    private func list() -> FeedReply {
        var buffer = ByteBuffer(string: "{\"feeds\":[")
        for (index, feed) in feeds.values.sorted(by: { $0.feed.name < $1.feed.name }).enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            buffer.writeStaticString("{\"name\":")
            JSONText.write(feed.feed.name.utf8, into: &buffer)
            let log = feed.log
            buffer.writeString(
                ",\"last\":\(log.last),\"oldest\":\(log.count == 0 ? 0 : log.oldest),\"items\":\(log.count),"
                    + "\"durable\":\(feed.feed.durable)}")
        }
        buffer.writeStaticString("]}\n")
        var reply = FeedReply(200)
        reply.headers = [("content-type", "application/json"), ("cache-control", "no-cache")]
        reply.body = .bytes(buffer)
        return reply
    }

    private func item(_ feed: LiveFeed, _ number: UInt64) throws(Problem) -> FeedReply {
        if let item = feed.log.item(number) { return FeedReply(item, epoch: feed.log.epoch) }
        let name = feed.feed.name
        guard number > feed.log.last else {
            throw Problem(
                410, "Item \(number) of '\(name)' is not kept any more; the oldest is \(feed.log.oldest).",
                headers: [FeedReply.oldest: "\(feed.log.oldest)", FeedReply.epoch: feed.log.epoch])
        }
        throw Problem(
            404, "'\(name)' has no item \(number) yet; its last is \(feed.log.last).",
            headers: [FeedReply.epoch: feed.log.epoch])
    }

    private func items(
        _ feed: LiveFeed, _ query: FeedRequest.ItemsQuery, waits: Bool, _ connection: ServerConnection?,
        _ done: @escaping (FeedReply) -> Void
    ) throws(Problem) {
        let bytes = configuration.answer
        func page() -> FeedLog.Page { feed.log.page(after: query.after, limit: query.limit, bytes: bytes) }
        func reply(_ page: FeedLog.Page) -> FeedReply {
            FeedReply(page, feed: feed.feed.name, epoch: feed.log.epoch)
        }
        // Who is ahead of the feed knows another epoch of it, and is to learn so at once.
        guard let wait = query.wait, wait > .zero, waits, query.limit > 0, query.after == feed.log.last else {
            return done(reply(page()))
        }
        connection?.endCurrent = feed.wait(after: query.after, atMost: min(wait, feed.feed.wait)) {
            connection?.endCurrent = nil
            let found = page()
            guard found.items.isEmpty else { return done(reply(found)) }
            var nothing = FeedReply(204)
            nothing.headers = [(FeedReply.epoch, feed.log.epoch), ("cache-control", "no-cache")]
            done(nothing)
        }
    }

    private func stream(
        _ feed: LiveFeed, _ after: UInt64, isHead: Bool, _ connection: ServerConnection?
    ) -> FeedReply {
        var reply = FeedReply(200)
        reply.headers = [
            ("content-type", "text/event-stream"), ("cache-control", "no-store"), (FeedReply.epoch, feed.log.epoch),
        ]
        // Who is ahead of the feed knows another epoch of it: this one begins at its beginning.
        let after = after > feed.log.last ? 0 : after
        if after < feed.log.last, after + 1 < feed.log.oldest {
            reply.headers.append((FeedReply.oldest, "\(feed.log.oldest)"))
        }
        guard !isHead, let connection else { return reply }
        let stream = feed.stream(after: after) { connection.channel.close(promise: nil) }
        if connection.isInputClosed { stream.end() }
        connection.endCurrent = { stream.end() }
        reply.body = .stream(NIOLoopBound(stream, eventLoop: eventLoop))
        return reply
    }

    private func append(
        _ feed: LiveFeed, _ body: [UInt8], _ key: String?, _ done: @escaping (FeedReply) -> Void
    ) throws(Problem) {
        let name = feed.feed.name
        feed.append(body, key: key, at: FeedClock.now()) { result in
            switch result {
            case .success(let number): done(.appended(number, feed: name, epoch: feed.log.epoch))
            case .failure(.otherText):
                done(FeedReply(Problem(422, "This Idempotency-Key was used for an item with another text.")))
            case .failure(.tooLong):
                done(FeedReply(Problem(413, "An item is at most \(feed.log.limits.item) octets long.")))
            case .failure(.busy):
                done(
                    FeedReply(
                        Problem(503, "Too many appends wait for the disk; try again.", headers: ["retry-after": "1"])))
            case .failure(.failed(let reason)):
                done(FeedReply(Problem(503, "Nothing can be appended to '\(name)' any more: \(reason).")))
            }
        }
    }
}

extension FeedServer {
    /// Long polls that wait, streams, and streams that have everything.
    var waitingCount: Int { feeds.values.reduce(0) { $0 + $1.waitingCount } }
    var streamCount: Int { feeds.values.reduce(0) { $0 + $1.streamCount } }
    var idleStreamCount: Int { feeds.values.reduce(0) { $0 + $1.idleStreamCount } }
}
