import NIOCore
import RPC

/// Where objects are, for all that this process calls: the beliefs, the ways to the hosts, and the questions to the
/// directory, of which there is one an object at a time. Confined to its event loop.
package final class ObjectResolver {
    /// Where an object is.
    enum Place {
        case at(ObjectCache.Belief)
        /// For ever.
        case gone
        /// Nobody can tell now, or nobody serves it now.
        case unresolved(String)
    }

    package let eventLoop: any EventLoop
    let now: () -> UInt64
    private let places: any ObjectPlaces
    private var cache: ObjectCache
    private var targets: [String: any CallTransport] = [:]
    private var awaited: [String: [(Result<any CallTransport, Unreachable>) -> Void]] = [:]
    private var questions: [String: [(Result<ObjectRecord?, GRPCStatus>) -> Void]] = [:]
    private(set) var isClosed = false

    /// - Parameter now: nanoseconds of any clock that runs on.
    package init(
        _ places: any ObjectPlaces, eventLoop: any EventLoop, cache: ObjectCache = ObjectCache(),
        now: @escaping () -> UInt64 = { NIODeadline.now().uptimeNanoseconds }
    ) {
        self.places = places
        self.eventLoop = eventLoop
        self.cache = cache
        self.now = now
    }

    package func close() -> EventLoopFuture<Void> {
        isClosed = true
        return places.close()
    }

    // MARK: - Objects

    func belief(of object: String) -> ObjectCache.Belief? { cache.belief(of: object) }

    /// Somebody who must know has said so.
    func learned(_ object: String, owner: String, epoch: UInt64, incarnation: String?) {
        cache.learned(object, owner: owner, epoch: epoch, incarnation: incarnation)
    }

    package func forget(_ object: String, epoch: UInt64) { cache.forget(object, epoch: epoch) }

    /// By belief, or else by the directory.
    func locate(_ object: String, _ located: @escaping (Place) -> Void) {
        if let belief = cache.belief(of: object) { return located(.at(belief)) }
        ask(object) { result in located(self.place(of: object, result)) }
    }

    /// Asks the directory, and joins who asks already. The beliefs have learned of the answer when it is told.
    func ask(_ object: String, _ completed: @escaping (Result<ObjectRecord?, GRPCStatus>) -> Void) {
        guard !isClosed else { return completed(.failure(GRPCStatus(.unavailable, "closed"))) }
        guard questions[object] == nil else {
            questions[object]?.append(completed)
            return
        }
        questions[object] = [completed]
        places.lookup(object) { result in
            if case .success(let record) = result { self.learn(object, record) }
            for completed in self.questions.removeValue(forKey: object) ?? [] { completed(result) }
        }
    }

    /// The belief has become doubtful, and nobody waits for a better one: it serves until the directory has answered.
    func refresh(_ object: String) {
        if questions[object] == nil { ask(object) { _ in } }
    }

    private func learn(_ object: String, _ record: ObjectRecord?) {
        guard let record else { return cache.forget(object, epoch: .max) }
        switch record.standing {
        case .owned:
            cache.learned(object, owner: record.owner, epoch: record.epoch, incarnation: record.incarnation)
        case .orphaned: cache.forget(object, epoch: record.epoch)
        case .gone: cache.forget(object, epoch: .max)
        }
    }

    private func place(of object: String, _ result: Result<ObjectRecord?, GRPCStatus>) -> Place {
        // Somebody may have known better than the directory's answer, which was on its way.
        if let belief = cache.belief(of: object) { return .at(belief) }
        switch result {
        case .failure(let status): return .unresolved("the directory does not say where \(object) is: \(status)")
        case .success(nil): return .gone
        case .success(let record?):
            switch record.standing {
            case .owned:
                return .at(.init(owner: record.owner, epoch: record.epoch, incarnation: record.incarnation))
            case .orphaned: return .unresolved("nobody serves \(object) now: the lease of \(record.owner) is over")
            case .gone: return .gone
            }
        }
    }

    // MARK: - Hosts

    /// The way to a process, if it was asked for before.
    func knownTarget(_ process: String) -> (any CallTransport)? { targets[process] }

    func target(_ process: String, _ ready: @escaping (Result<any CallTransport, Unreachable>) -> Void) {
        guard !isClosed else { return ready(.failure(Unreachable("closed"))) }
        if let known = targets[process] { return ready(.success(known)) }
        guard awaited[process] == nil else {
            awaited[process]?.append(ready)
            return
        }
        awaited[process] = [ready]
        places.target(for: process) { result in
            if case .success(let target) = result { self.targets[process] = target }
            for ready in self.awaited.removeValue(forKey: process) ?? [] { ready(result) }
        }
    }
}
