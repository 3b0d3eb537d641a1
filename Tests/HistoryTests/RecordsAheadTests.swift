import ClusterModel
import Testing

@testable import History

/// Records that another thread goes through are the same, in the same order.
@Suite struct RecordsAheadTests {
    private struct Seen: Equatable {
        var code: UInt8
        var time: Int64
        var source: Int
        var slots: [UInt64]
        var event: Event
    }

    /// Two files with `count` events in all, at times that alternate between them.
    private func files(_ scratch: Scratch, _ count: Int) throws -> [EvidenceFile] {
        var generator = EventGenerator(seed: 21)
        var events: [Event] = []
        while events.count < count { events += generator.all() }
        return try ["a", "b"].enumerated().map { number, name in
            let path = scratch.file(name)
            let recorder = try Recorder(path: path, source: EvidenceSource(kind: .node, name: name))
            for time in 0..<count where time % 2 == number { recorder.record(events[time], at: Int64(time)) }
            return try EvidenceFile(path)
        }
    }

    private func all(_ cursor: RecordCursor) -> [Seen] {
        var cursor = cursor
        var seen: [Seen] = []
        while cursor.advance() {
            cursor.parse()
            let count = EventLayout.steps[EventLayout.programs[Int(cursor.code)]...].prefix { $0 != EventLayout.stop }
                .count
            let slots = Array(cursor.slots[cursor.base..<cursor.base + count])
            seen.append(
                Seen(code: cursor.code, time: cursor.time, source: cursor.source, slots: slots, event: cursor.event()))
        }
        // The end stays the end.
        let goesOn = cursor.advance()
        #expect(!goesOn)
        return seen
    }

    @Test(arguments: [0, 1, 511, 512, 513, 1_024, 5_000])
    func theyAreTheSame(count: Int) throws {
        let files = try files(Scratch(), count)
        let here = all(RecordCursor(files))
        #expect(here.count == count)
        #expect(all(.ahead(files)) == here)
    }

    @Test func whoLeavesEarlyEndsTheThread() throws {
        let files = try files(Scratch(), 20_000)
        weak var records: RecordsAhead?
        do {
            let ahead = RecordsAhead(files)
            records = ahead
            #expect(ahead.next(nil).heads.count == RecordsAhead.Batch.size)
            ahead.leave()
        }
        // The thread holds it until it ends; the suite would hang here.
        while records != nil {}
    }
}
