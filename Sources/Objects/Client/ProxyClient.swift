import RPC

/// The caller's end of one object: a client whose only server is the object. Its origin is its own, so that what it
/// acknowledges is about this object alone.
final class ProxyClient {
    let object: String
    let client: RPCClient
    fileprivate unowned var older: ProxyClient?
    fileprivate unowned var newer: ProxyClient?
    fileprivate var isListed = false

    init(_ object: String, _ client: RPCClient) {
        self.object = object
        self.client = client
    }
}

/// Proxies without a call in flight, in the order in which they came to rest. Somebody else holds them.
struct IdleProxies {
    private unowned var oldest: ProxyClient?
    private unowned var newest: ProxyClient?
    private(set) var count = 0

    init() {}

    /// Behind all others, if it is not listed.
    mutating func append(_ proxy: ProxyClient) {
        guard !proxy.isListed else { return }
        proxy.isListed = true
        proxy.older = newest
        newest?.newer = proxy
        newest = proxy
        if oldest == nil { oldest = proxy }
        count += 1
    }

    mutating func remove(_ proxy: ProxyClient) {
        guard proxy.isListed else { return }
        proxy.isListed = false
        if let older = proxy.older { older.newer = proxy.newer } else { oldest = proxy.newer }
        if let newer = proxy.newer { newer.older = proxy.older } else { newest = proxy.older }
        proxy.older = nil
        proxy.newer = nil
        count -= 1
    }

    mutating func removeOldest() -> ProxyClient? {
        guard let proxy = oldest else { return nil }
        remove(proxy)
        return proxy
    }
}
