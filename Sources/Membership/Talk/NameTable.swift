/// What a name service keeps: entries that describe members and their resources, each under a lease of its holder.
/// Nothing of it outlives the process: whoever holds entries brings them again when it learns that they are not here.
package struct NameTable: Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable { case member, resource }

    package struct Entry: Sendable, Equatable {
        package var kind: Kind
        package var group: String
        package var name: String
        /// The process.
        package var holder: String
        package var description: [String: String]
        /// Nanoseconds until it is gone, unless it is renewed.
        package var left: Int64 = 0

        package init(
            kind: Kind, group: String, name: String, holder: String, description: [String: String] = [:]
        ) {
            self.kind = kind
            self.group = group
            self.name = name
            self.holder = holder
            self.description = description
        }
    }

    /// Why entries are not taken.
    package enum Refusal: Error, Sendable, Equatable {
        /// The table has no room.
        case full
        /// A name or description is empty, or too long.
        case malformed(String)
        /// A later life of the holder has registered: this comes from one that is over.
        case stale
    }

    package struct Limits: Sendable {
        package var entries = 100_000
        package var entriesOfHolder = 10_000
        /// Octets of a name, a key or a value.
        package var text = 1_024
        package var description = 16
        package init() {}
    }

    private struct Holder {
        var life: UInt64
        var until: Int64
        var keys: Set<Key>
    }

    private struct Key: Hashable, Comparable {
        var group: String
        var kind: Kind
        var name: String
        var holder: String

        static func < (a: Key, b: Key) -> Bool {
            (a.group, a.kind.rawValue, a.name, a.holder) < (b.group, b.kind.rawValue, b.name, b.holder)
        }
    }

    /// Those who hold entries of one name.
    private struct Name: Hashable {
        var group: String
        var kind: Kind
        /// `nil`: of any name.
        var name: String?
    }

    /// Nanoseconds.
    package let lease: Int64
    private let limits: Limits
    private var entries: [Key: [String: String]] = [:]
    private var byName: [Name: Set<Key>] = [:]
    private var holders: [String: Holder] = [:]
    private var nextExpiry = Int64.max
    private var turn = 0

    package init(lease: Int64, limits: Limits = Limits()) {
        self.lease = max(lease, 1_000_000)
        self.limits = limits
    }

    /// Entries, those included whose lease has run out since the last question.
    package var count: Int { entries.count }

    /// Sets all entries of a holder; those that it had and are not among them are gone.
    /// - Parameter life: of the holder; a later one replaces what an earlier one had.
    package mutating func register(
        holder: String, life: UInt64, _ new: [Entry], now: Int64
    ) -> Result<Void, Refusal> {
        expire(now)
        if let known = holders[holder], known.life > life { return .failure(.stale) }
        guard isText(holder), new.count <= limits.entriesOfHolder else {
            return .failure(.malformed("a holder has a name, and at most \(limits.entriesOfHolder) entries"))
        }
        for entry in new {
            guard isText(entry.name), isText(entry.group), entry.description.count <= limits.description,
                entry.description.allSatisfy({ isText($0.key) && $0.value.utf8.count <= limits.text })
            else { return .failure(.malformed("a name, a group or a description is empty or too long")) }
        }
        guard entries.count - (holders[holder]?.keys.count ?? 0) + new.count <= limits.entries else {
            return .failure(.full)
        }
        remove(holder)
        var keys: Set<Key> = []
        for entry in new {
            let key = Key(group: entry.group, kind: entry.kind, name: entry.name, holder: holder)
            keys.insert(key)
            entries[key] = entry.description
            for name in names(of: key) { byName[name, default: []].insert(key) }
        }
        let until = now.addingReportingOverflow(lease).partialValue
        holders[holder] = Holder(life: life, until: until, keys: keys)
        nextExpiry = min(nextExpiry, until)
        return .success(())
    }

    /// Prolongs the lease of all entries of this life of the holder.
    /// - Returns: false where there are none: it has to register.
    package mutating func renew(holder: String, life: UInt64, now: Int64) -> Bool {
        expire(now)
        guard holders[holder]?.life == life else { return false }
        holders[holder]?.until = now.addingReportingOverflow(lease).partialValue
        return true
    }

    /// Takes entries back.
    /// - Parameter names: empty: all of this life of the holder.
    package mutating func withdraw(holder: String, life: UInt64, names: [String] = [], now: Int64) {
        expire(now)
        guard let known = holders[holder], known.life == life else { return }
        guard !names.isEmpty else { return remove(holder) }
        let wanted = Set(names)
        for key in known.keys where wanted.contains(key.name) {
            forget(key)
            holders[holder]?.keys.remove(key)
        }
    }

    /// Those who hold something, at most `limit`: other ones each time, in turn, where there are more.
    /// - Parameter name: `nil`: of any name.
    package mutating func lookup(
        group: String, kind: Kind, name: String?, limit: Int, now: Int64
    ) -> [Entry] {
        expire(now)
        let found = (byName[Name(group: group, kind: kind, name: name)] ?? []).sorted()
        guard !found.isEmpty else { return [] }
        turn = (turn + 1) % (1 << 30)
        let start = turn % found.count
        return (found[start...] + found[..<start]).prefix(max(limit, 0)).map { entry($0, now) }
    }

    /// All entries, in order of group, kind, name and holder.
    /// - Parameter skip: so many of the first.
    package mutating func list(skip: Int, limit: Int, now: Int64) -> (entries: [Entry], hasMore: Bool) {
        expire(now)
        let keys = entries.keys.sorted().dropFirst(max(skip, 0))
        return (keys.prefix(max(limit, 0)).map { entry($0, now) }, keys.count > max(limit, 0))
    }

    // MARK: - Inside

    private func isText(_ text: String) -> Bool { !text.isEmpty && text.utf8.count <= limits.text }

    private func names(of key: Key) -> [Name] {
        [Name(group: key.group, kind: key.kind, name: key.name), Name(group: key.group, kind: key.kind, name: nil)]
    }

    private func entry(_ key: Key, _ now: Int64) -> Entry {
        var entry = Entry(
            kind: key.kind, group: key.group, name: key.name, holder: key.holder, description: entries[key] ?? [:])
        entry.left = max((holders[key.holder]?.until ?? now) - now, 0)
        return entry
    }

    private mutating func expire(_ now: Int64) {
        guard nextExpiry <= now else { return }
        for (name, holder) in holders where holder.until <= now { remove(name) }
        nextExpiry = holders.values.map(\.until).min() ?? .max
    }

    private mutating func remove(_ holder: String) {
        for key in holders.removeValue(forKey: holder)?.keys ?? [] { forget(key) }
    }

    private mutating func forget(_ key: Key) {
        entries[key] = nil
        for name in names(of: key) {
            byName[name]?.remove(key)
            if byName[name]?.isEmpty == true { byName[name] = nil }
        }
    }
}
