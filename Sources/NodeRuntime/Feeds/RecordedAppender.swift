import ClusterModel
import Control
import Feeds
import History
import NIOCore

/// Appends to one feed, over this process's own link to its server, and records what it does.
final class RecordedAppender {
    private let context: NodeContext
    private let feed: String
    private var appender: FeedAppender!
    private var timer: WakeTimer!
    /// By the item's key.
    private var completions: [String: (AppendCore.Outcome) -> Void] = [:]

    init(_ context: NodeContext, _ role: AppendRole, _ endpoints: [ServerEndpoint]) throws {
        self.context = context
        feed = role.feed
        let client = try FeedClient.of(role.to, endpoints, timeout: role.timeout, context)
        appender = FeedAppender(
            feed: feed, AppendCore(timeout: role.timeout, attempts: role.attempts), client, now: MonotonicClock.now
        ) { [unowned self] in act($0) }
        timer = WakeTimer(context.eventLoop) { [unowned self] in appender.wake() }
        appender.changed = { [unowned self] in timer.set(appender.core.wakeUp, now: MonotonicClock.now()) }
    }

    /// Items that have not ended.
    var count: Int { appender.core.count }

    /// - Parameter completion: it may be called at once.
    func append(key: String, body: [UInt8], _ completion: @escaping (AppendCore.Outcome) -> Void) {
        completions[key] = completion
        appender.append(.init(key: key, body: body))
    }

    func stop() {
        timer.cancel()
        appender.stop()
    }

    private func act(_ event: FeedAppender.Event) {
        switch event {
        case .attempt(let item, let number):
            var event = AppendAttempt()
            event.feed = feed
            event.message = item.key
            event.attempt = UInt32(number)
            context.recorder.record(.appendAttempt(event))
        case .ended(let item, let outcome):
            var event = AppendResult()
            event.message = item.key
            switch outcome {
            case .appended(let number):
                event.type = .ok
                event.item = number
            case .refused(let reason):
                event.type = .fail
                event.reason = reason
            case .unknown(let reason):
                event.type = .info
                event.reason = reason
            }
            context.recorder.record(.appendResult(event))
            completions.removeValue(forKey: item.key)?(outcome)
        }
    }
}

/// Appends what handlers append, to any feed: connections that are made at their first use.
final class HandlerAppender {
    private unowned let context: NodeContext
    private var appenders: [String: EventLoopFuture<NIOLoopBound<RecordedAppender>>] = [:]
    private var sequence = 0
    /// Appends that have not ended.
    private var pending = 0
    private static let pendingLimit = 1_000

    init(_ context: NodeContext) { self.context = context }

    /// - Parameter completion: with the item's number, or what went wrong. Called later.
    func append(feed: String, body: [UInt8], _ completion: @escaping (Result<UInt64, AppendProblem>) -> Void) {
        sequence += 1
        let key = "\(context.plan.instance)/\(context.plan.incarnation)/h\(sequence)"
        let loop = context.eventLoop.assumeIsolated()
        guard pending < Self.pendingLimit else {
            return loop.execute { completion(.failure(.init("the feed '\(feed)' cannot be reached"))) }
        }
        pending += 1
        appender(of: feed).assumeIsolated().whenComplete { result in
            // Later, even where it is known at once: the script has to be suspended first.
            loop.execute {
                switch result {
                case .failure(let error):
                    self.pending -= 1
                    completion(.failure(.init((error as? OrchError)?.message ?? "\(error)")))
                case .success(let appender):
                    appender.value.append(key: key, body: body) { outcome in
                        self.pending -= 1
                        switch outcome {
                        case .appended(let number): completion(.success(number))
                        case .refused(let reason): completion(.failure(.init(reason)))
                        case .unknown(let reason): completion(.failure(.init("it may have been appended: \(reason)")))
                        }
                    }
                }
            }
        }
    }

    private func appender(of feed: String) -> EventLoopFuture<NIOLoopBound<RecordedAppender>> {
        if let known = appenders[feed] { return known }
        guard let node = context.plan.feedServers[feed] else {
            return context.eventLoop.makeFailedFuture(OrchError(.badTopology, "no node serves the feed '\(feed)'"))
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let made = context.resolve(node).flatMapThrowing { endpoints in
            NIOLoopBound(
                try RecordedAppender(bound.value, AppendRole(feed: feed, to: node), endpoints),
                eventLoop: bound.eventLoop)
        }
        appenders[feed] = made
        // Asked again next time.
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        made.whenFailure { _ in this.value.appenders[feed] = nil }
        return made
    }

    func close() { for appender in appenders.values { appender.whenSuccess { $0.value.stop() } } }
}

/// Why a handler's append failed.
struct AppendProblem: Error {
    var text: String

    init(_ text: String) { self.text = text }
}
