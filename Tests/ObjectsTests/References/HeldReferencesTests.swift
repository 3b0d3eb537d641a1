import Testing

@testable import Objects

@Suite struct HeldReferencesTests {
    private static let lease: Int64 = 1_600
    private let a = ObjectReference(type: "Account", object: "a")
    private let b = ObjectReference(type: "Account", object: "b")
    private let c = ObjectReference(type: "Account", object: "c")

    private static func timing(linger: Int64 = 0) -> HeldReferences.Timing {
        var timing = HeldReferences.Timing()
        timing.lease = 1_000
        timing.pause = 20
        timing.patience = 300
        timing.linger = linger
        return timing
    }

    private var held = HeldReferences(holder: "h", incarnation: 4, timing: timing())

    /// What is sent: `dirty 1 a b`.
    private mutating func sent(at now: Int64) -> [String] {
        held.takeNotices(now: now).map { notice in
            #expect(notice.holder == "h" && notice.incarnation == 4)
            return "\(notice.kind) \(notice.sequence) \(notice.objects.sorted().joined(separator: " "))"
        }
    }

    private mutating func answer(
        _ sequence: UInt64, _ objects: [String] = ["a"], _ standing: ReferenceAnswer.Standing = .done,
        lease: Int64 = lease, at now: Int64
    ) {
        let answers = objects.map { object in
            var answer = ReferenceAnswer()
            answer.object = object
            answer.standing = standing
            answer.lease = lease
            return answer
        }
        held.answered(sequence, answers, now: now)
    }

    private mutating func changed() -> [String] { held.takeChanges().map { "\($0.object) \($0.kind)" } }

