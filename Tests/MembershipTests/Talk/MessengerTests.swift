import ClusterModel
import Testing

@testable import Membership

@Suite("Messenger") struct MessengerTests {
    private typealias Network = TalkNetwork<Messenger>

    private func network(_ names: [String], relays: [String] = [], seed: UInt64 = 1) -> Network {
        var network = Network(seed: seed)
        for name in names { network.peers[name] = Messenger(identity(name, of: names), relays: relays) }
        network.tellMembers()
        return network
    }

    private func send(
        _ network: inout Network, _ from: String, _ to: String, timeout: Int64 = 100 * millisecond, attempts: Int = 5
    ) throws -> String {
        let result = network.peers[from]!.send(
            [1, 2, 3], to: to, timeout: timeout, attempts: attempts, now: network.now)
        let sent = try #require(result)
        network.perform(from, sent.actions)
        return sent.message
    }

    private func receive(_ part: inout Messenger, _ payload: [UInt8], from: String) -> [PeerAction] {
        part.receive(payload, from: from, now: 0)
    }

    @Test func aMessageIsHandedOverAndAcknowledged() throws {
        var network = network(["a", "b"])
        let message = try send(&network, "a", "b")
        #expect(message == "a/1/m1")
        network.run(for: second)
        #expect(
            network.done == [
                .init(
                    peer: "b", time: 3 * millisecond,
                    action: .handOver(message: message, from: "a", via: "", isBroadcast: false, body: [1, 2, 3])),
                .init(peer: "a", time: 4 * millisecond, action: .acknowledged(message: message, attempts: 1)),
            ])
        // The question for b's life, its answer, the message, the acknowledgement; the next one needs no question.
        #expect(network.datagrams == 4)
        _ = try send(&network, "a", "b")
        network.run(for: second)
        #expect(network.datagrams == 6)
        #expect(network.peers["a"]!.openCount == 0)
        #expect(network.peers["a"]!.nextDeadline == nil)
    }

    @Test(arguments: 1...10) func underLossCopiesAndReordering(seed: UInt64) throws {
        var network = network(["a", "b", "c"], relays: ["c"], seed: seed)
        network.loss = 0.3
        network.duplication = 0.3
        network.delay = millisecond...(150 * millisecond)
        var expected: [String: Set<String>] = [:]
        for _ in 0..<300 {
            for (from, to) in [("a", "b"), ("b", "a"), ("c", "a")] where network.peers[from]!.canSend(to: to) {
                expected[to, default: []].insert(try send(&network, from, to, attempts: 100))
            }
            network.run(for: 20 * millisecond)
        }
        network.loss = 0
        network.run(for: 30 * second)
        for (peer, messages) in expected {
            let arrived = network.handedOver(peer)
            #expect(Set(arrived) == messages)
            #expect(arrived.count == messages.count)
        }
        #expect(Set(network.acknowledged) == expected.values.reduce(into: []) { $0.formUnion($1) })
        #expect(network.givenUp.isEmpty)
        for peer in network.peers.values { #expect(peer.rememberedCount <= 2 * MessageFilter.limit) }
    }

    @Test func throughARelayWhenTheDirectWayIsCut() throws {
        var network = network(["a", "b", "r"], relays: ["r"])
        network.isCut = { from, to in Set([from, to]) == ["a", "b"] }
        let first = try send(&network, "a", "b")
        network.run(for: second)
        #expect(network.handedOver("b") == [first])
        #expect(network.ways("b") == ["r"])
        // One timeout for the direct try.
        #expect(network.done.last?.time == 108 * millisecond)
        #expect(network.acknowledged == [first])
        // The way that worked is taken first now, and no longer than that is remembered.
        let start = network.now
        _ = try send(&network, "a", "b")
        network.run(for: second)
        #expect(network.done.last?.time == start + 4 * millisecond)
        network.run(for: 10 * second)
        let later = network.now
        network.isCut = { _, _ in false }
        _ = try send(&network, "a", "b")
        network.run(for: second)
        #expect(network.done.last?.time == later + 2 * millisecond)
        #expect(network.ways("b") == ["r", "r", ""])
    }

    @Test func onlyOneDirectionIsCut() throws {
        var network = network(["a", "b", "r"], relays: ["r"])
        network.isCut = { from, to in from == "b" && to == "a" }
        let message = try send(&network, "a", "b")
        network.run(for: 5 * second)
        #expect(network.handedOver("b") == [message])
        #expect(network.acknowledged == [message])
    }

    @Test func withoutARelayItIsGivenUp() throws {
        var network = network(["a", "b", "r"], relays: [])
        network.isCut = { from, to in Set([from, to]) == ["a", "b"] }
        let message = try send(&network, "a", "b", attempts: 7)
        network.run(for: 5 * second)
        #expect(
            network.done == [
                .init(peer: "a", time: 700 * millisecond, action: .gaveUp(message: message, attempts: 7))
            ])
        #expect(network.datagrams == 7)
    }

    @Test func aRelayThatIsHeldToBeDeadIsNotAsked() throws {
        var network = network(["a", "b", "r", "s"], relays: ["r", "s"])
        network.views["a"] = ["a", "b", "s"]
        network.tellMembers()
        network.isCut = { from, to in Set([from, to]) == ["a", "b"] || from == "r" || to == "r" }
        for _ in 0..<10 { _ = try send(&network, "a", "b", attempts: 2) }
        network.run(for: second)
        #expect(network.ways("b") == Array(repeating: "s", count: 10))
    }

    @Test func aRelayCarriesOneStepAndOnlyIfItIsOne() throws {
        let names = ["a", "b", "r", "x"]
        var relay = Messenger(identity("r", of: names), relays: ["r"])
        var other = Messenger(identity("x", of: names), relays: ["r"])
        let words = MessengerWords(
            origin: "a", originLife: 1, target: "b", targetLife: 1, number: 1, content: .message(low: 1, body: [9]))
        #expect(receive(&relay, words.encoded, from: "a") == [.send(.message, words.encoded, to: "b")])
        #expect(receive(&relay, words.encoded, from: "x") == [])
        #expect(receive(&other, words.encoded, from: "a") == [])
        var answer = words
        answer.content = .acknowledgement
        #expect(receive(&relay, answer.encoded, from: "b") == [.send(.message, answer.encoded, to: "a")])
        #expect(receive(&relay, answer.encoded, from: "a") == [])
        var stranger = words
        stranger.target = "stranger"
        #expect(receive(&relay, stranger.encoded, from: "a") == [])
    }

    @Test func aSenderThatHasRestartedIsNotTakenForItsCopies() throws {
        var network = network(["a", "b"])
        let first = try send(&network, "a", "b")
        network.run(for: second)
        network.peers["a"] = Messenger(identity("a", of: ["a", "b"], life: 2), relays: [])
        network.tellMembers("a")
        let next = try send(&network, "a", "b")
        network.run(for: second)
        #expect(network.handedOver("b") == [first, next])
        #expect(next == "a/2/m1")
        // A late copy of the first life.
        let late = MessengerWords(
            origin: "a", originLife: 1, target: "b", targetLife: 1, number: 2, content: .message(low: 1, body: []))
        let actions = network.peers["b"]!.receive(late.encoded, from: "a", now: network.now)
        #expect(actions == [])
    }

    @Test func whatWasUnderwayToALifeThatEndedIsGivenUp() throws {
        var network = network(["a", "b"])
        _ = try send(&network, "a", "b")
        network.run(for: second)
        network.forgetDone()
        // Handed over, and its acknowledgement is lost.
        network.isCut = { from, _ in from == "b" }
        let lost = try send(&network, "a", "b")
        network.run(for: 50 * millisecond)
        #expect(network.handedOver("b") == [lost])
        network.peers["b"] = Messenger(identity("b", of: ["a", "b"], life: 2), relays: [])
        network.isCut = { _, _ in false }
        network.tellMembers("b")
        let next = try send(&network, "a", "b")
        network.run(for: second)
        // The second life has it not once more, and the sender knows that it does not know. The next one left for the
        // first life, too; from then on the second life's is known.
        #expect(network.handedOver("b") == [lost])
        #expect(Set(network.givenUp) == [lost, next])
        let last = try send(&network, "a", "b")
        network.run(for: second)
        #expect(network.handedOver("b") == [lost, last])
    }

    @Test func aMessageToWhoIsHeldToBeDeadReachesItsNextLife() throws {
        var network = network(["a", "b"])
        _ = try send(&network, "a", "b")
        network.run(for: second)
        network.forgetDone()
        network.peers["b"] = nil
        network.tellMembers("a")
        let message = try send(&network, "a", "b", attempts: 20)
        network.run(for: 500 * millisecond)
        network.peers["b"] = Messenger(identity("b", of: ["a", "b"], life: 2), relays: [])
        network.run(for: second)
        #expect(network.handedOver("b") == [message])
        #expect(network.acknowledged == [message])
    }

    @Test func theWindowIsBounded() throws {
        var network = network(["a", "b", "c"])
        network.isCut = { _, to in to == "b" }
        for _ in 0..<Messenger.window { _ = try send(&network, "a", "b", attempts: 1_000) }
        #expect(!network.peers["a"]!.canSend(to: "b"))
        #expect(network.peers["a"]!.canSend(to: "c"))
        #expect(!network.peers["a"]!.canSend(to: "a"))
        #expect(!network.peers["a"]!.canSend(to: "stranger"))
        let large = Array(repeating: UInt8(0), count: Messenger.bodyLimit + 1)
        let refused = network.peers["a"]!.send(large, to: "c", timeout: 1, attempts: 1, now: 0)
        #expect(refused == nil)
        // One question for all of them.
        #expect(network.datagrams == 1)
        network.isCut = { _, _ in false }
        network.run(for: second)
        #expect(network.handedOver("b").count == Messenger.window)
        #expect(network.peers["a"]!.canSend(to: "b"))
        var octets = 0
        while let sent = network.peers["a"]!.send(
            Array(repeating: 0, count: 10_000), to: "b", timeout: second, attempts: 1, now: network.now)
        {
            octets += 10_000
            network.perform("a", sent.actions)
        }
        #expect(octets == 140_000)
        network.run(for: second)
        #expect(network.peers["a"]!.canSend(to: "b"))
        #expect(network.peers["a"]!.openCount == 0)
    }

    @Test func theFilterIsBoundedAndRefusesBeyond() {
        var filter = MessageFilter(life: 1)
        func admit(_ number: UInt64, low: UInt64) -> MessageFilter.Verdict { filter.admit(number, low: low, life: 1) }
        for number in 1...UInt64(MessageFilter.limit) { #expect(admit(number, low: 1) == .new) }
        #expect(admit(5, low: 1) == .copy)
        #expect(admit(100_000, low: 1) == .refused)
        #expect(admit(100_000, low: 100_000) == .new)
        #expect(filter.count == 1)
        #expect(admit(5, low: 1) == .refused)
    }
}
