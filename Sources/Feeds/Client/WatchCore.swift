import ClusterModel

/// One watcher of a feed: what it asks next, what it shows, and when it gives a request up. Pure: moments are handed in,
/// in nanoseconds of one clock.
///
/// Whatever happens on the way, it shows each item once and in order. What did not come it asks for again: it knows
/// the number of the next one. Only what the server itself no longer has is left out, and said.
package struct WatchCore: Sendable {
    package struct Query: Sendable, Equatable {
        package var after: UInt64
        /// 0: it only wants to know where the feed is.
        package var limit: Int
        /// `nil`: an answer at once.
        package var wait: Duration?
        package var isStream: Bool

        package init(after: UInt64, limit: Int, wait: Duration? = nil, isStream: Bool = false) {
            self.after = after
            self.limit = limit
            self.wait = wait
            self.isStream = isStream
        }
    }

    package enum Action: Sendable, Equatable {
        /// Nothing else is under way.
        case request(Query)
        /// The request is given up, and its connection with it.
        case abandon
        /// It follows the feed from here: it is owed what comes after this item.
        case begin(after: UInt64)
        case show(UInt64)
        /// The server has these no more.
        case lost(ClosedRange<UInt64>)
        /// The feed has begun anew, and so does the watcher.
        case newEpoch(String)
        /// What went wrong with a request, for the log.
        case problem(String)
    }

    /// The answer to a request that is no stream.
    package struct Reply: Sendable, Equatable {
        package var status: Int
        package var epoch: String?
        /// The oldest item that the server has, where it lacks some that were asked for.
        package var oldest: UInt64?
        /// `nil`: the answer could not be read.
        package var content: FeedContent?

        package init(status: Int, epoch: String? = nil, oldest: UInt64? = nil, content: FeedContent? = nil) {
            self.status = status
            self.epoch = epoch
            self.oldest = oldest
            self.content = content
        }
    }

    private enum State: Equatable {
        case off
        case pausing(until: Int64)
        case asking(Query, deadline: Int64, since: Int64)
        case streaming(deadline: Int64)
    }

    private static let firstPause: Int64 = 20_000_000
    private static let longestPause: Int64 = 500_000_000
    /// Signs of life that name an item which has not come, before it counts as lost on the way.
    private static let firstPatience = 2
    private static let longestPatience = 64

    private let role: WatchRole
    private var state = State.off
    private var epoch: String?
    /// The next item to show; nil: it is not known where the feed is.
    private var next: UInt64?
    private var pause = firstPause
    /// Whether something was shown, or something new learnt, since the last request.
    private var hasProgressed = false
    private var unseen = 0
    private var patience = firstPatience
    package private(set) var shown = 0

    package init(_ role: WatchRole) { self.role = role }

    /// The last item shown, or the one that it began after.
    package var last: UInt64 { (next ?? 1) - 1 }

    /// When `wake` has something to do.
    package var wakeUp: Int64? {
        switch state {
        case .off: nil
        case .pausing(let until): until
        case .asking(_, let deadline, _), .streaming(let deadline): deadline
        }
    }

    // MARK: - Events

    package mutating func start(now: Int64) -> [Action] {
        guard state == .off else { return [] }
        guard role.from == .start else { return ask(now) }
        next = 1
        return [.begin(after: 0)] + ask(now)
    }

    package mutating func stop() { state = .off }

    package mutating func wake(now: Int64) -> [Action] {
        guard let moment = wakeUp, moment <= now else { return [] }
        switch state {
        case .pausing: return ask(now)
        case .asking, .streaming:
            return [.abandon, .problem("no answer within \(role.timeout.text)")] + retry(now)
        case .off: return []
        }
    }

    /// The connection could not be made, or was lost, or a stream ended.
    package mutating func failed(_ reason: String, now: Int64) -> [Action] {
        switch state {
        case .asking, .streaming: [.problem(reason)] + retry(now)
        case .off, .pausing: []
        }
    }

    /// The answer is there, as a whole.
    package mutating func replied(_ reply: Reply, now: Int64) -> [Action] {
        guard case .asking(let query, _, let since) = state else { return [] }
        guard [200, 204, 304].contains(reply.status) else {
            return [.problem("the server answered \(reply.status)")] + retry(now)
        }
        if let again = begunAnew(reply.epoch) { return again + ask(now) }
        guard reply.status == 200 else {
            pause = Self.firstPause
            // At the end of the wait, ask again; sooner, somebody does not wait as asked.
            let waited = query.wait.map { now - since >= $0.nanoseconds / 2 } ?? false
            return waited ? ask(now) : rest(now)
        }
        guard let content = reply.content else { return [.problem("the answer cannot be read")] + retry(now) }
        pause = Self.firstPause
        guard let first = next else {
            next = content.last + 1
            return [.begin(after: content.last)] + ask(now)
        }
        var actions: [Action] = []
        for item in content.items where item >= next! {
            if item > next!, item == reply.oldest { actions.append(skip(to: item)) }
            guard item == next else {
                return actions + [.problem("item \(next!) is missing in the answer")] + retry(now)
            }
            actions.append(show(item))
        }
        // More is there: at once.
        guard next! == first || (role.by == .poll && content.last < next!) else { return actions + ask(now) }
        return actions + rest(now)
    }

    /// The head of a stream's answer.
    package mutating func streamOpened(status: Int, epoch: String?, oldest: UInt64?, now: Int64) -> [Action] {
        guard case .asking(let query, _, _) = state, query.isStream else { return [] }
        guard status == 200 else {
            return [.abandon, .problem("the server answered \(status)")] + retry(now)
        }
        if let again = begunAnew(epoch) { return [.abandon] + again + ask(now) }
        state = .streaming(deadline: now + role.timeout.nanoseconds)
        unseen = 0
        guard let oldest, oldest > next! else { return [] }
        return [skip(to: oldest)]
    }

    /// Something of a stream has come, be it a part of an event.
    package mutating func streamed(_ outputs: [EventStreamParser.Output], now: Int64) -> [Action] {
        var actions: [Action] = []
        for output in outputs {
            guard case .streaming = state else { break }
            actions += streamed(output, now: now)
        }
        if case .streaming = state { state = .streaming(deadline: now + role.timeout.nanoseconds) }
        return actions
    }

    private mutating func streamed(_ output: EventStreamParser.Output, now: Int64) -> [Action] {
        switch output {
        case .event(let event):
            if event.type == "gap" {
                // What was dropped for us is still to be had, unless the server says otherwise when asked.
                return [.abandon, .problem("the server dropped items for this watcher")] + retry(now)
            }
            guard event.type == "message", let item = UInt64(event.id), item >= next! else { return [] }
            guard item == next else { return [.abandon, .problem("item \(next!) did not come")] + retry(now) }
            return [show(item)]
        case .comment(let text):
            guard let last = Self.heartbeat(text), last >= next! else { return [] }
            unseen += 1
            guard unseen >= patience else { return [] }
            // Something may be slow, not lost: who asks again too soon never gets anything.
            patience = min(patience * 2, Self.longestPatience)
            return [.abandon, .problem("item \(next!) did not come")] + retry(now)
        case .retry: return []
        }
    }

    /// ` last 57`
    private static func heartbeat(_ comment: String) -> UInt64? {
        let words = comment.split(separator: " ")
        return words.count == 2 && words[0] == "last" ? UInt64(words[1]) : nil
    }

    // MARK: - Steps

    private mutating func ask(_ now: Int64) -> [Action] {
        hasProgressed = false
        let query: Query
        var patience = role.timeout.nanoseconds
        if let next {
            let wait = role.by == .longPoll ? role.wait : nil
            patience += wait?.nanoseconds ?? 0
            query = Query(after: next - 1, limit: role.limit, wait: wait, isStream: role.by == .push)
        } else {
            query = Query(after: 0, limit: 0)
        }
        state = .asking(query, deadline: now + patience, since: now)
        return [.request(query)]
    }

    private mutating func rest(_ now: Int64) -> [Action] {
        // A long poll that is answered with nothing would spin.
        state = .pausing(until: now + (role.by == .poll ? role.every.nanoseconds : Self.firstPause))
        return []
    }

    /// At once where the last request brought something, otherwise after a growing pause.
    private mutating func retry(_ now: Int64) -> [Action] {
        guard !hasProgressed else { return ask(now) }
        state = .pausing(until: now + pause)
        pause = min(pause * 2, Self.longestPause)
        return []
    }

    private mutating func show(_ item: UInt64) -> Action {
        next = item + 1
        shown += 1
        hasProgressed = true
        pause = Self.firstPause
        unseen = 0
        patience = Self.firstPatience
        return .show(item)
    }

    private mutating func skip(to item: UInt64) -> Action {
        defer { next = item }
        hasProgressed = true
        return .lost(next!...(item - 1))
    }

    /// - Returns: nil: the feed is the one that it knows.
    private mutating func begunAnew(_ epoch: String?) -> [Action]? {
        guard let epoch, epoch != self.epoch else { return nil }
        let isFirst = self.epoch == nil
        self.epoch = epoch
        if isFirst || next == nil { return nil }
        next = 1
        pause = Self.firstPause
        return [.newEpoch(epoch)]
    }
}
