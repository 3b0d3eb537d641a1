import ClusterModel
import Testing

@testable import RPC

@Suite struct DuplicateTableTests {
    private static let second: Int64 = 1_000_000_000
    private typealias Table = DuplicateTable<String, String>

    private func table(
        keep: Duration = .seconds(5), capacity: Int = 100, bytes: Int = 1_000, clients: Int = 100, durable: Bool = false
    ) -> DuplicateTable<String, String> {
        Table(
            DuplicatePolicy(keep: keep, capacity: capacity, bytes: bytes), incarnations: ["s"], clients: clients,
            refusals: 0,
            isDurable: durable)
    }

    private func word(_ admission: Table.Admission) -> String {
        switch admission {
        case .execute: "execute"
        case .attach(let running): "attach \(running)"
        case .resend(let reply, let recovered): recovered ? "recovered \(reply)" : "resend \(reply)"
        case .refuse(let reason, let outcome): "\(reason.rawValue), \(outcome.rawValue)"
        }
    }

    private func id(_ sequence: UInt64, _ origin: String = "c/1") -> CallID {
        CallID(origin: origin, sequence: sequence)
    }

    private func admit(
        _ table: inout DuplicateTable<String, String>, _ id: CallID, attempt: UInt32 = 1, acknowledged: UInt64 = 1,
        server: String? = "s", deadline: Int64? = 10 * second, now: Int64 = 0, inability: RefusalReason? = nil
    ) -> String {
        word(
            table.admit(
                id, attempt: attempt, acknowledged: acknowledged, server: server, deadline: deadline, now: now,
                inability: inability, running: "run-\(id.sequence)"))
    }

    @Test func attachThenResendThenStale() {
        var table = table()
        #expect(admit(&table, id(1)) == "execute")
        #expect(admit(&table, id(1), attempt: 2) == "attach run-1")
        table.completed(id(1), "three", bytes: 5, now: 1)
        #expect(admit(&table, id(1), attempt: 3) == "resend three")
        #expect(table.liveCount == 1 && table.byteCount == 5)
        #expect(admit(&table, id(2), acknowledged: 2) == "execute")
        #expect(table.liveCount == 1 && table.byteCount == 0)
        #expect(admit(&table, id(1), attempt: 4) == "stale, unknown")
        // Other origins have other numbers.
        #expect(admit(&table, id(1, "c/2")) == "execute")
    }

    @Test func anotherLifeOfTheServer() {
        var table = table()
        #expect(admit(&table, id(1), server: "old") == "server-restarted, unknown")
        #expect(table.clientCount == 0)
        #expect(admit(&table, id(1), server: nil) == "execute")
        #expect(admit(&table, id(1), server: "old") == "server-restarted, unknown")
    }

    @Test func whatIsAcknowledgedWhileItRunsIsForgottenAtItsEnd() {
        var table = table()
        _ = admit(&table, id(1))
        _ = admit(&table, id(2), acknowledged: 2)
        #expect(table.liveCount == 2)
        #expect(admit(&table, id(1)) == "stale, unknown")
        table.completed(id(1), "late", bytes: 5, now: 1)
        #expect(table.liveCount == 1 && table.byteCount == 0)
        #expect(admit(&table, id(1)) == "stale, unknown")
    }

    @Test func repliesExpireAndStayOver() {
        var table = table()
        _ = admit(&table, id(3), deadline: Self.second)
        table.completed(id(3), "x", bytes: 1, now: 1)
        #expect(admit(&table, id(3), now: 6 * Self.second - 1) == "resend x")
        #expect(admit(&table, id(3), deadline: 20 * Self.second, now: 6 * Self.second) == "stale, unknown")
        table.expire(now: 7 * Self.second)
        #expect(table.liveCount == 0)
        #expect(admit(&table, id(3), deadline: 20 * Self.second, now: 8 * Self.second) == "stale, unknown")
        // Its neighbours are not over.
        #expect(admit(&table, id(2), deadline: 20 * Self.second, now: 8 * Self.second) == "execute")
        #expect(admit(&table, id(4), deadline: 20 * Self.second, now: 8 * Self.second) == "execute")
    }

