import ClusterModel
import History
import Testing

@testable import Assertions

/// `coherent:`, `found:` and `messages:`.
@Suite struct TalkTests {
    private func judge(
        _ assertion: Assertion, undrained: [String] = [], closed: [String] = [],
        _ build: (inout PeerHistory) -> Void
    ) -> AssertionResult {
        var history = PeerHistory(["a", "b", "c"])
        build(&history)
        history.finish(undrained: undrained)
        return history.one(assertion, PeerHistory.topology(["a", "b", "c"], closed: closed))
    }

    // MARK: - Broadcast

    private func coherent(undrained: [String] = [], _ build: (inout PeerHistory) -> Void) -> AssertionResult {
        judge(.coherent("g"), undrained: undrained, build)
    }

    @Test func allHaveAll() {
        let result = coherent {
            $0.broadcast("a/1/b1", from: "a")
            $0.receive("a/1/b1", at: "b", "c", kind: .broadcast)
        }
        #expect(result.verdict == .pass, "\(result.explanation)")
        #expect(result.notes == ["1 item, 3 live members"])
    }

    @Test func oneThatLacksOne() {
        let build: (inout PeerHistory) -> Void = {
            $0.broadcast("a/1/b1", from: "a")
            $0.receive("a/1/b1", at: "b", kind: .broadcast)
        }
        let result = coherent(build)
        #expect(result.verdict == .fail && result.explanation == "1 item not with all live members")
        #expect(result.examples.map(\.kind) == [.missing])
        #expect(result.examples[0].path.last?.text == "not with c at the end")
        #expect(coherent(undrained: ["c"], build).verdict == .unknown)
        #expect(coherent(undrained: ["a"], build).verdict == .fail)
    }

    @Test func oneThatGotItTwice() {
        let result = coherent {
            $0.broadcast("a/1/b1", from: "a")
            $0.receive("a/1/b1", at: "b", "c", "c", kind: .broadcast)
        }
        #expect(result.verdict == .fail)
        #expect(result.explanation == "1 item handed over more than once to one member")
    }

    @Test func oneThatNobodyBroadcast() {
        let result = coherent { $0.receive("a/1/b1", at: "a", "b", "c", kind: .broadcast) }
        #expect(result.verdict == .fail && result.explanation == "1 item that nobody was seen to broadcast")
    }

    @Test func anItemOfTheDeadIsWithAllOrNone() {
        for (holders, verdict) in [([], Verdict.pass), (["b", "c"], .pass), (["b"], .fail)] {
            let result = coherent {
                $0.broadcast("b/1/b1", from: "b")
                $0.receive("b/1/b1", at: "a", "c", from: "b", kind: .broadcast)
                $0.broadcast("a/1/b1", from: "a")
                for holder in holders { $0.receive("a/1/b1", at: holder, kind: .broadcast) }
                $0.kill("a")
            }
            #expect(result.verdict == verdict, "\(holders): \(result.explanation)")
        }
    }

    @Test func aNewLifeMustGetThemAgain() {
        for isGetting in [true, false] {
            let result = coherent {
                $0.broadcast("a/1/b1", from: "a")
                $0.receive("a/1/b1", at: "b", "c", kind: .broadcast)
                $0.kill("c")
                $0.start("c")
                if isGetting { $0.receive("a/1/b1", at: "c", kind: .broadcast, life: 2) }
            }
            #expect(result.verdict == (isGetting ? .pass : .fail))
        }
    }

    @Test func withoutItemsOrMembersNothingIsKnown() {
        #expect(coherent { _ in }.verdict == .unknown)
        let alone = coherent {
            $0.broadcast("a/1/b1", from: "a")
            $0.kill("b")
            $0.kill("c")
        }
        #expect(alone.verdict == .unknown && alone.explanation.hasPrefix("fewer than two members"))
        var cut = PeerHistory(["a", "b"])
        cut.broadcast("a/1/b1", from: "a")
        #expect(cut.one(.coherent("g")).verdict == .unknown)
    }

