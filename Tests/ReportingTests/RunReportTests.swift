import Assertions
import ClusterModel
import Reporting
import Testing

@Suite struct RunReportTests {
    // MARK: - JSON

    /// Word for word the shape that `docs/verdicts.md` promises.
    @Test func jsonHasThePromisedShape() {
        var report = Samples.report
        report.assertions = [Samples.passing]
        report.assertions[0].destinations = [report.assertions[0].destinations[0]]
        report.nodes = [.init(name: "subscriber-1", pid: 4_242, state: .exited)]
        #expect(
            report.json() == """
                {"topology":"pubsub","seed":7,"verdict":"pass","duration_s":1.61,\
                "nodes":[{"name":"subscriber-1","pid":4242,"state":"exited","restarts":0}],\
                "faults":[{"fault":"drop 30%","link":"producer -> broker","seen":412,"affected":121,\
                "kinds":{"publish":{"seen":412,"affected":121}}}],\
                "assertions":[{"assertion":"delivery: at-least-once","from":"producer","to":"subscriber",\
                "verdict":"pass","line":27,"destinations":[{"to":"subscriber-1",\
                "counts":{"attempted":1000,"acknowledged":1000,"unconfirmed":0,"owed":1000,"delivered":1000,\
                "processed":1000,"lost":0,"duplicated":0,"unexpected":0,"recovered":0,"rejected":0,"expired":0,\
                "dead_lettered":0,"purged":0,"redelivered":0},"examples":[]}]}]}
                """)
    }

    @Test func jsonTellsExamplesBoundsAndNotes() {
        var report = Samples.report
        report.assertions = [Samples.failing]
        let json = report.json()
        #expect(json.contains(#""bounds":{"processed":[997,999],"lost":[1,3]}"#))
        #expect(json.contains(#""notes":["2 deliveries may or may not have been processed"]"#))
        #expect(json.contains(#"{"kind":"lost","message":"producer.1.17","path":[{"t_ms":102.3,"event":"published"#))
        #expect(json.contains(#""explanation":"subscriber-2: 1 of 1000 acknowledged messages lost""#))
        #expect(!json.contains("\n"))
    }

    @Test func jsonQuotes() {
        var report = RunReport(topology: "a\"b\\\u{1}\n\u{2028}☕️", seed: .max, duration: .zero)
        report.problems = ["tab\there"]
        let json = report.json()
        #expect(json.contains(#""topology":"a\"b\\\u0001\n\u2028☕️""#))
        // A number that not every reader can hold.
        #expect(json.contains(#""seed":"18446744073709551615""#))
        #expect(json.contains(#""problems":["tab\there"]"#))
        #expect(json.contains(#""duration_s":0"#))
    }

    @Test func warningsAreSaidAndJudgeNothing() {
        var report = Samples.report
        report.assertions = [Samples.passing]
        #expect(!report.json().contains("warnings"))
        report.warnings = ["the fault 'kill a' never began"]
        #expect(report.verdict == .pass)
        #expect(report.json().hasSuffix(#""warnings":["the fault 'kill a' never began"]}"#))
        #expect(report.text().contains("\nwarning: the fault 'kill a' never began\n"))
        #expect(report.text(width: 100).contains("  warning: the fault 'kill a' never began\n"))
    }

    @Test func whatWasExpectedToBeViolatedPasses() {
        var report = Samples.report
        report.assertions = [Samples.failing]
        #expect(report.verdict == .fail)
        report.assertions[0].expect = .violated
        #expect(report.verdict == .pass)
        #expect(report.json().contains(#""expect":"violated","verdict":"pass""#))
        #expect(report.text(width: 100).contains("violated, as expected"))
        report.assertions = [Samples.passing]
        report.assertions[0].expect = .violated
        #expect(report.verdict == .fail)
        #expect(report.text().contains("holds, but was expected to be violated"))
    }

    @Test func exitCodes() {
        var report = Samples.report
        report.assertions = [Samples.passing]
        #expect(report.exitCode == nil)
        report.assertions = [Samples.passing, Samples.failing]
        #expect(report.exitCode == .violated)
        report.assertions = []
        #expect(report.exitCode == .unknown)
        report.interrupted = true
        #expect(report.exitCode == .interrupted)
    }

    // MARK: - Text

    @Test(arguments: [40, 60, 80, 100, 200]) func linesKeepWithinTheTerminal(_ width: Int) {
        for line in Samples.report.text(width: width).split(separator: "\n", omittingEmptySubsequences: false) {
            // What cannot be broken: a verdict's title with its route, and the line to copy.
            guard !line.contains("orch up"), !line.contains("→"), !line.contains("producer -> broker") else { continue }
            #expect(line.count <= width, "\(line)")
        }
    }

    @Test func theTerminalShowsWhatMatters() {
        let text = Samples.report.text(width: 120)
        for part in [
            "✔ delivery: at-least-once  producer → subscriber", "subscriber-1…3", "✘ delivery: exactly-once",
            "1 of 1000 acknowledged messages lost", "997–999", "lost producer.1.17", "+102.3 ms",
            "121 of 412 publishes",
            "subscriber-2  killed (signal 9) restarted once", "✘ FAIL", "orch up topologies/pubsub.yaml --seed 7",
            "line 27",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(!text.contains("\u{1B}"))
    }

    @Test func coloursAreOnlyThereWhereAskedFor() {
        let plain = Samples.report.text(width: 100)
        let colored = Samples.report.text(width: 100, color: true)
        #expect(colored.contains("\u{1B}[1;31m✘"))
        // Without its colours it is the same.
        let stripped = colored.replacing(try! Regex("\u{1B}\\[[0-9;]*m"), with: "")
        #expect(stripped == plain)
    }

    @Test func plainLinesHaveNoMarks() {
        let text = Samples.report.text()
        #expect(text.contains("pass: delivery: at-least-once from producer to subscriber [line 27]\n"))
        #expect(text.contains("  subscriber-2: attempted 1000"))
        #expect(text.hasSuffix("again: orch up topologies/pubsub.yaml --seed 7\n"))
        #expect(!text.contains("✔") && !text.contains("\u{1B}"))
        #expect(text.contains("verdict: fail (1 assertion holds, 1 fails)\n"))
    }

    @Test func anEmptyReportIsNoCrash() {
        let report = RunReport(topology: "", seed: 0, duration: .zero)
        #expect(report.text(width: 10).contains("nothing was asserted"))
        #expect(report.text().contains("verdict: unknown"))
        #expect(report.json().contains(#""assertions":[]"#))
    }

    @Test func manyDestinationsStayShort() {
        var report = Samples.report
        report.assertions = [Samples.passing]
        report.assertions[0].destinations = (1...99).map {
            DestinationResult(to: "subscriber-\($0)", verdict: .pass, counts: Samples.counts())
        }
        let lines = report.text(width: 120).split(separator: "\n")
        #expect(lines.count < 15)
        #expect(lines.contains { $0.contains("subscriber-1…99") })
    }
}
