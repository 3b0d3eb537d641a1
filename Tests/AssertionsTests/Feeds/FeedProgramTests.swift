import ClusterModel
import History
import Testing

@testable import Assertions

/// Programs that follow a feed: what passed their links gives bounds.
@Suite struct FeedProgramTests {
    private func history(_ build: (inout FeedHistory) -> Void) -> FeedHistory {
        var history = FeedHistory()
        history.base.node("program", .running)
        build(&history)
        history.finish()
        return history
    }

    private func verdicts(_ build: (inout FeedHistory) -> Void) -> [Verdict] {
        history(build).verdicts(to: "program")
    }

    @Test func whatPassedOncePasses() {
        let polled = history {
            $0.append(1...2)
            $0.get("items 1-2")
            $0.reply($0.request(), "", code: 304)
            $0.append(3)
            $0.get("items 3-3")
        }
        #expect(polled.verdicts(to: "program") == [.pass, .pass, .pass])
        #expect(polled.result(to: "program").destinations[0].notes.contains { $0.hasPrefix("a program:") })
    }

    @Test func eventsCountAsItems() {
        #expect(
            verdicts {
                let stamp = $0.request()
                for item in UInt64(1)...3 {
                    $0.append(item)
                    $0.event(stamp, "\(item)")
                }
            } == [.pass, .pass, .pass])
    }

    @Test func whatNeverPassedIsMissed() {
        #expect(
            verdicts {
                let stamp = $0.request()
                for item in UInt64(1)...3 {
                    $0.append(item)
                    $0.event(stamp, "\(item)", fate: item == 2 ? .dropped : .passed)
                }
            } == [.pass, .fail, .fail])
        #expect(
            verdicts {
                $0.append(1...3)
                $0.get("items 1-1")
                $0.get("items 2-3", fate: .dropped)
            } == [.pass, .fail, .fail])
    }

    @Test func whatPassedTwiceMayHaveBeenSeenTwice() {
        #expect(
            verdicts {
                $0.append(1...3)
                $0.get("items 1-2")
                $0.get("items 2-3")
            } == [.unknown, .pass, .unknown])
    }

    @Test func halfAReplyMayBeNone() {
        #expect(
            verdicts {
                $0.append(1...3)
                $0.get("items 1-1")
                $0.get("items 2-3", fate: .truncated)
            } == [.pass, .unknown, .unknown])
    }

    @Test func theAnswerToASecondCopyIsNone() {
        #expect(
            verdicts {
                $0.append(1...2)
                let stamp = $0.request()
                $0.reply(stamp, "items 1-2")
                $0.reply(stamp, "items 1-2", copy: 2)
            } == [.pass, .pass, .pass])
    }

    @Test func aProgramThatNeverAskedIsUnknown() {
        let silent = history { $0.append(1...3) }
        #expect(silent.verdicts(to: "program") == [.unknown, .unknown, .unknown])
        #expect(
            history {
                $0.append(1...3)
                $0.request("GET /feeds")
            }.verdicts(to: "program") == [.unknown, .unknown, .unknown])
    }

    @Test func nonsenseFromTheWireIsNothing() {
        for note in ["items", "items x-y", "items 5-1", "items 0-3", "items 1-99999999999", "item 1-2", "items -"] {
            #expect(
                verdicts {
                    $0.append(1...3)
                    $0.get(note)
                } == [.unknown, .unknown, .unknown], "\(note)")
        }
    }

    @Test func eachLifeOfAProgramByItself() {
        #expect(
            verdicts {
                $0.append(1...2)
                $0.get("items 1-2")
                $0.restart("program")
                $0.get("items 1-2")
            } == [.pass, .pass, .pass])
    }

    // MARK: - Requests are no calls

    @Test func requestsToAFeedsServerAreNoCalls() {
        let asked = history {
            $0.append(1)
            $0.get("items 1-1")
        }
        let result = asked.one(.calls(.maybe, CallScope()))
        #expect(result.verdict == .unknown && result.explanation.contains("no call was made"))
    }

    @Test func requestsToAProgramAreCalls() {
        var topology = FeedHistory.topology()
        topology.nodes.append(
            Node(
                name: "web", serve: ServeRole(services: [], speaks: .http),
                command: CommandRole(arguments: ["python3"])))
        let asked = history {
            $0.reply($0.request("GET /health", to: "web"))
            $0.reply($0.request("GET /old", to: "web"), code: 304)
            $0.reply($0.request("POST /order", to: "web"), code: 500)
        }
        let calls = { (method: String?) in asked.one(.calls(.maybe, CallScope(method: method)), topology).calls! }
        #expect(calls(nil).counts.calls == 3)
        #expect(calls(nil).counts.succeeded == 2 && calls(nil).counts.executedWithError == 1)
        #expect(calls("GET").counts.calls == 2 && calls("GET /health").counts.calls == 1)
        #expect(calls("/order").counts.calls == 1 && calls("GET /order").counts.calls == 0)
        #expect(asked.one(.calls(.maybe, CallScope()), topology).verdict == .pass)
    }

    @Test func whatTheLinkAnsweredNobodyExecuted() {
        var topology = FeedHistory.topology()
        topology.nodes.append(
            Node(
                name: "web", serve: ServeRole(services: [], speaks: .http),
                command: CommandRole(arguments: ["python3"])))
        let asked = history {
            let stamp = $0.request("GET /health", to: "web", fate: .answered)
            $0.reply(stamp, code: 500, copy: 0, fate: .answered)
            $0.reply($0.request("GET /health", to: "web"), fate: .truncated)
        }
        let counts = asked.one(.calls(.maybe, CallScope()), topology).calls!.counts
        #expect(counts.calls == 2 && counts.unknown == 2 && counts.executions == 1 && counts.executionsAtMost == 1)
    }

    // MARK: - Accounts

    @Test func theCostOfEachWay() {
        let all = history {
            $0.watch()
            $0.request(by: "watcher")
            $0.request(by: "watcher", "GET /feeds/news/2")
            $0.request(by: "watcher", "GET /feeds/sport")
            $0.append(1...2)
            $0.view(1, 2, 2)
            $0.get("items 1-2")
        }
        let accounts = FeedAccount.list(all.base.history, topology: FeedHistory.topology())
        #expect(accounts.count == 2)
        let watcher = accounts[0]
        #expect(watcher.watcher == "watcher" && watcher.way == "push" && watcher.watchers == 1)
        #expect(watcher.appended == 2 && watcher.seen == 2 && watcher.missed == 0 && watcher.repeated == 1)
        #expect(watcher.requests == 2 && watcher.requestsPerItem == 1)
        #expect(watcher.fresh.map(\.name) == ["p50", "p99", "max"])
        #expect(watcher.fresh.map(\.duration) == [.milliseconds(2), .milliseconds(2), .milliseconds(2)])
        #expect(accounts[1].way == "program" && accounts[1].requests == 1 && accounts[1].seen == 2)
        #expect(FeedAccount.list(all.base.history, topology: Topology(name: "none")).isEmpty)
    }
}
