import Protobuf
import RPC

/// The methods of `orch.v1.Directory`. All may be repeated.
package enum DirectoryMethod: String, Sendable, CaseIterable {
    case open = "Open"
    case renew = "Renew"
    case register = "Register"
    case claim = "Claim"
    case swap = "Swap"
    case lookup = "Lookup"
    case drop = "Drop"
    case snapshot = "Snapshot"
    case fetch = "Fetch"
    case list = "List"

    package static let service = "Directory"

    /// Whether a call without an answer leaves open who owns an object. Whoever may own it serves it to nobody until it
    /// knows: after a swap or a claim in doubt that takes a claim with ground `renewal`, or an answer that shows the
    /// object with another owner or epoch, since a copy of the request may still be on its way.
    package var decidesOwnership: Bool {
        switch self {
        case .open, .register, .claim, .swap, .drop: true
        case .renew, .lookup, .snapshot, .fetch, .list: false
        }
    }

    package static func schema() throws(SchemaError) -> Schema {
        var schema = WireSchema(service: service)
        schema.method(open.rawValue, OpenSession.self, SessionLease.self)
        schema.method(renew.rawValue, RenewSession.self, SessionLease.self)
        schema.method(register.rawValue, RegisterObjects.self, ObjectRecords.self)
        schema.method(claim.rawValue, ClaimObject.self, OwnershipReply.self)
        schema.method(swap.rawValue, SwapOwner.self, OwnershipReply.self)
        schema.method(lookup.rawValue, LookupObjects.self, ObjectRecords.self)
        schema.method(drop.rawValue, DropObjects.self, Acknowledgement.self)
        schema.method(snapshot.rawValue, ObjectSnapshot.self, Acknowledgement.self)
        schema.method(fetch.rawValue, FetchSnapshot.self, ObjectSnapshot.self)
        schema.method(list.rawValue, ListObjects.self, ObjectRecords.self)
        return try schema.schema()
    }
}
