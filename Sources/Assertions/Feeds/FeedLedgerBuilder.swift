import ClusterModel
import History

extension FeedLedger {
    /// Linear in the number of events.
    init(_ history: History, topology: Topology) {
        var builder = FeedLedgerBuilder(history, topology)
        for entry in history.events() { builder.add(entry) }
        self = builder.finished()
    }
}

/// Reads the events of feeds once, in the order of time.
private struct FeedLedgerBuilder {
    private typealias Life = FeedLedger.Life
    private typealias Key = FeedLedger.Key

    private struct WatchKey: Hashable {
        var life: FeedLedger.Life
        var feed: String
    }

    private struct Request {
        var client: String
        var feed: String
        var isAnswered = false
        var isStream = false
    }

    private var ledger = FeedLedger()
    private let sources: [EvidenceSource]
    private let servers: Set<String>
    private let programs: Set<String>
    private var index: [WatchKey: Int] = [:]
    /// The feed of each message that somebody tried to append.
    private var attempted: [String: String] = [:]
    private var connections: [UInt32: (client: String, server: String)] = [:]
    private var requests: [Int64: Request] = [:]
    private var passes: [FeedLedger.Key: [FeedLedger.View]] = [:]

    init(_ history: History, _ topology: Topology) {
        sources = history.sources
        ledger.timeline = RunTimeline(history)
        ledger.records = ProcessRecords(ledger.timeline)
        servers = Set(topology.nodes.filter { $0.feed != nil }.flatMap(\.instances))
        let commands = topology.nodes.filter { $0.command != nil }.flatMap(\.instances)
        programs = Set(commands + [NodeLink.outside])
        for feed in topology.feeds {
            ledger.feeds[feed.name] = FeedLedger.FeedFact(name: feed.name, isDurable: feed.durable, keep: feed.keep)
        }
    }

    mutating func add(_ entry: History.Entry) {
        let time = entry.time
        switch entry.event {
        case .feedAppend(let event): if let life = life(entry) { add(event, time, life) }
        case .feedWatch(let event): if let life = life(entry) { add(event, time, life) }
        case .feedView(let event):
            guard let life = life(entry) else { return }
            edit(life, event.feed) { $0.views.append(FeedLedger.View(time: time, number: event.item)) }
        case .appendAttempt(let event): attempted[event.message] = event.feed
        case .appendResult(let event):
            guard event.type == .ok, let life = life(entry), let feed = attempted[event.message] else { return }
            edit(feed) {
                $0.acknowledged.append(
                    FeedLedger.Append(
                        message: event.message, item: event.item, time: time, appender: life.process))
            }
        case .connection(let event): connections[event.connection] = (event.client, event.server)
        case .callRequest(let event): add(event)
        case .callReply(let event): add(event, time)
        case .streamEvent(let event): add(event, time)
        default: break
        }
    }

    private func life(_ entry: History.Entry) -> FeedLedger.Life? {
        guard sources.indices.contains(entry.source), sources[entry.source].kind == .node else { return nil }
        let source = sources[entry.source]
        return FeedLedger.Life(process: source.name, incarnation: source.incarnation)
    }

    private mutating func edit(_ feed: String, _ change: (inout FeedLedger.FeedFact) -> Void) {
        change(&ledger.feeds[feed, default: FeedLedger.FeedFact(name: feed)])
    }

    private mutating func edit(_ life: FeedLedger.Life, _ feed: String, _ change: (inout FeedLedger.Watch) -> Void) {
        let key = FeedLedger.Key(process: life.process, feed: feed)
        let place = WatchKey(life: life, feed: feed)
        if index[place] == nil {
            index[place] = ledger.watches[key]?.count ?? 0
            ledger.watches[key, default: []].append(FeedLedger.Watch(life: life, feed: feed))
        }
        change(&ledger.watches[key]![index[place]!])
    }

    // MARK: - What nodes say

    private mutating func add(_ event: FeedAppend, _ time: Int64, _ life: FeedLedger.Life) {
        let item = FeedLedger.Item(number: event.item, time: time, message: event.message, life: life)
        edit(event.feed) { feed in
            if let last = feed.epochs.indices.last, let before = feed.epochs[last].items.last {
                if event.item > before.number {
                    feed.epochs[last].items.append(item)
                    return
                }
                // A server that died between the disk and its record says it in its next life.
                if feed.isDurable, life != before.life, feed.epochs[last].index(of: event.item) != nil { return }
                if event.item != 1, life == before.life {
                    feed.renumbered += 1
                    return
                }
                feed.epochs[last].over = time
            }
            feed.epochs.append(FeedLedger.Epoch(items: [item], isDurable: feed.isDurable))
        }
    }

    private mutating func add(_ event: FeedWatch, _ time: Int64, _ life: FeedLedger.Life) {
        edit(life, event.feed) { watch in
            if !watch.ways.contains(event.by) { watch.ways.append(event.by) }
            guard watch.began == nil else { return }
            watch.began = time
            watch.after = event.after
        }
    }

    // MARK: - What links saw

    private mutating func add(_ event: CallRequest) {
        guard let ends = connections[event.connection], servers.contains(ends.server),
            let feed = Self.feed(asked: event.method)
        else { return }
        requests[event.stamp] = Request(client: ends.client, feed: feed)
        ledger.traffic[FeedLedger.Key(process: ends.client, feed: feed), default: .init()].requests += 1
        guard programs.contains(ends.client) else { return }
        passes[FeedLedger.Key(process: ends.client, feed: feed), default: []] += []
    }

