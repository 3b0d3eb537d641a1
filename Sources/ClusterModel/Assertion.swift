/// One entry under `assertions:`.
package struct AssertionSpec: Sendable, Equatable, Codable {
    package enum Expectation: String, Sendable, Codable, CaseIterable { case holds, violated }

    package var assertion: Assertion
    package var expect: Expectation
    /// Judged as soon as it holds, at most this long after the workloads have started; `nil`: at the end.
    package var within: Duration?
    package var location: SourceLocation

    package init(
        _ assertion: Assertion, expect: Expectation = .holds, within: Duration? = nil,
        location: SourceLocation = .init()
    ) {
        self.assertion = assertion
        self.expect = expect
        self.within = within
        self.location = location
    }
}

package enum Guarantee: String, Sendable, Codable, CaseIterable {
    case atMostOnce = "at-most-once"
    case atLeastOnce = "at-least-once"
    case exactlyOnce = "exactly-once"
}

package enum Assertion: Sendable, Equatable, Codable {
    package enum Basis: String, Sendable, Codable, CaseIterable { case acknowledged, attempted }

    /// `from` and `to` name nodes (all replicas); `to` may also be `queue:NAME`. `nil` is any.
    case delivery(Guarantee, from: String?, to: String?, of: Basis)
    case routing(from: String?)
    case order(from: String?, to: String?)
    case queue(String, depth: Condition?, consumers: Condition?)
    case node(String, state: NodeState?, restarts: Condition?, exitCode: Condition?)
    /// Lines of a node's log that contain the text, or match the regular expression.
    case log(String, contains: String?, matches: String?, count: Condition)
    /// Executions of each call against its outcome. `from` names callers, `to` servers.
    case calls(CallGuarantee, CallScope)
    /// How long calls take, from the moment they were due to their answer.
    case latency(CallScope, [LatencyBound])
    /// Calls that succeed a second, from the first one's start to the last one's end.
    case throughput(CallScope, Condition)
    /// The share of calls that succeed; the bound is a fraction of 1.
    case availability(CallScope, Condition)
    /// Calls succeed again, and go on doing so, at most this long after a fault has ended (`nil`: each fault).
    case recovery(CallScope, within: Duration, after: String?)

    /// The recorded invocations of an object, or of each of a type's, have a legal sequential order.
    case linearizable(String, model: ObjectModel)
    /// Never two owners that serve an object at a time; of this object or type, or of all.
    case owner(String?)
    /// Objects of this type that nobody refers to any more are collected within this time; none is while referred to.
    case collected(String?, within: Duration)
    /// No object of this type (or this object) is collected, or lost, as long as somebody refers to it.
    case alive(String?)
    /// How long an object's invocations stand still while it moves; the bound is in nanoseconds.
    case pause(String?, Condition)
    /// The fields of an object's state at the end.
    case state(String, [String: ArgumentValue])

    /// What watchers of a feed (`nil`: of any) see of it, and how soon after it was appended (bounds may be none).
    case feed(Guarantee, feed: String?, to: String?, fresh: [LatencyBound])
    /// After every change (a peer that starts, dies, stands still or goes on; a fault on the network that begins or ends)
    /// the views of all live peers of the group are the same and right within this time.
    case converged(String, within: Duration)
    /// A peer's death is known to all the others that can know within this time.
    case detected(String?, within: Duration)
    /// How often a peer that was alive and within reach was held to be dead.
    case falseDeaths(String?, Condition)
    /// All live peers of the group have the same set of broadcast items at the end, and all that were broadcast by them.
    case coherent(String)
    /// The share of lookups that were answered (the bound is a fraction of 1), and the hops that each took.
    case found(LookupScope, Condition, hops: Condition?)
    /// What peers send to one another. `from` and `to` name nodes or processes.
    case messages(Guarantee, from: String?, to: String?, of: Basis)

    /// As reports name it: `delivery: at-least-once`.
    package var title: String {
        switch self {
        case .delivery(let guarantee, _, _, _): "delivery: \(guarantee.rawValue)"
        case .routing: "routing: exact"
        case .order: "order: fifo"
        case .queue(let name, _, _): "queue: \(name)"
        case .node(let name, _, _, _): "node: \(name)"
        case .log(let name, _, _, _): "log: \(name)"
        case .calls(let guarantee, _): "calls: \(guarantee.rawValue)"
        case .latency(_, let bounds): "latency: \(bounds.map(\.description).joined(separator: ", "))"
        case .throughput(_, let condition): "throughput: \(condition)/s"
        case .availability(_, let condition): "availability: \(condition.percent)"
        case .recovery(_, let within, let after):
            "recovery: \(within.text)" + (after.map { " after \($0)" } ?? "")
        case .linearizable(let object, _): "linearizable: \(object)"
        case .owner(let object): "owner: single" + (object.map { " of \($0)" } ?? "")
        case .collected(let object, let within):
            "collected: within \(within.text)" + (object.map { " of \($0)" } ?? "")
        case .alive(let object): "alive: \(object ?? "all")"
        case .pause(let object, let condition):
            "pause: \(condition.op.rawValue)\(Duration.nanoseconds(Int64(condition.bound)).text)"
                + (object.map { " of \($0)" } ?? "")
        case .state(let object, _): "state: \(object)"
        case .feed(let guarantee, let feed, _, _):
            "feed: \(guarantee.rawValue)" + (feed.map { " of \($0)" } ?? "")
        case .converged(let group, let within): "converged: \(group) within \(within.text)"
        case .detected(let group, let within):
            "detected: within \(within.text)" + (group.map { " of \($0)" } ?? "")
        case .falseDeaths(let group, let condition):
            "false-deaths: \(condition)" + (group.map { " of \($0)" } ?? "")
        case .coherent(let group): "coherent: \(group)"
        case .found(let scope, let condition, _):
            "found: \(condition.percent)" + (scope.by.map { " by \($0.rawValue)" } ?? "")
        case .messages(let guarantee, _, _, _): "messages: \(guarantee.rawValue)"
        }
    }
}

