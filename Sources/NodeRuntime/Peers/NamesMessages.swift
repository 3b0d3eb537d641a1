import ClusterModel
import Membership
import Protobuf
import RPC

/// The methods of `orch.v1.Names`. All may be repeated.
package enum NamesMethod: String, Sendable, CaseIterable {
    case register = "Register"
    case renew = "Renew"
    case withdraw = "Withdraw"
    case lookup = "Lookup"
    case list = "List"

    package static let service = "Names"

    package static func schema() throws(SchemaError) -> Schema {
        var schema = WireSchema(service: service)
        schema.method(register.rawValue, RegisterNames.self, NamesLease.self)
        schema.method(renew.rawValue, RenewNames.self, NamesLease.self)
        schema.method(withdraw.rawValue, WithdrawNames.self, NamesLease.self)
        schema.method(lookup.rawValue, LookupName.self, NameEntries.self)
        schema.method(list.rawValue, ListNames.self, NameEntries.self)
        return try schema.schema()
    }
}

/// A word of a description.
package struct NameProperty: WireMessage {
    package static let name = "NameProperty"
    package var key = ""
    package var value = ""
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("key", &key)
        coder.text("value", &value)
    }
}

package struct NameEntry: WireMessage {
    package static let name = "NameEntry"
    package var kind = NameTable.Kind.member
    package var group = ""
    package var entryName = ""
    /// The process.
    package var holder = ""
    package var description: [NameProperty] = []
    /// Nanoseconds of its lease, in answers.
    package var left: Int64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.choice("kind", &kind)
        coder.text("group", &group)
        coder.text("name", &entryName)
        coder.text("holder", &holder)
        coder.messages("description", &description)
        coder.integer("left", &left)
    }
}

extension NameEntry {
    package init(_ entry: NameTable.Entry) {
        kind = entry.kind
        group = entry.group
        entryName = entry.name
        holder = entry.holder
        description = entry.description.sorted { $0.key < $1.key }.map { key, value in
            var property = NameProperty()
            property.key = key
            property.value = value
            return property
        }
        left = entry.left
    }

    /// - Parameter holder: who registers it.
    func entry(of holder: String) -> NameTable.Entry {
        let words = Dictionary(description.map { ($0.key, $0.value) }) { $1 }
        return NameTable.Entry(kind: kind, group: group, name: entryName, holder: holder, description: words)
    }
}

/// All entries of a process; what it had besides is gone.
package struct RegisterNames: WireMessage {
    package static let name = "RegisterNames"
    package var holder = ""
    /// Of the process. A later life replaces what an earlier one registered; a late copy of an earlier one is refused
    /// (FAILED_PRECONDITION).
    package var life: UInt64 = 0
    package var entries: [NameEntry] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("holder", &holder)
        coder.number("life", &life)
        coder.messages("entries", &entries)
    }
}

package struct RenewNames: WireMessage {
    package static let name = "RenewNames"
    package var holder = ""
    package var life: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("holder", &holder)
        coder.number("life", &life)
    }
}

package struct WithdrawNames: WireMessage {
    package static let name = "WithdrawNames"
    package var holder = ""
    package var life: UInt64 = 0
    /// Empty: all that this life has registered.
    package var names: [String] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("holder", &holder)
        coder.number("life", &life)
        coder.texts("names", &names)
    }
}

package struct NamesLease: WireMessage {
    package static let name = "NamesLease"
    /// Nanoseconds from when the request arrived.
    package var lease: Int64 = 0
    /// Nothing is known of this life of the holder: it registers again.
    package var unknown = false
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.integer("lease", &lease)
        coder.flag("unknown", &unknown)
    }
}

package struct LookupName: WireMessage {
    package static let name = "LookupName"
    package var group = ""
    package var kind = NameTable.Kind.resource
    /// Empty: of any name.
    package var entryName = ""
    /// At most `NamesService.lookupLimit`; 0 is that.
    package var limit: UInt64 = 0
    /// For the evidence: the lookup that this is a message of, if any, and whose it is.
    package var lookup = ""
    package var asker = ""
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("group", &group)
        coder.choice("kind", &kind)
        coder.text("name", &entryName)
        coder.number("limit", &limit)
        coder.text("lookup", &lookup)
        coder.text("asker", &asker)
    }
}

/// Part of the list of all entries.
package struct ListNames: WireMessage {
    package static let name = "ListNames"
    package var skip: UInt64 = 0
    /// At most `NamesService.listLimit`; 0 is that.
    package var limit: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("skip", &skip)
        coder.number("limit", &limit)
    }
}

package struct NameEntries: WireMessage {
    package static let name = "NameEntries"
    package var entries: [NameEntry] = []
    package var more = false
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.messages("entries", &entries)
        coder.flag("more", &more)
    }
}
