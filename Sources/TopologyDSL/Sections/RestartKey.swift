import ClusterModel

/// `restart:` of a node.
enum RestartKey {
    static let record = Record<RestartPolicy>(
        "restart", "Whether a process that ended is started again.", from: .init()
    ) {
        Key("mode", \.mode, mode, "`no`, `on-failure` (not after status 0) or `always`.")
        Key("policy", \.mode, mode, "Another word for `mode`.")
        Key(
            "backoff", \.backoffs, .durations, default: "100ms..5s",
            "The wait before a restart; it doubles each time, from the first to the second.")
        Key(
            "max", optional: \.maximum, Format<Int>.integer(0...1_000_000), default: "without limit",
            "Restarts at most.")
    } finish: { policy, entry, reading in
        if entry.has("mode"), entry.has("policy") {
            reading.error("'mode' and 'policy' in one restart: expected one of them", at: entry.place("policy"))
        } else if !entry.has("mode"), !entry.has("policy") {
            policy.mode = .onFailure
        }
    }

    private static let mode = Format<RestartPolicy.Mode>.word("a restart mode")

    static let format = Format<RestartPolicy>.either(mode.map { RestartPolicy(mode: $0) }, or: record.format)
}

extension RestartPolicy {
    fileprivate var backoffs: ClosedRange<Duration> {
        get { backoff...max(backoff, maximumBackoff) }
        set {
            backoff = newValue.lowerBound
            maximumBackoff = newValue.upperBound
        }
    }
}

/// `stop:` of a node.
enum StopKey {
    static let record = Record<StopPolicy>("stop", "How a process is asked to end.", from: .init()) {
        Key(
            "signal", \.signal, .signal(["TERM", "INT", "HUP", "QUIT", "KILL"]), default: "TERM",
            "The signal that asks.")
        Key("timeout", \.timeout, .duration(), default: "2s", "After that it is killed.")
    }

    static let format = record.format
}
