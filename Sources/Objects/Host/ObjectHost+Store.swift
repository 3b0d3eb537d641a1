import ClusterModel
import History
import NIOCore
import Protobuf
import RPC

/// What survives the process: durable objects, and copies of them that wait for their swap. State and memory of calls are
/// one commit.
extension ObjectHost {
    /// - Parameters:
    ///   - whole: also what the memory of calls had from elsewhere.
    ///   - copy: what it was made from, which goes in the same commit.
    ///   - saved: false: the store has failed. At once for what is not durable.
    func save(
        _ object: HostedObject, whole: Bool = false, dropping copy: PreparedObject? = nil,
        _ saved: @escaping (Bool) -> Void
    ) {
        guard object.type.declared.durable, let store else { return saved(true) }
        do {
            var record = ObjectTransfer()
            record.object = object.object
            record.type = object.reference.type
            record.epoch = object.life.epoch
            record.incarnation = object.incarnation
            record.isNamed = object.isNamed
            record.state = try behaviour.encode(object.live)
            var operations = [StoreOperation.put(key: object.storeKey, value: try record.message(transferType).encoded)]
            let changes = object.table.takeChanges(now: now)
            operations += (whole ? object.table.export(now: now) : changes).map {
                .table(service: object.tableName, $0)
            }
            if let copy { operations.append(.delete(key: copy.storeKey)) }
            store.commit(operations) { saved($0 == nil) }
        } catch {
            log("'\(object.object)' cannot be kept: \(error)")
            saved(false)
        }
    }

    /// Once everything that was done in the object so far is on disk: at once where nothing is under way.
    func afterSaving(_ object: HostedObject, _ saved: @escaping (Bool) -> Void) {
        guard object.unsettled > 0, let store else { return saved(store?.failure == nil) }
        store.commit([]) { saved($0 == nil) }
    }

    func erase(_ object: HostedObject) {
        guard object.type.declared.durable, let store else { return }
        var operations = [StoreOperation.delete(key: object.storeKey)]
        for change in object.table.export(now: now) {
            switch change {
            case .client(let origin, _, _):
                operations.append(.table(service: object.tableName, .forgotten(origin: origin)))
            case .saved(let id, _, _, _), .refused(let id, _, _, _):
                operations.append(.table(service: object.tableName, .removed(id)))
            case .removed, .forgotten: break
            }
        }
        store.commit(operations) { _ in }
    }

    func keep(_ copy: PreparedObject, isDurable: Bool, _ kept: @escaping (Bool) -> Void) {
        guard isDurable, let store else { return kept(true) }
        do {
            let bytes = try copy.transfer.message(transferType).encoded
            store.commit([.put(key: copy.storeKey, value: bytes)]) { kept($0 == nil) }
        } catch {
            kept(false)
        }
    }

    func drop(_ copy: PreparedObject) {
        guard types[copy.transfer.type]?.declared.durable ?? false else { return }
        store?.commit([.delete(key: copy.storeKey)]) { _ in }
    }

    /// What an earlier life of the process left: objects that are not served before the directory has given them back.
    func recover() {
        guard let store else { return }
        for (_, value) in store.recovered(under: Array("object/".utf8)) {
            guard let record = read(value), let type = types[record.type] else { continue }
            do {
                let object = HostedObject(
                    ObjectReference(type: record.type, object: record.object), type, incarnation: record.incarnation,
                    isNamed: record.isNamed, live: try behaviour.make(type.declared, state: record.state, fields: [:]),
                    life: ObjectLife(
                        phase: .lost, epoch: record.epoch, isDurable: true,
                        isAdoptable: type.declared.restore == .prepared))
                let changes = store.recovered(service: object.tableName)
                object.restore(changes, now: now)
                noteRecovered(changes)
                object.hasReferences = true
                object.holders = HolderList(openUntil: now + type.declared.lease.nanoseconds)
                updateReferences(of: object)
                objects[object.object] = object
                checkLater(object)
            } catch {
                log("'\(record.object)' cannot be made from the store: \(error)")
            }
        }
        for (_, value) in store.recovered(under: Array("prepared/".utf8)) {
            guard let transfer = read(value), types[transfer.type] != nil else { continue }
            if let known = objects[transfer.object] {
                // Either it came back to us after this copy, or the copy came after it had left.
                guard known.life.epoch <= transfer.epoch else { continue }
                objects[transfer.object] = nil
            }
            prepared[transfer.object] = PreparedObject(transfer)
        }
    }

    /// Whose reply is kept was executed, though the life that did so may have died before it could say so.
    private func noteRecovered(_ changes: [TableChange<SavedReply>]) {
        for case .saved(let id, let reply, _, _) in changes {
            var event = DuplicateCall()
            event.call = id.description
            event.method = reply.method
            event.action = .recovered
            record(.duplicateCall(event))
        }
    }

    private func read(_ bytes: [UInt8]) -> ObjectTransfer? {
        (try? Message.decode(bytes, as: transferType)).map { ObjectTransfer($0) }
    }
}
