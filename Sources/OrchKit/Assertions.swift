import TopologyText

/// One thing that must hold.
public struct Assert: TopologyPart {
    public enum Guarantee: String, Sendable {
        case atMostOnce = "at-most-once"
        case atLeastOnce = "at-least-once"
        case exactlyOnce = "exactly-once"
        /// Of calls only.
        case maybe
    }

    /// Which messages must arrive: those that were confirmed, or all that were attempted.
    public enum Basis: String, Sendable { case acknowledged, attempted }
    public enum Model: String, Sendable { case methods, register, counter, queue }
    public enum Way: String, Sendable { case names, neighbours }

    /// What must hold. Bounds are written as in files: `0`, `"<10"`, `">=99.9%"`, `"<50ms"`.
    public struct Claim: Sendable {
        let fields: Fields

        public static func delivery(_ guarantee: Guarantee, of basis: Basis? = nil) -> Claim {
            Claim {
                $0.word("delivery", guarantee)
                $0.word("of", basis)
            }
        }
        /// The same for what peers send to one another.
        public static func messages(_ guarantee: Guarantee, of basis: Basis? = nil) -> Claim {
            Claim {
                $0.word("messages", guarantee)
                $0.word("of", basis)
            }
        }
        /// Each message reached just the queues that the bindings say.
        public static let routing = Claim { $0.text("routing", "exact") }
        /// One publisher's transmissions reach one consumer in order.
        public static let order = Claim { $0.text("order", "fifo") }
        public static func queue(_ name: String, depth: Bound? = nil, consumers: Bound? = nil) -> Claim {
            Claim {
                $0.text("queue", name)
                $0.bound("depth", depth)
                $0.bound("consumers", consumers)
            }
        }
        public static func node(_ name: String, state: String? = nil, restarts: Bound? = nil, exit: Bound? = nil)
            -> Claim
        {
            Claim {
                $0.text("node", name)
                $0.text("state", state)
                $0.bound("restarts", restarts)
                $0.bound("exit", exit)
            }
        }
        /// Lines of a node's output.
        public static func log(_ node: String, contains: String? = nil, matches: String? = nil, count: Bound? = nil)
            -> Claim
        {
            Claim {
                $0.text("log", node)
                $0.text("contains", contains)
                $0.text("matches", matches)
                $0.bound("count", count)
            }
        }
        /// How often each call was executed, against what its caller was told.
        public static func calls(_ guarantee: Guarantee, method: String? = nil) -> Claim {
            Claim {
                $0.word("calls", guarantee)
                $0.text("method", method)
            }
        }
        /// `["p99": "<50ms", "mean": "<10ms", "max": "<1s"]`
        public static func latency(_ bounds: KeyValuePairs<String, Bound>, method: String? = nil) -> Claim {
            Claim {
                $0.bounds("latency", Array(bounds))
                $0.text("method", method)
            }
        }
        /// Calls that succeed a second: `">=500/s"`.
        public static func throughput(_ bound: Bound, method: String? = nil) -> Claim {
            Claim {
                $0.bound("throughput", bound)
                $0.text("method", method)
            }
        }
        /// The share of calls that succeed: `">=99.9%"`.
        public static func availability(_ bound: Bound, method: String? = nil) -> Claim {
            Claim {
                $0.bound("availability", bound)
                $0.text("method", method)
            }
        }
        /// Calls succeed again this soon after a fault has ended: after the one of that name, or each.
        public static func recovery(within: Duration, method: String? = nil, after fault: String? = nil) -> Claim {
            Claim {
                $0.time("recovery", within)
                $0.text("method", method)
                $0.text("after", fault)
            }
        }
        /// The invocations of an object, or of each of a type's, have a legal sequential order.
        public static func linearizable(_ object: String, model: Model? = nil) -> Claim {
            Claim {
                $0.text("linearizable", object)
                $0.word("model", model)
            }
        }
        /// Never two owners that serve an object at a time.
        public static func singleOwner(of object: String? = nil) -> Claim {
            Claim {
                $0.text("owner", "single")
                $0.text("object", object)
            }
        }
        /// Objects that nobody refers to are collected within this time.
        public static func collected(within: Duration, type: String? = nil) -> Claim {
            Claim {
                var inner = Fields()
                inner.time("within", within)
                inner.text("type", type)
                $0.mapping("collected", inner)
            }
        }
        /// No such object is lost as long as somebody refers to it; `all`, a type or an object.
        public static func alive(_ object: String) -> Claim { Claim { $0.text("alive", object) } }
        /// How long an object's invocations stand still while it moves.
        public static func pause(_ bound: Bound, object: String? = nil) -> Claim {
            Claim {
                $0.bound("pause", bound)
                $0.text("object", object)
            }
        }
        /// The fields of an object at the end.
        public static func state(_ object: String, is values: Value) -> Claim {
            Claim {
                $0.text("state", object)
                $0.value("is", values)
            }
        }
        /// What watchers of a feed see of its items, and how soon: `fresh: ["p99": "<500ms"]`.
        public static func feed(
            _ guarantee: Guarantee, of feed: String? = nil, fresh: KeyValuePairs<String, Bound> = [:]
        )
            -> Claim
        {
            Claim {
                $0.word("feed", guarantee)
                $0.text("of", feed)
                $0.bounds("fresh", Array(fresh))
            }
        }
        /// After every change the views of all live peers of the group are the same and right.
        public static func converged(_ group: String, within: Duration) -> Claim { bound("converged", group, within) }
        /// A peer's death is known to all that can know; in a group, or `all`.
        public static func detected(_ group: String, within: Duration) -> Claim { bound("detected", group, within) }
        /// How often a peer that was alive was held to be dead.
        public static func falseDeaths(_ bound: Bound, group: String? = nil) -> Claim {
            Claim {
                $0.bound("false-deaths", bound)
                $0.text("group", group)
            }
        }
        /// In the end all live peers of the group have the same broadcast items.
        public static func coherent(_ group: String) -> Claim { Claim { $0.text("coherent", group) } }
        /// The share of lookups that were answered, and how far each went.
        public static func found(_ bound: Bound, group: String? = nil, by way: Way? = nil, hops: Bound? = nil) -> Claim
        {
            Claim {
                $0.bound("found", bound)
                $0.text("group", group)
                $0.word("by", way)
                $0.bound("hops", hops)
            }
        }

        private static func bound(_ keyword: String, _ group: String, _ within: Duration) -> Claim {
            Claim {
                var inner = Fields()
                inner.text("group", group)
                inner.time("within", within)
                $0.mapping(keyword, inner)
            }
        }

        private init(_ write: (inout Fields) -> Void) {
            var fields = Fields()
            write(&fields)
            self.fields = fields
        }
    }

    public let section: TopologySection

    /// - Parameters:
    ///   - from: the node that sends or calls, with all its replicas.
    ///   - to: the node that receives or serves; or `queue:NAME`.
    ///   - isViolated: turns it around: it fails if nothing goes wrong.
    ///   - within: judged as soon as it holds, at the latest this long after the workloads have started.
    public init(
        _ claim: Claim, from: String? = nil, to: String? = nil, isViolated: Bool = false, within: Duration? = nil
    ) {
        var fields = claim.fields
        fields.text("from", from)
        fields.text("to", to)
        fields.text("expect", isViolated ? "violated" : nil)
        fields.time("within", within)
        section = TopologySection("assertions", nil, fields)
    }
}
