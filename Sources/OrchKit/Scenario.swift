import TopologyText

/// One thing that is done while the cluster runs. Steps without `at` follow one another.
///
///     Step(.wait(until: .node("worker", is: "running")))
///     Step(.fault(Fault(.drop(0.3), link: "producer -> broker", for: .seconds(1))))
///     Step(.assert(Assert(.queue("jobs", depth: 0), within: .seconds(5))))
///     Step(.kill("1 of worker"), at: .seconds(2))
public struct Step: TopologyPart {
    /// What is done. Nodes are selected as files do it: `worker`, `worker-2`, `1 of worker`, `50% of worker`, `label:x`.
    public struct Verb: Sendable {
        let fields: Fields

        public static func wait(_ time: Duration) -> Verb { Verb { $0.time("wait", time) } }
        /// Until the condition holds; the step fails if it does not within this time (10 s).
        public static func wait(until condition: Until, within: Duration? = nil) -> Verb {
            Verb {
                var inner = Fields()
                inner.mapping("until", condition.fields)
                inner.time("within", within)
                $0.mapping("wait", inner)
            }
        }
        /// The next step does not wait for its end.
        public static func fault(_ fault: Fault) -> Verb { Verb { $0.put("fault", fault.section.value) } }
        /// Faults end: all, or those of this name.
        public static func clear(_ name: String = "all") -> Verb { Verb { $0.text("clear", name) } }
        /// One message from outside the cluster.
        public static func publish(
            to exchange: String, key: String? = nil, headers: Value? = nil, body: String? = nil,
            persistent: Bool = false, broker: String? = nil
        ) -> Verb {
            publish {
                $0.text("to", exchange)
                $0.text("key", key)
                $0.message(headers, body, persistent, broker)
            }
        }
        public static func publish(
            queue: String, headers: Value? = nil, body: String? = nil, persistent: Bool = false, broker: String? = nil
        ) -> Verb {
            publish {
                $0.text("queue", queue)
                $0.message(headers, body, persistent, broker)
            }
        }
        /// One item for a feed.
        public static func publish(feed: String, body: String? = nil) -> Verb {
            publish {
                $0.text("feed", feed)
                $0.text("body", body)
            }
        }
        /// One call from outside the cluster. It fails where it does not succeed, or the reply lacks what is expected.
        public static func call(_ method: String, with request: Value? = nil, expect: Value? = nil, to: String? = nil)
            -> Verb
        {
            Verb {
                var inner = Fields()
                inner.text("method", method)
                inner.value("with", request)
                inner.value("expect", expect)
                inner.text("to", to)
                $0.mapping("call", inner)
            }
        }
        /// One invocation of an object that the topology names.
        public static func invoke(_ object: String, _ method: String, with params: Value? = nil, expect: Value? = nil)
            -> Verb
        {
            Verb {
                var inner = Fields()
                inner.text("object", object)
                inner.text("method", method)
                inner.value("with", params)
                inner.value("expect", expect)
                $0.mapping("invoke", inner)
            }
        }
        /// An object moves to another host; with several, to one after the other, each time that the step is done.
        public static func migrate(_ object: String, to hosts: String...) -> Verb {
            Verb {
                $0.text("migrate", object)
                $0.texts("to", hosts)
            }
        }
        /// Processes get a signal, SIGKILL unless it says another.
        public static func kill(_ nodes: String, signal: String? = nil) -> Verb {
            Verb {
                $0.text("kill", nodes)
                $0.text("signal", signal)
            }
        }
        public static func pause(_ nodes: String) -> Verb { Verb { $0.text("pause", nodes) } }
        public static func resume(_ nodes: String) -> Verb { Verb { $0.text("resume", nodes) } }
        /// Processes are asked to end, and stay down until they are started.
        public static func stop(_ nodes: String) -> Verb { Verb { $0.text("stop", nodes) } }
        public static func start(_ nodes: String) -> Verb { Verb { $0.text("start", nodes) } }
        public static func restart(_ nodes: String) -> Verb { Verb { $0.text("restart", nodes) } }
        /// Judged now, or with `within` as soon as it holds.
        public static func assert(_ assertion: Assert) -> Verb { Verb { $0.put("assert", assertion.section.value) } }
        /// Steps that are done again and again, in order.
        /// - Parameter every: from the beginning of one round to that of the next.
        public static func `repeat`(
            times: Int, every: Duration? = nil, @PartsBuilder<Step> _ steps: () -> [Step]
        ) -> Verb {
            Verb {
                var inner = Fields()
                inner.number("times", times)
                inner.time("every", every)
                inner.put("steps", .list(steps().map(\.section.value)))
                $0.mapping("repeat", inner)
            }
        }
        /// A line for whoever watches.
        public static func note(_ text: String) -> Verb { Verb { $0.text("note", text) } }

