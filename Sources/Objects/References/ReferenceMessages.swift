import RPC

/// A holder tells an owner which references it has come to hold (`dirty`), holds no more (`clean`), or still holds
/// (`renew`). Idempotent, and in sequence: what is older than the last word on an object changes nothing.
package struct ReferenceNotice: WireMessage {
    package static let name = "ReferenceNotice"

    package enum Kind: String, Sendable { case dirty, clean, renew }

    package var kind = Kind.dirty
    /// The process, and its life.
    package var holder = ""
    package var incarnation: UInt64 = 0
    /// Grows with each notice of this life.
    package var sequence: UInt64 = 0
    /// By id.
    package var objects: [String] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.choice("kind", &kind)
        coder.text("holder", &holder)
        coder.number("incarnation", &incarnation)
        coder.number("sequence", &sequence)
        coder.texts("objects", &objects)
    }
}

package struct ReferenceAnswer: WireMessage {
    package static let name = "ReferenceAnswer"

    package enum Standing: String, Sendable {
        /// Listed (dirty, renew) or off the list (clean).
        case done
        /// Another host owns it, or nobody knows here: ask the directory, and then the owner.
        case elsewhere
        /// It was collected or its state is lost.
        case gone
        /// Renewal of a reference that the owner does not list: the lease was over. Also what a notice is told that is
        /// older than the last word: nobody waits for that.
        case expired
        /// The owner lists as many holders as it can: not listed. Later, perhaps.
        case full
    }

    package var object = ""
    package var standing = Standing.done
    /// Of the owner's list, in nanoseconds from when the request was sent.
    package var lease: Int64 = 0
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("object", &object)
        coder.choice("standing", &standing)
        coder.integer("lease", &lease)
    }
}

package struct ReferenceAnswers: WireMessage {
    package static let name = "ReferenceAnswers"
    package var answers: [ReferenceAnswer] = []
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) { coder.messages("answers", &answers) }
}

/// One holder of an object, as it travels with the object.
package struct HolderEntry: WireMessage {
    package static let name = "HolderEntry"
    package var holder = ""
    package var incarnation: UInt64 = 0
    package var sequence: UInt64 = 0
    /// Nanoseconds that its lease has left.
    package var left: Int64 = 0
    /// It holds the object no more; its sequence is remembered against notices that are late.
    package var cleaned = false
    package init() {}
    package mutating func code(_ coder: inout some WireCoder) {
        coder.text("holder", &holder)
        coder.number("incarnation", &incarnation)
        coder.number("sequence", &sequence)
        coder.integer("left", &left)
        coder.flag("cleaned", &cleaned)
    }
}