    @Test func aRunningCallNeverExpires() {
        var table = table(capacity: 1)
        _ = admit(&table, id(1), deadline: Self.second)
        #expect(admit(&table, id(1), now: 100 * Self.second) == "attach run-1")
        #expect(admit(&table, id(2), deadline: 900 * Self.second, now: 100 * Self.second) == "table-full, not-executed")
        table.completed(id(1), "x", bytes: 1, now: 101 * Self.second)
        #expect(table.liveCount == 0)
        #expect(admit(&table, id(1), now: 101 * Self.second) == "stale, unknown")
    }

    @Test func callsWithoutADeadlineAreKeptAMinute() {
        var table = table()
        _ = admit(&table, id(1), deadline: nil)
        table.completed(id(1), "x", bytes: 1, now: 100 * Self.second)
        #expect(admit(&table, id(1), deadline: nil, now: 165 * Self.second - 1) == "resend x")
        #expect(admit(&table, id(1), deadline: nil, now: 165 * Self.second) == "stale, unknown")
    }

    @Test func nothingBeginsPastItsDeadline() {
        var table = table()
        #expect(admit(&table, id(1), deadline: 5, now: 5) == "deadline, not-executed")
        _ = admit(&table, id(2), deadline: 5, now: 4)
        #expect(admit(&table, id(2), deadline: 5, now: 6) == "attach run-2")
    }

    @Test func aFullTableRefusesAndRemembersThat() {
        var table = table(capacity: 2)
        _ = admit(&table, id(1))
        _ = admit(&table, id(2))
        #expect(admit(&table, id(3)) == "table-full, not-executed")
        table.completed(id(1), "x", bytes: 1, now: 1)
        #expect(admit(&table, id(3), attempt: 2) == "table-full, not-executed")
        #expect(admit(&table, id(4), acknowledged: 2) == "execute")
        table.completed(id(2), "x", bytes: 1, now: 1)
        table.completed(id(4), "x", bytes: 1, now: 1)
        _ = admit(&table, id(5), acknowledged: 3, now: 2)
        // Copies of what was refused are refused again, though there is room; a further attempt is executed.
        _ = admit(&table, id(4), acknowledged: 3, now: 2)
        table.expire(now: 3)
        #expect(admit(&table, id(3), attempt: 1, now: 3).hasPrefix("table-full"))
        #expect(admit(&table, id(3), attempt: 2, now: 3).hasPrefix("table-full"))
        #expect(table.refusalCount == 1)
        var other = self.table(capacity: 1)
        #expect(admit(&other, id(3), attempt: 2, inability: .draining) == "draining, not-executed")
        #expect(admit(&other, id(3), attempt: 1) == "draining, not-executed")
        #expect(admit(&other, id(3), attempt: 3) == "execute")
        #expect(other.refusalCount == 0 && other.liveCount == 1)
    }

    @Test func refusalsThatCannotBeRememberedAreUnknown() {
        var table = table(capacity: 2)
        _ = admit(&table, id(1))
        _ = admit(&table, id(2))
        #expect(admit(&table, id(3)) == "table-full, not-executed")
        #expect(admit(&table, id(4)) == "table-full, not-executed")
        #expect(admit(&table, id(5)) == "table-full, unknown")
        #expect(admit(&table, id(4), attempt: 2) == "table-full, not-executed")
        #expect(table.refusalCount == 2)
    }

    @Test func bytesAreBoundedToo() {
        var table = table(bytes: 100)
        _ = admit(&table, id(1))
        table.completed(id(1), "x", bytes: 100, now: 1)
        #expect(admit(&table, id(2), now: 2) == "table-full, not-executed")
        #expect(admit(&table, id(2), attempt: 2, acknowledged: 2, now: 3) == "execute")
    }

    @Test func whatWasNotBegunAfterAllIsARefusal() {
        var table = table()
        _ = admit(&table, id(1))
        #expect(table.withdrawn(id(1), attempt: 1, .overloaded, now: 1) == .notExecuted)
        #expect(table.liveCount == 0 && table.refusalCount == 1)
        #expect(admit(&table, id(1), now: 2) == "overloaded, not-executed")
        #expect(admit(&table, id(1), attempt: 2, now: 2) == "execute")
    }

