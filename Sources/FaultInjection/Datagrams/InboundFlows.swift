import ClusterModel

/// `inbound:` for datagrams, as a firewall that keeps state does it: to a closed process passes what answers it.
///
/// A process opens a flow with each datagram that it sends and that the other's rule admits (whatever faults then do to
/// it); for 30 s the other may send to it. A datagram that the rule rejects opens nothing: two closed processes cannot
/// meet by sending at the same time ("hole punching"), and need somebody to carry what they say.
struct InboundFlows {
    /// How long a flow stays open after the last datagram that its opener sent, in nanoseconds: what Linux grants a UDP
    /// flow (`nf_conntrack_udp_timeout`).
    static let idle: Int64 = 30_000_000_000

    /// When the client last sent something that was admitted. Bounded by the pairs of processes.
    private var passed: [LinkIdentity: Int64] = [:]

    /// Whether a datagram from one process passes to another.
    /// - Parameters:
    ///   - isOpen: the receiver's rule lets the sender begin.
    ///   - opensFlow: the sender's own rule does not let the receiver begin, so that this datagram must be remembered.
    mutating func admits(_ pair: LinkIdentity, isOpen: Bool, opensFlow: Bool, now: Int64) -> Bool {
        if !isOpen {
            guard let last = passed[LinkIdentity(client: pair.server, server: pair.client)], now - last < Self.idle
            else { return false }
        }
        if opensFlow { passed[pair] = now }
        return true
    }

    /// A process has ended: what it had opened is forgotten, as with a host that is started anew.
    mutating func forget(_ process: String) {
        passed = passed.filter { $0.key.client != process }
    }
}
