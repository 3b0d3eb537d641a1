import ClusterModel
import History
import Testing

@testable import Assertions

@Suite struct FeedTests {
    private func verdicts(
        to: String? = "watcher", durable: Bool = false, keep: Int = 100_000, undrained: [String] = [],
        _ build: (inout FeedHistory) -> Void
    ) -> [Verdict] {
        history(undrained: undrained, build).verdicts(to: to, FeedHistory.topology(durable: durable, keep: keep))
    }

    private func history(undrained: [String] = [], _ build: (inout FeedHistory) -> Void) -> FeedHistory {
        var history = FeedHistory()
        build(&history)
        history.finish(undrained: undrained)
        return history
    }

    private func counts(_ history: FeedHistory, durable: Bool = false) -> DeliveryCounts {
        history.result(.exactlyOnce, FeedHistory.topology(durable: durable)).destinations.first?.counts
            ?? DeliveryCounts()
    }

    // MARK: - What each guarantee is about

    @Test func allOnceAndInOrder() {
        let seen = history {
            $0.watch()
            $0.append(1...3)
            $0.view(1, 2, 3)
        }
        #expect(seen.verdicts() == [.pass, .pass, .pass])
        let counts = counts(seen)
        #expect(counts.attempted == 3 && counts.owed == 3 && counts.delivered == 3)
        #expect(seen.result().explanation.isEmpty && seen.result().examples.isEmpty)
    }

    @Test func oneThatWasMissed() {
        let missed = history {
            $0.watch()
            $0.append(1...3)
            $0.view(1, 3)
        }
        #expect(missed.verdicts() == [.pass, .fail, .fail])
        let result = missed.result(.atLeastOnce)
        #expect(result.explanation == "1 item missed")
        #expect(result.destinations[0].counts.lost == 1)
        let example = result.destinations[0].examples[0]
        #expect(example.kind == .lost && example.message == "news 2")
        let path = example.path.map(\.text)
        #expect(path.contains("appended at server as item 2"))
        #expect(path.contains("item 1 seen by watcher") && path.contains("item 3 seen by watcher"))
    }

    @Test func theLastOneMayBeMissedToo() {
        let verdicts = verdicts {
            $0.watch()
            $0.append(1...3)
            $0.view(1, 2)
        }
        #expect(verdicts == [.pass, .fail, .fail])
    }

    @Test func oneThatWasSeenTwice() {
        let twice = history {
            $0.watch()
            $0.append(1...3)
            $0.view(1, 2, 2, 3)
        }
        #expect(twice.verdicts() == [.fail, .pass, .fail])
        let result = twice.result(.atMostOnce)
        #expect(result.explanation == "1 item seen more than once")
        #expect(result.destinations[0].examples.map(\.kind) == [.duplicated])
    }

    @Test func anOlderOneAfterALaterOne() {
        let late = history {
            $0.watch()
            $0.append(1...3)
            $0.view(1, 3, 2)
        }
        #expect(late.verdicts() == [.fail, .fail, .fail])
        #expect(late.result(.atLeastOnce).explanation == "1 item seen after a later one")
        #expect(counts(late).reordered == 1)
    }

    @Test func oneThatNobodyAppended() {
        let strange = history {
            $0.watch()
            $0.append(1...2)
            $0.view(1, 2, 3)
        }
        #expect(strange.verdicts() == [.fail, .fail, .fail])
        #expect(strange.result(.atMostOnce).explanation == "1 item seen that nobody appended")
        #expect(strange.result().destinations[0].examples.map(\.kind) == [.unexpected])
    }

    // MARK: - No verdict without evidence

    @Test func nothingAppendedIsUnknown() {
        let empty = history { $0.watch() }
        #expect(empty.verdicts() == [.unknown, .unknown, .unknown])
        #expect(empty.result().explanation.contains("nothing was appended to news"))
        #expect(empty.result(.atMostOnce).explanation == "it has seen nothing")
    }

    @Test func oneThatNeverWatchedIsUnknown() {
        let silent = history { $0.append(1...3) }
        #expect(silent.verdicts() == [.unknown, .unknown, .unknown])
        #expect(silent.result(.atLeastOnce).explanation == "watcher never began to watch news")
        #expect(silent.result(.exactlyOnce, to: nil).verdict == .unknown)
    }

    @Test func nobodyToWatchIsUnknown() {
        let result = history { $0.append(1...3) }.one(.feed(.exactlyOnce, feed: "sport", to: nil, fresh: []))
        #expect(result.verdict == .unknown && result.explanation == "nobody watches sport")
    }

