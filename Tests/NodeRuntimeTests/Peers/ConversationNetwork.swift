import ClusterModel
import Control
import History
import Membership

@testable import NodeRuntime

/// Conversations of a few peers in virtual time, each datagram a millisecond on its way. All are alive, and know it.
final class ConversationNetwork {
    /// Stands for the socket, the timer and the evidence of one peer.
    private final class Host: PeerHost {
        let name: String
        unowned let network: ConversationNetwork

        init(_ name: String, _ network: ConversationNetwork) {
            self.name = name
            self.network = network
        }

        func perform(_ actions: [PeerAction]) { network.perform(name, actions) }
        func wake() {}
        func join(_ names: [String]) {}
        var live: [String] { network.names }
    }

    let names: [String]
    private(set) var peers: [String: PeerConversation] = [:]
    private(set) var now: Int64 = 0
    private(set) var events: [String: [Event]] = [:]
    private(set) var actions: [String: [PeerAction]] = [:]
    private(set) var logs: [String] = []
    private var hosts: [Host] = []
    private var packets: [(time: Int64, from: String, to: String, kind: PeerDatagram.Kind, payload: [UInt8])] = []

    /// - Parameters:
    ///   - roles: by process; the others only listen.
    ///   - services: the way to the name service, by process.
    init(_ names: [String], _ roles: [String: PeerRole], services: [String: any PeerNames] = [:]) throws {
        self.names = names
        let doorways = Dictionary(uniqueKeysWithValues: names.map { ($0, 1) })
        for (index, name) in names.enumerated() {
            let plan = NodePlan.PeerPlan(
                role: roles[name] ?? PeerRole(group: "g"), group: PeerGroup(name: "g"), doorways: doorways)
            let me = TalkIdentity(name: name, life: 1, others: names, seed: 1)
            let peer = try PeerConversation(
                plan, me: me, names: services[name],
                values: { use in
                    Template.Values(
                        sequence: 0, node: name, replica: index + 1,
                        generator: SeededGenerator(seed: 1, name, use), now: { 0 })
                }, record: { [unowned self] in events[name, default: []].append($0) },
                log: { [unowned self] in logs.append($0) })
            let host = Host(name, self)
            hosts.append(host)
            peer.host = host
            peers[name] = peer
        }
        for name in names {
            perform(name, peers[name]!.membersChanged(names.filter { $0 != name }, now: 0))
            perform(name, peers[name]!.prepare(now: 0))
        }
    }

    func start() { for name in names { perform(name, peers[name]!.run(now: now)) } }

    func perform(_ name: String, _ actions: [PeerAction]) {
        for action in actions {
            if case .send(let kind, let payload, let to) = action {
                packets.append((now + 1_000_000, name, to, kind, payload))
            } else {
                self.actions[name, default: []].append(action)
                peers[name]!.performed(action)
            }
        }
    }

    func run(for time: Int64) {
        let end = now + time
        while true {
            let moments = packets.map(\.time) + peers.values.compactMap(\.nextDeadline)
            guard let next = moments.min(), next <= end else { break }
            now = max(now, next)
            let due = packets.filter { $0.time <= now }
            packets.removeAll { $0.time <= now }
            for packet in due {
                perform(
                    packet.to, peers[packet.to]!.receive(packet.kind, packet.payload, from: packet.from, now: now))
            }
            for name in names where (peers[name]!.nextDeadline ?? .max) <= now {
                perform(name, peers[name]!.tick(now: now))
            }
        }
        now = end
    }

    func progress(_ name: String) -> Progress {
        var progress = Progress()
        progress.isDone = true
        peers[name]!.report(&progress)
        return progress
    }

    func sent(_ name: String) -> [PeerSend] {
        (events[name] ?? []).compactMap { if case .peerSend(let event) = $0 { event } else { nil } }
    }

    func lookups(_ name: String) -> [Lookup] {
        (events[name] ?? []).compactMap { if case .lookup(let event) = $0 { event } else { nil } }
    }

    func found(_ name: String) -> [PeerAction] {
        (actions[name] ?? []).filter { if case .found = $0 { true } else { false } }
    }

    func handedOver(_ name: String) -> [(message: String, body: String)] {
        (actions[name] ?? []).compactMap {
            if case .handOver(let message, _, _, _, let body) = $0 {
                (message, String(decoding: body, as: UTF8.self))
            } else {
                nil
            }
        }
    }
}
