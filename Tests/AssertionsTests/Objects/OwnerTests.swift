import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct OwnerTests {
    private func judge(_ name: String? = nil, _ build: (inout ObjectHistory) -> Void) -> AssertionResult {
        var history = ObjectHistory()
        build(&history)
        history.finish()
        return history.one(.owner(name))
    }

    @Test func oneOwnerAfterTheOtherIsFine() {
        let result = judge { history in
            history.change(.created)
            for epoch in UInt64(1)...20 {
                let (source, target) = epoch % 2 == 1 ? ("host-a", "host-b") : ("host-b", "host-a")
                history.call("client/1/\(epoch)", at: source, epoch)
                history.migrate(from: source, to: target, epoch)
            }
            history.call("client/1/21", at: "host-a", 21)
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(result.notes == [] && result.examples == [])
    }

    @Test func withoutExecutionsNothingIsKnown() {
        #expect(judge { _ in }.explanation == "there was no object")
        #expect(judge("acc-9") { $0.change(.created) }.explanation == "acc-9 was never seen")
        #expect(judge("Basket") { $0.change(.created) }.explanation == "there was no object of type Basket")
        let result = judge { $0.change(.created) }
        #expect(result.verdict == .unknown && result.explanation == "nothing was executed in an object")
    }

    @Test func oneThatLostTheObjectMustNotBeginAnything() {
        let result = judge { history in
            history.change(.created)
            history.execute(at: "host-a", 1)
            history.migrate(from: "host-a", to: "host-b", 1)
            history.execute(at: "host-b", 2)
            history.execute(at: "host-a", 1)
        }
        #expect(result.verdict == .fail)
        #expect(
            result.explanation
                == "acc-7: host-a began to execute at epoch 1 after 11ms, when host-b had served epoch 2 since 7ms")
        #expect(result.examples.map(\.kind) == [.twoOwners])
        #expect(result.examples[0].path.map(\.text).contains("host-b serves it, epoch 2, after host-a"))
    }

    /// The other one's activation is enough: it need not have executed anything yet.
    @Test func servingCountsNotOnlyExecuting() {
        let result = judge { history in
            history.change(.created)
            history.migrate(from: "host-a", to: "host-b", 1)
            history.execute(at: "host-a", 1)
        }
        #expect(result.verdict == .fail)
    }

    @Test func twoHostsAtOneEpoch() {
        let result = judge { history in
            history.change(.created)
            history.execute(at: "host-a", 1)
            history.execute(at: "host-b", 1)
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation == "acc-7: host-a and host-b both served epoch 1")
        // Even where nothing was executed.
        let idle = judge { history in
            history.change(.recovered, at: "host-a", 3)
            history.change(.restored, at: "host-b", 3)
        }
        #expect(idle.verdict == .fail)
    }

    @Test func theSameHostMayComeBack() {
        let result = judge { history in
            history.change(.created)
            history.execute(at: "host-a", 1)
            history.node("host-a", .killed)
            history.node("host-a", .starting, life: 2)
            history.change(.recovered, at: "host-a", 2, life: 2)
            history.end(history.begin(at: "host-a", 2, life: 2), life: 2)
        }
        #expect(result.verdict == .pass && result.notes == [])
    }

    // MARK: - Running while another took over

    /// A paused owner: its execution was begun before, and goes on after another has taken over.
    private func overtaken(
        _ type: OperationType?, answered: Bool, again: Bool = false
    ) -> AssertionResult {
        judge { history in
            history.change(.created)
            history.invoke("client/1/1", to: "host-a")
            let running = history.begin("client/1/1", at: "host-a", 1)
            history.change(.restored, at: "host-b", 2)
            history.execute("other/1/1", at: "host-b", 2)
            if let type { history.end(running, type, at: "host-a") }
            if again { history.execute("client/1/1", at: "host-b", 2) }
            if answered { history.calls.result("client/1/1", .success) }
            history.invoke("other/1/1", by: "other", to: "host-b")
            history.calls.result("other/1/1", .success, by: "other")
        }
    }

    @Test func anAnswerOfAnOwnerThatWasReplaced() {
        let result = overtaken(.ok, answered: true)
        #expect(result.verdict == .fail)
        #expect(
            result.explanation
                == "acc-7: host-a answered at epoch 1 after 8ms, when host-b had served epoch 2 since 5ms")
    }

    @Test func whatReachedNobodyIsANote() {
        let result = overtaken(.ok, answered: false)
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(
            result.notes.first
                == "1 execution at a host that had lost the object meanwhile: stopped, or the reply reached nobody")
        #expect(overtaken(.info, answered: false).verdict == .pass)
        #expect(overtaken(nil, answered: false).verdict == .pass)
    }

    /// Either execution may have answered.
    @Test func withTwoCompletedExecutionsNobodyKnows() {
        let result = overtaken(.ok, answered: true, again: true)
        #expect(result.verdict == .unknown)
        #expect(result.explanation.contains("host-a perhaps answered at epoch 1"))
        // What was stopped part-way has not answered.
        #expect(overtaken(.info, answered: true, again: true).verdict == .pass)
    }

    @Test func aStaleStartThatWasStoppedIsANote() {
        let result = judge { history in
            history.change(.created)
            history.change(.restored, at: "host-b", 2)
            history.execute(at: "host-b", 2)
            history.end(history.begin(at: "host-a", 1), .info, at: "host-a")
        }
        #expect(result.verdict == .pass)
        #expect(result.notes.first?.hasPrefix("1 execution at a host that had lost the object") == true)
        let open = judge { history in
            history.change(.created)
            history.change(.restored, at: "host-b", 2)
            _ = history.begin(at: "host-a", 1)
        }
        #expect(open.verdict == .unknown && open.explanation.hasSuffix("and no end of it is recorded"))
    }

    @Test func oneThatOnlyBelievesIsANote() {
        let result = judge { history in
            history.change(.created)
            history.execute(at: "host-a", 1)
            history.change(.restored, at: "host-b", 2)
            history.execute(at: "host-b", 2)
            history.wait(.milliseconds(96))
            history.change(.fenced, at: "host-a", 1)
        }
        #expect(result.verdict == .pass)
        #expect(
            result.notes == [
                "1 time a host did not know yet that it had lost an object, for at most 99ms, "
                    + "and executed nothing that counts"
            ])
        // A dead one believes nothing; a draining one serves nobody.
        let dead = judge { history in
            history.change(.created)
            history.node("host-a", .killed)
            history.change(.restored, at: "host-b", 2)
            history.execute(at: "host-b", 2)
        }
        #expect(dead.verdict == .pass && dead.notes == [])
    }

    // MARK: - Selection and evidence

    @Test func onlyTheObjectsThatItIsAbout() {
        let build: (inout ObjectHistory) -> Void = { history in
            history.execute(in: "acc-7", at: "host-a", 1)
            history.execute(in: "acc-7", at: "host-b", 1)
            history.execute(in: "acc-8", at: "host-b", 1)
        }
        #expect(judge("acc-8", build).verdict == .pass)
        #expect(judge("orch://Account/acc-8", build).verdict == .pass)
        #expect(judge("acc-7", build).verdict == .fail)
        #expect(judge("Account", build).verdict == .fail)
    }

    @Test func whatWasSeenStaysProven() {
        var history = ObjectHistory()
        history.execute(at: "host-a", 1)
        #expect(history.one(.owner(nil)).explanation == "the run ended before its drain")
        history.finish()
        #expect(history.one(.owner(nil)).verdict == .pass)
        history.calls.base.damage("host-a.1: damaged")
        #expect(history.one(.owner(nil)).verdict == .unknown)
        history.execute(at: "host-b", 1)
        #expect(history.one(.owner(nil)).verdict == .fail)
    }

    /// Against the definition, said in the simplest way, over random interleavings.
    @Test func randomHistoriesAgreeWithTheDefinition() {
        var said: [Verdict: Int] = [:]
        for seed in UInt64(0)..<300 {
            var chance = SeededGenerator(seed: seed, "owners")
            var history = ObjectHistory()
            var begun: [(host: String, epoch: UInt64)] = []
            var isViolated = false
            for _ in 0..<Int.random(in: 2...6, using: &chance) {
                let host = ["host-a", "host-b", "host-c"].randomElement(using: &chance)!
                // Mostly a new epoch, now and then an old one.
                let newest = begun.map(\.epoch).max() ?? 0
                let isOld = newest > 0 && Int.random(in: 0..<8, using: &chance) == 0
                let epoch = UInt64.random(in: isOld ? 1...newest : newest + 1...newest + 2, using: &chance)
                let stale = begun.contains { $0.host != host && $0.epoch >= epoch }
                isViolated = isViolated || stale
                history.execute(at: host, epoch)
                begun.append((host, epoch))
            }
            history.finish()
            let verdict = history.one(.owner(nil)).verdict
            #expect(verdict == (isViolated ? .fail : .pass), "seed \(seed)")
            said[verdict, default: 0] += 1
        }
        #expect(said[.pass, default: 0] > 50 && said[.fail, default: 0] > 50)
    }
}