    @Test func clientsAreForgottenOnlyWhenQuietAndInTheWay() {
        var table = table(keep: .seconds(5), clients: 2)
        _ = admit(&table, id(1, "a/1"), deadline: Self.second)
        table.completed(id(1, "a/1"), "x", bytes: 1, now: 1)
        _ = admit(&table, id(1, "b/1"), deadline: 60 * Self.second)
        table.completed(id(1, "b/1"), "x", bytes: 1, now: 1)
        #expect(admit(&table, id(1, "c/1"), now: 2 * Self.second) == "table-full, unknown")
        // Its reply has expired, and it has been quiet since.
        #expect(admit(&table, id(1, "c/1"), deadline: 20 * Self.second, now: 7 * Self.second) == "execute")
        #expect(table.clientCount == 2)
        #expect(admit(&table, id(1, "b/1"), now: 7 * Self.second) == "resend x")
    }

    @Test func aClientThatRunsOrMayStillBeHeardOfIsNotForgotten() {
        var table = table(keep: .seconds(5), clients: 2)
        // Runs on, long after its deadline.
        _ = admit(&table, id(1, "a/1"), deadline: Self.second)
        // Has no entries: the first is acknowledged, and there was no room to remember the refusal of the second.
        var small = self.table(capacity: 1, clients: 2)
        _ = admit(&small, id(1, "full/1"), deadline: Self.second)
        #expect(admit(&small, id(1, "b/1"), deadline: 50 * Self.second) == "table-full, not-executed")
        #expect(admit(&small, id(2, "b/1"), acknowledged: 2, inability: .draining) == "draining, not-executed")
        small.completed(id(1, "full/1"), "x", bytes: 1, now: 1)
        #expect(
            admit(&small, id(3, "b/1"), acknowledged: 3, deadline: 50 * Self.second, now: 1)
                == "table-full, not-executed")
        small.expire(now: 10 * Self.second)
        #expect(
            admit(&small, id(4, "b/1"), acknowledged: 4, deadline: 50 * Self.second, now: 10 * Self.second) == "execute"
        )
        #expect(small.withdrawn(id(4, "b/1"), attempt: 1, .overloaded, now: 10 * Self.second) == .notExecuted)
        _ = admit(&small, id(5, "b/1"), acknowledged: 5, deadline: 1, now: 10 * Self.second)
        small.expire(now: 20 * Self.second)
        #expect(small.refusalCount == 0 && small.liveCount == 0)
        // Nothing of it is left but its mark, and its first call's time is not over.
        #expect(admit(&small, id(1, "c/1"), deadline: 90 * Self.second, now: 20 * Self.second) == "execute")
        #expect(admit(&small, id(1, "d/1"), deadline: 90 * Self.second, now: 20 * Self.second) == "table-full, unknown")
        #expect(admit(&small, id(1, "b/1"), deadline: 90 * Self.second, now: 20 * Self.second) == "stale, unknown")

        _ = admit(&table, id(1, "b/1"), deadline: 900 * Self.second)
        #expect(
            admit(&table, id(1, "c/1"), deadline: 900 * Self.second, now: 100 * Self.second) == "table-full, unknown")
        #expect(admit(&table, id(1, "a/1"), now: 100 * Self.second) == "attach run-1")
    }

    @Test func aJournalRestoresTheTable() {
        var table = table(durable: true)
        _ = admit(&table, id(1))
        #expect(table.takeChanges(now: 0).isEmpty)
        table.completed(id(1), "one", bytes: 3, now: 1)
        _ = admit(&table, id(2), acknowledged: 2)
        table.completed(id(2), "two", bytes: 3, now: 1)
        _ = admit(&table, id(9), deadline: 1, now: 1)
        _ = admit(&table, id(7))
        let changes = table.takeChanges(now: 2)
        #expect(table.takeChanges(now: 2).isEmpty)
        var kept: [CallID: TableChange<String>] = [:]
        var again = Table(DuplicatePolicy(), incarnations: ["s", "t"], isDurable: true)
        for change in changes {
            switch change {
            case .saved(let id, _, _, _), .refused(let id, _, _, _): kept[id] = change
            case .removed(let id): kept[id] = nil
            case .client, .forgotten: again.restore(change, now: 0)
            }
        }
        for change in kept.values { again.restore(change, now: 0) }
        #expect(again.liveCount == 1 && again.refusalCount == 1 && again.byteCount == 3)
        #expect(admit(&again, id(1)) == "stale, unknown")
        #expect(admit(&again, id(2)) == "recovered two")
        #expect(admit(&again, id(9)) == "deadline, not-executed")
        // It ran, and left nothing.
        #expect(admit(&again, id(7)) == "execute")
    }
}
