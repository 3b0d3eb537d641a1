import ClusterModel
import DequeModule
import NIOCore
import RPC

/// An object at the host that has it. Confined to the host's event loop.
final class HostedObject {
    let reference: ObjectReference
    let type: HostedType
    /// Of the object: it travels with it.
    var incarnation: String
    /// Known by a name of the topology: a root.
    let isNamed: Bool
    var life: ObjectLife
    var live: AnyObject
    var table: DuplicateTable<ObjectRunning, SavedReply>
    var holders = HolderList()
    /// Transmissions, first come first served.
    var waiting: Deque<Execution> = []
    var isPumping = false
    var running: Invocation?
    /// The transmission that the running invocation began with, and the session under which it did.
    var currentExecution: Execution?
    var currentSession: UInt64 = 0
    /// Its state, or an invocation of it, has had references since it came here.
    var hasReferences = false
    var migration: Migration?
    /// Invocations whose effect is not on disk yet, and so not answered; and what waits for that.
    var unsettled = 0
    var whenSettled: (() -> Void)?
    /// Nobody knows of it yet but who is creating it: not collected before, or before somebody else holds it.
    var graceUntil: Int64 = 0
    /// When its holders' leases are looked at next (`ObjectHost.checkLater`).
    var checkPeriod = Int64.max
    /// By process: invocations since it came here, for `follow:`.
    var callers: [String: Int] = [:]
    var invocations = 0
    /// Changes since the last snapshot, and its number.
    var snapshotNumber: UInt64 = 0
    var snapshotTimer: Scheduled<Void>?
    /// References in its state, as of the last invocation that may have changed them.
    var kept: Set<ObjectReference> = []

    init(
        _ reference: ObjectReference, _ type: HostedType, incarnation: String, isNamed: Bool, live: AnyObject,
        life: ObjectLife
    ) {
        self.reference = reference
        self.type = type
        self.incarnation = incarnation
        self.isNamed = isNamed
        self.live = live
        self.life = life
        table = DuplicateTable(
            type.declared.service.duplicates, incarnations: [incarnation], isDurable: type.declared.durable)
    }

    var object: String { reference.object }
    var storeKey: [UInt8] { Array("object/\(object)".utf8) }
    var tableName: String { "object/\(object)" }

    /// One on its way out.
    struct Migration {
        var target: String
        var began: Int64
        var timer: Scheduled<Void>?
        var answers: [(MigrationResult) -> Void]
    }
}

/// What came of a migration, as its source knows it.
package enum MigrationResult: Sendable, Equatable {
    /// Serving there at this epoch; invocations stood still for so many nanoseconds.
    case moved(epoch: UInt64, pause: Int64)
    case failed(reason: String)
}

/// One type of the topology, at a host.
final class HostedType {
    let declared: ObjectType
    /// A method's arguments can hold a reference.
    let takesReferences: Set<String>

    init(_ declared: ObjectType) {
        self.declared = declared
        takesReferences = Set(
            (declared.service.definition?.methods ?? []).filter { method in
                declared.service.schema.mayHoldTexts(method.input)
            }.map(\.name))
    }
}

extension ProtoSchema {
    /// Whether a message of this type may hold a text somewhere; a type from elsewhere may.
    fileprivate func mayHoldTexts(_ name: String, _ seen: Set<String> = []) -> Bool {
        guard let message = message(named: name) else { return true }
        func mayHold(_ type: FieldType) -> Bool {
            switch type {
            case .string, .bytes: true
            case .message(let inner): !seen.contains(inner) && mayHoldTexts(inner, seen.union([name]))
            case .map(let key, let value): mayHold(key) || mayHold(value)
            default: false
            }
        }
        return message.fields.contains { mayHold($0.type) }
    }
}
