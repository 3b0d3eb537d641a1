/// One entry under `objects:`: objects of one type, which have state, one owner, and one invocation at a time.
package struct ObjectType: Sendable, Equatable, Codable {
    /// Whether an object comes back after its owner's death on another host.
    package enum Restore: String, Sendable, Hashable, Codable, CaseIterable {
        case no
        /// A target that holds the prepared copy of a migration adopts it if the source dies before the swap.
        case prepared
        /// Another host starts the last snapshot once the owner's lease and its margin have passed.
        case elsewhere
    }

    /// What a host does with its objects when it is asked to stop.
    package enum OnStop: String, Sendable, Hashable, Codable, CaseIterable { case end, migrate }

    /// Its methods as a gRPC service of the type's name: `Account.deposit` is `/Account/deposit`, with the message
    /// `AccountDepositRequest` for `params` and `AccountDepositResponse` for `returns` (whose one field is `value` where `returns` is a
    /// type and not a mapping of fields). The object is named in the metadata (`x-orch-object`).
    package var service: Service
    /// The fields of a new object's `self`.
    package var state: [String: ArgumentValue]
    /// By method: the exceptions that it declares.
    package var raises: [String: [String]]
    /// Methods whose `returns` is one value, not a mapping of fields.
    package var singles: Set<String>
    /// State and replies are in the host's store, in one commit a call.
    package var durable: Bool
    package var restore: Restore
    /// With `restore: elsewhere`: the longest that a change waits for its snapshot.
    package var snapshot: Duration
    /// Moves to the host process that makes at least this share of the invocations.
    package var follow: Share?
    package var onStop: OnStop
    /// Invocations that may wait for an object; beyond it they are refused as *not executed*.
    package var mailbox: Int
    /// The longest that a migration waits for the running invocation before it is given up.
    package var drainTimeout: Duration
    /// How long a host remembers where an object went.
    package var tombstone: Duration
    /// A holder that is not heard of for so long holds its references no more.
    package var lease: Duration
    package var instances: [ObjectInstance]
    package var location: SourceLocation

    package init(
        service: Service, state: [String: ArgumentValue] = [:], raises: [String: [String]] = [:],
        singles: Set<String> = [], durable: Bool = false, restore: Restore = .no,
        snapshot: Duration = .milliseconds(200), follow: Share? = nil, onStop: OnStop = .end, mailbox: Int = 1_000,
        drainTimeout: Duration = .seconds(5), tombstone: Duration = .seconds(30), lease: Duration = .seconds(10),
        instances: [ObjectInstance] = [], location: SourceLocation = .init()
    ) {
        self.service = service
        self.state = state
        self.raises = raises
        self.singles = singles
        self.durable = durable
        self.restore = restore
        self.snapshot = snapshot
        self.follow = follow
        self.onStop = onStop
        self.mailbox = mailbox
        self.drainTimeout = drainTimeout
        self.tombstone = tombstone
        self.lease = lease
        self.instances = instances
        self.location = location
    }

    package var name: String { service.name }
}

/// One entry under `instances:` of a type: an object that is there from the start, with a name. Names are roots.
package struct ObjectInstance: Sendable, Equatable, Codable {
    package var name: String
    /// The process that creates it: `host-a`, `host-2`.
    package var host: String
    /// Instead of the type's own fields.
    package var state: [String: ArgumentValue]
    package var location: SourceLocation

    package init(
        name: String, host: String, state: [String: ArgumentValue] = [:], location: SourceLocation = .init()
    ) {
        self.name = name
        self.host = host
        self.state = state
        self.location = location
    }
}

/// `host:` — this node is a server of objects.
package struct HostRole: Sendable, Equatable, Codable {
    /// Types that it can host, by name.
    package var types: [String]
    /// Invocations at a time, of all its objects together; those of one object follow one another anyway.
    package var concurrency: Int
    /// What an invocation takes, besides its method.
    package var work: Duration

    package init(types: [String], concurrency: Int = 1_000, work: Duration = .zero) {
        self.types = types
        self.concurrency = concurrency
        self.work = work
    }
}

/// `directory:` — this node keeps who owns what. There is one where there are hosts.
package struct DirectoryRole: Sendable, Equatable, Codable {
    /// How long an owner may serve without hearing from the directory.
    package var lease: Duration
    /// What the directory waits beyond it before it gives an object to somebody else.
    package var margin: Duration

    package init(lease: Duration = .seconds(2), margin: Duration = .milliseconds(200)) {
        self.lease = lease
        self.margin = margin
    }
}

/// A named step of a migration, at which a process can be made to wait: see `FaultSpec.failpoint`.
package enum Failpoint: String, Sendable, Hashable, Codable, CaseIterable {
    /// Source: new invocations wait from now on.
    case draining
    /// Source: the running invocation has ended; the state is about to leave.
    case transferring
    /// Target: the state has arrived; nothing of it is kept yet.
    case preparing
    /// Target: it holds the copy (on disk, if durable); its answer has not left.
    case prepared
    /// Source: the target holds a copy; the swap has not left.
    case swapping
    /// Directory: the swap has arrived; nothing is written.
    case swap
    /// Directory: the swap is committed; its answer has not left.
    case swapped
    /// Source: it knows of the swap; nobody else does.
    case moved
    /// Target: it knows of the swap; it does not serve yet.
    case activating
    /// Target: it serves; the source does not know.
    case activated
}
