import Testing

@testable import Membership

@Suite("NameTable") struct NameTableTests {
    private func entry(_ name: String, holder: String, kind: NameTable.Kind = .resource) -> NameTable.Entry {
        .init(kind: kind, group: "g", name: name, holder: holder, description: ["node": "peer"])
    }

    private func table(_ limits: NameTable.Limits = .init()) -> NameTable {
        NameTable(lease: 2 * second, limits: limits)
    }

    private func isTaken(_ result: Result<Void, NameTable.Refusal>) -> Bool {
        if case .success = result { true } else { false }
    }

    private func refusal(_ result: Result<Void, NameTable.Refusal>) -> NameTable.Refusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }

    private func holders(_ table: inout NameTable, _ name: String, now: Int64) -> Set<String> {
        Set(table.lookup(group: "g", kind: .resource, name: name, limit: 10, now: now).map(\.holder))
    }

    private func names(_ table: inout NameTable) -> [String] {
        table.list(skip: 0, limit: 10, now: 0).entries.map(\.name)
    }

    private func register(
        _ table: inout NameTable, _ holder: String, life: UInt64 = 1, _ entries: [NameTable.Entry], now: Int64 = 0
    ) -> Result<Void, NameTable.Refusal> { table.register(holder: holder, life: life, entries, now: now) }

    private func renew(_ table: inout NameTable, _ holder: String, life: UInt64, now: Int64) -> Bool {
        table.renew(holder: holder, life: life, now: now)
    }

    private func lookup(
        _ table: inout NameTable, group: String = "g", kind: NameTable.Kind = .resource, _ name: String?, limit: Int,
        now: Int64 = 0
    ) -> [NameTable.Entry] { table.lookup(group: group, kind: kind, name: name, limit: limit, now: now) }

    @Test func anEntryLastsAsLongAsItsLease() {
        var table = table()
        #expect(isTaken(register(&table, "a", [entry("song", holder: "a")], now: 0)))
        #expect(isTaken(register(&table, "b", [entry("song", holder: "b")], now: second)))
        #expect(holders(&table, "song", now: second) == ["a", "b"])
        var expected = entry("song", holder: "b")
        expected.left = second
        #expect(
            lookup(&table, "song", limit: 9, now: 2 * second) == [expected])
        #expect(renew(&table, "b", life: 1, now: 2 * second))
        #expect(holders(&table, "song", now: 4 * second - 1) == ["b"])
        #expect(holders(&table, "song", now: 4 * second) == [])
        #expect(table.count == 0)
        // Who was away for longer learns of it, and registers again.
        #expect(!renew(&table, "b", life: 1, now: 4 * second))
        #expect(isTaken(register(&table, "b", [entry("song", holder: "b")], now: 5 * second)))
        #expect(holders(&table, "song", now: 5 * second) == ["b"])
    }

    @Test func aRegistrationIsAllThatAHolderHas() {
        var table = table()
        _ = table.register(holder: "a", life: 1, [entry("x", holder: "a"), entry("y", holder: "a")], now: 0)
        _ = table.register(holder: "a", life: 1, [entry("y", holder: "a"), entry("z", holder: "a")], now: 0)
        #expect(names(&table) == ["y", "z"])
        table.withdraw(holder: "a", life: 1, names: ["y"], now: 0)
        #expect(names(&table) == ["z"])
        table.withdraw(holder: "a", life: 2, now: 0)
        #expect(table.count == 1)
        table.withdraw(holder: "a", life: 1, now: 0)
        #expect(table.count == 0)
    }

    @Test func aLaterLifeReplacesAnEarlierOne() {
        var table = table()
        _ = table.register(holder: "a", life: 1, [entry("old", holder: "a")], now: 0)
        #expect(isTaken(register(&table, "a", life: 2, [entry("new", holder: "a")])))
        #expect(refusal(register(&table, "a", [entry("old", holder: "a")], now: 0)) == .stale)
        #expect(!renew(&table, "a", life: 1, now: 0))
        #expect(names(&table) == ["new"])
    }

    @Test func manyHoldersTakeTurns() {
        var table = table()
        for name in ["a", "b", "c"] {
            _ = table.register(holder: name, life: 1, [entry("song", holder: name)], now: 0)
        }
        let first = (0..<6).map { _ in
            table.lookup(group: "g", kind: .resource, name: "song", limit: 1, now: 0).map(\.holder)
        }
        #expect(Set(first) == [["a"], ["b"], ["c"]])
        #expect(lookup(&table, group: "other", "song", limit: 1).isEmpty)
        #expect(lookup(&table, kind: .member, nil, limit: 1).isEmpty)
        #expect(lookup(&table, nil, limit: 9).count == 3)
    }

    @Test func theListComesInParts() {
        var table = table()
        _ = table.register(holder: "a", life: 1, (0..<25).map { entry("r\($0)", holder: "a") }, now: 0)
        _ = table.register(holder: "a2", life: 1, [entry("a2", holder: "a2", kind: .member)], now: 0)
        var all: [NameTable.Entry] = []
        var hasMore = true
        while hasMore {
            let part = table.list(skip: all.count, limit: 10, now: 0)
            all += part.entries
            hasMore = part.hasMore
        }
        #expect(all.count == 26)
        #expect(all.first?.kind == .member)
        #expect(Set(all.map(\.name)).count == 26)
    }

    @Test func whatDoesNotFitIsRefused() {
        var limits = NameTable.Limits()
        limits.entries = 5
        limits.entriesOfHolder = 4
        limits.text = 10
        limits.description = 1
        var table = table(limits)
        let three = ["x", "y", "z"]
        #expect(isTaken(register(&table, "a", three.map { entry($0, holder: "a") }, now: 0)))
        #expect(refusal(register(&table, "b", three.map { entry($0, holder: "b") }, now: 0)) == .full)
        // What it replaces makes room.
        #expect(isTaken(register(&table, "a", three.map { entry($0, holder: "a") }, now: 0)))
        func isMalformed(_ entries: [NameTable.Entry], holder: String = "c") -> Bool {
            if case .malformed? = refusal(register(&table, holder, entries)) { true } else { false }
        }
        #expect(isMalformed((0..<5).map { entry("\($0)", holder: "c") }))
        #expect(isMalformed([entry("12345678901", holder: "c")]))
        #expect(isMalformed([entry("", holder: "c")]))
        #expect(isMalformed([], holder: ""))
        var wordy = entry("x", holder: "c")
        wordy.description = ["a": "1", "b": "2"]
        #expect(isMalformed([wordy]))
        #expect(table.count == 3)
    }
}
