import ClusterModel

/// A server's memory of at-most-once calls, by which it tells a new call from a second transmission of an old one.
/// No clock and no socket; moments are nanoseconds of one clock.
///
/// **What is remembered.** A *live* call (running, or its reply not yet acknowledged nor expired) has an entry. A call
/// that is over is a number in its client's `SequenceSet`: below the mark that the client acknowledged, or a range
/// above it. A refusal that told the client *not executed* has an entry too: a second copy of the same transmission,
/// which the network made, must not be executed when there is room again.
///
/// **What is forgotten.** An acknowledged reply at once; any other one `keep` after its call's deadline (a minute after
/// its end, where the call has none). Never a live entry: at `capacity` entries or `bytes` of replies new calls are
/// refused. Bytes are counted when a call completes, so those that run can take the table beyond `bytes` by their
/// replies. A client's record outlives its entries: it must turn away a transmission that the network has held back,
/// which brings no proof of its age. It goes only if there are too many clients, and only `keep` after the last
/// deadline that the client ever sent. So what bounds it is the network: no transmission may arrive later than `keep`
/// after its call's deadline, and even then it is only executed if `clients` others have come in between.
///
/// - Parameters:
///   - Running: what stands for an execution, for duplicates to attach to.
///   - Reply: what is kept.
package struct DuplicateTable<Running, Reply> {
    package enum Admission {
        /// New: it is entered as running, and must be told `completed` or `withdrawn`.
        case execute
        case attach(Running)
        /// `recovered`: kept by an earlier life of the process.
        case resend(Reply, recovered: Bool)
        /// `outcome` is what may be declared of the call.
        case refuse(RefusalReason, outcome: DeclaredOutcome)
    }

    private enum State {
        case running(Running)
        case completed(Reply, bytes: Int, recovered: Bool)
        /// All attempts up to this one were refused.
        case refused(attempt: UInt32, RefusalReason)
    }

    private struct Entry {
        var state: State
        /// When it is no longer kept; `.max`: the call has no deadline, and this is set when it ends.
        var expiry: Int64
        /// The client is done with it while it still runs.
        var isAcknowledged = false
    }

    private struct Client {
        var origin = ""
        var over = SequenceSet()
        /// What the client itself said is over; `over` may have gone further.
        var acknowledged: UInt64 = 1
        var entries: [UInt64: Entry] = [:]
        /// No transmission of it is expected any more after this.
        var quiet: Int64 = 0
        /// Whether the journal must have its numbers.
        var isChanged = false
    }

    /// A call without a deadline counts as if it had this one, from its end.
    private static var withoutDeadline: Int64 { 60_000_000_000 }
    /// A longer deadline is kept no longer than this: a day.
    private static var longestDeadline: Int64 { 86_400_000_000_000 }
    /// Searches for what has expired are at least this far apart.
    private static var searchPause: Int64 { 100_000_000 }

    /// Of live calls.
    private let capacity: Int
    /// Of refusals that are remembered; beyond it they are declared *unknown*.
    private let refusalLimit: Int
    private let byteLimit: Int
    private let keep: Int64
    private let clientLimit: Int
    /// Of which calls may expect to be answered: this life's, and with a durable table the earlier ones'.
    private let incarnations: Set<String>
    private var slots: [String: Int] = [:]
    private var clients: [Client] = []
    private var freeSlots: [Int] = []
    private var nextSearch = Int64.max
    private var nextForgetting = Int64.min
    private let isDurable: Bool
    private var changes: [TableChange<Reply>] = []
    private var changedClients: [Int] = []

    /// Running or with a reply kept.
    package private(set) var liveCount = 0
    package private(set) var refusalCount = 0
    /// Of kept replies.
    package private(set) var byteCount = 0
    package var clientCount: Int { slots.count }

    package init(
        _ policy: DuplicatePolicy, incarnations: Set<String>, clients: Int = 10_000, refusals: Int = 10_000,
        isDurable: Bool = false
    ) {
        capacity = max(policy.capacity, 1)
        refusalLimit = max(capacity, refusals)
        byteLimit = max(policy.bytes, 1)
        keep = max(policy.keep.nanoseconds, 0)
        clientLimit = max(clients, 1)
        self.incarnations = incarnations
        self.isDurable = isDurable
    }

    // MARK: - A request

    /// A request has arrived.
    /// - Parameters:
    ///   - acknowledged: every sequence of this origin below it is over for the client.
    ///   - server: the incarnation that it expects; nil: its client does not care.
    ///   - deadline: of the whole call; nil: it has none.
    ///   - inability: why no new call can begin now, if that is so.
    ///   - running: what stands for the execution that begins with `.execute`.
    package mutating func admit(
        _ id: CallID, attempt: UInt32, acknowledged: UInt64, server: String?, deadline: Int64?, now: Int64,
        inability: RefusalReason? = nil, running: @autoclosure () -> Running
    ) -> Admission {
        // Before anything is touched: this table knows nothing of the call, whatever it finds.
        if let server, !incarnations.contains(server) { return .refuse(.serverRestarted, outcome: .unknown) }
        expire(now: now)
        guard let slot = slot(of: id.origin, now: now) else { return .refuse(.tableFull, outcome: .unknown) }
        let expiry = expiry(of: deadline, now: now)
        return withClient(slot) { table, client in
            client.quiet = max(client.quiet, expiry == .max ? now + Self.withoutDeadline : expiry)
            if acknowledged > client.acknowledged {
                table.acknowledge(&client, below: min(acknowledged, id.sequence), slot)
            }
            if let known = client.entries[id.sequence] {
                if known.isAcknowledged { return .refuse(.stale, outcome: .unknown) }
                switch known.state {
                case .running(let running):
                    client.entries[id.sequence]?.expiry = max(known.expiry, expiry)
                    return .attach(running)
                case .completed(let reply, _, let recovered):
                    guard known.expiry > now else { return .refuse(.stale, outcome: .unknown) }
                    return .resend(reply, recovered: recovered)
                case .refused(let last, let reason):
                    if attempt <= last { return .refuse(reason, outcome: .notExecuted) }
                }
            } else if client.over.contains(id.sequence) {
                return .refuse(.stale, outcome: .unknown)
            }
            if let refusal = inability ?? table.inability(deadline: deadline, now: now) {
                let entry = Entry(state: .refused(attempt: attempt, refusal), expiry: expiry)
                return .refuse(refusal, outcome: table.note(entry, id, &client, slot, now) ? .notExecuted : .unknown)
            }
            if client.entries[id.sequence] != nil { table.remove(id.sequence, &client) }
            table.liveCount += 1
            table.nextSearch = min(table.nextSearch, expiry)
            client.entries[id.sequence] = Entry(state: .running(running()), expiry: expiry)
            return .execute
        }
    }

    /// An execution has ended, with whatever reply. A second reply takes the place of the first.
    /// - Parameter bytes: what the reply takes.
    package mutating func completed(_ id: CallID, _ reply: Reply, bytes: Int, now: Int64) {
        guard let slot = slots[id.origin] else { return }
        withClient(slot) { table, client in
            guard var entry = client.entries[id.sequence] else { return }
            switch entry.state {
            case .running: break
            case .completed(_, let before, _): table.byteCount -= before
            case .refused: return
            }
            table.touch(&client, slot)
            if entry.expiry == .max { entry.expiry = now + Self.withoutDeadline + table.keep }
            if entry.isAcknowledged || entry.expiry <= now {
                table.liveCount -= 1
                client.entries[id.sequence] = nil
                client.over.insert(id.sequence)
                return
            }
            entry.state = .completed(reply, bytes: bytes, recovered: false)
            client.entries[id.sequence] = entry
            table.byteCount += bytes
            table.nextSearch = min(table.nextSearch, entry.expiry)
            if table.isDurable {
                table.changes.append(.saved(id, reply, bytes: bytes, span: entry.expiry - now))
            }
        }
    }

    /// An admitted call was not begun after all.
    /// - Returns: what may be declared of it.
    package mutating func withdrawn(
        _ id: CallID, attempt: UInt32, _ reason: RefusalReason, now: Int64
    ) -> DeclaredOutcome {
        guard let slot = slots[id.origin] else { return .unknown }
        return withClient(slot) { table, client in
            guard var entry = client.entries[id.sequence], case .running = entry.state else { return .unknown }
            table.liveCount -= 1
            client.entries[id.sequence] = nil
            if entry.isAcknowledged {
                client.over.insert(id.sequence)
                table.touch(&client, slot)
                return .notExecuted
            }
            entry.state = .refused(attempt: attempt, reason)
            return table.note(entry, id, &client, slot, now) ? .notExecuted : .unknown
        }
    }

    // MARK: - Forgetting

    /// Moves what is no longer kept from the entries to the numbers that are over. Also called by `admit`.
    package mutating func expire(now: Int64) {
        guard now >= nextSearch else { return }
        var next = Int64.max
        for slot in clients.indices where !clients[slot].entries.isEmpty {
            withClient(slot) { table, client in
                var expired: [UInt64] = []
                for (sequence, entry) in client.entries {
                    if case .running = entry.state { continue }
                    if entry.expiry <= now { expired.append(sequence) } else { next = min(next, entry.expiry) }
                }
                for sequence in expired {
                    table.remove(sequence, &client)
                    client.over.insert(sequence)
                    table.touch(&client, slot)
                }
            }
        }
        nextSearch = next == .max ? .max : max(next, now + Self.searchPause)
    }

    private mutating func acknowledge(_ client: inout Client, below mark: UInt64, _ slot: Int) {
        let newly = client.acknowledged..<mark
        client.acknowledged = mark
        client.over.raise(to: mark)
        touch(&client, slot)
        // Mostly one number: a search of all entries would make every call pay for all that are in flight.
        let sequences =
            newly.count <= client.entries.count ? Array(newly) : client.entries.keys.filter { $0 < mark }
        for sequence in sequences {
            if case .running = client.entries[sequence]?.state {
                client.entries[sequence]?.isAcknowledged = true
            } else {
                remove(sequence, &client)
            }
        }
    }

    /// Takes out an entry that does not run.
    private mutating func remove(_ sequence: UInt64, _ client: inout Client) {
        guard let entry = client.entries.removeValue(forKey: sequence) else { return }
        switch entry.state {
        case .running: break
        case .completed(_, let bytes, _):
            liveCount -= 1
            byteCount -= bytes
        case .refused: refusalCount -= 1
        }
        if isDurable { changes.append(.removed(CallID(origin: client.origin, sequence: sequence))) }
    }

    /// Where the record of this client is, or can be; nil if there is no room, for all others are still needed.
    private mutating func slot(of origin: String, now: Int64) -> Int? {
        if let slot = slots[origin] { return slot }
        if slots.count >= clientLimit {
            guard now >= nextForgetting else { return nil }
            forgetClients(now: now)
            guard slots.count < clientLimit else { return nil }
        }
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            clients[slot] = Client(origin: origin)
        } else {
            slot = clients.count
            clients.append(Client(origin: origin))
        }
        slots[origin] = slot
        return slot
    }

    /// Makes room for some clients more, so that not every new one has to search.
    private mutating func forgetClients(now: Int64) {
        let idle = clients.indices
            .filter { !clients[$0].origin.isEmpty && clients[$0].entries.isEmpty && clients[$0].quiet <= now }
            .sorted { clients[$0].quiet < clients[$1].quiet }
        if idle.isEmpty { nextForgetting = now + Self.searchPause }
        for slot in idle.prefix(max(clientLimit / 4, 1)) {
            let origin = clients[slot].origin
            slots[origin] = nil
            clients[slot] = Client()
            freeSlots.append(slot)
            if isDurable { changes.append(.forgotten(origin: origin)) }
        }
    }

    // MARK: -

    /// Why a new call cannot begin.
    private func inability(deadline: Int64?, now: Int64) -> RefusalReason? {
        if let deadline, deadline <= now { return .deadline }
        return liveCount >= capacity || byteCount >= byteLimit ? .tableFull : nil
    }

    /// Remembers a refusal; false if there is no room for that.
    private mutating func note(
        _ entry: Entry, _ id: CallID, _ client: inout Client, _ slot: Int, _ now: Int64
    ) -> Bool {
        if client.entries[id.sequence] == nil {
            guard refusalCount < refusalLimit else { return false }
            refusalCount += 1
        }
        var entry = entry
        if entry.expiry == .max { entry.expiry = now + Self.withoutDeadline + keep }
        client.entries[id.sequence] = entry
        nextSearch = min(nextSearch, entry.expiry)
        if isDurable, case .refused(let attempt, let reason) = entry.state {
            changes.append(.refused(id, attempt: attempt, reason, span: entry.expiry - now))
            touch(&client, slot)
        }
        return true
    }

    private func expiry(of deadline: Int64?, now: Int64) -> Int64 {
        guard let deadline else { return .max }
        return min(deadline, now + Self.longestDeadline) + keep
    }

    private mutating func touch(_ client: inout Client, _ slot: Int) {
        guard isDurable, !client.isChanged else { return }
        client.isChanged = true
        changedClients.append(slot)
    }

    /// Works on a record that is moved out meanwhile: it is neither copied nor reached from elsewhere.
    private mutating func withClient<Result>(
        _ slot: Int, _ body: (inout Self, inout Client) -> Result
    ) -> Result {
        var client = Client()
        swap(&client, &clients[slot])
        defer { swap(&client, &clients[slot]) }
        return body(&self, &client)
    }
}

