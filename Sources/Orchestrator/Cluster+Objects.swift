import ClusterModel
import Control
import FaultInjection
import History

/// Objects: moving them, on schedule and by command, and asking what there is.
extension Cluster {
    /// For the answer of the host that owns an object.
    private static let migrationLimit = Duration.seconds(30)
    private static let descriptionLimit = Duration.seconds(5)
    /// Objects of one host whose states are looked at when a run ends.
    private static let endLimit = 10_000

    /// The processes that host objects, in the order of the file.
    var hostNames: [String] { topology.nodes.filter { $0.host != nil }.flatMap(\.instances) }

    /// Those that can be asked.
    private var hostPeers: [(name: String, peer: ControlServer.Peer)] {
        hostNames.compactMap { name in peers[name].map { (name, $0) } }
    }

    /// A process has ended, or its control connection has: it answers nothing more.
    func answersNoMore(_ name: String) {
        for id in migrations.keys { migrations[id]!.gone(name) }
        for id in descriptions.keys { descriptions[id]!.gone(name) }
        changed()
    }

    // MARK: - Moving

    /// Asks all hosts, of which one owns the object.
    /// - Returns: never `notHere`.
    func migrate(_ object: String, to target: String) async -> MigrationAnswer {
        let hosts = hostPeers
        guard !hosts.isEmpty else { return .failed(reason: "no host is up") }
        lastQuestion += 1
        let id = lastQuestion
        migrations[id] = HostPoll(hosts.map(\.name))
        for host in hosts { host.peer.send(.migrate(id: id, object: object, to: target)) }
        _ = await wait(for: Self.migrationLimit) { self.isEnding || self.migrations[id]!.verdict != nil }
        let verdict = migrations.removeValue(forKey: id)!.verdict
        return verdict
            ?? .failed(reason: isEnding ? "the run ended" : "no answer within \(Self.migrationLimit.text)")
    }

    var isEnding: Bool { phase == .stopping || phase == .ended }

    /// Why objects cannot be moved there; `nil`: they can.
    func obstacle(toMigrationTo target: String) -> String? {
        guard !hostNames.contains(target) else { return nil }
        let names = hostNames.joined(separator: ", ")
        return "no process '\(target)' hosts objects" + (names.isEmpty ? "" : "; there is \(names)")
    }

    // MARK: - Describing

    /// - Returns: by host; those that do not answer in time are missing.
    func describeObjects(limit: Int, object: String? = nil) async -> [String: [ObjectDescription]] {
        let hosts = hostPeers
        lastQuestion += 1
        let id = lastQuestion
        descriptions[id] = ObjectPoll(hosts.map(\.name))
        for host in hosts { host.peer.send(.describeObjects(id: id, limit: limit, object: object)) }
        _ = await wait(for: Self.descriptionLimit) { self.isEnding || self.descriptions[id]!.isOver }
        return descriptions.removeValue(forKey: id)!.answers
    }

    /// Tells a command of objects, in parts that fit.
    func tellObjects(limit: Int, object: String?, to peer: ControlServer.Peer) async {
        let found = await describeObjects(limit: limit, object: object)
        for (host, descriptions) in found.sorted(by: { $0.key < $1.key }) {
            for part in descriptions.parts { peer.send(.response(.objects([host: part], more: true))) }
        }
        peer.send(.response(.objects([:], more: false)))
    }

    /// Notes the states of the objects that the file names, for `state:` assertions and for whoever reads the evidence.
    func noteObjects() async {
        let wanted = ObjectNames.wanted(in: topology)
        guard !wanted.isEmpty, !isInterrupted else { return }
        for (host, descriptions) in await describeObjects(limit: Self.endLimit).sorted(by: { $0.key < $1.key }) {
            for description in descriptions where wanted.contains(description.object) {
                guard let state = description.state else { continue }
                var event = ObjectState()
                event.object = description.object
                event.type = description.type
                event.host = host
                event.epoch = description.epoch
                event.state = state
                event.holders = UInt32(clamping: description.holders.count)
                recorder.record(.objectState(event))
            }
        }
    }
}

/// The objects of a topology file that have a name.
enum ObjectNames {
    /// Its instances, and what its `state:` assertions are about.
    static func wanted(in topology: Topology) -> Set<String> {
        var names = Set(topology.objects.flatMap(\.instances).map(\.name))
        for spec in topology.assertions {
            if case .state(let object, _) = spec.assertion { names.insert(object) }
        }
        return names
    }
}
