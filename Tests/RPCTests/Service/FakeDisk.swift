import Dispatch
import Storage
import Synchronization

@testable import RPC

/// A disk that a test can hold up, break, and look at after a crash.
final class FakeDisk: StoreDisk {
    private struct Contents {
        var state = StoredState()
        var kept: [String: [CallID: TableChange<SavedReply>]] = [:]
        var clients: [String: [String: TableChange<SavedReply>]] = [:]
        var groups: [[StoreOperation]] = []
        var isBroken = false
    }

    private let contents = Mutex(Contents())
    private let gate = DispatchSemaphore(value: 1)

    var groups: [[StoreOperation]] { contents.withLock { $0.groups } }
    func breakDown() { contents.withLock { $0.isBroken = true } }
    /// No write ends before `release`. Only while nothing is written.
    func hold() { gate.wait() }
    func release() { gate.signal() }

    func open(incarnation: String) throws(StoreFailure) -> StoredState {
        contents.withLock { contents in
            contents.state.incarnations.insert(incarnation)
            var state = contents.state
            for (service, clients) in contents.clients { state.tables[service, default: []] += clients.values }
            for (service, kept) in contents.kept { state.tables[service, default: []] += kept.values }
            return state
        }
    }

    func write(_ group: [StoreOperation]) throws(StoreFailure) {
        gate.wait()
        gate.signal()
        let isBroken = contents.withLock { contents in
            if contents.isBroken { return true }
            contents.groups.append(group)
            for operation in group {
                switch operation {
                case .put(let key, let value): contents.state.values[key] = value
                case .delete(let key): contents.state.values[key] = nil
                case .table(let service, let change):
                    switch change {
                    case .saved(let id, _, _, _), .refused(let id, _, _, _):
                        contents.kept[service, default: [:]][id] = change
                    case .removed(let id): contents.kept[service]?[id] = nil
                    case .client(let origin, _, _): contents.clients[service, default: [:]][origin] = change
                    case .forgotten(let origin): contents.clients[service]?[origin] = nil
                    }
                }
            }
            return false
        }
        if isBroken { throw StoreFailure(.io, "the disk is broken") }
    }

    func close() {}
}
