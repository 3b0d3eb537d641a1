import ClusterModel

/// How long the members of a group took to agree, or to learn of deaths.
package struct MemberTimesAccount: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// From a disturbance until all views were right for good.
        case convergence
        /// From a death until one other member knew.
        case detection
    }

    package var kind: Kind
    package var measured: Int
    /// p50, p99, max; empty where nothing was measured.
    package var values: [LatencyAccount.Value]

    package init(kind: Kind, measured: Int, values: [LatencyAccount.Value] = []) {
        self.kind = kind
        self.measured = measured
        self.values = values
    }

    init(_ kind: Kind, _ nanoseconds: [Int64]) {
        self.init(kind: kind, measured: nanoseconds.count, values: LatencyAccount.Value.usual(of: nanoseconds))
    }
}
