/// One datagram between peers, as bytes have it. Peers are named, never addressed: a datagram that is passed on says who
/// sent it first and whom it is for.
///
/// Octets: `oP` · version 1 · kind · length of `from` and its letters · payload · CRC-32 of all before it (big-endian).
package struct PeerDatagram: Sendable, Equatable {
    /// The part of a peer that it is for.
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// SWIM: probes, joins, and what travels on them.
        case membership = 1
        /// Messages to one member, their acknowledgements, and those that are carried for others.
        case message = 2
        /// Broadcast items, and the comparison of what two have.
        case broadcast = 3
        /// Lookups by asking neighbours.
        case lookup = 4
    }

    /// Larger ones are not sent: what a UDP datagram on IPv4 takes, less some room.
    package static let sizeLimit = 60_000
    /// Letters of a name, in UTF-8.
    package static let nameLimit = 255

    package var kind: Kind
    /// The process that sends it.
    package var from: String
    package var payload: [UInt8]

    package init(kind: Kind, from: String, payload: [UInt8]) {
        self.kind = kind
        self.from = from
        self.payload = payload
    }
}
