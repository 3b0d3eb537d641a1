import ClusterModel

/// The numbers that an assertion on numbers was judged by.
package enum CallMeasure: Sendable, Equatable {
    case latency(LatencyAccount)
    case throughput(ThroughputAccount)
    case availability(AvailabilityAccount)
    /// One a fault's end.
    case recovery([RecoveryAccount])
    /// Of `pause:` and `collected:`.
    case times(ObjectTimesAccount)
    /// Of `feed:`: from append to sight.
    case freshness(LatencyAccount)
    /// Of `converged:` and `detected:`.
    case members(MemberTimesAccount)
    /// Of `found:`, one a way.
    case lookups([LookupAccount])
}

/// How long successful calls took. Percentiles are exact: of the sorted values, the one at rank ⌈p/100 · n⌉ ("nearest
/// rank"; it is always a value that occurred).
package struct LatencyAccount: Sendable, Equatable {
    package struct Value: Sendable, Equatable {
        /// `p99`, `mean`, `max`.
        package var name: String
        package var duration: Duration
        /// What the assertion asks of it; empty where it asks nothing.
        package var bound: String
        package var holds: Bool

        package init(name: String, duration: Duration, bound: String = "", holds: Bool = true) {
            self.name = name
            self.duration = duration
            self.bound = bound
            self.holds = holds
        }
    }

    /// Calls that were measured: those that succeeded.
    package var measured: Int
    /// Calls that ended in any other way, or have not ended; they are left out.
    package var leftOut: Int
    package var values: [Value]

    package init(measured: Int, leftOut: Int = 0, values: [Value] = []) {
        self.measured = measured
        self.leftOut = leftOut
        self.values = values
    }

    static let usual: [LatencyBound.Measure] = [
        .mean, .percentile(50), .percentile(90), .percentile(99), .percentile(99.9), .maximum,
    ]

    /// - Parameter nanoseconds: not empty.
    init(_ nanoseconds: [Int64], leftOut: Int, bounds: [LatencyBound] = []) {
        let sorted = nanoseconds.sorted()
        self.init(measured: sorted.count, leftOut: leftOut)
        func value(_ measure: LatencyBound.Measure, _ bound: LatencyBound?) -> Value {
            let duration = Duration.nanoseconds(Self.measure(measure, of: sorted))
            let name = (bound ?? LatencyBound(measure, .less, .zero)).name
            guard let bound else { return Value(name: name, duration: duration) }
            return Value(
                name: name, duration: duration, bound: bound.op.rawValue + bound.bound.text,
                holds: bound.holds(duration))
        }
        guard !sorted.isEmpty else { return }
        values = bounds.map { value($0.measure, $0) }
        for measure in Self.usual where !bounds.contains(where: { $0.measure == measure }) {
            values.append(value(measure, nil))
        }
    }

    /// - Parameter sorted: not empty.
    static func measure(_ measure: LatencyBound.Measure, of sorted: [Int64]) -> Int64 {
        switch measure {
        case .maximum: return sorted[sorted.count - 1]
        case .mean:
            let sum = sorted.reduce(0.0) { $0 + Double($1) }
            return Int64((sum / Double(sorted.count)).rounded())
        case .percentile(let p):
            // 99.9% of 1,000 is rank 999, whatever the last bit of the product says.
            let rank = (p / 100 * Double(sorted.count) - 1e-9).rounded(.up)
            return sorted[rank >= 1 && rank <= Double(sorted.count) ? Int(rank) - 1 : rank < 1 ? 0 : sorted.count - 1]
        }
    }
}

package struct ThroughputAccount: Sendable, Equatable {
    package var succeeded: Int
    /// From the start of the first call to the end of the last.
    package var elapsed: Duration

    package init(succeeded: Int, elapsed: Duration) {
        self.succeeded = succeeded
        self.elapsed = elapsed
    }

    package var perSecond: Double { elapsed > .zero ? Double(succeeded) / elapsed.inSeconds : 0 }
}

package struct AvailabilityAccount: Sendable, Equatable {
    package var succeeded: Int
    /// All calls but those in flight when the run was cut.
    package var calls: Int

    package init(succeeded: Int, calls: Int) {
        self.succeeded = succeeded
        self.calls = calls
    }

    package var share: Double { calls > 0 ? Double(succeeded) / Double(calls) : 0 }
}

/// What came after the end of one fault.
package struct RecoveryAccount: Sendable, Equatable {
    /// `drop 30%`.
    package var fault: String
    /// Nanoseconds since the workloads started.
    package var ended: Int64
    /// From the fault's end until calls succeeded again and went on doing so; `nil`: never, or not known.
    package var after: Duration?
    package var verdict: Verdict
    /// Why it is not a pass.
    package var reason: String

    package init(fault: String, ended: Int64, after: Duration? = nil, verdict: Verdict, reason: String = "") {
        self.fault = fault
        self.ended = ended
        self.after = after
        self.verdict = verdict
        self.reason = reason
    }
}
