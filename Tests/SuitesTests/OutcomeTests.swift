import ClusterModel
import Testing

@testable import Suites

/// What many runs come to.
@Suite struct OutcomeTests {
    private func code(_ verdicts: SuiteVerdict...) -> OrchError.Code? {
        SuiteOutcome(results: verdicts.map { Samples.result("x", Samples.run($0)) }).exitCode
    }

    @Test func exitCodes() {
        #expect(code(.pass, .pass) == nil)
        #expect(code(.pass, .unknown) == .unknown)
        #expect(code(.unknown, .fail) == .violated)
        #expect(code(.unknown, .timeout) == .violated)
        #expect(code(.fail, .invalid) == .badTopology)
        #expect(code(.fail, .error) == .internalError)
        let unavailable = Samples.result("x", Samples.run(.error, code: 69))
        #expect(SuiteOutcome(results: [unavailable]).exitCode == .unavailable)
        #expect(SuiteOutcome(results: [unavailable], wasInterrupted: true).exitCode == .interrupted)
        #expect(Samples.everything.exitCode == .badTopology)
    }

    @Test func theVerdictOfARunFollowsFromItsCode() {
        func verdict(_ code: Int32, timedOut: Bool = false, interrupted: Bool = false) -> SuiteVerdict {
            .of(code: code, timedOut: timedOut, interrupted: interrupted)
        }
        #expect(
            [0, 1, 2, 65, 69, 70, 130, 137].map { verdict($0) }
                == [.pass, .fail, .unknown, .invalid, .error, .error, .error, .error])
        #expect(verdict(130, interrupted: true) == .interrupted)
        #expect(verdict(137, interrupted: true) == .interrupted)
        #expect(verdict(0, interrupted: true) == .pass)
        #expect(verdict(130, timedOut: true) == .timeout)
    }

    @Test func flakyIsToldWithTheSeedsOfBoth() throws {
        let result = Samples.result(
            "x", Samples.run(.fail, seed: 1), Samples.run(.pass, seed: 2), Samples.run(.pass, seed: 3))
        let flakiness = try #require(result.flakiness)
        #expect(result.verdict == .flaky)
        #expect((flakiness.one.seed, flakiness.other.seed) == (2, 1))
        #expect(flakiness.one.verdict == .pass && flakiness.other.verdict == .fail && !flakiness.hasOneSeed)
        // Runs of one seed that disagree say more.
        let same = Samples.result(
            "x", Samples.run(.pass, seed: 1), Samples.run(.fail, seed: 2), Samples.run(.pass, seed: 2))
        let worse = try #require(same.flakiness)
        #expect(worse.hasOneSeed && worse.one.seed == 2 && worse.one.verdict == .pass)
        #expect(Samples.result("x", Samples.run(.fail), Samples.run(.fail)).flakiness == nil)
        // What could not be run says nothing about the topology.
        #expect(Samples.result("x", Samples.run(.pass), Samples.run(.error)).verdict == .error)
        #expect(Samples.result("x", Samples.run(.pass), Samples.run(.interrupted)).verdict == .interrupted)
        #expect(Samples.result("x").verdict == .skipped)
    }

    @Test func theSummaryCountsEverything() {
        let text = SuiteText(cases: Samples.everything.results.map(\.test))
        #expect(
            text.summary(Samples.everything) == [
                "flaky: shaky: pass and fail, with seeds 7 and 8",
                "  again: orch up dir/shaky.yaml --seed 7", "  again: orch up dir/shaky.yaml --seed 8",
                "✘ ERROR  6 topologies: 1 passes, 1 fails, 1 is flaky, 1 took too long, 1 is invalid, 1 was not run, "
                    + "in 12.3 s; 2 tagged slow left out (--slow runs them)",
            ])
    }

    @Test func aFailingRunShowsWhatWasLostAndHowToDoItAgain() {
        let result = Samples.everything.results[1]
        let text = SuiteText(cases: Samples.everything.results.map(\.test))
        #expect(
            text.line(result.test, result.runs[0], round: 0)
                == "✘ fail        lossy #1 [loss=30%, who=a b]  seed 7  1.50 s")
        #expect(
            text.details(result.test, result.runs[0]) == [
                "    violated: delivery: at-least-once from a to b  dir/lossy.yaml:11",
                "      3 of 10 <owed> messages lost",
                "      b: attempted 10, owed 10, delivered 7, processed 7, lost 3",
                "      lost a.1.9: +4.4 ms published by a; +5.0 ms dropped by drop 30%",
                "    again: orch up dir/lossy.yaml --param loss=30% --param 'who=a b' --seed 7",
            ])
        #expect(text.details(result.test, Samples.run(.pass)).isEmpty)
    }

    @Test func decimalsAreWrittenWithAPoint() {
        #expect(decimals(1.005, 3) == "1.005")
        #expect(decimals(-0.25, 1) == "-0.3")
        #expect(decimals(12, 0) == "12")
        #expect(decimals(.nan, 2) == "0")
    }
}