    @Test func aBroadcastInTheDrainIsNotJudged() {
        var history = PeerHistory(["a", "b"])
        history.broadcast("a/1/b1", from: "a")
        history.receive("a/1/b1", at: "b", kind: .broadcast)
        history.base.phase(.drain)
        history.broadcast("a/1/b2", from: "a")
        history.base.phase(.drained)
        history.base.phase(.stop)
        let result = history.one(.coherent("g"))
        #expect(result.verdict == .pass && result.notes.count == 2)
    }

    // MARK: - Lookups

    private static let all = Condition(.greaterOrEqual, 1)

    private func found(
        _ condition: Condition = Self.all, hops: Condition? = nil, _ scope: LookupScope = LookupScope(),
        build: (inout PeerHistory) -> Void
    ) -> AssertionResult {
        judge(.found(scope, condition, hops: hops), build)
    }

    @Test func theShareThatIsFound() {
        let build: (inout PeerHistory) -> Void = {
            $0.share("file", by: "b")
            for number in 1...3 { $0.find("a/1/l\(number)", "file", "b", hops: UInt32(number)) }
            $0.find("a/1/l4", "file", nil)
        }
        let three = found(Condition(.greaterOrEqual, 0.75), build: build)
        #expect(three.verdict == .pass, "\(three.explanation)")
        guard case .lookups(let accounts)? = three.measure else {
            Issue.record("no measure")
            return
        }
        #expect(accounts.count == 1 && accounts[0].way == "neighbours")
        #expect(accounts[0].lookups == 4 && accounts[0].found == 3 && accounts[0].messagesPerLookup == 1)
        #expect(accounts[0].medianHops == 2 && accounts[0].mostHops == 3)
        let four = found(Self.all, build: build)
        #expect(four.verdict == .fail && four.explanation == "3 of 4 lookups found, expected >=100%")
        #expect(four.examples.map(\.kind) == [.notFound] && four.examples[0].message == "a/1/l4")
        let near = found(Condition(.greaterOrEqual, 0.5), hops: Condition(.lessOrEqual, 2), build: build)
        #expect(near.verdict == .fail && near.explanation == "1 lookup took another number of hops than <=2")
        #expect(found(Condition(.greaterOrEqual, 0.5), hops: Condition(.lessOrEqual, 3), build: build).verdict == .pass)
    }

    @Test func aHolderThatDoesNotHaveIt() {
        let wrong = found {
            $0.share("file", by: "b")
            $0.find("a/1/l1", "file", "b")
            $0.find("a/1/l2", "file", "c")
        }
        #expect(wrong.verdict == .fail)
        #expect(wrong.explanation.hasPrefix("1 lookup answered with a member that does not have it"))
        #expect(wrong.examples.first?.kind == .unexpected)
        // Even where nobody has it.
        #expect(found { $0.find("a/1/l1", "file", "c") }.verdict == .fail)
    }

    @Test func onlyWhatAnotherHasAllTheTimeIsOwed() {
        let notOwed: [(inout PeerHistory) -> Void] = [
            { $0.find("a/1/l1", "file", nil) },
            {
                $0.share("file", by: "a")
                $0.find("a/1/l1", "file", nil)
            },
            {
                $0.share("file", by: "b")
                $0.look("a/1/l1", for: "file")
                $0.share("file", by: "b", false)
                $0.answer("a/1/l1", nil)
            },
            {
                $0.share("file", by: "b")
                $0.look("a/1/l1", for: "file")
                $0.kill("b")
                $0.answer("a/1/l1", nil)
            },
            {
                $0.share("file", by: "b")
                $0.node("b", .paused)
                $0.find("a/1/l1", "file", nil)
            },
            {
                $0.share("file", by: "b")
                $0.look("a/1/l1", for: "file")
            },
        ]
        for build in notOwed {
            let result = found(Self.all, build: build)
            #expect(result.verdict == .unknown, "\(result.explanation)")
        }
        #expect(found { _ in }.explanation == "no lookup was made")
    }

