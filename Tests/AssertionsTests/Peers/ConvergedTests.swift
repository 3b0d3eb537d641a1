import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct ConvergedTests {
    private static let within = Duration.seconds(1)

    private func judge(
        _ members: [String] = ["a", "b", "c", "d"], knowing: Bool = true, build: (inout PeerHistory) -> Void
    ) -> AssertionResult {
        var history = PeerHistory(members, knowing: knowing)
        build(&history)
        history.finish()
        return history.one(.converged("g", within: Self.within))
    }

    private func times(_ result: AssertionResult) -> [Duration] {
        guard case .members(let account)? = result.measure else { return [] }
        #expect(account.kind == .convergence)
        return account.values.map(\.duration)
    }

    @Test func allKnowAll() {
        let result = judge { $0.wait(.seconds(2)) }
        #expect(result.verdict == .pass, "\(result.explanation)")
        // 16 entries, a millisecond each; the last but one is the last that matters.
        #expect(times(result).last == .milliseconds(15))
    }

    @Test func oneThatDoesNotKnowAnother() {
        let result = judge(knowing: false) { history in
            for viewer in history.members {
                for member in history.members where viewer != "b" || member != "c" { history.view(viewer, member) }
            }
            history.wait(.seconds(2))
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation.contains("(d was ready) the views were not the same"))
        #expect(result.examples.map(\.kind) == [.disagreeing] && result.examples[0].message == "b")
        #expect(result.examples[0].path.last?.text == "b does not hold c to be alive")
    }

    @Test func tooLateIsAViolation() {
        let build: (Duration) -> (inout PeerHistory) -> Void = { time in
            { history in
                history.wait(.seconds(2))
                history.kill("d")
                history.wait(time)
                history.all("d", .dead)
                history.wait(.seconds(2))
            }
        }
        #expect(judge(build: build(.milliseconds(900))).verdict == .pass)
        let late = judge(build: build(.milliseconds(1_000)))
        #expect(late.verdict == .fail)
        #expect(late.explanation.contains("(d ended (signal 9)) the views were the same only 1.003s later"))
        #expect(late.examples.first?.path.last?.text.hasSuffix("still holds d to be alive") == true)
    }

    @Test func aViewMustStayRight() {
        let result = judge { history in
            history.wait(.seconds(2))
            history.view("a", "b", .dead)
            history.view("a", "b", .alive, again: 1)
            history.wait(.seconds(2))
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation.contains("the views fell apart again"))
        #expect(result.examples.map(\.message) == ["a"])
    }

    @Test func theSuspectedAreStillIn() {
        let result = judge { history in
            history.wait(.seconds(2))
            history.view("a", "b", .suspect)
            history.wait(.seconds(2))
        }
        #expect(result.verdict == .pass)
    }

    @Test func theDeadAndThePausedMustBeOut() {
        for left in [false, true] {
            let result = judge { history in
                history.wait(.seconds(2))
                history.node("d", .paused)
                if left { history.all("d", .dead) }
                history.wait(.seconds(2))
                history.node("d", .running)
                history.all("d", .alive, of: 1)
                history.wait(.seconds(2))
            }
            #expect(result.verdict == (left ? .pass : .fail), "\(result.explanation)")
        }
    }

    @Test func aNewLifeBeginsWithAnEmptyView() {
        let build: (Bool) -> (inout PeerHistory) -> Void = { isLearning in
            { history in
                history.wait(.seconds(2))
                history.kill("d")
                history.start("d")
                if isLearning { for name in ["a", "b", "c"] { history.view("d", name, life: 2) } }
                history.wait(.seconds(2))
            }
        }
        #expect(judge(build: build(true)).verdict == .pass)
        let result = judge(build: build(false))
        #expect(result.verdict == .fail)
        #expect(result.examples.last?.path.last?.text == "d does not hold a, b, c to be alive")
    }

    @Test func aStrangerInAViewIsWrong() {
        let result = judge { history in
            history.view("a", "ghost")
            history.wait(.seconds(2))
        }
        #expect(result.verdict == .fail)
        #expect(result.examples[0].path.last?.text == "a still holds ghost to be alive")
    }

    // MARK: - Partitions

    private func halves(_ isKnown: Bool, _ build: (inout PeerHistory) -> Void) -> AssertionResult {
        judge { history in
            let cut = isKnown ? PeerHistory.between(["a", "b"], ["c", "d"]) : []
            history.fault("partition halves of g", cut: cut)
            build(&history)
            history.wait(.seconds(2))
        }
    }

    private func part(_ history: inout PeerHistory, _ status: MemberStatus, again: UInt64) {
        for (viewers, members) in [(["a", "b"], ["c", "d"]), (["c", "d"], ["a", "b"])] {
            for viewer in viewers { for member in members { history.view(viewer, member, status, again: again) } }
        }
    }

    @Test func eachSideForItself() {
        #expect(halves(true) { part(&$0, .dead, again: 0) }.verdict == .pass)
        #expect(halves(true) { _ in }.verdict == .fail)
        // Without a word of who was cut off nothing is known of that time; what was before it stands.
        let unknown = halves(false) { _ in }
        #expect(unknown.notes.contains("1 time with a network that was cut, but not into sides: not judged"))
        #expect(Set(times(unknown)) == [.milliseconds(15)])
    }

    @Test func allAgainWhenItHeals() {
        let heal: (Bool) -> AssertionResult = { isHealing in
            halves(true) { history in
                part(&history, .dead, again: 0)
                history.wait(.seconds(2))
                history.fault("partition halves of g", on: false)
                if isHealing { part(&history, .alive, again: 1) }
            }
        }
        let healed = heal(true)
        #expect(healed.verdict == .pass, "\(healed.explanation)")
        #expect(times(healed).contains(.milliseconds(8)))
        #expect(heal(false).verdict == .fail)
    }

    @Test func aCutThatLeavesAWayRoundIsNotJudged() {
        let result = judge { history in
            history.fault("partition one-way", cut: ["a>b"])
            history.wait(.seconds(2))
        }
        #expect(result.notes.contains("1 time with a network that was cut, but not into sides: not judged"))
        #expect(Set(times(result)) == [.milliseconds(15)])
    }

    @Test func aBlackholeIsACut() {
        let build: (MemberStatus) -> (inout PeerHistory) -> Void = { status in
            { history in
                history.fault("blackhole", link: "d <-> a")
                history.fault("blackhole", link: "d <-> b")
                history.fault("blackhole", link: "d <-> c")
                history.all("d", status)
                for name in ["a", "b", "c"] { history.view("d", name, status) }
                history.wait(.seconds(2))
            }
        }
        #expect(judge(build: build(.dead)).verdict == .pass)
        #expect(judge(build: build(.suspect)).verdict == .fail)
    }

    @Test func aFaultElsewhereIsNoDisturbance() {
        let result = judge { history in
            for _ in 0..<4 {
                history.wait(.milliseconds(600))
                history.fault("drop 30%", link: "client -> server")
                history.fault("drop 30% only publish", link: "all")
                history.fault("reset", link: "all")
            }
        }
        #expect(result.verdict == .pass)
        let disturbed = judge { history in
            for _ in 0..<4 {
                history.wait(.milliseconds(600))
                history.fault("drop 30%", link: "a -> b")
            }
        }
        // The beginning; what follows was right before it, and had no time to go wrong.
        #expect(Set(times(disturbed)) == [.milliseconds(15)])
    }

    // MARK: - No verdict without evidence

    @Test func withoutTimeOrMembersNothingIsKnown() {
        let hurried = judge(knowing: false) { _ in }
        #expect(hurried.verdict == .unknown)
        #expect(hurried.explanation == "the next disturbance, or the end, always came before the views were right")
        // Sooner than they had to be right, and they were.
        let quick = judge { _ in }
        #expect(quick.verdict == .pass && Set(times(quick)) == [.milliseconds(15)])
        let alone = judge(["a"]) { $0.wait(.seconds(2)) }
        #expect(alone.verdict == .unknown && alone.explanation == "fewer than two members lived for 1s")
        var empty = PeerHistory([])
        empty.finish()
        #expect(empty.one(.converged("g", within: Self.within)).explanation == "no node is in group g")
        #expect(
            empty.one(.converged("g", within: Self.within), PeerHistory.topology()).explanation
                == "no member of g was seen")
    }

    /// The last is seen to be ready only after all know it, and the run ends before they had to.
    @Test func whoKnewEachOtherBeforeTheLastWasReadyAgree() {
        func hurried(knowing: Bool) -> AssertionResult {
            var history = PeerHistory([])
            for name in ["a", "b"] { history.node(name, .starting) }
            for (viewer, member) in [("a", "b"), ("b", "a")] where knowing || viewer == "a" {
                history.view(viewer, member)
            }
            for name in ["a", "b"] { history.node(name, .ready) }
            history.wait(.milliseconds(500))
            history.finish()
            return history.one(.converged("g", within: Self.within), PeerHistory.topology(["a", "b"]))
        }
        let result = hurried(knowing: true)
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(Set(times(result)) == [.zero])
        #expect(hurried(knowing: false).verdict == .unknown)
    }

    @Test func aCutRunAndDamagePassNothing() {
        var history = PeerHistory()
        history.wait(.seconds(2))
        history.fault("drop 30%")
        #expect(history.one(.converged("g", within: Self.within)).verdict == .unknown)
        history.finish()
        #expect(history.one(.converged("g", within: Self.within)).verdict == .pass)
        history.base.damage("a.ev: damaged")
        #expect(history.one(.converged("g", within: Self.within)).verdict == .unknown)
    }

    /// Many members, many changes: far from quadratic in the number of events.
    @Test func manyMembers() {
        let members = (0..<100).map { "p\($0)" }
        let result = judge(members) { history in
            history.wait(.seconds(2))
            for round in 0..<20 {
                history.kill(members[round])
                history.all(members[round], .dead, but: Array(members.prefix(round)))
                history.wait(.seconds(2))
            }
        }
        // Only that they took so long to learn of each other: 10,000 entries, a millisecond each.
        #expect(result.verdict == .fail && result.explanation.hasSuffix("only 9.999s later"), "\(result.explanation)")
        #expect(!result.explanation.contains("; ") && times(result).count == 3)
    }
}
