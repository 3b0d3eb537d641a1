/// One thing that a peer does, as a value: no socket, no clock, no chance of its own. `now` is handed in, in nanoseconds
/// of a clock that never goes back.
package protocol PeerPart: Sendable {
    /// What its datagrams are marked with.
    static var kind: PeerDatagram.Kind { get }

    /// A datagram of its kind has come. What cannot be read is ignored: `[]`.
    mutating func receive(_ payload: [UInt8], from: String, now: Int64) -> [PeerAction]
    /// The members that this peer holds to be alive have changed; sorted, itself left out.
    mutating func membersChanged(_ live: [String], now: Int64) -> [PeerAction]
    /// What is due by now.
    mutating func tick(now: Int64) -> [PeerAction]
    /// When `tick` next has something to do.
    var nextDeadline: Int64? { get }
}

/// What a part of a peer wants done, in order.
package enum PeerAction: Sendable, Equatable {
    /// To a member, in a datagram of this kind. It may be lost.
    case send(PeerDatagram.Kind, [UInt8], to: String)
    /// The view of a member has changed.
    case member(name: String, incarnation: UInt64, MemberState)
    /// A message is handed over: once. `via` is empty where it came from its sender directly.
    case handOver(message: String, from: String, via: String, isBroadcast: Bool, body: [UInt8])
    /// A member has acknowledged a message that this peer sent.
    case acknowledged(message: String, attempts: Int)
    /// Nobody has, in all its attempts.
    case gaveUp(message: String, attempts: Int)
    /// A lookup has its first answer; `holder` is `nil` where none came in time.
    case found(lookup: String, holder: String?, hops: Int)
    /// A message of somebody's lookup is about to be sent.
    case asked(lookup: String, to: String)
}

/// How a member stands in a view.
package enum MemberState: UInt8, Sendable, Comparable, CaseIterable {
    case alive, suspect, dead, left

    package static func < (a: MemberState, b: MemberState) -> Bool { a.rawValue < b.rawValue }
}