    @Test func aNameServiceMayBeALeaseBehind() {
        for (time, verdict) in [(Duration.seconds(1), Verdict.pass), (.seconds(3), .fail)] {
            let build: (LookupWay) -> (inout PeerHistory) -> Void = { way in
                {
                    $0.share("file", by: "b")
                    $0.share("file", by: "c")
                    $0.find("a/1/l1", "file", "c", way)
                    $0.kill("b")
                    $0.wait(time)
                    $0.find("a/1/l2", "file", "b", way)
                }
            }
            // It is no answer either.
            #expect(found(Condition(.greaterOrEqual, 0.5), build: build(.names)).verdict == verdict)
            #expect(found(Condition(.greaterOrEqual, 0.5), build: build(.neighbours)).verdict == .fail)
        }
    }

    @Test func aScopeNamesWhoAndHow() {
        let build: (inout PeerHistory) -> Void = {
            $0.share("file", by: "b")
            $0.find("a/1/l1", "file", "b", .names)
            $0.find("a/1/l2", "file", nil)
        }
        #expect(found(Self.all, LookupScope(by: .names), build: build).verdict == .pass)
        #expect(found(Self.all, LookupScope(by: .neighbours), build: build).verdict == .fail)
        #expect(found(Self.all, LookupScope(from: "c"), build: build).verdict == .unknown)
        #expect(found(Self.all, LookupScope(group: "h"), build: build).verdict == .unknown)
    }

    // MARK: - Messages

    private func verdicts(
        of basis: Assertion.Basis = .acknowledged, undrained: [String] = [], _ build: (inout PeerHistory) -> Void
    ) -> [Verdict] {
        Guarantee.allCases.map {
            judge(.messages($0, from: nil, to: nil, of: basis), undrained: undrained, build).verdict
        }
    }

    @Test func handedOverOnce() {
        #expect(verdicts { $0.deliver("a/1/m1") } == [.pass, .pass, .pass])
    }

    @Test func lostMessages() {
        let build: (inout PeerHistory) -> Void = {
            $0.deliver("a/1/m1")
            $0.send("a/1/m2", from: "a", to: "b")
            $0.result("a/1/m2")
        }
        #expect(verdicts(build) == [.pass, .fail, .fail])
        #expect(verdicts(undrained: ["b"], build) == [.pass, .unknown, .unknown])
        let result = judge(.messages(.atLeastOnce, from: nil, to: nil, of: .acknowledged), build)
        #expect(result.explanation == "1 of 2 acknowledged messages lost")
        #expect(result.destinations[0].to == "b" && result.destinations[0].examples[0].kind == .lost)
        // One that nobody acknowledged is lost only where all attempted ones count.
        let given: (inout PeerHistory) -> Void = {
            $0.deliver("a/1/m1")
            $0.send("a/1/m2", from: "a", to: "b")
            $0.result("a/1/m2", .info)
        }
        #expect(verdicts(given) == [.pass, .pass, .pass])
        #expect(verdicts(of: .attempted, given) == [.pass, .fail, .fail])
    }

