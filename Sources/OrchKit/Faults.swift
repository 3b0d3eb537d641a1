import TopologyText

/// One thing that breaks, where and when.
public struct Fault: TopologyPart {
    /// What breaks. Nodes are selected as files do it: `worker`, `worker-2`, `1 of worker`, `50% of worker`, `label:x`.
    public struct Kind: Sendable {
        let fields: Fields

        /// Messages vanish: this share of them.
        public static func drop(_ share: Share) -> Kind { Kind { $0.share("drop", share) } }
        /// Messages come twice.
        public static func duplicate(_ share: Share) -> Kind { Kind { $0.share("duplicate", share) } }
        /// One bit of a payload is flipped.
        public static func corrupt(_ share: Share) -> Kind { Kind { $0.share("corrupt", share) } }
        /// Replies over HTTP end in the middle of their body.
        public static func truncate(_ share: Share) -> Kind { Kind { $0.share("truncate", share) } }
        /// Messages, and those behind them, come later.
        public static func delay(_ time: Duration, jitter: Duration? = nil, chance: Share? = nil) -> Kind {
            Kind {
                $0.time("delay", time)
                $0.time("jitter", jitter)
                $0.share("chance", chance)
            }
        }
        /// Messages wait until a later one has overtaken them.
        public static func reorder(_ share: Share, within: Duration? = nil) -> Kind {
            Kind {
                $0.share("reorder", share)
                $0.time("within", within)
            }
        }
        /// Requests over HTTP are answered by the link, with this status (503).
        public static func error(_ share: Share, status: Int? = nil) -> Kind {
            Kind {
                $0.share("error", share)
                $0.number("status", status)
            }
        }
        /// Every byte takes this much longer.
        public static func latency(_ time: Duration, jitter: Duration? = nil) -> Kind {
            Kind {
                $0.time("latency", time)
                $0.time("jitter", jitter)
            }
        }
        /// Connections are torn down.
        public static let reset = Kind { $0.flag("reset", true) }
        /// Connections stay open and nothing passes.
        public static let blackhole = Kind { $0.flag("blackhole", true) }
        /// Only members of the same part reach each other.
        public static func partition(_ parts: [String]...) -> Kind {
            Kind { $0.put("partition", .list(parts.map { .list($0.map { .text($0) }) })) }
        }
        /// What the first send does not reach the second; the way back is open.
        public static func cut(from: [String], to: [String]) -> Kind {
            Kind {
                $0.put(
                    "partition",
                    .mapping([
                        .init("from", .list(from.map { .text($0) })), .init("to", .list(to.map { .text($0) })),
                    ]))
            }
        }
        /// Two halves, drawn by the seed.
        public static func halves(_ nodes: String) -> Kind { shape("halves", nodes) }
        /// These reach nobody, and nobody reaches them.
        public static func isolate(_ nodes: String) -> Kind { shape("isolate", nodes) }
        /// Two halves that reach each other only through one process.
        public static func bridge(_ nodes: String) -> Kind { shape("bridge", nodes) }
        /// Each reaches a majority, and no two the same one.
        public static func majorityRing(_ nodes: String) -> Kind { shape("majority-ring", nodes) }
        /// Processes get a signal, SIGKILL unless it says another.
        public static func kill(_ nodes: String, signal: String? = nil) -> Kind {
            Kind {
                $0.text("kill", nodes)
                $0.text("signal", signal)
            }
        }
        /// Processes stop, and go on when the fault ends.
        public static func pause(_ nodes: String) -> Kind { Kind { $0.text("pause", nodes) } }
        /// Processes are stopped in order and started again.
        public static func restart(_ nodes: String) -> Kind { Kind { $0.text("restart", nodes) } }

        private static func shape(_ name: String, _ nodes: String) -> Kind {
            Kind { $0.put("partition", .mapping([.init(name, .text(nodes))])) }
        }

        private init(_ write: (inout Fields) -> Void) {
            var fields = Fields()
            write(&fields)
            self.fields = fields
        }
    }

    /// Which messages of a link; all conditions must hold.
    public struct Only: Sendable {
        public enum Kind: String, Sendable { case publish, deliver, ack, confirm, request, reply, event, datagram }

        let value: TopologyValue

        /// - Parameters:
        ///   - key: the routing key, or a pattern.
        ///   - method: `Calculator.suma`, `Calculator.*`, or over HTTP/1.1 `GET`.
        ///   - nth: only the n-th of each connection's channel and kind.
        public init(
            _ kinds: [Kind] = [], key: String? = nil, method: String? = nil, path: String? = nil, nth: Int? = nil,
            first: Int? = nil
        ) {
            var fields = Fields()
            fields.texts("kind", kinds.map(\.rawValue))
            fields.text("key", key)
            fields.text("method", method)
            fields.text("path", path)
            fields.number("nth", nth)
            fields.number("first", first)
            value = .mapping(fields.entries)
        }
    }

    /// When a message that was swallowed is nacked or requeued.
    public enum Settle: Sendable {
        case after(Duration)
        case never
    }

    public let section: TopologySection

    /// - Parameters:
    ///   - link: `a -> b`, `a <- b`, `a <-> b`; all links where it is left out.
    ///   - at: when it begins, after the workloads have started.
    ///   - failpoint: instead of `at`: a step of a migration, such as `swapping`.
    ///   - duration: how long it lasts; to the end where it is left out.
    ///   - every: it comes again with this period.
    public init(
        _ kind: Kind, link: String? = nil, only: Only? = nil, at: Duration? = nil, failpoint: String? = nil,
        for duration: Duration? = nil, every: Duration? = nil, settle: Settle? = nil, name: String? = nil
    ) {
        var fields = kind.fields
        fields.text("link", link)
        fields.put("only", only?.value)
        fields.time("at", at)
        fields.text("failpoint", failpoint)
        fields.time("for", duration)
        fields.time("every", every)
        switch settle {
        case .after(let time): fields.time("settle", time)
        case .never: fields.text("settle", "never")
        case nil: break
        }
        fields.text("name", name)
        section = TopologySection("faults", nil, fields)
    }
}
