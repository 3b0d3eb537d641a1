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

    /// As reports name it: `delivery: at-least-once`.
    package var title: String {
        switch self {
        case .delivery(let guarantee, _, _, _): "delivery: \(guarantee.rawValue)"
        case .routing: "routing: exact"
        case .order: "order: fifo"
        case .queue(let name, _, _): "queue: \(name)"
        case .node(let name, _, _, _): "node: \(name)"
        case .log(let name, _, _, _): "log: \(name)"
        }
    }
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
