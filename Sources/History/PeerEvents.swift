import ClusterModel

// MARK: - What a peer says

/// How a member stands in somebody's view.
package enum MemberStatus: UInt8, Sendable, Codable, CaseIterable {
    case alive, suspect, dead
    /// It said goodbye.
    case left
}

/// A peer's view of a member has changed. A peer begins with an empty view; the first entry is itself.
package struct MemberChange: Sendable, Equatable {
    package var group = ""
    /// The process that the entry is about.
    package var member = ""
    package var incarnation: UInt64 = 0
    package var status: MemberStatus = .alive
    package init() {}
}

package enum PeerMessageKind: UInt8, Sendable, Codable {
    /// To one member.
    case send
    /// To all.
    case broadcast
}

/// A peer begins to send a message, or to broadcast an item.
package struct PeerSend: Sendable, Equatable {
    package var group = ""
    /// Unique in the run: `peer-1/1/m42`, `peer-1/1/b42`.
    package var message = ""
    package var kind: PeerMessageKind = .send
    /// The member; empty for a broadcast.
    package var to = ""
    package init() {}
}

/// The sender knows what became of it: `ok` acknowledged by its member; `info` nobody knows (`timeout`).
package struct PeerSendResult: Sendable, Equatable {
    package var message = ""
    package var type: OperationType = .ok
    package var attempts: UInt32 = 1
    package var reason = ""
    package init() {}
}

/// A message was handed over at a member: once each, copies are not.
package struct PeerReceipt: Sendable, Equatable {
    package var group = ""
    package var message = ""
    package var kind: PeerMessageKind = .send
    /// Who sent or broadcast it first.
    package var from = ""
    /// The member that passed it on; empty where it came from its sender directly.
    package var via = ""
    package init() {}
}

/// A peer begins to look for a resource.
package struct Lookup: Sendable, Equatable {
    package var group = ""
    /// Unique in the run: `peer-1/1/l42`.
    package var lookup = ""
    package var resource = ""
    package var way: UInt8 = 0
    package init() {}
}

/// A peer sent one message for somebody's lookup: a question, a question passed on, an answer.
package struct LookupMessage: Sendable, Equatable {
    package var lookup = ""
    /// The member, or the name service.
    package var to = ""
    package init() {}
}

/// `ok` found, with its first holder; `fail` nobody within reach has it, or nobody answered in time.
package struct LookupResult: Sendable, Equatable {
    package var lookup = ""
    package var type: OperationType = .ok
    package var holder = ""
    /// How far the question went to the holder: 1 is a neighbour, or the name service.
    package var hops: UInt32 = 0
    package init() {}
}

/// A peer has a resource from now on, or no more.
package struct ResourceChange: Sendable, Equatable {
    package var group = ""
    package var resource = ""
    package var shared = true
    package init() {}
}

// MARK: - What a link saw of datagrams

/// One datagram on a program's link. Those between native peers are only counted.
package struct Datagram: Sendable, Equatable {
    package var client = ""
    package var server = ""
    /// From the server.
    package var back = false
    /// Ordinal on its flow and direction, from 1; a part of the dice.
    package var n: UInt64 = 0
    package var size: UInt32 = 0
    package var hash: UInt64 = 0
    package var fate: Fate = .passed
    package init() {}
}

extension Lookup {
    package var by: LookupWay {
        get { LookupWay.allCases[min(Int(way), LookupWay.allCases.count - 1)] }
        set { way = UInt8(LookupWay.allCases.firstIndex(of: newValue)!) }
    }
}
