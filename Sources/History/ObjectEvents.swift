// MARK: - What a node says of objects

/// A caller begins to invoke a method of an object; its call's events (`call`, `callResult`) carry the same id.
package struct ObjectInvocation: Sendable, Equatable {
    /// The call id.
    package var call = ""
    package var object = ""
    package var type = ""
    package var method = ""
    /// The request message, as protocol buffers write it.
    package var arguments: [UInt8] = []
    package init() {}
}

/// What an invocation came back with, where it was executed for certain: before its `callResult`.
package struct ObjectReply: Sendable, Equatable {
    package var call = ""
    /// The response message; empty where an exception came.
    package var result: [UInt8] = []
    /// The name of the declared exception; empty: none. Other failures have no `ObjectReply`.
    package var exception = ""
    package init() {}
}

/// What a host did with an object's life.
package enum ObjectChangeKind: UInt8, Sendable, Codable {
    /// It is new. It serves from now on, at this epoch.
    case created
    /// New invocations wait: a migration to `peer` has begun.
    case draining
    /// The migration was given up; it serves on, at this epoch.
    case resumed
    /// It serves here from now on, at this epoch, after a migration from `peer`.
    case activated
    /// It never serves here again at this epoch: the directory has swapped it to `peer`.
    case moved
    /// Back from the host's own store, with all that its replies had said. It serves at this epoch.
    case recovered
    /// Back from a snapshot: what came after it is lost. It serves at this epoch.
    case restored
    /// Nobody referred to it any more.
    case collected
    /// Its owner's lease was over before it was heard of again; it never serves here again at this epoch.
    case fenced
    /// The host stops in order, and the object with it.
    case ended
}

package struct ObjectChange: Sendable, Equatable {
    package var object = ""
    package var type = ""
    package var change: ObjectChangeKind = .created
    package var epoch: UInt64 = 0
    /// Of the object: call ids are filtered against it.
    package var incarnation = ""
    /// The other host of a migration.
    package var peer = ""
    /// Why, in a word or two: of `resumed`, `fenced`.
    package var reason = ""
    package init() {}
}

package enum ReferenceChangeKind: UInt8, Sendable, Codable {
    // The holder's side.
    /// The process has come to hold a reference and has told the owner (its dirty was acknowledged).
    case held
    /// It holds none any more.
    case released
    /// Its own view of the lease is over: it uses the reference no more.
    case expired
    // The owner's side.
    case listed, unlisted
    /// The lease of a holder that was not heard of is over.
    case lapsed
}

package struct ReferenceChange: Sendable, Equatable {
    package var object = ""
    /// The process and its life: `host-b/1`.
    package var holder = ""
    package var change: ReferenceChangeKind = .held
    package init() {}
}

// MARK: - What the orchestrator notes of objects

/// An object at the end of the run, as its owner answers.
package struct ObjectState: Sendable, Equatable {
    package var object = ""
    package var type = ""
    /// The process that owns it.
    package var host = ""
    package var epoch: UInt64 = 0
    /// Its fields as JSON, keys in order.
    package var state = ""
    /// Processes that hold a reference.
    package var holders: UInt32 = 0
    package init() {}
}
