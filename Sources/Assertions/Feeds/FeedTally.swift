import ClusterModel

/// What one life of a watcher was owed of a feed, and what it saw.
struct FeedTally {
    /// One item of one epoch.
    struct Place: Hashable {
        var epoch: Int
        var number: UInt64
    }

    private(set) var owed = 0
    /// Items, each counted once.
    private(set) var seen = 0
    private(set) var missed: [Place] = []
    /// A program may not have got it whole.
    private(set) var perhapsMissed: [Place] = []
    private(set) var repeated: [Place] = []
    /// A program got it several times, and may know that.
    private(set) var perhapsRepeated: [Place] = []
    private(set) var disordered: [Place] = []
    private(set) var unexpected: [FeedLedger.View] = []
    /// Appended after the drain had begun, and not seen.
    private(set) var late = 0
    /// Appended before it began to watch.
    private(set) var backlog = 0
    /// Nanoseconds from append to sight.
    private(set) var fresh: [Int64] = []

    private let feed: FeedLedger.FeedFact
    private let watch: FeedLedger.Watch
    private var epoch = 0
    /// The highest number seen of each epoch.
    private var heights: [Int: UInt64] = [:]
    private var counts: [Place: (certain: Int, all: Int)] = [:]
    /// Ids of what was seen, with the number under which it was seen first.
    private var messages: [String: Place] = [:]

    init(_ feed: FeedLedger.FeedFact, _ watch: FeedLedger.Watch, _ ledger: FeedLedger) {
        self.feed = feed
        self.watch = watch
        guard let began = watch.began ?? watch.views.first?.time else { return }
        let first = Self.start(feed, began)
        epoch = first
        for view in watch.views { see(view, began) }
        demand(from: first, began, ledger)
        seen = counts.count
    }

    /// The epoch whose items could be had when it began.
    private static func start(_ feed: FeedLedger.FeedFact, _ began: Int64) -> Int {
        let begun = (feed.epochs.lastIndex { $0.first <= began }) ?? 0
        guard begun < feed.epochs.count, feed.epochs[begun].over <= began else { return begun }
        return begun + 1
    }

    // MARK: - What it saw

    private mutating func see(_ view: FeedLedger.View, _ began: Int64) {
        guard let place = place(of: view) else {
            unexpected.append(view)
            return
        }
        let before = counts[place] ?? (0, 0)
        counts[place] = (before.certain + (view.isCertain ? 1 : 0), before.all + 1)
        if before.all > 0 {
            if watch.isProgram {
                if before.all == 1 { perhapsRepeated.append(place) }
            } else {
                repeated.append(place)
            }
            return
        }
        let height = heights[place.epoch] ?? 0
        // The wire does not tell in which order a program takes what it has got.
        if !watch.isProgram, place.number < height || place.epoch < epoch { disordered.append(place) }
        heights[place.epoch] = max(height, place.number)
        epoch = max(epoch, place.epoch)
        note(place, view, began)
    }

    /// Its first sight of an item.
    private mutating func note(_ place: Place, _ view: FeedLedger.View, _ began: Int64) {
        guard let index = feed.epochs[place.epoch].index(of: place.number) else { return }
        let item = feed.epochs[place.epoch].items[index]
        if !item.message.isEmpty {
            if messages[item.message] == nil { messages[item.message] = place } else { repeated.append(place) }
        }
        if item.isInferred { return }
        if item.time < began {
            backlog += 1
        } else {
            fresh.append(max(0, view.time.subtractingSaturated(item.time)))
        }
    }

    /// Which item it was. Numbers go on; one that does not is the first of its number in a later epoch, if there is one.
    private func place(of view: FeedLedger.View) -> Place? {
        let number = view.number
        let isAhead = number > heights[epoch] ?? 0
        if isAhead, holds(epoch, number) { return Place(epoch: epoch, number: number) }
        var later = epoch + 1
        while later < feed.epochs.count, feed.epochs[later].first <= view.time {
            if let index = feed.epochs[later].index(of: number), feed.epochs[later].items[index].time <= view.time {
                return Place(epoch: later, number: number)
            }
            later += 1
        }
        for known in stride(from: epoch, through: 0, by: -1) where holds(known, number) {
            return Place(epoch: known, number: number)
        }
        return nil
    }

    private func holds(_ epoch: Int, _ number: UInt64) -> Bool {
        guard epoch < feed.epochs.count else { return false }
        return feed.epochs[epoch].index(of: number) != nil || feed.epochs[epoch].mayHold(number)
    }

    // MARK: - What it was owed

    private mutating func demand(from first: Int, _ began: Int64, _ ledger: FeedLedger) {
        let timeline = ledger.timeline
        let end = ledger.records.life(watch.life.incarnation, of: watch.life.process)?.to ?? .max
        // Nothing is owed to one that is no more: only what it passed over.
        let hasEnded = end < min(timeline.drained ?? .max, timeline.cut)
        for number in first..<max(first, feed.epochs.count) {
            let items = feed.epochs[number].items
            let from = number == first ? start(items, began) : 0
            for item in items[min(from, items.count)...] {
                let place = Place(epoch: number, number: item.number)
                let count = counts[place]
                if let count, count.certain > 0 {
                    owed += 1
                    continue
                }
                if hasEnded, number > epoch || (number == epoch && item.number > heights[number] ?? 0) { break }
                // The same under another number.
                if count == nil, !item.message.isEmpty, messages[item.message] != nil { continue }
                if count == nil, item.time >= timeline.draining {
                    late += 1
                    continue
                }
                owed += 1
                if count == nil { missed.append(place) } else { perhapsMissed.append(place) }
            }
        }
    }

    /// Items that came before it, or that the server kept no more when it began.
    private func start(_ items: [FeedLedger.Item], _ began: Int64) -> Int {
        let known = items.partition { $0.time >= began }
        let highest = known > 0 ? items[known - 1].number : 0
        let dropped = highest > UInt64(clamping: feed.keep) ? highest - UInt64(clamping: feed.keep) : 0
        return items.partition { $0.number > max(watch.after, dropped) }
    }
}

extension [FeedLedger.Item] {
    /// The place of the first item that is beyond, where all after it are.
    fileprivate func partition(_ isBeyond: (FeedLedger.Item) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBeyond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