    @Test func whatTheDrainLeftIsUndecided() {
        #expect(
            verdicts(undrained: ["watcher"]) {
                $0.watch()
                $0.append(1...3)
                $0.view(1, 2)
            } == [.pass, .unknown, .unknown])
        // A repeat stays one.
        #expect(
            verdicts(undrained: ["watcher"]) {
                $0.watch()
                $0.append(1...3)
                $0.view(1, 1)
            } == [.fail, .unknown, .fail])
    }

    @Test func aRunThatWasCutProvesNoLoss() {
        var history = FeedHistory()
        history.watch()
        history.append(1...3)
        history.view(1, 2)
        #expect(history.verdicts() == [.unknown, .unknown, .unknown])
        history.view(2)
        #expect(history.verdicts() == [.fail, .unknown, .fail])
    }

    @Test func overDamagedEvidenceNothingIsProvenMissing() {
        let damaged = history {
            $0.watch()
            $0.append(1...2)
            $0.view(1, 7)
            $0.base.damage("server.ev: cut short")
        }
        #expect(damaged.verdicts() == [.unknown, .unknown, .unknown])
    }

    @Test func whatTheDrainSaysNothingAbout() {
        var history = FeedHistory()
        history.watch()
        history.append(1...2)
        history.view(1, 2)
        history.base.phase(.drain)
        history.append(3)
        history.base.phase(.drained)
        history.base.phase(.stop)
        #expect(history.verdicts() == [.pass, .pass, .pass])
        #expect(history.result().destinations[0].notes[0].hasPrefix("1 item appended after the drain began"))
    }

    // MARK: - What is owed

    @Test func onlyWhatComesAfterItsBeginning() {
        #expect(
            verdicts {
                $0.append(1...5)
                $0.watch(after: 3)
                $0.view(4, 5)
            } == [.pass, .pass, .pass])
        #expect(
            verdicts {
                $0.append(1...5)
                $0.watch(after: 2)
                $0.view(4, 5)
            } == [.pass, .fail, .fail])
    }

    @Test func whatTheServerKeptNoMoreIsNotOwed() {
        let build: (inout FeedHistory) -> Void = {
            $0.append(1...5)
            $0.watch()
            $0.append(6)
            $0.view(4, 5, 6)
        }
        #expect(verdicts(keep: 2, build) == [.pass, .pass, .pass])
        #expect(verdicts(keep: 3, build) == [.pass, .fail, .fail])
    }

    @Test func aLifeThatWasKilledIsOwedNothingAfterItsEnd() {
        #expect(
            verdicts {
                $0.watch()
                $0.append(1...3)
                $0.view(1)
                $0.restart("watcher")
                $0.watch(life: 2)
                $0.view(1, 2, 3, life: 2)
            } == [.pass, .pass, .pass])
        // But what it passed over it has missed.
        #expect(
            verdicts {
                $0.watch()
                $0.append(1...3)
                $0.view(1, 3)
                $0.restart("watcher")
                $0.watch(life: 2)
                $0.view(1, 2, 3, life: 2)
            } == [.pass, .fail, .fail])
        // And what the second life does not see, nobody has seen for it.
        #expect(
            verdicts {
                $0.watch()
                $0.append(1...3)
                $0.view(1)
                $0.restart("watcher")
                $0.watch(life: 2)
                $0.view(2, 3, life: 2)
            } == [.pass, .fail, .fail])
    }

    @Test func aLifeThatNeverBeganToWatchAgain() {
        let silent = history {
            $0.watch()
            $0.append(1...2)
            $0.view(1, 2)
            $0.restart("watcher")
        }
        #expect(silent.verdicts() == [.unknown, .unknown, .unknown])
        #expect(silent.result().explanation.contains("after its last start it never began to watch"))
    }

    // MARK: - Lives of the server

    @Test func aDurableFeedGoesOn() {
        #expect(
            verdicts(durable: true) {
                $0.watch()
                $0.append(1...2)
                $0.view(1)
                $0.restart("server")
                $0.append(3...4, life: 2)
                $0.view(2, 3, 4)
            } == [.pass, .pass, .pass])
        #expect(
            verdicts(durable: true) {
                $0.watch()
                $0.append(1...2)
                $0.view(1)
                $0.restart("server")
                $0.append(3...4, life: 2)
                $0.view(3, 4)
            } == [.pass, .fail, .fail])
    }

    @Test func killedBetweenTheDiskAndTheRecord() {
        // Item 3 is on disk, and nobody has said so.
        let build: (inout FeedHistory) -> Void = {
            $0.watch()
            $0.append(1...2)
            $0.restart("server")
            $0.append(4, life: 2)
            $0.view(1, 2, 3, 4)
        }
        #expect(verdicts(durable: true, build) == [.pass, .pass, .pass])
        #expect(verdicts(durable: false, build) == [.fail, .fail, .fail])
        // Within one life there is no such gap.
        #expect(
            verdicts(durable: true) {
                $0.watch()
                $0.append(1...2)
                $0.append(4)
                $0.view(1, 2, 3, 4)
            } == [.fail, .fail, .fail])
    }

    @Test func aVolatileFeedBeginsAgain() {
        let again = history {
            $0.watch()
            $0.append(1...3)
            $0.view(1, 2, 3)
            $0.restart("server")
            $0.append(1...4, life: 2)
            $0.view(1, 2, 3, 4)
        }
        #expect(again.verdicts() == [.pass, .pass, .pass])
        #expect(counts(again).owed == 7)
    }

    @Test func whatAVolatileServerTakesWithItIsMissed() {
        let lost = history {
            $0.watch()
            $0.append(1...3)
            $0.view(1, 2)
            $0.restart("server")
            $0.append(1...2, life: 2)
            $0.view(1, 2)
        }
        #expect(lost.verdicts() == [.pass, .fail, .fail])
        let example = lost.result().destinations[0].examples[0]
        #expect(example.message == "news 3")
        #expect(example.path.contains { $0.text == "server ended (signal 9)" })
    }

    @Test func whatWasGoneBeforeItBeganIsNotOwed() {
        #expect(
            verdicts {
                $0.append(1...3)
                $0.restart("server")
                $0.watch()
                $0.append(1...2, life: 2)
                $0.view(1, 2)
            } == [.pass, .pass, .pass])
    }

    @Test func twiceInTheSecondCountToo() {
        #expect(
            verdicts {
                $0.watch()
                $0.append(1...2)
                $0.view(1, 2)
                $0.restart("server")
                $0.append(1...2, life: 2)
                $0.view(1, 2, 2)
            } == [.fail, .pass, .fail])
    }

    // MARK: - Appends

    @Test func anAcknowledgedAppendThatIsNowhere() {
        let lost = history {
            $0.watch()
            $0.append(1...2)
            $0.view(1, 2)
            $0.post("writer/1/7", item: 9)
        }
        #expect(lost.verdicts() == [.pass, .fail, .fail])
        let result = lost.result(.atLeastOnce)
        #expect(result.explanation == "1 acknowledged append lost")
        #expect(result.examples.map(\.kind) == [.lost] && result.examples[0].message == "writer/1/7")
        // One that failed, or of which nobody knows, is nobody's loss.
        for type in [OperationType.fail, .info] {
            let open = history {
                $0.watch()
                $0.append(1...2)
                $0.view(1, 2)
                $0.post("writer/1/7", type)
            }
            #expect(open.verdicts() == [.pass, .pass, .pass])
        }
    }

    @Test func anAcknowledgedAppendThatAServerMayHaveDone() {
        // The server was killed before it could record item 3, and said so after its restart.
        let build: (Bool) -> (inout FeedHistory) -> Void = { isSeen in
            {
                $0.watch()
                $0.append(1...2)
                $0.restart("server")
                $0.post("writer/1/7", item: 3)
                $0.append(4, life: 2)
                $0.view(1, 2)
                if isSeen { $0.view(3) }
                $0.view(4)
            }
        }
        #expect(verdicts(durable: true, build(true)) == [.pass, .pass, .pass])
        #expect(verdicts(durable: true, build(false)) == [.pass, .fail, .fail])
        #expect(verdicts(durable: false, build(false)) == [.pass, .fail, .fail])
    }

    @Test func anAppendThatWasDoneTwice() {
        #expect(
            verdicts {
                $0.watch()
                $0.append(1, "writer/1/1")
                $0.append(2, "writer/1/1")
                $0.view(1, 2)
            } == [.fail, .pass, .fail])
        // Lost with its server, and appended again: it was seen.
        #expect(
            verdicts {
                $0.watch()
                $0.append(1)
                $0.view(1)
                $0.append(2, "writer/1/1")
                $0.restart("server")
                $0.append(1, "writer/1/1", life: 2)
                $0.view(1)
            } == [.pass, .pass, .pass])
    }

    @Test func severalWaysInOneProcessCannotBeToldApart() {
        let both = history {
            $0.watch(by: .poll)
            $0.watch(by: .push)
            $0.append(1)
            $0.view(1, 1)
        }
        #expect(both.verdicts() == [.unknown, .unknown, .unknown])
        #expect(both.result().explanation.contains("in several ways"))
    }

    // MARK: - Freshness

    @Test func fromAppendToSight() {
        let seen = history {
            $0.append(1)
            $0.watch()
            $0.append(2)
            $0.wait(.milliseconds(9))
            $0.view(1, 2)
        }
        let fresh = { (bound: Duration) in
            seen.result(.exactlyOnce, fresh: [LatencyBound(.maximum, .less, bound)])
        }
        #expect(fresh(.milliseconds(12)).verdict == .pass)
        let slow = fresh(.milliseconds(11))
        #expect(slow.verdict == .fail)
        #expect(slow.explanation == "max from append to sight is 11ms, expected <11ms")
        guard case .freshness(let account)? = slow.measure else {
            Issue.record("no measure")
            return
        }
        // What was there before it began is not measured.
        #expect(account.measured == 1 && account.leftOut == 1)
    }

    @Test func withoutSightNothingIsFresh() {
        let old = history {
            $0.append(1)
            $0.watch()
            $0.view(1)
        }
        let result = old.result(.exactlyOnce, fresh: [LatencyBound(.maximum, .less, .seconds(1))])
        #expect(result.verdict == .unknown)
        #expect(result.explanation == "no item was seen after its watcher had begun")
    }
}