    /// `GET /feeds/news`, `GET /feeds/news/42`.
    static func feed(asked method: String) -> String? {
        let prefix = "GET /feeds/"
        guard method.hasPrefix(prefix) else { return nil }
        let name = method.dropFirst(prefix.count).prefix { $0 != "/" && $0 != "?" }
        return name.isEmpty ? nil : String(name)
    }

    private mutating func add(_ event: CallReply, _ time: Int64) {
        guard let request = requests[event.stamp], !request.isAnswered, !request.isStream,
            event.outcome == .finished, event.fate.reaches, let range = Self.items(event.note)
        else { return }
        requests[event.stamp]?.isAnswered = true
        for number in range { pass(request, number, time, event.fate.isWhole) }
    }

    private mutating func add(_ event: StreamEvent, _ time: Int64) {
        guard let request = requests[event.stamp] else { return }
        requests[event.stamp]?.isStream = true
        guard event.fate.reaches else { return }
        ledger.traffic[FeedLedger.Key(process: request.client, feed: request.feed), default: .init()].events += 1
        guard let number = UInt64(event.id) else { return }
        pass(request, number, time, event.fate.isWhole)
        if event.fate == .duplicated { pass(request, number, time, true) }
    }

    private mutating func pass(_ request: Request, _ number: UInt64, _ time: Int64, _ isCertain: Bool) {
        guard programs.contains(request.client) else { return }
        passes[FeedLedger.Key(process: request.client, feed: request.feed), default: []].append(
            FeedLedger.View(time: time, number: number, isCertain: isCertain))
    }

    /// `items 42-45`; what a reply cannot hold is no range.
    static func items(_ note: String) -> ClosedRange<UInt64>? {
        guard note.hasPrefix("items ") else { return nil }
        let ends = note.dropFirst(6).split(separator: "-", maxSplits: 1).compactMap { UInt64($0) }
        guard let first = ends.first, let last = ends.last, first > 0, first <= last, last - first < 1_000_000 else {
            return nil
        }
        return first...last
    }

    // MARK: - What needs to look at everything

    mutating func finished() -> FeedLedger {
        ledger.feeds = ledger.feeds.mapValues { settled($0) }
        for (key, views) in passes { addProgram(key, views) }
        return ledger
    }

    private func settled(_ fact: FeedLedger.FeedFact) -> FeedLedger.FeedFact {
        var feed = fact
        var messages: Set<String> = []
        for number in feed.epochs.indices {
            var lives: Set<FeedLedger.Life> = []
            for item in feed.epochs[number].items {
                lives.insert(item.life)
                if !item.message.isEmpty { messages.insert(item.message) }
            }
            for life in lives {
                let end = ledger.records.life(life.incarnation, of: life.process)?.to ?? .max
                guard end < .max else { continue }
                feed.epochs[number].ended.insert(life)
                if !feed.isDurable { feed.epochs[number].over = min(feed.epochs[number].over, end) }
            }
        }
        var inferred: [FeedLedger.Item] = []
        for append in feed.acknowledged where !messages.contains(append.message) {
            // The server was not told the id.
            let isThere = feed.epochs.contains { epoch in
                epoch.index(of: append.item).map { epoch.items[$0].message.isEmpty } ?? false
            }
            if isThere { continue }
            guard let epoch = feed.epochs.last, epoch.mayHold(append.item), epoch.index(of: append.item) == nil else {
                feed.lost.append(append)
                continue
            }
            let place = epoch.place(append.item)
            let life = place > 0 ? epoch.items[place - 1].life : epoch.items[0].life
            inferred.append(
                FeedLedger.Item(
                    number: append.item, time: append.time, message: append.message, life: life, isInferred: true))
        }
        if !inferred.isEmpty, let last = feed.epochs.indices.last {
            var items = feed.epochs[last].items + inferred
            items.sort { $0.number < $1.number }
            feed.epochs[last].items = items
        }
        return feed
    }

    /// What passed to a program, by its lives. It is owed what comes after the first item that it was seen to get.
    private mutating func addProgram(_ key: FeedLedger.Key, _ views: [FeedLedger.View]) {
        let lives = ledger.records[key.process]
        var parts: [UInt32: [FeedLedger.View]] = [:]
        var order: [UInt32] = []
        var place = 0
        for view in views {
            while place + 1 < lives.count, lives[place + 1].from <= view.time { place += 1 }
            let life = lives.isEmpty ? 0 : lives[place].incarnation
            if parts[life] == nil { order.append(life) }
            parts[life, default: []].append(view)
        }
        if order.isEmpty { order = [lives.last?.incarnation ?? 0] }
        ledger.watches[key] = order.map { incarnation in
            let views = parts[incarnation] ?? []
            return FeedLedger.Watch(
                life: FeedLedger.Life(process: key.process, incarnation: incarnation), feed: key.feed,
                began: views.first?.time, after: (views.first?.number ?? 1) - 1, views: views, isProgram: true)
        }
    }
}

extension Fate {
    /// The client got it, or a part of it.
    fileprivate var reaches: Bool { self != .dropped && self != .undeliverable && self != .answered }

    fileprivate var isWhole: Bool { self != .corrupted && self != .truncated }
}
