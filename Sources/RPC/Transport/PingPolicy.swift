/// Which pings a server puts up with (gRFC A8, "Client-side Keepalive"): a ping too soon after the one before, with nothing
/// sent to the client in between, is a strike.
struct PingPolicy {
    private let minimumInterval: UInt64
    private let maximumStrikes: Int
    private var strikes = 0
    private var last: UInt64?

    /// - Parameter minimumInterval: nanoseconds.
    init(minimumInterval: UInt64, maximumStrikes: Int) {
        self.minimumInterval = minimumInterval
        self.maximumStrikes = maximumStrikes
    }

    /// HEADERS or DATA went out: a client that measures its bandwidth may ping for them.
    mutating func sentData() {
        strikes = 0
        last = nil
    }

    /// - Returns: whether the connection has to go.
    mutating func receivedPing(now: UInt64) -> Bool {
        defer { last = now }
        guard let last, now &- last < minimumInterval else { return false }
        strikes += 1
        return strikes > maximumStrikes
    }
}

/// Whether the other side is still there.
struct KeepaliveState {
    enum Action: Equatable {
        case wait(until: UInt64)
        /// Send a ping, then come back at that time.
        case ping(thenAt: UInt64)
        case lost
    }
    private let interval: UInt64
    private let timeout: UInt64
    private var lastReceived: UInt64
    private var pingedAt: UInt64?

    /// Nanoseconds, all of them.
    init(interval: UInt64, timeout: UInt64, now: UInt64) {
        self.interval = interval
        self.timeout = timeout
        lastReceived = now
    }

    /// Anything counts as a sign of life, not only the ping's answer.
    mutating func received(now: UInt64) {
        lastReceived = now
        pingedAt = nil
    }

    /// - Parameter isWanted: whether to ping at all now.
    mutating func timerFired(now: UInt64, isWanted: Bool) -> Action {
        if let pingedAt {
            return now >= pingedAt &+ timeout ? .lost : .wait(until: pingedAt &+ timeout)
        }
        guard now >= lastReceived &+ interval else { return .wait(until: lastReceived &+ interval) }
        guard isWanted else { return .wait(until: now &+ interval) }
        pingedAt = now
        return .ping(thenAt: now &+ timeout)
    }
}

/// How many WINDOW_UPDATE frames a peer may send: HTTP/2 gives them without limit, and NIO does not count them.
///
/// Each frame of ours that could call for some earns a few; so an honest peer never runs out.
struct WindowUpdateBudget {
    private static let limit = 20_000
    private var left = 2_000

    mutating func earn() {
        if left < Self.limit { left += 4 }
    }

    /// - Returns: whether it was still allowed.
    mutating func spend() -> Bool {
        left -= 1
        return left >= 0
    }
}
