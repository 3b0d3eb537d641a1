import Testing

@testable import Feeds

@Suite struct FeedLogTests {
    private func log(_ change: (inout FeedLog.Limits) -> Void = { _ in }) -> FeedLog {
        var limits = FeedLog.Limits()
        change(&limits)
        return FeedLog(epoch: "e", limits: limits)
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func numbersFollowEachOtherAndNothingIsSeenBeforeItsCommit() {
        var log = log()
        #expect(log.append(text("a"), at: 1) == .staged(FeedItem(number: 1, at: 1, body: text("a"))))
        #expect(log.append(text("b"), at: 2) == .staged(FeedItem(number: 2, at: 2, body: text("b"))))
        #expect(log.last == 0)
        #expect(log.page(after: 0, limit: 10, bytes: 100).items.isEmpty)
        #expect(log.item(1) == nil)
        #expect(log.commit(through: 1).map(\.number) == [1])
        #expect(log.page(after: 0, limit: 10, bytes: 100).items.map(\.number) == [1])
        #expect(log.lastGiven == 2)
        #expect(log.commit(through: 9).map(\.number) == [2])
        #expect(log.page(after: 1, limit: 10, bytes: 100).items.map(\.number) == [2])
        #expect(log.page(after: 2, limit: 10, bytes: 100) == FeedLog.Page(last: 2))
        #expect(log.page(after: .max, limit: 10, bytes: 100) == FeedLog.Page(last: 2))
    }

    @Test func theOldestGoAndWhoeverAsksForThemIsTold() {
        var log = log { $0.keep = 3 }
        for _ in 1...5 { _ = log.append(text("x"), at: 0) }
        _ = log.commit(through: 5)
        #expect(log.oldest == 3)
        #expect(log.item(2) == nil)
        #expect(log.item(3) != nil)
        let page = log.page(after: 0, limit: 2, bytes: 100)
        #expect(page.oldest == 3)
        #expect(page.items.map(\.number) == [3, 4])
        #expect(log.page(after: 2, limit: 9, bytes: 100).oldest == nil)
    }

    @Test func pagesAreBoundByOctetsButNeverEmpty() {
        var log = log()
        for _ in 1...4 { _ = log.append(text("12345678"), at: 0) }
        _ = log.commit(through: 4)
        #expect(log.page(after: 0, limit: 9, bytes: 16).items.count == 2)
        #expect(log.page(after: 0, limit: 9, bytes: 15).items.count == 1)
        #expect(log.page(after: 0, limit: 9, bytes: 1).items.count == 1)
        #expect(log.page(after: 0, limit: 0, bytes: 99) == FeedLog.Page(last: 4))
    }

    @Test func keptTextsAreBoundByOctets() {
        var log = log { $0.bytes = 20 }
        for _ in 1...4 { _ = log.append(text("12345678"), at: 0) }
        _ = log.commit(through: 4)
        #expect(log.oldest == 3)
        _ = log.append([UInt8](repeating: 65, count: 100), at: 0)
        _ = log.commit(through: 5)
        #expect(log.oldest == 5)
        #expect(log.item(5) != nil)
    }

    @Test func aKeyAppendsOnceAndOnlyItsText() {
        var log = log { $0.keys = 2 }
        _ = log.append(text("a"), key: "k", at: 0)
        // Before and after the commit.
        #expect(log.append(text("a"), key: "k", at: 9) == .known(1))
        _ = log.commit(through: 1)
        #expect(log.append(text("a"), key: "k", at: 9) == .known(1))
        #expect(log.append(text("b"), key: "k", at: 9) == .otherText)
        _ = log.append(text("c"), key: "l", at: 0)
        #expect(log.append(text("a"), key: "k", at: 9) == .known(1))
        // Only the latest two are remembered.
        _ = log.append(text("d"), key: "m", at: 0)
        #expect(log.append(text("a"), key: "k", at: 9) == .staged(FeedItem(number: 4, at: 9, body: text("a"))))
    }

    @Test func whatWaitsForTheDiskIsBound() {
        var log = log { $0.staged = 2 }
        _ = log.append([], at: 0)
        _ = log.append([], at: 0)
        #expect(log.append([], at: 0) == .full)
        _ = log.commit(through: 1)
        #expect(log.append([], at: 0) != .full)
    }

    @Test func aFailedDiskEndsAppendingButNotTheMemoryOfKeys() {
        var log = log()
        _ = log.append(text("a"), key: "k", at: 0)
        _ = log.commit(through: 1)
        log.fail()
        #expect(log.append(text("b"), at: 0) == .failed)
        #expect(log.append(text("a"), key: "k", at: 0) == .known(1))
    }

    @Test func anItemMayBeSoLong() {
        var log = log { $0.item = 2 }
        #expect(log.append(text("abc"), at: 0) == .tooLong)
        #expect(log.append(text("ab"), at: 0) != .tooLong)
    }

    @Test func whatADiskHasKeptGoesOn() {
        let items = (4...6).map { FeedItem(number: UInt64($0), at: 0, body: text("\($0)")) }
        var log = FeedLog(
            epoch: "e", items: items, last: 6,
            keys: [AppendKey(text: "k", number: 5, digest: AppendKey.digest(text("5")))],
            scheduled: 2)
        #expect(log.oldest == 4)
        #expect(log.append(text("5"), key: "k", at: 0) == .known(5))
        #expect(log.append(text("7"), at: 1, isScheduled: true) == .staged(FeedItem(number: 7, at: 1, body: text("7"))))
        #expect(log.scheduled == 3)
        #expect(log.scheduledCommitted == 2)
        _ = log.commit(through: 7)
        #expect(log.scheduledCommitted == 3)
        // Even where no item is left.
        var empty = FeedLog(epoch: "e", items: [], last: 9, keys: [], scheduled: 0)
        #expect(empty.append([], at: 0) == .staged(FeedItem(number: 10, at: 0, body: [])))
    }
}

@Suite struct PushCursorTests {
    @Test func aBacklogIsReadAtItsOwnPace() {
        var cursor = PushCursor(after: 0, buffer: 2, slow: .disconnect)
        #expect(cursor.step(oldest: 1, last: 100, batch: 40) == .items(1...40))
        #expect(!cursor.isTooSlow(last: 100))
        #expect(cursor.step(oldest: 1, last: 100, batch: 100) == .items(41...100))
        #expect(cursor.step(oldest: 1, last: 100, batch: 100) == .wait)
        // From here on it counts.
        #expect(!cursor.isTooSlow(last: 102))
        #expect(cursor.isTooSlow(last: 103))
        #expect(cursor.step(oldest: 1, last: 103, batch: 9) == .disconnect)
    }

    @Test func theOldestAreDroppedAndItIsTold() {
        var cursor = PushCursor(after: 5, buffer: 3, slow: .dropOldest)
        #expect(cursor.step(oldest: 1, last: 5, batch: 10) == .wait)
        #expect(!cursor.isTooSlow(last: 100))
        #expect(cursor.step(oldest: 1, last: 10, batch: 10) == .gap(6...7))
        #expect(cursor.step(oldest: 1, last: 10, batch: 10) == .items(8...10))
        #expect(cursor.step(oldest: 1, last: 10, batch: 10) == .wait)
        #expect(cursor.step(oldest: 1, last: 13, batch: 10) == .items(11...13))
    }

    @Test func whatIsGoneIsAGapUnderAnyPolicy() {
        var cursor = PushCursor(after: 2, buffer: 100, slow: .disconnect)
        #expect(cursor.step(oldest: 7, last: 8, batch: 10) == .gap(3...6))
        #expect(cursor.step(oldest: 7, last: 8, batch: 10) == .items(7...8))
    }
}
