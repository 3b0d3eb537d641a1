import ClusterModel
import History
import Testing

@testable import Assertions

/// `detected:` and `false-deaths:`.
@Suite struct DeathTests {
    private func detect(
        _ within: Duration = .seconds(1), _ build: (inout PeerHistory) -> Void
    ) -> AssertionResult {
        var history = PeerHistory()
        build(&history)
        history.finish()
        return history.one(.detected("g", within: within))
    }

    private func times(_ result: AssertionResult) -> (measured: Int, longest: Duration?) {
        guard case .members(let account)? = result.measure else { return (0, nil) }
        #expect(account.kind == .detection)
        return (account.measured, account.values.last?.duration)
    }

    @Test func allLearnOfIt() {
        let result = detect {
            $0.kill("d")
            $0.wait(.milliseconds(500))
            $0.all("d", .dead)
            $0.wait(.seconds(1))
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(times(result) == (3, .milliseconds(503)))
        #expect(result.notes.contains("1 death"))
    }

    @Test func oneThatDoesNot() {
        for isLate in [true, false] {
            let result = detect {
                $0.kill("d")
                $0.all("d", .dead, but: ["b"])
                $0.wait(.seconds(1))
                if isLate { $0.view("b", "d", .dead) }
                $0.wait(.seconds(1))
            }
            #expect(result.verdict == .fail)
            #expect(result.explanation.hasPrefix("b did not know within 1s that d was dead (signal 9 after"))
            #expect(result.examples.map(\.kind) == [.undetected] && result.examples[0].message == "d at b")
        }
    }

    @Test func suspectedIsNotDead() {
        let result = detect {
            $0.kill("d")
            $0.all("d", .suspect)
            $0.wait(.seconds(2))
        }
        #expect(result.verdict == .fail)
    }

    @Test func aliveAgainIsNotDead() {
        let result = detect {
            $0.kill("d")
            $0.all("d", .dead)
            $0.view("a", "d", .alive, again: 4)
            $0.wait(.seconds(2))
        }
        #expect(result.verdict == .fail)
    }

    @Test func anEarlierLifesDeathIsAnothers() {
        let result = detect {
            $0.kill("d")
            $0.start("d")
            $0.all("d", .alive, of: 2)
            $0.wait(.seconds(2))
            $0.kill("d", life: 2)
            // Stale news of the first life.
            $0.all("d", .dead, of: 1)
            $0.wait(.seconds(2))
        }
        #expect(result.verdict == .fail)
    }

    @Test func aNewLifeTellsOfTheDeathOfTheOld() {
        let result = detect {
            $0.kill("d")
            $0.start("d")
            $0.all("d", .alive, of: 2)
            $0.wait(.seconds(2))
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(times(result).measured == 3)
    }

    @Test func whoSaysGoodbyeIsNotDead() {
        let result = detect {
            $0.view("d", "d", .left)
            $0.node("d", .exited)
            $0.wait(.seconds(2))
        }
        #expect(result.verdict == .unknown && result.explanation == "no member died")
    }

    @Test func thoseThatCannotKnowAreLeftOut() {
        let result = detect {
            $0.node("b", .paused)
            $0.fault("partition isolate c", cut: PeerHistory.between(["c"], ["a", "b", "d"]))
            $0.kill("d")
            $0.view("a", "d", .dead)
            $0.wait(.seconds(2))
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(times(result).measured == 1)
        #expect(result.notes.contains { $0.hasPrefix("1 time a member was paused, cut off") })
        // One that dies itself in that time.
        let two = detect {
            $0.kill("d")
            $0.kill("c")
            for dead in ["c", "d"] { for viewer in ["a", "b"] { $0.view(viewer, dead, .dead) } }
            $0.wait(.seconds(2))
        }
        #expect(two.verdict == .pass && times(two).measured == 4)
    }

    @Test func withTooLittleTimeNothingIsKnown() {
        let early = detect { $0.kill("d") }
        #expect(early.verdict == .unknown)
        #expect(early.explanation == "no death left any other member 1s to learn of it")
        #expect(detect { $0.wait(.seconds(2)) }.explanation == "no member died")
        // Those that know already count.
        let some = detect {
            $0.kill("d")
            $0.view("a", "d", .dead)
        }
        #expect(some.verdict == .pass && times(some).measured == 1)
        #expect(some.notes.contains("2 times the end came sooner than 1s: not judged"))
    }

    // MARK: - False deaths

    private func wrongly(
        _ condition: Condition = Condition(.equal, 0), knowing: Bool = true, _ build: (inout PeerHistory) -> Void
    ) -> AssertionResult {
        var history = PeerHistory(knowing: knowing)
        build(&history)
        history.finish()
        return history.one(.falseDeaths("g", condition))
    }

    @Test func oneThatLived() {
        let result = wrongly {
            $0.fault("drop 30%")
            $0.view("a", "d", .suspect)
            $0.view("a", "d", .dead)
            $0.view("d", "d", .alive, again: 1)
            $0.view("a", "d", .alive, again: 1)
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation == "1 time a member that lived was held to be dead (1 member), expected 0")
        let path = result.examples[0].path.map(\.text)
        #expect(result.examples[0].kind == .falseDeath && result.examples[0].message == "d at a")
        #expect(path.contains { $0.hasPrefix("a held d to be dead") } && path.contains("drop 30% was on"))
        #expect(path.contains("d held itself to be alive (incarnation 1)"))
        #expect(wrongly(Condition(.lessOrEqual, 1)) { $0.view("a", "d", .dead) }.verdict == .pass)
    }

    @Test func suspectingIsNoDeath() {
        #expect(wrongly { $0.view("a", "d", .suspect) }.verdict == .pass)
    }

    @Test func theDeadAreDead() {
        let result = wrongly {
            $0.kill("d")
            $0.all("d", .dead)
            $0.start("d")
            $0.all("d", .alive, of: 2)
            // Stale news of the first life.
            $0.view("a", "d", .dead, of: 1)
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(
            wrongly {
                $0.kill("d")
                $0.start("d")
                $0.view("a", "d", .dead, of: 2)
            }.verdict == .fail)
    }

    @Test func thePausedAndTheCutOffAreCountedApart() {
        // 3 + 5 + 6 periods of 100 ms.
        for (time, verdict) in [(Duration.milliseconds(1_300), Verdict.pass), (.milliseconds(1_500), .fail)] {
            let paused = wrongly {
                $0.node("d", .paused)
                $0.node("d", .running)
                $0.wait(time)
                $0.view("a", "d", .dead)
            }
            #expect(paused.verdict == verdict)
            #expect(paused.notes.isEmpty == (verdict == .fail))
            let cut = wrongly {
                $0.fault("partition isolate d", cut: PeerHistory.between(["d"], ["a", "b", "c"]))
                $0.fault("partition isolate d", on: false)
                $0.wait(time)
                $0.view("a", "d", .dead)
            }
            #expect(cut.verdict == verdict)
        }
        // A cut of others is no excuse.
        let elsewhere = wrongly {
            $0.fault("partition b | c", cut: PeerHistory.between(["b"], ["c"]))
            $0.view("a", "d", .dead)
        }
        #expect(elsewhere.verdict == .fail)
    }

    @Test func withoutViewsNothingIsKnown() {
        let result = wrongly(knowing: false) { $0.view("a", "a") }
        #expect(result.verdict == .unknown && result.explanation == "no member was seen to know another")
    }

    @Test func aCutRunPassesNothing() {
        let history = PeerHistory()
        #expect(history.one(.falseDeaths(nil, Condition(.equal, 0))).verdict == .unknown)
    }
}
