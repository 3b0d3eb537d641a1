import ClusterModel

@testable import Membership

/// Peers of one part each on a network that loses, repeats and reorders, in virtual time.
struct TalkNetwork<Part: PeerPart> {
    private struct Packet {
        var from: String
        var to: String
        var payload: [UInt8]
    }

    struct Done: Equatable {
        var peer: String
        var time: Int64
        var action: PeerAction
    }

    var peers: [String: Part] = [:]
    /// Members that each holds to be alive, where that is not all.
    var views: [String: [String]] = [:]
    var loss = 0.0
    var duplication = 0.0
    var delay: ClosedRange<Int64> = 1_000_000...1_000_000
    /// What never arrives.
    var isCut: (_ from: String, _ to: String) -> Bool = { _, _ in false }
    private(set) var now: Int64 = 0
    private(set) var done: [Done] = []
    private(set) var datagrams = 0
    private(set) var largest = 0
    /// Octets that one action list sent to one peer, at most.
    private(set) var largestBurst = 0
    private var generator: SeededGenerator
    private var packets = DueList<Int>()
    private var underway: [Int: Packet] = [:]
    private var sent = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed, "talk network") }

    var names: [String] { peers.keys.sorted() }

    /// Everybody, or `views`, is told to everybody.
    mutating func tellMembers() {
        for name in names { tellMembers(name) }
    }

    mutating func tellMembers(_ name: String) {
        let live = (views[name] ?? names).filter { $0 != name }
        perform(name, peers[name]!.membersChanged(live, now: now))
    }

    mutating func perform(_ name: String, _ actions: [PeerAction]) {
        var burst: [String: Int] = [:]
        for action in actions {
            guard case .send(let kind, let payload, let target) = action else {
                done.append(Done(peer: name, time: now, action: action))
                continue
            }
            precondition(kind == Part.kind && target != name && payload.count <= PeerDatagram.sizeLimit - 300)
            datagrams += 1
            largest = max(largest, payload.count)
            burst[target, default: 0] += payload.count
            post(Packet(from: name, to: target, payload: payload))
            if Double.random(in: 0..<1, using: &generator) < duplication {
                post(Packet(from: name, to: target, payload: payload))
            }
        }
        largestBurst = max(largestBurst, burst.values.max() ?? 0)
    }

    private mutating func post(_ packet: Packet) {
        guard !isCut(packet.from, packet.to), Double.random(in: 0..<1, using: &generator) >= loss else { return }
        sent += 1
        underway[sent] = packet
        packets.add(sent, at: now + Int64.random(in: delay, using: &generator))
    }

    /// Does what is due until then.
    mutating func run(for time: Int64) {
        let end = now + time
        while true {
            let deadline = peers.values.compactMap(\.nextDeadline).min()
            guard let next = [packets.first, deadline].compactMap({ $0 }).min(), next <= end else { break }
            now = max(now, next)
            while let number = packets.next(by: now) {
                guard let packet = underway.removeValue(forKey: number), peers[packet.to] != nil else { continue }
                perform(packet.to, peers[packet.to]!.receive(packet.payload, from: packet.from, now: now))
            }
            for name in names where (peers[name]!.nextDeadline ?? .max) <= now {
                perform(name, peers[name]!.tick(now: now))
            }
        }
        now = end
    }

    /// Ids of what was handed over at a peer, in order.
    func handedOver(_ peer: String) -> [String] {
        done.compactMap { item in
            if item.peer == peer, case .handOver(let message, _, _, _, _) = item.action { message } else { nil }
        }
    }

    /// The relays by which its messages came; empty ones came directly.
    func ways(_ peer: String) -> [String] {
        done.compactMap { item in
            if item.peer == peer, case .handOver(_, _, let via, _, _) = item.action { via } else { nil }
        }
    }

    var acknowledged: [String] {
        done.compactMap { if case .acknowledged(let message, _) = $0.action { message } else { nil } }
    }

    var givenUp: [String] {
        done.compactMap { if case .gaveUp(let message, _) = $0.action { message } else { nil } }
    }

    mutating func forgetDone() { done = [] }
}

func identity(_ name: String, of group: [String], life: UInt64 = 1, seed: UInt64 = 1) -> TalkIdentity {
    TalkIdentity(name: name, life: life, others: group, seed: seed)
}

let millisecond: Int64 = 1_000_000
let second: Int64 = 1_000_000_000
