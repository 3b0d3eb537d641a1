import ClusterModel
import Control
import Feeds
import History
import NIOCore

/// `feed:` — serves feeds over HTTP, and appends what their schedules say.
final class FeedWorkload: Workload {
    private let context: NodeContext
    private let feeds: [Feed]
    private var server: FeedServer?
    private var schedules: [FeedSchedule] = []
    private var appended = 0

    init(_ context: NodeContext, _ role: FeedRole) throws {
        self.context = context
        feeds = try role.feeds.map { name in
            guard let feed = context.plan.feeds.first(where: { $0.name == name }) else {
                throw OrchError(.internalError, "the plan has no feed '\(name)'")
            }
            return feed
        }
    }

    func prepare() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let plan = context.plan
        let disk = feeds.contains(where: \.durable) ? SQLiteFeedDisk(directory: plan.data) : nil
        return FeedServer.start(feeds: feeds, disk: disk, on: context.eventLoop) { feed, item, key in
            bound.value.record(feed, item, key)
        }.flatMapThrowing { server in
            let this = bound.value
            this.server = server.value
            this.schedules = try this.feeds.compactMap { feed in
                try feed.append.map { try FeedSchedule(this.context, feed, $0, server.value) }
            }
            this.context.port = server.value.port
            this.context.log("serving the feeds \(this.feeds.map(\.name).joined(separator: ", "))")
            this.context.control.send(.listening(port: server.value.port))
        }
    }

    /// Before anybody can see it.
    private func record(_ feed: String, _ item: FeedItem, _ key: String?) {
        var event = FeedAppend()
        event.feed = feed
        event.item = item.number
        event.message = key ?? ""
        context.recorder.record(.feedAppend(event))
        appended += 1
    }

    func run() { for schedule in schedules { schedule.run() } }

    func drain() { for schedule in schedules { schedule.drain() } }

    func report(_ progress: inout Progress) {
        progress.appended += appended
        for schedule in schedules { schedule.report(&progress) }
    }

    func survey() -> EventLoopFuture<Survey> {
        var survey = Survey(unhandled: 0, queued: 0)
        for feed in feeds {
            survey.unhandled += server?.pending(feed.name) ?? 0
            survey.feeds[feed.name] = server?.last(feed.name) ?? 0
        }
        return context.eventLoop.makeSucceededFuture(survey)
    }

    func stop() -> EventLoopFuture<Void> {
        for schedule in schedules { schedule.stop() }
        return server?.stop() ?? context.eventLoop.makeSucceededVoidFuture()
    }
}

/// What a feed's server appends to it by itself: `append:` of a feed.
final class FeedSchedule {
    /// Items begun before the event loop gets its turn.
    private static let burst = 256
    /// Items on their way to the disk.
    private static let window = 1_000

    private let context: NodeContext
    private let feed: Feed
    private let source: AppendSource
    private let body: Template
    private unowned let server: FeedServer
    private var pacer: AppendPacer
    private var values: Template.Values
    private var timer: WakeTimer!
    private var isStopped = false

    init(_ context: NodeContext, _ feed: Feed, _ source: AppendSource, _ server: FeedServer) throws {
        self.context = context
        self.feed = feed
        self.source = source
        self.server = server
        body = try Template(source.body)
        values = context.values(for: "feed \(feed.name)")
        // A durable feed goes on where it was, a volatile one begins anew.
        pacer = AppendPacer(source, done: server.scheduled(feed.name).appended)
        timer = WakeTimer(context.eventLoop) { [unowned self] in pump() }
    }

    func run() {
        pacer.start(now: MonotonicClock.now())
        pump()
    }

    func drain() { pacer.finish() }

    func stop() {
        isStopped = true
        timer.cancel()
    }

    func report(_ progress: inout Progress) {
        let (appended, given) = server.scheduled(feed.name)
        progress.published += appended
        progress.confirmed += appended
        if let count = source.count { progress.goal = (progress.goal ?? 0) + count }
        progress.isDone = progress.isDone && !pacer.hasMore && appended == given
    }

    private func pump() {
        guard !isStopped else { return }
        let now = MonotonicClock.now()
        var begun = 0
        while begun < Self.burst, hasRoom, let sequence = pacer.take(now: now) {
            begun += 1
            server.schedule(text(sequence), feed: feed.name) { [weak self] in self?.ended($0) }
        }
        // Timers come in steps of 200 us; without room, the disk wakes us.
        timer.set(hasRoom ? pacer.due.map { begun == Self.burst ? now : max($0, now + 200_000) } : nil, now: now)
    }

    private var hasRoom: Bool { server.pending(feed.name) < Self.window && server.failure(feed.name) == nil }

    private func ended(_ isAppended: Bool) {
        guard isAppended else {
            guard let failure = server.failure(feed.name), !isStopped else { return }
            stop()
            return context.log("error: nothing can be appended to '\(feed.name)' any more: \(failure)")
        }
        // Where it had no room. Later: this may be within its own turn.
        guard server.pending(feed.name) == Self.window - 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.pump() }
    }

    private func text(_ sequence: Int) -> [UInt8] {
        values.sequence = sequence
        return body.filled(&values, size: source.size)
    }
}

extension Template {
    /// As UTF-8, padded with dots to this many octets.
    func filled(_ values: inout Values, size: Int?) -> [UInt8] {
        var bytes: [UInt8] = []
        expand(into: &bytes, &values)
        if let size, bytes.count < size {
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "."), count: size - bytes.count))
        }
        return bytes
    }
}
