import ClusterModel

/// The objects that an assertion is about: one, by name or reference; those of a type; or all.
struct ObjectSelection: Sendable {
    private let ledger: ObjectLedger
    private let name: String?
    private let type: Int32?
    private let object: String
    /// Objects that the file names: names are roots.
    private let named: Set<String>
    private let leases: [String: Duration]

    init(_ name: String?, _ ledger: ObjectLedger, _ topology: Topology) {
        self.ledger = ledger
        self.name = name
        let text = name ?? ""
        let isType = topology.objectType(named: text) != nil
        type = isType ? ledger.types.known(text) ?? -1 : nil
        object = text.hasPrefix("orch://") ? String(text.split(separator: "/").last ?? "") : text
        named = Set(topology.objects.flatMap { $0.instances.map(\.name) })
        leases = Dictionary(topology.objects.map { ($0.name, $0.lease) }) { first, _ in first }
    }

    /// In the order in which they were first seen.
    var objects: [Int32] {
        guard name != nil else { return Array(0..<Int32(ledger.ids.count)) }
        if let type { return (0..<Int32(ledger.ids.count)).filter { ledger.typeOf[Int($0)] == type } }
        return ledger.ids.known(object).map { [$0] } ?? []
    }

    /// It is kept alive by its name.
    func isRoot(_ object: Int32) -> Bool { named.contains(ledger.ids[object]) }

    /// Of the references to an object.
    func lease(of object: Int32) -> Duration {
        leases[ledger.type(of: object)] ?? .seconds(10)
    }

    /// Why there are none.
    var emptiness: String {
        guard let name else { return "there was no object" }
        return type == nil ? "\(name) was never seen" : "there was no object of type \(name)"
    }
}
