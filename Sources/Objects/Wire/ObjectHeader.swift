import RPC

/// What an invocation and its answer say besides what every call does (`docs/objects.md`, "On the wire").
package enum ObjectHeader {
    // Of a request.
    /// The object's id.
    package static let object = "x-orch-object"
    /// How often it was sent elsewhere already, in this attempt.
    package static let hops = "x-orch-hops"
    /// The process that asks: for `follow:`.
    package static let caller = "x-orch-caller"
    // Of an answer.
    /// The owner, with reason `moved`.
    package static let owner = "x-orch-owner"
    /// The owner's epoch, with reason `moved` and on every answer of an owner.
    package static let epoch = "x-orch-epoch"
    /// The name of a declared exception.
    package static let exception = "x-orch-exception"
    /// Where it was raised, a line a frame; innermost first.
    package static let trace = "x-orch-trace-bin"
}
