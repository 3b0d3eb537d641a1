import Assertions
import ClusterModel
import History

/// Histories of a group of peers in a few words: `a`, `b`, `c` and `d` are in the group `g`; each step moves the clock by a
/// millisecond.
struct PeerHistory {
    var base = HistoryBuilder()
    let members: [String]

    /// Members that are ready, and know each other.
    init(_ members: [String] = ["a", "b", "c", "d"], knowing: Bool = true) {
        self.members = members
        for name in members { base.node(name, .ready) }
        guard knowing else { return }
        for viewer in members { for member in members { view(viewer, member) } }
    }

    private func node(_ name: String, _ life: UInt32) -> EvidenceSource {
        EvidenceSource(kind: .node, name: name, incarnation: life)
    }

    mutating func wait(_ duration: Duration) { base.now += duration.nanoseconds }
    mutating func finish(undrained: [String] = []) { base.finish(undrained: undrained) }

    mutating func node(_ name: String, _ state: NodeState, life: UInt32 = 1) {
        base.node(name, state, incarnation: life, detail: state == .killed ? "signal 9" : "")
    }

    mutating func kill(_ name: String, life: UInt32 = 1) { node(name, .killed, life: life) }

    mutating func start(_ name: String, life: UInt32 = 2) {
        node(name, .starting, life: life)
        node(name, .ready, life: life)
    }

    mutating func view(
        _ viewer: String, _ member: String, _ status: MemberStatus = .alive, life: UInt32 = 1,
        of memberLife: UInt64 = 1,
        again: UInt64 = 0
    ) {
        var event = MemberChange()
        event.group = "g"
        event.member = member
        event.incarnation = memberLife << 32 | again
        event.status = status
        base.add(.memberChange(event), by: node(viewer, life))
    }

    /// All the others hold a member to be so.
    mutating func all(_ member: String, _ status: MemberStatus, but left: [String] = [], of memberLife: UInt64 = 1) {
        for viewer in members where viewer != member && !left.contains(viewer) {
            view(viewer, member, status, of: memberLife)
        }
    }

    mutating func fault(_ text: String, link: String = "all", on: Bool = true, cut: [String] = []) {
        var event = FaultChange()
        event.name = text
        event.text = text
        event.link = link
        event.on = on
        event.cut = cut
        base.add(.fault(event))
    }

    /// Both ways between all of one side and all of the other.
    static func between(_ first: [String], _ second: [String]) -> [String] {
        first.flatMap { a in second.flatMap { b in ["\(a)>\(b)", "\(b)>\(a)"] } }
    }

    // MARK: - Messages

    mutating func send(_ id: String, from: String, to: String, life: UInt32 = 1) {
        var event = PeerSend()
        event.group = "g"
        event.message = id
        event.kind = .send
        event.to = to
        base.add(.peerSend(event), by: node(from, life))
    }

    mutating func result(_ id: String, _ type: OperationType = .ok, of sender: String = "a") {
        var event = PeerSendResult()
        event.message = id
        event.type = type
        event.attempts = 2
        event.reason = type == .ok ? "" : "timeout"
        base.add(.peerSendResult(event), by: node(sender, 1))
    }

    mutating func broadcast(_ id: String, from: String, life: UInt32 = 1) {
        var event = PeerSend()
        event.group = "g"
        event.message = id
        event.kind = .broadcast
        base.add(.peerSend(event), by: node(from, life))
    }

    mutating func receive(
        _ id: String, at members: String..., from: String = "a", via: String = "", kind: PeerMessageKind = .send,
        life: UInt32 = 1
    ) {
        for member in members {
            var event = PeerReceipt()
            event.group = "g"
            event.message = id
            event.kind = kind
            event.from = from
            event.via = via
            base.add(.peerReceipt(event), by: node(member, life))
        }
    }

    /// Sent, handed over and acknowledged.
    mutating func deliver(_ id: String, from: String = "a", to: String = "b", via: String = "") {
        send(id, from: from, to: to)
        receive(id, at: to, from: from, via: via)
        result(id, of: from)
    }

    // MARK: - Lookups

    mutating func share(_ resource: String, by holder: String, _ shared: Bool = true, life: UInt32 = 1) {
        var event = ResourceChange()
        event.group = "g"
        event.resource = resource
        event.shared = shared
        base.add(.resourceChange(event), by: node(holder, life))
    }

    mutating func look(_ id: String, for resource: String, by asker: String = "a", _ way: LookupWay = .neighbours) {
        var event = Lookup()
        event.group = "g"
        event.lookup = id
        event.resource = resource
        event.by = way
        base.add(.lookup(event), by: node(asker, 1))
    }

    mutating func ask(_ id: String, _ to: String, by asker: String = "a") {
        var event = LookupMessage()
        event.lookup = id
        event.to = to
        base.add(.lookupMessage(event), by: node(asker, 1))
    }

    mutating func answer(_ id: String, _ holder: String?, hops: UInt32 = 1, by asker: String = "a") {
        var event = LookupResult()
        event.lookup = id
        event.type = holder == nil ? .fail : .ok
        event.holder = holder ?? ""
        event.hops = hops
        base.add(.lookupResult(event), by: node(asker, 1))
    }

    mutating func find(
        _ id: String, _ resource: String, _ holder: String?, hops: UInt32 = 1, _ way: LookupWay = .neighbours
    ) {
        look(id, for: resource, way)
        ask(id, "b")
        answer(id, holder, hops: hops)
    }

    // MARK: - Verdicts

    func one(_ assertion: Assertion, _ topology: Topology? = nil) -> AssertionResult {
        base.one(topology ?? Self.topology(members), assertion)
    }

    /// Periods of 100 ms, suspicion of 3, a name service with leases of 2 s.
    static func topology(_ members: [String] = ["a", "b", "c", "d"], closed: [String] = []) -> Topology {
        Topology(
            name: "peers",
            groups: [PeerGroup(name: "g", period: .milliseconds(100), suspicion: 3, names: "names")],
            nodes: members.map { name in
                Node(
                    name: name, peer: PeerRole(group: "g"),
                    inbound: closed.contains(name) ? InboundRule(.deny) : .allow)
            } + [Node(name: "names", names: NamesRole(lease: .seconds(2)))])
    }
}
