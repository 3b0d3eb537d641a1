import ClusterModel
import History

/// The feeds of a history: what was appended, what each watcher was to see, and what it saw.
struct FeedLedger: Sendable {
    /// One life of one process.
    struct Life: Hashable, Sendable {
        var process: String
        var incarnation: UInt32
    }

    struct Item: Sendable {
        var number: UInt64
        var time: Int64
        /// The id that its appender gave it; empty where it gave none.
        var message: String
        /// The server's.
        var life: Life
        /// Nobody recorded it, but whoever appended it was told its number.
        var isInferred = false
    }

    /// One count of a feed from its beginning: a server that forgets its items starts another.
    struct Epoch: Sendable {
        /// By number, which only grows.
        var items: [Item] = []
        /// From then on nobody can get any of its items: the server that kept them has ended, or has begun anew.
        var over = Int64.max
        var isDurable = false
        /// Lives of the server that have ended.
        var ended: Set<Life> = []

        var first: Int64 { items.first?.time ?? .max }
        var last: UInt64 { items.last?.number ?? 0 }

        /// The place of the first item with at least this number.
        func place(_ number: UInt64) -> Int {
            var low = 0
            var high = items.count
            while low < high {
                let middle = (low + high) / 2
                if items[middle].number < number { low = middle + 1 } else { high = middle }
            }
            return low
        }

        func index(of number: UInt64) -> Int? {
            let place = place(number)
            return place < items.count && items[place].number == number ? place : nil
        }

        /// A server that was killed between the disk and its record has appended what no record shows.
        func mayHold(_ number: UInt64) -> Bool {
            guard isDurable, number > 0 else { return false }
            let place = place(number)
            if place < items.count, items[place].number == number { return true }
            guard place > 0 else { return true }
            let before = items[place - 1]
            return place < items.count ? items[place].life != before.life : ended.contains(before.life)
        }
    }

    struct Append: Sendable {
        var message: String
        var item: UInt64
        var time: Int64
        var appender: String
    }

    struct FeedFact: Sendable {
        var name: String
        var isDurable = false
        var keep = Int.max
        var epochs: [Epoch] = []
        /// Appends that their appender knows to have been done.
        var acknowledged: [Append] = []
        /// Those of them that no server has done.
        var lost: [Append] = []
        /// Numbers that one life of a server gave twice.
        var renumbered = 0

        var appended: Int { epochs.reduce(0) { $0 + $1.items.count } }
    }

    struct View: Sendable {
        var time: Int64
        var number: UInt64
        /// Of a program: it may not have got it whole.
        var isCertain = true
    }

    /// One life of one watcher of one feed.
    struct Watch: Sendable {
        var life: Life
        var feed: String
        /// `nil`: it never said that it began, or it is a program.
        var began: Int64?
        var after: UInt64 = 0
        var ways: [WatchWay] = []
        var views: [View] = []
        var isProgram = false
    }

    /// What a link saw of one process that follows one feed.
    struct Traffic: Sendable {
        var requests = 0
        var events = 0
    }

    struct Key: Hashable, Sendable {
        var process: String
        var feed: String
    }

    var timeline = RunTimeline()
    var records = ProcessRecords()
    var feeds: [String: FeedFact] = [:]
    /// In the order of their beginning.
    var watches: [Key: [Watch]] = [:]
    var traffic: [Key: Traffic] = [:]

    init() {}

    func watches(of process: String, _ feed: String) -> [Watch] {
        watches[Key(process: process, feed: feed)] ?? []
    }

    /// Who is to watch a feed, in the order of the file: native nodes that have it under `watch:`, and programs that were
    /// seen to ask for it.
    func watchers(of feed: String, in topology: Topology) -> [String] {
        topology.nodes.flatMap { node in
            node.instances.filter { process in
                node.watch.contains { $0.feed == feed } || watches[Key(process: process, feed: feed)] != nil
            }
        }
    }
}
