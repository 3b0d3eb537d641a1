import ClusterModel
import History

/// Judges a topology's assertions over the evidence of a run. Pure: the same history gives the same verdicts.
package struct Judge: Sendable {
    package let history: History
    package let topology: Topology
    /// The lines of each process's log, by process name; a process without an entry was not captured.
    package let logs: [String: [String]]
    /// What the types of objects do, for `linearizable`; without it that is unknown.
    package let models: (any ObjectModels)?

    package init(
        history: History, topology: Topology, logs: [String: [String]] = [:], models: (any ObjectModels)? = nil
    ) {
        self.history = history
        self.topology = topology
        self.logs = logs
        self.models = models
    }

    /// - Returns: one result an assertion, in the order of the file; one named `replies: as expected` where a reply was
    ///   not; and one named `nodes: alive` where a node died of itself or where the file asserts nothing.
    package static func judge(
        history: History, topology: Topology, logs: [String: [String]] = [:], models: (any ObjectModels)? = nil
    ) -> [AssertionResult] {
        Judge(history: history, topology: topology, logs: logs, models: models).results()
    }

    /// The verdict of the run: fail if any fails, else unknown if any is unknown, else pass.
    package static func overall(_ results: [AssertionResult]) -> Verdict {
        Verdict.combined(results.map(\.outcome))
    }

    /// One assertion over the history so far, as if the drain ended with its last event: for `within:`, asked again until
    /// it holds or its time is up.
    /// - Parameter isLive: there is no such time: a message that was not processed may still be, and nobody knows.
    package static func judgeNow(
        _ spec: AssertionSpec, history: History, topology: Topology, logs: [String: [String]] = [:],
        models: (any ObjectModels)? = nil, isLive: Bool = false
    ) -> AssertionResult {
        let judge = Judge(history: history, topology: topology, logs: logs, models: models)
        var ledger = Ledger(history, topology: topology)
        ledger.timeline.drained = ledger.timeline.drained ?? ledger.timeline.end
        ledger.timeline.isLive = isLive
        var judgement = judge.judgement(ledger, for: [spec])
        judgement.feeds.timeline.drained = ledger.timeline.drained
        judgement.peers.timeline.drained = ledger.timeline.drained
        return judge.judge(spec, judgement)
    }

    /// What some assertions are judged by.
    private func judgement(_ ledger: Ledger, for specs: [AssertionSpec]) -> Judgement {
        var judgement = Judgement(ledger: ledger, topology: topology, logs: logs)
        if specs.contains(where: { $0.assertion.isAboutFeeds }) {
            judgement.feeds = FeedLedger(history, topology: topology)
        }
        if specs.contains(where: { $0.assertion.isAboutPeers }) {
            judgement.peers = PeerLedger(history, topology: topology)
        }
        return judgement
    }

    package func results() -> [AssertionResult] {
        let judgement = judgement(Ledger(history, topology: topology), for: topology.assertions)
        var results = topology.assertions.map { judge($0, judgement) }
        if let replies = ReplyChecker(judgement: judgement).result() { results.append(replies) }
        if let alive = AliveChecker(judgement: judgement).result() { results.append(alive) }
        return results
    }

    private func judge(_ spec: AssertionSpec, _ judgement: Judgement) -> AssertionResult {
        var result =
            switch spec.assertion {
            case .delivery(let guarantee, let from, let to, let basis):
                DeliveryChecker(judgement: judgement, guarantee: guarantee, from: from, to: to, basis: basis).result()
            case .routing(let from): RoutingChecker(judgement: judgement, from: from).result()
            case .order(let from, let to): OrderChecker(judgement: judgement, from: from, to: to).result()
            case .queue(let name, let depth, let consumers):
                QueueChecker(judgement: judgement, name: name, depth: depth, consumers: consumers).result()
            case .node(let name, let state, let restarts, let exitCode):
                NodeChecker(
                    judgement: judgement, name: name, state: state, restarts: restarts, exitCode: exitCode
                ).result()
            case .log(let name, let contains, let matches, let count):
                LogChecker(judgement: judgement, name: name, contains: contains, matches: matches, count: count)
                    .result()
            case .calls(let guarantee, let scope):
                CallChecker(judgement: judgement, guarantee: guarantee, scope: scope).result()
            case .latency(let scope, let bounds):
                LatencyChecker(judgement: judgement, scope: scope, bounds: bounds).result()
            case .throughput(let scope, let condition):
                ThroughputChecker(judgement: judgement, scope: scope, condition: condition).result()
            case .availability(let scope, let condition):
                AvailabilityChecker(judgement: judgement, scope: scope, condition: condition).result()
            case .recovery(let scope, let within, let after):
                RecoveryChecker(judgement: judgement, scope: scope, within: within, after: after).result()
            case .linearizable(let name, let model):
                LinearizabilityChecker(
                    judgement: judgement, history: history, models: models, name: name, model: model
                ).result()
            case .owner(let name): OwnerChecker(judgement: judgement, name: name).result()
            case .collected(let name, let within):
                CollectedChecker(judgement: judgement, name: name, within: within).result()
            case .alive(let name): ObjectAliveChecker(judgement: judgement, name: name).result()
            case .pause(let name, let condition):
                PauseChecker(judgement: judgement, name: name, condition: condition).result()
            case .state(let name, let fields): StateChecker(judgement: judgement, name: name, fields: fields).result()
            case .feed(let guarantee, let feed, let to, let fresh):
                FeedChecker(judgement: judgement, guarantee: guarantee, feed: feed, to: to, fresh: fresh).result()
            case .converged(let group, let within):
                ConvergedChecker(judgement: judgement, group: group, within: within).result()
            case .detected(let group, let within):
                DetectedChecker(judgement: judgement, group: group, within: within).result()
            case .falseDeaths(let group, let condition):
                FalseDeathsChecker(judgement: judgement, group: group, condition: condition).result()
            case .coherent(let group): CoherentChecker(judgement: judgement, group: group).result()
            case .found(let scope, let condition, let hops):
                FoundChecker(judgement: judgement, scope: scope, condition: condition, hops: hops).result()
            case .messages(let guarantee, let from, let to, let basis):
                MessagesChecker(judgement: judgement, guarantee: guarantee, from: from, to: to, basis: basis).result()
            }
        result.expect = spec.expect
        result.line = spec.location.line
        return result
    }
}

extension Assertion {
    fileprivate var isAboutFeeds: Bool { if case .feed = self { true } else { false } }

    fileprivate var isAboutPeers: Bool {
        switch self {
        case .converged, .detected, .falseDeaths, .coherent, .found, .messages: true
        default: false
        }
    }
}
