import NIOCore
import RPC

/// Witness of invocations, and of the calls that they are; all calls come on the client's event loop.
package protocol InvocationObserver: CallObserver {
    /// Before the first transmission.
    /// - Parameters:
    ///   - id: of the call.
    ///   - message: the request.
    func invoked(_ id: CallID, object: String, path: String, message: ByteBuffer)
}

/// Invokes methods of objects, wherever they are. Confined to its event loop.
///
/// Each object has a proxy with an origin of its own (`process/incarnation.oN`), which is never used again. Idle proxies
/// are kept for the next invocation, up to a bound; those with a call in flight are as many as their callers make them.
package final class ObjectClient {
    package let eventLoop: any EventLoop
    package let resolver: ObjectResolver
    private let process: String
    private let incarnation: String
    private let seed: UInt64
    private let idleLimit: Int
    private weak var observer: (any InvocationObserver)?
    private var proxies: [String: ProxyClient] = [:]
    private var idle = IdleProxies()
    private var made: UInt64 = 0

    /// - Parameters:
    ///   - process: this one: any token without `/`.
    ///   - incarnation: of this life of the process.
    ///   - observer: not kept.
    ///   - seed: of the backoffs' jitter.
    ///   - idleLimit: of proxies without a call in flight.
    package init(
        process: String, incarnation: String, _ resolver: ObjectResolver, observer: (any InvocationObserver)? = nil,
        seed: UInt64 = 0, idleLimit: Int = 10_000
    ) {
        self.process = process
        self.incarnation = incarnation
        self.resolver = resolver
        self.observer = observer
        self.seed = seed
        self.idleLimit = idleLimit
        eventLoop = resolver.eventLoop
    }

    /// Invokes a method.
    /// - Parameters:
    ///   - object: its id (`ObjectReference.object`).
    ///   - path: `/Account/deposit`.
    ///   - message: the request.
    ///   - options: the target is the object, whatever they say.
    ///   - due: when it should have begun, for the evidence.
    ///   - completed: told once, on the event loop, never before this returns. `ObjectFailure` says what a failure means.
    @discardableResult
    package func invoke(
        _ object: String, path: String, message: ByteBuffer, options: CallOptions, due: Int64? = nil,
        completed: @escaping (CallReport) -> Void
    ) -> CallID {
        let proxy = proxy(of: object)
        idle.remove(proxy)
        let id = proxy.client.nextCall
        observer?.invoked(id, object: object, path: path, message: message)
        var options = options
        if options.target != nil { options.target = nil }
        proxy.client.call(path: path, message: message, options: options, due: due) { report in
            completed(report)
            self.ended(proxy)
        }
        return id
    }

    /// An object has moved, says who must know.
    /// - Parameter incarnation: the object's, where it may have changed: after it came back from a snapshot.
    package func announce(_ object: String, owner: String, epoch: UInt64, incarnation: String? = nil) {
        resolver.learned(object, owner: owner, epoch: epoch, incarnation: incarnation)
    }

    /// Objects that this process has a proxy of.
    package var proxyCount: Int { proxies.count }

    /// Ends what runs as cancelled, and closes the connections.
    package func close() -> EventLoopFuture<Void> {
        let closing = resolver.close()
        let all = proxies.values
        proxies = [:]
        while idle.removeOldest() != nil {}
        return EventLoopFuture.andAllComplete(all.map { $0.client.close() } + [closing], on: eventLoop)
    }

    // MARK: - Proxies

    private func proxy(of object: String) -> ProxyClient {
        if let known = proxies[object] { return known }
        made += 1
        let client = RPCClient(
            client: process, incarnation: "\(incarnation).o\(made)",
            targets: [ObjectTransport(object, caller: process, resolver)], eventLoop: eventLoop, seed: seed)
        client.observer = observer
        let proxy = ProxyClient(object, client)
        proxies[object] = proxy
        return proxy
    }

    private func ended(_ proxy: ProxyClient) {
        guard proxy.client.inFlight == 0, proxies[proxy.object] === proxy else { return }
        idle.append(proxy)
        while idle.count > idleLimit, let oldest = idle.removeOldest() {
            proxies[oldest.object] = nil
            _ = oldest.client.close()
        }
    }
}
