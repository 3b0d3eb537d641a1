import Testing

@testable import Objects

@Suite struct HolderListTests {
    private typealias Kind = ReferenceNotice.Kind
    private typealias Standing = ReferenceAnswer.Standing
    private static let lease: Int64 = 100

    private func notice(_ kind: Kind, _ sequence: UInt64, _ holder: String = "b", life: UInt64 = 1) -> ReferenceNotice {
        var notice = ReferenceNotice()
        notice.kind = kind
        notice.holder = holder
        notice.incarnation = life
        notice.sequence = sequence
        return notice
    }

    private func text(_ changes: [HolderList.Change]) -> String {
        changes.map { "\($0.holder)/\($0.incarnation) \($0.kind)" }.joined(separator: ", ")
    }

    /// One word to the owner, and what it answers, what changes, and whether nobody holds the object then.
    private struct Step: Sendable {
        var kind: ReferenceNotice.Kind
        var sequence: UInt64
        var life: UInt64 = 1
        var now: Int64
        var standing: ReferenceAnswer.Standing
        var changes: String
        var isEmpty: Bool

        init(
            _ kind: ReferenceNotice.Kind, _ sequence: UInt64, life: UInt64 = 1, at now: Int64,
            _ standing: ReferenceAnswer.Standing, _ changes: String = "", empty: Bool
        ) {
            self.kind = kind
            self.sequence = sequence
            self.life = life
            self.now = now
            self.standing = standing
            self.changes = changes
            isEmpty = empty
        }
    }

    private static let table: [(String, [Step])] = [
        (
            "in order",
            [
                Step(.dirty, 1, at: 0, .done, "b/1 listed", empty: false),
                Step(.renew, 2, at: 50, .done, empty: false),
                Step(.renew, 3, at: 149, .done, empty: false),
                Step(.clean, 4, at: 160, .done, "b/1 unlisted", empty: true),
            ]
        ),
        (
            "each twice",
            [
                Step(.dirty, 1, at: 0, .done, "b/1 listed", empty: false),
                // Without more time: the holder counts from the first one.
                Step(.dirty, 1, at: 90, .done, empty: false),
                Step(.dirty, 1, at: 99, .done, empty: false),
                Step(.renew, 2, at: 100, .expired, "b/1 lapsed", empty: true),
            ]
        ),
        (
            "a dirty after its clean",
            [
                Step(.clean, 2, at: 0, .done, empty: true),
                Step(.dirty, 1, at: 99, .expired, empty: true),
                Step(.dirty, 3, at: 99, .done, "b/1 listed", empty: false),
            ]
        ),
        (
            "a clean after a newer dirty",
            [
                Step(.dirty, 1, at: 0, .done, "b/1 listed", empty: false),
                Step(.dirty, 3, at: 10, .done, empty: false),
                Step(.clean, 2, at: 20, .done, empty: false),
            ]
        ),
        (
            "twice clean, and a dirty that was sent in between",
            [
                Step(.dirty, 1, at: 0, .done, "b/1 listed", empty: false),
                Step(.clean, 4, at: 10, .done, "b/1 unlisted", empty: true),
                Step(.clean, 4, at: 20, .done, empty: true),
                Step(.dirty, 3, at: 30, .expired, empty: true),
                // The memory of the first clean, not of the second, which changed nothing.
                Step(.dirty, 3, at: 110, .done, "b/1 listed", empty: false),
            ]
        ),
        (
            "a renewal after the end",
            [
                Step(.dirty, 1, at: 0, .done, "b/1 listed", empty: false),
                Step(.clean, 2, at: 10, .done, "b/1 unlisted", empty: true),
                Step(.renew, 3, at: 20, .expired, empty: true),
                Step(.dirty, 4, at: 20, .done, "b/1 listed", empty: false),
            ]
        ),
        ("a renewal of nothing", [Step(.renew, 1, at: 0, .expired, empty: true)]),
        (
            "a late renewal does not move the end back",
            [
                Step(.dirty, 1, at: 0, .done, "b/1 listed", empty: false),
                Step(.renew, 3, at: 50, .done, empty: false),
                Step(.renew, 2, at: 60, .done, empty: false),
                Step(.renew, 4, at: 150, .expired, "b/1 lapsed", empty: true),
            ]
        ),
        (
            "a later life",
            [
                Step(.dirty, 9, at: 0, .done, "b/1 listed", empty: false),
                Step(.dirty, 1, life: 2, at: 10, .done, "b/1 unlisted, b/2 listed", empty: false),
                Step(.dirty, 10, life: 1, at: 20, .expired, empty: false),
                Step(.clean, 11, life: 1, at: 20, .done, empty: false),
                Step(.clean, 2, life: 2, at: 30, .done, "b/2 unlisted", empty: true),
                Step(.dirty, 12, life: 1, at: 40, .expired, empty: true),
            ]
        ),
        (
            "a later life that holds it no more",
            [
                Step(.dirty, 1, at: 0, .done, "b/1 listed", empty: false),
                Step(.renew, 1, life: 2, at: 10, .expired, "b/1 unlisted", empty: true),
            ]
        ),
    ]

    @Test func words() {
        for (name, steps) in Self.table {
            var list = HolderList()
            for (index, step) in steps.enumerated() {
                let outcome = list.notice(
                    notice(step.kind, step.sequence, life: step.life), now: step.now, lease: Self.lease)
                #expect(outcome.standing == step.standing, "\(name), step \(index)")
                #expect(text(outcome.changes) == step.changes, "\(name), step \(index)")
                #expect(list.isEmpty(now: step.now) == step.isEmpty, "\(name), step \(index)")
            }
        }
    }

