import ClusterModel

// MARK: - What a node says

/// A caller is about to hand one transmission of a call to its connection.
package struct CallAttempt: Sendable, Equatable {
    /// The call id, unique in the run: `client/incarnation/sequence`.
    package var call = ""
    /// `Calculator/suma`, as in a gRPC path without the first slash.
    package var method = ""
    /// The process that it goes to.
    package var target = ""
    /// From 1.
    package var attempt: UInt32 = 1
    /// Nanoseconds by which the first attempt is behind its schedule; latency counts from when it was due.
    package var late: Int64 = 0
    package init() {}
}

/// What became of a call, as its caller knows it: `ok` success; `fail` with `executed` true: executed, with this error,
/// false: not executed; `info` unknown.
package struct CallResult: Sendable, Equatable {
    package var call = ""
    package var type: OperationType = .ok
    package var executed = false
    /// gRPC status code.
    package var code: UInt16 = 0
    /// `timeout`, `server-restarted`, `table-full`, or the status message.
    package var reason = ""
    /// The reply was not what `expect:` says.
    package var unexpected = false
    package init() {}
}

/// A server begins to execute a method.
package struct Execution: Sendable, Equatable {
    /// Unique in the process.
    package var number: UInt64 = 0
    /// The call id; empty where the client sends none.
    package var call = ""
    /// The link's stamp of the request; 0 where it carried none.
    package var stamp: Int64 = 0
    package var method = ""
    package var attempt: UInt32 = 0
    /// Its effect and its reply are one durable commit; what died before it has had no effect.
    package var durable = false
    /// The distributed object that it ran in, and the owner's epoch; empty and 0 for a service.
    package var object = ""
    package var epoch: UInt64 = 0
    package init() {}
}

/// The end of an execution, before the reply leaves: `ok` and `fail` (an application's error) have run to their end,
/// `info` was cancelled or stopped at a limit part-way.
package struct ExecutionResult: Sendable, Equatable {
    package var number: UInt64 = 0
    package var type: OperationType = .ok
    package var code: UInt16 = 0
    package init() {}
}

/// What a server did with a request that it did not execute as a new call.
package enum DuplicateAction: UInt8, Sendable, Codable {
    /// Waits for the execution that is running.
    case attached
    /// Got the saved reply.
    case resent
    /// Below the low-water mark: refused.
    case stale
    /// No room in the table of replies: refused, not executed.
    case tableFull
    /// It expects an earlier life of the server: refused.
    case serverRestarted
    /// Arrived past its deadline.
    case deadline
    /// Too much to do, or about to stop: refused, not executed.
    case overloaded
    /// Not a request but a saved reply found in the store at the start: this call has been committed.
    case recovered
}

package struct DuplicateCall: Sendable, Equatable {
    package var call = ""
    package var stamp: Int64 = 0
    package var method = ""
    package var attempt: UInt32 = 0
    package var action: DuplicateAction = .attached
    package init() {}
}

// MARK: - What a link saw

/// One request on one link, at its headers and before any fault.
package struct CallRequest: Sendable, Equatable {
    /// The link's own id of it, unique in the run and never 0; towards native servers it travels as `x-orch-id`.
    package var stamp: Int64 = 0
    package var connection: UInt32 = 0
    /// Ordinal on its connection, from 1; a part of the dice.
    package var n: UInt64 = 0
    /// `Calculator/suma`.
    package var method = ""
    /// `x-orch-call`, or else the key of `Idempotency-Key` as `keyed` writes it; empty where the client sends neither.
    package var call = ""
    package var attempt: UInt32 = 0
    /// How often it goes on to the server.
    package var copies: UInt8 = 1
    package var fate: Fate = .passed
    package init() {}

    /// How `call` says that it is no id of ours but the value of `Idempotency-Key`.
    package static func keyed(_ value: String) -> String { "\(keyPrefix)\(value)" }

    private static let keyPrefix = "Idempotency-Key "

    /// Requests with the same are attempts of one call, where one client sends them to one method.
    package var hasKey: Bool { call.hasPrefix(Self.keyPrefix) }
}

package enum CallReplyOutcome: UInt8, Sendable, Codable {
    /// The server ended its answer in order.
    case finished
    case resetByServer
    /// The client gave up.
    case resetByClient
    case connectionLost
    /// The server said that it has not looked at it.
    case refused
    /// The link's own answer to what a fault swallowed.
    case settled
}

/// The end of one copy of a request, seen on the server's side of the link; `fate` says whether the client saw it. Each
/// copy has exactly one; the answer to a second copy never reaches the client.
package struct CallReply: Sendable, Equatable {
    package var stamp: Int64 = 0
    /// From 1. 0: what the client was left with in place of an answer, where a fault took the request or its answer or
    /// the answer came too late: `settled`, `resetByClient` or `connectionLost`.
    package var copy: UInt8 = 1
    package var outcome: CallReplyOutcome = .finished
    /// gRPC status, or the HTTP status where it is not gRPC; of a reset, the error code of HTTP/2.
    package var code: UInt16 = 0
    /// `x-orch-outcome` or `x-orch-reply`, where the server says so.
    package var note = ""
    package var fate: Fate = .passed
    package init() {}
}
