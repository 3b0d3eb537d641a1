import ClusterModel
import Testing

@testable import Membership

/// One core, and what a test says to it.
@Suite struct SwimCoreTests {
    private static let life: UInt64 = 1 << 32
    private static let period: Int64 = 200_000_000
    private let configuration = SwimConfiguration(PeerGroup(name: "group"))

    private func started(life: Int = 1, seeds: [String] = [], known: Set<String>? = nil) -> SwimCore {
        var configuration = configuration
        configuration.known = known
        var core = SwimCore(configuration, name: "a", life: life, seeds: seeds, seed: 1, now: 0)
        _ = core.start(now: 0)
        return core
    }

    private func message(
        _ kind: SwimMessage.Kind, _ number: UInt64 = 0, incarnation: UInt64 = life, about: String? = nil,
        says entries: [(String, UInt64, MemberState)] = []
    ) -> [UInt8] {
        var writer = PeerWriter()
        writer.byte(kind.rawValue)
        writer.incarnation(incarnation)
        writer.number(number)
        if let about { writer.text(about) }
        if kind == .state { writer.byte(1) }
        for (name, incarnation, state) in entries { writer.entry(Array(name.utf8)[...], incarnation, state) }
        return writer.bytes
    }

    private func sent(_ actions: [PeerAction]) -> [(SwimMessage, to: String)] {
        actions.compactMap { action in
            guard case .send(.membership, let payload, let to) = action else { return nil }
            return SwimMessage(payload).map { ($0, to) }
        }
    }

    private func names(_ message: SwimMessage) -> [String] {
        message.entries.map { String(decoding: message.octets($0), as: UTF8.self) }
    }

    private func standing(_ name: String, in core: SwimCore) -> MemberState? {
        core.view.first { $0.name == name }?.state
    }

    /// Ticks as a timer would.
    private func run(_ core: inout SwimCore, until end: Int64) -> [PeerAction] {
        var actions: [PeerAction] = []
        while let next = core.nextDeadline, next <= end { actions += core.tick(now: next) }
        return actions
    }

    // MARK: - Beginning and end

    @Test func beginsWithItselfAndAsksItsSeeds() {
        var core = SwimCore(configuration, name: "a", life: 3, seeds: ["b", "a"], seed: 1, now: 0)
        let actions = core.start(now: 0)
        #expect(actions.first == .member(name: "a", incarnation: 3 << 32, .alive))
        #expect(sent(actions).map(\.to) == ["b"])
        #expect(core.live == ["a"])
        let later = sent(run(&core, until: 20 * Self.period))
        #expect(later.count >= 19, "it asks in each period, for ever")
        #expect(later.allSatisfy { $0.to == "b" && $0.0.kind == .compare })
    }

    @Test func namesLearnedLaterAreAskedToo() {
        var core = started()
        #expect(sent(run(&core, until: Self.period)).isEmpty)
        core.join(["c"])
        #expect(sent(run(&core, until: 3 * Self.period)).map(\.to).contains("c"))
    }

    @Test func saysGoodbyeAndFallsSilent() {
        var core = started()
        _ = core.receive(message(.tell), from: "b", now: 1)
        let actions = core.leave(now: 2)
        #expect(actions.first == .member(name: "a", incarnation: Self.life, .left))
        let goodbye = sent(actions)
        #expect(goodbye.map(\.to) == ["b"])
        #expect(goodbye.first.map { names($0.0).first } == "a")
        #expect(goodbye.first?.0.entries.first?.state == .left)
        #expect(core.nextDeadline == nil)
        #expect(core.receive(message(.probe, 7), from: "b", now: 3).isEmpty)
    }

    // MARK: - Probing

    @Test func answersProbesWithTheirNumber() throws {
        var core = started()
        let answer = try #require(sent(core.receive(message(.probe, 42), from: "b", now: 1)).first)
        #expect(answer.0.kind == .answer)
        #expect(answer.0.number == 42)
        #expect(answer.to == "b")
        #expect(core.live == ["a", "b"])
    }

