import DequeModule

/// Publisher confirms of one channel, numbered apart on the two sides of a link.
///
/// The client counts every publish from 1. The broker counts those that reach it: a dropped publish has no number
/// there, a duplicated one has two. The client gets one answer for each of its own numbers, and a `multiple` only where
/// it covers nothing but what is answered with it.
struct ConfirmTracker {
    struct Answer: Equatable {
        var tag: UInt64
        var stamp: Int64
    }

    private struct Entry {
        var stamp: Int64
        /// Copies that the broker has not answered yet.
        var open = 0
        var isAnswered = false
    }

    /// Unanswered publishes; the first has the client's number `base`.
    private var entries: Deque<Entry> = []
    private var base: UInt64 = 1
    /// The client's number for each of the broker's from `brokerBase` on; 0 where it is answered.
    private var forwarded: Deque<UInt64> = []
    private var brokerBase: UInt64 = 1

    /// Publishes without an answer.
    var unanswered: Int { entries.count }

    /// Counts a publish of the client.
    mutating func publish(stamp: Int64) -> UInt64 {
        entries.append(Entry(stamp: stamp))
        return base + UInt64(entries.count) - 1
    }

    /// The publish with the client's number goes out to the broker (again, for a copy).
    mutating func forward(_ tag: UInt64) {
        forwarded.append(tag)
        if let index = index(of: tag) { entries[index].open += 1 }
    }

    /// The broker's ack or nack: the client's numbers that are thereby answered, in order. An ack of any copy answers;
    /// a nack only when no copy is open.
    mutating func answer(_ brokerTag: UInt64, multiple: Bool, nack: Bool) -> [Answer] {
        var answers: [Answer] = []
        guard !forwarded.isEmpty else { return answers }
        let last = brokerTag == 0 && multiple ? brokerBase + UInt64(forwarded.count) - 1 : brokerTag
        guard last >= brokerBase else { return answers }
        let lastIndex = Int(min(last - brokerBase, UInt64(forwarded.count - 1)))
        if !multiple && last - brokerBase >= UInt64(forwarded.count) { return answers }
        for position in (multiple ? 0 : lastIndex)...lastIndex {
            let tag = forwarded[position]
            forwarded[position] = 0
            guard tag != 0, let index = index(of: tag) else { continue }
            entries[index].open -= 1
            guard !entries[index].isAnswered, !nack || entries[index].open == 0 else { continue }
            entries[index].isAnswered = true
            // Two copies answered by one multiple stand next to each other.
            answers.append(Answer(tag: tag, stamp: entries[index].stamp))
        }
        while forwarded.first == 0 {
            forwarded.removeFirst()
            brokerBase += 1
        }
        return answers
    }

    /// The link answers for a publish that a fault swallowed. `nil` where it has its answer.
    mutating func settle(_ tag: UInt64) -> Answer? {
        guard let index = index(of: tag), !entries[index].isAnswered else { return nil }
        entries[index].isAnswered = true
        return Answer(tag: tag, stamp: entries[index].stamp)
    }

    /// A fault swallowed the broker's answer: the client still waits.
    mutating func reopen(_ tag: UInt64) {
        if let index = index(of: tag) { entries[index].isAnswered = false }
    }

    /// The fewest acks (or nacks) that tell the client these numbers and no others. Numbers are ascending and answered;
    /// entries that nobody waits for are forgotten.
    mutating func frames(for tags: [UInt64]) -> [(tag: UInt64, multiple: Bool)] {
        let first = base
        while entries.first?.isAnswered == true {
            entries.removeFirst()
            base += 1
        }
        // Everything below `base` is answered. A multiple may cover it if all of it is answered now.
        let prefix = tags.prefix { $0 < base }
        var frames: [(tag: UInt64, multiple: Bool)] = []
        if prefix.count > 1, UInt64(prefix.count) == base - first, let last = prefix.last {
            frames.append((last, true))
        } else {
            frames += prefix.map { ($0, false) }
        }
        return frames + tags.dropFirst(prefix.count).map { ($0, false) }
    }

    private func index(of tag: UInt64) -> Int? {
        guard tag >= base, tag - base < UInt64(entries.count) else { return nil }
        return Int(tag - base)
    }
}
