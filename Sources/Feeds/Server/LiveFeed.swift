import ClusterModel
import DequeModule
import NIOCore
import Storage

/// One feed of a server: its log, what waits for the disk, and who waits for items. Confined to its event loop.
final class LiveFeed {
    enum Refusal: Error, Equatable {
        case otherText
        case busy
        case failed(String)
        case tooLong
    }

    let feed: Feed
    private(set) var log: FeedLog
    private let store: FeedStore?
    private let eventLoop: any EventLoop
    /// Told of each item before anybody can see it.
    private let appended: (FeedItem, _ key: String?) -> Void
    /// Who appended what is staged, and its key, by the item's number.
    private var pending: Deque<Pending> = []
    private var waiters: [Int: (LongPoll)] = [:]
    private var streams: [Int: FeedStream] = [:]
    private var nextID = 0
    /// Items up to this one are known to the evidence.
    private(set) var known: UInt64
    private(set) var failure: String?

    private struct Pending {
        var number: UInt64
        var key: String?
        var completions: [(Result<UInt64, Refusal>) -> Void] = []
    }

    /// - Parameter stored: what the disk has kept; those of its items that may not be known are told of at once.
    init(
        _ feed: Feed, _ log: FeedLog, _ store: FeedStore?, known: UInt64, on eventLoop: any EventLoop,
        appended: @escaping (FeedItem, _ key: String?) -> Void
    ) {
        self.feed = feed
        self.log = log
        self.store = store
        self.known = known
        self.eventLoop = eventLoop
        self.appended = appended
    }

    /// Tells of items that the last life put on disk and may not have told of: nobody has seen those, or it had.
    func tellRecovered(keys: [AppendKey]) {
        let texts = Dictionary(keys.map { ($0.number, $0.text) }) { $1 }
        while known < log.last {
            known += 1
            if let item = log.item(known) { appended(item, texts[known]) }
        }
    }

    // MARK: - Appending

    /// - Parameter completion: with the item's number, once it may be seen. It may be called at once.
    func append(
        _ body: [UInt8], key: String? = nil, at: Int64, isScheduled: Bool = false,
        _ completion: @escaping (Result<UInt64, Refusal>) -> Void
    ) {
        switch log.append(body, key: key, at: at, isScheduled: isScheduled) {
        case .known(let number) where number <= log.last: completion(.success(number))
        case .known(let number):
            if let index = pending.firstIndex(where: { $0.number == number }) {
                pending[index].completions.append(completion)
            } else {
                completion(.failure(.failed(failure ?? "the disk has failed")))
            }
        case .otherText: completion(.failure(.otherText))
        case .full: completion(.failure(.busy))
        case .failed: completion(.failure(.failed(failure ?? "the disk has failed")))
        case .tooLong: completion(.failure(.tooLong))
        case .staged(let item):
            pending.append(Pending(number: item.number, key: key, completions: [completion]))
            guard let store else { return commit(through: item.number) }
            let kept = UInt64(log.limits.keep)
            let keys = UInt64(log.limits.keys)
            store.write(
                FeedWrite(
                    feed: feed.name, item: item,
                    key: key.map { AppendKey(text: $0, number: item.number, digest: AppendKey.digest(body)) },
                    scheduled: log.scheduled, known: known,
                    oldest: max(log.oldest, item.number > kept ? item.number - kept + 1 : 0),
                    oldestKey: item.number > keys ? item.number - keys + 1 : 0)
            ) { failure in
                if let failure { self.fail("\(failure)") } else { self.commit(through: item.number) }
            }
        }
    }

    private func commit(through number: UInt64) {
        var done: [(UInt64, [(Result<UInt64, Refusal>) -> Void])] = []
        // First the evidence, then the feed.
        for item in log.commit(through: number) {
            let first = pending.removeFirst()
            known = item.number
            appended(item, first.key)
            done.append((item.number, first.completions))
        }
        guard !done.isEmpty else { return }
        wake()
        for (number, completions) in done { for completion in completions { completion(.success(number)) } }
    }

    private func fail(_ reason: String) {
        guard failure == nil else { return }
        failure = reason
        log.fail()
        let pending = self.pending
        self.pending = []
        for waiting in pending { for completion in waiting.completions { completion(.failure(.failed(reason))) } }
    }

    // MARK: - Waiting

    /// Who waits until there is an item.
    final class LongPoll {
        let after: UInt64
        let end: () -> Void
        fileprivate var timer: Scheduled<Void>?

        fileprivate init(after: UInt64, end: @escaping () -> Void) {
            self.after = after
            self.end = end
        }
    }

    /// - Parameter end: called once: when there is an item, when the time is over, or when the wait is ended.
    /// - Returns: ends the wait.
    func wait(after: UInt64, atMost time: Duration, _ end: @escaping () -> Void) -> () -> Void {
        nextID += 1
        let id = nextID
        let poll = LongPoll(after: after, end: end)
        waiters[id] = poll
        poll.timer = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(time.nanoseconds)) { self.endWait(id) }
        return { self.endWait(id) }
    }

    private func endWait(_ id: Int) {
        guard let poll = waiters.removeValue(forKey: id) else { return }
        poll.timer?.cancel()
        poll.end()
    }

    /// - Parameter disconnect: closes its connection, at once.
    func stream(after: UInt64, disconnect: @escaping () -> Void) -> FeedStream {
        nextID += 1
        let stream = FeedStream(
            nextID, self, PushCursor(after: after, buffer: feed.buffer, slow: feed.slow), on: eventLoop,
            disconnect: disconnect)
        streams[nextID] = stream
        return stream
    }

    func remove(_ stream: FeedStream) { streams[stream.id] = nil }

    private func wake() {
        for (id, poll) in waiters where poll.after < log.last { endWait(id) }
        for stream in streams.values { stream.wake() }
    }

    var waitingCount: Int { waiters.count }
    var streamCount: Int { streams.count }
    var idleStreamCount: Int { streams.values.count { $0.isIdle } }

    /// Ends all waits and streams.
    func end() {
        for id in waiters.keys { endWait(id) }
        for stream in streams.values { stream.end() }
    }
}
