/// Who holds references to one object, as its owner lists them: an object that is no root and whose list is empty may be
/// collected. No clock; moments are nanoseconds of the owner's clock. An empty list takes 8 bytes.
///
/// **Sequence.** What is not newer than the last word of a holder changes nothing. A *clean* is remembered for a lease,
/// so that a *dirty* that was sent before it and comes after it is not believed; one that comes even later lists its
/// holder for a lease at most, since nobody renews it.
///
/// **Lives.** One entry a holder: a later incarnation takes the place of an earlier one, which is not heard any more.
///
/// **Its owner** takes notices only while it is certain to be the owner, and none from `transfer` on until it knows that
/// the object stays: what the source says yes to, the target must know of. Otherwise the answer is `elsewhere`.
package struct HolderList: Sendable, Equatable {
    /// Of entries. Beyond it holders are turned away (`full`).
    package static let limit = 10_000
    /// A lease from the wire is taken for no more than this: a day.
    static let longestLease: Int64 = 86_400_000_000_000

    package enum ChangeKind: Sendable, Equatable {
        case listed, unlisted
        /// Its lease was over.
        case lapsed
    }

    package struct Change: Sendable, Equatable {
        package var holder: String
        package var incarnation: UInt64
        package var kind: ChangeKind
    }

    package struct Outcome: Sendable, Equatable {
        package var standing = ReferenceAnswer.Standing.done
        package var changes: [Change] = []
    }

    fileprivate struct Entry: Equatable {
        /// Empty: not a holder, but the time in which holders of an object that came back may speak up.
        var holder: String
        var incarnation: UInt64
        var sequence: UInt64
        /// Of its lease, or of what is remembered of it.
        var expiry: Int64
        var isListed: Bool
    }

    private var entries: [Entry] = []

    package init() {}

    /// Of an object that came back and whose list was lost with its host. Until then (a lease from now) it counts as
    /// held, and renewals list their senders: whoever renews, by its own view, still holds it.
    package init(openUntil expiry: Int64) {
        entries = [Entry(holder: "", incarnation: 0, sequence: 0, expiry: expiry, isListed: true)]
    }

    /// Of an object that has moved here.
    /// - Parameter slack: nanoseconds that are added to each lease, so that the move shortens none.
    package init(_ travelled: [HolderEntry], now: Int64, slack: Int64) {
        entries = travelled.prefix(Self.limit).map { entry in
            Entry(
                holder: entry.holder, incarnation: entry.incarnation, sequence: entry.sequence,
                expiry: now + min(max(entry.left, 0), Self.longestLease) + max(slack, 0), isListed: !entry.cleaned)
        }
    }

    // MARK: - What holders say

    /// - Parameters:
    ///   - notice: its objects are not looked at.
    ///   - lease: of the object's type, in nanoseconds.
    package mutating func notice(_ notice: ReferenceNotice, now: Int64, lease: Int64) -> Outcome {
        var outcome = Outcome()
        outcome.changes = expire(now: now)
        guard !notice.holder.isEmpty else {
            outcome.standing = .expired
            return outcome
        }
        var index = entries.firstIndex { $0.holder == notice.holder }
        if let found = index {
            let known = entries[found]
            if known.incarnation < notice.incarnation {
                if known.isListed { outcome.changes.append(Change(known, .unlisted)) }
                entries.remove(at: found)
                index = nil
            } else if known.incarnation > notice.incarnation {
                outcome.standing = notice.kind == .clean ? .done : .expired
                return outcome
            } else if notice.sequence <= known.sequence {
                outcome.standing = notice.kind == .clean || known.isListed ? .done : .expired
                return outcome
            }
        }
        let wasListed = index.map { entries[$0].isListed } ?? false
        let isOpen = entries.contains { $0.holder.isEmpty }
        if notice.kind == .renew, !wasListed, !isOpen {
            outcome.standing = .expired
            return outcome
        }
        let entry = Entry(
            holder: notice.holder, incarnation: notice.incarnation, sequence: notice.sequence,
            expiry: now + min(max(lease, 0), Self.longestLease), isListed: notice.kind != .clean)
        if let index {
            entries[index] = entry
        } else if hasRoom() {
            entries.append(entry)
        } else if entry.isListed {
            outcome.standing = .full
            return outcome
        }
        if wasListed != entry.isListed { outcome.changes.append(Change(entry, entry.isListed ? .listed : .unlisted)) }
        return outcome
    }

    /// A process is known to be dead; earlier lives of it are, too. What it said before and comes late is not believed
    /// for a lease.
    package mutating func drop(_ holder: String, incarnation: UInt64, now: Int64, lease: Int64) -> [Change] {
        var changes = expire(now: now)
        guard !holder.isEmpty, let index = entries.firstIndex(where: { $0.holder == holder }),
            entries[index].incarnation <= incarnation
        else { return changes }
        if entries[index].isListed { changes.append(Change(entries[index], .unlisted)) }
        entries[index] = Entry(
            holder: holder, incarnation: incarnation, sequence: .max,
            expiry: now + min(max(lease, 0), Self.longestLease), isListed: false)
        return changes
    }

    // MARK: - Time

    /// Takes off what is over. To be called at `nextExpiry`.
    package mutating func expire(now: Int64) -> [Change] {
        guard entries.contains(where: { $0.expiry <= now }) else { return [] }
        let lapsed = entries.filter { $0.expiry <= now && $0.isListed && !$0.holder.isEmpty }
        entries.removeAll { $0.expiry <= now }
        return lapsed.map { Change($0, .lapsed) }
    }

    /// Nil: nothing is kept here.
    package var nextExpiry: Int64? { entries.lazy.map(\.expiry).min() }

    /// Nobody holds the object.
    package func isEmpty(now: Int64) -> Bool { !entries.contains { $0.isListed && $0.expiry > now } }

    /// Entries kept, those included that only remember.
    package var count: Int { entries.count }

    // MARK: - To others

    /// Everything that a move must take along, with the time left.
    package func transfer(now: Int64) -> [HolderEntry] {
        entries.lazy.filter { $0.expiry > now }.map { entry in
            var travelling = HolderEntry()
            travelling.holder = entry.holder
            travelling.incarnation = entry.incarnation
            travelling.sequence = entry.sequence
            travelling.left = entry.expiry - now
            travelling.cleaned = !entry.isListed
            return travelling
        }
    }

    /// Those who hold the object, to be shown.
    package func holders(now: Int64) -> [HolderEntry] {
        transfer(now: now).filter { !$0.cleaned && !$0.holder.isEmpty }
    }

    // MARK: -

    /// What is only remembered gives way.
    private mutating func hasRoom() -> Bool {
        if entries.count < Self.limit { return true }
        entries.removeAll { !$0.isListed }
        return entries.count < Self.limit
    }
}

extension HolderList.Change {
    fileprivate init(_ entry: HolderList.Entry, _ kind: HolderList.ChangeKind) {
        self.init(holder: entry.holder, incarnation: entry.incarnation, kind: kind)
    }
}