        private static func publish(_ write: (inout Fields) -> Void) -> Verb {
            Verb {
                var inner = Fields()
                write(&inner)
                $0.mapping("publish", inner)
            }
        }

        private init(_ write: (inout Fields) -> Void) {
            var fields = Fields()
            write(&fields)
            self.fields = fields
        }
    }

    /// What a step waits for.
    public struct Until: Sendable {
        let fields: Fields

        /// All processes of the node, or this one, are in a state: `running`, `exited`, `killed` and so on.
        public static func node(_ name: String, is state: String) -> Until { node(name) { $0.text("state", state) } }
        /// How much the processes of the node have done, together: `published: ">=100"`.
        public static func node(_ name: String, published: Bound) -> Until {
            node(name) { $0.bound("published", published) }
        }
        public static func node(_ name: String, processed: Bound) -> Until {
            node(name) { $0.bound("processed", processed) }
        }
        public static func node(_ name: String, called: Bound) -> Until { node(name) { $0.bound("called", called) } }
        public static func node(_ name: String, viewed: Bound) -> Until { node(name) { $0.bound("viewed", viewed) } }
        public static func queue(_ name: String, depth: Bound? = nil, consumers: Bound? = nil) -> Until {
            Until {
                $0.text("queue", name)
                $0.bound("depth", depth)
                $0.bound("consumers", consumers)
            }
        }
        /// No fault of this name is on any more.
        public static func fault(_ name: String) -> Until { Until { $0.text("fault", name) } }
        /// Lines of a node's output.
        public static func log(_ node: String, contains text: String, count: Bound? = nil) -> Until {
            log(node, "contains", text, count)
        }
        public static func log(_ node: String, matches expression: String, count: Bound? = nil) -> Until {
            log(node, "matches", expression, count)
        }

        private static func log(_ node: String, _ key: String, _ text: String, _ count: Bound?) -> Until {
            Until {
                $0.text("log", node)
                $0.text(key, text)
                $0.bound("count", count)
            }
        }

        private static func node(_ name: String, _ write: (inout Fields) -> Void) -> Until {
            Until {
                $0.text("node", name)
                write(&$0)
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
    ///   - at: after the workloads have started, beside the other steps; after the step before it where it is left out.
    ///   - every: again with this period, `times` times in all.
    public init(_ verb: Verb, at: Duration? = nil, every: Duration? = nil, times: Int? = nil) {
        var fields = verb.fields
        fields.time("at", at)
        fields.time("every", every)
        fields.number("times", times)
        section = TopologySection("scenario", nil, fields)
    }
}

/// A program in Lua that is carried out while the cluster runs; its functions are those of docs/scenario.md.
public struct Script: TopologyPart {
    public let section: TopologySection

    /// - Parameter source: the program itself.
    public init(_ source: String) {
        section = TopologySection("script", nil, .block(source.contains("\n") ? source : source + "\n"))
    }

    /// - Parameter file: from the topology file's folder.
    public init(file: String) { section = TopologySection("script", nil, .text(file)) }
}

extension Fields {
    fileprivate mutating func message(_ headers: Value?, _ body: String?, _ persistent: Bool, _ broker: String?) {
        value("headers", headers)
        text("body", body)
        flag("persistent", persistent)
        text("broker", broker)
    }
}