    @Test func silenceBringsOthersThenSuspicionThenDeath() throws {
        var core = started()
        for name in ["b", "c", "d", "e"] { _ = core.receive(message(.tell), from: name, now: 1) }
        var time: Int64 = 1
        var probed: String?
        // Everybody but b answers.
        var history: [(Int64, PeerAction)] = []
        while standing("b", in: core) != .dead, time < 60 * Self.period {
            time = try #require(core.nextDeadline)
            for action in core.tick(now: time) {
                history.append((time, action))
                guard case .send(_, let payload, let to) = action, let text = SwimMessage(payload) else { continue }
                if text.kind == .request { probed = String(decoding: text.name, as: UTF8.self) }
                if text.kind == .probe, to != "b" {
                    history += core.receive(message(.answer, text.number), from: to, now: time).map { (time, $0) }
                }
            }
        }
        #expect(probed == "b")
        let suspected = try #require(
            history.first { $0.1 == .member(name: "b", incarnation: Self.life, .suspect) }
        ).0
        let died = try #require(history.first { $0.1 == .member(name: "b", incarnation: Self.life, .dead) }).0
        #expect(died - suspected == 5 * Self.period)
        #expect(core.live == ["a", "c", "d", "e"])
    }

    @Test func carriesProbesForOthers() throws {
        var core = started()
        _ = core.receive(message(.tell), from: "c", now: 1)
        let probe = try #require(sent(core.receive(message(.request, 9, about: "c"), from: "b", now: 2)).first)
        #expect(probe.0.kind == .probe)
        #expect(probe.to == "c")
        let answer = sent(core.receive(message(.answer, probe.0.number), from: "c", now: 3))
        #expect(answer.contains { $0.0.kind == .carriedAnswer && $0.0.number == 9 && $0.to == "b" })
        #expect(sent(core.receive(message(.answer, probe.0.number), from: "c", now: 4)).isEmpty, "once")
    }

    // MARK: - What others say

    @Test func refutesWhatIsSaidOfIt() throws {
        var core = started()
        let actions = core.receive(message(.tell, says: [("a", Self.life, .suspect)]), from: "b", now: 1)
        #expect(actions.contains(.member(name: "a", incarnation: Self.life + 1, .alive)))
        let reply = try #require(sent(actions).first { $0.0.kind == .tell })
        #expect(reply.0.incarnation == Self.life + 1)
        #expect(
            core.receive(message(.tell, says: [("a", Self.life, .dead)]), from: "b", now: 2).isEmpty, "known already")
    }

    @Test func tellsTheAccusedFirst() throws {
        var core = started()
        _ = core.receive(
            message(.tell, says: [("c", Self.life, .alive), ("c", Self.life, .suspect)]), from: "b", now: 1)
        let answer = try #require(sent(core.receive(message(.probe, 1), from: "c", now: 2)).first)
        #expect(names(answer.0).first == "c")
        #expect(answer.0.entries.first?.state == .suspect)
    }

    @Test func believesADeathAfterATimeOfSuspicion() {
        var core = started()
        _ = core.receive(message(.tell), from: "c", now: 1)
        let dead = message(.tell, says: [("c", Self.life, .dead)])
        _ = core.receive(dead, from: "b", now: 2)
        #expect(standing("c", in: core) == .suspect)
        _ = core.receive(dead, from: "b", now: 3)
        #expect(standing("c", in: core) == .suspect)
        _ = run(&core, until: 2 * Self.period + 2)
        _ = core.receive(dead, from: "b", now: 2 * Self.period + 2)
        #expect(standing("c", in: core) == .dead)
    }

    @Test func aGoodbyeIsBelievedAtOnceAndOnlyAHigherIncarnationReturns() {
        var core = started()
        _ = core.receive(message(.tell, says: [("c", Self.life, .left)]), from: "c", now: 1)
        #expect(standing("c", in: core) == .left)
        _ = core.receive(message(.probe, 1), from: "c", now: 2)
        #expect(standing("c", in: core) == .left)
        _ = core.receive(message(.probe, 1, incarnation: 2 * Self.life), from: "c", now: 3)
        #expect(standing("c", in: core) == .alive)
    }

    @Test func namesOfNobodyAreNotTaken() {
        var core = started(known: ["a", "b"])
        _ = core.receive(
            message(.tell, says: [("ghost", Self.life, .alive), ("b", Self.life, .alive)]), from: "b", now: 1)
        #expect(core.view.map(\.name) == ["a", "b"])
        #expect(core.receive(message(.probe, 1), from: "ghost", now: 2).isEmpty)
    }

    @Test func noIncarnationIsSoHighThatItCannotBeRefuted() {
        var core = started()
        let limit = SwimConfiguration.incarnationLimit
        #expect(core.receive(message(.tell, says: [("a", limit, .dead)]), from: "b", now: 1).isEmpty)
        let actions = core.receive(message(.tell, says: [("a", limit - 1, .dead)]), from: "b", now: 2)
        #expect(actions.contains(.member(name: "a", incarnation: limit, .alive)))
    }

    @Test func comparingEqualViewsCostsOneAnswer() throws {
        var core = started()
        _ = core.receive(message(.tell), from: "b", now: 1)
        var other = SwimCore(configuration, name: "b", life: 1, seeds: [], seed: 2, now: 0)
        _ = other.start(now: 0)
        _ = other.receive(message(.tell), from: "a", now: 1)
        #expect(core.digest == other.digest)
        let reply = sent(core.receive(message(.compare, other.digest), from: "b", now: 2))
        #expect(reply.map(\.0.kind) == [.equal])
        _ = other.receive(message(.tell), from: "c", now: 3)
        let different = sent(core.receive(message(.compare, other.digest), from: "b", now: 4))
        #expect(different.map(\.0.kind) == [.state])
        #expect(different.first.map { names($0.0) } == ["a", "b"])
    }

    @Test func knowsBetterThanAPartOfAView() throws {
        var core = started()
        _ = core.receive(message(.tell), from: "c", now: 1)
        let part = message(.state, about: "", says: [("a", Self.life, .alive), ("b", Self.life, .alive)])
        let better = sent(core.receive(part, from: "b", now: 2)).filter { $0.0.kind == .tell }
        #expect(better.contains { names($0.0).contains("c") })
    }

    // MARK: - Bounds

    @Test func aProcessThatWasStoppedStartsItsSuspicionsAnew() throws {
        var core = started()
        for name in ["b", "c"] { _ = core.receive(message(.tell), from: name, now: 1) }
        _ = run(&core, until: 4 * Self.period)
        #expect(standing("b", in: core) == .suspect)
        // Stopped for a minute: far beyond all deadlines.
        let awake: Int64 = 60_000_000_000
        _ = core.tick(now: awake)
        #expect(standing("b", in: core) == .suspect)
        let next = try #require(core.nextDeadline)
        #expect(next > awake, "first it listens")
        var time = awake
        while standing("b", in: core) != .dead, time < 2 * awake {
            time = try #require(core.nextDeadline)
            _ = core.tick(now: time)
        }
        #expect(time - awake >= 5 * Self.period)
        #expect(time - awake < 7 * Self.period)
    }

    @Test func theOldestDeadMakeRoom() {
        var core = started()
        _ = core.receive(message(.tell), from: "z", now: 1)
        for number in 0..<SwimConfiguration.nameLimit + 500 {
            _ = core.receive(
                message(.tell, says: [("dead-\(number)", Self.life, .left)]), from: "z", now: Int64(number) + 2)
        }
        #expect(core.view.count <= SwimConfiguration.nameLimit)
        #expect(core.live == ["a", "z"])
        #expect(standing("dead-0", in: core) == nil)
        #expect(standing("dead-\(SwimConfiguration.nameLimit + 499)", in: core) == .left)
        // Its digest is what a view of the same has.
        var other = SwimCore(configuration, name: "z", life: 1, seeds: [], seed: 2, now: 0)
        _ = other.start(now: 0)
        for entry in core.view {
            _ = other.receive(
                message(.tell, says: [(entry.name, entry.incarnation, entry.state)]), from: "a", now: 1)
        }
        #expect(other.digest == core.digest)
    }

    @Test func aFullTableOfTheLivingTakesNobodyElse() {
        var core = started()
        for number in 0..<SwimConfiguration.nameLimit + 10 {
            _ = core.receive(message(.tell), from: "peer-\(number)", now: 1)
        }
        #expect(core.view.count == SwimConfiguration.nameLimit)
    }

    @Test func datagramsAndRepliesHaveABound() {
        var core = started()
        for number in 0..<3_000 { _ = core.receive(message(.tell), from: "a-rather-long-name-\(number)", now: 1) }
        var states = 0
        for _ in 0..<20 {
            for action in core.receive(message(.compare, 1), from: "b", now: 2) {
                guard case .send(_, let payload, _) = action else { continue }
                let datagram = PeerDatagram(kind: .membership, from: "a", payload: payload)
                #expect(datagram.encoded()!.count <= SwimConfiguration.datagramLimit)
                states += 1
            }
        }
        #expect(states <= SwimConfiguration.stateLimit + 20)
    }

    @Test func aChangeIsPassedOnSoManyTimes() {
        for (members, times) in [(1, 3), (3, 6), (7, 9), (1_000, 30)] {
            #expect(SwimConfiguration.retransmissions(members: members) == times)
        }
        var core = started()
        for name in ["b", "c"] { _ = core.receive(message(.tell), from: name, now: 1) }
        var told = 0
        for number in 0..<50 as Range<UInt64> {
            for (text, _) in sent(core.receive(message(.probe, number), from: "b", now: 2)) {
                told += names(text).count { $0 == "c" }
            }
        }
        #expect(told == 6)
    }

    /// Any octets at all, and messages with a few octets changed.
    @Test func nothingThatComesBreaksIt() {
        var generator = SeededGenerator(seed: 3, "octets")
        var core = started(known: ["a", "b", "c", "d"])
        let samples = [
            message(.probe, 5, says: [("b", Self.life, .alive), ("c", Self.life, .dead)]),
            message(.request, 6, about: "c"), message(.compare, 77), message(.answer, 3), message(.carriedAnswer, 3),
            message(.state, about: "", says: [("a", Self.life, .suspect), ("d", Self.life + 3, .left)]),
        ]
        var now: Int64 = 0
        for round in 0..<30_000 {
            var bytes = samples[round % samples.count]
            for _ in 0..<generator.next() % 4 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            if generator.next() % 8 == 0 { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            now += Int64(generator.next() % 20_000_000)
            let from = ["a", "b", "c", "d", "", "nobody"][Int(generator.next() % 6)]
            for action in core.receive(bytes, from: from, now: now) + core.tick(now: now) {
                if case .send(_, let payload, let to) = action {
                    #expect(SwimMessage(payload) != nil)
                    #expect(["b", "c", "d"].contains(to))
                }
            }
            #expect(core.live.contains("a"))
        }
        #expect(Set(core.view.map(\.name)).isSubset(of: ["a", "b", "c", "d"]))
    }
}
