import Foundation
import Testing

@testable import Suites

/// What CI systems read.
@Suite struct WriterTests {
    private let xml = JUnitWriter(timestamp: "2026-11-23T17:40:00", host: "h").text(Samples.everything)

    @Test func junitCountsAndEscapes() {
        #expect(xml.contains(#"<testsuite name="good" package="dir/good.yaml" id="0""#))
        #expect(
            xml.contains(
                #"hostname="h" tests="2" failures="1" errors="0" skipped="0" time="1.500">"#))
        // Names stay the same when lines above are edited; the place is in the text.
        #expect(xml.contains(#"<testcase name="delivery: at-least-once from a to b" "#))
        #expect(xml.contains(#"type="violated">dir/lossy.yaml:11"#))
        #expect(xml.contains(#"<failure message="3 of 10 &lt;owed&gt; messages lost" type="violated">"#))
        #expect(xml.contains(#"<error message="did not end within 60.0 s" type="timeout">"#))
        #expect(xml.contains(#"type="flaky""#))
        #expect(xml.contains("<system-out>log red ]]&gt; &amp; &lt;tag&gt;\nnext\n</system-out>"))
        #expect(xml.contains(#"<skipped message="the suite ended before">"#))
        for scalar in xml.unicodeScalars {
            #expect(scalar == "\n" || (scalar.value >= 32 && scalar.value < 0xFFFE))
        }
    }

    @Test func thePageOpensWhatDidNotPass() throws {
        let page = SuitePage(timestamp: "2026-11-23T17:40:00", host: "<h>").text(Samples.everything)
        let cases = page.split(separator: "<details class=").dropFirst().map(String.init)
        #expect(cases.count == 6)
        #expect(cases.prefix(5).allSatisfy { $0.prefix { $0 != ">" }.hasSuffix(" open") })
        #expect(cases[5].contains("<h3>good</h3>") && !cases[5].prefix { $0 != ">" }.hasSuffix(" open"))
        let lossy = try #require(cases.first { $0.contains("<h3>lossy #1 [loss=30%, who=a b]</h3>") })
        #expect(lossy.contains("<b>b</b> attempted 10, owed 10, delivered 7, processed 7, lost 3</p>"))
        #expect(
            lossy.contains(
                "<b>lost a.1.9</b><ol><li><span class=\"num\">+4.4 ms</span><span>published by a</span></li>"
                    + "<li><span class=\"num\">+5.0 ms</span><span>dropped by drop 30%</span></li></ol>"))
        #expect(lossy.contains("3 of 10 &lt;owed&gt; messages lost"))
        #expect(lossy.contains("--param loss=30% --param &#39;who=a b&#39;") || lossy.contains("--param 'who=a b'"))
        #expect(page.contains("pass and fail, with seeds 7 and 8."))
        #expect(page.contains("dir/bad.yaml:4:2: unknown key 'x'") && page.contains("&lt;h&gt;"))
        #expect(page.contains("The suite ended before it was run."))
        // One file, without scripts, that loads nothing.
        for outside in ["<script", "http://", "https://", "src="] { #expect(!page.contains(outside), "\(outside)") }
    }

    @Test func tapNumbersEveryTopology() {
        let lines = TAPWriter.text(Samples.everything).split(separator: "\n")
        let start: [Substring] = [
            "TAP version 14", "1..6", "ok 1 - good", "not ok 2 - lossy \\#1 [loss=30%, who=a b]",
        ]
        #expect(Array(lines.prefix(4)) == start)
        #expect(lines.contains("ok 6 - never # SKIP not run"))
        let lost = "        - \"delivery: at-least-once from a to b: 3 of 10 <owed> messages lost\""
        #expect(lines.contains { $0 == lost })
        let reason = "        - \"dir/bad.yaml:4:2: unknown key 'x', a:b%\\nc\""
        #expect(lines.contains { $0 == reason })
        #expect(lines.count { $0 == "  ---" } == 4 && lines.count { $0 == "  ..." } == 4)
    }

    @Test func jsonHoldsEveryRun() throws {
        let text = try SuiteJSON.text(Samples.everything)
        let document = try JSONDecoder().decode(SuiteJSON.Document.self, from: Data(text.utf8))
        #expect(document.verdict == "error" && document.exitCode == 65 && document.leftOut == 2)
        #expect(document.counts["flaky"] == 1 && document.counts["pass"] == 1)
        #expect(document.topologies.map(\.verdict) == ["pass", "fail", "timeout", "invalid", "flaky", "skipped"])
        #expect(document.topologies[1].params == ["loss": "30%", "who": "a b"])
        #expect(document.topologies[1].runs[0].assertions?[0].destinations?[0].counts["lost"] == 3)
        #expect(document.topologies[4].flaky?.map(\.seed) == ["7", "8"])
    }

    @Test func annotationsPointAtTheAssertion() {
        let lines = Samples.everything.results.flatMap { result in
            result.runs.flatMap { GitHubAnnotations.lines(result.test, $0) }
        }
        #expect(
            lines[0].hasPrefix(
                "::error file=dir/lossy.yaml,line=11,title=lossy #1 [loss=30%25%2C who=a b]::delivery: at-least-once "
                    + "from a to b%0A3 of 10"))
        #expect(
            lines.contains(
                "::error file=dir/bad.yaml,line=4,col=2,title=bad::unknown key 'x', a:b%25%0Ac"))
        #expect(lines.allSatisfy { !$0.contains("\n") })
        #expect(
            GitHubAnnotations.flaky(Samples.everything.results[4])
                == "::error file=dir/shaky.yaml,line=1,title=shaky::flaky: pass with seed 7, fail with seed 8")
    }
}