    @Test func holdersAreApart() {
        var list = HolderList()
        _ = list.notice(notice(.dirty, 5, "b"), now: 0, lease: Self.lease)
        _ = list.notice(notice(.dirty, 1, "c"), now: 30, lease: Self.lease)
        #expect(list.holders(now: 40).map(\.holder) == ["b", "c"])
        #expect(list.holders(now: 40).map(\.left) == [60, 90])
        _ = list.notice(notice(.clean, 2, "c"), now: 50, lease: Self.lease)
        #expect(list.holders(now: 50).map(\.holder) == ["b"])
        #expect(!list.isEmpty(now: 99) && list.isEmpty(now: 100))
        #expect(list.nextExpiry == 100)
        #expect(text(list.expire(now: 99)) == "")
        #expect(text(list.expire(now: 100)) == "b/1 lapsed")
        #expect(list.nextExpiry == 150)
        // The end of what is only remembered is no event.
        #expect(text(list.expire(now: 150)) == "")
        #expect(list.nextExpiry == nil && list.count == 0 && list == HolderList())
    }

    @Test func theDead() {
        var list = HolderList()
        _ = list.notice(notice(.dirty, 5, life: 3), now: 0, lease: Self.lease)
        #expect(list.drop("b", incarnation: 2, now: 1, lease: Self.lease).isEmpty)
        #expect(list.drop("c", incarnation: 9, now: 1, lease: Self.lease).isEmpty)
        #expect(!list.isEmpty(now: 1))
        #expect(text(list.drop("b", incarnation: 3, now: 2, lease: Self.lease)) == "b/3 unlisted")
        #expect(list.isEmpty(now: 2))
        #expect(list.notice(notice(.dirty, 6, life: 3), now: 3, lease: Self.lease).standing == .expired)
        #expect(list.notice(notice(.dirty, 1, life: 4), now: 3, lease: Self.lease).standing == .done)
        #expect(!list.isEmpty(now: 3))
    }

    @Test func aMoveCarriesTheTimeLeftAndTheMemory() throws {
        var source = HolderList()
        _ = source.notice(notice(.dirty, 7, "b"), now: 1_000, lease: Self.lease)
        _ = source.notice(notice(.dirty, 3, "c"), now: 1_010, lease: Self.lease)
        _ = source.notice(notice(.clean, 4, "c"), now: 1_020, lease: Self.lease)
        _ = source.notice(notice(.dirty, 1, "d"), now: 930, lease: Self.lease)
        let travelling = source.transfer(now: 1_030)
        #expect(travelling.map(\.holder) == ["b", "c"])
        #expect(travelling.map(\.left) == [70, 90])

        // Another clock.
        var target = HolderList(travelling, now: 50, slack: 5)
        #expect(!target.isEmpty(now: 124) && target.isEmpty(now: 125))
        #expect(target.notice(notice(.dirty, 3, "c"), now: 60, lease: Self.lease).standing == .expired)
        #expect(target.notice(notice(.clean, 6, "b"), now: 60, lease: Self.lease).changes.isEmpty)
        #expect(target.notice(notice(.renew, 8, "b"), now: 120, lease: Self.lease).standing == .done)
        #expect(!target.isEmpty(now: 219) && target.isEmpty(now: 220))
        // The source's own list is as it was, should the move be given up.
        #expect(!source.isEmpty(now: 1_099))
    }

    @Test func leasesFromTheWireAreBounded() {
        var forged = HolderEntry()
        forged.holder = "b"
        forged.left = .max
        let day = HolderList.longestLease
        #expect(HolderList([forged], now: 1, slack: 0).nextExpiry == 1 + day)
        forged.left = .min
        #expect(HolderList([forged], now: 1, slack: 0).isEmpty(now: 1))
    }

    @Test func afterARecoveryHoldersMaySpeakUp() {
        var list = HolderList(openUntil: 100)
        #expect(!list.isEmpty(now: 99) && list.isEmpty(now: 100))
        #expect(list.holders(now: 0).isEmpty)
        let outcome = list.notice(notice(.renew, 9), now: 99, lease: Self.lease)
        #expect(outcome.standing == .done && text(outcome.changes) == "b/1 listed")
        #expect(list.notice(notice(.renew, 4, "c"), now: 100, lease: Self.lease).standing == .expired)
        #expect(!list.isEmpty(now: 198) && list.isEmpty(now: 199))
        // A forged name is nobody's.
        #expect(list.notice(notice(.dirty, 9, ""), now: 100, lease: Self.lease).standing == .expired)
        // The time's end is no holder's.
        var other = HolderList(openUntil: 100)
        #expect(other.expire(now: 100).isEmpty && other.count == 0)
    }

    @Test func aFullListTurnsHoldersAway() {
        var entries: [HolderEntry] = []
        for index in 0..<HolderList.limit {
            var entry = HolderEntry()
            entry.holder = "h\(index)"
            entry.incarnation = 1
            entry.sequence = 1
            entry.left = 100
            entry.cleaned = index == 0
            entries.append(entry)
        }
        var list = HolderList(entries, now: 0, slack: 0)
        // What is only remembered gives way, once.
        #expect(list.notice(notice(.dirty, 1, "b"), now: 1, lease: Self.lease).standing == .done)
        #expect(list.notice(notice(.dirty, 1, "c"), now: 1, lease: Self.lease).standing == .full)
        #expect(list.notice(notice(.clean, 2, "c"), now: 1, lease: Self.lease).standing == .done)
        #expect(list.notice(notice(.renew, 2, "h1"), now: 1, lease: Self.lease).standing == .done)
        #expect(list.count == HolderList.limit)
    }

    @Test func anEmptyListIsSmall() { #expect(MemoryLayout<HolderList>.size == 8) }
}
