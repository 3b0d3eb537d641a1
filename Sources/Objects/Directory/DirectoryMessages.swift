import ClusterModel
import RPC

/// What the directory knows of an object. Epoch 0: nothing; either there never was one or it was dropped or lost.
package struct ObjectRecord: WireMessage {
    package static let name = "ObjectRecord"

    package enum Standing: String, Sendable {
        /// Its owner serves it, or will when it is back.
        case owned
        /// Its owner's lease is over, and somebody else may claim it (or its old host, when it is back).
        case orphaned
        /// Its state is lost. For ever.
        case gone
    }

    package var object = ""
    package var type = ""
    /// The process.
    package var owner = ""
    package var session: UInt64 = 0
    package var epoch: UInt64 = 0
    /// The object's own: call ids are filtered against it.
    package var incarnation = ""
    package var durable = false
    package var restore = ObjectType.Restore.no
    package var standing = Standing.owned
    /// Its id was made at run time, so that nobody ever registers it again: nothing is kept of it once it is gone.
    package var generated = false
    /// The epoch at which its host came to own it: created, moved, adopted or restored there. Epochs from then on are all
    /// of this host, so that what its store kept at any of them is the object's state, whether or not the host ever heard
    /// of the later ones; the prepared copy that it may have to begin with is of the epoch before.
    package var since: UInt64 = 0

    package init() {}

    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("object", &object)
        coder.text("type", &type)
        coder.text("owner", &owner)
        coder.number("session", &session)
        coder.number("epoch", &epoch)
        coder.text("incarnation", &incarnation)
        coder.flag("durable", &durable)
        coder.choice("restore", &restore)
        coder.choice("standing", &standing)
        coder.flag("generated", &generated)
        coder.number("since", &since)
    }
}

/// A host's life begins: it gets a session, in whose name it owns. Earlier sessions of the same host are over, at once.
/// The answer has session 0 if a later life of the host has opened one: then this was a late copy of the request.
package struct OpenSession: WireMessage {
    package static let name = "OpenSession"
    package var host = ""
    /// Of the process; a repetition with the same one gets the same session.
    package var incarnation = ""
    /// Types of objects that it can be asked to restore; empty: all.
    package var types: [String] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("host", &host)
        coder.text("incarnation", &incarnation)
        coder.texts("types", &types)
    }
}

/// How long the host may serve, counted from when it sent the request.
package struct SessionLease: WireMessage {
    package static let name = "SessionLease"
    /// 0: the session is over, for good. Open another one, and claim what is durable.
    package var session: UInt64 = 0
    /// Nanoseconds.
    package var lease: Int64 = 0
    /// Objects (`restore: elsewhere`) that this host is asked to start from their snapshots, the first of them if they
    /// are many. Named in each answer until somebody has claimed them.
    package var restore: [ObjectRecord] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("session", &session)
        coder.integer("lease", &lease)
        coder.messages("restore", &restore)
    }
}

package struct RenewSession: WireMessage {
    package static let name = "RenewSession"
    package var session: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) { coder.number("session", &session) }
}

/// New objects of a session. Those that are known already are not changed. A late copy of the request registers
/// nothing: an object that was dropped since would be back.
package struct RegisterObjects: WireMessage {
    package static let name = "RegisterObjects"
    package var session: UInt64 = 0
    /// `object`, `type`, `incarnation`, `durable`, `restore`, `generated`; the rest is the directory's to fill in. Epoch 1.
    package var objects: [ObjectRecord] = []
    /// From 1, grows with each `RegisterObjects` and `DropObjects` of the session, which follow one another: the next
    /// leaves when the last is answered or given up. One that is not above the last one is answered, and changes nothing.
    package var number: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("session", &session)
        coder.messages("objects", &objects)
        coder.number("number", &number)
    }
}

/// What the directory knows of each, in the order of the request. An owner who finds itself (session and incarnation)
/// in a record owns that object.
package struct ObjectRecords: WireMessage {
    package static let name = "ObjectRecords"
    /// The session of the request is over; nothing was done.
    package var fenced = false
    package var objects: [ObjectRecord] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.flag("fenced", &fenced)
        coder.messages("objects", &objects)
    }
}

