import ClusterModel

/// Every period and bound of SWIM here; see `docs/membership.md`. Times are in nanoseconds.
package struct SwimConfiguration: Sendable {
    /// One member is probed in it.
    package var period: Int64
    /// A direct probe waits so long.
    package var timeout: Int64
    /// So many others are asked to try then.
    package var indirect: Int
    /// Periods for which a member is suspected.
    package var suspicion: Int
    /// The processes that may be members; what is said of others is ignored. `nil`: any.
    package var known: Set<String>?

    /// Octets of a datagram, so that none is cut up on its way.
    package static let datagramLimit = 1_300
    /// Names that are kept: members, the dead, and those to join through. A new one takes the place of those that have
    /// been dead the longest; where nobody is dead, it is ignored.
    package static let nameLimit = 4_096
    /// Probes carried out for others at a time; further requests are ignored, and their askers have others.
    static let relayLimit = 256
    /// Datagrams of whole views sent in one period. Who asks for more than that asks again.
    static let stateLimit = 128
    /// Those asked in one period by a peer that is alone.
    static let joinWidth = 3
    /// Periods between two attempts to reach somebody who is held to be dead, or was never heard of.
    static let reconnectPeriods = 5
    /// Incarnations from here on are nobody's: there is always a higher one to refute with.
    static let incarnationLimit: UInt64 = 1 << 62

    package init(_ group: PeerGroup, known: Set<String>? = nil) {
        period = min(max(group.period.nanoseconds, 1_000_000), 3_600_000_000_000)
        // There must be time left for the others.
        timeout = min(max(group.timeout.nanoseconds, 100_000), period / 2)
        indirect = min(max(group.indirect, 0), 16)
        suspicion = min(max(group.suspicion, 1), 1_000)
        self.known = known
    }

    /// How long a member is suspected.
    var suspicionTime: Int64 { period * Int64(suspicion) }

    /// A death that others speak of is believed after so many periods of own suspicion.
    var hearsayPeriods: Int { min(2, suspicion) }

    /// Timers that fire later than this fire in a process that did not run.
    var slack: Int64 { max(timeout, 20_000_000) }

    /// Times that one change is passed on: ⌈3·log2(n+1)⌉.
    package static func retransmissions(members: Int) -> Int {
        // In integers: the smallest r with 2^r ≥ (n+1)^3.
        let base = Double(max(members, 1) + 1)
        var power = 1.0
        var result = 0
        while power < base * base * base {
            power *= 2
            result += 1
        }
        return result
    }

    /// Periods between two comparisons of whole views: so that these cost each member the same in any group.
    package static func comparisonPeriods(members: Int) -> Int { 5 * max(1, (members + 63) / 64) }

    /// Periods until every change is everywhere: 2·⌈log2(n+1)⌉.
    package static func disseminationPeriods(members: Int) -> Int { 2 * ceilLog2(members + 1) }

    /// Periods in which a member is probed by somebody. One prober comes to it in 2n-3 periods at the latest; among many
    /// it takes one on average, and more than 12 in six of a million cases.
    package static func probePeriods(members: Int) -> Int { max(1, min(2 * members - 3, 12)) }

    /// Within which all members hold a crashed one to be dead, if they run and no datagrams are lost.
    package func detectionBound(members: Int) -> Duration {
        let periods =
            1 + Self.probePeriods(members: members) + suspicion + hearsayPeriods
            + Self.disseminationPeriods(members: members)
        return .nanoseconds(period) * periods
    }

    /// Within which all views are equal and right after the last fault has ended, whatever it was.
    package func convergenceBound(members: Int) -> Duration {
        let periods =
            3 * Self.reconnectPeriods + 2 * Self.comparisonPeriods(members: members)
            + Self.disseminationPeriods(members: members)
        return detectionBound(members: members) + .nanoseconds(period) * periods
    }

    private static func ceilLog2(_ value: Int) -> Int {
        value <= 1 ? 0 : Int.bitWidth - (value - 1).leadingZeroBitCount
    }
}
