#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where messages with one exchange and routing key go.
final class Route {
    let exchange: MessageExchange
    let queues: [MessageQueue]
    fileprivate let key: [UInt8]
    fileprivate let generation: UInt64

    init(exchange: MessageExchange, queues: [MessageQueue], key: UnsafeRawBufferPointer, generation: UInt64) {
        self.exchange = exchange
        self.queues = queues
        self.key = Array(key)
        self.generation = generation
    }

    #if DEBUG
        /// The same exchange, and other queues. Not for the cache.
        func with(queues: [MessageQueue]) -> Route {
            key.withUnsafeBytes { Route(exchange: exchange, queues: queues, key: $0, generation: generation) }
        }
    #endif
}

/// Remembers routes under the octets of exchange and routing key, so that a message is routed without making strings.
///
/// Two places for each hash, and at most `destinationLimit` queues in all: memory is bounded, and a route that fell out
/// is computed again. A route of an older generation (bindings changed) is not found.
struct RouteCache {
    private static let sets = 4096
    private static let destinationLimit = 1 << 18

    private var slots: [Route?] = []
    private var destinations = 0

    /// `key`: exchange and routing key as short strings.
    func find(_ key: UnsafeRawBufferPointer, generation: UInt64) -> Route? {
        guard !slots.isEmpty else { return nil }
        let index = RouteCache.index(key)
        if let route = slots[index], RouteCache.fits(route, key, generation) { return route }
        if let route = slots[index + 1], RouteCache.fits(route, key, generation) { return route }
        return nil
    }

    mutating func insert(_ route: Route) {
        if destinations + route.queues.count > RouteCache.destinationLimit {
            slots = []
            destinations = 0
        }
        if slots.isEmpty { slots = Array(repeating: nil, count: 2 * RouteCache.sets) }
        destinations += route.queues.count
        let index = route.key.withUnsafeBytes { RouteCache.index($0) }
        if let old = slots[index + 1] { destinations -= old.queues.count }
        slots[index + 1] = slots[index]
        slots[index] = route
    }

    /// Lets go of the queues that routes of older generations hold.
    mutating func removeAll() {
        slots = []
        destinations = 0
    }

    private static func fits(_ route: Route, _ key: UnsafeRawBufferPointer, _ generation: UInt64) -> Bool {
        route.generation == generation
            && route.key.withUnsafeBytes { known in
                known.count == key.count && memcmp(known.baseAddress!, key.baseAddress!, key.count) == 0
            }
    }

    /// Eight octets at a step, multiplied and folded. Whoever provokes collisions only makes the cache useless to it.
    private static func index(_ key: UnsafeRawBufferPointer) -> Int {
        var hash = UInt64(truncatingIfNeeded: key.count)
        var at = 0
        while at + 8 <= key.count {
            hash = (hash ^ key.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 32
            at += 8
        }
        var rest: UInt64 = 0
        while at < key.count {
            rest = rest << 8 | UInt64(key[at])
            at += 1
        }
        hash = (hash ^ rest) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
        return 2 * Int(truncatingIfNeeded: hash % UInt64(sets))
    }
}
