import ClusterModel
import History
import Testing

@testable import FaultInjection

@Suite struct FaultDiceTests {
    private func dropped(seed: UInt64 = 7, ordinal: Int = 1, also other: FaultSpec? = nil, after: Int = 0) -> [UInt64] {
        var h = LinkHarness(seed: seed, ordinal: ordinal)
        for n in 0..<after { h.publish("early-\(n)") }
        if let other { h.start(other, .toServer) }
        h.start(FaultSpec(.drop(Share(0.3))), .toServer)
        for n in after..<400 { h.publish("m\(n)") }
        return h.transmissions.filter { $0.fate == .dropped }.map(\.n)
    }

    @Test func theSameSeedDropsTheSameMessages() {
        #expect(dropped() == dropped())
        #expect(dropped() != dropped(seed: 8))
        #expect((80...160).contains(dropped().count))
    }

    @Test func connectionsShareNoDice() { #expect(dropped() != dropped(ordinal: 2)) }

    @Test func aFaultThatComesLaterDropsTheSameNumbers() {
        let late = dropped(after: 100)
        #expect(late == dropped().filter { $0 > 100 })
    }

    @Test func anotherFaultMovesNobodysChoices() {
        let other = FaultSpec(.duplicate(Share(0.5)))
        #expect(dropped(also: other) == dropped())
    }

    @Test func sharesAreMet() {
        let dice = Dice(seed: 1, fault: "drop 30%", link: "a -> b", connection: 1, channel: 1, kind: .publish)
        let hits = (1...100_000).count { dice.hits(Share(0.3), $0) }
        #expect((29_500...30_500).contains(hits))
    }

    @Test func kindsWithoutOnlyAreThoseThatCarryData() {
        var h = LinkHarness()
        h.confirmSelect()
        h.consume(autoAck: false)
        h.start(FaultSpec(.drop(Share(1))))
        h.deliver(1)
        h.publish("m")
        #expect(h.toClient().isEmpty)
        #expect(h.toServer().isEmpty)
        var calm = LinkHarness()
        calm.consume(autoAck: false)
        calm.deliver(1)
        calm.start(FaultSpec(.drop(Share(1))))
        calm.client(.basicAck(.init(deliveryTag: 1)))
        #expect(calm.toServer().texts == ["ack 1"])
    }
}