    @Test func duplicatedMessages() {
        let build: (inout PeerHistory) -> Void = {
            $0.deliver("a/1/m1")
            $0.receive("a/1/m1", at: "b")
        }
        #expect(verdicts(build) == [.fail, .pass, .fail])
        // Twice is twice, also for two lives of one member.
        #expect(
            verdicts {
                $0.deliver("a/1/m1")
                $0.kill("b")
                $0.start("b")
                $0.receive("a/1/m1", at: "b", life: 2)
            } == [.fail, .pass, .fail])
    }

    @Test func unexpectedMessages() {
        #expect(
            verdicts {
                $0.deliver("a/1/m1")
                $0.receive("a/1/m9", at: "b")
            } == [.fail, .fail, .fail])
        let elsewhere = judge(.messages(.atLeastOnce, from: nil, to: nil, of: .acknowledged)) {
            $0.deliver("a/1/m1")
            $0.receive("a/1/m1", at: "c")
        }
        #expect(elsewhere.verdict == .fail && elsewhere.explanation.contains("c: "))
        #expect(elsewhere.explanation.contains("1 unexpected message"))
    }

    @Test func nothingSentIsUnknown() {
        #expect(verdicts { _ in } == [.unknown, .unknown, .unknown])
        #expect(
            verdicts {
                $0.send("a/1/m2", from: "a", to: "b")
                $0.result("a/1/m2", .info)
            } == [.unknown, .unknown, .unknown])
        var cut = PeerHistory()
        cut.deliver("a/1/m1")
        #expect(cut.one(.messages(.exactlyOnce, from: nil, to: nil, of: .attempted)).verdict == .unknown)
    }

    @Test func onlyBetweenThoseThatAreNamed() {
        let build: (inout PeerHistory) -> Void = {
            $0.deliver("a/1/m1")
            $0.send("c/1/m1", from: "c", to: "b")
            $0.result("c/1/m1", of: "c")
        }
        func verdict(_ from: String?, _ to: String?) -> Verdict {
            judge(.messages(.exactlyOnce, from: from, to: to, of: .acknowledged), build).verdict
        }
        #expect(verdict(nil, nil) == .fail && verdict("c", nil) == .fail && verdict(nil, "b") == .fail)
        #expect(verdict("a", nil) == .pass && verdict("a", "b") == .pass)
        #expect(verdict(nil, "c") == .unknown && verdict("b", nil) == .unknown)
    }

    @Test func theWaysThatTheyTook() {
        let result = judge(.messages(.exactlyOnce, from: nil, to: nil, of: .attempted), closed: ["c"]) {
            $0.deliver("a/1/m1")
            $0.deliver("a/1/m2", to: "c")
            $0.deliver("a/1/m3", to: "c", via: "b")
        }
        #expect(result.verdict == .pass)
        #expect(result.notes == ["1 directly, 1 over a flow that the receiver opened, 1 through b"])
    }

    // MARK: - Accounts

    @Test func whatAReportSaysOfAGroup() {
        var history = PeerHistory(["a", "b", "c"])
        history.deliver("a/1/m1")
        history.send("a/1/m2", from: "a", to: "c")
        history.broadcast("a/1/b1", from: "a")
        history.receive("a/1/b1", at: "b", kind: .broadcast)
        history.share("file", by: "b")
        history.find("a/1/l1", "file", "b")
        history.view("a", "b", .dead)
        history.view("a", "b", .alive, again: 1)
        history.kill("c")
        history.wait(.milliseconds(99))
        history.view("a", "c", .dead)
        history.finish()
        let accounts = PeerAccount.list(history.base.history, topology: PeerHistory.topology(["a", "b", "c"]))
        #expect(accounts.count == 1)
        let account = accounts[0]
        #expect(account.group == "g" && account.falseDeaths == 1 && account.agree == false)
        #expect(account.members.map(\.view) == [["b"], ["a", "c"], []])
        #expect(account.members.map(\.isLive) == [true, true, false])
        #expect(account.deaths.count == 1)
        let death = account.deaths[0]
        #expect(death.member == "c" && death.others == 2 && death.knew == 1)
        #expect(death.first == .milliseconds(100) && death.last == .milliseconds(100))
        #expect(account.sent == 2 && account.received == 1 && account.ways.direct == 1)
        #expect(account.items == 1 && account.handOvers == 1 && account.gaps == 0)
        #expect(account.lookups.map(\.found) == [1])
        #expect(PeerAccount.list(history.base.history, topology: Topology(name: "none")).isEmpty)
    }
}