/// What changed in a durable table: to be written in this order, all of it or nothing.
package enum TableChange<Reply> {
    /// A call is over, with this reply, which is kept for so many nanoseconds more.
    case saved(CallID, Reply, bytes: Int, span: Int64)
    /// Attempts up to this one are refused for good.
    case refused(CallID, attempt: UInt32, RefusalReason, span: Int64)
    /// Neither kept nor refused any more.
    case removed(CallID)
    /// What is over for a client, and for how many nanoseconds it may still be heard of.
    case client(origin: String, over: SequenceSet, span: Int64)
    case forgotten(origin: String)
}

extension TableChange: Sendable where Reply: Sendable {}

extension DuplicateTable {
    /// What changed since the last time; always nothing in a table that is not durable.
    package mutating func takeChanges(now: Int64) -> [TableChange<Reply>] {
        for slot in changedClients where clients[slot].isChanged {
            clients[slot].isChanged = false
            let client = clients[slot]
            changes.append(.client(origin: client.origin, over: client.over, span: max(client.quiet - now, 0)))
        }
        changedClients.removeAll(keepingCapacity: true)
        defer { changes = [] }
        return changes
    }

    /// All that it remembers, for another process to go on with (`restore`): clients first. Not while calls run.
    package func export(now: Int64) -> [TableChange<Reply>] {
        var clientChanges: [TableChange<Reply>] = []
        var entryChanges: [TableChange<Reply>] = []
        for client in clients where !client.origin.isEmpty {
            clientChanges.append(.client(origin: client.origin, over: client.over, span: max(client.quiet - now, 0)))
            for (sequence, entry) in client.entries {
                let id = CallID(origin: client.origin, sequence: sequence)
                switch entry.state {
                case .running: break
                case .completed(let reply, let bytes, _):
                    entryChanges.append(.saved(id, reply, bytes: bytes, span: max(entry.expiry - now, 0)))
                case .refused(let attempt, let reason):
                    entryChanges.append(.refused(id, attempt: attempt, reason, span: max(entry.expiry - now, 0)))
                }
            }
        }
        return clientChanges + entryChanges
    }

