import ClusterModel
import Control
import Feeds
import History
import NIOCore

/// `watch:` — follows a feed, and shows each item once and in order.
final class WatchWorkload: Workload {
    private let context: NodeContext
    private let role: WatchRole
    private var watcher: FeedWatcher?
    private var timer: WakeTimer!
    private var problems = 0

    init(_ context: NodeContext, _ role: WatchRole) {
        self.context = context
        self.role = role
        timer = WakeTimer(context.eventLoop) { [unowned self] in watcher?.wake() }
    }

    func prepare() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return context.resolve(role.to).flatMapThrowing { endpoints in
            let this = bound.value
            let client = try FeedClient.of(this.role.to, endpoints, timeout: this.role.timeout, this.context)
            let watcher = FeedWatcher(this.role, client, now: MonotonicClock.now) { [unowned this] in this.act($0) }
            watcher.changed = { [unowned this] in this.schedule() }
            this.watcher = watcher
        }
    }

    private func schedule() { timer.set(watcher?.core.wakeUp, now: MonotonicClock.now()) }

    private func act(_ action: WatchCore.Action) {
        switch action {
        case .begin(let after):
            var event = FeedWatch()
            event.feed = role.feed
            event.after = after
            event.by = role.by
            context.recorder.record(.feedWatch(event))
        case .show(let item):
            problems = 0
            var event = FeedView()
            event.feed = role.feed
            event.item = item
            context.recorder.record(.feedView(event))
        case .lost(let items):
            context.log("the feed '\(role.feed)' has no items \(items.lowerBound) to \(items.upperBound) any more")
        case .newEpoch(let epoch):
            context.log("the feed '\(role.feed)' has begun anew (epoch \(epoch)); watching it from its first item")
        case .problem(let text):
            problems += 1
            // The first one after an item is worth a line, and then every hundredth.
            if problems == 1 || problems % 100 == 0 { context.log("feed '\(role.feed)': \(text); asking again") }
        case .request, .abandon: break
        }
    }

    func run() { watcher?.start() }

    /// Items may still come.
    func drain() {}

    func report(_ progress: inout Progress) { progress.viewed += watcher?.core.shown ?? 0 }

    func survey() -> EventLoopFuture<Survey> {
        var survey = Survey(unhandled: 0, queued: 0)
        survey.views[role.feed] = watcher?.core.last ?? 0
        return context.eventLoop.makeSucceededFuture(survey)
    }

    func stop() -> EventLoopFuture<Void> {
        timer.cancel()
        watcher?.stop()
        return context.eventLoop.makeSucceededVoidFuture()
    }
}

extension FeedClient {
    /// A client of the node that serves a feed: of its first replica.
    static func of(
        _ node: String, _ endpoints: [ServerEndpoint], timeout: Duration, _ context: NodeContext
    ) throws -> FeedClient {
        guard let endpoint = endpoints.first else {
            throw OrchError(.internalError, "the plan has no way to the feeds of '\(node)'")
        }
        return FeedClient(port: endpoint.port, timeout: .nanoseconds(timeout.nanoseconds), on: context.eventLoop)
    }
}
