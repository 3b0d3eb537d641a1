import ClusterModel
import DequeModule

/// The items that one life of a process has broadcast. They are numbered from 1.
struct BroadcastStream: Hashable, Comparable, Sendable {
    var origin: String
    var life: UInt64

    static func < (a: BroadcastStream, b: BroadcastStream) -> Bool { (a.origin, a.life) < (b.origin, b.life) }
}

struct BroadcastItem: Equatable, Sendable {
    var stream: BroadcastStream
    var number: UInt64
    var body: [UInt8]

    /// Octets in a datagram.
    var size: Int { stream.origin.utf8.count + body.count + 16 }
}

/// All items that a peer has: which ones for ever, their bodies as long as there is room, the oldest to arrive goes
/// first. Who lacks an item whose body is gone everywhere does not get it any more.
struct BroadcastStore: Sendable {
    struct Limits: Sendable {
        var streams = 16_384
        /// Of all streams together. An item that would make one more is not taken; it is offered again.
        var ranges = 65_536
        var bodies = 250_000
        var octets = 64 << 20
    }

    struct Held: Sendable {
        var numbers = NumberRanges()
        var bodies: [UInt64: [UInt8]] = [:]
        /// No body below it is kept.
        var keptFrom = NumberRanges.largest

        /// - Returns: how many ranges there are now.
        fileprivate mutating func add(_ item: BroadcastItem) -> Int {
            numbers.insert(item.number)
            bodies[item.number] = item.body
            keptFrom = min(keptFrom, item.number)
            return numbers.ranges.count
        }
    }

    let limits: Limits
    private(set) var streams: [BroadcastStream: Held] = [:]
    /// Sorted.
    private(set) var order: [BroadcastStream] = []
    /// A number over the set: equal sets, equal numbers, and different ones for different sets, but for one chance in 2^64.
    private(set) var digest: UInt64 = 0
    private(set) var count = 0
    private var arrivals: Deque<(stream: BroadcastStream, number: UInt64)> = []
    private var octets = 0
    private var rangeCount = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var bodyCount: Int { arrivals.count }

    func has(_ stream: BroadcastStream, _ number: UInt64) -> Bool {
        streams[stream]?.numbers.contains(number) ?? false
    }

    func body(_ stream: BroadcastStream, _ number: UInt64) -> [UInt8]? { streams[stream]?.bodies[number] }

    /// Streams from this one on.
    func streams(from start: BroadcastStream?) -> ArraySlice<BroadcastStream> {
        guard let start else { return order[...] }
        return order[place(of: start)...]
    }

    /// - Returns: whether it is new, and was taken.
    mutating func insert(_ item: BroadcastItem) -> Bool {
        let before: Int
        if let numbers = streams[item.stream]?.numbers {
            guard !numbers.contains(item.number), rangeCount < limits.ranges || !numbers.isApart(item.number) else {
                return false
            }
            before = numbers.ranges.count
        } else {
            guard streams.count < limits.streams, rangeCount < limits.ranges else { return false }
            order.insert(item.stream, at: place(of: item.stream))
            before = 0
        }
        rangeCount += streams[item.stream, default: Held()].add(item) - before
        count += 1
        octets += item.body.count
        var hash = StableHash(seed: item.stream.life)
        hash.combine(item.stream.origin)
        hash.combine(item.number)
        digest &+= hash.value
        arrivals.append((item.stream, item.number))
        while arrivals.count > limits.bodies || octets > limits.octets { forgetOldest() }
        return true
    }

    private mutating func forgetOldest() {
        guard let (stream, number) = arrivals.popFirst() else { return }
        octets -= streams[stream]?.bodies.removeValue(forKey: number)?.count ?? 0
        // At most a few steps a time: numbers in between may be missing, and far apart.
        for _ in 0..<64 {
            guard let from = streams[stream]?.keptFrom, from <= number, streams[stream]?.bodies[from] == nil else {
                return
            }
            streams[stream]?.keptFrom = from + 1
        }
    }

    private func place(of stream: BroadcastStream) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle] < stream { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