    /// Puts back what an earlier life of the process left: before the first request. Clients come before their calls.
    package mutating func restore(_ change: TableChange<Reply>, now: Int64) {
        switch change {
        case .client(let origin, let over, let span):
            guard let slot = slot(of: origin, now: now) else { return }
            clients[slot].over = over
            clients[slot].quiet = moment(now, after: span)
        case .saved(let id, let reply, let bytes, let span):
            liveCount += 1
            byteCount += bytes
            restore(id, .completed(reply, bytes: bytes, recovered: true), span, now: now)
        case .refused(let id, let attempt, let reason, let span):
            refusalCount += 1
            restore(id, .refused(attempt: attempt, reason), span, now: now)
        case .removed, .forgotten: break
        }
    }

    private mutating func restore(_ id: CallID, _ state: State, _ span: Int64, now: Int64) {
        guard let slot = slot(of: id.origin, now: now) else { return }
        let expiry = moment(now, after: span)
        clients[slot].entries[id.sequence] = Entry(state: state, expiry: expiry)
        clients[slot].quiet = max(clients[slot].quiet, expiry)
        nextSearch = min(nextSearch, expiry)
    }

    /// No entry has longer, whatever somebody says who hands it over.
    private func moment(_ now: Int64, after span: Int64) -> Int64 {
        now + min(max(span, 0), Self.longestDeadline + keep)
    }
}
