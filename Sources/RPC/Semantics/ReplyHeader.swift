/// What a server declares of a failure: the caller need not guess (`semantics.md`, RPC).
package enum DeclaredOutcome: String, Sendable, Hashable, Codable {
    case notExecuted = "not-executed"
    /// To its end, with this error.
    case executed
    /// Perhaps, or in part.
    case unknown
}

/// Why a server did not answer with its method's own result. Clients meet others too: a reason is a word for people
/// and a hint for programs.
package enum RefusalReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// The table of replies is full.
    case tableFull = "table-full"
    /// The client is done with this call, or its reply is no longer kept.
    case stale
    /// The call was meant for an earlier life of the server.
    case serverRestarted = "server-restarted"
    /// No time was left before it began, or it ran out of time.
    case deadline
    /// The server takes no new calls, for it is about to stop.
    case draining
    /// Too many calls run and wait.
    case overloaded
    /// The request breaks the rules.
    case malformed
    /// A limit of the server's.
    case limit
    /// A second transmission of a streaming call, whose messages are not kept.
    case streaming
    /// The client gave up.
    case cancelled
    /// The durable store has failed.
    case store
    // Of distributed objects.
    /// Another host owns the object; the answer says which.
    case moved
    /// This host does not own the object, and does not know who does.
    case notHere = "not-here"
    /// The owner must not serve until it has heard from the directory.
    case lease
    /// The directory does not answer.
    case unresolved
    /// The object's state is lost, or it never was.
    case gone = "object-gone"
    /// The caller's reference was not renewed in time, and the object is collected.
    case expired = "object-expired"
    /// The object is of another type.
    case wrongType = "wrong-type"

    /// Whether another attempt may fare better.
    package var isPassing: Bool {
        switch self {
        case .tableFull, .draining, .overloaded, .moved, .notHere, .lease, .unresolved: true
        default: false
        }
    }
}

/// How a reply came about.
package enum ReplyOrigin: String, Sendable, Hashable, Codable {
    /// This request was executed.
    case executed
    /// An earlier one was, and its reply had been kept.
    case saved
    /// An earlier one was being executed.
    case attached
}

/// What a reply says besides its message and status, in initial metadata or trailers.
package struct ReplyHeader: Sendable, Equatable {
    package enum Name {
        package static let server = "x-orch-server"
        package static let reply = "x-orch-reply"
        package static let outcome = "x-orch-outcome"
        package static let reason = "x-orch-reason"
    }

    /// `instance/incarnation`: who answered.
    package var server: String?
    package var reply: ReplyOrigin?
    /// On failures only.
    package var outcome: DeclaredOutcome?
    package var reason: String?

    package init(
        server: String? = nil, reply: ReplyOrigin? = nil, outcome: DeclaredOutcome? = nil, reason: String? = nil
    ) {
        self.server = server
        self.reply = reply
        self.outcome = outcome
        self.reason = reason
    }

    /// Takes one entry of a reply's metadata; words that nobody knows say nothing.
    package mutating func read(name: String, value: String) {
        switch name.utf8.count {
        case 13 where name == Name.server: server = value
        case 13 where name == Name.reason: reason = value
        case 12 where name == Name.reply: reply = ReplyOrigin(rawValue: value)
        case 14 where name == Name.outcome: outcome = DeclaredOutcome(rawValue: value)
        default: break
        }
    }

    package func write(_ add: (_ name: String, _ value: String) -> Void) {
        if let server { add(Name.server, server) }
        if let reply { add(Name.reply, reply.rawValue) }
        if let outcome { add(Name.outcome, outcome.rawValue) }
        if let reason { add(Name.reason, reason) }
    }

    /// The incarnation in `server`: what a client sends back in its own `x-orch-server`.
    package var incarnation: String? {
        guard let server, let cut = server.lastIndex(of: "/") else { return server }
        return String(server[server.index(after: cut)...])
    }
}
