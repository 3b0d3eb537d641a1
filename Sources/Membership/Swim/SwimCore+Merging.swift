extension SwimCore {
    enum Merge { case news, known, stale }

    /// Takes what is said of a member, where it is worse or newer than what is known.
    @discardableResult
    mutating func merge(_ id: Int, _ incarnation: UInt64, _ state: MemberState, now: Int64) -> Merge {
        let standing = table.standings[id]
        guard standing.isKnown else {
            set(id, incarnation, state, now: now)
            return .news
        }
        if incarnation == standing.incarnation, state == standing.state { return .known }
        guard (incarnation, state) > (standing.incarnation, standing.state) else { return .stale }
        if id == me { return refute(incarnation, now) }
        if state == .dead, standing.isLive { return hearsay(id, incarnation, now) }
        set(id, incarnation, state, now: now)
        return .news
    }

    /// Somebody says of this peer what is not so: it lives, and says so with a higher incarnation.
    private mutating func refute(_ incarnation: UInt64, _ now: Int64) -> Merge {
        set(me, incarnation + 1, .alive, now: now)
        return .news
    }

    /// Others hold a member to be dead that this peer holds to be alive. They may come from the other side of a
    /// partition: their word is a reason to suspect, and is taken once the member had time to refute.
    private mutating func hearsay(_ id: Int, _ incarnation: UInt64, _ now: Int64) -> Merge {
        let standing = table.standings[id]
        guard standing.state == .suspect, standing.incarnation == incarnation else {
            set(id, incarnation, .suspect, now: now)
            return .news
        }
        guard now - standing.changedAt >= Int64(configuration.hearsayPeriods) * configuration.period else {
            return .known
        }
        set(id, incarnation, .dead, now: now)
        return .news
    }
}
