/// Goes through the records of several files together, in the order of time; those of one file keep their order at equal
/// times, and earlier files come first.
package struct RecordCursor {
    /// Where one file stands.
    private struct Stand {
        var file: Int
        var head: RecordParser.Head
        /// The next record's place, or its index in the file's order.
        var next: Int

        static func < (a: Stand, b: Stand) -> Bool { (a.head.time, a.file) < (b.head.time, b.file) }
    }

    private var files: [EvidenceFile]
    /// The kinds that are wanted; `nil`: all.
    private let wanted: [Bool]?
    /// A heap: the first is the earliest.
    private var heap: [Stand] = []
    private var isStarted = false
    private var parser = RecordParser(UnsafeRawBufferPointer(start: nil, count: 0))
    /// Fields, as `RecordParser` says; those of the current record, once `parse` was called, from `base` on.
    package private(set) var slots: [UInt64]
    package private(set) var base = 0
    /// Where another thread goes through the records: it, its latest batch, and the current record's place there.
    private var ahead: Ahead?
    private var batch: RecordsAhead.Batch?
    private var place = 0

    // Of the current record.
    package private(set) var code: UInt8 = 0
    package private(set) var time: Int64 = 0
    package private(set) var source = 0
    private var head = RecordParser.Head(code: 0, time: 0, start: 0, stop: 0)

    /// Ends the other thread with the last cursor that reads from it.
    private final class Ahead: Sendable {
        let records: RecordsAhead
        init(_ records: RecordsAhead) { self.records = records }
        deinit { records.leave() }
    }

    /// All records, found and parsed by another thread. Of the cursor's copies only one may be read.
    static func ahead(_ files: [EvidenceFile]) -> RecordCursor {
        var cursor = RecordCursor([])
        cursor.files = files
        cursor.ahead = Ahead(RecordsAhead(files))
        return cursor
    }

    init(_ files: [EvidenceFile], of codes: [UInt8]? = nil) {
        self.files = files
        slots = Array(repeating: 0, count: EventLayout.widest)
        var wanted: [Bool]?
        if let codes {
            var marks = [Bool](repeating: false, count: 256)
            for code in codes { marks[Int(code)] = true }
            wanted = marks
        }
        self.wanted = wanted
        for (number, file) in files.enumerated() {
            if let codes, !codes.contains(where: { file.counts[Int($0)] > 0 }) { continue }
            if let stand = step(number, file.order == nil ? file.begin : 0) { heap.append(stand) }
        }
        for index in heap.indices.reversed() { sink(index) }
    }

    /// The next wanted record of one file.
    private func step(_ number: Int, _ next: Int) -> Stand? {
        let file = files[number]
        var next = next
        while true {
            let place: Int
            if let order = file.order {
                guard next < order.count else { return nil }
                place = order[next]
            } else {
                place = next
            }
            guard let head = RecordParser.head(file.bytes, at: place, end: file.end) else { return nil }
            next = file.order == nil ? head.stop : next + 1
            if wanted?[Int(head.code)] ?? true { return Stand(file: number, head: head, next: next) }
        }
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            let left = 2 * index + 1
            if left < heap.count, heap[left] < heap[least] { least = left }
            if left + 1 < heap.count, heap[left + 1] < heap[least] { least = left + 1 }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }

    /// Goes to the next record.
    /// - Returns: whether there is one.
    package mutating func advance() -> Bool {
        if let ahead { return advance(in: ahead.records) }
        if isStarted, let current = heap.first {
            if let stand = step(current.file, current.next) {
                heap[0] = stand
            } else {
                heap[0] = heap[heap.count - 1]
                heap.removeLast()
            }
            sink(0)
        }
        isStarted = true
        guard let current = heap.first else { return false }
        head = current.head
        code = head.code
        time = head.time
        source = current.file
        return true
    }

    private mutating func advance(in records: RecordsAhead) -> Bool {
        place += 1
        if place >= batch?.heads.count ?? 0 {
            guard batch?.heads.isEmpty != true else { return false }
            // One owner of the batch's array at a time, or it would be copied.
            slots = []
            batch = records.next(batch.take())
            slots = batch!.slots
            place = 0
            guard !batch!.heads.isEmpty else { return false }
        }
        head = batch!.heads[place]
        code = head.code
        time = head.time
        source = batch!.sources[place]
        base = place * EventLayout.widest
        return true
    }

    /// The next records, parsed; none where there are no more.
    mutating func fill(_ batch: inout RecordsAhead.Batch) {
        batch.heads.removeAll(keepingCapacity: true)
        batch.sources.removeAll(keepingCapacity: true)
        while batch.heads.count < RecordsAhead.Batch.size, advance() {
            parse(into: &batch.slots, from: batch.heads.count * EventLayout.widest)
            batch.heads.append(head)
            batch.sources.append(source)
        }
    }

    // MARK: - The current record

    /// Takes the record apart: its fields are known from here on.
    package mutating func parse() {
        guard ahead == nil else { return }
        var fields: [UInt64] = []
        swap(&fields, &slots)
        parse(into: &fields, from: 0)
        slots = fields
    }

    private mutating func parse(into slots: inout [UInt64], from base: Int) {
        let file = files[source]
        parser.bytes = file.bytes
        parser.wordCount = file.words.count
        // The survey has found it whole, and knows the word at every place.
        _ = parser.parse(head, into: &slots, from: base) { place, _ in file.wordAt[place]! }
    }

    /// The record as an event.
    package func event() -> Event {
        let file = files[source]
        var reader = EventReader(file.bytes, position: head.start, end: head.stop, words: file.words, isWhole: true)
        // The survey has read it once.
        return Event.read(code: code, from: &reader)!
    }

    /// The bytes of a text, valid while the history is.
    package func text(_ slot: Int) -> UnsafeRawBufferPointer {
        let place = slots[base + slot] & ~RecordParser.literal
        let start = head.start + Int(place >> 32)
        return UnsafeRawBufferPointer(rebasing: files[source].bytes[start..<start + Int(place & 0xFFFF_FFFF)])
    }

    /// The number of a word in its file; `nil` where the file's table was full: it is a text then.
    package func word(_ slot: Int) -> Int? {
        let value = slots[base + slot]
        return value & RecordParser.literal == 0 ? Int(value) : nil
    }

    package func wordText(_ slot: Int) -> String {
        if let number = word(slot) { return files[source].words[number] }
        return String(decoding: text(slot), as: UTF8.self)
    }
}