    /// Holds `a` since 0, listed until 1,600, acknowledged at 10.
    private mutating func listA() {
        held.retain(a, .external, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        answer(1, at: 10)
        #expect(changed() == ["a held"])
    }

    @Test mutating func aLife() {
        #expect(held.nextWake == nil && held.state(of: "a", now: 0) == nil)
        held.retain(a, .external, now: 0)
        #expect(held.state(of: "a", now: 0) == .unlisted && held.nextWake == 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        #expect(held.state(of: "a", now: 0) == .listing && !held.isUsable("a", now: 0))
        answer(1, at: 10)
        // From when it was sent, not from when it was answered.
        #expect(held.state(of: "a", now: 10) == .listed(until: 1_600) && changed() == ["a held"])
        #expect(held.isUsable("a", now: 1_599) && !held.isUsable("a", now: 1_600))
        #expect(held.nextWake == 800)
        #expect(sent(at: 799) == [])
        #expect(sent(at: 800) == ["renew 2 a"])
        answer(2, at: 900)
        #expect(held.state(of: "a", now: 900) == .listed(until: 2_400) && changed() == [])
        held.release(a, .external, now: 1_000)
        #expect(held.state(of: "a", now: 1_000) == nil && !held.isUsable("a", now: 1_000))
        #expect(sent(at: 1_000) == ["clean 3 a"] && changed() == ["a released"])
        answer(3, at: 1_010)
        #expect(held.count == 0 && held.groundCount == 0 && held.nextWake == nil && changed() == [])
    }

    @Test mutating func manyGroundsAreOneHolder() {
        listA()
        held.retain(a, .invocation(1), now: 10)
        held.retain(a, .invocation(1), now: 10)
        held.retain(a, .state(of: "x"), now: 10)
        held.release(a, .external, now: 20)
        // What is not held on a ground is not released.
        held.release(a, .external, now: 20)
        held.release(a, .invocation(2), now: 20)
        held.release(b, .external, now: 20)
        held.release(a, .state(of: "x"), now: 20)
        held.release(a, .invocation(1), now: 20)
        #expect(held.isUsable("a", now: 20) && sent(at: 20) == [])
        held.release(a, .invocation(1), now: 20)
        #expect(sent(at: 20) == ["clean 2 a"])
    }

    @Test mutating func aSetIsReplaced() {
        held.update(.state(of: "x"), to: [a, b], now: 0)
        #expect(sent(at: 0) == ["dirty 1 a b"])
        answer(1, ["a", "b"], at: 1)
        held.retain(a, .state(of: "x"), now: 2)
        held.update(.state(of: "x"), to: [a, c], now: 2)
        #expect(sent(at: 2) == ["dirty 2 c", "clean 3 b"])
        // Each once, however often it was held before.
        held.release(a, .state(of: "x"), now: 3)
        #expect(sent(at: 3) == ["clean 4 a"])
        held.update(.state(of: "x"), to: [], now: 4)
        #expect(sent(at: 4) == ["clean 5 c"] && held.groundCount == 0)
        answer(3, ["b"], at: 5)
        answer(4, ["a"], at: 5)
        answer(5, ["c"], at: 5)
        #expect(held.count == 0)
    }

    @Test mutating func oneIdIsOneObject() {
        held.update(.external, to: [a, ObjectReference(type: "Other", object: "a")], now: 0)
        held.release(a, .external, now: 0)
        #expect(held.count == 0 && held.nextWake == nil)
    }

    @Test mutating func notHeldLongEnoughToBeSaid() {
        held.retain(a, .invocation(1), now: 0)
        held.update(.invocation(1), to: [], now: 0)
        #expect(sent(at: 0) == [] && held.count == 0 && changed() == [])
    }

    @Test mutating func whatFailsIsSentAgainUnderANewNumber() {
        held.retain(a, .external, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        held.failed(1, ["a"], now: 100)
        #expect(held.nextWake == 120 && sent(at: 119) == [] && sent(at: 120) == ["dirty 2 a"])
        // An answer to the first one comes after all, and counts no more.
        answer(1, at: 130)
        held.failed(1, ["a"], now: 130)
        #expect(held.state(of: "a", now: 130) == .listing && held.nextWake == 420)
        // Nobody says anything.
        #expect(sent(at: 420) == ["dirty 3 a"])
        answer(3, at: 430)
        #expect(held.state(of: "a", now: 430) == .listed(until: 2_020))
        #expect(held.nextWake == 1_200)
        #expect(sent(at: 1_200) == ["renew 4 a"])
        held.failed(4, ["a"], now: 1_990)
        #expect(sent(at: 2_010) == ["renew 5 a"])
        answer(5, at: 2_019)
        #expect(held.state(of: "a", now: 2_019) == .listed(until: 3_610))
    }

    @Test mutating func someAnswerAndSomeFail() {
        held.update(.external, to: [a, b, c], now: 0)
        #expect(sent(at: 0) == ["dirty 1 a b c"])
        answer(1, ["a", "z"], at: 10)
        held.failed(1, ["b", "z"], now: 10)
        #expect(held.isUsable("a", now: 10) && held.state(of: "b", now: 10) == .listing)
        #expect(sent(at: 30) == ["dirty 2 b"])
        #expect(sent(at: 300) == ["dirty 3 c"])
    }

    @Test mutating func elsewhereIsAskedAgainAtOnceButNotForEver() {
        held.retain(a, .external, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        answer(1, ["a"], .elsewhere, at: 10)
        #expect(sent(at: 10) == ["dirty 2 a"])
        answer(2, ["a"], .elsewhere, at: 11)
        #expect(sent(at: 11) == [] && sent(at: 31) == ["dirty 3 a"])
        answer(3, at: 32)
        #expect(held.isUsable("a", now: 32))
        #expect(sent(at: 800) == ["renew 4 a"])
        answer(4, ["a"], .elsewhere, at: 810)
        #expect(held.isUsable("a", now: 810) && sent(at: 810) == ["renew 5 a"])
        answer(5, at: 811)
        held.update(.external, to: [], now: 820)
        #expect(sent(at: 820) == ["clean 6 a"])
        answer(6, ["a"], .elsewhere, at: 830)
        #expect(sent(at: 830) == ["clean 7 a"])
        answer(7, ["a"], .gone, at: 831)
        #expect(held.count == 0)
    }

    @Test mutating func aFullOwnerIsAskedLater() {
        held.retain(a, .external, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        answer(1, ["a"], .full, at: 10)
        #expect(held.state(of: "a", now: 10) == .listing && sent(at: 10) == [] && sent(at: 30) == ["dirty 2 a"])
    }

    @Test mutating func itsOwnViewEnds() {
        listA()
        #expect(sent(at: 800) == ["renew 2 a"])
        held.failed(2, ["a"], now: 1_590)
        #expect(held.nextWake == 1_600)
        // It was paused: by the clock it is over, whoever has been woken or not.
        #expect(held.state(of: "a", now: 1_700) == .expired && !held.isUsable("a", now: 1_700))
        #expect(sent(at: 1_700) == [] && changed() == ["a expired"])
        #expect(held.nextWake == nil)
        // More of it does not help, while some of it is left.
        held.retain(a, .invocation(1), now: 1_700)
        held.update(.external, to: [], now: 1_700)
        #expect(held.state(of: "a", now: 1_700) == .expired && sent(at: 1_700) == [])
        held.update(.invocation(1), to: [], now: 1_700)
        #expect(held.count == 0 && sent(at: 1_700) == [] && changed() == [])
        held.retain(a, .external, now: 1_700)
        #expect(sent(at: 1_700) == ["dirty 3 a"])
        answer(3, at: 1_710)
        #expect(held.isUsable("a", now: 1_710) && changed() == ["a held"])
    }

    @Test mutating func aLateAnswerRevivesNothing() {
        listA()
        #expect(sent(at: 1_500) == ["renew 2 a"])
        answer(2, at: 1_600)
        #expect(held.state(of: "a", now: 1_600) == .expired && changed() == ["a expired"])
        answer(2, at: 1_610)
        #expect(held.state(of: "a", now: 1_610) == .expired && sent(at: 5_000) == [])
    }

    @Test mutating func anAcknowledgementAfterTheLeaseIsNone() {
        held.retain(a, .external, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        answer(1, lease: 50, at: 50)
        #expect(held.state(of: "a", now: 50) == .listing && sent(at: 50) == [] && sent(at: 70) == ["dirty 2 a"])
        answer(2, lease: 0, at: 70)
        #expect(held.state(of: "a", now: 70) == .listing && changed() == [])
        #expect(sent(at: 90) == ["dirty 3 a"])
        // No lease from the wire is too long to be added.
        answer(3, lease: .max, at: 91)
        #expect(held.isUsable("a", now: 91 + 3_600_000_000_000))
    }

    @Test(arguments: [ReferenceAnswer.Standing.gone, .expired])
    mutating func theOwnerSaysItIsOver(_ standing: ReferenceAnswer.Standing) {
        held.update(.external, to: [a, b], now: 0)
        #expect(sent(at: 0) == ["dirty 1 a b"])
        answer(1, ["a"], at: 1)
        answer(1, ["b"], standing, at: 1)
        #expect(sent(at: 800) == ["renew 2 a"])
        answer(2, ["a"], standing, at: 801)
        #expect(changed() == ["a held", "b \(standing)", "a \(standing)"])
        for object in ["a", "b"] {
            #expect(held.state(of: object, now: 801) == (standing == .gone ? .gone : .expired))
        }
        #expect(held.nextWake == nil)
        held.update(.external, to: [], now: 802)
        #expect(held.count == 0)
    }

    @Test mutating func releasedWhileItsDirtyIsOnItsWay() {
        held.retain(a, .external, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        held.release(a, .external, now: 5)
        answer(1, at: 6)
        #expect(changed() == [] && sent(at: 6) == ["clean 2 a"])
        held.retain(a, .external, now: 7)
        // Its clean may have come first: another dirty, and only that one counts.
        answer(2, at: 8)
        answer(1, at: 8)
        #expect(held.state(of: "a", now: 8) == .unlisted && sent(at: 8) == ["dirty 3 a"])
        answer(3, at: 9)
        #expect(held.isUsable("a", now: 9))
    }

    @Test mutating func heldAgainBeforeTheCleanWasSent() {
        listA()
        held.release(a, .external, now: 20)
        held.retain(a, .external, now: 20)
        #expect(held.isUsable("a", now: 20) && sent(at: 20) == [] && held.nextWake == 800)
        // While a dirty is on its way.
        held.retain(b, .external, now: 30)
        #expect(sent(at: 30) == ["dirty 2 b"])
        held.release(b, .external, now: 31)
        held.retain(b, .external, now: 32)
        #expect(sent(at: 32) == [])
        answer(2, ["b"], at: 33)
        #expect(held.isUsable("b", now: 33))
        // And when it was answered meanwhile.
        held.retain(c, .external, now: 40)
        #expect(sent(at: 40) == ["dirty 3 c"])
        held.release(c, .external, now: 41)
        answer(3, ["c"], at: 42)
        held.retain(c, .external, now: 43)
        #expect(held.isUsable("c", now: 43) && sent(at: 43) == [] && changed() == ["b held", "c held"])
    }

    @Test mutating func releasedBetweenACleanAndAnotherDirty() {
        listA()
        held.release(a, .external, now: 20)
        #expect(sent(at: 20) == ["clean 2 a"])
        held.retain(a, .external, now: 21)
        held.release(a, .external, now: 21)
        // Whether the first clean arrived is not known.
        #expect(sent(at: 21) == ["clean 3 a"])
        answer(3, at: 22)
        #expect(held.count == 0)
    }

    @Test mutating func aCleanIsGivenUpWhenTheOwnerHasForgotten() {
        listA()
        held.release(a, .external, now: 20)
        #expect(sent(at: 20) == ["clean 2 a"])
        held.failed(2, ["a"], now: 30)
        #expect(sent(at: 50) == ["clean 3 a"])
        held.failed(3, ["a"], now: 1_610)
        #expect(held.count == 1 && held.nextWake == 1_620)
        #expect(sent(at: 1_620) == [] && held.count == 0 && held.nextWake == nil)
    }

    @Test mutating func pins() {
        held.pin(a, until: 500, now: 0)
        held.pin(a, until: 400, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        answer(1, at: 1)
        #expect(held.isUsable("a", now: 499) && held.nextWake == 500 && sent(at: 499) == [])
        #expect(sent(at: 500) == ["clean 2 a"] && changed() == ["a held", "a released"])
        answer(2, at: 501)
        // For a lease: the owner's, once it is known.
        held.retain(a, .external, now: 600)
        held.pin([a, b], now: 600)
        #expect(sent(at: 600) == ["dirty 3 a b"])
        answer(3, ["a", "b"], at: 601)
        held.pin([a], now: 700)
        held.release(a, .external, now: 700)
        #expect(held.state(of: "b", now: 700) != nil)
        #expect(sent(at: 1_400) == ["renew 4 a b"])
        answer(4, ["a", "b"], at: 1_401)
        #expect(sent(at: 1_600) == ["clean 5 b"])
        answer(5, ["b"], at: 1_601)
        #expect(sent(at: 2_200) == ["renew 6 a"])
        answer(6, at: 2_201)
        #expect(sent(at: 2_299) == [] && sent(at: 2_300) == ["clean 7 a"])
        answer(7, at: 2_301)
        #expect(held.count == 0)
    }

    @Test mutating func aPinOutlivesAnEnd() {
        held.pin(a, until: 500, now: 0)
        #expect(sent(at: 0) == ["dirty 1 a"])
        answer(1, ["a"], .gone, at: 1)
        #expect(held.state(of: "a", now: 1) == .gone && held.nextWake == 500)
        #expect(sent(at: 500) == [] && held.count == 0)
    }

    @Test mutating func lingering() {
        held = HeldReferences(holder: "h", incarnation: 4, timing: Self.timing(linger: 50))
        listA()
        held.release(a, .external, now: 100)
        #expect(sent(at: 149) == [])
        held.retain(a, .external, now: 149)
        #expect(held.isUsable("a", now: 149) && held.nextWake == 800)
        held.release(a, .external, now: 1_580)
        // The lease is over before the time is.
        held.retain(a, .external, now: 1_610)
        #expect(!held.isUsable("a", now: 1_610) && changed() == ["a expired"])
        #expect(sent(at: 1_610) == ["dirty 2 a"])
        answer(2, at: 1_611)
        held.release(a, .external, now: 1_700)
        #expect(sent(at: 1_750) == ["clean 3 a"] && changed() == ["a held", "a released"])
    }

    @Test mutating func renewalsMeetInOneNotice() {
        let references = (0..<20).map { ObjectReference(type: "Account", object: "r\($0)") }
        for (index, reference) in references.enumerated() {
            let now = 1_000 + Int64(index) * 2
            held.retain(reference, .external, now: now)
            #expect(sent(at: now) == ["dirty \(index + 1) r\(index)"])
            answer(UInt64(index + 1), ["r\(index)"], at: now)
        }
        #expect(held.nextWake == 1_800)
        #expect(held.takeNotices(now: 1_800).map(\.objects.count) == [20])
    }

    @Test mutating func aNoticeHasABound() {
        let count = HeldReferences.batch + 1
        held.update(
            .external, to: Set((0..<count).map { ObjectReference(type: "Account", object: "\($0)") }), now: 0)
        let notices = held.takeNotices(now: 0)
        #expect(notices.map(\.objects.count) == [HeldReferences.batch, 1] && notices.map(\.sequence) == [1, 2])
        #expect(Set(notices.flatMap(\.objects)).count == count)
    }
}
