import ClusterModel
import FuzzDriver
import Membership

/// Octets from nowhere as what other peers say, to all parts of one: no trap, and its view stays one that a peer can have.
///
/// The first octet of a piece says whose it is and for which part, the second how long it is.
private func fuzzPeers(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var bytes = UnsafeBufferPointer(start: start, count: count)[...]
    let others = ["b", "c", "d"]
    let identity = TalkIdentity(name: "a", life: 1, others: others, seed: 7)
    var swim = SwimCore(
        SwimConfiguration(PeerGroup(name: "g"), known: Set(others + ["a"])), name: "a", life: 1, seeds: others, seed: 7,
        now: 0)
    var messenger = Messenger(identity, relays: others)
    var broadcaster = Broadcaster(identity, .init(PeerGroup(name: "g")))
    var finder = Finder(identity, neighbours: 3, hops: 4, resources: ["song"])
    var now: Int64 = 0
    _ = swim.start(now: now)
    _ = messenger.send(Array("hello".utf8), to: "b", timeout: 200_000_000, attempts: 3, now: now)
    _ = broadcaster.broadcast(Array("all".utf8), now: now)
    _ = finder.find("song-2", number: 1, timeout: 1_000_000_000, now: now)
    _ = PeerDatagram(decoding: Array(bytes))
    while bytes.count >= 2 {
        let head = bytes.removeFirst()
        let payload = Array(bytes.dropFirst().prefix(Int(bytes.removeFirst())))
        bytes = bytes.dropFirst(payload.count)
        let from = others[Int(head >> 2) % others.count]
        now += Int64(head) * 1_000_000
        switch head & 3 {
        case 0: _ = swim.receive(payload, from: from, now: now)
        case 1: _ = messenger.receive(payload, from: from, now: now)
        case 2: _ = broadcaster.receive(payload, from: from, now: now)
        default: _ = finder.receive(payload, from: from, now: now)
        }
        _ = swim.tick(now: now)
        _ = messenger.tick(now: now)
        _ = broadcaster.tick(now: now)
        _ = finder.tick(now: now)
    }
    let live = swim.live
    precondition(live.contains("a") && live == live.sorted() && live.allSatisfy { $0 == "a" || others.contains($0) })
    precondition(swim.view.contains { $0.name == "a" && $0.state == .alive })
    return 0
}

@_cdecl("fuzz_peers_main")
public func fuzzMain(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, words) { fuzzPeers($0, $1) }
}