/// The lookups that an assertion is about; what is `nil` is any.
package struct LookupScope: Sendable, Hashable, Codable {
    package var group: String?
    package var by: LookupWay?
    /// Nodes or processes that look.
    package var from: String?

    package init(group: String? = nil, by: LookupWay? = nil, from: String? = nil) {
        self.group = group
        self.by = by
        self.from = from
    }
}

/// What an object is compared with when its invocations are put in order.
package enum ObjectModel: String, Sendable, Codable, CaseIterable {
    /// The type's own methods, run one after the other.
    case methods
    /// `read`/`get` returns what the last `write`/`set` put.
    case register
    /// Each invocation adds; replies are totals.
    case counter
    /// `enqueue`/`put` and `dequeue`/`take`, first in, first out.
    case queue
}

/// What an assertion expects of executions and outcomes (`docs/rpc.md`).
package enum CallGuarantee: String, Sendable, Codable, CaseIterable {
    case maybe
    case atLeastOnce = "at-least-once"
    case atMostOnce = "at-most-once"
    case exactlyOnce = "exactly-once"
}

/// The calls that an assertion is about; what is `nil` is any.
package struct CallScope: Sendable, Hashable, Codable {
    /// `Calculator.suma`, or a service alone: `Calculator`. Of requests over HTTP/1.1: `GET /health`, `GET` or `/health`.
    package var method: String?
    /// Calling nodes, all replicas or one; `outside` for `orch call` and programs that are not in the cluster.
    package var from: String?
    package var to: String?

    package init(method: String? = nil, from: String? = nil, to: String? = nil) {
        self.method = method
        self.from = from
        self.to = to
    }

    /// - Parameter path: `Calculator/suma` or `shop.v1.Calculator/suma`; over HTTP/1.1 `GET /health`.
    package func includes(path: String) -> Bool {
        guard let method else { return true }
        if let space = path.firstIndex(of: " ") {
            return path == method || path[..<space] == method || path[path.index(after: space)...] == method
        }
        let dotted = path.split(separator: "/").joined(separator: ".")
        let service = path.split(separator: "/").first.map(String.init) ?? ""
        return dotted == method || dotted.hasSuffix(".\(method)") || service == method
            || service.hasSuffix(".\(method)")
    }
}

/// `p99: <50ms`.
package struct LatencyBound: Sendable, Hashable, Codable, CustomStringConvertible {
    package enum Measure: Sendable, Hashable, Codable {
        /// 0 < p ≤ 100.
        case percentile(Double)
        case mean, maximum
    }

    package var measure: Measure
    package var op: Condition.Operator
    package var bound: Duration

    package init(_ measure: Measure, _ op: Condition.Operator, _ bound: Duration) {
        self.measure = measure
        self.op = op
        self.bound = bound
    }

    package var name: String {
        switch measure {
        case .percentile(let p): "p\(trimmed(p))"
        case .mean: "mean"
        case .maximum: "max"
        }
    }

    package func holds(_ value: Duration) -> Bool {
        Condition(op, Double(bound.nanoseconds)).holds(for: Double(value.nanoseconds))
    }

    package var description: String { "\(name) \(op.rawValue)\(bound.text)" }
}

/// The life of one process, as `orch ps` shows it.
package enum NodeState: String, Sendable, Codable, CaseIterable {
    case waiting, starting, ready, running, paused, stopping
    /// Ended with status 0, or because we asked it to.
    case exited
    /// Ended with another status, or could not start.
    case failed
    /// Ended by a signal that we did not send as part of a stop.
    case killed
    /// Down between two lives.
    case restarting
}
