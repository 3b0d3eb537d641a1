import Assertions
import ClusterModel
import History

/// Histories of distributed objects in a few words: `client` invokes, `host-a` and `host-b` own; each step moves the
/// clock by a millisecond.
struct ObjectHistory {
    var calls = CallHistory()
    private var lastExecution: UInt64 = 1_000

    private func node(_ name: String, _ life: UInt32) -> EvidenceSource {
        EvidenceSource(kind: .node, name: name, incarnation: life)
    }

    mutating func wait(_ duration: Duration) { calls.base.now += duration.nanoseconds }

    mutating func finish() { calls.finish() }

    mutating func node(_ name: String, _ state: NodeState, life: UInt32 = 1) {
        calls.base.node(name, state, incarnation: life, detail: state == .killed ? "signal 9" : "")
    }

    // MARK: - Hosts

    mutating func change(
        _ kind: ObjectChangeKind, _ object: String = "acc-7", at host: String = "host-a", _ epoch: UInt64 = 1,
        life: UInt32 = 1, peer: String = "", reason: String = "", type: String = "Account"
    ) {
        var event = ObjectChange()
        event.object = object
        event.type = type
        event.change = kind
        event.epoch = epoch
        event.incarnation = "i"
        event.peer = peer
        event.reason = reason
        calls.base.add(.objectChange(event), by: node(host, life))
    }

    /// From `draining` to `activated`, which takes so long.
    mutating func migrate(
        _ object: String = "acc-7", from source: String, to target: String, _ epoch: UInt64,
        taking time: Duration = .milliseconds(3)
    ) {
        change(.draining, object, at: source, epoch, peer: target)
        wait(time - .milliseconds(1))
        change(.activated, object, at: target, epoch + 1, peer: source)
        change(.moved, object, at: source, epoch, peer: target)
    }

    mutating func begin(
        _ call: String = "", in object: String = "acc-7", at host: String = "host-a", _ epoch: UInt64 = 1,
        life: UInt32 = 1, durable: Bool = false
    ) -> UInt64 {
        lastExecution += 1
        var event = Execution()
        event.number = lastExecution
        event.call = call
        event.method = "Account/deposit"
        event.object = object
        event.epoch = epoch
        event.durable = durable
        calls.base.add(.execution(event), by: node(host, life))
        return event.number
    }

    mutating func end(_ number: UInt64, _ type: OperationType = .ok, at host: String = "host-a", life: UInt32 = 1) {
        calls.end(number, type, at: host, life: life)
    }

    mutating func execute(
        _ call: String = "", in object: String = "acc-7", at host: String = "host-a", _ epoch: UInt64 = 1
    ) {
        end(begin(call, in: object, at: host, epoch), at: host)
    }

    mutating func state(_ json: String, of object: String = "acc-7", at host: String = "host-a", _ epoch: UInt64 = 1) {
        var event = ObjectState()
        event.object = object
        event.type = "Account"
        event.host = host
        event.epoch = epoch
        event.state = json
        calls.base.add(.objectState(event))
    }

    // MARK: - Holders and callers

    /// What a holder says itself, or `at` an owner what that says of the holder.
    mutating func reference(
        _ kind: ReferenceChangeKind, _ object: String = "acc-7", by holder: String = "client", life: UInt32 = 1,
        at owner: String? = nil
    ) {
        var event = ReferenceChange()
        event.object = object
        event.holder = "\(holder)/\(life)"
        event.change = kind
        calls.base.add(.referenceChange(event), by: node(owner ?? holder, owner == nil ? life : 1))
    }

    mutating func invoke(_ call: String, _ object: String = "acc-7", by client: String = "client", to host: String) {
        var event = ObjectInvocation()
        event.call = call
        event.object = object
        event.type = "Account"
        event.method = "deposit"
        calls.base.add(.objectInvocation(event), by: node(client, 1))
        calls.attempt(call, by: client, to: host, method: "Account/deposit")
    }

    /// Invoked, executed and answered.
    mutating func call(
        _ call: String, _ object: String = "acc-7", by client: String = "client", at host: String = "host-a",
        _ epoch: UInt64 = 1
    ) {
        invoke(call, object, by: client, to: host)
        execute(call, in: object, at: host, epoch)
        calls.result(call, .success, by: client)
    }

    // MARK: - Verdicts

    func one(_ assertion: Assertion) -> AssertionResult { calls.one(assertion, Self.topology) }

    /// `host-a` and `host-b` host accounts; `acc-1` is there from the start, `acc-7` is not. Leases of 4 s.
    static let topology = Topology(
        name: "objects",
        objects: [
            ObjectType(
                service: Service(name: "Account", schema: ProtoSchema(package: "")), lease: .seconds(4),
                instances: [ObjectInstance(name: "acc-1", host: "host-a")]),
            ObjectType(service: Service(name: "Basket", schema: ProtoSchema(package: "")), lease: .seconds(4)),
        ],
        nodes: [
            Node(name: "directory", directory: DirectoryRole()),
            Node(name: "host-a", host: HostRole(types: ["Account"])),
            Node(name: "host-b", host: HostRole(types: ["Account"])),
            Node(
                name: "client", replicas: nil,
                call: [CallRole(service: "Account", method: "deposit", object: "acc-7")]),
            Node(name: "other", call: [CallRole(service: "Account", method: "deposit", object: "acc-7")]),
        ])
}
