import ClusterModel
import History
import NIOCore
import Protobuf
import RPC

/// What a host asks of other processes, by their names.
package protocol ObjectPeers: AnyObject {
    func prepare(
        at process: String, _ transfer: ObjectTransfer,
        _ completed: @escaping (Result<TransferAnswer, GRPCStatus>) -> Void)
    func tell(
        _ process: String, _ notice: OwnershipNotice,
        _ completed: @escaping (Result<Acknowledgement, GRPCStatus>) -> Void)
}

/// A server of objects: who is here, whose turn it is, who moves away and who arrives. Confined to its event loop.
///
/// One invocation at a time runs in an object; the others wait in its mailbox, and each transmission is held against the
/// object's memory of calls when its turn comes. The host serves only while the directory's lease lasts; it looks before
/// an invocation begins and again before its answer leaves.
package final class ObjectHost {
    package struct Configuration: Sendable {
        /// The process.
        package var instance: String
        /// Of this life of the process; a token.
        package var incarnation: String
        package var types: [ObjectType]
        /// By type: the processes that can host it.
        package var hosts: [String: [String]]
        /// What an invocation takes, besides its method.
        package var work: Duration

        package init(
            instance: String, incarnation: String, types: [ObjectType], hosts: [String: [String]],
            work: Duration = .zero
        ) {
            self.instance = instance
            self.incarnation = incarnation
            self.types = types
            self.hosts = hosts
            self.work = work
        }
    }

    struct Tombstone {
        var owner: String
        var epoch: UInt64
        var until: Int64
    }

    package let configuration: Configuration
    package let eventLoop: any EventLoop
    /// Waits where a fault is to strike.
    package var failpoint: (Failpoint, String, @escaping () -> Void) -> Void = { _, _, goOn in goOn() }
    /// A line for people.
    package var log: (String) -> Void = { _ in }
    /// An object has gone to somebody else.
    package var announced: (_ object: String, _ owner: String, _ epoch: UInt64) -> Void = { _, _, _ in }

    let behaviour: any ObjectBehaviour
    let directory: DirectoryClient
    let peers: any ObjectPeers
    let store: NodeStore?
    let record: (Event) -> Void
    let references: ReferenceKeeper
    let types: [String: HostedType]
    let transferType: MessageType

    var objects: [String: HostedObject] = [:]
    var prepared: [String: PreparedObject] = [:]
    var tombstones: [String: Tombstone] = [:]
    /// The directory's name for this life of the host; 0: none.
    var session: UInt64 = 0
    /// How many it has had.
    var sessions = 0
    /// It may serve until then.
    var leaseUntil: Int64 = 0
    var leaseTime: Int64 = 0
    var isStopping = false
    var timers: [String: Scheduled<Void>] = [:]
    /// Objects whose holders' leases are to be looked at, by the period in which.
    var checks: [Int64: [String]] = [:]
    /// Those who wait for what the directory says of an object.
    var registered: [String: [(Bool) -> Void]] = [:]
    private var nextNumber: UInt64 = 1 << 40
    private var nextObject: UInt64 = 1
    private(set) package var executed = 0
    private(set) package var filtered = 0

    /// - Throws: what is wrong with our own messages.
    package init(
        _ configuration: Configuration, behaviour: any ObjectBehaviour, directory: DirectoryClient,
        peers: any ObjectPeers, references: ReferenceKeeper, store: NodeStore?, on eventLoop: any EventLoop,
        record: @escaping (Event) -> Void
    ) throws {
        self.configuration = configuration
        self.behaviour = behaviour
        self.directory = directory
        self.peers = peers
        self.references = references
        self.store = store
        self.eventLoop = eventLoop
        self.record = record
        types = Dictionary(uniqueKeysWithValues: configuration.types.map { ($0.name, HostedType($0)) })
        let schema = try HostSchema.make().schema()
        guard let type = schema.message(WireSchema.qualified(ObjectTransfer.name)) else {
            throw GRPCStatus(.internalError, "no transfer message")
        }
        transferType = type
    }

    package static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }

    var now: Int64 { Self.now }

    /// Whether the directory's lease lasts.
    var mayServe: Bool { session != 0 && now < leaseUntil }

    func nextInvocation() -> UInt64 {
        defer { nextNumber += 1 }
        executed += 1
        return nextNumber
    }

    func countFiltered() { filtered += 1 }

    /// Something is done later, in place of what was to be done under the same name.
    func after(_ time: Int64, _ name: String, _ action: @escaping () -> Void) {
        timers.removeValue(forKey: name)?.cancel()
        timers[name] = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(max(time, 0))) {
            self.timers[name] = nil
            action()
        }
    }

    func note(_ object: HostedObject, _ change: ObjectChangeKind, peer: String = "", reason: String = "") {
        var event = ObjectChange()
        event.object = object.object
        event.type = object.reference.type
        event.change = change
        event.epoch = object.life.epoch
        event.incarnation = object.incarnation
        event.peer = peer
        event.reason = reason
        record(.objectChange(event))
    }

    // MARK: - Creating

    /// An object that is known from now on.
    /// - Parameter completed: its reference, once the directory knows it; or why there is none.
    package func create(
        _ typeName: String, fields: [String: ArgumentValue], name: String? = nil,
        _ completed: @escaping (Result<ObjectReference, ObjectException>) -> Void
    ) {
        guard let type = types[typeName] else {
            return completed(
                .failure(ObjectException(name: "", message: "\(configuration.instance) hosts no type '\(typeName)'")))
        }
        guard !isStopping else {
            return completed(.failure(ObjectException(name: "", message: "the host is about to stop")))
        }
        let id = name ?? "\(typeName)-\(configuration.instance)-\(configuration.incarnation).\(nextObject)"
        if name == nil { nextObject += 1 }
        do {
            let live = try behaviour.make(type.declared, state: nil, fields: fields)
            let object = HostedObject(
                ObjectReference(type: typeName, object: id), type,
                incarnation: "\(configuration.instance)-\(configuration.incarnation)", isNamed: name != nil,
                live: live,
                life: ObjectLife(
                    phase: .registering, epoch: 1, isDurable: type.declared.durable && store != nil,
                    isAdoptable: type.declared.restore == .prepared))
            object.graceUntil = now + type.declared.lease.nanoseconds
            updateReferences(of: object)
            objects[id] = object
            checkLater(object)
            save(object) { [self] saved in
                guard saved else {
                    objects[id] = nil
                    return completed(.failure(ObjectException(name: "", message: "the host's store has failed")))
                }
                register(object) { isOurs in
                    guard isOurs else {
                        return completed(
                            .failure(ObjectException(name: "", message: "the directory refused '\(id)'")))
                    }
                    completed(.success(object.reference))
                }
            }
        } catch {
            completed(.failure(ObjectException(name: "", message: "\(error)")))
        }
    }

    // MARK: - What is here

    package func has(_ object: String) -> Bool { objects[object] != nil }

    /// How the drain sees it: invocations that run or wait.
    package var pendingCount: Int {
        objects.values.reduce(0) { $0 + $1.waiting.count + ($1.running == nil ? 0 : 1) }
    }

    package func describe(_ object: String?, limit: Int) -> [HostedDescription] {
        let chosen =
            object.map { objects[$0].map { [$0] } ?? [] }
            ?? objects.values.sorted { ($0.isNamed ? 0 : 1, $0.object) < ($1.isNamed ? 0 : 1, $1.object) }
        return chosen.prefix(max(limit, 0)).map { hosted in
            HostedDescription(
                reference: hosted.reference, epoch: hosted.life.epoch, incarnation: hosted.incarnation,
                phase: hosted.life.phase.word, mailbox: hosted.waiting.count,
                holders: hosted.holders.holders(now: now).map { "\($0.holder)/\($0.incarnation)" },
                reason: reasonAlive(hosted),
                state: (try? behaviour.encode(hosted.live)).map(behaviour.json) ?? "",
                durable: hosted.type.declared.durable)
        }
    }
}

/// An object as `orch objects` shows it.
package struct HostedDescription: Sendable, Equatable {
    package var reference: ObjectReference
    package var epoch: UInt64
    package var incarnation: String
    package var phase: String
    package var mailbox: Int
    /// `host-b/1`.
    package var holders: [String]
    /// Why it is not collected.
    package var reason: String
    /// As JSON.
    package var state: String
    package var durable: Bool
}

extension ObjectLife.Phase {
    var word: String {
        switch self {
        case .registering: "registering"
        case .active: "active"
        case .draining(let target): "draining to \(target)"
        case .transferring(let target): "moving to \(target)"
        case .swapping(let target): "moving to \(target)"
        case .renewing: "renewing"
        case .lost: "without a lease"
        case .moved: "moved"
        case .over: "over"
        }
    }
}
