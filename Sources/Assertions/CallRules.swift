import ClusterModel

/// What each guarantee allows one call: a table of outcomes against executions, and nothing else.
extension CallGuarantee {
    /// - Parameter outcome: `nil` while the call is in flight: more may become of it, but what was executed twice has
    ///   been executed twice.
    /// - Returns: `pass` the evidence excludes a violation, `fail` it proves one, `unknown` it leaves both possible.
    package func verdict(_ outcome: CallOutcome?, _ executions: ExecutionBounds) -> Verdict {
        guard let outcome else { return forbidsMore && executions.least > 1 ? .fail : .unknown }
        if self == .exactlyOnce, outcome == .notExecuted { return .fail }
        let verdict = Self.judge(executions, allowed(outcome))
        // Exactly-once also promises that the caller gets to know.
        return self == .exactlyOnce && outcome == .unknown && verdict == .pass ? .unknown : verdict
    }

    /// A second execution is one too many, whatever else is known.
    var forbidsMore: Bool { self == .atMostOnce || self == .exactlyOnce }

    /// The numbers of executions that fit an outcome.
    private func allowed(_ outcome: CallOutcome) -> ClosedRange<Int> {
        switch (self, outcome) {
        case (_, .notExecuted): 0...0
        case (.maybe, .unknown), (.atLeastOnce, .unknown): 0...Int.max
        case (.maybe, _), (.atLeastOnce, _): 1...Int.max
        case (.atMostOnce, .unknown): 0...1
        case (.atMostOnce, _), (.exactlyOnce, _): 1...1
        }
    }

    private static func judge(_ executions: ExecutionBounds, _ allowed: ClosedRange<Int>) -> Verdict {
        if executions.least > allowed.upperBound || executions.most < allowed.lowerBound { return .fail }
        let isInside = executions.least >= allowed.lowerBound && executions.most <= allowed.upperBound
        return isInside ? .pass : .unknown
    }
}
