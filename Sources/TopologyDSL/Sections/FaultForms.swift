import ClusterModel

/// One fault of the language. To add one: a case of `Fault` in ClusterModel, and an entry here. Files, the command
/// line, the schema and the reference all follow.
struct FaultForm: Sendable {
    typealias Maker = @Sendable (FaultOptions) -> Fault

    let keyword: String
    let level: Fault.Level
    let doc: String
    /// The further keys that it understands, besides `at`, `failpoint`, `every` and `name`.
    let options: [String]
    let format: Format<Maker>

    init<Argument>(
        _ keyword: String, _ level: Fault.Level, takes argument: Format<Argument>, options: [String], _ doc: String,
        make: @escaping @Sendable (Argument, FaultOptions) -> Fault
    ) {
        self.keyword = keyword
        self.level = level
        self.doc = doc
        self.options = options
        format = argument.map { argument in { @Sendable options in make(argument, options) } }
    }

    static let all: [FaultForm] = [
        FaultForm(
            "drop", .message, takes: .share, options: ["link", "only", "for", "settle"],
            "Messages vanish: this share of them."
        ) { share, _ in .drop(share) },
        FaultForm(
            "duplicate", .message, takes: .share, options: ["link", "only", "for"],
            "Messages come twice: this share of them."
        ) { share, _ in .duplicate(share) },
        FaultForm(
            "delay", .message, takes: .durations, options: ["link", "only", "for", "jitter", "chance"],
            "Messages, and those behind them on their channel, come later by this time, or by one drawn from the range."
        ) { range, options in
            let (middle, jitter) = spread(range, options.jitter)
            return .delay(middle, jitter: jitter, options.chance ?? Share(1))
        },
        FaultForm(
            "reorder", .message, takes: .share, options: ["link", "only", "for", "within"],
            "Messages wait until a later one of their kind has overtaken them: this share of them."
        ) { share, options in .reorder(share, within: options.within ?? Fault.reorderWithin) },
        FaultForm(
            "corrupt", .message, takes: .share, options: ["link", "only", "for"],
            "One bit of a message's payload is flipped: in this share of them."
        ) { share, _ in .corrupt(share) },
        FaultForm(
            "error", .message, takes: .share, options: ["link", "only", "for", "status"],
            "Requests over HTTP are answered by the link, with `status`, and the server does not see them: this share "
                + "of them."
        ) { share, options in .error(share, status: options.status ?? 503) },
        FaultForm(
            "truncate", .message, takes: .share, options: ["link", "only", "for"],
            "Replies over HTTP end in the middle of their body, and their connection with them: this share of them."
        ) { share, _ in .truncate(share) },
        FaultForm(
            "latency", .connection, takes: .durations, options: ["link", "for", "jitter"],
            "Every byte takes this much longer, or a time drawn from the range."
        ) { range, options in
            let (middle, jitter) = spread(range, options.jitter)
            return .latency(middle, jitter: jitter)
        },
        FaultForm(
            "reset", .connection, takes: .nothing, options: ["link", "for"],
            "Connections are torn down with a TCP reset."
        ) { _, _ in .reset },
        FaultForm(
            "blackhole", .connection, takes: .nothing, options: ["link", "for"],
            "Connections stay open and nothing passes."
        ) { _, _ in .blackhole },
        FaultForm(
            "partition", .network, takes: PartitionKey.format, options: ["for"],
            "The network falls apart: `[[a, b], [c]]` are parts whose members reach only one another; `{ halves: peer }`, "
                + "`{ isolate: peer-3 }`, `{ bridge: peer }` and `{ majority-ring: peer }` are shapes; "
                + "`{ from: [a], to: [b] }` cuts one way. Who is not named talks to everybody."
        ) { partition, _ in .partition(partition) },
        FaultForm(
            "kill", .process, takes: .nodes, options: ["signal"],
            "Processes get a signal, SIGKILL unless `signal` says another."
        ) { nodes, options in .kill(nodes, signal: options.signal ?? "KILL") },
        FaultForm(
            "pause", .process, takes: .nodes, options: ["for"],
            "Processes stop (SIGSTOP) and go on when the fault ends."
        ) { nodes, _ in .pause(nodes) },
        FaultForm(
            "restart", .process, takes: .nodes, options: [],
            "Processes are stopped in order and started again at once, whatever their restart policy."
        ) { nodes, _ in .restart(nodes) },
    ]

    /// Faults of the language that this version refuses.
    static let later = [
        "bandwidth", "slow_close", "slice", "limit", "refuse", "stop", "skew",
        "fsync_lost", "disk_full", "disk_slow", "chaos",
    ]

    static func named(_ keyword: String) -> FaultForm? { all.first { $0.keyword == keyword } }

    /// `20ms..80ms` is 50 ms ± 30 ms.
    private static func spread(_ range: ClosedRange<Duration>, _ jitter: Duration?) -> (Duration, Duration) {
        let half = (range.upperBound - range.lowerBound) / 2
        return (range.lowerBound + half, jitter ?? half)
    }
}

/// The keys that go with a fault.
struct FaultOptions: Sendable {
    var link: LinkSelector?
    var only = FaultFilter()
    var at: Duration?
    var duration: Duration?
    var every: Duration?
    var failpoint: Failpoint?
    var settle: Duration? = .seconds(1)
    var name: String?
    var jitter: Duration?
    var chance: Share?
    var within: Duration?
    var signal: String?
    var status: Int?
}

extension Format where Value == Bool {
    /// A fault that needs no number: `reset: true`, or `reset:` alone.
    static var nothing: Format {
        Format("true, or nothing", schema: ["enum": [true, .null]]) { node, reading in
            if node.isNull { return true }
            guard let isOn = Format<Bool>.flag.read(node, reading) else { return nil }
            if !isOn { reading.error("expected true, or nothing: leave the fault out instead", at: node.span) }
            return isOn ? true : nil
        }
    }
}