/// An object whose owner's session is over is taken over, at the next epoch, by compare-and-swap on the epoch.
package struct ClaimObject: WireMessage {
    package static let name = "ClaimObject"

    package enum Ground: String, Sendable {
        /// From the own store: only of what is durable, and only by the host that owned it.
        case store
        /// From the prepared copy of a migration at this epoch: only with `restore: prepared`, and once the owner's lease
        /// and its margin have passed.
        case prepared
        /// From the snapshot: only with `restore: elsewhere`, and only who was asked to.
        case snapshot
        /// An owner that is alive and in doubt whether a prepared copy of its object is still about, or a swap still on
        /// its way: the epoch alone, after which neither is good for anything.
        case renewal
    }

    package var session: UInt64 = 0
    package var object = ""
    /// The last epoch that the claimant knows of; it must be the directory's.
    package var epoch: UInt64 = 0
    package var ground = Ground.store
    /// The object's incarnation from now on: the old one, but for `snapshot`.
    package var incarnation = ""
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("session", &session)
        coder.text("object", &object)
        coder.number("epoch", &epoch)
        coder.choice("ground", &ground)
        coder.text("incarnation", &incarnation)
    }
}

/// `(object, epoch) → (target, epoch + 1)`. A repetition of a swap that was made is answered as made. As long as the answer
/// is out, a copy of the request may be on its way: reading the directory does not end the doubt, only a `renewal` does.
package struct SwapOwner: WireMessage {
    package static let name = "SwapOwner"
    package var session: UInt64 = 0
    package var object = ""
    package var epoch: UInt64 = 0
    package var target = ""
    /// The target's session, as it said when it held the copy prepared: another life of it holds none.
    package var targetSession: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("session", &session)
        coder.text("object", &object)
        coder.number("epoch", &epoch)
        coder.text("target", &target)
        coder.number("target_session", &targetSession)
    }
}

/// The answer to a claim or a swap: whether it is so now, and what the directory knows.
package struct OwnershipReply: WireMessage {
    package static let name = "OwnershipReply"
    package var granted = false
    /// The session of the request is over.
    package var fenced = false
    /// Nil: there is no such object.
    package var record: ObjectRecord?
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.flag("granted", &granted)
        coder.flag("fenced", &fenced)
        coder.message("record", &record)
    }
}

package struct LookupObjects: WireMessage {
    package static let name = "LookupObjects"
    package var objects: [String] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) { coder.texts("objects", &objects) }
}

/// Objects that are collected: the directory forgets them. `object` and `epoch` count; others' are left alone.
package struct DropObjects: WireMessage {
    package static let name = "DropObjects"
    package var session: UInt64 = 0
    package var objects: [ObjectRecord] = []
    /// See `RegisterObjects`.
    package var number: UInt64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("session", &session)
        coder.messages("objects", &objects)
        coder.number("number", &number)
    }
}

/// What another host would start the object from, at most `DirectoryCore.longestSnapshot` bytes. Later ones (by epoch,
/// then number) take the place of earlier ones; those of hosts that do not own the object at that epoch are ignored.
package struct ObjectSnapshot: WireMessage {
    package static let name = "ObjectSnapshot"
    package var session: UInt64 = 0
    package var object = ""
    package var epoch: UInt64 = 0
    package var number: UInt64 = 0
    package var state: [UInt8] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.number("session", &session)
        coder.text("object", &object)
        coder.number("epoch", &epoch)
        coder.number("number", &number)
        coder.bytes("state", &state)
    }
}

/// Answered with epoch 0 where there is none.
package struct FetchSnapshot: WireMessage {
    package static let name = "FetchSnapshot"
    package var object = ""
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) { coder.text("object", &object) }
}

/// All objects, a page at a time, by id.
package struct ListObjects: WireMessage {
    package static let name = "ListObjects"
    /// The last id of the page before; empty: from the start.
    package var after = ""
    /// Of a page, at most `DirectoryCore.perRequest`; a page that has fewer is the last.
    package var limit = UInt64(DirectoryCore.perRequest)
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("after", &after)
        coder.number("limit", &limit)
    }
}

package struct Acknowledgement: WireMessage {
    package static let name = "Acknowledgement"
    /// The session of the request is over; nothing was done.
    package var fenced = false
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) { coder.flag("fenced", &fenced) }
}
