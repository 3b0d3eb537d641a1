import ClusterModel

// MARK: - What a node says of feeds

/// A server has appended an item to a feed: before anybody can see it, and, where the feed is durable, after it is on
/// disk.
package struct FeedAppend: Sendable, Equatable {
    package var feed = ""
    /// Its number, from 1.
    package var item: UInt64 = 0
    /// The id that whoever appended it gave it; empty where it gave none.
    package var message = ""
    package init() {}
}

/// A watcher begins to follow a feed: it is owed every item after this one.
package struct FeedWatch: Sendable, Equatable {
    package var feed = ""
    /// 0: from the start.
    package var after: UInt64 = 0
    package var way: UInt8 = 0
    package init() {}
}

/// A watcher shows an item to whoever it watches for.
package struct FeedView: Sendable, Equatable {
    package var feed = ""
    package var item: UInt64 = 0
    package init() {}
}

/// An appender is about to send one attempt of an append.
package struct AppendAttempt: Sendable, Equatable {
    package var feed = ""
    /// The id of what is appended, unique in the run: `node/incarnation/sequence`.
    package var message = ""
    /// From 1.
    package var attempt: UInt32 = 1
    package init() {}
}

/// What became of it, as the appender knows it: `ok` with the item's number; `fail` certainly not appended; `info`
/// unknown.
package struct AppendResult: Sendable, Equatable {
    package var message = ""
    package var type: OperationType = .ok
    package var item: UInt64 = 0
    package var reason = ""
    package init() {}
}

// MARK: - What a link saw of feeds

/// One server-sent event that carries data, on its way to the client. Those without (comments, heartbeats) are no
/// messages.
package struct StreamEvent: Sendable, Equatable {
    /// The request that it answers: its `CallRequest.stamp`.
    package var stamp: Int64 = 0
    /// Ordinal on its connection, from 1; a part of the dice.
    package var n: UInt64 = 0
    /// Its `id:`; empty where it has none.
    package var id = ""
    package var size: UInt32 = 0
    package var fate: Fate = .passed
    package init() {}
}

extension FeedWatch {
    /// How it learns of new items.
    package var by: WatchWay {
        get { WatchWay.allCases[min(Int(way), WatchWay.allCases.count - 1)] }
        set { way = UInt8(WatchWay.allCases.firstIndex(of: newValue)!) }
    }
}
