import ClusterModel
import Testing

@testable import Membership

/// Whatever comes is no crash, no growth without bound, and no word to anybody outside the group.
@Suite("Talk: hostile octets") struct HostileTalkTests {
    private static let names = ["a", "b", "c", "d"]
    private static let others: Set<String> = ["b", "c", "d"]

    /// Changes an octet, cuts, inserts, repeats a part, or makes it all up.
    private static func mutate(_ valid: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = valid
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let index = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1 where index < bytes.count: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 2: bytes = Array(bytes.prefix(index))
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
            case 4: bytes.insert(contentsOf: Array(repeating: 0xFF, count: 9) + [1], at: index)
            case 5: bytes += bytes.suffix(from: min(index, bytes.count)).prefix(100)
            case 6 where Int.random(in: 0..<10, using: &generator) == 0:
                bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            default: break
            }
        }
        return bytes
    }

    private func attack<Part: PeerPart>(_ part: inout Part, _ valid: [[UInt8]], seed: UInt64) {
        var generator = SeededGenerator(seed: seed, "hostile")
        var now: Int64 = 0
        var wrong: [PeerAction] = []
        _ = part.membersChanged(["b", "c", "d"], now: 0)
        for round in 0..<30_000 {
            now += 100_000
            let payload = Self.mutate(valid.randomElement(using: &generator)!, &generator)
            let from = ["b", "c", "d", "a", "stranger"].randomElement(using: &generator)!
            var actions = part.receive(payload, from: from, now: now)
            if round.isMultiple(of: 64) { actions += part.tick(now: now) }
            for action in actions {
                guard case .send(_, let payload, let to) = action else { continue }
                if !Self.others.contains(to) || payload.count >= 60_000 { wrong.append(action) }
            }
        }
        #expect(wrong == [])
    }

    @Test(arguments: 1...4) func messenger(seed: UInt64) {
        var part = Messenger(identity("a", of: Self.names), relays: ["a", "c"])
        _ = part.membersChanged(["b", "c", "d"], now: 0)
        for _ in 0..<50 { _ = part.send([1, 2], to: "b", timeout: second, attempts: 3, now: 0) }
        var valid: [[UInt8]] = []
        for (origin, target) in [("b", "a"), ("a", "b"), ("b", "c")] {
            let contents: [MessengerWords.Content] = [.message(low: 1, body: [1, 2, 3]), .acknowledgement, .life]
            for content in contents {
                for number: UInt64 in [1, 2, 1_000] {
                    valid.append(
                        MessengerWords(
                            origin: origin, originLife: 1, target: target, targetLife: 1, number: number,
                            content: content
                        ).encoded)
                }
            }
        }
        attack(&part, valid, seed: seed)
        #expect(part.rememberedCount <= 3 * MessageFilter.limit)
        #expect(part.openCount <= 50)
    }

    @Test(arguments: 1...4) func broadcaster(seed: UInt64) {
        var limits = BroadcastStore.Limits()
        limits.streams = 50
        limits.ranges = 500
        limits.bodies = 1_000
        let settings = Broadcaster.Settings(gossip: 50 * millisecond, fanout: 2, repair: second)
        var part = Broadcaster(identity("a", of: Self.names), settings, limits: limits)
        for number in 0..<20 { _ = part.broadcast([UInt8(number)], now: 0) }
        let items = (1...5).map {
            BroadcastItem(stream: .init(origin: "b", life: 1), number: UInt64($0), body: [1, 2])
        }
        var numbers = NumberRanges()
        for number: UInt64 in [1, 2, 5, 9, 10] { numbers.insert(number) }
        let entries = ["a", "b", "c"].map {
            BroadcastDigest.Entry(stream: .init(origin: $0, life: 1), numbers: numbers)
        }
        let valid = [
            BroadcastWords.items(items, isRepair: false, hasMore: false).encoded,
            BroadcastWords.items(items, isRepair: true, hasMore: true).encoded,
            BroadcastWords.digest(
                .init(hash: 77, isAnswer: false, start: nil, isToEnd: true, entries: entries)
            ).encoded,
            BroadcastWords.digest(
                .init(hash: 77, isAnswer: true, start: .init(origin: "a", life: 1), isToEnd: false, entries: entries)
            ).encoded,
        ]
        attack(&part, valid, seed: seed)
        #expect(part.store.streams.count <= 50)
        #expect(part.store.bodyCount <= 1_000)
        #expect(part.store.streams.values.reduce(0) { $0 + $1.numbers.ranges.count } <= 500)
        #expect(part.store.streams.keys.allSatisfy { Self.names.contains($0.origin) })
    }

    @Test(arguments: 1...4) func finder(seed: UInt64) {
        var part = Finder(identity("a", of: Self.names), neighbours: 2, hops: 3, resources: ["x"])
        for number in UInt64(1)...20 { _ = part.find("y", number: number, timeout: second, now: 0) }
        var valid: [[UInt8]] = []
        for number: UInt64 in [1, 2, 300] {
            for asker in ["a", "b"] {
                for content: FinderWords.Content in [.question("x", round: 0), .question("z", round: 1), .answer] {
                    valid.append(
                        FinderWords(asker: asker, life: 1, number: number, hop: 1, content: content).encoded)
                }
            }
        }
        attack(&part, valid, seed: seed)
        #expect(part.rememberedCount <= Finder.memory)
        #expect(part.openCount <= 20)
    }

    @Test func whatIsWrittenIsRead() {
        let stream = BroadcastStream(origin: "peer-1", life: 3)
        var numbers = NumberRanges()
        for number: UInt64 in [1, 2, 3, 7, NumberRanges.largest] { numbers.insert(number) }
        var entry = BroadcastDigest.Entry(stream: stream, numbers: numbers)
        entry.horizon = 9
        let digest = BroadcastWords.digest(
            .init(hash: .max, isAnswer: true, start: stream, isToEnd: false, entries: [entry]))
        #expect(BroadcastWords(digest.encoded) == digest)
        let items = BroadcastWords.items(
            [.init(stream: stream, number: 9, body: [1, 2]), .init(stream: stream, number: 1, body: [])],
            isRepair: true, hasMore: true)
        #expect(BroadcastWords(items.encoded) == items)
        for content: MessengerWords.Content in [.message(low: 4, body: [0, 255]), .acknowledgement, .life] {
            let words = MessengerWords(
                origin: "a", originLife: 1, target: "b", targetLife: 0, number: 5, content: content)
            #expect(MessengerWords(words.encoded) == words)
        }
        for content: FinderWords.Content in [.question("song ü", round: 1), .answer] {
            let words = FinderWords(asker: "a", life: .max, number: .max, hop: 255, content: content)
            #expect(FinderWords(words.encoded) == words)
        }
    }
}
