import ClusterModel
import Control
import Feeds
import History
import NIOCore

/// `publish: { feed: … }` — appends to a feed by `POST`, each item once.
final class AppendWorkload: Workload {
    private let context: NodeContext
    private let role: AppendRole
    private let part: String
    private let body: Template
    private var values: Template.Values
    private var pacer: AppendPacer
    private var client: RecordedAppender?
    private var timer: WakeTimer!
    private var published = 0
    private var confirmed = 0
    private var failed = 0
    private var isStopped = false

    /// - Parameter index: tells apart several of one node, from 0.
    init(_ context: NodeContext, _ role: AppendRole, index: Int) throws {
        self.context = context
        self.role = role
        part = index == 0 ? "" : "\(index + 1)."
        body = try Template(role.source.body)
        values = context.values(for: "append \(index)")
        pacer = AppendPacer(role.source)
        timer = WakeTimer(context.eventLoop) { [unowned self] in pump() }
    }

    func prepare() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return context.resolve(role.to).flatMapThrowing { endpoints in
            let this = bound.value
            this.client = try RecordedAppender(this.context, this.role, endpoints)
        }
    }

    func run() {
        pacer.start(now: MonotonicClock.now())
        pump()
    }

    func drain() { pacer.finish() }

    func report(_ progress: inout Progress) {
        progress.published += published
        progress.confirmed += confirmed
        progress.failed += failed
        if let count = role.source.count { progress.goal = (progress.goal ?? 0) + count }
        progress.isDone = progress.isDone && !pacer.hasMore && client?.count == 0
    }

    func survey() -> EventLoopFuture<Survey> {
        context.eventLoop.makeSucceededFuture(Survey(unhandled: client?.count ?? 0, queued: 0))
    }

    func stop() -> EventLoopFuture<Void> {
        isStopped = true
        timer.cancel()
        client?.stop()
        return context.eventLoop.makeSucceededVoidFuture()
    }

    /// One after the other: the next item is made when the one before has ended.
    private func pump() {
        guard !isStopped, let client, client.count == 0 else { return }
        let now = MonotonicClock.now()
        guard let sequence = pacer.take(now: now) else {
            return timer.set(pacer.due.map { max($0, now + 200_000) }, now: now)
        }
        timer.set(nil, now: now)
        published += 1
        values.sequence = sequence
        let key = "\(context.plan.instance)/\(context.plan.incarnation)/\(part)\(sequence)"
        client.append(key: key, body: body.filled(&values, size: role.source.size)) { [weak self] in self?.ended($0) }
    }

    private func ended(_ outcome: AppendCore.Outcome) {
        switch outcome {
        case .appended: confirmed += 1
        case .refused, .unknown: failed += 1
        }
        // Later: this may be within its own turn.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.pump() }
    }
}
