import ClusterModel
import Objects
import Testing

/// What the source of a migration decides, event by event.
@Suite("An object's life at its host")
struct ObjectLifeTests {
    private func life(durable: Bool = false, adoptable: Bool = false) -> ObjectLife {
        ObjectLife(phase: .active, epoch: 3, isDurable: durable, isAdoptable: adoptable)
    }

    /// As far as the swap.
    private func swapping(durable: Bool = false, adoptable: Bool = false) -> ObjectLife {
        var life = life(durable: durable, adoptable: adoptable)
        #expect(life.migrate(to: "b") == .transfer(to: "b"))
        #expect(life.prepared(targetSession: 9) == .swap(to: "b", targetSession: 9))
        return life
    }

    @Test func oneInvocationAtATime() {
        var life = life()
        #expect(life.mayBegin)
        life.began()
        #expect(!life.mayBegin)
        #expect(life.ended() == .serve)
        #expect(life.mayBegin)
    }

    @Test func theRunningInvocationFinishesBeforeTheStateLeaves() {
        var life = life()
        life.began()
        #expect(life.migrate(to: "b") == ObjectLife.Action.none)
        #expect(life.phase == .draining(to: "b"))
        #expect(!life.mayBegin)
        #expect(life.ended() == .transfer(to: "b"))
        #expect(!life.mayBegin)
    }

    @Test func anInvocationThatTakesTooLongEndsTheMove() {
        var life = life()
        life.began()
        _ = life.migrate(to: "b")
        guard case .resume = life.drainTimedOut() else { return #expect(Bool(false), "\(life)") }
        #expect(life.phase == .active)
        #expect(life.ended() == .serve)
        #expect(life.epoch == 3)
    }

    @Test func onlyOneMoveAtATime() {
        var life = life()
        _ = life.migrate(to: "b")
        #expect(life.migrate(to: "c") == nil)
    }

    @Test func nobodyServesBetweenTheSwapAndItsAnswer() {
        let life = swapping()
        #expect(!life.mayBegin)
        #expect(!life.isCertain)
        #expect(life.takesInvocations)
    }

    @Test func afterTheSwapItNeverServesAgain() {
        var life = swapping()
        #expect(life.swapped(.others(owner: "b", epoch: 4)) == .leave(to: "b", epoch: 4))
        #expect(!life.takesInvocations)
        #expect(life.sessionEnded() == .none)
        #expect(life.ruled(.ours(epoch: 5)) == .none)
        #expect(!life.mayBegin)
    }

    @Test func aRefusedSwapBringsItBack() {
        var life = swapping()
        #expect(life.swapped(.ours(epoch: 3)) == .resume(reason: "the directory refused", discardAt: "b"))
        #expect(life.mayBegin)
        #expect(life.epoch == 3)
    }

    /// A copy that could be adopted must be of an older epoch before anything is done here.
    @Test func aCopyThatMayBeAboutIsOutdatedFirst() {
        var life = swapping(adoptable: true)
        #expect(life.swapped(.ours(epoch: 3)) == .renew)
        #expect(!life.mayBegin)
        #expect(life.ruled(.ours(epoch: 4)) == .serve)
        #expect(life.epoch == 4)

        var doubtful = self.life(adoptable: true)
        _ = doubtful.migrate(to: "b")
        #expect(doubtful.notPrepared(reason: "no answer", inDoubt: true) == .renew)
        var certain = self.life(adoptable: true)
        _ = certain.migrate(to: "b")
        #expect(certain.notPrepared(reason: "no room", inDoubt: false) == .resume(reason: "no room", discardAt: nil))
    }

    @Test func withoutALeaseWhatIsDurableAsksAndTheRestIsOver() {
        var durable = life(durable: true)
        #expect(durable.sessionEnded() == .claim)
        #expect(!durable.mayBegin)
        #expect(durable.ruled(.ours(epoch: 4)) == .serve)
        #expect(durable.epoch == 4)
        var other = life()
        guard case .end = other.sessionEnded() else { return #expect(Bool(false)) }
        #expect(!other.takesInvocations)
    }

    /// The swap may have been granted before the session ended: the directory's answer decides.
    @Test func aSwapInDoubtOutlivesTheSession() {
        var moved = swapping(durable: true)
        #expect(moved.sessionEnded() == .none)
        #expect(moved.swapped(.others(owner: "b", epoch: 4)) == .leave(to: "b", epoch: 4))
        var orphaned = swapping(durable: true)
        _ = orphaned.sessionEnded()
        #expect(orphaned.swapped(.orphaned) == .claim)
        var lost = swapping()
        _ = lost.sessionEnded()
        guard case .end = lost.swapped(.orphaned) else { return #expect(Bool(false)) }
    }

    @Test func epochsNeverFall() {
        var life = ObjectLife(phase: .lost, epoch: 7, isDurable: true, isAdoptable: false)
        #expect(life.ruled(.ours(epoch: 5)) == .serve)
        #expect(life.epoch == 7)
    }
}
