import ClusterModel
import DequeModule

/// Appends by `POST`, one item after the other, each with its own key, so that however often it has to be sent, it is
/// appended once. Pure: moments are nanoseconds of one clock.
package struct AppendCore: Sendable {
    package struct Item: Sendable, Equatable {
        /// Sent as `Idempotency-Key`.
        package var key: String
        package var body: [UInt8]

        package init(key: String, body: [UInt8]) {
            self.key = key
            self.body = body
        }
    }

    /// What came of one attempt.
    package enum AttemptEnd: Sendable, Equatable {
        /// The server has the item, under this number.
        case appended(UInt64)
        /// The server refuses it for good.
        case refused(String)
        /// It may or may not have it.
        case unsure(String)
    }

    package enum Outcome: Sendable, Equatable {
        case appended(UInt64)
        /// Certainly not appended.
        case refused(String)
        case unknown(String)
    }

    package enum Action: Sendable, Equatable {
        /// Send it; the attempt's number, from 1, is `attempt` once it is sent.
        case send(Item)
        /// The attempt is given up, and its connection with it.
        case abandon
        case ended(Item, Outcome)
    }

    private enum State: Equatable {
        case idle
        case pausing(until: Int64)
        /// The deadline is of this attempt.
        case sending(deadline: Int64, isSent: Bool)
    }

    private static let firstPause: Int64 = 20_000_000
    private static let longestPause: Int64 = 500_000_000

    private let timeout: Int64
    private let attempts: Int
    private var state = State.idle
    private var queue: Deque<Item> = []
    private var pause = firstPause
    /// When the first item in the queue is given up even if it could never be sent.
    private var giveUp: Int64 = 0
    private var isUnsure = false
    /// Of the first item in the queue: attempts that were sent.
    package private(set) var attempt = 0

    package init(timeout: Duration, attempts: Int) {
        self.timeout = max(timeout.nanoseconds, 1)
        self.attempts = max(attempts, 1)
    }

    /// Items that have not ended.
    package var count: Int { queue.count }

    package mutating func add(_ item: Item, now: Int64) -> [Action] {
        queue.append(item)
        return queue.count == 1 ? begin(now) : []
    }

    /// When `wake` has something to do.
    package var wakeUp: Int64? {
        switch state {
        case .idle: nil
        case .pausing(let until): until
        case .sending(let deadline, _): deadline
        }
    }

    package mutating func wake(now: Int64) -> [Action] {
        guard let moment = wakeUp, moment <= now else { return [] }
        if case .pausing = state { return send(now) }
        return [.abandon] + ended(.unsure("no answer"), now: now)
    }

    /// The attempt is about to leave: from now on the server may have it.
    package mutating func sent() {
        guard case .sending(let deadline, false) = state else { return }
        state = .sending(deadline: deadline, isSent: true)
        attempt += 1
    }

    package mutating func ended(_ end: AttemptEnd, now: Int64) -> [Action] {
        guard case .sending(_, let isSent) = state else { return [] }
        switch end {
        case .appended(let number): return finish(.appended(number), now)
        // An earlier attempt may have got through all the same.
        case .refused(let reason): return finish(isUnsure ? .unknown(reason) : .refused(reason), now)
        case .unsure(let reason):
            isUnsure = isUnsure || isSent
            let isLast = attempt >= attempts || now >= giveUp
            if isLast { return finish(isUnsure ? .unknown(reason) : .refused(reason), now) }
            state = .pausing(until: now + pause)
            pause = min(pause * 2, Self.longestPause)
            return []
        }
    }

    private mutating func finish(_ outcome: Outcome, _ now: Int64) -> [Action] {
        state = .idle
        let item = queue.removeFirst()
        return [.ended(item, outcome)] + begin(now)
    }

    private mutating func begin(_ now: Int64) -> [Action] {
        guard !queue.isEmpty else { return [] }
        pause = Self.firstPause
        isUnsure = false
        attempt = 0
        giveUp = now + (timeout + Self.longestPause) * Int64(attempts)
        return send(now)
    }

    private mutating func send(_ now: Int64) -> [Action] {
        state = .sending(deadline: now + timeout, isSent: false)
        return [.send(queue[0])]
    }
}
