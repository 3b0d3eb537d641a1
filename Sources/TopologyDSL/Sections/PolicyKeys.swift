import ClusterModel

/// `retry:` of a service or a caller.
enum RetryKey {
    /// What is said; the rest comes from the semantics, or from the service.
    struct Draft: Sendable {
        var timeout: Duration?
        var attempts: Int?
        var backoff: ClosedRange<Duration>?
        var deadline: Duration?

        /// - Parameter semantics: what the word sets, unless the caller's service has said it already.
        func applied(to policy: RetryPolicy, _ semantics: CallSemantics?) -> RetryPolicy {
            var policy = policy
            switch semantics {
            case .maybe: policy.attempts = 1
            case .atLeastOnce, .atMostOnce: if policy.attempts == 1 { policy.attempts = RetryPolicy().attempts }
            case nil: break
            }
            if let timeout { policy.timeout = timeout }
            if let attempts { policy.attempts = attempts }
            if let backoff { policy.backoff = backoff }
            if let deadline { policy.deadline = deadline }
            return policy
        }
    }

    static let record = Record<Draft>(
        "retry", "When a caller sends a call again, and when it gives up.", from: Draft()
    ) {
        Key(
            "timeout", optional: \.timeout, Format<Duration>.duration(allowsZero: false), default: "1s",
            "How long an attempt waits for its reply before the next one begins. A late reply counts all the same.")
        Key(
            "attempts", optional: \.attempts, Format<Int>.integer(1...1_000_000), default: "5, and 1 with `maybe`",
            "Transmissions of one call, the first included.")
        Key(
            "backoff", optional: \.backoff, backoff, default: "20ms..500ms",
            "The wait between an attempt's timeout and the next: drawn from zero to a ceiling, which starts at the "
                + "first time and doubles up to the second; or `none`.")
        Key(
            "deadline", optional: \.deadline, Format<Duration>.duration(allowsZero: false),
            default: "all timeouts and waits",
            "The time for the whole call. It travels with the request, which is not executed later.")
    } finish: { draft, entry, reading in
        if let timeout = draft.timeout, let deadline = draft.deadline, timeout > deadline {
            reading.warning(
                "'timeout: \(timeout.text)' is longer than 'deadline: \(deadline.text)': the call ends before an attempt can",
                at: entry.place("timeout"))
        }
    }

    private static let backoff: Format<ClosedRange<Duration>> = {
        let times = Format<ClosedRange<Duration>>.durations
        return Format(
            "none, a time such as 50ms, or a range such as 20ms..500ms",
            schema: ["anyOf": .array([["const": "none"], times.schema])]
        ) { node, reading in node.text == "none" ? .zero...(.zero) : times.read(node, reading) }
    }()
}

/// `duplicates:` of a service.
enum DuplicatesKey {
    struct Draft: Sendable {
        var on: DuplicatePolicy.Action?
        var policy = DuplicatePolicy()

        func policy(under semantics: CallSemantics) -> DuplicatePolicy {
            var policy = policy
            policy.on = on ?? (semantics.filtersDuplicates ? .resendReply : .execute)
            return policy
        }
    }

    static let record = Record<Draft>(
        "duplicates", "What a server does with a request that it has seen.", from: Draft()
    ) {
        Key(
            "on", optional: \.on, Format<DuplicatePolicy.Action>.word("an answer to a duplicate"),
            default: "resend-reply, and execute without `at-most-once`",
            "`execute`: it is executed again. `resend-reply`: it gets the first execution's reply.")
        bounds
        Key(
            "durable", \.policy.durable, .flag, default: "false",
            "Whether kept replies, and what handlers put into the node's store, survive the process.")
    }

    /// `duplicates:` of an object type, whose semantics and durability say the rest.
    static let objectRecord = Record<Draft>(
        "object duplicates", "The replies that an object keeps, to answer copies with.", from: Draft()
    ) { bounds }

    private static let bounds: [Key<Draft>] = [
        Key(
            "keep", \.policy.keep, .duration(allowsZero: false), default: "5s",
            "How long after a call's deadline its reply is kept, unless the client has acknowledged it before."),
        Key(
            "capacity", \.policy.capacity, .integer(1...10_000_000), default: "100000",
            "Calls that run or whose reply is kept. Beyond it new calls are refused, not executed."),
        Key(
            "bytes", \.policy.bytes, .bytes, default: "64MiB",
            "Kept replies, together. Beyond it new calls are refused, not executed."),
    ]
}

/// `limits:` of a service.
enum LimitsKey {
    static let record = Record<HandlerLimits>(
        "limits", "What one execution of a handler may use; beyond it, that call fails.", from: HandlerLimits()
    ) {
        Key("instructions", \.instructions, .integer(1...Int.max), default: "50000000", "Instructions of Lua.")
        Key(
            "memory", \.memory, Format<Int>.bytes.check { $0 < 65_536 ? "expected at least 64KiB" : nil },
            default: "16MiB", "Memory.")
        Key(
            "time", optional: \.time, Format<Duration>.duration(allowsZero: false),
            default: "until the call's deadline",
            "Time from the start of the execution, waiting included.")
    }
}
